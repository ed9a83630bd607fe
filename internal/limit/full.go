package limit

import (
	"sync"
	"sync/atomic"
	"time"
)

// Full remembers counters that had no room left, until room begins to come back: calls
// can be refused by it before anything else is done for them, and without asking the
// engine. It errs only towards letting pass. It is safe for concurrent use; the zero value is ready.
type Full struct {
	size   atomic.Int64
	shards [16]struct {
		mu    sync.Mutex
		until map[ID]time.Time
	}
}

// maxFull bounds what one shard remembers.
const maxFull = 4096

// None reports whether nothing is remembered, which is what most calls find.
func (f *Full) None() bool { return f.size.Load() == 0 }

// Wait gives how long the counter has no room, 0 when it may have some.
func (f *Full) Wait(id ID, now time.Time) time.Duration {
	s := &f.shards[id[0]%uint8(len(f.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.until[id]
	if !ok {
		return 0
	}
	if d := until.Sub(now); d > 0 {
		return d
	}
	delete(s.until, id)
	f.size.Add(-1)
	return 0
}

// Note takes over what a decision has told of its counters: those without room that
// comes back by itself, not when calls end.
func (f *Full) Note(claims []Claim, v *Verdict, now time.Time) {
	for i := range v.States {
		c, st := &claims[i], v.States[i]
		if c.Open || c.Observe || st.Used < st.Max+c.Window.Burst || st.Reset <= 0 {
			continue
		}
		f.put(c.Counter, now.Add(st.Reset), now)
	}
}

func (f *Full) put(id ID, until, now time.Time) {
	s := &f.shards[id[0]%uint8(len(f.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until == nil {
		s.until = map[ID]time.Time{}
	}
	if _, known := s.until[id]; !known {
		if len(s.until) >= maxFull {
			for old, t := range s.until {
				if !t.After(now) {
					delete(s.until, old)
					f.size.Add(-1)
				}
			}
			if len(s.until) >= maxFull {
				return
			}
		}
		f.size.Add(1)
	}
	s.until[id] = until
}

// Forget says that a counter may have room again: a hold on it was settled for less.
func (f *Full) Forget(claims []Claim) {
	if f.None() {
		return
	}
	for i := range claims {
		s := &f.shards[claims[i].Counter[0]%uint8(len(f.shards))]
		s.mu.Lock()
		if _, known := s.until[claims[i].Counter]; known {
			delete(s.until, claims[i].Counter)
			f.size.Add(-1)
		}
		s.mu.Unlock()
	}
}
