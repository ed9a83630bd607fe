package limit

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// maxShards is how many parts the counters may be in: as many as a uint64 has bits, so
// that the locks of one decision are a set of bits, taken from the lowest on.
const maxShards = 64

// shardsFor gives how many parts there are, a power of two: so many that processors seldom
// meet in one, and no more, since each costs a decision a lock.
func shardsFor(processors int) int {
	n := 1
	for n < 4*(processors-1) && n < maxShards {
		n *= 2
	}
	return n
}

// shard is one part of the counters, with the holds whose first lock it is, under one lock.
type shard struct {
	mu       sync.Mutex
	holds    table
	counters map[ID]*counter
	ring     []*counter // the same ones, for the hand that looks for idle ones
	hand     int
	changes  uint64
	_        [64]byte
}

func (m *Memory) shardOf(id *ID) uint {
	h := binary.LittleEndian.Uint64(id[:8]) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(id[8:]), 32)
	return uint(h * 0x9e3779b97f4a7c15 >> m.shift)
}

// tableOf gives the table of the holds with a set of locks. It needs the lowest of them.
func (m *Memory) tableOf(set uint64) *table { return &m.shards[first(set)].holds }

func (m *Memory) lock(set uint64) {
	for ; set != 0; set &= set - 1 {
		m.shards[bits.TrailingZeros64(set)].mu.Lock()
	}
}

func (m *Memory) unlock(set uint64) {
	for ; set != 0; set &= set - 1 {
		m.shards[bits.TrailingZeros64(set)].mu.Unlock()
	}
}

// counter returns the counter of a claim, brought to now, and makes it when there is
// none or when it counts in another way. It needs the lock of its shard.
func (m *Memory) counter(cl *Claim, now int64) (*counter, error) {
	s := &m.shards[m.shardOf(&cl.Counter)]
	c := s.find(cl)
	if c == nil || !c.same(cl.Window, cl.Open) {
		var err error
		if c, err = m.create(s, cl.Counter, cl.Window, cl.Open, now); err != nil {
			return nil, err
		}
	}
	c.touched = now
	c.roll(cl.Window, now)
	return c, nil
}

// find finds the counter of a claim; nil = there is none.
func (s *shard) find(cl *Claim) *counter {
	if cl.Spot == nil {
		return s.counters[cl.Counter]
	}
	c := cl.Spot.last.Load()
	if c == nil || c.home != s || c.gone || c.id != cl.Counter {
		c = s.counters[cl.Counter]
		cl.Spot.last.Store(c)
	}
	return c
}

// put makes c the counter of its ID.
func (s *shard) put(c *counter) {
	if old := s.counters[c.id]; old != nil {
		old.gone = true
	}
	c.home = s
	s.counters[c.id] = c
	s.ring = append(s.ring, c)
}

func (m *Memory) create(s *shard, id ID, w *gateway.Window, open bool, now int64) (*counter, error) {
	loc := time.UTC
	if !open && w.Period != "" && w.Zone != "" {
		var err error
		if loc, err = m.zones.load(w.Zone); err != nil {
			return nil, err
		}
	}
	m.tidy(s, now)
	c := newCounter(id, w, open, loc)
	s.put(c)
	return c, nil
}

// tidy looks at the next counters of a shard and drops those that are idle, two for each
// that is made. A shard that is full also drops the one, of some, that was not touched
// for longest.
func (m *Memory) tidy(s *shard, now int64) {
	look, full := 2, len(s.ring) >= m.perShard
	if full {
		look = 16
	}
	var oldest *counter
	for ; look > 0 && len(s.ring) > 0; look-- {
		if s.hand++; s.hand >= len(s.ring) {
			s.hand = 0
		}
		c := s.ring[s.hand]
		if c.pins > 0 || c.touched >= now { // in use, if not by the very ask that makes room
			continue
		}
		c.roll(c.win, now)
		if c.idle(now) || s.counters[c.id] != c {
			s.drop(s.hand)
			full = false
		} else if m.expendable(c, now) && (oldest == nil || c.touched < oldest.touched) {
			oldest = c
		}
	}
	if full && oldest != nil {
		for i, c := range s.ring {
			if c == oldest {
				s.drop(i)
				break
			}
		}
	}
}

// expendable reports whether c may be forgotten for want of space. A budget may when the
// ledger has had the time to learn of all that it holds.
func (m *Memory) expendable(c *counter, now int64) bool {
	return !c.calendar() || m.spent != nil && now-c.touched > int64(10*time.Minute)
}

func (s *shard) drop(i int) {
	c, last := s.ring[i], len(s.ring)-1
	if s.counters[c.id] == c {
		delete(s.counters, c.id)
		c.gone = true
	}
	s.ring[i] = s.ring[last]
	s.ring[last] = nil
	s.ring = s.ring[:last]
}
