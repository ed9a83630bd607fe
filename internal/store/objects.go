package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Events of objects may arrive late or twice, so each row remembers when its last event
// happened and older ones change nothing. An id belongs to the workspace that had it
// first until it is marked deleted there: no other workspace's event takes it over.
const (
	putObjectSQL = `INSERT INTO objects (id, provider, kind, credential, gateway, workspace, key_id, created, changed, hold, deleted, settled)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)
		ON CONFLICT (id, provider) DO UPDATE SET kind = excluded.kind, credential = excluded.credential, gateway = excluded.gateway,
			workspace = excluded.workspace, key_id = excluded.key_id, created = excluded.created, changed = excluded.changed,
			hold = excluded.hold, deleted = 0, settled = 0
		WHERE excluded.changed > objects.changed AND objects.deleted = 1`
	deleteObjectSQL = `INSERT INTO objects (id, provider, kind, credential, gateway, workspace, key_id, created, changed, deleted)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
		ON CONFLICT (id, provider) DO UPDATE SET changed = excluded.changed, deleted = 1
		WHERE excluded.changed > objects.changed AND objects.deleted = 0 AND objects.workspace = excluded.workspace`
	settleObjectSQL = `INSERT INTO objects (id, provider, kind, credential, gateway, workspace, key_id, created, changed, hold, deleted, settled)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 1)
		ON CONFLICT (id, provider) DO UPDATE SET settled = 1 WHERE objects.settled = 0 AND objects.workspace = excluded.workspace`
	selectObject = "SELECT id, provider, kind, credential, gateway, workspace, key_id, created, deleted, hold, settled FROM objects WHERE id = ?"
)

// PutObject remembers a vendor's id, or with Deleted that it is gone. at is when that
// happened: an event older than what is known changes nothing.
func (s *Store) PutObject(ctx context.Context, o gateway.Object, at time.Time) error {
	return s.failed("put object", s.tx(ctx, func(tx *sql.Tx) error { return s.putObject(ctx, tx, &o, at) }))
}

func (s *Store) putObject(ctx context.Context, tx *sql.Tx, o *gateway.Object, at time.Time) error {
	created := o.Created
	if created.IsZero() {
		created = at
	}
	args := []any{clean(o.ID), clean(o.Provider), clean(o.Kind), clean(o.Credential), clean(o.Gateway),
		clean(o.Workspace), clean(o.KeyID), micros(created), micros(at)}
	query := deleteObjectSQL
	switch {
	case o.Deleted:
	case o.Settled:
		query, args = settleObjectSQL, append(args, clean(o.Hold))
	default:
		query, args = putObjectSQL, append(args, clean(o.Hold))
	}
	_, err := s.exec(ctx, tx, query, args...)
	return err
}

// Object gives what is known of a provider's id, deleted ones too, or ErrNotFound.
func (s *Store) Object(ctx context.Context, provider, id string) (gateway.Object, error) {
	return s.object(ctx, selectObject+" AND provider = ?", clean(id), clean(provider))
}

// ObjectByID is Object where the provider is not known: the newest one of that id and
// kind that is not deleted.
func (s *Store) ObjectByID(ctx context.Context, id, kind string) (gateway.Object, error) {
	return s.object(ctx, selectObject+" AND kind = ? AND deleted = 0 ORDER BY changed DESC LIMIT 1", clean(id), clean(kind))
}

func (s *Store) object(ctx context.Context, query string, args ...any) (gateway.Object, error) {
	var o gateway.Object
	var created int64
	err := s.one(ctx, query, args, &o.ID, &o.Provider, &o.Kind, &o.Credential, &o.Gateway, &o.Workspace, &o.KeyID, &created, &o.Deleted, &o.Hold, &o.Settled)
	o.Created = fromMicros(created)
	if err != nil {
		return gateway.Object{}, s.failed("object", err)
	}
	return o, nil
}

// OwnObjects says which of the ids are the workspace's own objects of a kind and not
// deleted. Others are absent.
func (s *Store) OwnObjects(ctx context.Context, workspace, kind string, ids []string) (map[string]bool, error) {
	own := make(map[string]bool, len(ids))
	for len(ids) > 0 {
		some := ids[:min(len(ids), maxStep)]
		ids = ids[len(some):]
		args := []any{clean(workspace), clean(kind)}
		for _, id := range some {
			args = append(args, clean(id))
		}
		err := s.query(ctx, "SELECT id FROM objects WHERE workspace = ? AND kind = ? AND deleted = 0 AND id IN ("+marks(len(some))+")", args, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			own[id] = true
			return err
		})
		if err != nil {
			return nil, s.failed("own objects", err)
		}
	}
	return own, nil
}
