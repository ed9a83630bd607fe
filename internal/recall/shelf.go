package recall

import (
	"container/list"
	"hash/maphash"
	"sync"
	"time"
)

// shelves keep things under keys in bounded memory; what was not used for longest goes
// first. (Caches that keep what is used most often would let go of the latest answers of
// a busy gateway, which are the ones that are named next.) They are several so that
// callers seldom wait for each other.
type shelves struct {
	seed maphash.Seed
	all  [4]shelf
}

// kept is something that is kept, and its size in bytes.
type kept interface{ weight() int }

// shelf is one of them.
type shelf struct {
	mu    sync.Mutex
	at    map[string]*list.Element
	order list.List // of *box, the latest used first
	bytes int
	most  int
}

type box struct {
	key   string
	thing kept
	size  int
	used  time.Time
}

// overhead is about what a thing takes beside its own bytes.
const overhead = 200

func newShelves(maxBytes int) *shelves {
	s := &shelves{seed: maphash.MakeSeed()}
	for i := range s.all {
		s.all[i].at, s.all[i].most = map[string]*list.Element{}, maxBytes/len(s.all)
	}
	return s
}

func (s *shelves) of(key string) *shelf {
	return &s.all[maphash.String(s.seed, key)%uint64(len(s.all))]
}

// put keeps a thing in place of what was there.
func (s *shelf) put(key string, thing kept, now time.Time) {
	b := &box{key, thing, len(key) + thing.weight() + overhead, now}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.at[key]; old != nil {
		s.drop(old)
	}
	s.at[key] = s.order.PushFront(b)
	s.bytes += b.size
	for last := s.order.Back(); last != nil && (s.bytes > s.most || now.Sub(last.Value.(*box).used) > lifetime); last = s.order.Back() {
		s.drop(last)
	}
}

// get gives what is kept, nil when nothing is.
func (s *shelf) get(key string, now time.Time) kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.at[key]
	if e == nil {
		return nil
	}
	b := e.Value.(*box)
	if now.Sub(b.used) > lifetime {
		s.drop(e)
		return nil
	}
	b.used = now
	s.order.MoveToFront(e)
	return b.thing
}

func (s *shelf) drop(e *list.Element) {
	b := s.order.Remove(e).(*box)
	delete(s.at, b.key)
	s.bytes -= b.size
}
