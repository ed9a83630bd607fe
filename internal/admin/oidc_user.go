package admin

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/auth/jwt"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// signOn gives the user of a verified token, with the rights that the issuer gives now.
func (a *api) signOn(ctx context.Context, t *jwt.Token) (gateway.User, error) {
	defer store.Hold(ctx, &a.changes)()
	u, err := a.userOf(ctx, t)
	if err != nil {
		return u, err
	}
	if u.Disabled != nil {
		return u, forbidden("this user may not log in")
	}
	return u, a.grant(ctx, &u, a.rightsOf(t))
}

// userOf finds the person: by the issuer's subject, else by an address that the issuer
// has verified; else a new user is made.
func (a *api) userOf(ctx context.Context, t *jwt.Token) (gateway.User, error) {
	subject := t.Issuer + " " + t.Subject
	u, err := a.Store.UserBySubject(ctx, subject)
	if !errors.Is(err, store.ErrNotFound) {
		return u, err
	}
	email, _ := t.Claim("email").(string)
	if email == "" || t.Claim("email_verified") == false || t.Claim("email_verified") == "false" {
		return u, forbidden("the issuer tells no verified e-mail address of yours, which is needed at the first sign-on")
	}
	u, err = a.Store.UserByEmail(ctx, email)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return a.newcomer(ctx, t, subject, email)
	case err != nil:
		return u, err
	case u.Subject != "" || !verifiedEmail(t):
		return u, forbidden("another user has this e-mail address; a system admin can change it")
	}
	return a.changeUser(ctx, u.ID, func(now *gateway.User) error {
		if now.Subject != "" {
			return forbidden("another user has this e-mail address")
		}
		now.Subject = subject
		return nil
	})
}

func verifiedEmail(t *jwt.Token) bool {
	v := t.Claim("email_verified")
	return v == true || v == "true"
}

func (a *api) newcomer(ctx context.Context, t *jwt.Token, subject, email string) (gateway.User, error) {
	name, _ := t.Claim("name").(string)
	u := gateway.User{Email: email, Name: strings.TrimSpace(name), Created: a.now(), Subject: subject}
	if checkText("name", u.Name, maxName) != nil {
		u.Name = email
	}
	if err := checkUser(&u); err != nil {
		return u, err
	}
	var err error
	if u.ID, err = newID("usr_"); err != nil {
		return u, err
	}
	return u, takenUser(a.Store.CreateUser(ctx, u))
}

// rights are what an issuer gives a person. Those it gave last are remembered, so that
// they end when it gives them no more, and those that people gave stay.
type rights struct {
	Admin bool                    `json:"admin"`
	Roles map[string]gateway.Role `json:"roles"` // by workspace
}

func (a *api) rightsOf(t *jwt.Token) rights {
	r := rights{Roles: map[string]gateway.Role{}}
	email, _ := t.Claim("email").(string)
	r.Admin = verifiedEmail(t) && slices.ContainsFunc(a.sso.Admins, func(of string) bool { return account(of) == account(email) })
	values := textsOf(t.Claim(a.sso.RolesClaim))
	for _, of := range a.sso.Roles {
		if !slices.Contains(values, of.Value) {
			continue
		}
		if of.Role == "admin" {
			r.Admin = true
		} else if role := gateway.Role(of.Role); !r.Roles[of.Workspace].Allows(role) {
			r.Roles[of.Workspace] = role
		}
	}
	return r
}

// textsOf gives a claim that is a text or a list of them.
func textsOf(claim any) []string {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// grant makes what the issuer gives the user's rights. A higher role that people gave
// stays.
func (a *api) grant(ctx context.Context, u *gateway.User, now rights) error {
	setting := "oidc_rights/" + u.ID
	var last rights
	kept, err := a.Store.Setting(ctx, setting)
	if err == nil {
		err = json.Unmarshal(kept, &last)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if u.Admin != now.Admin && (now.Admin || last.Admin) {
		changed, err := a.changeUser(ctx, u.ID, func(x *gateway.User) error { x.Admin = now.Admin; return nil })
		if err != nil {
			return err
		}
		*u = changed
	} else if u.Admin && !last.Admin {
		now.Admin = false // people gave it
	}
	if err := a.grantRoles(ctx, u.ID, last.Roles, now.Roles); err != nil {
		return err
	}
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return a.Store.PutSetting(ctx, setting, text)
}

func (a *api) grantRoles(ctx context.Context, user string, last, now map[string]gateway.Role) error {
	defer store.Hold(ctx, &a.changes)()
	members, err := a.Store.MembershipsOf(ctx, user)
	if err != nil {
		return err
	}
	have := map[string]gateway.Role{}
	for _, m := range members {
		have[m.Workspace] = m.Role
	}
	for id, role := range now {
		ours := have[id] == last[id]
		if have[id] == role || have[id].Allows(role) && !ours {
			if have[id] != last[id] {
				delete(now, id) // people gave it
			}
			continue
		}
		err := a.Store.PutMember(ctx, gateway.Member{Workspace: id, User: user, Role: role, Created: a.now()})
		if errors.Is(err, store.ErrNotFound) {
			a.Log.Warn("single sign-on: a role is for a workspace that does not exist", "workspace", id)
			delete(now, id)
			err = nil
		}
		if err != nil {
			return err
		}
	}
	for id, role := range last {
		if now[id] == "" && have[id] == role {
			if err := a.Store.RemoveMember(ctx, id, user); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
	}
	return nil
}
