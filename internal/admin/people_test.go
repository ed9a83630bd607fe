package admin_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// plainVault seals nothing, so that tests can look.
type plainVault struct{ g *town }

func (v plainVault) AddCredential(ctx context.Context, c gateway.Credential, secret string) (gateway.Credential, error) {
	c.ID, c.Weight, c.Hint, c.Sealed, c.Created, c.Changed = v.g.next("crd_"), max(c.Weight, 1), "h…", []byte(secret), v.g.now, v.g.now
	return c, v.g.store.CreateCredential(ctx, c)
}

func (v plainVault) Unlock(context.Context) error { return nil }

func (v plainVault) Verify(context.Context, string, string, string) error { return nil }

func (v plainVault) ChangeCredential(ctx context.Context, id string, name *string, weight *int, secret *string) (gateway.Credential, error) {
	c, err := v.g.store.Credential(ctx, id)
	if err != nil {
		return c, err
	}
	if name != nil {
		c.Name = *name
	}
	if weight != nil {
		c.Weight = *weight
	}
	if c.Sealed = nil; secret != nil {
		c.Sealed = []byte(*secret)
	}
	return c, v.g.store.UpdateCredential(ctx, c)
}

func (v plainVault) Secrets(ctx context.Context) ([]admin.Secret, error) {
	var all []admin.Secret
	rows, err := v.g.store.AllCredentials(ctx)
	for _, c := range rows {
		if c.Provider == "" {
			all = append(all, admin.Secret{Name: c.Name, Used: c.Name == "in-use", Created: c.Created, Changed: c.Changed})
		}
	}
	return all, err
}

func (v plainVault) SetSecret(ctx context.Context, name, value string) error {
	if name != strings.ToLower(name) {
		return admin.Invalid("", "a name has lower-case letters")
	}
	_ = v.DeleteSecret(ctx, name)
	return v.g.store.CreateCredential(ctx, gateway.Credential{ID: v.g.next("sec_"), Name: name, Weight: 1, Sealed: []byte(value), Created: v.g.now, Changed: v.g.now})
}

func (v plainVault) DeleteSecret(ctx context.Context, name string) error {
	rows, err := v.g.store.AllCredentials(ctx)
	for _, c := range rows {
		if c.Provider == "" && c.Name == name {
			return v.g.store.DeleteCredential(ctx, c.ID)
		}
	}
	return errors.Join(err, store.ErrNotFound)
}

// town is a rig with two workspaces and what belongs to them.
type town struct {
	*rig
	n int // of objects that were made
}

// someCanaries has one.
type someCanaries struct{}

func (someCanaries) List() []admin.Canary {
	return []admin.Canary{{Place: "support/steps[0]", State: "running"}}
}
func (someCanaries) Restart(context.Context, string, string) error          { return nil }
func (someCanaries) Rollback(context.Context, string, string, string) error { return nil }

func newTown(t *testing.T) *town {
	g := &town{}
	g.rig = newRig(t, with(func(c *admin.Config) {
		serving(c)
		c.Vault, c.Limits = plainVault{g}, everyCounter
		c.Canaries = someCanaries{}
		c.Cache = keptAnswers{}
		c.Kinds = func() []admin.Kind { return nil }
		c.Try = func(context.Context, admin.Try) (admin.Trial, error) { return admin.Trial{}, nil }
		c.Ask = func(w http.ResponseWriter, _ *http.Request, who *gateway.Principal) {
			_, _ = fmt.Fprintf(w, "an answer to name-of-%s", who.Workspace)
		}
		c.Explain = func(context.Context, *admin.Explain) (gateway.Explained, error) { return gateway.Explained{}, nil }
	}))
	for _, id := range []string{"own", "foreign"} {
		g.must(g.store.CreateWorkspace(t.Context(), gateway.Workspace{ID: id, Name: "name-of-" + id, Created: g.now}))
	}
	return g
}

// everyCounter tells of the counters of all workspaces, whatever it was asked.
func everyCounter(context.Context, admin.LimitQuery) (all []admin.LimitState, err error) {
	for _, workspace := range []string{"own", "foreign", ""} {
		for _, rule := range []string{"gateway/default/pocket", "gateway/default/pace"} {
			all = append(all, admin.LimitState{Rule: rule, Counter: "counter-of-" + workspace, Values: "workspace=counter-of-" + workspace, Workspace: workspace, Max: 10, Used: 1, Left: 9})
		}
	}
	return all, nil
}

func (g *town) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

func (g *town) next(prefix string) string {
	g.n++
	return fmt.Sprintf("%s%05d", prefix, g.n)
}

// user makes a user with roles: "own", "owner", …
func (g *town) user(admin bool, roles ...string) string {
	g.t.Helper()
	id := g.next("usr_")
	g.must(g.store.CreateUser(g.t.Context(), gateway.User{ID: id, Email: id + "@example.com", Name: id, Admin: admin, Created: g.now}))
	for i := 0; i < len(roles); i += 2 {
		g.must(g.store.PutMember(g.t.Context(), gateway.Member{Workspace: roles[i], User: id, Role: gateway.Role(roles[i+1]), Created: g.now}))
	}
	return id
}

// token makes an API token and gives its secret.
func (g *town) token(t gateway.Token) string {
	g.t.Helper()
	prefix := admin.TokenPrefix
	if t.Session {
		prefix = "sluice-session-"
	}
	secret := auth.NewSecret(prefix)
	if t.ID == "" {
		t.ID = g.next("tok_")
	}
	t.Name, t.Hash, t.Created = "token-of-"+t.Workspace, gateway.HashKey(secret), g.now
	g.must(g.store.CreateToken(g.t.Context(), t))
	return secret
}

func (g *town) session(user string) string {
	until := g.now.Add(time.Hour)
	return g.token(gateway.Token{User: user, Session: true, Expires: &until})
}

// csrf is what a browser sends beside its session.
func csrf(session string) string {
	sum := sha256.Sum256([]byte("sluice csrf\x00" + session))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// key makes a key with a budget.
func (g *town) key(workspace string) string {
	g.t.Helper()
	id := g.next("key_")
	budget := gateway.Rule{Name: "b", Unit: gateway.UnitCost, Per: []gateway.Per{"key"}, Windows: []gateway.Window{{Max: 1, Period: gateway.Day}}}
	g.must(g.store.CreateKey(g.t.Context(), gateway.Key{ID: id, Workspace: workspace, Name: "key-of-" + workspace, Hint: "x", Hash: gateway.HashKey(id), Created: g.now, Limits: []gateway.Rule{budget}}))
	return id
}

// object makes something of a noun in a workspace and gives its id.
func (g *town) object(noun, workspace string) string {
	g.t.Helper()
	ctx := g.t.Context()
	switch noun {
	case "keys":
		return g.key(workspace)
	case "workspaces":
		return workspace
	case "users":
		return g.user(false)
	case "entries":
		e := storetest.Entry(g.n)
		g.n++
		e.Workspace, e.KeyID = workspace, "key-of-"+workspace
		g.stored(e)
		return e.ID
	case "tokens":
		id := g.next("tok_")
		g.token(gateway.Token{ID: id, Workspace: workspace, Role: gateway.Viewer})
		return id
	case "credentials":
		id := g.next("crd_")
		g.must(g.store.CreateCredential(ctx, gateway.Credential{ID: id, Workspace: workspace, Provider: "acme", Name: id + "-of-" + workspace, Weight: 1, Created: g.now, Changed: g.now, Sealed: []byte("sealed-secret")}))
		return id
	case "raises":
		id := g.next("rse_")
		g.must(g.store.CreateRaise(ctx, gateway.Raise{ID: id, Rule: "gateway/default/b", Workspace: workspace, Reason: "raise-of-" + workspace, Amount: 1, Created: g.now, Until: g.now.Add(1000 * time.Hour)}))
		return id
	case "alerts":
		id := g.next("alt_")
		_, err := g.store.RaiseAlert(ctx, gateway.Alert{ID: id, Rule: "r", Counter: id, Values: "alert-of-" + workspace, Workspace: workspace, Payload: json.RawMessage("{}"), Created: g.now, NextTry: g.now})
		g.must(err)
		return id
	case "secrets":
		name := g.next("secret-")
		g.must(g.store.CreateCredential(ctx, gateway.Credential{ID: g.next("sec_"), Name: name, Weight: 1, Created: g.now, Changed: g.now, Sealed: []byte("sealed-secret")}))
		return name
	case "audit":
		e, err := g.store.AppendAudit(ctx, audit.Event{Time: g.now, Action: "key.create", Object: audit.Object{Name: "name-of-" + workspace}, Workspace: workspace, Outcome: audit.OK})
		g.must(err)
		return strconv.FormatInt(e.Seq, 10)
	case "privacy":
		id := g.next("ers_")
		g.must(g.store.CreateErasure(ctx, gateway.Erasure{ID: id, Workspace: workspace, User: "erased-of-" + workspace, Created: g.now, State: gateway.ErasureWaiting}))
		return id
	case "gateways":
		return "default"
	case "config":
		newest, err := g.store.NewestRevision(ctx)
		if errors.Is(err, store.ErrNotFound) {
			newest.Number, err = g.store.AddRevision(ctx, gateway.Revision{Time: g.now, Document: []byte("{}")}, 0)
		}
		g.must(err)
		return strconv.FormatInt(newest.Number, 10)
	case "cache":
		g.must(g.store.PutPurge(ctx, gateway.CachePurge{ID: g.next("prg_"), Workspace: workspace, Tag: "tag-of-" + workspace, Time: g.now}))
		return keyOf(workspace).String()
	case "canaries":
		return "support%2Fsteps%5B0%5D"
	case "routes":
		return "support"
	case "providers":
		return "acme"
	}
	g.t.Fatalf("the matrix does not know what a path's {id} is under %s; say it here", noun)
	return ""
}

// actor is one kind of caller.
type actor struct {
	name  string
	valid bool // proves who he is
	admin bool
	roles map[string]gateway.Role
	// browser: with a session, but what a request that changes something needs is missing.
	careless bool
	session  bool
	sign     func(*http.Request)
}

func (g *town) actors() []actor {
	past := g.now.Add(-time.Hour)
	boss, owner, stranger := g.user(true), g.user(false, "own", "owner"), g.user(false, "foreign", "owner")
	gone := g.user(true, "own", "owner")
	u, err := g.store.User(g.t.Context(), gone)
	g.must(err)
	u.Disabled = &past
	g.must(g.store.UpdateUser(g.t.Context(), u))
	own := func(r gateway.Role) map[string]gateway.Role { return map[string]gateway.Role{"own": r} }
	bearer := func(secret string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) }
	}
	browser := func(user string, change func(*http.Request)) func(*http.Request) {
		return func(r *http.Request) {
			s := g.session(user)
			r.AddCookie(&http.Cookie{Name: "sluice_session", Value: s})
			r.Header.Set("Sluice-Csrf", csrf(s))
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			if change != nil {
				change(r)
			}
		}
	}
	both := g.user(false, "own", "viewer", "foreign", "editor")
	return []actor{
		{name: "anonymous", sign: func(*http.Request) {}},
		{name: "admin token", valid: true, admin: true, sign: bearer(token)},
		{name: "system admin by session", valid: true, admin: true, session: true, sign: browser(boss, nil)},
		{name: "system admin by API token", valid: true, admin: true, sign: bearer(g.token(gateway.Token{User: boss}))},
		{name: "admin's own token", valid: true, admin: true, sign: bearer(g.token(gateway.Token{Admin: true}))},
		{name: "owner by session", valid: true, session: true, roles: own("owner"), sign: browser(owner, nil)},
		{name: "owner by token of a role", valid: true, roles: own("owner"), sign: bearer(g.token(gateway.Token{Workspace: "own", Role: gateway.Owner}))},
		{name: "editor", valid: true, roles: own("editor"), sign: bearer(g.token(gateway.Token{User: g.user(false, "own", "editor")}))},
		{name: "viewer", valid: true, roles: own("viewer"), sign: bearer(g.token(gateway.Token{User: g.user(false, "own", "viewer")}))},
		{name: "viewer here, editor there", valid: true, roles: map[string]gateway.Role{"own": "viewer", "foreign": "editor"}, sign: bearer(g.token(gateway.Token{User: both}))},
		{name: "owner of another workspace", valid: true, roles: map[string]gateway.Role{"foreign": "owner"}, sign: bearer(g.token(gateway.Token{User: stranger}))},
		{name: "member of nothing", valid: true, sign: bearer(g.token(gateway.Token{User: g.user(false)}))},
		{name: "disabled user", sign: bearer(g.token(gateway.Token{User: gone}))},
		{name: "disabled user by session", sign: browser(gone, nil)},
		{name: "expired token", sign: bearer(g.token(gateway.Token{Admin: true, Expires: &past}))},
		{name: "revoked token", sign: bearer(g.token(gateway.Token{Admin: true, Revoked: &past}))},
		{name: "session as a token", sign: func(r *http.Request) { bearer(g.session(boss))(r) }},
		{name: "token as a session", sign: func(r *http.Request) {
			r.AddCookie(&http.Cookie{Name: "sluice_session", Value: g.token(gateway.Token{User: boss})})
		}},
		{name: "session without CSRF", valid: true, admin: true, session: true, careless: true, sign: browser(boss, func(r *http.Request) { r.Header.Del("Sluice-Csrf") })},
		{name: "session with another's CSRF", valid: true, admin: true, session: true, careless: true, sign: browser(boss, func(r *http.Request) { r.Header.Set("Sluice-Csrf", csrf("other")) })},
		{name: "session from a foreign page", valid: true, admin: true, session: true, careless: true, sign: browser(boss, func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "https://evil.example")
		})},
	}
}
