package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// ErrNotHolder says that another node works for an export now.
var ErrNotHolder = errors.New("another node works for this export")

// maxSetAside is how many refused entries are remembered of each export, the newest ones.
const maxSetAside = 1000

// SeeExports notes which exports are configured, now. A new one begins with what comes
// from now on. One that no node has seen since forget is forgotten, and with the last one
// entries are no longer numbered.
func (s *Store) SeeExports(ctx context.Context, names []string, now, forget time.Time) error {
	return s.failed("see exports", s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := s.exec(ctx, tx, "UPDATE arrival_head SET wanted = wanted WHERE id = 1"); err != nil { // its lock
			return err
		}
		for _, name := range names {
			if err := s.seeExport(ctx, tx, clean(name), micros(now)); err != nil {
				return err
			}
		}
		for _, query := range []string{
			"DELETE FROM export_set_aside WHERE export IN (SELECT name FROM exports WHERE seen < ?)",
			"DELETE FROM exports WHERE seen < ?",
		} {
			if _, err := s.exec(ctx, tx, query, micros(forget)); err != nil {
				return err
			}
		}
		_, err := s.exec(ctx, tx, "UPDATE arrival_head SET wanted = CASE WHEN EXISTS (SELECT 1 FROM exports) THEN 1 ELSE 0 END WHERE id = 1")
		return err
	}))
}

func (s *Store) seeExport(ctx context.Context, tx *sql.Tx, name string, now int64) error {
	n, err := s.exec(ctx, tx, "UPDATE exports SET seen = ? WHERE name = ?", now, name)
	if err != nil || n > 0 {
		return err
	}
	_, err = s.exec(ctx, tx, `INSERT INTO exports (name, created, seen, passed, holder, until, paused, paused_by, sent, filtered, deleted, set_aside, failures, last_sent, failing, error, error_time)
		SELECT CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), last, '', 0, 0, '', 0, 0, 0, 0, 0, 0, 0, '', 0 FROM arrival_head WHERE id = 1`, name, now, now)
	return err
}

// HoldExport makes holder the one that works for an export until a time, unless another
// one does now. It says whether it did.
func (s *Store) HoldExport(ctx context.Context, name, holder string, now, until time.Time) (held bool, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "UPDATE exports SET holder = ?, until = ? WHERE name = ? AND (holder = ? OR until <= ?)", clean(holder), micros(until), clean(name), clean(holder), micros(now))
		held = n > 0
		return err
	})
	if held = held && err == nil; held {
		s.recent.expect()
	}
	return held, s.failed("hold export", err)
}

// LeaveExport ends what HoldExport began.
func (s *Store) LeaveExport(ctx context.Context, name, holder string) error {
	return s.failed("leave export", s.tx(ctx, func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, "UPDATE exports SET holder = '', until = 0 WHERE name = ? AND holder = ?", clean(name), clean(holder))
		return err
	}))
}

// AdvanceExport moves an export on. Another holder than the one that has it, or another
// place than where it stands, is ErrNotHolder, and nothing changes.
func (s *Store) AdvanceExport(ctx context.Context, name, holder string, step gateway.ExportStep) error {
	if !s.usable.Load() {
		return s.failed("advance export", ErrNotReady)
	}
	advance, err := s.exports.advance.prepared(ctx, s.write)
	if err != nil {
		return s.failed("advance export", err)
	}
	return s.failed("advance export", s.tx(ctx, func(tx *sql.Tx) error {
		n, err := affected(tx.StmtContext(ctx, advance).ExecContext(ctx, step.To, step.Sent, step.Filtered, step.Deleted, len(step.SetAside), micros(step.Until),
			step.Sent, micros(step.Time), clean(name), clean(holder), step.From))
		if err == nil && n == 0 {
			err = ErrNotHolder
		}
		for _, a := range step.SetAside {
			if err == nil {
				_, err = s.exec(ctx, tx, `INSERT INTO export_set_aside (export, entry_id, time, reason) VALUES (?, ?, ?, ?)
					ON CONFLICT (export, entry_id) DO UPDATE SET time = excluded.time, reason = excluded.reason`, clean(name), clean(a.EntryID), micros(a.Time), clean(a.Reason))
			}
		}
		if err == nil && len(step.SetAside) > 0 {
			_, err = s.exec(ctx, tx, `DELETE FROM export_set_aside WHERE export = ? AND entry_id NOT IN
				(SELECT entry_id FROM export_set_aside WHERE export = ? ORDER BY time DESC, entry_id DESC LIMIT ?)`, clean(name), clean(name), maxSetAside)
		}
		return err
	}))
}

// ExportFailed notes that a try failed, and why; the holder goes on holding it.
func (s *Store) ExportFailed(ctx context.Context, name, holder, reason string, now, until time.Time) error {
	return s.failed("export failed", s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "UPDATE exports SET failures = failures + 1, failing = 1, error = ?, error_time = ?, until = ? WHERE name = ? AND holder = ?",
			clean(reason), micros(now), micros(until), clean(name), clean(holder))
		if err == nil && n == 0 {
			err = ErrNotHolder
		}
		return err
	}))
}

// PauseExport stops an export, or lets it go on, on every node; by is who did that.
func (s *Store) PauseExport(ctx context.Context, name string, paused bool, by string) error {
	return s.failed("pause export "+name, s.tx(ctx, func(tx *sql.Tx) error {
		return noRow(s.exec(ctx, tx, "UPDATE exports SET paused = ?, paused_by = ? WHERE name = ?", bit(paused), clean(by), clean(name)))
	}))
}

const exportColumns = `SELECT e.name, e.created, e.passed, h.last, COALESCE((SELECT a.time FROM arrivals a WHERE a.last > e.passed ORDER BY a.last LIMIT 1), 0),
	e.holder, e.until, e.paused, e.paused_by, e.sent, e.filtered, e.deleted, e.set_aside, e.failures, e.last_sent, e.failing, e.error, e.error_time
	FROM exports e, arrival_head h`

// Exports gives how all exports stand that any node has, by name.
func (s *Store) Exports(ctx context.Context) ([]gateway.ExportState, error) {
	all, err := every(ctx, s, exportColumns+" ORDER BY e.name", scanExport)
	return all, s.failed("exports", err)
}

// Export gives how one export stands, or ErrNotFound.
func (s *Store) Export(ctx context.Context, name string) (e gateway.ExportState, err error) {
	err = ErrNotFound
	reading := s.queryOften(ctx, &s.exports.stand, []any{clean(name)}, func(rows *sql.Rows) error {
		e, err = scanExport(rows)
		return err
	})
	return e, s.failed("export "+name, cmp.Or(reading, err))
}

func scanExport(rows *sql.Rows) (e gateway.ExportState, err error) {
	var created, oldest, until, lastSent, errorTime int64
	var paused, failing int64
	err = rows.Scan(&e.Name, &created, &e.Passed, &e.Last, &oldest, &e.Holder, &until, &paused, &e.PausedBy, &e.Sent, &e.Filtered, &e.Deleted, &e.SetAside, &e.Failures, &lastSent, &failing, &e.Error, &errorTime)
	e.Created, e.Oldest, e.Until, e.LastSent, e.ErrorTime = fromMicros(created), fromMicros(oldest), fromMicros(until), fromMicros(lastSent), fromMicros(errorTime)
	e.Paused, e.Failing = paused != 0, failing != 0
	return e, err
}

// SetAside gives the newest entries that an export's sink refused for good.
func (s *Store) SetAside(ctx context.Context, name string, limit int) ([]gateway.SetAside, error) {
	all, err := every(ctx, s, "SELECT entry_id, time, reason FROM export_set_aside WHERE export = ? ORDER BY time DESC, entry_id DESC LIMIT ?", func(rows *sql.Rows) (a gateway.SetAside, err error) {
		var at int64
		err = rows.Scan(&a.EntryID, &at, &a.Reason)
		a.Time = fromMicros(at)
		return a, err
	}, clean(name), limit)
	return all, s.failed("set aside", err)
}
