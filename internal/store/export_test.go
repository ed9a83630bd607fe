package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
)

// Plan gives the engine's plan for the page that q asks for, in the order of order.
func (s *Store) Plan(ctx context.Context, explain string, q EntryQuery, order string) (string, error) {
	c := s.conditionsOf(&q)
	return s.plan(ctx, explain+" SELECT doc FROM entries"+c.where()+" ORDER BY id "+order+" LIMIT ?", append(c.args, 50)...)
}

// ListStep is by how many entries a hurried list goes.
const ListStep = listStep

// PlanList gives the engine's plans for one step of a list.
func (s *Store) PlanList(ctx context.Context, explain string, q EntryQuery) (look, take string, err error) {
	l := listing{s: s, q: &q, size: 50, below: idAt(time.Now())}
	query, args := l.floorQuery(q.leading(), listStep)
	if look, err = s.plan(ctx, explain+" "+query, args...); err != nil {
		return "", "", err
	}
	query, args = l.takeQuery(idAt(time.Now().Add(-time.Hour)))
	take, err = s.plan(ctx, explain+" "+query, args...)
	return look, take, err
}

// RollupsRead says how many rows an answer is made of, and gives the plan for one stretch.
func (s *Store) RollupsRead(ctx context.Context, explain string, q AnalyticsQuery) (rows int, plan string, err error) {
	if err := s.checkAnalytics(&q); err != nil {
		return 0, "", err
	}
	g := gathering{query: &q}
	for _, t := range q.Step.Edges(q.From, q.To, q.Zone) {
		g.edges = append(g.edges, t.UnixMicro())
	}
	g.kind, _ = s.rollups.kinds.For(q.dimensions()...)
	if err := s.one(ctx, "SELECT until FROM rollup_days WHERE kind = ?", []any{g.kind.String()}, &g.built); err != nil {
		return 0, "", err
	}
	c := g.conditions(analytics.Segment{Grain: analytics.Hour, From: g.edges[0], To: g.edges[1]}, s.name)
	if plan, err = s.plan(ctx, explain+" SELECT time, numbers FROM rollups"+c.where(), c.args...); err != nil {
		return 0, "", err
	}
	return rows, plan, s.readRollups(ctx, &g, false, func(*summand) error { rows++; return nil })
}

// KindsBuilt says for how many kinds it is known up to when days have rows.
func (s *Store) KindsBuilt(ctx context.Context) (n int, err error) {
	return n, s.one(ctx, "SELECT COUNT(*) FROM rollup_days", nil, &n)
}

// Hurried lets lists end after their first step, whatever the clock says.
func (s *Store) Hurried() { s.listTime = -1 }

// PlanSpent gives the engine's plan for Spent.
func (s *Store) PlanSpent(ctx context.Context, explain string) (string, error) {
	return s.plan(ctx, explain+" "+spentSQL, "c", int64(0))
}

func (s *Store) plan(ctx context.Context, query string, args ...any) (string, error) {
	var plan strings.Builder
	err := s.query(ctx, query, args, func(rows *sql.Rows) error {
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			return err
		}
		fmt.Fprintln(&plan, *values[len(values)-1].(*any))
		return nil
	})
	return plan.String(), err
}

// MigrateTo brings the schema up to an older version, as the binary of that time did.
func (s *Store) MigrateTo(ctx context.Context, version int64) error {
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return err
	}
	return s.migrate(ctx, files, version)
}

// Exec runs a statement beside all checks.
func (s *Store) Exec(ctx context.Context, statement string) error {
	_, err := s.write.ExecContext(ctx, statement)
	return err
}

// BackupTables gives the tables that are there, those of a backup and those that are left out.
func (s *Store) BackupTables(ctx context.Context) (there, backed []string, left map[string]string, err error) {
	there, err = s.tables(ctx, s.write)
	for _, t := range backedUp {
		backed = append(backed, t.name)
	}
	return there, backed, leftOut, err
}

// SmallWindows lets a search of PostgreSQL look through few documents at a time, as it does
// with many in a large store, until it is taken back.
func SmallWindows() (back func()) {
	large := pgWindows
	pgWindows = []int{7, 30, 100}
	return func() { pgWindows = large }
}
