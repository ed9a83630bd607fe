package store

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
)

// dayRest is how long a day has been over before its rows are made, so that most of what
// belongs there has come. What comes later is added to them.
const dayRest = time.Hour

// BuildDay makes the rows of one finished day and kind from those of its hours, in one
// transaction, and says how many are left to be made: 0 = none is, just now. Calls that
// are stored meanwhile, or later, are in them too. now says which days are over.
func (s *Store) BuildDay(ctx context.Context, now time.Time) (left int, err error) {
	target := analytics.Day.Floor(now.Add(-dayRest).UnixMicro())
	if !s.usable.Load() {
		return 0, ErrNotReady
	}
	insert, err := s.rollups.insert.prepared(ctx, s.write)
	if err != nil {
		return 0, s.failed("add a day up", err)
	}
	err = s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.lockRollups(ctx, tx); err != nil {
			return err
		}
		left, err = s.buildFirst(ctx, tx, insert, target)
		return err
	})
	return left, s.failed("add a day up", err)
}

// buildFirst makes the first day that has no rows of the first kind that is behind.
func (s *Store) buildFirst(ctx context.Context, tx *sql.Tx, insert preparedInserts, target int64) (left int, err error) {
	built, err := s.daysBuilt(ctx, tx)
	if err != nil {
		return 0, err
	}
	done := false
	for _, k := range s.rollups.kinds {
		kind := k.String()
		until, known := built[kind]
		if known && until >= target {
			continue
		}
		day, err := s.firstDay(ctx, tx, kind, until, target)
		if err != nil {
			return 0, err
		}
		if day < target {
			left += int((target - day) / int64(analytics.Day))
		}
		if done || day >= target && !known { // a kind without calls has nothing to remember
			continue
		}
		if day < target {
			if err := s.buildDay(ctx, tx, insert, kind, day); err != nil {
				return 0, err
			}
			done = true
			left--
			day += int64(analytics.Day)
		}
		if _, err := s.exec(ctx, tx, "INSERT INTO rollup_days (kind, until) VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET until = excluded.until", kind, min(day, target)); err != nil {
			return 0, err
		}
	}
	return left, nil
}

// daysBuilt tells by kind up to when days have rows.
func (s *Store) daysBuilt(ctx context.Context, tx *sql.Tx) (map[string]int64, error) {
	rows, err := tx.QueryContext(ctx, "SELECT kind, until FROM rollup_days")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	built := map[string]int64{}
	for rows.Next() {
		var kind string
		var until int64
		if err := rows.Scan(&kind, &until); err != nil {
			return nil, err
		}
		built[kind] = until
	}
	return built, rows.Err()
}

// firstDay gives the first day from a time on that has rows by the hour; at least target
// when there is none before.
func (s *Store) firstDay(ctx context.Context, tx *sql.Tx, kind string, from, target int64) (int64, error) {
	if from == 0 {
		from = math.MinInt64
	}
	var first int64
	err := tx.QueryRowContext(ctx, s.rebind("SELECT time FROM rollups WHERE kind = ? AND id >= ? AND id < ? ORDER BY id LIMIT 1"),
		kind, analytics.IDBefore(analytics.Hour, from), analytics.IDBefore(analytics.Hour, target)).Scan(&first)
	if errors.Is(err, sql.ErrNoRows) {
		return target, nil
	}
	return analytics.Day.Floor(first), err
}

// buildDay makes the rows of a day that has none.
func (s *Store) buildDay(ctx context.Context, tx *sql.Tx, insert preparedInserts, kind string, day int64) error {
	all, err := s.dayRows(ctx, tx, kind, day)
	if err != nil {
		return err
	}
	return putRollups(ctx, tx, insert, all)
}

// dayRows adds the rows of a day's hours up. They come sorted by what they are of, so that
// one sum is made at a time.
func (s *Store) dayRows(ctx context.Context, tx *sql.Tx, kind string, day int64) (all []rollupRow, err error) {
	rows, err := tx.QueryContext(ctx, s.rebind("SELECT substr(id, ?), workspace, gateway, value, value2, rest, numbers, sketches FROM rollups WHERE kind = ? AND id >= ? AND id < ? ORDER BY 1"),
		analytics.DigestAt+1, kind, analytics.IDBefore(analytics.Hour, day), analytics.IDBefore(analytics.Hour, day+int64(analytics.Day)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sum := analytics.NewFigures([analytics.Sketches]bool{true, true, true, true})
	var digest, last string
	finish := func() {
		if len(all) > 0 {
			r := &all[len(all)-1]
			r.Numbers, r.sketches = sum.Numbers, sum.AppendSketches(nil)
			sum.Reset()
		}
	}
	for rows.Next() {
		r := &analytics.Row{Grain: analytics.Day, Spot: analytics.Spot{Kind: kind, Time: day}}
		var numbers, sketches sql.RawBytes
		if err := rows.Scan(&digest, &r.Workspace, &r.Gateway, &r.Values[0], &r.Values[1], &r.Rest, &numbers, &sketches); err != nil {
			return nil, err
		}
		if digest != last {
			finish()
			all, last = append(all, rollupRow{Row: r, id: append(analytics.IDBefore(analytics.Day, day), digest...)}), digest
		}
		if err := sum.AddKept(numbers, sketches); err != nil {
			return nil, err
		}
	}
	finish()
	return all, rows.Err()
}
