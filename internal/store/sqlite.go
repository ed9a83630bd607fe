package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What every connection is told. WAL lets readers go on while the writer writes; with it,
// synchronous NORMAL loses at most the last transactions at a power cut and never
// corrupts (https://www.sqlite.org/pragma.html#pragma_synchronous). journal_size_limit
// gives back what a burst made of the log.
const (
	sqliteCommon = "_busy_timeout=10000&_dqs=0"
	sqliteWriter = "?" + sqliteCommon + "&_txlock=immediate&_pragma=page_size(16384)&_pragma=foreign_keys(1)&_pragma=cache_size(-4096)&_pragma=journal_size_limit(67108864)&_journal_mode=WAL"
	sqliteReader = "?" + sqliteCommon + "&_query_only=1"
	sqliteLocker = "?_busy_timeout=200&_txlock=exclusive"
	readers      = 4
)

// openSQLite makes an engine over one writing connection and a few reading ones: SQLite
// lets one transaction write at a time, so more would only wait on each other's locks.
func openSQLite(path string, durable bool) (engine, error) {
	if path == "" {
		return engine{}, errors.New("sqlite: needs a file name, as in sqlite:sluice.db")
	}
	file := sqliteFile(path)
	synchronous := "&_synchronous=NORMAL"
	if durable {
		synchronous = "&_synchronous=FULL"
	}
	writer, err := sqlite.NewConnector(file + sqliteWriter + synchronous)
	if err != nil {
		return engine{}, fmt.Errorf("sqlite:%s: %w", path, err)
	}
	reader, err := sqlite.NewConnector(file + sqliteReader)
	if err != nil {
		return engine{}, fmt.Errorf("sqlite:%s: %w", path, err)
	}
	e := engine{
		name: "sqlite", file: path, dialect: goose.DialectSQLite3, words: strings.NewReplacer(), insertRows: 32,
		write: sql.OpenDB(writer), read: sql.OpenDB(reader),
		rebind:    func(q string) string { return q },
		eachText:  func(column, name string) string { return "json_each(" + column + ") AS " + name },
		eachCount: func(column, name string) string { return "json_each(" + column + ") AS " + name },
		metadata:  sqliteMetadata,
		docTexts:  sqliteDocTexts,
		docText:   sqliteDocText,
		docNumber: func(path [2]string) string { return "json_extract(doc, '$." + dotted(path) + "')" },
		docLength: func(member string) string { return "json_array_length(doc, '$." + member + "')" },
		within:    func(term string) string { return "instr(" + term + ", ?) > 0" },
		explain:   func(err error) error { return explainSQLite(path, err) },
		newSearch: func() searchIndex { return &sqliteSearch{path: searchPath(path)} },
		compact:   compactSQLite,
	}
	e.write.SetMaxOpenConns(1)
	e.read.SetMaxOpenConns(readers)
	e.read.SetMaxIdleConns(readers)
	e.lock = func(ctx context.Context) (func() error, error) {
		if err := createPrivate(path); err != nil {
			return nil, err
		}
		return lockSQLite(ctx, file+".lock")
	}
	return e, nil
}

// searchPath is where the index of a database lies.
func searchPath(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + "-search" + filepath.Ext(path)
}

// sqliteFile is the name by which SQLite opens a file, whatever characters it has.
func sqliteFile(path string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String()
}

// createPrivate makes a new database readable by its owner alone, since it will hold what
// people said; SQLite gives its other files the same mode. A file that exists is not
// opened: closing it would drop the locks that this process may hold on it
// (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot create the database: %w", err)
	}
	return f.Close()
}

// lockSQLite holds an exclusive transaction on an empty database beside the real one:
// the operating system ends it when the process dies, and it also covers the switch of
// the real one to WAL, which two processes cannot do at once.
func lockSQLite(ctx context.Context, file string) (func() error, error) {
	connector, err := sqlite.NewConnector(file + sqliteLocker)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	for {
		tx, err := db.BeginTx(ctx, nil)
		if err == nil {
			return func() error { return errors.Join(tx.Rollback(), db.Close()) }, nil
		}
		if !isBusy(err) || ctx.Err() != nil {
			return nil, errors.Join(fmt.Errorf("lock for migration: %w", err), db.Close())
		}
	}
}

func isBusy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

func explainSQLite(path string, err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	if code := e.Code(); code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY {
		return ErrExists
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("%s: %w (does its folder exist, and may this user write there?)", path, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%s: %w (free some disk space)", path, err)
	case sqlite3.SQLITE_READONLY:
		return fmt.Errorf("%s: %w (this user must be able to write the file and its folder)", path, err)
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%s: %w (restore a backup, or name another file)", path, err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("%s: %w (another process is writing to it for long)", path, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// sqliteDoc is an entry's document with the sign for NUL that clean makes of it. A \ that is
// one is written otherwise first, so that no other escape is met.
const sqliteDoc = `replace(replace(doc, '\\', '\u005c'), '\u0000', '\ufffd')`

// sqliteMetadata is engine.metadata.
const sqliteMetadata = `(SELECT CASE type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(value AS TEXT) END
	FROM json_each(` + sqliteDoc + `, '$.metadata') WHERE key = ? AND type <> 'null' LIMIT 1)`

// sqliteDocTexts is engine.docTexts.
func sqliteDocTexts(at docTexts) string {
	return "json_each(" + sqliteDoc + ", '$." + at.member + "') AS of"
}

// sqliteDocText is engine.docText.
func sqliteDocText(at docTexts) string {
	switch {
	case at.keys:
		return "of.key"
	case at.inside != "":
		return "json_extract(of.value, '$." + at.inside + "')"
	}
	return "of.value"
}
