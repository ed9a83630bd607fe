package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// OutcomeQuery chooses calls that reached some provider, or all: those that match every
// field that is set.
type OutcomeQuery struct {
	Gateway, Workspace string
	Within             []string  // workspaces; nil = every one
	Routes             []string  // any of these; nil = every one, and calls of none
	From, To           time.Time // From ≤ time < To; zero = without end
	Most               int       // of the newest; at least 1
	All                bool      // those too that reached no provider
	// Among bounds how many of the time's newest calls are looked at, of whatever route; 0 =
	// all. Routes have no index, so that the calls of a rare one lie far apart.
	Among int
}

// errEnough ends a query early.
var errEnough = errors.New("enough")

// Outcomes hands the calls to each, newest first. What it is handed is each's own. cut is
// whether there were more than the most, or than are looked at.
func (s *Store) Outcomes(ctx context.Context, q OutcomeQuery, each func(*gateway.Outcome)) (cut bool, err error) {
	query, args := q.sql()
	n, looked := 0, 0
	var doc sql.RawBytes
	err = s.query(ctx, query, args, func(rows *sql.Rows) error {
		if looked++; q.Among > 0 && looked > q.Among {
			cut = true
			return errEnough
		}
		var wanted bool
		if err := rows.Scan(&doc, &wanted); err != nil || !wanted {
			return err
		}
		if n++; n > q.Most {
			cut = true
			return errEnough
		}
		o := new(gateway.Outcome)
		if err := o.UnmarshalJSON(doc); err != nil {
			return err
		}
		each(o)
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return cut, s.failed("outcomes", err)
}

// sql asks for the document of each call and whether it is wanted: where Among bounds what
// is looked at, the database hands out those of other routes too, without documents.
func (q *OutcomeQuery) sql() (string, []any) {
	var c conditions
	for _, f := range []textFilter{{"gateway", &q.Gateway}, {"workspace", &q.Workspace}} {
		if *f.value != "" {
			c.equal(f.name, *f.value)
		}
	}
	c.in("workspace", q.Within)
	c.within(q.From, q.To)
	var wanted conditions
	wanted.in("route", q.Routes)
	if !q.All {
		wanted.add("provider IS NOT NULL")
	}
	if q.Among == 0 || len(wanted.terms) == 0 {
		c.terms, c.args = append(c.terms, wanted.terms...), append(c.args, wanted.args...)
		return "SELECT doc, 1 = 1 FROM entries" + c.where() + " ORDER BY id DESC LIMIT ?", append(c.args, q.Most+1)
	}
	is := "(" + strings.Join(wanted.terms, " AND ") + ")"
	args := append(slices.Concat(wanted.args, wanted.args), c.args...)
	return "SELECT CASE WHEN " + is + " THEN doc END, COALESCE(" + is + ", 1 = 0) FROM entries" + c.where() + " ORDER BY id DESC LIMIT ?", append(args, q.Among+1)
}
