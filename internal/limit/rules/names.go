package rules

import (
	"encoding/binary"
	"hash/maphash"
	"sync/atomic"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// counterName is what a rule's counter of some values is called.
type counterName struct {
	key    string // the values, told apart by their lengths
	id     limit.ID
	digits string // id as the ledger knows it
	values string // for people
}

// maxNames bounds how many names a rule remembers, maxKey how long the values may be,
// which callers choose. maxNames is a power of two.
const (
	maxNames = 1024
	maxKey   = 256
)

// names remembers what counters are called, since most calls mean one that was meant
// before. It has room for one name, and doubles it as often as others stand in their
// place. The zero value is ready; it is safe for concurrent use.
type names struct {
	slots   atomic.Pointer[[]atomic.Pointer[counterName]]
	clashes atomic.Int32
	seed    maphash.Seed
}

func newNames() names { return names{seed: maphash.MakeSeed()} }

// find gives the name of a key and where it has its place; nil = none is known.
func (n *names) find(key []byte) (*counterName, *atomic.Pointer[counterName]) {
	slots := n.slots.Load()
	if slots == nil {
		return nil, nil
	}
	slot := &(*slots)[0]
	if len(*slots) > 1 {
		slot = &(*slots)[maphash.Bytes(n.seed, key)&uint64(len(*slots)-1)]
	}
	if c := slot.Load(); c != nil && c.key == string(key) {
		return c, slot
	}
	return nil, slot
}

// put remembers a name in its place.
func (n *names) put(c *counterName, slot *atomic.Pointer[counterName]) {
	size := 1
	if slot != nil {
		if slot.Swap(c) == nil {
			return
		}
		slots := n.slots.Load()
		if size = len(*slots); size == maxNames || int(n.clashes.Add(1)) < size {
			return
		}
		size *= 2
	}
	slots := make([]atomic.Pointer[counterName], size)
	slots[maphash.String(n.seed, c.key)&uint64(size-1)].Store(c)
	n.clashes.Store(0)
	n.slots.Store(&slots)
}

// key tells the values of a call apart by their lengths, so that no two tuples give the
// same one.
func (r *Rule) key(f *Facts, b []byte) ([]byte, error) {
	for i := range r.values {
		v, err := r.values[i].of(f)
		if err != nil {
			return b, err
		}
		b = binary.AppendUvarint(append(b, 0), uint64(len(v)))
		b = append(b, v...)
	}
	return b, nil
}

// name gives what the counter of a call is called; scratch is used again.
func (r *Rule) name(f *Facts, scratch []byte) (*counterName, []byte, error) {
	b, err := r.key(f, append(scratch[:0], r.ID...))
	if err != nil {
		return nil, b, err
	}
	key := b[len(r.ID):]
	known, slot := r.names.find(key)
	if known != nil {
		return known, b, nil
	}
	c := &counterName{key: string(key), id: counterID(b)}
	if r.Unit == gateway.UnitCost {
		c.digits, c.values = c.id.String(), r.Values(f)
	}
	if len(key) <= maxKey {
		r.names.put(c, slot)
	}
	return c, b, nil
}

// Ledger gives how the ledger writes a counter of the rule: its digits, and what it counts
// of the call for people.
func (r *Rule) Ledger(f *Facts, counter limit.ID) (digits, values string) {
	var room [128]byte
	if key, err := r.key(f, room[:0]); err == nil {
		if c, _ := r.names.find(key); c != nil && c.id == counter && c.digits != "" {
			return c.digits, c.values
		}
	}
	return counter.String(), r.Values(f)
}
