package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Plan gives the engine's plan for the page that q asks for, in the order of order.
func (s *Store) Plan(ctx context.Context, explain string, q EntryQuery, order string) (string, error) {
	c := q.conditions()
	var plan strings.Builder
	err := s.query(ctx, explain+" SELECT doc FROM entries"+c.where()+" ORDER BY id "+order+" LIMIT ?", append(c.args, 50), func(rows *sql.Rows) error {
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
