package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

var rollupColumns = [...]string{"kind", "id", "time", "workspace", "gateway", "value", "value2", "rest", "numbers", "sketches"}

// rollups is what a store needs to write roll-ups.
type rollups struct {
	kinds     analytics.Kinds
	insert    insertStatements
	admission admission
	sweeping  sweeping
}

func (r *rollups) init(e *engine, metadata []string) {
	r.kinds = analytics.KindsWith(metadata...)
	r.admission.most = maxRollupValues
	r.insert.init(e, "rollups", rollupColumns[:], "kind, id", "numbers", "sketches")
}

// counted is an entry that is to be counted for more calls than it was.
type counted struct {
	entry *gateway.Entry
	more  int64
	first bool   // it was not there before
	doc   string // as it was stored; "" = nobody wants to know
}

// pgRollupLock is the advisory lock of whoever writes roll-ups: any number that no other
// program uses.
const pgRollupLock = 0x736c75726f6c // "slurol"

// lockRollups lets nobody else write roll-ups until the transaction ends.
func (s *Store) lockRollups(ctx context.Context, tx *sql.Tx) error {
	if s.name != "postgres" { // SQLite has one writer as it is
		return nil
	}
	// https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(pgRollupLock))
	return err
}

// rollUp counts entries in the transaction that stores them. It comes last in there: what
// another node waits for is then held only until the commit.
func (s *Store) rollUp(ctx context.Context, tx *sql.Tx, insert preparedInserts, entries []counted) error {
	if len(entries) == 0 {
		return nil
	}
	if err := s.lockRollups(ctx, tx); err != nil {
		return err
	}
	built, err := s.daysBuilt(ctx, tx)
	if err != nil {
		return err
	}
	c := analytics.Collector{Kinds: s.rollups.kinds, Clean: clean, Built: built, Admit: func(d analytics.Dimension, workspace string, hour int64, value string) (bool, error) {
		return s.admit(ctx, tx, d, workspace, hour, value)
	}}
	for i := range entries {
		if err := c.Add(entries[i].entry, entries[i].more, entries[i].first); err != nil {
			return err
		}
	}
	now := time.Now()
	rows, err := s.mergeKept(ctx, tx, keyed(slices.DeleteFunc(c.Rows(), func(r *analytics.Row) bool { return r.Time < now.Add(-r.Grain.Keep()).UnixMicro() })))
	if err != nil {
		return err
	}
	if err := putRollups(ctx, tx, insert, rows); err != nil {
		return err
	}
	return s.sweepRollups(ctx, tx, now)
}

func putRollups(ctx context.Context, tx *sql.Tx, insert preparedInserts, rows []rollupRow) error {
	var args []any
	return insert.run(ctx, tx, len(rows), func(from, to int) []any {
		args = args[:0]
		for i := range rows[from:to] {
			args = rows[from+i].append(args)
		}
		return args
	})
}

// rollupRow is a row with its key and what it will hold.
type rollupRow struct {
	*analytics.Row
	id, sketches []byte
}

// append appends the values of rollupColumns.
func (r *rollupRow) append(args []any) []any {
	return append(args, r.Kind, r.id, r.Time, r.Workspace, r.Gateway, r.Values[0], r.Values[1], int64(r.Rest), r.Numbers.Append(nil), r.sketches)
}

// keyed gives rows with their keys, in their order.
func keyed(rows []*analytics.Row) []rollupRow {
	all := make([]rollupRow, len(rows))
	for i, r := range rows {
		all[i] = rollupRow{Row: r, id: r.ID()}
	}
	slices.SortFunc(all, func(a, b rollupRow) int { return cmp.Or(strings.Compare(a.Kind, b.Kind), bytes.Compare(a.id, b.id)) })
	return all
}

// rollupsRead is how many rows are read at a time.
const rollupsRead = 64

// mergeKept adds what the store has of the rows so far.
func (s *Store) mergeKept(ctx context.Context, tx *sql.Tx, rows []rollupRow) ([]rollupRow, error) {
	for from := 0; from < len(rows); {
		to := from + 1
		for to < len(rows) && to-from < rollupsRead && rows[to].Kind == rows[from].Kind {
			to++
		}
		if err := s.mergeChunk(ctx, tx, rows[from:to]); err != nil {
			return nil, err
		}
		from = to
	}
	return rows, nil
}

// mergeChunk is mergeKept for up to rollupsRead rows of one kind.
func (s *Store) mergeChunk(ctx context.Context, tx *sql.Tx, chunk []rollupRow) error {
	query, args := s.keptQuery(chunk)
	if err := readKept(ctx, tx, query, args, chunk); err != nil {
		return err
	}
	for i := range chunk {
		if chunk[i].sketches != nil {
			continue
		}
		var err error
		if chunk[i].sketches, err = chunk[i].Sketches(nil); err != nil {
			return err
		}
	}
	return nil
}

var keptSQL = "SELECT id, numbers, sketches FROM rollups WHERE kind = ? AND id IN (" + marks(rollupsRead) + ")"

// keptByOne has PostgreSQL look for each id by itself, come what may: as long as it knows
// little of a young table, it would read all rows of a kind for any list of ids.
const keptByOne = `SELECT r.id, r.numbers, r.sketches FROM unnest($2::bytea[]) AS w(id),
	LATERAL (SELECT id, numbers, sketches FROM rollups WHERE kind = $1 AND id = w.id LIMIT 1) AS r`

// keptQuery asks for what the store has of rows of one kind.
func (s *Store) keptQuery(chunk []rollupRow) (query string, args []any) {
	if s.name == "postgres" {
		ids := make([][]byte, len(chunk))
		for i := range chunk {
			ids[i] = chunk[i].id
		}
		return keptByOne, []any{chunk[0].Kind, ids}
	}
	args = make([]any, rollupsRead+1)
	args[0] = chunk[0].Kind
	for i := range rollupsRead { // where there are fewer, it asks for the last several times
		args[i+1] = chunk[min(i, len(chunk)-1)].id
	}
	return keptSQL, args
}

func readKept(ctx context.Context, tx *sql.Tx, query string, args []any, chunk []rollupRow) error {
	found, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer found.Close()
	var id, numbers, sketches sql.RawBytes
	for found.Next() {
		if err := found.Scan(&id, &numbers, &sketches); err != nil {
			return err
		}
		i, ok := slices.BinarySearchFunc(chunk, []byte(id), func(r rollupRow, id []byte) int { return bytes.Compare(r.id, id) })
		if !ok {
			continue
		}
		if err := chunk[i].Numbers.Decode(numbers); err != nil {
			return err
		}
		if chunk[i].sketches, err = chunk[i].Sketches(sketches); err != nil {
			return err
		}
	}
	return found.Err()
}
