package cache

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What the connections are told. A write that a power cut takes back, or a file that it
// damages, is a miss, so that nothing waits for the disk
// (https://www.sqlite.org/pragma.html#pragma_synchronous: NORMAL syncs at checkpoints
// only). Caches and logs are small, for memory and disk belong to others.
const (
	diskCommon = "_busy_timeout=1000&_dqs=0&_pragma=cache_size(-2048)"
	diskWriter = "?" + diskCommon + "&_txlock=immediate&_pragma=page_size(8192)&_pragma=auto_vacuum(2)&_pragma=journal_size_limit(4194304)&_journal_mode=WAL&_synchronous=NORMAL"
	diskReader = "?" + diskCommon + "&_query_only=1"
	diskReads  = 2 // connections
)

// What a file says it is (https://www.sqlite.org/pragma.html#pragma_application_id); one
// that says something else is replaced.
const (
	diskApplication = 0x736c7563 // "sluc"
	diskVersion     = 1
)

// Bodies stand apart, so that what is known of answers can be read without them.
const diskSchema = `
CREATE TABLE answers (
  id    INTEGER PRIMARY KEY,
  key   BLOB NOT NULL UNIQUE,
  used  INTEGER NOT NULL,
  dies  INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  about BLOB NOT NULL
);
CREATE INDEX answers_used ON answers (used);
CREATE INDEX answers_dies ON answers (dies);
CREATE TABLE bodies (
  id   INTEGER PRIMARY KEY,
  data BLOB NOT NULL
);
`

// diskFile is one open file.
type diskFile struct {
	write, read *sql.DB
}

// openDiskFile opens a file and makes its tables if it is new.
func openDiskFile(ctx context.Context, path string) (f diskFile, err error) {
	if err := createPrivate(path); err != nil {
		return f, err
	}
	uri := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String()
	writer, err := sqlite.NewConnector(uri + diskWriter)
	if err != nil {
		return f, err
	}
	reader, err := sqlite.NewConnector(uri + diskReader)
	if err != nil {
		return f, err
	}
	f = diskFile{write: sql.OpenDB(writer), read: sql.OpenDB(reader)}
	f.write.SetMaxOpenConns(1)
	f.read.SetMaxOpenConns(diskReads)
	f.read.SetMaxIdleConns(diskReads)
	if err := f.begin(ctx); err != nil {
		return f, errors.Join(err, f.close())
	}
	return f, nil
}

// createPrivate makes a new file readable by its owner alone, since it will hold what
// people said; SQLite gives its other files the same mode.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot create the cache's file: %w", err)
	}
	return f.Close()
}

// errOther says that a file holds something else.
var errOther = errors.New("it was made by something else")

func (f diskFile) begin(ctx context.Context) error {
	var application, version, tables int
	err := f.write.QueryRowContext(ctx, "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)").
		Scan(&application, &version, &tables)
	switch {
	case err != nil:
		return err
	case application == diskApplication && version == diskVersion:
		return nil
	case application != 0 || version != 0 || tables != 0:
		return errOther
	}
	_, err = f.write.ExecContext(ctx, fmt.Sprintf("BEGIN; %s PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT", diskSchema, diskApplication, diskVersion))
	return err
}

func (f diskFile) close() error {
	if f.write == nil {
		return nil
	}
	return errors.Join(f.read.Close(), f.write.Close())
}

// damaged reports whether an error says that the file itself is no good.
func damaged(err error) bool {
	if errors.Is(err, errOther) || errors.Is(err, errNoFile) {
		return true
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_ERROR: // the last: a table is not there
		return true
	}
	return false
}

// removeDiskFile removes a file and what stands beside it.
func removeDiskFile(path string) error {
	for _, beside := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
