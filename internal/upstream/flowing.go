package upstream

import (
	"sync"
	"sync/atomic"
	"time"
)

// recheck is how long a stream stays silent after a read that left room in the buffer
// before its connection is asked once more: when the connection's end came in the same
// moment as its last bytes, no further sign of it will come.
const recheck = 250 * time.Millisecond

// flowing are the connections of one client whose bodies are being read by flow. One
// timer looks after all of them, so that a stream needs none of its own; it rests while
// there are none.
type flowing struct {
	now    func() time.Duration
	armed  atomic.Bool
	timer  *time.Timer
	shards [8]struct { // several, so that no lock is everybody's
		mu   sync.Mutex
		list []*conn
	}
}

func (f *flowing) init(now func() time.Duration) {
	f.now = now
	f.timer = time.AfterFunc(time.Hour, f.sweep)
	f.timer.Stop()
}

func (f *flowing) add(c *conn) {
	c.unsure.Store(0)
	s := &f.shards[c.shard%uint32(len(f.shards))]
	s.mu.Lock()
	c.flowAt = len(s.list)
	s.list = append(s.list, c)
	s.mu.Unlock()
	f.arm()
}

// remove ends the looking: when it returns, nothing touches the connection any more.
func (f *flowing) remove(c *conn) {
	s := &f.shards[c.shard%uint32(len(f.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.list) - 1
	s.list[c.flowAt] = s.list[last]
	s.list[c.flowAt].flowAt = c.flowAt
	s.list[last] = nil
	s.list = s.list[:last]
}

func (f *flowing) arm() {
	if !f.armed.Load() && f.armed.CompareAndSwap(false, true) {
		f.timer.Reset(recheck)
	}
}

// sweep wakes those that have been silent for long enough. Their deadlines are not what
// they take them for then, which they find out when they wake.
func (f *flowing) sweep() {
	f.armed.Store(false) // before the lists are looked at: who is added later arms it again
	before := int64(f.now() - recheck)
	any := false
	for i := range f.shards {
		s := &f.shards[i]
		s.mu.Lock()
		for _, c := range s.list {
			if t := c.unsure.Load(); t > 0 && t < before && c.unsure.CompareAndSwap(t, 0) {
				c.nc.SetReadDeadline(past)
			}
		}
		any = any || len(s.list) > 0
		s.mu.Unlock()
	}
	if any {
		f.arm()
	}
}
