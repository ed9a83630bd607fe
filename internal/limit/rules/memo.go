package rules

import (
	"hash/maphash"
	"sync/atomic"
)

// maxMemo is how many things a memo remembers at the most. It is a power of two.
const maxMemo = 1024

// memo remembers what was worked out before, since most calls mean something that was
// meant before. It has room for one thing, and doubles it as often as others stand in
// their place. Whoever gets something looks whether it is the right one. It is safe for
// concurrent use.
type memo[T any] struct {
	slots   atomic.Pointer[[]atomic.Pointer[T]]
	clashes atomic.Int32
	seed    maphash.Seed
}

func newMemo[T any]() memo[T] { return memo[T]{seed: maphash.MakeSeed()} }

// get gives what stands in the place of a hash; nil = nothing.
func (m *memo[T]) get(hash uint64) *T {
	slots := m.slots.Load()
	if slots == nil {
		return nil
	}
	return (*slots)[hash&uint64(len(*slots)-1)].Load()
}

// put remembers something in its place.
func (m *memo[T]) put(hash uint64, v *T) {
	size := 1
	if slots := m.slots.Load(); slots != nil {
		size = len(*slots)
		if (*slots)[hash&uint64(size-1)].Swap(v) == nil || size == maxMemo || int(m.clashes.Add(1)) < size {
			return
		}
		size *= 2
	}
	slots := make([]atomic.Pointer[T], size)
	slots[hash&uint64(size-1)].Store(v)
	m.clashes.Store(0)
	m.slots.Store(&slots)
}

// crowded reports whether so much is asked for that what is put in a place is seldom
// found there again: then it is not worth the work for all but a few.
func (m *memo[T]) crowded() bool {
	slots := m.slots.Load()
	return slots != nil && len(*slots) == maxMemo && m.clashes.Add(1)&15 != 0
}
