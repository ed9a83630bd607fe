package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Looked is how a store was found.
type Looked struct {
	Engine  string        // sqlite or postgres
	There   bool          // it was made already
	Schema  int64         // its version, 0 = it has none yet
	Known   int64         // the newest version that this binary knows
	Half    bool          // a restore did not come to its end
	Latency time.Duration // of one query
}

// File gives the file of a URL of SQLite, "" for another one.
func File(url string) string {
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		return ""
	}
	return path
}

// Look tells how a store is, also before Migrate, and changes nothing in it.
func (s *Store) Look(ctx context.Context) (l Looked, err error) {
	l.Engine = s.name
	if l.Known, err = newestMigration(); err != nil {
		return l, s.failed("look", err)
	}
	if s.file != "" {
		if _, err := os.Stat(s.file); errors.Is(err, fs.ErrNotExist) {
			return l, nil
		}
	}
	there, err := s.tables(ctx, s.read)
	if err != nil || !slices.Contains(there, "sluice_migrations") {
		return l, s.failed("look", err)
	}
	l.There = true
	began := time.Now()
	if err := s.read.QueryRowContext(ctx, "SELECT MAX(version_id) FROM sluice_migrations").Scan(&l.Schema); err != nil {
		return l, s.failed("look", err)
	}
	l.Latency = time.Since(began)
	if l.Schema == 0 {
		return l, nil
	}
	err = s.unfinished(ctx, s.read)
	if l.Half = errors.Is(err, ErrHalfRestored); l.Half {
		err = nil
	}
	return l, s.failed("look", err)
}

// newestMigration is the version of the newest migration in this binary.
func newestMigration() (newest int64, err error) {
	files, err := fs.ReadDir(embedded, "migrations")
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", f.Name(), err)
		}
		newest = max(newest, n)
	}
	return newest, nil
}
