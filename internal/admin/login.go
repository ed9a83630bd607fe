package admin

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// Login is how a person logs in.
type Login struct {
	Email    string `json:"email" required:"true"`
	Password string `json:"password" required:"true"`
}

// login opens a session. Neither the answer nor its time tells whether there is such a
// user. After ten wrong ones an address, and an account, has one try a second.
func (a *api) login(c *call, body *Login) (Session, error) {
	if c.claimed = account(body.Email); !addressLike.MatchString(c.claimed) {
		c.claimed = "" // it may be a password
	}
	u, err := a.checkPassword(c, body.Email, body.Password)
	if err != nil {
		return Session{}, err
	}
	return a.openSession(c, u.ID, http.SameSiteStrictMode)
}

// checkPassword gives the user who has this password and may log in.
func (a *api) checkPassword(c *call, email, password string) (*gateway.User, error) {
	address, account, now := clientOf(c.r), account(email), a.Clock()
	if wait := a.guesses.take(address, now); wait > 0 {
		return nil, slowDown(c.w, wait, "too many wrong passwords from this address")
	}
	if wait := a.logins.take(account, now); wait > 0 {
		return nil, slowDown(c.w, wait, "too many wrong passwords for this account")
	}
	u, err := a.verified(c.ctx(), email, password)
	if err != nil || u != nil { // else the guess counts
		a.guesses.right(address)
		a.logins.right(account)
	}
	switch {
	case err != nil:
		return nil, err
	case u == nil:
		return nil, challenge(c.w, "", "the address or the password is wrong, or the user may not log in")
	}
	return u, nil
}

// addressLike is what e-mail addresses look like.
var addressLike = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)

// account is what the spellings of an address have in common.
func account(email string) string {
	email = strings.ToLower(strings.TrimSpace(email))
	return email[:min(len(email), maxName)]
}

// verified gives the user of an address and password, nil when there is none who may log in.
func (a *api) verified(ctx context.Context, email, password string) (*gateway.User, error) {
	u, err := a.Store.UserByEmail(ctx, email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	ok, err := a.passwords.Verify(ctx, u.Password, password)
	if err != nil || !ok || u.Disabled != nil {
		return nil, err
	}
	if a.passwords.Outdated(u.Password) {
		a.rehash(ctx, &u, password)
	}
	return &u, nil
}

// rehash stores the verifier at today's costs; it is no matter when it fails.
func (a *api) rehash(ctx context.Context, u *gateway.User, password string) {
	verifier, err := a.passwords.Hash(ctx, password)
	if err == nil {
		_, err = a.changeUser(ctx, u.ID, func(now *gateway.User) error {
			if now.Password == u.Password {
				now.Password = verifier
			}
			return nil
		})
	}
	if err != nil {
		a.Log.Debug("a verifier of a password stays as it is", "user", u.ID, "error", err)
	}
}

// LoginMethods are the ways in for people.
type LoginMethods struct {
	Password bool `json:"password"`
	OIDC     bool `json:"oidc" doc:"Single sign-on, which begins at /api/v1/auth/oidc/start."`
}

func (a *api) loginMethods(*call) (LoginMethods, error) {
	return LoginMethods{Password: true, OIDC: a.sso != nil}, nil
}

// setup makes the first user, who is an admin.
func (a *api) setup(c *call, body *NewUser) (gateway.User, error) {
	defer store.Hold(c.ctx(), &a.changes)()
	there, err := a.Store.Users(c.ctx(), "", 1)
	switch {
	case err != nil:
		return gateway.User{}, err
	case len(there.Users) > 0:
		return gateway.User{}, conflict("", "there are users already; an admin makes others at /api/v1/users")
	case body.Password == "":
		return gateway.User{}, invalid("password", "password is needed")
	}
	body.Admin = true
	return a.makeUser(c.ctx(), body)
}

// PasswordChange is how a person takes another password.
type PasswordChange struct {
	Current string `json:"current" required:"true"`
	New     string `json:"new" required:"true" doc:"At least 10 characters."`
}

// changePassword ends all sessions of the user and opens a new one here.
func (a *api) changePassword(c *call, body *PasswordChange) (Session, error) {
	who := c.who
	if who.user == nil || !who.token.Session {
		return Session{}, forbidden("only a person who is logged in may do this")
	}
	if _, err := a.checkPassword(c, who.user.Email, body.Current); err != nil {
		return Session{}, err
	}
	verifier, err := a.hash(c.ctx(), "new", body.New)
	if err != nil {
		return Session{}, err
	}
	_, err = a.changeUser(c.ctx(), who.user.ID, func(u *gateway.User) error { u.Password = verifier; return nil })
	if err != nil {
		return Session{}, err
	}
	c.secretChanged("password")
	return a.openSession(c, who.user.ID, http.SameSiteStrictMode)
}
