package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Dimension is what spend is added up by.
type Dimension string

// The dimensions. A rule's spend is what the ledger says; an entry may have settled with
// several rules or none, so only within other dimensions do sums equal those of entries.
const (
	ByWorkspace Dimension = "workspace"
	ByKey       Dimension = "key"
	ByUser      Dimension = "user"
	ByTeam      Dimension = "team"
	ByGateway   Dimension = "gateway"
	ByProvider  Dimension = "provider"
	ByModel     Dimension = "model"
	ByRule      Dimension = "rule"
	ByDay       Dimension = "day" // UTC
)

// Dimensions lists them.
func Dimensions() []Dimension {
	return []Dimension{ByWorkspace, ByKey, ByUser, ByTeam, ByGateway, ByProvider, ByModel, ByRule, ByDay}
}

// SpendQuery asks what was spent: by the entries that match every field that is set,
// one sum for each combination of the values of By; nothing in By is one sum in all.
type SpendQuery struct {
	By []Dimension

	Workspace, KeyID, User, Team, Gateway, Provider, Model, Rule string
	Within                                                       []string  // workspaces; nil = every one
	From, To                                                     time.Time // From ≤ time < To; zero = without end

	Limit int // of rows: 0 = all
}

// SpendRow is one sum.
type SpendRow struct {
	Values  []string    // in the order of By: "" = none; a day as 2006-01-02
	Cost    gateway.USD // of the calls whose cost is known
	Calls   int64       // of a rule: settlements
	Unknown int64       // of the calls: those whose cost is not known, refused ones included
}

// Spend gives the sums, the latest day and the largest cost first.
func (s *Store) Spend(ctx context.Context, q SpendQuery) ([]SpendRow, error) {
	query, args, err := q.sql()
	if err != nil {
		return nil, err
	}
	var found []SpendRow
	err = s.query(ctx, query, args, func(rows *sql.Rows) error {
		var row SpendRow
		err := scanSums(rows, q.By, &row.Values, &row.Cost, &row.Calls, &row.Unknown)
		found = append(found, row)
		return err
	})
	return found, s.failed("spend", err)
}

// sql renders the query: from the ledger where a rule is asked for, else from entries.
func (q *SpendQuery) sql() (string, []any, error) {
	terms, order, err := groups(q.By, Dimensions(), "spend")
	if err != nil {
		return "", nil, err
	}
	table, sums := "entries", "CAST(COALESCE(SUM(cost_nusd), 0) AS BIGINT), CAST(COALESCE(SUM(count), 0) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN cost_nusd IS NULL THEN count END), 0) AS BIGINT)"
	if q.ofLedger() {
		table, sums = "ledger", "CAST(COALESCE(SUM(amount_nusd), 0) AS BIGINT), COUNT(*), 0"
	}
	c := q.conditions()
	var text strings.Builder
	text.WriteString("SELECT " + strings.Join(append(terms, sums), ", ") + " FROM " + table + c.where())
	if len(terms) > 0 {
		text.WriteString(" GROUP BY " + numbersTo(len(terms)) + " ORDER BY " + order)
	}
	args := c.args
	if q.Limit > 0 {
		text.WriteString(" LIMIT ?")
		args = append(args, q.Limit)
	}
	return text.String(), args, nil
}

func (q *SpendQuery) ofLedger() bool {
	for _, by := range q.By {
		if by == ByRule {
			return true
		}
	}
	return q.Rule != ""
}

// numbersTo gives 1, 2, … n.
func numbersTo(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, i+1)
	}
	return b.String()
}

func (q *SpendQuery) conditions() conditions {
	var c conditions
	c.texts("workspace", q.Workspace, "key_id", q.KeyID, "user", q.User, "team", q.Team, "gateway", q.Gateway,
		"provider", q.Provider, "model", q.Model, "rule", q.Rule)
	c.in("workspace", q.Within)
	if q.ofLedger() { // whose times are the settlements', not the entries'
		c.since(q.From)
		c.before(q.To)
	} else {
		c.within(q.From, q.To)
	}
	return c
}
