package admin

import (
	"context"
	"errors"
	"net/mail"
	"strings"

	"github.com/sluice-gateway/sluice/internal/auth/password"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// UserPage is one page of a list of users.
type UserPage struct {
	Data []gateway.User `json:"data"`
	Next string         `json:"next"`
}

var userFilters = []Param{{"email", "Exact address, in any case."}}

func (a *api) listUsers(c *call) (UserPage, error) {
	limit, cursor, err := c.page()
	if err != nil {
		return UserPage{}, err
	}
	if email := c.query.Get("email"); email != "" {
		u, err := a.Store.UserByEmail(c.ctx(), email)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return UserPage{Data: []gateway.User{}}, nil
		case err != nil:
			return UserPage{}, err
		}
		return UserPage{Data: []gateway.User{u}}, nil
	}
	page, err := a.Store.Users(c.ctx(), cursor, limit)
	return UserPage{Data: notNil(page.Users), Next: page.Next}, err
}

// NewUser is what a user is created from.
type NewUser struct {
	Email    string `json:"email" required:"true" doc:"Unique, in any case."`
	Name     string `json:"name" doc:"What people call him or her; the address unless given."`
	Admin    bool   `json:"admin" doc:"Of the whole system."`
	Password string `json:"password" doc:"At least 10 characters; without one, only single sign-on lets the user in."`
}

func (a *api) createUser(c *call, body *NewUser) (gateway.User, error) {
	return a.makeUser(c.ctx(), body)
}

func (a *api) makeUser(ctx context.Context, body *NewUser) (gateway.User, error) {
	u := gateway.User{Email: strings.TrimSpace(body.Email), Name: strings.TrimSpace(body.Name), Admin: body.Admin, Created: a.now()}
	if u.Name == "" {
		u.Name = u.Email
	}
	if err := checkUser(&u); err != nil {
		return u, err
	}
	var err error
	if u.Password, err = a.hash(ctx, "password", body.Password); err != nil {
		return u, err
	}
	if u.ID, err = newID("usr_"); err != nil {
		return u, err
	}
	return u, takenUser(a.Store.CreateUser(ctx, u))
}

func takenUser(err error) error { return taken(err, "email", "a user has this address already") }

func checkUser(u *gateway.User) error {
	if err := checkText("email", u.Email, maxName); err != nil {
		return err
	}
	if at, err := mail.ParseAddress(u.Email); err != nil || at.Address != u.Email {
		return invalid("email", "email must be an address such as ann@example.com")
	}
	return checkText("name", u.Name, maxName)
}

// hash makes the verifier of a password; "" has none.
func (a *api) hash(ctx context.Context, field, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	verifier, err := a.passwords.Hash(ctx, text)
	if errors.Is(err, password.ErrLength) {
		return "", invalid(field, err.Error())
	}
	return verifier, err
}

func (a *api) getUser(c *call) (gateway.User, error) {
	u, err := a.Store.User(c.ctx(), c.path["id"])
	return u, named(err, "user", c.path["id"])
}

// UserChange is what may change of a user: fields that are absent stay as they are.
type UserChange struct {
	Email    *string `json:"email,omitempty"`
	Name     *string `json:"name,omitempty"`
	Admin    *bool   `json:"admin,omitempty" doc:"Of the whole system."`
	Disabled *bool   `json:"disabled,omitempty" doc:"true: may not log in, and his or her tokens open nothing."`
	Password *string `json:"password,omitempty" doc:"Ends all sessions; empty = no login by password."`
}

func (a *api) updateUser(c *call, body *UserChange) (gateway.User, error) {
	id := c.path["id"]
	if c.who.isUser(id) && (body.Admin != nil && !*body.Admin || body.Disabled != nil && *body.Disabled) {
		return gateway.User{}, notYourself()
	}
	var verifier string
	if body.Password != nil {
		c.secretChanged("password")
		var err error
		if verifier, err = a.hash(c.ctx(), "password", *body.Password); err != nil {
			return gateway.User{}, err
		}
	}
	u, err := a.changeUser(c.ctx(), id, func(u *gateway.User) error {
		if body.Password != nil {
			u.Password = verifier
		}
		body.apply(u, a)
		return checkUser(u)
	})
	return u, named(err, "user", id)
}

func (n *UserChange) apply(u *gateway.User, a *api) {
	if n.Email != nil {
		u.Email = strings.TrimSpace(*n.Email)
	}
	if n.Name != nil {
		u.Name = strings.TrimSpace(*n.Name)
	}
	replace(&u.Admin, n.Admin)
	switch now := a.now(); {
	case n.Disabled == nil:
	case !*n.Disabled:
		u.Disabled = nil
	case u.Disabled == nil:
		u.Disabled = &now
	}
}

// changeUser changes a user, one change at a time, so that none undoes another. A
// password that changed, or a user who may not log in any more, ends all sessions.
func (a *api) changeUser(ctx context.Context, id string, change func(*gateway.User) error) (gateway.User, error) {
	defer store.Hold(ctx, &a.changes)()
	u, err := a.Store.User(ctx, id)
	if err != nil {
		return u, err
	}
	before := u.Password
	if err := change(&u); err != nil {
		return u, err
	}
	if err := takenUser(a.Store.UpdateUser(ctx, u)); err != nil {
		return u, err
	}
	if u.Password != before || u.Disabled != nil {
		_, err = a.Store.RevokeSessions(ctx, id, a.now())
	}
	return u, err
}

func (a *api) deleteUser(c *call) (gateway.User, error) {
	if c.who.isUser(c.path["id"]) {
		return gateway.User{}, notYourself()
	}
	u, err := a.getUser(c)
	if err != nil {
		return u, err
	}
	return u, named(a.Store.DeleteUser(c.ctx(), u.ID), "user", u.ID)
}

func (w *caller) isUser(id string) bool { return w.user != nil && w.user.ID == id }

// notYourself keeps an admin from locking himself out, and with it a system from losing
// its last one.
func notYourself() error {
	return conflict("", "nobody takes away his own rights here; ask another admin")
}
