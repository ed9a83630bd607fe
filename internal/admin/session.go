package admin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	sessionCookie = "sluice_session"
	sessionPrefix = "sluice-session-"
	csrfHeader    = "Sluice-Csrf"

	defaultSession = 12 * time.Hour
	// keepExpired is how long tokens and sessions that are over stay in lists.
	keepExpired = 30 * 24 * time.Hour
)

// secure reports whether a browser reaches this request over TLS: here, or at the proxy
// that the configured URL names.
func (a *api) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	u, err := url.Parse(a.URL)
	return err == nil && u.Scheme == "https" && strings.EqualFold(u.Host, r.Host)
}

// cookie makes a cookie for this host alone.
// https://www.rfc-editor.org/rfc/rfc6265#section-4.1, and for __Host- section 4.1.3.2 of
// https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis
func (a *api) cookie(r *http.Request, name, value string, life time.Duration, site http.SameSite) *http.Cookie {
	c := &http.Cookie{Name: a.cookieName(r, name), Value: value, Path: "/", MaxAge: int(life / time.Second), HttpOnly: true, Secure: a.secure(r), SameSite: site}
	if life <= 0 {
		c.MaxAge = -1
	}
	return c
}

// cookieName has the prefix that no other host or plain connection can set, where a
// browser takes it.
func (a *api) cookieName(r *http.Request, name string) string {
	if a.secure(r) {
		return "__Host-" + name
	}
	return name
}

// cookieOf gives the value of a cookie that is there once, else "".
func (a *api) cookieOf(r *http.Request, name string) string {
	if all := r.CookiesNamed(a.cookieName(r, name)); len(all) == 1 {
		return all[0].Value
	}
	return ""
}

func (a *api) sessionOf(r *http.Request) string {
	if s := a.cookieOf(r, sessionCookie); strings.HasPrefix(s, sessionPrefix) && len(s) <= maxSecret {
		return s
	}
	return ""
}

// bySession lets a browser act for its user. Requests that may change something must
// come from our own pages: by what the browser says of their origin, and by a header
// that no other site can set.
func (a *api) bySession(w http.ResponseWriter, r *http.Request, secret string) (*caller, error) {
	who, err := a.byToken(r.Context(), secret, true)
	switch {
	case err != nil:
		return nil, err
	case who == nil:
		http.SetCookie(w, a.cookie(r, sessionCookie, "", 0, http.SameSiteStrictMode))
		return nil, challenge(w, "", "the session is over; log in again")
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return who, nil
	case a.sameOrigin.Check(r) != nil:
		return nil, foreignOrigin()
	}
	given := r.Header[csrfHeader]
	if len(given) != 1 || subtle.ConstantTimeCompare([]byte(given[0]), []byte(csrfOf(secret))) != 1 {
		return nil, forbidden("the header sluice-csrf is missing or wrong; GET /api/v1/auth/session tells its value")
	}
	return who, nil
}

func foreignOrigin() error { return forbidden("a page of another origin may not do this") }

// csrfOf derives the token that proves that a page can read our answers. Who knows it
// does not know the session's secret.
func csrfOf(secret string) string {
	sum := sha256.Sum256([]byte("sluice csrf\x00" + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Session is who is logged in.
type Session struct {
	User       *gateway.User    `json:"user" doc:"null of the admin token and of tokens with a role."`
	Name       string           `json:"name" doc:"Who that is, for people."`
	Admin      bool             `json:"admin" doc:"Of the whole system."`
	Workspaces []WorkspaceRight `json:"workspaces" doc:"Where the caller has a role; an admin may do everything anywhere."`
	Expires    *time.Time       `json:"expires" doc:"When the session or token ends; null = never."`
	CSRF       string           `json:"csrf,omitempty" doc:"What a browser sends as sluice-csrf with each request that changes something."`
}

// WorkspaceRight is a role in a workspace.
type WorkspaceRight struct {
	Workspace string       `json:"workspace"`
	Role      gateway.Role `json:"role"`
}

func newSession(who *caller) Session {
	s := Session{User: who.user, Name: who.name(), Admin: who.admin, Workspaces: []WorkspaceRight{}}
	for _, id := range sortedKeys(who.roles) {
		s.Workspaces = append(s.Workspaces, WorkspaceRight{id, who.roles[id]})
	}
	if who.token != nil {
		s.Expires = who.token.Expires
	}
	return s
}

func (a *api) getSession(c *call) (Session, error) {
	s := newSession(c.who)
	if c.who.token != nil && c.who.token.Session {
		s.CSRF = csrfOf(a.sessionOf(c.r))
	}
	return s, nil
}

// openSession logs a user in: it makes a new session, whatever the browser brought, and
// gives its cookie.
func (a *api) openSession(c *call, user string, site http.SameSite) (Session, error) {
	now := a.Clock().UTC().Truncate(time.Microsecond)
	life := a.Session
	if life <= 0 {
		life = defaultSession
	}
	expires, secret := now.Add(life), auth.NewSecret(sessionPrefix)
	id, err := uuid.NewV7()
	if err != nil {
		return Session{}, err
	}
	t := gateway.Token{ID: "ses_" + id.String(), Name: "login", User: user, Session: true, Hash: gateway.HashKey(secret), Created: now, Expires: &expires}
	if err := a.Store.CreateToken(c.ctx(), t); err != nil {
		return Session{}, err
	}
	a.forgetExpired(c.ctx(), now)
	who, err := a.byUser(c.ctx(), user)
	if err == nil && who == nil {
		err = forbidden("this user may not log in")
	}
	if err != nil {
		return Session{}, err
	}
	who.token = &t
	actor := a.actorOf(who, "")
	c.actor, c.object = &actor, audit.Object{ID: who.user.ID, Name: who.user.Email}
	http.SetCookie(c.w, a.cookie(c.r, sessionCookie, secret, life, site))
	s := newSession(who)
	s.CSRF = csrfOf(secret)
	return s, nil
}

// forgetExpired tidies up; it is no matter when it fails.
func (a *api) forgetExpired(ctx context.Context, now time.Time) {
	if _, err := a.Store.DeleteExpired(ctx, now.Add(-keepExpired)); err != nil {
		a.Log.Debug("expired sessions stay for now", "error", err)
	}
}

// LoggedOut says that a session is over.
type LoggedOut struct {
	Ended bool `json:"ended" doc:"false: there was no session, only a token, which stays valid."`
}

func (a *api) logout(c *call) (LoggedOut, error) {
	if c.who.token == nil || !c.who.token.Session {
		return LoggedOut{}, nil
	}
	if err := a.Store.RevokeToken(c.ctx(), c.who.token.ID, a.Clock().UTC()); err != nil {
		return LoggedOut{}, err
	}
	http.SetCookie(c.w, a.cookie(c.r, sessionCookie, "", 0, http.SameSiteStrictMode))
	return LoggedOut{Ended: true}, nil
}
