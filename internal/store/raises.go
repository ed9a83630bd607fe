package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const selectRaises = "SELECT id, rule, counter, rule_values, workspace, amount_nusd, raised_by, reason, created, until FROM raises"

// CreateRaise adds a raise of a budget; an id that is taken is ErrExists.
func (s *Store) CreateRaise(ctx context.Context, r gateway.Raise) error {
	return s.failed("create raise", s.tx(ctx, func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, `INSERT INTO raises (id, rule, counter, rule_values, workspace, amount_nusd, raised_by, reason, created, until)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			clean(r.ID), clean(r.Rule), clean(r.Counter), clean(r.Values), clean(r.Workspace), int64(r.Amount), clean(r.By), clean(r.Reason), micros(r.Created), micros(r.Until))
		if err != nil {
			return err
		}
		return s.bump(ctx, tx, raisesVersion)
	}))
}

// Raise gives one raise, or ErrNotFound.
func (s *Store) Raise(ctx context.Context, id string) (gateway.Raise, error) {
	r, err := single(ctx, s, selectRaises+" WHERE id = ?", scanRaise, clean(id))
	return r, s.failed("raise "+id, err)
}

// EndRaise ends a raise that would be valid longer; it stays in lists.
func (s *Store) EndRaise(ctx context.Context, id string, at time.Time) error {
	return s.failed("end raise "+id, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "UPDATE raises SET until = ? WHERE id = ? AND until > ?", micros(at), clean(id), micros(at))
		if err != nil {
			return err
		}
		if n > 0 {
			return s.bump(ctx, tx, raisesVersion)
		}
		return s.needRow(ctx, tx, "raises", id)
	}))
}

// RaisesVersion rises whenever a raise is made or ended; it is cheap to poll.
func (s *Store) RaisesVersion(ctx context.Context) (int64, error) {
	return s.version(ctx, raisesVersion)
}

// ValidRaises gives every raise that ends after now, in no order.
func (s *Store) ValidRaises(ctx context.Context, now time.Time) ([]gateway.Raise, error) {
	all, err := every(ctx, s, selectRaises+" WHERE until > ?", scanRaise, micros(now))
	return all, s.failed("valid raises", err)
}

// RaiseQuery chooses raises: those that match every field that is set.
type RaiseQuery struct {
	Workspace string
	Within    []string // workspaces; nil = every one
	Rule      string
	Limit     int    // of a page: 0 = 50, at most 500
	Cursor    string // where the page before ended, "" = the newest
}

// RaisePage is one page of a list.
type RaisePage struct {
	Raises []gateway.Raise // newest first, ended ones too
	Next   string          // the cursor of the next page, "" at the end
}

// Raises gives a page, newest first.
func (s *Store) Raises(ctx context.Context, q RaiseQuery) (page RaisePage, err error) {
	l := lister[gateway.Raise]{query: selectRaises, cursor: q.Cursor, limit: q.Limit, scan: scanRaise,
		last: func(r *gateway.Raise) (time.Time, string) { return r.Created, r.ID }}
	l.where.texts("workspace", q.Workspace, "rule", q.Rule)
	l.where.in("workspace", q.Within)
	page.Raises, page.Next, err = l.page(ctx, s)
	return page, s.failed("raises", err)
}

func scanRaise(rows *sql.Rows) (r gateway.Raise, err error) {
	var created, until int64
	err = rows.Scan(&r.ID, &r.Rule, &r.Counter, &r.Values, &r.Workspace, &r.Amount, &r.By, &r.Reason, &created, &until)
	r.Created, r.Until = fromMicros(created), fromMicros(until)
	return r, err
}
