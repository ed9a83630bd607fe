package admin

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

var keyFilters = []Param{
	{"workspace", "Workspace of the key."},
	{"name", "Exact name."},
	{"owner", "Exact name of the owner."},
	{"q", "Text within name, owner, tags, id or the beginning of the secret, in any case."},
	{"state", "active, disabled, expired or revoked."},
	{"revoked", "true: revoked ones only; false: valid and expired ones only."},
	{"disabled", "true: disabled ones only; false: others only."},
}

// KeyPage is one page of a list of keys.
type KeyPage struct {
	Data []gateway.Key `json:"data"`
	Next string        `json:"next"`
}

func (a *api) listKeys(c *call) (KeyPage, error) {
	limit, cursor, err := c.page()
	if err != nil {
		return KeyPage{}, err
	}
	q := store.KeyQuery{Workspace: c.query.Get("workspace"), Within: c.within(), Name: c.query.Get("name"), Owner: c.query.Get("owner"), Search: c.query.Get("q"), State: store.KeyState(c.query.Get("state")), Now: a.now(), Limit: limit, Cursor: cursor}
	if q.State != "" && !slices.Contains(store.KeyStates(), q.State) {
		return KeyPage{}, invalid("state", "state is "+strings.Join(texts(store.KeyStates()), ", "))
	}
	if q.Revoked, err = c.boolean("revoked"); err != nil {
		return KeyPage{}, err
	}
	if q.Disabled, err = c.boolean("disabled"); err != nil {
		return KeyPage{}, err
	}
	page, err := a.Store.Keys(c.ctx(), q)
	for i := range page.Keys {
		page.Keys[i] = shown(page.Keys[i])
	}
	return KeyPage{Data: notNil(page.Keys), Next: page.Next}, err
}

// shown gives a key whose lists are never null.
func shown(k gateway.Key) gateway.Key {
	k.Gateways, k.Models, k.Operations = notNil(k.Gateways), notNil(k.Models), notNil(k.Operations)
	k.Tags, k.Networks, k.Regions, k.Limits = notNil(k.Tags), notNil(k.Networks), notNil(k.Regions), notNil(k.Limits)
	if len(k.Metadata) == 0 {
		k.Metadata = json.RawMessage("{}")
	}
	return k
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// keyInReach gives the key of the path, if the caller may do with it what the route does.
func (a *api) keyInReach(c *call) (gateway.Key, error) {
	k, err := a.Store.Key(c.ctx(), c.path["id"])
	if err == nil {
		err = c.in(k.Workspace)
	}
	return k, named(err, "key", c.path["id"])
}

func (a *api) getKey(c *call) (gateway.Key, error) {
	k, err := a.keyInReach(c)
	return shown(k), err
}

// changeKey does something to the key of the path that makes a difference to callers,
// and gives it as it is then.
func (a *api) changeKey(c *call, change func(gateway.Key) error) (gateway.Key, error) {
	k, err := a.keyInReach(c)
	if err != nil {
		return gateway.Key{}, err
	}
	if err := change(k); err != nil {
		return gateway.Key{}, named(err, "key", k.ID)
	}
	a.refreshKeys(c.ctx())
	return a.getKey(c)
}

func (a *api) revokeKey(c *call) (gateway.Key, error) {
	return a.changeKey(c, func(k gateway.Key) error { return a.Store.RevokeKey(c.ctx(), k.ID, a.now()) })
}

func (a *api) disableKey(c *call) (gateway.Key, error) {
	return a.changeKey(c, func(k gateway.Key) error { return a.Store.DisableKey(c.ctx(), k.ID, a.now()) })
}

func (a *api) enableKey(c *call) (gateway.Key, error) {
	return a.changeKey(c, func(k gateway.Key) error { return a.Store.EnableKey(c.ctx(), k.ID) })
}

// refreshKeys makes a stored change effective here at once. When that fails, this node
// learns of it as all others do, within a second.
func (a *api) refreshKeys(ctx context.Context) { a.refresh(ctx, a.RefreshKeys, "keys") }

func (a *api) refresh(ctx context.Context, do func(context.Context) error, what string) {
	if do == nil {
		return
	}
	store.Afterwards(ctx, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		if err := do(ctx); err != nil {
			a.Log.Warn("a change of "+what+" is stored but not effective yet", "error", err)
		}
	})
}
