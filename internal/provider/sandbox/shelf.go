package sandbox

import (
	"slices"
	"sync"
)

const (
	shelfCount = 1000
	shelfBytes = 64 << 20
)

// shelf keeps objects of one kind by their id: at most 1,000 and 64 MiB, the oldest
// going first. It is safe for concurrent use; what it holds is never changed in place.
type shelf[T any] struct {
	mu    sync.Mutex
	items map[string]shelved[T]
	order []string // oldest first
	bytes int
	made  int
}

type shelved[T any] struct {
	value T
	size  int
}

func newShelf[T any]() *shelf[T] { return &shelf[T]{items: map[string]shelved[T]{}} }

// next counts a creation. Objects are numbered as they are made, so that two uploads of
// the same bytes are two objects.
func (s *shelf[T]) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	return s.made
}

// put stores an object that takes size bytes, in place of any with its id.
func (s *shelf[T]) put(id string, value T, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.items[id]; ok {
		s.bytes -= old.size
	} else {
		s.order = append(s.order, id)
	}
	s.items[id] = shelved[T]{value, size}
	s.bytes += size
	for len(s.order) > shelfCount || (s.bytes > shelfBytes && len(s.order) > 1) {
		s.drop(s.order[0])
		s.order = s.order[1:]
	}
}

func (s *shelf[T]) get(id string) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.items[id]
	return v.value, ok
}

// change puts what f makes of an object in its place, and reports whether there was one.
// The object's size stays; f must not use the shelf.
func (s *shelf[T]) change(id string, f func(T) T) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.items[id]
	if ok {
		v.value = f(v.value)
		s.items[id] = v
	}
	return v.value, ok
}

// remove reports whether there was such an object.
func (s *shelf[T]) remove(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.order, id)
	if i < 0 {
		return false
	}
	s.order = slices.Delete(s.order, i, i+1)
	s.drop(id)
	return true
}

func (s *shelf[T]) drop(id string) {
	s.bytes -= s.items[id].size
	delete(s.items, id)
}

// list gives the objects, newest first.
func (s *shelf[T]) list() []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]T, 0, len(s.order))
	for _, id := range slices.Backward(s.order) {
		out = append(out, s.items[id].value)
	}
	return out
}
