package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const selectCredentials = "SELECT id, workspace, provider, name, weight, hint, created, changed, sealed FROM credentials"

// CreateCredential adds a credential. An id, or a name that the provider has in that
// workspace, is ErrExists, an unknown workspace ErrNotFound.
func (s *Store) CreateCredential(ctx context.Context, c gateway.Credential) error {
	return s.failed("create credential", s.tx(ctx, func(tx *sql.Tx) error {
		if c.Workspace != "" {
			if err := s.needWorkspace(ctx, tx, c.Workspace); err != nil {
				return err
			}
		}
		_, err := s.exec(ctx, tx, `INSERT INTO credentials (id, workspace, provider, name, weight, hint, created, changed, sealed)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			clean(c.ID), clean(c.Workspace), clean(c.Provider), clean(c.Name), int64(c.Weight), clean(c.Hint), micros(c.Created), micros(c.Changed), notNil(c.Sealed))
		if err != nil {
			return err
		}
		return s.bump(ctx, tx, credentialsVersion)
	}))
}

// UpdateCredential stores name, weight, hint, time of change and, unless it is nil, the
// sealed secret. A name that is taken is ErrExists.
func (s *Store) UpdateCredential(ctx context.Context, c gateway.Credential) error {
	return s.changeCredential(ctx, "update credential ", c.ID, "UPDATE credentials SET name = ?, weight = ?, hint = ?, changed = ?, sealed = COALESCE(?, sealed) WHERE id = ?",
		clean(c.Name), int64(c.Weight), clean(c.Hint), micros(c.Changed), bytesOrNull(c.Sealed), clean(c.ID))
}

// SwapSealed replaces a sealed secret by another sealing of the same, unless it was
// changed meanwhile or is gone: then ErrNotFound.
func (s *Store) SwapSealed(ctx context.Context, id string, old, sealed []byte) error {
	return s.changeCredential(ctx, "seal anew credential ", id, "UPDATE credentials SET sealed = ? WHERE id = ? AND sealed = ?",
		notNil(sealed), clean(id), notNil(old))
}

// DeleteCredential deletes one, or says ErrNotFound.
func (s *Store) DeleteCredential(ctx context.Context, id string) error {
	return s.changeCredential(ctx, "delete credential ", id, "DELETE FROM credentials WHERE id = ?", clean(id))
}

func (s *Store) changeCredential(ctx context.Context, what, id, query string, args ...any) error {
	return s.failed(what+id, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, query, args...)
		if err := noRow(n, err); err != nil {
			return err
		}
		return s.bump(ctx, tx, credentialsVersion)
	}))
}

func bytesOrNull(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// CredentialsVersion rises whenever a credential changes; it is cheap to poll.
func (s *Store) CredentialsVersion(ctx context.Context) (int64, error) {
	return s.version(ctx, credentialsVersion)
}

// Credential gives one credential, or ErrNotFound.
func (s *Store) Credential(ctx context.Context, id string) (gateway.Credential, error) {
	c, err := single(ctx, s, selectCredentials+" WHERE id = ?", scanCredential, clean(id))
	return c, s.failed("credential "+id, err)
}

// AllCredentials gives every credential, in no order.
func (s *Store) AllCredentials(ctx context.Context) ([]gateway.Credential, error) {
	all, err := every(ctx, s, selectCredentials, scanCredential)
	return all, s.failed("all credentials", err)
}

// CredentialQuery chooses credentials: those that match every field that is set.
type CredentialQuery struct {
	Workspace *string  // nil = every one; "" = those that all share
	Within    []string // workspaces; nil = every one
	Provider  string
	Providers bool // those of providers only, not the secrets that a configuration names
	Name      string
	Limit     int    // of a page: 0 = 50, at most 500
	Cursor    string // where the page before ended, "" = the newest
}

// CredentialPage is one page of a list.
type CredentialPage struct {
	Credentials []gateway.Credential // newest first
	Next        string               // the cursor of the next page, "" at the end
}

// Credentials gives a page, newest first.
func (s *Store) Credentials(ctx context.Context, q CredentialQuery) (page CredentialPage, err error) {
	l := lister[gateway.Credential]{query: selectCredentials, cursor: q.Cursor, limit: q.Limit, scan: scanCredential,
		last: func(c *gateway.Credential) (time.Time, string) { return c.Created, c.ID }}
	l.where.texts("provider", q.Provider, "name", q.Name)
	l.where.in("workspace", q.Within)
	if q.Providers {
		l.where.add("provider <> ''")
	}
	if q.Workspace != nil {
		l.where.add("workspace = ?", clean(*q.Workspace))
	}
	page.Credentials, page.Next, err = l.page(ctx, s)
	return page, s.failed("credentials", err)
}

func scanCredential(rows *sql.Rows) (c gateway.Credential, err error) {
	var created, changed int64
	err = rows.Scan(&c.ID, &c.Workspace, &c.Provider, &c.Name, &c.Weight, &c.Hint, &created, &changed, &c.Sealed)
	c.Created, c.Changed = fromMicros(created), fromMicros(changed)
	return c, err
}
