package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const selectBodyKeys = "SELECT id, workspace, version, created, destroyed, sealed FROM body_keys"

// BodyKeys gives every key that bodies are or were kept under, in no order.
func (s *Store) BodyKeys(ctx context.Context) ([]gateway.BodyKey, error) {
	all, err := every(ctx, s, selectBodyKeys, scanBodyKey)
	return all, s.failed("keys of bodies", err)
}

// BodyKeysVersion rises whenever a key of bodies is added, renewed or destroyed.
func (s *Store) BodyKeysVersion(ctx context.Context) (int64, error) {
	return s.version(ctx, bodyKeysVersion)
}

// errTaken says that another node added a version of that number at the same moment.
var errTaken = errors.New("the version is taken")

// AddBodyKey stores a key as the newest of its workspace. One that is there already stays
// as it is; Version does not count.
func (s *Store) AddBodyKey(ctx context.Context, k gateway.BodyKey) error {
	for {
		err := s.tx(ctx, func(tx *sql.Tx) error {
			n, err := s.exec(ctx, tx, `INSERT INTO body_keys (id, workspace, version, created, sealed)
				VALUES (?, ?, (SELECT COALESCE(MAX(version), 0) + 1 FROM body_keys WHERE workspace = ?), ?, ?) ON CONFLICT DO NOTHING`,
				k.ID.String(), clean(k.Workspace), clean(k.Workspace), micros(k.Created), k.Sealed)
			if err != nil {
				return err
			}
			if n > 0 {
				return s.bump(ctx, tx, bodyKeysVersion)
			}
			if errors.Is(s.needRow(ctx, tx, "body_keys", k.ID.String()), ErrNotFound) {
				return errTaken
			}
			return nil
		})
		if !errors.Is(err, errTaken) {
			return s.failed("add key of bodies", err)
		}
	}
}

// RenewBodyKey puts a key that is sealed anew in the place of how it was sealed before, or
// says ErrNotFound when it is sealed otherwise by now, or destroyed.
func (s *Store) RenewBodyKey(ctx context.Context, id gateway.BodyKeyID, was, sealed []byte) error {
	return s.failed("renew key of bodies", s.tx(ctx, func(tx *sql.Tx) error {
		if err := noRow(s.exec(ctx, tx, "UPDATE body_keys SET sealed = ? WHERE id = ? AND sealed = ? AND destroyed IS NULL", sealed, id.String(), was)); err != nil {
			return err
		}
		return s.bump(ctx, tx, bodyKeysVersion)
	}))
}

// DestroyBodyKeys destroys all keys of a workspace's bodies, and says how many they were.
// What of them is left in the files of the database goes with the next Compact.
func (s *Store) DestroyBodyKeys(ctx context.Context, workspace string, at time.Time) (n int, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		n, err = s.exec(ctx, tx, "UPDATE body_keys SET sealed = ?, destroyed = ? WHERE workspace = ? AND destroyed IS NULL", []byte{}, micros(at), clean(workspace))
		if err != nil || n == 0 {
			return err
		}
		return s.bump(ctx, tx, bodyKeysVersion)
	})
	return n, s.failed("destroy keys of bodies", err)
}

// underKeys is how long a call may have run when the first key of its workspace was made.
const underKeys = time.Minute

// HeldUnderKeys counts what the keys of a workspace's bodies open: keys, entries and bodies.
// Calls of the last minute before the first of these keys are counted with them.
func (s *Store) HeldUnderKeys(ctx context.Context, workspace string) (map[string]int, error) {
	counts := map[string]int{"entries": 0, "bodies": 0}
	var keys int
	var first sql.NullInt64
	err := s.one(ctx, "SELECT count(*), MIN(created) FROM body_keys WHERE workspace = ? AND destroyed IS NULL", []any{clean(workspace)}, &keys, &first)
	if counts["keys"] = keys; err != nil || keys == 0 {
		return counts, s.failed("count what keys open", err)
	}
	var entries, bodies int
	err = s.one(ctx, `SELECT count(DISTINCT entry_id), count(*) FROM bodies
		WHERE encoding >= 2 AND entry_id IN (SELECT id FROM entries WHERE workspace = ? AND id >= ?)`, []any{clean(workspace), idAt(fromMicros(first.Int64).Add(-underKeys))}, &entries, &bodies)
	counts["entries"], counts["bodies"] = entries, bodies
	return counts, s.failed("count what keys open", err)
}

func scanBodyKey(rows *sql.Rows) (k gateway.BodyKey, err error) {
	var id string
	var created int64
	var destroyed *int64
	if err = rows.Scan(&id, &k.Workspace, &k.Version, &created, &destroyed, &k.Sealed); err != nil {
		return k, err
	}
	k.Created, k.Destroyed = fromMicros(created), fromNull(destroyed)
	k.ID, err = gateway.ParseBodyKeyID(id)
	return k, err
}
