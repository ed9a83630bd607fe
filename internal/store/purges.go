package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// PutPurge notes that answers must not be served any more, under the next number, which
// stands in the place of p.Seq. It takes the place of an earlier purge of the same things
// and the same age.
func (s *Store) PutPurge(ctx context.Context, p gateway.CachePurge) error {
	return s.failed("put purge", s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.bump(ctx, tx, purgesVersion); err != nil { // whose lock keeps numbers in the order of commits
			return err
		}
		seq, err := s.nextPurge(ctx, tx, p.Time)
		if err != nil {
			return err
		}
		_, err = s.exec(ctx, tx, `INSERT INTO cache_purges (id, time, key, tag, gateway, workspace, provider, model, route, older_ms, purged_by, before, seq)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (key, tag, gateway, workspace, provider, model, route, older_ms) DO UPDATE SET id = excluded.id, purged_by = excluded.purged_by, seq = excluded.seq,
			time = CASE WHEN excluded.time > cache_purges.time THEN excluded.time ELSE cache_purges.time END,
			before = CASE WHEN excluded.before > cache_purges.before THEN excluded.before ELSE cache_purges.before END`,
			clean(p.ID), micros(p.Time), clean(p.Key), clean(p.Tag), clean(p.Gateway), clean(p.Workspace), clean(p.Provider), clean(p.Model), clean(p.Route),
			p.Older.Milliseconds(), clean(p.By), micros(p.Before()), seq)
		return err
	}))
}

// nextPurge gives the number of a new purge: above all others, and about the time in
// microseconds, so that numbers rise on when a store is made anew beside answers that stay.
func (s *Store) nextPurge(ctx context.Context, tx *sql.Tx, now time.Time) (int64, error) {
	var last int64
	err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(seq), 0) FROM cache_purges").Scan(&last)
	return max(last+1, micros(now)), err
}

// DeletePurges forgets the purges of answers that were stored before a time, and gives
// how many those were. It is for when no such answer is kept any more.
func (s *Store) DeletePurges(ctx context.Context, before time.Time) (int, error) {
	n := 0
	err := s.tx(ctx, func(tx *sql.Tx) (err error) {
		n, err = s.exec(ctx, tx, "DELETE FROM cache_purges WHERE before < ?", micros(before))
		if err != nil || n == 0 {
			return err
		}
		return s.bump(ctx, tx, purgesVersion)
	})
	return n, s.failed("delete purges", err)
}

// PurgesVersion rises whenever a purge is made or forgotten; it is cheap to poll.
func (s *Store) PurgesVersion(ctx context.Context) (int64, error) {
	return s.version(ctx, purgesVersion)
}

// Purges gives every purge, the newest first.
func (s *Store) Purges(ctx context.Context) ([]gateway.CachePurge, error) {
	all, err := every(ctx, s, "SELECT id, time, key, tag, gateway, workspace, provider, model, route, older_ms, purged_by, seq FROM cache_purges ORDER BY seq DESC", scanPurge)
	return all, s.failed("purges", err)
}

func scanPurge(rows *sql.Rows) (p gateway.CachePurge, err error) {
	var at, older int64
	err = rows.Scan(&p.ID, &at, &p.Key, &p.Tag, &p.Gateway, &p.Workspace, &p.Provider, &p.Model, &p.Route, &older, &p.By, &p.Seq)
	p.Time, p.Older = fromMicros(at), time.Duration(older)*time.Millisecond
	return p, err
}
