package admin

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// access says who may call a route. The zero value is nobody, so that a route that
// declares nothing is closed.
type access string

// Who may call. A role is that in the workspace of what is asked for or changed; in lists
// it is that in the workspaces shown.
const (
	nobody   access = ""
	anyone   access = "anyone"    // without any proof
	signedIn access = "signed in" // whoever proves who he is
	viewers         = access(gateway.Viewer)
	editors         = access(gateway.Editor)
	owners          = access(gateway.Owner)
	admins   access = "admin" // of the whole system
)

// role is what is needed in a workspace, "" = nothing.
func (a access) role() gateway.Role {
	switch a {
	case viewers, editors, owners:
		return gateway.Role(a)
	}
	return ""
}

// caller is who asks, with the rights that count for this request. It is immutable.
type caller struct {
	admin bool
	roles map[string]gateway.Role // by workspace
	user  *gateway.User           // nil of the admin token and of tokens with a role
	token *gateway.Token          // nil of the admin token
}

// name is who that is, for people.
func (w *caller) name() string {
	switch {
	case w.user != nil:
		return w.user.Email
	case w.token != nil:
		return "token " + w.token.Name
	}
	return "admin token"
}

// author is who that is, for what he changes.
func (w *caller) author() gateway.Author {
	switch {
	case w.user != nil:
		return gateway.Author{Kind: "user", ID: w.user.ID, Name: w.user.Email}
	case w.token != nil:
		return gateway.Author{Kind: "token", ID: w.token.ID, Name: w.token.Name}
	}
	return gateway.Author{Kind: "admin_token", Name: w.name()}
}

// mayCall says whether a route is open to a caller at all. In which workspaces is looked
// at when they are known.
func (w *caller) mayCall(a access) error {
	switch {
	case a == anyone, w != nil && a == signedIn:
		return nil
	case w == nil || a == nobody:
		return forbidden("nobody may do this")
	case w.admin:
		return nil
	case a == admins:
		return forbidden("only a system admin may do this")
	}
	for _, role := range w.roles {
		if role.Allows(a.role()) {
			return nil
		}
	}
	return tooLittle(a.role())
}

func tooLittle(needs gateway.Role) *apiError {
	return forbidden("this needs the role " + string(needs) + " in the workspace")
}

// may reports whether the caller has a role in a workspace.
func (w *caller) may(workspace string, role gateway.Role) bool {
	return w.admin || w.roles[workspace].Allows(role)
}

// in lets the call go on where its caller has the route's role in a workspace. To others
// the workspace, and all that is in it, does not exist: store.ErrNotFound.
func (c *call) in(workspace string) error {
	c.scoped = true
	if c.who.admin || c.who.roles[workspace] != "" {
		c.workspace = workspace
	}
	switch {
	case c.who.may(workspace, c.needs):
		return nil
	case c.who.roles[workspace] == "":
		return store.ErrNotFound
	}
	return tooLittle(c.needs)
}

// within gives the workspaces in which the caller has the route's role, in order, and of
// which a list may show something; nil = every one.
func (c *call) within() []string {
	c.scoped = true
	if c.who.admin {
		return nil
	}
	ids := []string{}
	for id, role := range c.who.roles {
		if role.Allows(c.needs) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
