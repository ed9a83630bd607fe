package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"modernc.org/sqlite"
)

// InUse reports whether another process, as a gateway, has the store of a URL open. One
// that does not exist yet is not in use.
func InUse(ctx context.Context, url string) (bool, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return sqliteInUse(ctx, path)
	}
	return postgresInUse(ctx, url)
}

// sqliteInUse tries to leave the WAL mode, for which SQLite must be alone with the file;
// whoever opens it next goes back (https://www.sqlite.org/wal.html#persistence_of_wal_mode).
func sqliteInUse(ctx context.Context, path string) (bool, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	connector, err := sqlite.NewConnector(sqliteFile(path) + "?_busy_timeout=0")
	if err != nil {
		return false, fmt.Errorf("sqlite:%s: %w", path, err)
	}
	db := sql.OpenDB(connector)
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode = DELETE")
	busy := err != nil && isBusy(err)
	if busy {
		err = nil
	}
	if err != nil {
		err = explainSQLite(path, err)
	}
	return busy, errors.Join(err, db.Close())
}

// postgresInUse looks for sessions of Sluice: a gateway has one at all times, since it
// looks for changes of keys every second.
func postgresInUse(ctx context.Context, url string) (bool, error) {
	e, err := openPostgres(url)
	if err != nil {
		return false, err
	}
	var others int
	err = e.read.QueryRowContext(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sluice' AND pid <> pg_backend_pid()").Scan(&others)
	return others > 0, errors.Join(err, e.read.Close())
}
