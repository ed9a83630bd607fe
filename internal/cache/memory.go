package cache

import (
	"context"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Memory is the tier within the process, bounded by bytes. It lets go of what is asked
// for least; who asks takes no lock and allocates nothing. It has no goroutine.
type Memory struct {
	max     int64
	now     func() time.Time
	buckets []link // by key; each is a list of entries that only the holder of mu changes
	mask    uint64

	hits [stripes]stripe

	mu     sync.Mutex
	policy policy
	seen   int64 // hits when the policy last learned
	puts   int64 // since then
	stored int64
	closed bool
}

var _ Tier = (*Memory)(nil)

// bytesPerKey is what an answer takes at least, about: tables are made for so many.
const bytesPerKey = 2 << 10

// largest is the part of a memory that one answer may take.
const largest = 8

// NewMemory makes a memory of so many bytes. An answer that would take more than an eighth
// of it is not kept. now = nil is time.Now.
func NewMemory(max int64, now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	n := uint64(1) << bits.Len64(uint64(max/bytesPerKey)|63)
	m := &Memory{max: max, now: now, buckets: make([]link, n), mask: n - 1}
	m.policy = newPolicy(max, m.unlink)
	return m
}

// stripe is a part of a number that many write to. Each has cache lines of its own.
type stripe struct {
	n atomic.Int64
	_ [120]byte
}

const stripes = 16

// link leads to an entry; readers follow it while it is changed.
type link = atomic.Pointer[entry]

// uses counts how often an entry was asked for, at most mostCount times.
type uses struct{ n atomic.Uint32 }

func (u *uses) add() {
	if n := u.n.Load(); n < mostCount {
		u.n.Store(n + 1) // one that is lost among others does not matter
	}
}

func (u *uses) reset() uint32 {
	if u.n.Load() == 0 {
		return 0
	}
	return u.n.Swap(0)
}

func (u *uses) take(of *uses) { u.n.Store(of.n.Load()) }

func (m *Memory) bucket(key *Key) *link {
	return &m.buckets[binary.LittleEndian.Uint64(key[:])&m.mask]
}

func (m *Memory) find(key *Key) *entry {
	for e := m.bucket(key).Load(); e != nil; e = e.after.Load() {
		if e.key == *key {
			return e
		}
	}
	return nil
}

// Get implements Tier. Its error is always nil.
func (m *Memory) Get(_ context.Context, key Key) (*Answer, error) { return m.get(&key, m.now()), nil }

func (m *Memory) get(key *Key, now time.Time) *Answer {
	e := m.find(key)
	if e == nil || e.answer.Dead(now) {
		return nil
	}
	e.uses.add()
	m.hits[key[31]%stripes].n.Add(1)
	return e.answer
}

// Put implements Tier. Its error is always nil. It copies the texts of an answer, and its
// body where that is a small part of something larger, so that nothing else is kept alive.
func (m *Memory) Put(_ context.Context, key Key, a *Answer) error {
	now := m.now()
	e := &entry{key: key, answer: compact(a)}
	e.size = e.answer.Size()
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.find(&key)
	if e.size > m.max/largest || a.Dead(now) || m.closed {
		m.forget(old)
		return nil
	}
	b := m.bucket(&key)
	e.after.Store(b.Load())
	b.Store(e)
	if old != nil {
		m.unlink(old)
	}
	m.stored++
	m.policy.add(e, old, now)
	m.learn()
	return nil
}

// learn lets the policy adapt itself now and then.
func (m *Memory) learn() {
	const often = 32
	if m.puts++; m.puts%often != 0 {
		return
	}
	hits := m.found()
	if m.policy.adapt(hits-m.seen, m.puts) {
		m.seen, m.puts = hits, 0
	}
}

// found gives how many answers were found since the start.
func (m *Memory) found() (hits int64) {
	for i := range m.hits {
		hits += m.hits[i].n.Load()
	}
	return hits
}

// state is that of a tier but for what the others count.
func (m *Memory) state() TierState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return TierState{
		Name: InMemory, Answers: int64(m.policy.len()), Bytes: m.policy.bytes(), Hits: m.found(), Stored: m.stored, Evicted: m.policy.dropped,
	}
}

// Delete implements Tier. Its error is always nil.
func (m *Memory) Delete(_ context.Context, key Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(m.find(&key))
	return nil
}

// drop lets go of an answer unless another has taken its place.
func (m *Memory) drop(key *Key, a *Answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key); e != nil && e.answer == a {
		m.forget(e)
	}
}

func (m *Memory) forget(e *entry) {
	if e != nil {
		m.policy.remove(e)
		m.unlink(e)
	}
}

// unlink takes an entry from those that are found. Readers who are at it go on from there.
func (m *Memory) unlink(e *entry) {
	for at := m.bucket(&e.key); ; {
		in := at.Load()
		if in == e {
			at.Store(e.after.Load())
			return
		}
		at = &in.after
	}
}

// Sweep implements Tier. Its error is that of the context. It holds writers up for the
// time of some buckets only.
func (m *Memory) Sweep(ctx context.Context, dead func(*About) bool) (n int, err error) {
	const some = 1024
	now := m.now()
	for from := 0; from < len(m.buckets); from += some {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		n += m.sweep(m.buckets[from:min(from+some, len(m.buckets))], now, dead)
	}
	return n, nil
}

func (m *Memory) sweep(buckets []link, now time.Time, dead func(*About) bool) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range buckets {
		for e := buckets[i].Load(); e != nil; e = e.after.Load() {
			if e.answer.Dead(now) || dead != nil && dead(&e.answer.About) {
				m.forget(e)
				n++
			}
		}
	}
	return n
}

// Size implements Tier.
func (m *Memory) Size() (answers, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(m.policy.len()), m.policy.bytes()
}

// Close implements Tier. Nothing is kept afterwards. Its error is always nil.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	for i := range m.buckets {
		for e := m.buckets[i].Load(); e != nil; e = e.after.Load() {
			m.forget(e)
		}
	}
	return nil
}

// compact copies what could keep more alive than itself: texts that are parts of
// requests, and a body with much room behind it.
func compact(a *Answer) *Answer {
	c := *a
	texts := c.texts()
	var b strings.Builder
	n := 0
	for _, t := range texts {
		n += len(*t)
	}
	b.Grow(n)
	for _, t := range texts {
		b.WriteString(*t)
	}
	all := b.String()
	for _, t := range texts {
		*t, all = all[:len(*t)], all[len(*t):]
	}
	c.Tags = slices.Clone(c.Tags)
	for i, t := range c.Tags {
		c.Tags[i] = strings.Clone(t)
	}
	if cap(c.Body)-len(c.Body) > len(c.Body)/8+64 {
		c.Body = append(make([]byte, 0, len(c.Body)), c.Body...)
	}
	c.Marks = slices.Clip(c.Marks)
	return &c
}
