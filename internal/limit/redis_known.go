package limit

import (
	"context"
	"sync"
	"time"
)

// knownSpend is what this node last heard of each budget's counter, so that the local
// engine can go on from there while the server is away: else a budget would have as much
// again for every outage.
type knownSpend struct {
	catching sync.Mutex // held while the local engine is told; taken before mu
	mu       sync.Mutex
	last     map[ID]spend
}

type spend struct {
	used int64
	from int64 // the period's begin, Unix seconds
	till int64
}

// maxKnown bounds the memory; above it what is of past periods goes, then anything.
const maxKnown = 100_000

// note takes down what the server said of budgets.
func (k *knownSpend) note(r *Redis, claims []Claim, states []State) {
	for i := range claims {
		c := &claims[i]
		if c.Open || c.Window.Period == "" {
			continue
		}
		from, till, err := r.bounds(c.Window, r.now())
		if err != nil {
			continue
		}
		k.mu.Lock()
		if k.last == nil {
			k.last = make(map[ID]spend)
		}
		if len(k.last) >= maxKnown {
			k.shrink(r.now())
		}
		k.last[c.Counter] = spend{states[i].Used, from.Unix(), till.Unix()}
		k.mu.Unlock()
	}
}

func (k *knownSpend) shrink(now time.Time) {
	for id, s := range k.last {
		if s.till <= now.Unix() || len(k.last) >= maxKnown {
			delete(k.last, id)
		}
	}
}

// of gives what was last heard of a counter in its present period; 0 when nothing was.
func (k *knownSpend) of(id ID, now time.Time) int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.last[id]; s.from <= now.Unix() && now.Unix() < s.till {
		return s.used
	}
	return 0
}

func (k *knownSpend) forget(id ID) {
	k.mu.Lock()
	delete(k.last, id)
	k.mu.Unlock()
}

// catchUp lets the local engine count what the server had counted of budgets that were
// decided over there before.
func (r *Redis) catchUp(ctx context.Context, claims []Claim) error {
	for i := range claims {
		c := claims[i]
		if c.Open || c.Window.Period == "" || r.known.of(c.Counter, r.now()) == 0 {
			continue
		}
		if err := r.catchUpWith(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (r *Redis) catchUpWith(ctx context.Context, c Claim) error {
	r.known.catching.Lock()
	defer r.known.catching.Unlock()
	used := r.known.of(c.Counter, r.now()) // somebody else may have been faster
	if used == 0 {
		return nil
	}
	c.Want, c.Min, c.Observe = 0, 0, true
	v, err := r.opts.Local.Peek(ctx, []Claim{c})
	if err != nil {
		return err
	}
	if c.Want = used - v.States[0].Used; c.Want > 0 {
		if v, err = r.opts.Local.Reserve(ctx, []Claim{c}, time.Minute); err != nil {
			return err
		}
		if err := r.opts.Local.Settle(ctx, v.Hold, []int64{c.Want}); err != nil {
			return err
		}
	}
	r.known.forget(c.Counter)
	return nil
}
