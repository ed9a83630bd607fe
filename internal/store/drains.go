package store

import (
	"context"
	"database/sql"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// PutDrain takes something out of use. What was drained before keeps one row, with the
// new reason, person and time.
func (s *Store) PutDrain(ctx context.Context, d gateway.Drain) error {
	return s.changeDrain(ctx, "put drain", `INSERT INTO drains (provider, model, credential, reason, drained_by, time) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (provider, model, credential) DO UPDATE SET reason = excluded.reason, drained_by = excluded.drained_by, time = excluded.time`,
		clean(d.Provider), clean(d.Model), clean(d.Credential), clean(d.Reason), clean(d.By), micros(d.Time))
}

// DeleteDrain puts back into use what was drained under exactly these names, or says
// ErrNotFound.
func (s *Store) DeleteDrain(ctx context.Context, provider, model, credential string) error {
	return s.changeDrain(ctx, "delete drain", "DELETE FROM drains WHERE provider = ? AND model = ? AND credential = ?",
		clean(provider), clean(model), clean(credential))
}

func (s *Store) changeDrain(ctx context.Context, what, query string, args ...any) error {
	return s.failed(what, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, query, args...)
		if err := noRow(n, err); err != nil {
			return err
		}
		return s.bump(ctx, tx, drainsVersion)
	}))
}

// DrainsVersion rises whenever a drain is made or ended; it is cheap to poll.
func (s *Store) DrainsVersion(ctx context.Context) (int64, error) {
	return s.version(ctx, drainsVersion)
}

// Drains gives all that is out of use, by provider, model and credential.
func (s *Store) Drains(ctx context.Context) ([]gateway.Drain, error) {
	all, err := every(ctx, s, "SELECT provider, model, credential, reason, drained_by, time FROM drains ORDER BY provider, model, credential", scanDrain)
	return all, s.failed("drains", err)
}

func scanDrain(rows *sql.Rows) (d gateway.Drain, err error) {
	var at int64
	err = rows.Scan(&d.Provider, &d.Model, &d.Credential, &d.Reason, &d.By, &at)
	d.Time = fromMicros(at)
	return d, err
}
