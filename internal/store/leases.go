package store

import (
	"context"
	"database/sql"
	"time"
)

// Lease gives something that only one may do at a time to holder until a time, unless
// another has it at now, and says whether holder has it. until = now gives it back.
func (s *Store) Lease(ctx context.Context, name, holder string, now, until time.Time) (mine bool, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, `INSERT INTO leases (name, holder, until) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE leases.holder = excluded.holder OR leases.until <= ?`,
			clean(name), clean(holder), micros(until), micros(now))
		mine = n > 0
		return err
	})
	return mine && err == nil, s.failed("lease of "+name, err)
}
