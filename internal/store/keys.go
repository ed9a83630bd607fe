package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const selectKeys = "SELECT id, workspace, name, hint, hash, created, expires, revoked, gateways, models, operations, metadata FROM keys"

// CreateKey adds a key. An id or secret that is taken is ErrExists, an unknown workspace
// ErrNotFound.
func (s *Store) CreateKey(ctx context.Context, k gateway.Key) error {
	gateways, err1 := list(k.Gateways)
	models, err2 := list(k.Models)
	operations, err3 := list(k.Operations)
	if err := errors.Join(err1, err2, err3); err != nil {
		return s.failed("create key", err)
	}
	return s.failed("create key", s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.needWorkspace(ctx, tx, k.Workspace); err != nil {
			return err
		}
		n, err := s.exec(ctx, tx, `INSERT INTO keys (id, workspace, name, hint, hash, created, expires, revoked, gateways, models, operations, metadata)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			clean(k.ID), clean(k.Workspace), clean(k.Name), clean(k.Hint), k.Hash[:], micros(k.Created), microsOrNull(k.Expires),
			microsOrNull(k.Revoked), gateways, models, operations, textOrNull(string(k.Metadata)))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrExists
		}
		return s.bump(ctx, tx)
	}))
}

func (s *Store) needWorkspace(ctx context.Context, tx *sql.Tx, id string) error {
	var found int
	err := tx.QueryRowContext(ctx, s.rebind("SELECT count(*) FROM workspaces WHERE id = ?"), clean(id)).Scan(&found)
	if err == nil && found == 0 {
		return fmt.Errorf("workspace %q: %w", id, ErrNotFound)
	}
	return err
}

// RevokeKey ends a key's validity; a key that is revoked already keeps its time.
func (s *Store) RevokeKey(ctx context.Context, id string, at time.Time) error {
	return s.failed("revoke key "+id, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "UPDATE keys SET revoked = ? WHERE id = ? AND revoked IS NULL", micros(at), clean(id))
		if err != nil {
			return err
		}
		if n > 0 {
			return s.bump(ctx, tx)
		}
		err = tx.QueryRowContext(ctx, s.rebind("SELECT count(*) FROM keys WHERE id = ?"), clean(id)).Scan(&n)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	}))
}

// bump tells the pollers of KeysVersion that something changed, once fn's transaction is
// through; the row's lock keeps the numbers in the order of commits.
func (s *Store) bump(ctx context.Context, tx *sql.Tx) error {
	_, err := s.exec(ctx, tx, "UPDATE versions SET value = value + 1 WHERE name = 'keys'")
	return err
}

// KeysVersion rises whenever a key or workspace changes: one row by primary key, cheap
// enough to be polled several times a second.
func (s *Store) KeysVersion(ctx context.Context) (int64, error) {
	var n int64
	err := s.one(ctx, "SELECT value FROM versions WHERE name = 'keys'", nil, &n)
	return n, s.failed("keys version", err)
}

// Key gives one key, or ErrNotFound.
func (s *Store) Key(ctx context.Context, id string) (gateway.Key, error) {
	keys, err := s.keys(ctx, selectKeys+" WHERE id = ?", clean(id))
	if err == nil && len(keys) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return gateway.Key{}, s.failed("key "+id, err)
	}
	return keys[0], nil
}

// AllKeys gives every key, the revoked and expired ones too, in no order.
func (s *Store) AllKeys(ctx context.Context) ([]gateway.Key, error) {
	keys, err := s.keys(ctx, selectKeys)
	return keys, s.failed("all keys", err)
}

// KeyQuery chooses keys: those that match every field that is set.
type KeyQuery struct {
	Workspace string
	Name      string
	Revoked   *bool  // nil = both
	Limit     int    // of a page: 0 = 50, at most 500
	Cursor    string // where the page before ended, "" = the newest
}

// KeyPage is one page of a list.
type KeyPage struct {
	Keys []gateway.Key // newest first
	Next string        // the cursor of the next page, "" at the end
}

// Keys gives a page, newest first.
func (s *Store) Keys(ctx context.Context, q KeyQuery) (KeyPage, error) {
	var c conditions
	if q.Workspace != "" {
		c.add("workspace = ?", clean(q.Workspace))
	}
	if q.Name != "" {
		c.add("name = ?", clean(q.Name))
	}
	switch {
	case q.Revoked == nil:
	case *q.Revoked:
		c.add("revoked IS NOT NULL")
	default:
		c.add("revoked IS NULL")
	}
	if err := c.after(q.Cursor); err != nil {
		return KeyPage{}, err
	}
	size := pageSize(q.Limit)
	keys, err := s.keys(ctx, selectKeys+c.where()+" ORDER BY created DESC, id DESC LIMIT ?", append(c.args, size+1)...)
	if err != nil || len(keys) <= size {
		return KeyPage{Keys: keys}, s.failed("keys", err)
	}
	last := keys[size-1]
	return KeyPage{Keys: keys[:size], Next: createdCursor(last.Created, last.ID)}, nil
}

func (s *Store) keys(ctx context.Context, query string, args ...any) ([]gateway.Key, error) {
	var keys []gateway.Key
	err := s.query(ctx, query, args, func(rows *sql.Rows) error {
		k, err := scanKey(rows)
		keys = append(keys, k)
		return err
	})
	return keys, err
}

func scanKey(rows *sql.Rows) (k gateway.Key, err error) {
	var created int64
	var expires, revoked *int64
	var hash, gateways, models, operations, metadata []byte
	err = rows.Scan(&k.ID, &k.Workspace, &k.Name, &k.Hint, &hash, &created, &expires, &revoked, &gateways, &models, &operations, &metadata)
	if err != nil {
		return k, err
	}
	copy(k.Hash[:], hash)
	k.Created, k.Expires, k.Revoked = fromMicros(created), fromNull(expires), fromNull(revoked)
	k.Metadata = metadata
	err = errors.Join(json.Unmarshal(gateways, &k.Gateways), json.Unmarshal(models, &k.Models), json.Unmarshal(operations, &k.Operations))
	if err != nil {
		return k, fmt.Errorf("key %s: %w", k.ID, err)
	}
	return k, nil
}

// Lists by time of creation page by (created, id).
func createdCursor(created time.Time, id string) string {
	return toCursor(strconv.FormatInt(micros(created), 10) + " " + id)
}

// after adds what a cursor of createdCursor says, if there is one.
func (c *conditions) after(cursor string) error {
	if cursor == "" {
		return nil
	}
	last, err := fromCursor(cursor)
	if err != nil {
		return err
	}
	number, id, _ := strings.Cut(last, " ")
	created, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return ErrBadCursor
	}
	c.add("(created < ? OR (created = ? AND id < ?))", created, created, id)
	return nil
}
