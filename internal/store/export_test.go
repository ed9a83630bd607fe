package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strings"
)

// Plan gives the engine's plan for the page that q asks for, in the order of order.
func (s *Store) Plan(ctx context.Context, explain string, q EntryQuery, order string) (string, error) {
	c := s.conditionsOf(&q)
	return s.plan(ctx, explain+" SELECT doc FROM entries"+c.where()+" ORDER BY id "+order+" LIMIT ?", append(c.args, 50)...)
}

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
