package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// UpdateKey stores what may change of a key: name, expiry, owner, tags, gateways, models,
// operations, networks, regions, limits, MaxOutput, metadata, subject and what is kept of its calls. Its workspace, secret
// and state stay as they are, so that a change that was prepared before a revocation
// undoes none. A subject that is taken is ErrExists, an unknown id ErrNotFound.
func (s *Store) UpdateKey(ctx context.Context, k gateway.Key) error {
	rights, err := keyRights(&k)
	if err != nil {
		return s.failed("update key "+k.ID, err)
	}
	args := append(rights, clean(k.Name), microsOrNull(k.Expires), clean(string(k.OwnerKind)), clean(k.Owner),
		k.MaxOutput, textOrNull(string(k.Metadata)), textOrNull(k.Subject), clean(k.Log.Bodies), floatOrNull(k.Log.Sample), clean(k.ID))
	return s.failed("update key "+k.ID, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, `UPDATE keys SET tags = ?, gateways = ?, models = ?, operations = ?, networks = ?, regions = ?, limits = ?,
			name = ?, expires = ?, owner_kind = ?, owner = ?, max_output = ?, metadata = ?, subject = ?, log_bodies = ?, log_sample = ? WHERE id = ?`, args...)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		return s.bump(ctx, tx, keysVersion)
	}))
}

// RotateKey gives a key a new secret. The old one is valid until oldUntil, or ends at
// once when that is zero; one that was still valid from an earlier rotation ends in any
// case. A secret that any key has is ErrExists, a revoked key ErrRevoked.
func (s *Store) RotateKey(ctx context.Context, id string, newHash gateway.KeyHash, hint string, oldUntil time.Time) error {
	return s.failed("rotate key "+id, s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.needValidKey(ctx, tx, id); err != nil {
			return err
		}
		if err := s.needNewSecret(ctx, tx, newHash); err != nil {
			return err
		}
		old, until := "hash", any(micros(oldUntil))
		if oldUntil.IsZero() {
			old, until = "NULL", nil
		}
		_, err := s.exec(ctx, tx, "UPDATE keys SET old_hash = "+old+", old_until = ?, hash = ?, hint = ? WHERE id = ?",
			until, newHash[:], clean(hint), clean(id))
		if err != nil {
			return err
		}
		return s.bump(ctx, tx, keysVersion)
	}))
}

// needValidKey says ErrNotFound or ErrRevoked of a key that can change no more.
func (s *Store) needValidKey(ctx context.Context, tx *sql.Tx, id string) error {
	var all, valid int
	err := tx.QueryRowContext(ctx, s.rebind("SELECT count(*), count(CASE WHEN revoked IS NULL THEN 1 END) FROM keys WHERE id = ?"), clean(id)).Scan(&all, &valid)
	switch {
	case err != nil:
		return err
	case all == 0:
		return ErrNotFound
	case valid == 0:
		return ErrRevoked
	}
	return nil
}

// RevokeKey ends a key's validity for good; a key that is revoked already keeps its time.
func (s *Store) RevokeKey(ctx context.Context, id string, at time.Time) error {
	return s.setKeyState(ctx, "revoke key ", id, "revoked = ? WHERE revoked IS NULL", micros(at))
}

// DisableKey ends a key's validity until EnableKey; a key that is disabled already keeps
// its time.
func (s *Store) DisableKey(ctx context.Context, id string, at time.Time) error {
	return s.setKeyState(ctx, "disable key ", id, "disabled = ? WHERE disabled IS NULL", micros(at))
}

// EnableKey undoes DisableKey. It does not bring a revoked key back.
func (s *Store) EnableKey(ctx context.Context, id string) error {
	return s.setKeyState(ctx, "enable key ", id, "disabled = NULL WHERE disabled IS NOT NULL")
}

// setKeyState runs a change that has nothing to do on a key that is in that state already.
func (s *Store) setKeyState(ctx context.Context, what, id, change string, args ...any) error {
	return s.failed(what+id, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "UPDATE keys SET "+change+" AND id = ?", append(args, clean(id))...)
		if err != nil {
			return err
		}
		if n > 0 {
			return s.bump(ctx, tx, keysVersion)
		}
		return s.needRow(ctx, tx, "keys", id)
	}))
}
