package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// OutcomeQuery chooses calls that reached some provider: those that match every field
// that is set.
type OutcomeQuery struct {
	Gateway, Workspace string
	Within             []string  // workspaces; nil = every one
	Routes             []string  // any of these; nil = every one, and calls of none
	From, To           time.Time // From ≤ time < To; zero = without end
	Most               int       // of the newest; at least 1
}

// errEnough ends a query early.
var errEnough = errors.New("enough")

// Outcomes hands the calls to each, newest first. What it is handed is each's own. cut is
// whether there were more than the most.
func (s *Store) Outcomes(ctx context.Context, q OutcomeQuery, each func(*gateway.Outcome)) (cut bool, err error) {
	var c conditions
	for _, f := range []textFilter{{"gateway", &q.Gateway}, {"workspace", &q.Workspace}} {
		if *f.value != "" {
			c.equal(f.name, *f.value)
		}
	}
	c.in("workspace", q.Within)
	c.in("route", q.Routes)
	c.within(q.From, q.To)
	c.add("provider IS NOT NULL")
	n := 0
	var doc sql.RawBytes
	err = s.query(ctx, "SELECT doc FROM entries"+c.where()+" ORDER BY id DESC LIMIT ?", append(c.args, q.Most+1), func(rows *sql.Rows) error {
		if n++; n > q.Most {
			cut = true
			return errEnough
		}
		if err := rows.Scan(&doc); err != nil {
			return err
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
