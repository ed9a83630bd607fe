package bodykey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Read learns what the store has: keys that other nodes made, and which were destroyed.
func (k *Keys) Read(ctx context.Context) error {
	k.storing.Lock() // a key that is stored meanwhile would seem to be gone
	defer k.storing.Unlock()
	return k.read(ctx)
}

// read is Read under storing.
func (k *Keys) read(ctx context.Context) error {
	rows, err := k.c.Store.BodyKeys(ctx)
	if err != nil {
		return err
	}
	opened, err := k.openRows(ctx, rows)
	if err != nil {
		return err
	}
	k.sweepFile()
	k.mu.Lock()
	defer k.mu.Unlock()
	newest := map[string]gateway.BodyKey{}
	there := make(map[gateway.BodyKeyID]bool, len(rows))
	for _, row := range rows {
		there[row.ID] = true
		k.take(&row, opened[row.ID])
		if row.Destroyed == nil && k.usable(row.ID) && row.Version >= newest[row.Workspace].Version {
			newest[row.Workspace] = row
		}
	}
	k.dropOthers(there)
	k.current.Range(func(workspace, v any) bool {
		if _, has := newest[workspace.(string)]; !has && v.(*key).raw == nil {
			k.current.Delete(workspace)
		}
		return true
	})
	for workspace, row := range newest {
		if v, ok := k.current.Load(workspace); ok && v.(*key).raw != nil {
			continue // made here just now, and newer than all
		}
		v, _ := k.known.Load(row.ID)
		k.current.Store(workspace, v)
	}
	return nil
}

// openRows opens the keys that are not known yet. What cannot be opened is left out, unless
// it is the store that is away.
func (k *Keys) openRows(ctx context.Context, rows []gateway.BodyKey) (map[gateway.BodyKeyID][]byte, error) {
	opened := map[gateway.BodyKeyID][]byte{}
	for _, row := range rows {
		if row.Destroyed != nil || k.usable(row.ID) {
			continue
		}
		raw, err := k.c.Vault.OpenKey(ctx, row.ID.String(), row.Sealed)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil && len(raw) != 32 {
			err = errors.New("it has a wrong size")
		}
		if err != nil {
			k.warn(&row, err)
			continue
		}
		opened[row.ID] = raw
	}
	return opened, nil
}

// warn says once that keys cannot be opened.
func (k *Keys) warn(row *gateway.BodyKey, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.told {
		k.told = true
		k.c.Log.Error("a key of bodies does not open; what it has sealed cannot be read, and waits in the spool", "workspace", row.Workspace, "key", row.ID.String(), "error", err)
	}
}

func (k *Keys) usable(id gateway.BodyKeyID) bool {
	is := k.find(id)
	return is != nil && is.aead != nil
}

// take makes a row of the store what is known of that key. raw is nil unless it was opened
// just now. Under mu.
func (k *Keys) take(row *gateway.BodyKey, raw []byte) {
	switch {
	case row.Destroyed != nil:
		k.known.Store(row.ID, &key{id: row.ID, workspace: row.Workspace, why: gateway.ErrBodyErased})
	case raw != nil && !k.usable(row.ID):
		k.known.Store(row.ID, &key{id: row.ID, workspace: row.Workspace, created: row.Created, aead: newAEAD(raw)})
	case !k.usable(row.ID):
		k.known.Store(row.ID, &key{id: row.ID, workspace: row.Workspace, why: gateway.ErrBodyLocked})
	}
}

// dropOthers notes that keys are gone which the store has not any more, but for those that
// a file may hold which could not be read. Under mu.
func (k *Keys) dropOthers(there map[gateway.BodyKeyID]bool) {
	unread := k.unread()
	k.known.Range(func(id, v any) bool {
		if is := v.(*key); !there[is.id] && is.raw == nil && !(unread && is.locked()) {
			k.known.Store(is.id, &key{id: is.id, workspace: is.workspace, why: gateway.ErrBodyErased})
		}
		return true
	})
}

// learn finds out about a key that is not known here; afterwards it is.
func (k *Keys) learn(ctx context.Context, id gateway.BodyKeyID) error {
	if err := k.Read(ctx); err != nil {
		return err
	}
	why := gateway.ErrBodyErased
	if k.unread() {
		why = gateway.ErrBodyLocked
	}
	k.known.LoadOrStore(id, &key{id: id, why: why})
	return nil
}

// Settle sees to it that what keys have sealed can go to the store: they are stored, and
// known here or gone. Each id stands for one call.
func (k *Keys) Settle(ctx context.Context, ids []gateway.BodyKeyID) error {
	if err := k.storeWaiting(ctx); err != nil {
		return err
	}
	for _, id := range ids {
		of := k.find(id)
		if of == nil || of.locked() {
			if err := k.learn(ctx, id); err != nil {
				return err
			}
			of = k.find(id)
		}
		if of.locked() {
			return fmt.Errorf("%s of workspace %s: %w", id, of.workspace, of.why)
		}
		k.count(of)
	}
	return nil
}

// find gives a key that is known here, or nil.
func (k *Keys) find(id gateway.BodyKeyID) *key {
	if v, ok := k.known.Load(id); ok {
		return v.(*key)
	}
	return nil
}

// locked reports whether a key is there and cannot be opened.
func (is *key) locked() bool { return is.aead == nil && errors.Is(is.why, gateway.ErrBodyLocked) }

// count counts a call, and gives a workspace a new key where the one it has did enough.
func (k *Keys) count(of *key) {
	k.mu.Lock()
	defer k.mu.Unlock()
	of.calls++
	if v, ok := k.current.Load(of.workspace); ok && v == of && (of.calls >= maxCalls || k.c.Clock().Sub(of.created) >= maxAge) {
		k.add(of.workspace)
	}
}

// storeWaiting brings keys to the store that it does not have.
func (k *Keys) storeWaiting(ctx context.Context) error {
	k.storing.Lock()
	defer k.storing.Unlock()
	k.mu.Lock()
	waiting, left := k.waiting, k.left
	k.mu.Unlock()
	if len(waiting) == 0 && len(left) == 0 {
		return nil
	}
	rows := slices.Clone(left)
	for _, one := range waiting {
		sealed, err := k.c.Vault.SealKey(ctx, one.id.String(), one.raw)
		if err != nil {
			return fmt.Errorf("seal a key of bodies: %w", err)
		}
		rows = append(rows, gateway.BodyKey{ID: one.id, Workspace: one.workspace, Created: one.created, Sealed: sealed})
	}
	k.writeFile(rows)
	for _, row := range rows {
		if err := k.c.Store.AddBodyKey(ctx, row); err != nil {
			return err
		}
	}
	k.stored(len(waiting))
	if len(left) > 0 {
		return k.read(ctx)
	}
	return nil
}

// stored notes that the store has the first keys that waited.
func (k *Keys) stored(n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, one := range k.waiting[:n] {
		kept := new(key)
		*kept = *one
		kept.raw = nil
		k.known.CompareAndSwap(one.id, one, kept)
		k.current.CompareAndSwap(one.workspace, one, kept)
	}
	k.waiting, k.left = k.waiting[n:], nil
	if len(k.waiting) == 0 {
		k.removeFile()
	}
}

// retry is how long Run waits after an error, at first and at most.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// Run stores new keys until ctx ends.
func (k *Keys) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		}
		for wait := firstRetry; k.storeWaiting(ctx) != nil; wait = min(2*wait, lastRetry) {
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
		}
	}
}
