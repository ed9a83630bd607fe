package store

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"math"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
)

const (
	sweepRollupsEvery = time.Hour
	sweepRollupsStep  = 500 // rows a transaction
)

// sweeping is when rows that are too old are looked for next.
type sweeping struct {
	mu   sync.Mutex
	next time.Time
}

// sweepRollups deletes some of the rows that are too old, now and then. Where many are,
// those that are left go with the transactions that follow.
func (s *Store) sweepRollups(ctx context.Context, tx *sql.Tx, now time.Time) error {
	w := &s.rollups.sweeping
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Before(w.next) {
		return nil
	}
	deleted := 0
	for kind, err := range s.keptKinds(ctx, tx) {
		if err != nil {
			return err
		}
		for _, g := range analytics.Grains() {
			n, err := s.exec(ctx, tx, "DELETE FROM rollups WHERE kind = ? AND id IN (SELECT id FROM rollups WHERE kind = ? AND id >= ? AND id < ? ORDER BY id LIMIT ?)",
				kind, kind, analytics.IDBefore(g, math.MinInt64), analytics.IDBefore(g, now.Add(-g.Keep()).UnixMicro()), sweepRollupsStep-deleted)
			if deleted += n; err != nil || deleted >= sweepRollupsStep {
				return err
			}
		}
	}
	if deleted == 0 {
		w.next = now.Add(sweepRollupsEvery)
	}
	return nil
}

// keptKinds goes through the kinds that have rows, those among them that are not written
// any more. It takes one step of the index for each.
func (s *Store) keptKinds(ctx context.Context, tx *sql.Tx) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var kind string
		for more := ">="; ; more = ">" {
			err := tx.QueryRowContext(ctx, s.rebind("SELECT kind FROM rollups WHERE kind "+more+" ? ORDER BY kind LIMIT 1"), kind).Scan(&kind)
			if errors.Is(err, sql.ErrNoRows) || !yield(kind, err) || err != nil {
				return
			}
		}
	}
}
