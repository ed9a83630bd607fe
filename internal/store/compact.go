package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// compactSQLite writes the database anew without free pages and what is left in used ones,
// and empties the log (https://www.sqlite.org/lang_vacuum.html, https://www.sqlite.org/pragma.html#pragma_wal_checkpoint).
func compactSQLite(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, "VACUUM"); err != nil {
		return err
	}
	for {
		var busy, frames, moved int
		if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved); err != nil {
			return err
		}
		if busy == 0 {
			return nil
		}
		select { // a reader looks at the old state
		case <-ctx.Done():
			return errors.Join(errors.New("the log of SQLite cannot be emptied: somebody has been reading the database for long"), ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (x *sqliteSearch) compact(ctx context.Context) error {
	write, _, err := x.ready(ctx)
	if err != nil {
		return err
	}
	if _, err := write.ExecContext(ctx, "INSERT INTO words (words) VALUES ('optimize')"); err != nil { // which drops the words of what is deleted
		return err
	}
	return compactSQLite(ctx, write)
}

func (x *postgresSearch) compact(ctx context.Context) error {
	if _, err := x.open(ctx); err != nil {
		return err
	}
	_, err := x.db.ExecContext(ctx, "VACUUM search_docs")
	return err
}
