package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	keyColumns = `id, workspace, name, hint, hash, created, expires, revoked, disabled, owner_kind, owner, tags,
		gateways, models, operations, networks, regions, limits, max_output, metadata, subject, old_hash, old_until, log_bodies, log_sample`
	selectKeys = "SELECT " + keyColumns + " FROM keys"
)

// CreateKey adds a key. An id, secret or subject that is taken is ErrExists, an unknown
// workspace ErrNotFound.
func (s *Store) CreateKey(ctx context.Context, k gateway.Key) error {
	row, err := keyRow(&k)
	if err != nil {
		return s.failed("create key", err)
	}
	return s.failed("create key", s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.needWorkspace(ctx, tx, k.Workspace); err != nil {
			return err
		}
		if err := s.needNewSecret(ctx, tx, k.Hash); err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, "INSERT INTO keys ("+keyColumns+") VALUES ("+marks(len(row))+")", row...); err != nil {
			return err
		}
		return s.bump(ctx, tx, keysVersion)
	}))
}

// keyRow gives the values of keyColumns.
func keyRow(k *gateway.Key) ([]any, error) {
	rights, err := keyRights(k)
	if err != nil {
		return nil, err
	}
	var oldHash any
	if k.OldUntil != nil {
		oldHash = k.OldHash[:]
	}
	row := []any{clean(k.ID), clean(k.Workspace), clean(k.Name), clean(k.Hint), k.Hash[:], micros(k.Created), microsOrNull(k.Expires),
		microsOrNull(k.Revoked), microsOrNull(k.Disabled), clean(string(k.OwnerKind)), clean(k.Owner)}
	row = append(row, rights...)
	return append(row, k.MaxOutput, textOrNull(string(k.Metadata)), textOrNull(k.Subject), oldHash, microsOrNull(k.OldUntil), clean(k.Log.Bodies), floatOrNull(k.Log.Sample)), nil
}

// keyRights gives a key's lists, as columns tags to limits.
func keyRights(k *gateway.Key) ([]any, error) {
	var row []any
	for _, texts := range [][]string{k.Tags, k.Gateways, k.Models, k.Operations, k.Networks, k.Regions} {
		text, err := list(texts)
		if err != nil {
			return nil, err
		}
		row = append(row, text)
	}
	limits, err := list(k.Limits)
	return append(row, limits), err
}

// needNewSecret refuses a secret that any key has or had before its last rotation.
func (s *Store) needNewSecret(ctx context.Context, tx *sql.Tx, hash gateway.KeyHash) error {
	var taken int
	err := tx.QueryRowContext(ctx, s.rebind("SELECT count(*) FROM keys WHERE hash = ? OR old_hash = ?"), hash[:], hash[:]).Scan(&taken)
	if err == nil && taken > 0 {
		return ErrExists
	}
	return err
}

func (s *Store) needWorkspace(ctx context.Context, tx *sql.Tx, id string) error {
	var found int
	err := tx.QueryRowContext(ctx, s.rebind("SELECT count(*) FROM workspaces WHERE id = ?"), clean(id)).Scan(&found)
	if err == nil && found == 0 {
		return fmt.Errorf("workspace %q: %w", id, ErrNotFound)
	}
	return err
}

// KeysVersion rises whenever a key or workspace changes: one row by primary key, cheap
// enough to be polled several times a second.
func (s *Store) KeysVersion(ctx context.Context) (int64, error) {
	return s.version(ctx, keysVersion)
}

// Key gives one key, or ErrNotFound.
func (s *Store) Key(ctx context.Context, id string) (gateway.Key, error) {
	k, err := single(ctx, s, selectKeys+" WHERE id = ?", scanKey, clean(id))
	return k, s.failed("key "+id, err)
}

// AllKeys gives every key, the revoked and expired ones too, in no order.
func (s *Store) AllKeys(ctx context.Context) ([]gateway.Key, error) {
	keys, err := every(ctx, s, selectKeys, scanKey)
	return keys, s.failed("all keys", err)
}

// KeyQuery chooses keys: those that match every field that is set.
type KeyQuery struct {
	Workspace string
	Within    []string // workspaces; nil = every one
	IDs       []string // nil = any
	Name      string
	Owner     string
	Subject   string
	Search    string    // within name, owner, hint, tags or id, in any case of ASCII letters
	State     KeyState  // "" = any
	Now       time.Time // of State
	Revoked   *bool     // nil = both
	Disabled  *bool     // nil = both
	Limit     int       // of a page: 0 = 50, at most 500
	Cursor    string    // where the page before ended, "" = the newest
}

// KeyState is how a key stands at a time.
type KeyState string

// The states. A key has the first one that is true of it, in the order revoked, disabled,
// expired.
const (
	KeyActive   KeyState = "active"
	KeyDisabled KeyState = "disabled"
	KeyExpired  KeyState = "expired"
	KeyRevoked  KeyState = "revoked"
)

// KeyStates lists them.
func KeyStates() []KeyState { return []KeyState{KeyActive, KeyDisabled, KeyExpired, KeyRevoked} }

// state asks for keys that stand so.
func (c *conditions) state(is KeyState, now time.Time) {
	revoked, disabled := is == KeyRevoked, is == KeyDisabled
	switch is {
	case KeyRevoked:
		c.null("revoked", &revoked)
		return
	case KeyExpired:
		c.add("expires <= ?", micros(now))
	case KeyActive:
		c.add("(expires IS NULL OR expires > ?)", micros(now))
	case KeyDisabled:
	default:
		return
	}
	c.null("revoked", &revoked)
	c.null("disabled", &disabled)
}

// search asks for keys that hold a text.
func (c *conditions) search(text string) {
	if text == "" {
		return
	}
	pattern := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(clean(text))) + "%"
	c.add(`LOWER(name || ' ' || owner || ' ' || hint || ' ' || tags || ' ' || id) LIKE ? ESCAPE '\'`, pattern)
}

// KeyPage is one page of a list.
type KeyPage struct {
	Keys []gateway.Key // newest first
	Next string        // the cursor of the next page, "" at the end
}

// Keys gives a page, newest first.
func (s *Store) Keys(ctx context.Context, q KeyQuery) (KeyPage, error) {
	var c conditions
	c.texts("workspace", q.Workspace, "name", q.Name, "owner", q.Owner, "subject", q.Subject)
	c.in("workspace", q.Within)
	c.in("id", q.IDs)
	c.null("revoked", q.Revoked)
	c.null("disabled", q.Disabled)
	c.state(q.State, q.Now)
	c.search(q.Search)
	l := lister[gateway.Key]{query: selectKeys, where: c, cursor: q.Cursor, limit: q.Limit, scan: scanKey,
		last: func(k *gateway.Key) (time.Time, string) { return k.Created, k.ID }}
	var page KeyPage
	var err error
	page.Keys, page.Next, err = l.page(ctx, s)
	return page, s.failed("keys", err)
}

func scanKey(rows *sql.Rows) (k gateway.Key, err error) {
	var created int64
	var expires, revoked, disabled, oldUntil *int64
	var hash, oldHash, tags, gateways, models, operations, networks, regions, limits sql.RawBytes // valid until the next row
	var metadata []byte
	var subject sql.NullString
	err = rows.Scan(&k.ID, &k.Workspace, &k.Name, &k.Hint, &hash, &created, &expires, &revoked, &disabled, &k.OwnerKind, &k.Owner, &tags,
		&gateways, &models, &operations, &networks, &regions, &limits, &k.MaxOutput, &metadata, &subject, &oldHash, &oldUntil, &k.Log.Bodies, &k.Log.Sample)
	if err != nil {
		return k, err
	}
	copy(k.Hash[:], hash)
	copy(k.OldHash[:], oldHash)
	k.Created, k.Expires, k.Revoked = fromMicros(created), fromNull(expires), fromNull(revoked)
	k.Disabled, k.OldUntil = fromNull(disabled), fromNull(oldUntil)
	k.Metadata, k.Subject = metadata, subject.String
	for _, l := range []struct {
		text sql.RawBytes
		into any
	}{{tags, &k.Tags}, {gateways, &k.Gateways}, {models, &k.Models}, {operations, &k.Operations}, {networks, &k.Networks}, {regions, &k.Regions}, {limits, &k.Limits}} {
		if s := string(l.text); s == "null" || s == "" {
			continue // most of them, of a hundred thousand keys
		}
		if err := json.Unmarshal(l.text, l.into); err != nil {
			return k, fmt.Errorf("key %s: %w", k.ID, err)
		}
	}
	return k, nil
}
