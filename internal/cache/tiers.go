package cache

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Options say of what a Cache is made.
type Options struct {
	Memory int64 // bytes; 0 = 256 MiB
	// Disk and Shared are the tiers behind the memory, in this order; nil = there is none.
	// The cache closes them.
	Disk, Shared Tier
	Queue        int64            // bytes that wait to be written to each of them; 0 = 64 MiB
	Sweep        time.Duration    // between two sweeps of what is past all use; 0 = 1 minute
	Now          func() time.Time // nil = time.Now
	// Fault is told of an error of a tier, at most once a minute for each. It must not
	// block or call the cache. nil = nobody is told.
	Fault func(tier string, err error)
}

// The names of tiers.
const (
	InMemory = "memory"
	OnDisk   = "disk"
	Shared   = "shared"
)

// Cache is all tiers as one: memory, then disk, then what several nodes share. It is safe
// for concurrent use. Errors of tiers are misses, which are counted and told.
type Cache struct {
	memory *Memory
	lower  []*behind
	purges Purges
	advice Advice
	now    func() time.Time
	misses atomic.Int64 // of memory

	wake chan struct{} // there are new purges
	stop context.CancelFunc
	done chan struct{}
	once sync.Once
	err  error // of closing
}

// New makes a cache and begins its goroutines, which Close ends.
func New(o Options) *Cache {
	if o.Memory <= 0 {
		o.Memory = 256 << 20
	}
	if o.Queue <= 0 {
		o.Queue = 64 << 20
	}
	if o.Sweep <= 0 {
		o.Sweep = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Cache{memory: NewMemory(o.Memory, o.Now), now: o.Now, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if o.Disk != nil {
		c.lower = append(c.lower, newBehind(OnDisk, o.Disk, o.Queue, o.Fault))
	}
	if o.Shared != nil {
		c.lower = append(c.lower, newBehind(Shared, o.Shared, o.Queue, o.Fault))
	}
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	go c.sweeps(ctx, o.Sweep)
	return c
}

// Get gives an answer and the name of the tier that had it; nil = no tier has one that may
// be served. How fresh it is is the caller's business, but where one tier's is past its
// time the next ones are asked too and the latest counts. A hit in memory takes no lock
// and allocates nothing.
func (c *Cache) Get(ctx context.Context, key Key) (a *Answer, from string) {
	now := c.now()
	a = c.memory.get(&key, now)
	if a != nil && c.dead(&a.About, key, now) {
		c.memory.drop(&key, a)
		a = nil
	}
	switch {
	case a == nil:
		c.misses.Add(1)
		return c.below(ctx, key, nil, now)
	case a.Fresh(now) || len(c.lower) == 0:
		return a, InMemory
	}
	return c.below(ctx, key, a, now)
}

// below looks for an answer that is better than the one memory has, and puts it there and
// into the tiers that did not have it.
func (c *Cache) below(ctx context.Context, key Key, best *Answer, now time.Time) (*Answer, string) {
	at := -1
	for i, t := range c.lower {
		a := t.get(ctx, key)
		switch {
		case a == nil:
		case c.dead(&a.About, key, now):
			_ = t.put(key, nil) // what is dropped is counted there
		case best == nil || a.Stored.After(best.Stored):
			best, at = a, i
		}
		if best != nil && best.Fresh(now) {
			break
		}
	}
	switch {
	case best == nil:
		return nil, ""
	case at < 0:
		return best, InMemory
	}
	_ = c.memory.Put(ctx, key, best)
	for _, t := range c.lower[:at] {
		_ = t.put(key, best)
	}
	return best, c.lower[at].name
}

// dead reports whether an answer must not be served.
func (c *Cache) dead(a *About, key Key, now time.Time) bool {
	age := a.Age(now)
	return age >= max(a.Keep, a.TTL) || age >= MaxKeep || c.purges.Dead(a, key)
}

// Put keeps an answer: in memory at once, in the other tiers soon. The caller does not
// change it afterwards.
func (c *Cache) Put(ctx context.Context, key Key, a *Answer) {
	c.advice.Kept(a.Gateway, key, a.TTL, c.now())
	_ = c.memory.Put(ctx, key, a)
	for _, t := range c.lower {
		_ = t.put(key, a)
	}
}

// Advice gives what is learned of misses. Who looks answers up tells it of those: only
// they know which answers were too old, and for which requests.
func (c *Cache) Advice() *Advice { return &c.advice }

// Delete lets go of an answer in all tiers of this node. A Get that is under way may bring
// it back, and other nodes may have it in their memory: a Purge is for both. The error is
// that so much waits to be written that a tier was not told.
func (c *Cache) Delete(ctx context.Context, key Key) error {
	err := c.memory.Delete(ctx, key)
	for _, t := range c.lower {
		err = errors.Join(err, t.put(key, nil))
	}
	return err
}

// SetPurges replaces the list of purges, which counts from now on; what they name is swept
// from memory and disk soon.
func (c *Cache) SetPurges(list []Purge) {
	if !c.purges.Set(list, c.now()) {
		return
	}
	select {
	case c.wake <- struct{}{}:
	default: // a sweep is due anyhow
	}
}

// Close writes what waits, within seconds, and closes the tiers. Nothing is found
// afterwards.
func (c *Cache) Close() error {
	c.once.Do(func() {
		c.stop()
		<-c.done
		for _, t := range c.lower {
			c.err = errors.Join(c.err, t.close())
		}
		c.err = errors.Join(c.err, c.memory.Close())
	})
	return c.err
}

// TierState is how a tier is doing. Counts are since the start.
type TierState struct {
	Name           string
	Answers, Bytes int64 // that are kept; 0 where that is not known
	Hits, Misses   int64
	Stored         int64
	Evicted        int64 // answers that were let go of to make room
	Waiting        int64 // bytes that wait to be written
	Dropped        int64 // writes that were not done
	Faults         int64 // errors
	Away           bool  // it cannot be reached
}

// Tiers gives how the tiers are doing, the first in front.
func (c *Cache) Tiers() []TierState {
	first := c.memory.state()
	first.Misses = c.misses.Load()
	all := []TierState{first}
	for _, t := range c.lower {
		all = append(all, t.state())
	}
	return all
}

// sweeps sweeps now and then, and when there are new purges.
func (c *Cache) sweeps(ctx context.Context, every time.Duration) {
	defer close(c.done)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.sweep(ctx, nil)
		case <-c.wake:
			for _, key := range c.purges.keys() {
				c.Get(ctx, key) // which deletes what a purge names
			}
			if dead := c.purges.deadByAbout(); dead != nil {
				c.sweep(ctx, dead)
			}
		}
	}
}

func (c *Cache) sweep(ctx context.Context, dead func(*About) bool) {
	_, _ = c.memory.Sweep(ctx, dead)
	for _, t := range c.lower {
		_, err := t.tier.Sweep(ctx, dead)
		t.note(ctx, err)
	}
}
