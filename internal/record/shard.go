package record

import (
	"slices"
	"sync"
	"unsafe"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// shards are the buffers that request goroutines encode into: as many as processors,
// so that they seldom meet. A pool serves as the hint which shard this processor used last.
type shards struct {
	all  []shard
	hint sync.Pool
}

type shard struct {
	shardState
	_ [128 - unsafe.Sizeof(shardState{})%128]byte // no two shards share a cache line
}

type shardState struct {
	mu     sync.Mutex
	chunk  *chunk
	total  int64 // entries that ever came in
	closed bool
}

func newShards(n int) *shards {
	s := &shards{all: make([]shard, n)}
	for i := range s.all {
		s.all[i].chunk = new(chunk)
	}
	var mu sync.Mutex
	turn := 0
	s.hint.New = func() any {
		mu.Lock()
		defer mu.Unlock()
		turn++
		return &s.all[turn%n]
	}
	return s
}

// add encodes e into some shard, with its bodies sealed unless that is nil, and tells how
// many bytes wait there; false after close.
func (s *shards) add(e *gateway.Entry, sealed []byte) (waiting int, ok bool) {
	sh := s.hint.Get().(*shard)
	if !sh.mu.TryLock() {
		sh = s.lockAny(sh)
	}
	waiting, ok = sh.addLocked(e, sealed)
	sh.mu.Unlock()
	s.hint.Put(sh)
	return waiting, ok
}

// addInOrder is add into the one shard that keeps the order of all that is added so.
func (s *shards) addInOrder(e *gateway.Entry, sealed []byte) (waiting int, ok bool) {
	sh := &s.all[0]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.addLocked(e, sealed)
}

// addLocked is add under mu.
func (sh *shard) addLocked(e *gateway.Entry, sealed []byte) (waiting int, ok bool) {
	if sh.closed {
		return 0, false
	}
	sh.total++
	return sh.chunk.add(e, sealed), true
}

// lockAny locks a shard that is free, else waits for the first.
func (s *shards) lockAny(first *shard) *shard {
	for i := range s.all {
		if s.all[i].mu.TryLock() {
			return &s.all[i]
		}
	}
	first.mu.Lock()
	return first
}

// A chunk's buffer is doubled before it is full: append alone lets large slices grow by
// a quarter, which in a burst copies each byte five times.
const (
	usualRecord = 4 << 10
	firstBuffer = 4 * usualRecord
)

// add encodes e at the chunk's end and gives the chunk's size.
func (c *chunk) add(e *gateway.Entry, sealed []byte) int {
	if cap(c.buf)-len(c.buf) < usualRecord {
		c.buf = slices.Grow(c.buf, max(cap(c.buf), firstBuffer))
	}
	start := len(c.buf)
	c.buf = appendRecord(c.buf, e, sealed)
	c.refs = append(c.refs, ref{id: identOf(e.ID), off: uint32(start), size: uint32(len(c.buf) - start)})
	c.entries = append(c.entries, e)
	return len(c.buf)
}

// swap takes what waits in a shard and leaves spare; nil when nothing waits.
func (sh *shard) swap(spare *chunk) *chunk {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if len(sh.chunk.refs) == 0 {
		return nil
	}
	full := sh.chunk
	sh.chunk = spare
	return full
}

// close makes every later add fail.
func (s *shards) close() {
	for i := range s.all {
		s.all[i].mu.Lock()
		s.all[i].closed = true
		s.all[i].mu.Unlock()
	}
}

// count tells how many entries ever came in, and how many bytes wait.
func (s *shards) count() (entries, bytes int64) {
	for i := range s.all {
		s.all[i].mu.Lock()
		entries += s.all[i].total
		bytes += int64(len(s.all[i].chunk.buf))
		s.all[i].mu.Unlock()
	}
	return entries, bytes
}
