package upstream

import (
	"math/bits"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const maxShards = 16

// pool keeps idle connections, the last used one first. It is split into shards, so
// that processors do not queue for one lock. A timer that runs only while something
// is idle closes what is too old or was closed by the host.
type pool struct {
	shards []shard
	each   int // connections a shard may hold
	clock  func() time.Duration

	armed  atomic.Bool
	closed atomic.Bool
	mu     sync.Mutex // guards timer, and is held while sweeping
	timer  *time.Timer
	every  time.Duration
}

type shard struct {
	size atomic.Int32 // len(list), to be read without the lock
	mu   sync.Mutex
	list []*conn
	_    [24]byte // shards do not share a cache line
}

func newPool(max int, idle time.Duration, clock func() time.Duration) *pool {
	n := 1 << bits.Len(uint(min(runtime.GOMAXPROCS(0), maxShards)-1)) // next power of two
	for n > max {
		n >>= 1
	}
	return &pool{shards: make([]shard, n), each: max / n, clock: clock, every: max1(idle / 4)}
}

func max1(d time.Duration) time.Duration { return max(d, time.Millisecond) }

// get takes an idle connection out of the pool, nil when there is none. Whether it is
// still good is for the caller to find out.
func (p *pool) get() *conn {
	first := rand.Uint32()
	for i := range p.shards {
		s := &p.shards[(first+uint32(i))&uint32(len(p.shards)-1)]
		if s.size.Load() == 0 {
			continue
		}
		if c := s.pop(); c != nil {
			return c
		}
	}
	return nil
}

func (s *shard) pop() *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.list)
	if n == 0 {
		return nil
	}
	c := s.list[n-1]
	s.list[n-1] = nil
	s.list = s.list[:n-1]
	s.size.Store(int32(n - 1))
	return c
}

// put keeps a connection and reports whether it did: a full or closed pool does not.
func (p *pool) put(c *conn) bool {
	for i := range p.shards {
		if p.shards[(c.shard+uint32(i))&uint32(len(p.shards)-1)].push(p, c) {
			if !p.armed.Load() {
				p.arm()
			}
			return true
		}
	}
	return false
}

func (s *shard) push(p *pool, c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) >= p.each || p.closed.Load() {
		return false
	}
	s.list = append(s.list, c)
	s.size.Store(int32(len(s.list)))
	return true
}

// arm starts the sweeping timer unless it runs already.
func (p *pool) arm() {
	if !p.armed.CompareAndSwap(false, true) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed.Load():
	case p.timer == nil:
		p.timer = time.AfterFunc(p.every, p.sweep)
	default:
		p.timer.Reset(p.every)
	}
}

// sweep closes the connections that are of no more use.
func (p *pool) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	for i := range p.shards {
		for _, c := range p.shards[i].take(func(c *conn) bool { return c.stale(now) || !c.quiet() }) {
			c.hangUp()
		}
	}
	p.armed.Store(false)
	if !p.closed.Load() && !p.empty() && p.armed.CompareAndSwap(false, true) {
		p.timer.Reset(p.every)
	}
}

func (p *pool) empty() bool {
	for i := range p.shards {
		if p.shards[i].size.Load() > 0 {
			return false
		}
	}
	return true
}

// take removes and gives the connections that are not wanted.
func (s *shard) take(unwanted func(*conn) bool) (taken []*conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.list[:0]
	for _, c := range s.list {
		if unwanted(c) {
			taken = append(taken, c)
		} else {
			kept = append(kept, c)
		}
	}
	clear(s.list[len(kept):])
	s.list = kept
	s.size.Store(int32(len(kept)))
	return taken
}

// close empties the pool for good and waits for a sweep in progress.
func (p *pool) close() {
	p.closed.Store(true)
	for i := range p.shards {
		for _, c := range p.shards[i].take(func(*conn) bool { return true }) {
			c.hangUp()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
	}
}
