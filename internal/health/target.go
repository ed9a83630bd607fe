package health

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// target is what is known of one model at one provider, over all credentials. What is
// not atomic is under its lock.
type target struct {
	hash uint64
	key  Target

	busy        atomic.Int64
	used        atomic.Int64                // when a call last ended
	credentials atomic.Pointer[[]*standing] // by name; a change makes a new list

	mu      sync.Mutex
	rules   Rules
	rulesAt int64
	calls   ring // judged attempts, over the rules' window
	load    ring // attempts, and as bad ones the repeats among them, over budgetWindow
	pace    pace
	judged  bool // an attempt has been judged
	worked  bool // one has succeeded
}

func newTarget(hash uint64, key Target, now int64) *target {
	// The names may be parts of a request's memory.
	t := &target{hash: hash, key: Target{strings.Clone(key.Provider), strings.Clone(key.Model)}}
	t.used.Store(now)
	t.pace.success = 1
	t.credentials.Store(&[]*standing{})
	return t
}

// rulesEvery is how long rules that were read are held to be true, in nanoseconds.
const rulesEvery = int64(time.Second)

// currentRules gives the rules of the provider; the lock is held.
func (t *target) currentRules(b *Board, now int64) Rules {
	if t.rulesAt == 0 || now-t.rulesAt >= rulesEvery {
		t.rules, t.rulesAt = b.opts.Rules(t.key.Provider), now
	}
	return t.rules
}

// worth orders targets by what would be lost with them.
func (t *target) worth() int {
	rests := false
	for _, s := range *t.credentials.Load() {
		rests = rests || s.until.Load() != 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.judged && !rests:
		return 0
	case !t.worked:
		return 1
	case !rests:
		return 2
	}
	return 3
}

func (t *target) succeeded(now int64, r Rules, o Outcome) {
	t.judged, t.worked = true, true
	t.calls.add(now, int64(r.Window), false)
	t.pace.succeeded(now, o)
}

func (t *target) failed(now int64, r Rules) {
	t.judged = true
	t.calls.add(now, int64(r.Window), true)
	t.pace.failed(now)
}

const (
	// budgetWindow is that over which repeats are counted.
	budgetWindow = 10 * time.Second
	// freeRepeats is how many repeats in it are allowed however few attempts there are,
	// where any are.
	freeRepeats = 10
)

// Repeat implements Watch.
func (b *Board) Repeat(of Target, share float64) bool {
	if share <= 0 {
		return false
	}
	t := b.target(of)
	if t == nil {
		return true // nothing was tried, so nothing is repeated
	}
	now := b.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	attempts, repeats := t.load.sum(now, int64(budgetWindow))
	first := max(attempts-repeats, 0) // repeats count as attempts too when they end
	if repeats >= freeRepeats && float64(repeats+1) > share*float64(first) {
		return false
	}
	t.load.add(now, int64(budgetWindow), true)
	return true
}

// Stats implements Watch.
func (b *Board) Stats(of Target) Stats {
	t := b.target(of)
	if t == nil {
		return Stats{Success: 1}
	}
	return t.stats(b, b.now())
}

func (t *target) stats(b *Board, now int64) Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.currentRules(b, now)
	good, bad := t.calls.sum(now, int64(r.Window))
	s := t.pace.stats(now)
	s.Busy, s.Calls = t.busy.Load(), good+bad
	return s
}
