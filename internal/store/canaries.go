package store

import (
	"context"
	"database/sql"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// CanariesVersion rises whenever a canary's state changes; it is cheap to poll.
func (s *Store) CanariesVersion(ctx context.Context) (int64, error) {
	return s.version(ctx, canariesVersion)
}

// Canaries gives the states of all canaries there ever were, by place and fingerprint.
func (s *Store) Canaries(ctx context.Context) ([]gateway.CanaryState, error) {
	all, err := every(ctx, s, "SELECT place, fingerprint, stage, since, rolled_back, why, changed_by, changed, version FROM canaries ORDER BY place, fingerprint", scanCanary)
	return all, s.failed("canaries", err)
}

// SwapCanary stores a state in place of the one with the same place, fingerprint and
// version (0 = there is none), and says whether it did: not when somebody else was first.
func (s *Store) SwapCanary(ctx context.Context, c gateway.CanaryState) (swapped bool, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		values := []any{int64(c.Stage), micros(c.Since), bit(c.RolledBack), clean(c.Why), clean(c.By), micros(c.Changed), clean(c.Place), clean(c.Fingerprint), c.Version}
		query := "UPDATE canaries SET stage = ?, since = ?, rolled_back = ?, why = ?, changed_by = ?, changed = ?, version = version + 1 WHERE place = ? AND fingerprint = ? AND version = ?"
		if c.Version == 0 {
			query = "INSERT INTO canaries (stage, since, rolled_back, why, changed_by, changed, place, fingerprint, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ? + 1) ON CONFLICT (place, fingerprint) DO NOTHING"
		}
		n, err := s.exec(ctx, tx, query, values...)
		if err != nil || n == 0 {
			return err
		}
		swapped = true
		return s.bump(ctx, tx, canariesVersion)
	})
	return swapped && err == nil, s.failed("swap canary", err)
}

func scanCanary(rows *sql.Rows) (c gateway.CanaryState, err error) {
	var since, changed int64
	var back int
	err = rows.Scan(&c.Place, &c.Fingerprint, &c.Stage, &since, &back, &c.Why, &c.By, &changed, &c.Version)
	c.Since, c.Changed, c.RolledBack = fromMicros(since), fromMicros(changed), back != 0
	return c, err
}
