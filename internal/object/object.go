// Package object remembers which workspace a vendor's id (file, batch, stored
// response) belongs to and where it lives. New ones are known at once from memory and
// become durable with the entry of the call that made them; this package writes nothing.
package object

import (
	"context"
	"errors"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Store is where durable objects are read from. Find gives nil when there is none.
type Store interface {
	FindObject(ctx context.Context, id string) (*gateway.Object, error)
	OwnObjects(ctx context.Context, workspace string, ids []string) (map[string]bool, error)
}

// Memory is a bounded cache of objects in front of a Store. It is safe for concurrent
// use.
type Memory struct {
	store  Store
	recent *otter.Cache[string, gateway.Object]
}

// size bounds the objects held; the store knows the rest.
const size = 100_000

// wait bounds one look-up in the store.
const wait = 3 * time.Second

// New makes a Memory in front of a store.
func New(store Store) *Memory {
	return &Memory{store: store, recent: otter.Must(&otter.Options[string, gateway.Object]{MaximumSize: size, InitialCapacity: 64})}
}

// Remember makes objects known at once.
func (m *Memory) Remember(objects []gateway.Object) {
	for _, o := range objects {
		m.recent.Set(o.ID, o)
	}
}

// Find gives an object by its id, nil when none is known.
func (m *Memory) Find(id string) (*gateway.Object, error) {
	if o, ok := m.recent.GetIfPresent(id); ok {
		return &o, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	return m.store.FindObject(ctx, id)
}

// Own says which of the ids belong to the workspace and are not deleted.
func (m *Memory) Own(workspace string, ids []string) (map[string]bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	own, err := m.store.OwnObjects(ctx, workspace, ids)
	known := map[string]bool{}
	missing := false
	for _, id := range ids {
		if o, ok := m.recent.GetIfPresent(id); ok {
			known[id] = o.Workspace == workspace && !o.Deleted
		} else {
			known[id] = own[id]
			missing = true
		}
	}
	if err != nil && missing {
		return nil, errors.Join(errors.New("objects cannot be looked up"), err)
	}
	return known, nil
}
