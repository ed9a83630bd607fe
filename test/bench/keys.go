//go:build linux

package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// manyKeys is how many keys a crowded gateway knows.
const manyKeys = 100_000

// seed puts a store with many keys in a place where there is none. It is made once.
func (l *launcher) seed(path string) error {
	if l.seeded == "" {
		made := filepath.Join(l.scratch, "seeded.db")
		if err := makeStore(made); err != nil {
			return fmt.Errorf("a store with %d keys: %w", manyKeys, err)
		}
		l.seeded = made
	}
	all, err := os.ReadFile(l.seeded)
	if err != nil {
		return err
	}
	return os.WriteFile(path, all, 0o600)
}

// makeStore makes a store with one key, as the gateway does, and copies it many times.
func makeStore(path string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+path)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	if err := s.CreateKey(ctx, gateway.Key{ID: "key_0", Workspace: gateway.DefaultWorkspace, Name: "of many", Hash: gateway.HashKey("0")}); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := copyKey(ctx, db); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)") // all is in the one file then
	return err
}

// copyKey copies the only key: all is the same but its id and its secret.
func copyKey(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT name FROM pragma_table_info('keys')")
	if err != nil {
		return err
	}
	defer rows.Close()
	var columns, values []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		value := name
		switch name {
		case "id":
			value = "'key_' || n"
		case "hash":
			value = "randomblob(32)"
		}
		columns, values = append(columns, name), append(values, value)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf(
		"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d) INSERT INTO keys (%s) SELECT %s FROM keys, numbers",
		manyKeys-1, strings.Join(columns, ", "), strings.Join(values, ", ")))
	return err
}
