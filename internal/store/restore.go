package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
)

// What Restore refuses; test with errors.Is.
var (
	ErrHalfRestored = errors.New("a restore into this store did not come to its end")
	ErrNotFresh     = errors.New("the store is not fresh")
)

// restoring is the setting that stands in a store until a restore is through.
const restoring = "restore.unfinished"

// Loader takes the rows of a backup. It is for one goroutine, and valid until the function
// that got it returns.
type Loader struct {
	s     *Store
	known map[string][]Column
}

// Restore fills a fresh store with a backup of that schema version, then brings it up to
// what this binary knows. fn loads the rows; when it fails, or the process ends before it
// is through, the store says ErrHalfRestored to whoever opens it, and a further Restore
// begins anew. A store that holds anything is ErrNotFresh and not touched; a schema that
// this binary does not know is ErrNewerSchema. The store must not be used by others
// meanwhile: who would migrate it waits.
func (s *Store) Restore(ctx context.Context, schema int64, fn func(*Loader) error) (err error) {
	s.usable.Store(false)
	unlock, err := s.lock(ctx)
	if err != nil {
		return s.failed("restore", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := s.checkFresh(ctx, schema); err != nil {
		return s.failed("restore", err)
	}
	if err := s.begin(ctx, schema); err != nil {
		return s.failed("restore", err)
	}
	if err := fn(&Loader{s: s, known: map[string][]Column{}}); err != nil {
		return err
	}
	if err := s.finish(ctx); err != nil {
		return s.failed("restore", err)
	}
	s.usable.Store(true)
	return nil
}

// checkFresh reports what forbids a restore.
func (s *Store) checkFresh(ctx context.Context, schema int64) error {
	p, err := s.goose()
	if err != nil {
		return err
	}
	current, target, err := p.GetVersions(ctx)
	switch {
	case err != nil:
		return err
	case schema < 1:
		return fmt.Errorf("the backup says that its schema has version %d", schema)
	case schema > target:
		return fmt.Errorf("%w: the backup's schema has version %d, this binary knows versions up to %d; restore it with the newer Sluice", ErrNewerSchema, schema, target)
	case current > target:
		return newerSchema(current, target)
	}
	if current == 0 {
		return nil
	}
	switch err := s.unfinished(ctx, s.write); {
	case errors.Is(err, ErrHalfRestored):
		return nil
	case err != nil:
		return err
	}
	return s.checkEmpty(ctx)
}

// checkEmpty names what a store holds that a fresh one does not.
func (s *Store) checkEmpty(ctx context.Context) error {
	there, err := s.tables(ctx, s.write)
	if err != nil {
		return err
	}
	var holds []string
	for _, t := range backedUp {
		if !slices.Contains(there, t.name) {
			continue
		}
		var n int64
		if err := s.write.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+quoted(t.name)+" WHERE "+t.used()).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			holds = append(holds, fmt.Sprintf("%s %d", t.name, n))
		}
	}
	if len(holds) > 0 {
		return fmt.Errorf("%w: it holds rows (%s); restore into a new file or an empty schema, and point storage.url there", ErrNotFresh, strings.Join(holds, ", "))
	}
	return nil
}

// begin leaves an empty schema of a version, with the mark that says what goes on.
func (s *Store) begin(ctx context.Context, schema int64) error {
	if err := s.dropAll(ctx); err != nil {
		return err
	}
	p, err := s.goose() // a new one, since it knows that its table is there
	if err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, schema); err != nil {
		return err
	}
	there, err := s.tables(ctx, s.write)
	if err != nil {
		return err
	}
	return s.each(ctx, func(tx *sql.Tx) error {
		for _, t := range slices.Backward(backedUp) {
			if slices.Contains(there, t.name) {
				if _, err := tx.ExecContext(ctx, "DELETE FROM "+quoted(t.name)); err != nil {
					return err
				}
			}
		}
		_, err := s.exec(ctx, tx, "INSERT INTO settings (name, value) VALUES (?, ?)", restoring, []byte("1"))
		return err
	})
}

// dropAll drops the tables of a store that holds nothing, so that the schema can be made
// in the version of the backup.
func (s *Store) dropAll(ctx context.Context) error {
	there, err := s.tables(ctx, s.write)
	if err != nil {
		return err
	}
	return s.each(ctx, func(tx *sql.Tx) error {
		var names []string
		for _, t := range slices.Backward(backedUp) {
			names = append(names, t.name)
		}
		for name := range leftOut {
			names = append(names, name)
		}
		for _, name := range names {
			if slices.Contains(there, name) {
				if _, err := tx.ExecContext(ctx, "DROP TABLE "+quoted(name)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// each is tx for a store that is not usable yet.
func (s *Store) each(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		_ = tx.Rollback() // the first error is the one that says why
		return err
	}
	return tx.Commit()
}

// backupState is the setting in which internal/backup/schedule keeps which files are its own.
const backupState = "backup.schedule"

// finish brings the schema up to date, and takes the mark away. The index of what was said
// is of another store: it is to be filled anew. So are the backups that the other store
// made by the clock: this one must not delete them.
func (s *Store) finish(ctx context.Context) error {
	p, err := s.goose()
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return err
	}
	return s.each(ctx, func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, "DELETE FROM settings WHERE name IN (?, ?, ?)", restoring, searchMark, backupState)
		return err
	})
}

// unfinished is ErrHalfRestored where a restore did not come to its end.
func (s *Store) unfinished(ctx context.Context, from querier) error {
	var n int64
	if err := from.QueryRowContext(ctx, s.rebind("SELECT COUNT(*) FROM settings WHERE name = ?"), restoring).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("%w: it holds a part of the backup only, and is not used; run sluice restore again, which begins anew", ErrHalfRestored)
	}
	return nil
}

// loadRows is how many rows one statement inserts at most.
const loadRows = 32

// Load adds rows to a table of the backup, all or none. Their values are as Snapshot.Rows
// gives them.
func (l *Loader) Load(ctx context.Context, table *Table, rows [][]any) error {
	if err := l.check(ctx, table); err != nil {
		return l.s.failed("restore of "+table.Name, err)
	}
	head := "INSERT INTO " + quoted(table.Name) + " (" + table.names() + ") VALUES "
	row := "(" + marks(len(table.Columns)) + ")"
	return l.s.failed("restore of "+table.Name, l.s.each(ctx, func(tx *sql.Tx) error {
		for some := range slices.Chunk(rows, loadRows) {
			if _, err := l.s.exec(ctx, tx, head+strings.Repeat(row+", ", len(some)-1)+row, slices.Concat(some...)...); err != nil {
				return err
			}
		}
		return nil
	}))
}

// check reports a table that the schema has not in this form.
func (l *Loader) check(ctx context.Context, table *Table) error {
	if _, ok := backupTableOf(table.Name); !ok || len(table.Columns) == 0 {
		return fmt.Errorf("the backup has a table %q, which this binary does not know", table.Name)
	}
	columns, ok := l.known[table.Name]
	if !ok {
		var err error
		if columns, err = columnsOf(ctx, l.s.write, table.Name); err != nil {
			return err
		}
		l.known[table.Name] = columns
	}
	for _, c := range table.Columns {
		if !slices.Contains(columns, c) {
			return fmt.Errorf("the backup has a column %q of the kind %q, which its schema has not", c.Name, c.Kind)
		}
	}
	return nil
}

// goose gives what brings this store's schema up to date.
func (s *Store) goose() (*goose.Provider, error) {
	files, err := migrations()
	if err != nil {
		return nil, err
	}
	return s.provider(files)
}
