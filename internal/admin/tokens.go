package admin

import (
	"errors"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// TokenPage is one page of a list of tokens.
type TokenPage struct {
	Data []gateway.Token `json:"data"`
	Next string          `json:"next"`
}

var tokenFilters = []Param{
	{"workspace", "Tokens with a role in this workspace, which its owners see."},
	{"user", "Tokens with the rights of this user; only admins see those of others."},
	{"session", "true: sessions of browsers only; false: tokens only."},
}

// listTokens shows everybody his own tokens and sessions, owners those of a workspace,
// and admins all.
func (a *api) listTokens(c *call) (TokenPage, error) {
	limit, cursor, err := c.page()
	if err != nil {
		return TokenPage{}, err
	}
	q := store.TokenQuery{User: c.query.Get("user"), Workspace: c.query.Get("workspace"), Limit: limit, Cursor: cursor}
	if q.Session, err = c.boolean("session"); err != nil {
		return TokenPage{}, err
	}
	switch {
	case c.who.admin:
	case q.Workspace != "" && c.who.may(q.Workspace, gateway.Owner):
	case q.Workspace != "" || c.who.user == nil || q.User != "" && !c.who.isUser(q.User):
		return TokenPage{Data: []gateway.Token{}}, nil
	default:
		q.User = c.who.user.ID
	}
	page, err := a.Store.Tokens(c.ctx(), q)
	return TokenPage{Data: notNil(page.Tokens), Next: page.Next}, err
}

// NewToken is what an API token is created from. It has the rights of whoever makes it,
// unless another place is named for it.
type NewToken struct {
	Name      string       `json:"name" required:"true" doc:"What people call it."`
	Expires   string       `json:"expires" doc:"When it ends: a time (RFC 3339), or from now on: 30d, 12h. Never unless given, or when the token ends that makes it."`
	Workspace string       `json:"workspace" doc:"With role: a token of its own for this workspace, which outlives its maker's membership."`
	Role      gateway.Role `json:"role" enum:"owner,editor,viewer" doc:"What it may do in workspace."`
	Admin     bool         `json:"admin" doc:"A token of its own with the rights of a system admin, which only these make."`
}

// CreatedToken is a new token with its secret.
type CreatedToken struct {
	gateway.Token
	Secret string `json:"secret" doc:"Shown this once."`
}

func (a *api) createToken(c *call, body *NewToken) (CreatedToken, error) {
	t, err := body.token(c.who, a.now())
	if err != nil {
		return CreatedToken{}, err
	}
	secret := auth.NewSecret(TokenPrefix)
	t.Hash = gateway.HashKey(secret)
	err = a.Store.CreateToken(c.ctx(), t)
	if errors.Is(err, store.ErrNotFound) {
		err = notFound("there is no workspace " + asStored(t.Workspace))
	}
	return CreatedToken{t, secret}, err
}

// token checks the request and gives the token without its secret.
func (n *NewToken) token(who *caller, now time.Time) (gateway.Token, error) {
	t := gateway.Token{Name: strings.TrimSpace(n.Name), Workspace: n.Workspace, Role: n.Role, Admin: n.Admin, Created: now}
	if err := checkText("name", t.Name, maxName); err != nil {
		return t, err
	}
	if err := n.rights(who, &t); err != nil {
		return t, err
	}
	var err error
	if t.Expires, err = expiry(n.Expires, now); err != nil {
		return t, err
	}
	// What a token makes does not outlive it.
	if by := who.token; by != nil && !by.Session && by.Expires != nil && (t.Expires == nil || t.Expires.After(*by.Expires)) {
		if n.Expires != "" {
			return t, forbidden("a token makes no token that ends later than itself")
		}
		t.Expires = by.Expires
	}
	t.ID, err = newID("tok_")
	return t, err
}

// rights says what the token may do, and whether its maker may give that away.
func (n *NewToken) rights(who *caller, t *gateway.Token) error {
	switch {
	case n.Admin && (n.Workspace != "" || n.Role != ""):
		return invalid("admin", "an admin's rights have no workspace and role; leave them out")
	case n.Admin && !who.admin:
		return forbidden("only a system admin makes a token with the rights of one")
	case n.Admin:
		return nil
	case n.Workspace == "" && n.Role == "":
		if who.user == nil {
			return invalid("workspace", "workspace and role, or admin, are needed: this token's maker is no user whose rights it could have")
		}
		t.User = who.user.ID
		return nil
	case n.Workspace == "":
		return invalid("workspace", "workspace is needed beside role")
	case !n.Role.Allows(gateway.Viewer):
		return invalid("role", "role is owner, editor or viewer")
	case who.may(n.Workspace, gateway.Owner):
		return nil
	case who.roles[n.Workspace] != "":
		return tooLittle(gateway.Owner)
	}
	return notFound("there is no workspace " + asStored(n.Workspace))
}

// revokeToken ends a token or session: one's own, those of a workspace by its owners, all
// by admins.
func (a *api) revokeToken(c *call) (gateway.Token, error) {
	id := c.path["id"]
	t, err := a.Store.Token(c.ctx(), id)
	if err == nil && !c.who.manages(&t) {
		err = store.ErrNotFound
	}
	if err == nil {
		err = a.Store.RevokeToken(c.ctx(), id, a.now())
	}
	if err == nil {
		t, err = a.Store.Token(c.ctx(), id)
	}
	return t, named(err, "token", id)
}

func (w *caller) manages(t *gateway.Token) bool {
	switch {
	case w.admin, t.User != "" && w.isUser(t.User), w.token != nil && w.token.ID == t.ID:
		return true
	}
	return t.User == "" && !t.Admin && t.Workspace != "" && w.may(t.Workspace, gateway.Owner)
}
