package store

import (
	"context"
	"database/sql"
)

// Counter is a counter that calls took money from.
type Counter struct {
	Rule, Counter, Values string // as in their settlements
	Workspace, KeyID      string // of one of the calls
}

// Counters gives the counters of the newest settlements, as many of which are looked at
// as rows says: those of one workspace's calls, "" = of all.
func (s *Store) Counters(ctx context.Context, workspace string, rows int) ([]Counter, error) {
	query, args := `SELECT rule, counter, MIN(rule_values), MIN(workspace), MIN(key_id) FROM
		(SELECT COALESCE(rule, '') AS rule, counter, COALESCE(rule_values, '') AS rule_values, COALESCE(workspace, '') AS workspace, COALESCE(key_id, '') AS key_id
		FROM ledger ORDER BY entry_id DESC, counter DESC LIMIT ?) AS newest`, []any{rows}
	if workspace != "" {
		query += " WHERE workspace = ?"
		args = append(args, clean(workspace))
	}
	var all []Counter
	err := s.query(ctx, query+" GROUP BY rule, counter ORDER BY rule, counter", args, func(rows *sql.Rows) error {
		var c Counter
		err := rows.Scan(&c.Rule, &c.Counter, &c.Values, &c.Workspace, &c.KeyID)
		all = append(all, c)
		return err
	})
	return all, s.failed("counters", err)
}
