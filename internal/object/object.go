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

// Store is where durable objects are read from.
type Store interface {
	// ObjectByID gives an object that is not deleted; the error is notFound when there is none.
	ObjectByID(ctx context.Context, id, kind string) (gateway.Object, error)
	OwnObjects(ctx context.Context, workspace, kind string, ids []string) (map[string]bool, error)
}

// Memory is a bounded cache of objects in front of a Store. It is safe for concurrent
// use.
type Memory struct {
	store    Store
	notFound error
	recent   *otter.Cache[string, gateway.Object]
}

// size bounds the objects held; the store knows the rest.
const size = 100_000

// wait bounds one look-up in the store.
const wait = 3 * time.Second

// New makes a Memory in front of a store; notFound is the store's error for an unknown
// object.
func New(store Store, notFound error) *Memory {
	return &Memory{store: store, notFound: notFound, recent: otter.Must(&otter.Options[string, gateway.Object]{MaximumSize: size, InitialCapacity: 64})}
}

// Remember makes objects known at once.
func (m *Memory) Remember(objects []gateway.Object) {
	for _, o := range objects {
		m.recent.Compute(key(o.Kind, o.ID), func(old gateway.Object, known bool) (gateway.Object, otter.ComputeOp) {
			if known && !old.Deleted && old.Workspace != o.Workspace {
				return old, otter.CancelOp // an id belongs to the workspace that had it first
			}
			return o, otter.WriteOp
		})
	}
}

func key(kind, id string) string { return kind + " " + id }

// Find gives an object by its kind and id, nil when none is known.
func (m *Memory) Find(kind, id string) (*gateway.Object, error) {
	if o, ok := m.recent.GetIfPresent(key(kind, id)); ok {
		return &o, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	o, err := m.store.ObjectByID(ctx, id, kind)
	if errors.Is(err, m.notFound) {
		return nil, nil
	}
	return &o, err
}

// Own says which of the ids belong to the workspace and are not deleted. It fails only
// when the store is away and memory does not know them all.
func (m *Memory) Own(workspace, kind string, ids []string) (map[string]bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	own := make(map[string]bool, len(ids))
	var ask []string
	for _, id := range ids {
		if o, ok := m.recent.GetIfPresent(key(kind, id)); ok {
			own[id] = o.Workspace == workspace && !o.Deleted
		} else {
			ask = append(ask, id)
		}
	}
	if len(ask) == 0 {
		return own, nil
	}
	stored, err := m.store.OwnObjects(ctx, workspace, kind, ask)
	for id := range stored {
		own[id] = true
	}
	return own, err
}
