// Package limittest is the conformance suite of limit's engines: each runs all of it.
package limittest

import (
	"context"
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// Harness is one engine without any usage, made for one test.
type Harness struct {
	Engine limit.Engine
	// Now is the engine's clock. nil: time.Now.
	Now func() time.Time
	// Advance moves the engine's clock on. nil: it cannot be set; then only the cases
	// run that get by with short spans of real time.
	Advance func(time.Duration)
	// Ledger is the one whose Spent the engine asks. nil: it asks none.
	Ledger *Ledger
	// Grain is how exactly the engine's clock reads; 0: a nanosecond.
	Grain time.Duration
}

// Ledger is a ledger for tests. It is safe for concurrent use.
type Ledger struct {
	mu    sync.Mutex
	spent map[limit.ID]int64
	asked map[limit.ID]int
	since map[limit.ID]time.Time
	fail  error
}

// NewLedger returns an empty one.
func NewLedger() *Ledger {
	return &Ledger{spent: map[limit.ID]int64{}, asked: map[limit.ID]int{}, since: map[limit.ID]time.Time{}}
}

// Set says what a counter has spent in the period that is asked about next.
func (l *Ledger) Set(id limit.ID, spent int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spent[id] = spent
}

// Fail makes each further question fail, until it is called with nil.
func (l *Ledger) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail = err
}

// Asked tells how often a counter was asked about, and from when on the last time.
func (l *Ledger) Asked(id limit.ID) (times int, since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked[id], l.since[id]
}

// Spent is a limit.Spent.
func (l *Ledger) Spent(ctx context.Context, id limit.ID, since time.Time) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked[id]++
	l.since[id] = since
	if l.fail != nil {
		return 0, l.fail
	}
	return l.spent[id], ctx.Err()
}

// bench is a harness in use by a test.
type bench struct {
	*testing.T
	Harness
}

func (b *bench) now() time.Time {
	if b.Now == nil {
		return time.Now()
	}
	return b.Now()
}

// pass lets time pass.
func (b *bench) pass(d time.Duration) {
	if b.Advance != nil {
		b.Advance(d)
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}

// until lets time pass until t.
func (b *bench) until(t time.Time) {
	b.Helper()
	if d := t.Sub(b.now()); d > 0 {
		b.pass(d)
	} else if d < 0 {
		b.Fatalf("the clock is at %v, after %v", b.now(), t)
	}
}

// align goes to the next moment that is a whole multiple of d since 1970.
func (b *bench) align(d time.Duration) {
	n := b.now().UnixNano()
	b.until(time.Unix(0, (n/int64(d)+1)*int64(d)))
}

func (b *bench) reserve(ttl time.Duration, claims ...limit.Claim) limit.Verdict {
	b.Helper()
	v, err := b.Engine.Reserve(context.Background(), claims, ttl)
	if err != nil {
		b.Fatalf("reserve: %v", err)
	}
	b.check(v, len(claims))
	return v
}

func (b *bench) check(v limit.Verdict, claims int) {
	b.Helper()
	switch {
	case len(v.States) != claims:
		b.Fatalf("%d states for %d claims", len(v.States), claims)
	case v.Refused < -1 || v.Refused >= claims:
		b.Fatalf("refused claim %d of %d", v.Refused, claims)
	case v.Refused >= 0 && (v.Hold != nil || v.Retry == 0):
		b.Fatalf("a refusal with hold %v, retry %v", v.Hold, v.Retry)
	}
}

// take reserves and demands that it is granted.
func (b *bench) take(ttl time.Duration, claims ...limit.Claim) *limit.Hold {
	b.Helper()
	v := b.reserve(ttl, claims...)
	if v.Hold == nil {
		b.Fatalf("refused for claim %d, retry in %v, states %+v", v.Refused, v.Retry, v.States)
	}
	return v.Hold
}

// spend takes and settles with what was wanted.
func (b *bench) spend(claims ...limit.Claim) {
	b.Helper()
	h := b.take(time.Minute, claims...)
	b.settle(h, h.Granted...)
}

// refuse reserves and demands that claim is refused.
func (b *bench) refuse(claim int, claims ...limit.Claim) limit.Verdict {
	b.Helper()
	v := b.reserve(time.Minute, claims...)
	if v.Refused != claim {
		b.Fatalf("refused = %d, want %d; states %+v", v.Refused, claim, v.States)
	}
	return v
}

func (b *bench) settle(h *limit.Hold, used ...int64) {
	b.Helper()
	if err := b.Engine.Settle(context.Background(), h, used); err != nil {
		b.Fatalf("settle: %v", err)
	}
}

// used is what a counter says is used.
func (b *bench) used(c limit.Claim) int64 {
	b.Helper()
	c.Want = 0
	v, err := b.Engine.Peek(context.Background(), []limit.Claim{c})
	if err != nil {
		b.Fatalf("peek: %v", err)
	}
	b.check(v, 1)
	return v.States[0].Used
}

func (b *bench) wantUsed(c limit.Claim, want int64) {
	b.Helper()
	if got := b.used(c); got != want {
		b.Fatalf("used = %d, want %d", got, want)
	}
}

// id makes a counter's ID for a test.
func id(n int) (id limit.ID) {
	binary.BigEndian.PutUint64(id[:8], uint64(n)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

// claim makes a claim.
func claim(n int, w *gateway.Window, want int64) limit.Claim {
	return limit.Claim{Counter: id(n), Window: w, Want: want}
}

// place makes a claim of one place.
func place(n int, w *gateway.Window) limit.Claim {
	return limit.Claim{Counter: id(n), Window: w, Want: 1, Open: true}
}
