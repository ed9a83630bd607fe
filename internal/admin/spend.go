package admin

import (
	"errors"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

var spendFilters = []Param{
	{"by", "What is added up separately, with commas: workspace, key, user, team, gateway, provider, model, rule, day (UTC). One sum unless given."},
	{"from", "Calls from this time on (RFC 3339)."},
	{"to", "Calls before this time (RFC 3339)."},
	{"workspace", "Calls of this workspace."},
	{"key_id", "Calls of this key."},
	{"user", "Calls of this end user."},
	{"team", "Calls of this team (metadata.team)."},
	{"gateway", "Calls of this gateway."},
	{"provider", "Calls that this provider answered."},
	{"model", "Calls that this model answered."},
	{"rule", "What this limit or budget has counted, as in gateway/default/budgets[0]."},
	{"limit", "Rows at most, 1 to 10000; 1000 unless given."},
}

// Spend are sums of what was spent, the latest day and the largest first.
type Spend struct {
	Data []SpendRow `json:"data"`
	Next string     `json:"next" doc:"Always empty: ask with a higher limit, or for less."`
	More bool       `json:"more" doc:"There are more rows than limit."`
}

// SpendRow is one sum.
type SpendRow struct {
	By      map[string]string `json:"by" doc:"The value of each dimension; empty = the calls that have none."`
	Cost    gateway.USD       `json:"cost_usd" doc:"Of the calls whose cost is known."`
	Calls   int64             `json:"calls" doc:"Of a rule: settlements."`
	Unknown int64             `json:"unknown" doc:"Calls whose cost is not known, refused ones included."`
}

const (
	defaultRows = 1000
	maxRows     = 10000
)

func (a *api) getSpend(c *call) (Spend, error) {
	q := store.SpendQuery{Within: c.within()}
	for name, field := range map[string]*string{
		"workspace": &q.Workspace, "key_id": &q.KeyID, "user": &q.User, "team": &q.Team, "gateway": &q.Gateway, "provider": &q.Provider, "model": &q.Model, "rule": &q.Rule,
	} {
		*field = c.query.Get(name)
	}
	var err error
	if q.By, err = dimensionsOf(c.query.Get("by"), store.Dimensions(), "spend"); err != nil {
		return Spend{}, err
	}
	var badFrom, badTo error
	q.From, badFrom = c.moment("from")
	q.To, badTo = c.moment("to")
	if err := errors.Join(badFrom, badTo); err != nil {
		return Spend{}, err
	}
	asked, err := c.rows()
	if err != nil {
		return Spend{}, err
	}
	q.Limit = asked + 1
	rows, err := a.Store.Spend(c.ctx(), q)
	out := Spend{Data: []SpendRow{}, More: len(rows) > asked}
	for _, row := range rows[:min(len(rows), asked)] {
		out.Data = append(out.Data, newSpendRow(q.By, row))
	}
	return out, err
}

func newSpendRow(by []store.Dimension, row store.SpendRow) SpendRow {
	out := SpendRow{By: map[string]string{}, Cost: row.Cost, Calls: row.Calls, Unknown: row.Unknown}
	for i, d := range by {
		out.By[string(d)] = row.Values[i]
	}
	return out
}
