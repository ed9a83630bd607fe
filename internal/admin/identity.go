package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// TokenPrefix begins every API token, so that scanners can tell what leaked.
const TokenPrefix = "sluice-token-"

// authenticate says who asks: by a bearer token or, without one, by the session of a
// browser. An address that sends wrong tokens is slowed down: after ten of them it has
// one try a second, and what comes between is not even compared.
func (a *api) authenticate(w http.ResponseWriter, r *http.Request) (*caller, error) {
	if _, given := r.Header["Authorization"]; !given {
		if secret := a.sessionOf(r); secret != "" {
			return a.bySession(w, r, secret)
		}
	}
	token, ok := bearer(r.Header)
	if !ok {
		return nil, challenge(w, "", "a token is needed: Authorization: Bearer <token>")
	}
	address, now := clientOf(r), a.Clock()
	if wait := a.guesses.wait(address, now); wait > 0 {
		return nil, slowDown(w, wait, "too many wrong tokens from this address")
	}
	if a.Verify(token) {
		return &caller{admin: true}, nil
	}
	if strings.HasPrefix(token, TokenPrefix) {
		who, err := a.byToken(r.Context(), token, false)
		if err != nil || who != nil {
			return who, err
		}
	}
	a.guesses.wrong(address, now)
	return nil, challenge(w, `, error="invalid_token"`, "this token is not valid: it may be misspelt, expired or revoked")
}

func challenge(w http.ResponseWriter, more, message string) error {
	w.Header().Set("WWW-Authenticate", `Bearer realm="sluice admin"`+more)
	return &apiError{Status: http.StatusUnauthorized, Code: codeUnauthenticated, Message: message}
}

// byToken gives the caller of a token or session that counts now, nil when there is none.
func (a *api) byToken(ctx context.Context, secret string, session bool) (*caller, error) {
	t, err := a.Store.TokenByHash(ctx, gateway.HashKey(secret))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case t.Session != session || !usable(&t, a.Clock()):
		return nil, nil
	}
	return a.ofToken(ctx, &t)
}

// ofToken gives the caller that a usable token stands for: its user, or itself.
func (a *api) ofToken(ctx context.Context, t *gateway.Token) (*caller, error) {
	if t.User == "" {
		who := &caller{token: t, admin: t.Admin, roles: map[string]gateway.Role{}}
		if t.Workspace != "" {
			who.roles[t.Workspace] = t.Role
		}
		return who, nil
	}
	who, err := a.byUser(ctx, t.User)
	if who != nil {
		who.token = t
	}
	return who, err
}

func usable(t *gateway.Token, now time.Time) bool {
	return t.Revoked == nil && (t.Expires == nil || now.Before(*t.Expires))
}

// byUser gives a user's present rights, nil when he may not log in.
func (a *api) byUser(ctx context.Context, id string) (*caller, error) {
	u, err := a.Store.User(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case u.Disabled != nil:
		return nil, nil
	}
	members, err := a.Store.MembershipsOf(ctx, id)
	who := &caller{user: &u, admin: u.Admin, roles: make(map[string]gateway.Role, len(members))}
	for _, m := range members {
		who.roles[m.Workspace] = m.Role
	}
	return who, err
}

// again gives the present rights of a caller, nil when it has none any more.
func (a *api) again(ctx context.Context, who *caller) (*caller, error) {
	if who.token == nil {
		return who, nil
	}
	t, err := a.Store.Token(ctx, who.token.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case !usable(&t, a.Clock()):
		return nil, nil
	}
	return a.ofToken(ctx, &t)
}
