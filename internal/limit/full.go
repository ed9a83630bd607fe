package limit

import (
	"sync"
	"sync/atomic"
	"time"
)

// Full remembers for a moment which counters had no room left: calls can be refused by it
// before anything else is done for them, and without asking the engine. It is safe for concurrent use; the zero value is ready.
type Full struct {
	size   atomic.Int64
	shards [16]struct {
		mu    sync.Mutex
		until map[ID]fullness
	}
}

// fullness is until when a counter has no room, as long as no more is allowed.
type fullness struct {
	until time.Time
	ask   time.Time // from when on the engine has to say so again
	room  int64     // of the window that was full
}

// believed is how long a counter is taken to be full without asking again: holds expire,
// other nodes settle, and what they share goes away.
const believed = 250 * time.Millisecond

// room is what a window may hold at once.
func (c *Claim) room() int64 { return addSat(c.Window.Max, c.Window.Burst) }

// maxFull bounds what one shard remembers.
const maxFull = 4096

// None reports whether nothing is remembered, which is what most calls find.
func (f *Full) None() bool { return f.size.Load() == 0 }

// Wait gives how long a claim's counter has no room, 0 when it may have some: also when
// its window was made larger since.
func (f *Full) Wait(c *Claim, now time.Time) time.Duration {
	s := &f.shards[c.Counter[0]%uint8(len(f.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	full, ok := s.until[c.Counter]
	if !ok {
		return 0
	}
	if d := full.until.Sub(now); d > 0 && now.Before(full.ask) && c.room() <= full.room {
		return d
	}
	delete(s.until, c.Counter)
	f.size.Add(-1)
	return 0
}

// Note takes over what a decision has told of its counters: those without room that
// comes back by itself, not when calls end. The zero now means the present, which is asked
// for only where it is needed.
func (f *Full) Note(claims []Claim, v *Verdict, now time.Time) {
	for i := range v.States {
		c, st := &claims[i], v.States[i]
		if c.Open || c.Observe || st.Used < st.Max+c.Window.Burst || st.Reset <= 0 {
			continue
		}
		if now.IsZero() {
			now = time.Now()
		}
		f.put(c.Counter, fullness{now.Add(st.Reset), now.Add(believed), c.room()}, now)
	}
}

func (f *Full) put(id ID, full fullness, now time.Time) {
	s := &f.shards[id[0]%uint8(len(f.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until == nil {
		s.until = map[ID]fullness{}
	}
	if _, known := s.until[id]; !known {
		if len(s.until) >= maxFull {
			for old, other := range s.until {
				if !other.ask.After(now) {
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
	s.until[id] = full
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
