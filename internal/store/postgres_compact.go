package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// pgPersonal are the tables that hold who called and what was said. That of the search is
// made when it is first used.
var pgPersonal = []string{"entries", "bodies", "feedback", "ledger", "alerts", "alert_mutes", "alert_states", "raises", "key_networks", "objects", "erasures", "search_queue", "search_docs"}

// compactPostgres removes dead rows, and what the planner knows of their values: its
// statistics hold the commonest ones and some between
// (https://www.postgresql.org/docs/current/view-pg-stats.html).
func compactPostgres(ctx context.Context, db *sql.DB) error {
	var there []string
	for _, table := range pgPersonal {
		var found bool
		if err := db.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", table).Scan(&found); err != nil {
			return err
		}
		if found {
			there = append(there, table)
		}
	}
	if _, err := db.ExecContext(ctx, "VACUUM (ANALYZE) "+strings.Join(there, ", ")); err != nil {
		return err
	}
	for _, table := range there {
		if err := forgetEmpty(ctx, db, table); err != nil {
			return fmt.Errorf("statistics of %s: %w", table, err)
		}
	}
	_, err := db.ExecContext(ctx, "VACUUM FULL body_keys") // few rows, and no old version of one may be left
	return err
}

// pgSameTypes makes the statement that gives each column of a table that has statistics the
// type it has.
const pgSameTypes = `SELECT format('ALTER TABLE %I ', s.tablename) || string_agg(format('ALTER COLUMN %I TYPE %s', a.attname, format_type(a.atttypid, a.atttypmod)) ||
	CASE WHEN c.oid IS NULL THEN '' ELSE format(' COLLATE %I.%I', n.nspname, c.collname) END, ', ')
FROM pg_stats s
JOIN pg_attribute a ON a.attrelid = to_regclass($1) AND a.attname = s.attname
LEFT JOIN pg_collation c ON c.oid = a.attcollation
LEFT JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE s.schemaname = current_schema() AND s.tablename = $1
GROUP BY s.tablename`

// forgetEmpty removes the statistics of a table without rows, which ANALYZE leaves as they
// were. A column that is given its type anew loses them and nothing else: no row and no
// index is written. Who has to wait for a lock gives it up soon, since all would wait
// behind him.
func forgetEmpty(ctx context.Context, db *sql.DB, table string) error {
	var some bool
	if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+table+")").Scan(&some); err != nil || some {
		return err
	}
	var alter string
	err := db.QueryRowContext(ctx, pgSameTypes, table).Scan(&alter)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err = tx.ExecContext(ctx, "SET LOCAL lock_timeout = '5s'"); err == nil {
		_, err = tx.ExecContext(ctx, alter)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
