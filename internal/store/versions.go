package store

import (
	"context"
	"database/sql"
)

// What has a version of its own.
const (
	keysVersion        = "keys"
	credentialsVersion = "credentials"
	raisesVersion      = "raises"
	drainsVersion      = "drains"
	canariesVersion    = "canaries"
	purgesVersion      = "cache_purges"
	configVersion      = "config"
	bodyKeysVersion    = "body_keys"
)

// bump tells the pollers of a version that something changed, once fn's transaction is
// through; the row's lock keeps the numbers in the order of commits.
func (s *Store) bump(ctx context.Context, tx *sql.Tx, name string) error {
	_, err := s.exec(ctx, tx, "UPDATE versions SET value = value + 1 WHERE name = ?", name)
	return err
}

// version reads one row by primary key: cheap enough to be polled several times a second.
func (s *Store) version(ctx context.Context, name string) (int64, error) {
	var n int64
	err := s.one(ctx, "SELECT value FROM versions WHERE name = ?", []any{name}, &n)
	return n, s.failed(name+" version", err)
}

// needRow says ErrNotFound unless a table has a row of that id.
func (s *Store) needRow(ctx context.Context, tx *sql.Tx, table, id string) error {
	var n int
	err := tx.QueryRowContext(ctx, s.rebind("SELECT count(*) FROM "+table+" WHERE id = ?"), clean(id)).Scan(&n)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}
