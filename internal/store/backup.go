package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Snapshot is the store as it was at one moment, whatever is written meanwhile. It is for
// one goroutine, and valid until the function that got it returns.
type Snapshot struct {
	Schema int64  // version of the schema
	Engine string // sqlite or postgres
	s      *Store
	tx     *sql.Tx
	since  *time.Time // nil = all entries
}

// Calls says what a snapshot has of the calls.
type Calls struct {
	Entries bool      // entries with their bodies and feedback
	Since   time.Time // of those the calls from this time on; zero = all
}

// Snapshot hands fn the store as it is now: readers and writers go on meanwhile. SQLite
// keeps what is written until fn is through, so fn should not wait for slow readers.
func (s *Store) Snapshot(ctx context.Context, fn func(*Snapshot) error) error {
	if !s.usable.Load() {
		return ErrNotReady
	}
	var how *sql.TxOptions // a reading transaction of SQLite's WAL is a snapshot
	if s.name == "postgres" {
		how = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	tx, err := s.read.BeginTx(ctx, how)
	if err != nil {
		return s.failed("backup", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	x := &Snapshot{Engine: s.name, s: s, tx: tx}
	if err := tx.QueryRowContext(ctx, "SELECT MAX(version_id) FROM sluice_migrations").Scan(&x.Schema); err != nil {
		return s.failed("backup", err)
	}
	return fn(x)
}

// Tables lists the tables of a backup with their columns and numbers of rows, those that
// others refer to first.
func (x *Snapshot) Tables(ctx context.Context, calls Calls) ([]Table, error) {
	x.since = nil
	if !calls.Since.IsZero() {
		x.since = &calls.Since
	}
	var all []Table
	for i := range backedUp {
		t := &backedUp[i]
		if t.ofEntries && !calls.Entries {
			continue
		}
		columns, err := columnsOf(ctx, x.tx, t.name)
		if err != nil {
			return nil, x.s.failed("backup of "+t.name, err)
		}
		table := Table{Name: t.name, Columns: columns}
		from, args := x.from(t)
		if err := x.tx.QueryRowContext(ctx, x.s.rebind("SELECT COUNT(*)"+from), args...).Scan(&table.Rows); err != nil {
			return nil, x.s.failed("backup of "+t.name, err)
		}
		all = append(all, table)
	}
	return all, nil
}

// from gives the end of a query over a table.
func (x *Snapshot) from(t *backupTable) (string, []any) {
	if x.since == nil || t.since == "" {
		return " FROM " + quoted(t.name), nil
	}
	return " FROM " + quoted(t.name) + " WHERE " + t.since, []any{x.since.UnixMicro()}
}

// Rows hands each row of a table that Tables gave to a function, which keeps the values as
// long as it likes: nil, int64, float64, string and []byte, as the columns' kinds say.
func (x *Snapshot) Rows(ctx context.Context, table *Table, each func(row []any) error) error {
	t, ok := backupTableOf(table.Name)
	if !ok {
		return fmt.Errorf("store: no backup has a table %q", table.Name)
	}
	from, args := x.from(t)
	rows, err := x.tx.QueryContext(ctx, x.s.rebind("SELECT "+table.names()+from), args...)
	if err != nil {
		return x.s.failed("backup of "+t.name, err)
	}
	defer rows.Close()
	dest := make([]any, len(table.Columns))
	for rows.Next() {
		row := make([]any, len(table.Columns))
		for i := range row {
			dest[i] = &row[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return x.s.failed("backup of "+t.name, err)
		}
		for i := range row {
			if row[i], err = neutral(row[i], table.Columns[i].Kind); err != nil {
				return fmt.Errorf("store: backup of %s.%s: %w", t.name, table.Columns[i].Name, err)
			}
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return x.s.failed("backup of "+t.name, rows.Err())
}

// neutral gives a value the type of its column's kind: SQLite keeps what it was given.
func neutral(v any, kind string) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case int64:
		switch kind {
		case KindInteger:
			return v, nil
		case KindReal:
			return float64(v), nil
		case KindText:
			return strconv.FormatInt(v, 10), nil
		}
	case float64:
		switch {
		case kind == KindReal:
			return v, nil
		case kind == KindInteger && v == math.Trunc(v) && math.Abs(v) < 1<<53:
			return int64(v), nil
		}
	case string:
		switch kind {
		case KindText:
			return clean(v), nil
		case KindBytes:
			return []byte(v), nil
		}
	case []byte:
		switch kind {
		case KindBytes:
			return notNil(v), nil
		case KindText:
			return clean(string(v)), nil
		}
	}
	return nil, fmt.Errorf("a value of the type %T stands in a column of the kind %s", v, kind)
}
