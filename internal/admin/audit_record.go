package admin

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
)

// shownRecord gives what of an answer the audit log compares: records whose types keep
// secrets out of JSON. Of every other type nothing is kept, so that no new answer tells
// more than somebody has thought about; nil = nothing.
func shownRecord(answer any) any {
	switch v := answer.(type) {
	case CreatedKey:
		return v.Key
	case CreatedToken:
		return v.Token
	case Purge:
		return v.CachePurge
	case Erasure:
		return map[string]any{"id": v.ID, "kind": cmp.Or(v.Kind, "user"), "workspace": v.Workspace, "dry_run": v.State == gateway.ErasureDry, "counts": v.Counts} // whose it is, the log could not forget
	case gateway.AlertMute, gateway.Key, gateway.Workspace, gateway.User, gateway.Member, gateway.Token, gateway.Raise, gateway.Credential, gateway.Drain, Secret, Undrained, Deleted:
		return v
	}
	return nil
}

// recordBefore reads what a deed is about to change; nil = there is none, or it cannot be
// read, and then the deed itself will say so.
func (a *api) recordBefore(c *call, r *route) any {
	noun, _, _ := strings.Cut(r.deed.Action, ".")
	id := c.path["id"]
	if id == "" && noun != "member" && noun != "secret" {
		return nil
	}
	switch noun {
	case "key":
		return found(a.Store.Key(c.ctx(), id))
	case "workspace":
		return found(a.Store.Workspace(c.ctx(), id))
	case "user":
		return found(a.Store.User(c.ctx(), id))
	case "token":
		return found(a.Store.Token(c.ctx(), id))
	case "raise":
		return found(a.Store.Raise(c.ctx(), id))
	case "alert":
		return found(a.Store.AlertMute(c.ctx(), id))
	case "credential":
		return found(a.Store.Credential(c.ctx(), id))
	case "member":
		return a.memberBefore(c)
	case "secret":
		if a.Vault != nil {
			return found(a.secret(c))
		}
	}
	return nil
}

func found[T any](record T, err error) any {
	if err != nil {
		return nil
	}
	return record
}

func (a *api) memberBefore(c *call) any {
	u, err := a.Store.User(c.ctx(), c.path["user"])
	if strings.Contains(c.path["user"], "@") {
		u, err = a.Store.UserByEmail(c.ctx(), c.path["user"])
	}
	if err != nil {
		return nil
	}
	if m, err := a.membership(c.ctx(), c.path["workspace"], u.ID); err == nil && m != nil {
		return *m
	}
	return nil
}

// tellOf takes object and workspace of an event from its record; nil says nothing.
func tellOf(e *audit.Event, record map[string]json.RawMessage) {
	text := func(name string) string { return audit.Text(record, name) }
	e.Object.ID = cmp.Or(text("id"), text("user"), e.Object.ID)
	e.Object.Name = cmp.Or(text("email"), text("name"), text("rule"), e.Object.Name)
	if e.Object.Kind == "drain" {
		e.Object.ID = strings.TrimRight(strings.Join([]string{text("provider"), text("model"), text("credential")}, "/"), "/")
	}
	if e.Object.Kind == "workspace" {
		e.Workspace = cmp.Or(text("id"), e.Workspace)
	}
	e.Workspace = cmp.Or(text("workspace"), e.Workspace)
}

// objectOf is what a deed is about, as far as its path tells, or the handler has said.
func (c *call) objectOf(r *route) audit.Object {
	noun, _, _ := strings.Cut(r.deed.Action, ".")
	o := audit.Object{Kind: noun}
	for _, name := range []string{"id", "user", "name", "place", "key", "n"} {
		o.ID = cmp.Or(o.ID, c.path[name])
	}
	o.ID, o.Name = cmp.Or(c.object.ID, o.ID), cmp.Or(c.object.Name, o.Name)
	return o
}

// filters tells by what a deed chose its objects.
func (c *call) filters(r *route) (all []audit.Change) {
	switch {
	case r.deed.Chosen != nil:
		return r.deed.Chosen(c)
	case r.Method != del && r.Method != get || r.Loose:
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		all = append(all, audit.Change{Path: "query." + name, After: jsonText(c.query.Get(name))})
	}
	return all
}

// secretChanged notes that a secret is another one, without it.
func (c *call) secretChanged(name string) {
	c.changed = append(c.changed, audit.Change{Path: name, Before: jsonText("(hidden)"), After: jsonText("(hidden)")})
}

func jsonText(s string) json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return b
}

// hideSecrets takes out what looks like a secret: people do give a key where its id is
// wanted, and nothing can be taken out of the log later.
func hideSecrets(e *audit.Event) {
	for _, text := range []*string{&e.Actor.Name, &e.Object.ID, &e.Object.Name, &e.UserAgent} {
		*text = string(record.Redact([]byte(*text)))
	}
	e.Changes = record.Redact(e.Changes)
}

// nameLike is what ids, names and e-mail addresses look like.
var nameLike = regexp.MustCompile(`^[\p{L}\p{N}@._+-]{1,80}$`)

// asName gives the name of something that is not there, unless it does not look like one: it
// may be anything that somebody has put in its place, such as an address with a secret.
func asName(text string) string {
	if text == "" || nameLike.MatchString(text) {
		return text
	}
	return "(not a name)"
}
