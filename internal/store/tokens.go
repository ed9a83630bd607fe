package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const selectTokens = "SELECT id, name, user_id, workspace, role, admin, session, hash, created, expires, revoked FROM tokens"

// CreateToken adds a token or session. An id or secret that is taken is ErrExists, an
// unknown user or workspace ErrNotFound.
func (s *Store) CreateToken(ctx context.Context, t gateway.Token) error {
	return s.failed("create token", s.tx(ctx, func(tx *sql.Tx) error {
		if t.User != "" {
			if err := s.needUser(ctx, tx, t.User); err != nil {
				return err
			}
		}
		if t.Workspace != "" {
			if err := s.needWorkspace(ctx, tx, t.Workspace); err != nil {
				return err
			}
		}
		_, err := s.exec(ctx, tx, `INSERT INTO tokens (id, name, user_id, workspace, role, admin, session, hash, created, expires, revoked)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			clean(t.ID), clean(t.Name), textOrNull(t.User), textOrNull(t.Workspace), clean(string(t.Role)), bit(t.Admin), bit(t.Session),
			t.Hash[:], micros(t.Created), microsOrNull(t.Expires), microsOrNull(t.Revoked))
		return err
	}))
}

// TokenByHash gives the token of a secret, an expired or revoked one too, or ErrNotFound.
func (s *Store) TokenByHash(ctx context.Context, hash gateway.KeyHash) (gateway.Token, error) {
	t, err := single(ctx, s, selectTokens+" WHERE hash = ?", scanToken, hash[:])
	return t, s.failed("token", err)
}

// Token gives one token, or ErrNotFound.
func (s *Store) Token(ctx context.Context, id string) (gateway.Token, error) {
	t, err := single(ctx, s, selectTokens+" WHERE id = ?", scanToken, clean(id))
	return t, s.failed("token "+id, err)
}

// TokenQuery chooses tokens: those that match every field that is set.
type TokenQuery struct {
	User      string
	Workspace string
	Within    []string // workspaces; nil = every one
	Session   *bool    // nil = both
	Limit     int      // of a page: 0 = 50, at most 500
	Cursor    string   // where the page before ended, "" = the newest
}

// TokenPage is one page of a list.
type TokenPage struct {
	Tokens []gateway.Token // newest first
	Next   string          // the cursor of the next page, "" at the end
}

// Tokens gives a page, newest first.
func (s *Store) Tokens(ctx context.Context, q TokenQuery) (page TokenPage, err error) {
	l := lister[gateway.Token]{query: selectTokens, cursor: q.Cursor, limit: q.Limit, scan: scanToken,
		last: func(t *gateway.Token) (time.Time, string) { return t.Created, t.ID }}
	l.where.texts("user_id", q.User, "workspace", q.Workspace)
	l.where.in("workspace", q.Within)
	if q.Session != nil {
		l.where.add("session = ?", bit(*q.Session))
	}
	page.Tokens, page.Next, err = l.page(ctx, s)
	return page, s.failed("tokens", err)
}

// RevokeToken ends a token; one that is revoked already keeps its time.
func (s *Store) RevokeToken(ctx context.Context, id string, at time.Time) error {
	return s.failed("revoke token "+id, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "UPDATE tokens SET revoked = ? WHERE id = ? AND revoked IS NULL", micros(at), clean(id))
		if err != nil || n > 0 {
			return err
		}
		return s.needRow(ctx, tx, "tokens", id)
	}))
}

// RevokeSessions ends every session of a user, as a changed password asks for, and says
// how many.
func (s *Store) RevokeSessions(ctx context.Context, user string, at time.Time) (n int, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		n, err = s.exec(ctx, tx, "UPDATE tokens SET revoked = ? WHERE user_id = ? AND session = 1 AND revoked IS NULL", micros(at), clean(user))
		return err
	})
	return n, s.failed("revoke sessions", err)
}

// DeleteExpired deletes the tokens and sessions that expired or were revoked before a
// time, and says how many.
func (s *Store) DeleteExpired(ctx context.Context, before time.Time) (n int, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		n, err = s.exec(ctx, tx, "DELETE FROM tokens WHERE expires < ? OR revoked < ?", micros(before), micros(before))
		return err
	})
	return n, s.failed("delete expired tokens", err)
}

func scanToken(rows *sql.Rows) (t gateway.Token, err error) {
	var created int64
	var expires, revoked *int64
	var user, workspace sql.NullString
	var hash []byte
	err = rows.Scan(&t.ID, &t.Name, &user, &workspace, &t.Role, &t.Admin, &t.Session, &hash, &created, &expires, &revoked)
	copy(t.Hash[:], hash)
	t.User, t.Workspace = user.String, workspace.String
	t.Created, t.Expires, t.Revoked = fromMicros(created), fromNull(expires), fromNull(revoked)
	return t, err
}
