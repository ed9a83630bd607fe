package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
)

// What callers tell apart; test with errors.Is.
var (
	ErrNotFound    = errors.New("not found")
	ErrExists      = errors.New("exists already")
	ErrMoved       = errors.New("changed meanwhile")
	ErrRevoked     = errors.New("revoked for good")
	ErrNotEmpty    = errors.New("not empty")
	ErrNewerSchema = errors.New("the store was made by a newer Sluice")
	ErrNotReady    = errors.New("the store is not ready: its schema has not been checked yet")
	ErrBadCursor   = errors.New("not a cursor of this list")
	ErrBadFilter   = errors.New("bad filter")
)

// Store is one open database.
type Store struct {
	engine
	entryInsert  insertStatements
	chargeInsert insertStatements
	sumInsert    insertStatements
	rollups      rollups
	exports      exportStatements
	zip          compressor
	bodyKeys     BodyKeys // nil = bodies that must be sealed are not kept
	swept        sweepFloors
	recent       recent
	late         lateErasures
	search       searchIndex // nil = switched off
	usable       atomic.Bool // a Migrate has succeeded
	listTime     time.Duration
}

// engine is all that differs between databases.
type engine struct {
	name    string
	file    string // of SQLite
	dialect goose.Dialect
	write   *sql.DB // SQLite: one connection
	read    *sql.DB
	// rebind turns ? into the engine's placeholders.
	rebind func(string) string
	// insertRows is how many rows of entries one statement inserts at most, by measurement.
	insertRows int
	// words puts migrations into the engine's words.
	words *strings.Replacer
	// eachText gives the texts of a column's JSON array as the rows of a table of that name,
	// whose column is value.
	eachText func(column, name string) string
	// eachCount gives the members of a column's JSON object of numbers as the rows of a table
	// of that name, whose columns are key and value.
	eachCount func(column, name string) string
	// metadata is an entry's value of the key that its placeholder stands for, read from doc:
	// a text as it is, another value as JSON, NULL when there is none.
	metadata string
	// docTexts gives texts of an entry, read from doc, as the rows of a table named of, and
	// docText the column of it that has them.
	docTexts func(docTexts) string
	docText  func(docTexts) string
	// docNumber gives a number of an entry, docLength how many a list of it has.
	docNumber func(path [2]string) string
	docLength func(member string) string
	// within is a condition: the text that its placeholder stands for is a part of a term's.
	within func(term string) string
	// lock keeps other processes from migrating until the returned function is called.
	lock func(context.Context) (unlock func() error, err error)
	// explain adds what a user can do about an error of the engine.
	explain func(error) error
	// newSearch makes the index of what was said, and touches nothing yet.
	newSearch func() searchIndex
	// compact leaves nothing of what was deleted in the files.
	compact func(ctx context.Context, db *sql.DB) error
}

// Option changes how a store is opened.
type Option func(*options)

type options struct {
	durable  bool
	metadata []string
	noSearch bool
}

// WithoutSearch keeps no index of what was said.
func WithoutSearch() Option { return func(o *options) { o.noSearch = true } }

// Durable makes every commit survive power loss. SQLite then waits for the disk at each
// commit; PostgreSQL does so by its own settings.
func Durable() Option { return func(o *options) { o.durable = true } }

// RollUp adds up calls by these keys of their metadata too; "team" unless given. What was
// stored before is not added up by a new key.
func RollUp(metadata ...string) Option { return func(o *options) { o.metadata = metadata } }

// Open prepares a store at sqlite:PATH (relative to the working directory) or
// postgres://… and touches neither file nor network: Migrate does.
func Open(_ context.Context, url string, opts ...Option) (*Store, error) {
	o := options{metadata: []string{"team"}}
	for _, set := range opts {
		set(&o)
	}
	var e engine
	var err error
	switch scheme, rest, _ := strings.Cut(url, ":"); scheme {
	case "sqlite":
		e, err = openSQLite(rest, o.durable)
	case "postgres", "postgresql":
		e, err = openPostgres(url)
	default:
		err = errors.New("a storage URL starts with sqlite: or postgres://")
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &Store{engine: e, listTime: listTime}
	if !o.noSearch {
		s.search = e.newSearch()
	}
	s.entryInsert.init(&e, "entries", entryColumns[:], "id")
	s.chargeInsert.init(&e, "ledger", ledgerColumns[:], "entry_id, counter")
	s.sumInsert.initAdding(&e, "ledger_sums", []string{"counter", "time", "amount_nusd"}, "counter, time", "amount_nusd")
	s.rollups.init(&e, o.metadata)
	s.exports.init(&e)
	return s, nil
}

// Close waits for running calls and closes every connection.
func (s *Store) Close() error {
	s.recent.close()
	s.entryInsert.close()
	s.chargeInsert.close()
	s.sumInsert.close()
	s.rollups.insert.close()
	s.exports.close()
	s.zip.close()
	if s.search != nil {
		if err := s.search.close(); err != nil {
			return errors.Join(err, s.closeDB())
		}
	}
	return s.closeDB()
}

func (s *Store) closeDB() error {
	if s.read == s.write {
		return s.write.Close()
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if !s.usable.Load() {
		return ErrNotReady
	}
	return s.failed("ping", s.read.PingContext(ctx))
}

// tx runs fn in one write transaction, or in that of Atomically.
func (s *Store) tx(ctx context.Context, fn func(*sql.Tx) error) error {
	if !s.usable.Load() {
		return ErrNotReady
	}
	if u := s.unit(ctx); u != nil {
		return s.join(u, fn)
	}
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

// query reads rows, handing each to scan.
func (s *Store) query(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	if !s.usable.Load() {
		return ErrNotReady
	}
	var from interface {
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	} = s.read
	if tx := s.unit(ctx).begun(); tx != nil {
		from = tx
	}
	rows, err := from.QueryContext(ctx, s.rebind(query), args...)
	return scanAll(rows, err, scan)
}

// queryOften is query, outside of a unit.
func (s *Store) queryOften(ctx context.Context, p *statement, args []any, scan func(*sql.Rows) error) error {
	if !s.usable.Load() {
		return ErrNotReady
	}
	stmt, err := p.prepared(ctx, s.read)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	return scanAll(rows, err, scan)
}

// scanAll hands each row to scan, unless the query failed.
func scanAll(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// one reads a single row; none is ErrNotFound.
func (s *Store) one(ctx context.Context, query string, args []any, dest ...any) error {
	found := false
	err := s.query(ctx, query, args, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(dest...)
	})
	if err == nil && !found {
		return ErrNotFound
	}
	return err
}

// every reads all rows of a query.
func every[T any](ctx context.Context, s *Store, query string, scan func(*sql.Rows) (T, error), args ...any) (all []T, err error) {
	err = s.query(ctx, query, args, func(rows *sql.Rows) error {
		row, err := scan(rows)
		all = append(all, row)
		return err
	})
	return all, err
}

// single reads the first row of a query; none is ErrNotFound.
func single[T any](ctx context.Context, s *Store, query string, scan func(*sql.Rows) (T, error), args ...any) (row T, err error) {
	all, err := every(ctx, s, query, scan, args...)
	switch {
	case err != nil:
		return row, err
	case len(all) == 0:
		return row, ErrNotFound
	}
	return all[0], nil
}

// noRow turns a change of no row into ErrNotFound.
func noRow(n int, err error) error {
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// exec runs one statement of a transaction and says how many rows it touched.
func (s *Store) exec(ctx context.Context, tx *sql.Tx, query string, args ...any) (int, error) {
	return affected(tx.ExecContext(ctx, s.rebind(query), args...))
}

// affected is how many rows a statement changed.
func affected(res sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// failed names what was tried; the errors of this package stay recognisable.
func (s *Store) failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store: %s: %w", what, s.explain(err))
}
