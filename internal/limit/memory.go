package limit

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// MemoryOptions are a memory engine's. All may be left out.
type MemoryOptions struct {
	// Clock tells the time; nil: time.Now, of which steps are seen a tenth of a second
	// late. It may step back a little.
	Clock func() time.Time
	// Spent is the ledger; nil: budgets begin at nothing, or at what was restored.
	Spent Spent
	// MaxCounters bounds how many counters are kept; 0: DefaultMaxCounters. Idle ones are
	// dropped first, then those that were not used for longest. Counters with open holds,
	// and budgets that the ledger may not know yet, stay even above it.
	MaxCounters int
}

// DefaultMaxCounters is how many counters a memory engine keeps: about 250 MB, and up to
// 12 KB more for each one that is in use all the time.
const DefaultMaxCounters = 1_000_000

// Memory is the engine of one node. A counter without usage takes no memory for long.
type Memory struct {
	clock    func() time.Time
	spent    Spent
	perShard int
	seed     [8]byte // first half of each hold's ID
	serial   atomic.Uint64
	earliest atomic.Int64 // no open hold expires before
	sweeping sync.Mutex
	listing  atomic.Int32 // snapshots that look at holds without their locks
	shards   []shard
	shift    uint // of an ID's hash, to its shard
	zones    zones
	asks     asks
}

var _ Engine = (*Memory)(nil)

// NewMemory returns an engine without any usage.
func NewMemory(o MemoryOptions) *Memory {
	m := &Memory{clock: o.Clock, spent: o.Spent}
	if m.clock == nil {
		m.clock = newClock()
	}
	if o.MaxCounters <= 0 {
		o.MaxCounters = DefaultMaxCounters
	}
	m.shards = make([]shard, shardsFor(runtime.GOMAXPROCS(0)))
	m.shift = uint(64 - bits.TrailingZeros(uint(len(m.shards))))
	m.perShard = (o.MaxCounters + len(m.shards) - 1) / len(m.shards)
	rand.Read(m.seed[:])
	m.earliest.Store(math.MaxInt64)
	m.asks.now = make(map[question]*answer)
	for i := range m.shards {
		m.shards[i].counters = make(map[ID]*counter)
	}
	return m
}

// Reserve implements Engine.
func (m *Memory) Reserve(ctx context.Context, claims []Claim, ttl time.Duration) (Verdict, error) {
	v, _, err := m.reserve(ctx, nil, nil, claims, ttl)
	return v, err
}

// reserve settles old before it decides, unless that is nil. It also tells when.
func (m *Memory) reserve(ctx context.Context, old *held, used []int64, claims []Claim, ttl time.Duration) (Verdict, int64, error) {
	t := m.clock()
	now := t.UnixNano()
	m.expire(now)
	h, states := newHeld(claims, t, ttl)
	set := m.locksOf(claims)
	all := set
	if old != nil {
		all |= old.set
	}
	if err := m.enter(ctx, all, h.charges, claims, now); err != nil {
		return Verdict{}, 0, err
	}
	if old != nil {
		m.close(old, now, used)
	}
	v := Verdict{States: states, Refused: -1}
	if !allot(claims, h.charges, h.Granted, now) {
		if v.Refused, v.Retry = decide(claims, h.charges, nil, now); v.Refused < 0 {
			grant(claims, h.charges, h.Granted, now)
		} else {
			clear(h.Granted)
		}
	}
	if v.Refused < 0 {
		h.by = m
		h.set = set
		due := grain(h.expires, int64(ttl))
		for i := range h.charges {
			h.charges[i].take(h.Granted[i], due, i)
		}
		m.changed(set)
		v.Hold = &h.Hold
		if set != 0 {
			m.open(h)
		}
	}
	tell(states, h.charges, now)
	m.unlock(all)
	return v, now, nil
}

// Peek implements Engine.
func (m *Memory) Peek(ctx context.Context, claims []Claim) (Verdict, error) {
	now := m.clock().UnixNano()
	m.expire(now)
	var few [6]charge
	charges := few[:0]
	if len(claims) > len(few) {
		charges = make([]charge, 0, len(claims))
	}
	charges = charges[:len(claims)]
	set := m.locksOf(claims)
	if err := m.enter(ctx, set, charges, claims, now); err != nil {
		return Verdict{}, err
	}
	defer m.unlock(set)
	v := Verdict{States: make([]State, len(claims))}
	v.Refused, v.Retry = decide(claims, charges, nil, now)
	tell(v.States, charges, now)
	return v, nil
}

// Extend implements Engine. What it takes counts now, not when the hold was taken. It
// returns ErrNotOpen for a hold that has expired or is settled.
func (m *Memory) Extend(ctx context.Context, hold *Hold, more []int64) (Verdict, error) {
	now := m.clock().UnixNano()
	m.expire(now)
	h := m.of(hold)
	claims := hold.Claims
	if h == nil || h.expires <= now {
		return Verdict{}, ErrNotOpen
	}
	if len(more) != int(h.claims) || len(claims) != len(more) {
		return Verdict{}, fmt.Errorf("limit: %d amounts for a hold of %d claims", len(more), h.claims)
	}
	charges := make([]charge, len(claims))
	set := m.locksOf(claims)
	if err := m.enter(ctx, set, charges, claims, now); err != nil {
		return Verdict{}, err
	}
	defer m.unlock(set)
	if h.settled || h.lapsed {
		return Verdict{}, ErrNotOpen
	}
	v := Verdict{States: make([]State, len(claims))}
	if v.Refused, v.Retry = decide(claims, charges, more, now); v.Refused < 0 {
		h.extend(charges, more, hold)
		m.changed(set)
		v.Hold = hold
	}
	tell(v.States, charges, now)
	return v, nil
}

// Settle implements Engine. A hold that is not known is settled already, or is so old
// that it counts nowhere any more.
func (m *Memory) Settle(_ context.Context, hold *Hold, used []int64) error {
	if hold == nil {
		return nil
	}
	_, err := m.settle(hold, used)
	return err
}

// settle also tells when it settled; zero is for a hold that is not known.
func (m *Memory) settle(hold *Hold, used []int64) (now int64, err error) {
	h, err := m.toSettle(hold, used)
	if h == nil {
		return 0, err
	}
	now = m.clock().UnixNano()
	m.lock(h.set)
	m.close(h, now, used)
	m.unlock(h.set)
	return now, nil
}

// toSettle gives what is known of a hold that used can settle; nil = nothing.
func (m *Memory) toSettle(hold *Hold, used []int64) (*held, error) {
	h := m.of(hold)
	if h != nil && len(used) != int(h.claims) {
		return nil, fmt.Errorf("limit: %d amounts to settle a hold of %d claims", len(used), h.claims)
	}
	return h, nil
}

// close settles a hold and lets go of it. It needs the locks.
func (m *Memory) close(h *held, now int64, used []int64) {
	h.settle(now, used)
	m.changed(h.set)
	if h.set != 0 {
		m.tableOf(h.set).remove(h)
	}
}

// Swap implements Engine.
func (m *Memory) Swap(ctx context.Context, old *Hold, used []int64, claims []Claim, ttl time.Duration) (Verdict, error) {
	v, _, err := m.swap(ctx, old, used, claims, ttl)
	return v, err
}

// swap also tells when it settled; zero is for a hold that is not known.
func (m *Memory) swap(ctx context.Context, old *Hold, used []int64, claims []Claim, ttl time.Duration) (Verdict, int64, error) {
	var h *held
	if old != nil {
		var err error
		if h, err = m.toSettle(old, used); err != nil {
			return Verdict{}, 0, err
		}
	}
	v, now, err := m.reserve(ctx, h, used, claims, ttl)
	if h == nil {
		now = 0
	}
	return v, now, err
}

// of gives what is known of a hold; nil = nothing any more.
func (m *Memory) of(hold *Hold) *held {
	if h := hold.kept; h != nil && [8]byte(hold.ID[:8]) == m.seed {
		return h
	}
	return m.get(hold.ID) // read from somewhere, or another engine's
}

func (m *Memory) get(id [16]byte) *held {
	for i := range m.shards {
		m.lock(1 << i)
		h := m.shards[i].holds.get(id)
		m.unlock(1 << i)
		if h != nil {
			return h
		}
	}
	return nil
}

// locksOf are the shards of all claims.
func (m *Memory) locksOf(claims []Claim) (set uint64) {
	for i := range claims {
		set |= 1 << m.shardOf(&claims[i].Counter)
	}
	return set
}

// enter takes a set of locks, those of all claims at least, and finds their counters;
// charges are one a claim. Budgets that the ledger has not been asked for are asked for
// first. On an error no lock is held.
func (m *Memory) enter(ctx context.Context, set uint64, charges []charge, claims []Claim, now int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for {
		m.lock(set)
		q, unknown, err := m.find(charges, claims, now)
		if err == nil && !unknown {
			return nil
		}
		m.unlock(set)
		if err == nil {
			err = m.learn(ctx, q)
		}
		if err != nil {
			return err
		}
	}
}

// find finds the counters of all claims, or what has to be asked about one first.
func (m *Memory) find(charges []charge, claims []Claim, now int64) (q question, unknown bool, err error) {
	for i := range claims {
		c, err := m.counter(&claims[i], now)
		if err != nil {
			return q, false, err
		}
		if m.spent != nil && c.calendar() && !c.asked {
			return question{c.id, c.start}, true, nil
		}
		charges[i].c = c
	}
	return q, false, nil
}

func (m *Memory) changed(set uint64) {
	if set != 0 {
		m.shards[first(set)].changes++
	}
}

// open makes a hold known, so that it expires and can be settled. It needs the locks.
func (m *Memory) open(h *held) {
	copy(h.ID[:8], m.seed[:])
	binary.BigEndian.PutUint64(h.ID[8:], m.serial.Add(1))
	m.tableOf(h.set).push(h)
	m.sooner(h.expires)
}

func (m *Memory) sooner(at int64) {
	for {
		old := m.earliest.Load()
		if old <= at || m.earliest.CompareAndSwap(old, at) {
			return
		}
	}
}

// expire ends the holds that have expired by now.
func (m *Memory) expire(now int64) {
	if now < m.earliest.Load() {
		return
	}
	m.sweeping.Lock()
	defer m.sweeping.Unlock()
	if now < m.earliest.Load() {
		return
	}
	m.earliest.Store(math.MaxInt64) // what opens from now on says so itself
	next := int64(math.MaxInt64)
	for i := range m.shards {
		next = min(next, m.expireHolds(i, now))
	}
	m.sooner(next)
}

// expireHolds does it for the holds of one shard, and returns when the next one expires.
func (m *Memory) expireHolds(i int, now int64) (next int64) {
	t, own := &m.shards[i].holds, uint64(1)<<i
	m.lock(own)
	defer m.unlock(own)
	for h := t.expired(now); h != nil; h = t.expired(now) {
		others := h.set &^ own // each is higher than i
		m.lock(others)
		h.lapse(now)
		m.unlock(others)
		m.changed(own)
		for _, old := range t.remember(h, now) {
			others := old.set &^ own
			m.lock(others)
			old.forget()
			m.unlock(others)
		}
	}
	if len(t.heap) == 0 {
		return math.MaxInt64
	}
	return t.heap[0].expires
}
