package cache

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// behind is a tier to which is written behind the callers' backs, by one goroutine. What
// waits to be written is bounded, and found as if it had been.
type behind struct {
	tier  Tier
	name  string
	max   int64 // bytes that wait
	fault func(tier string, err error)

	mu               sync.Mutex
	waiting, writing map[Key]write // the second is what the goroutine took of the first
	bytes            int64         // of both
	closed           bool

	wake chan struct{}
	stop context.CancelFunc
	done chan struct{}

	hits, misses, stored, dropped, faults atomic.Int64
	told                                  atomic.Int64 // when a fault was told last, in Unix seconds
}

// write is what is to be done with a key.
type write struct {
	answer *Answer // nil = delete it
	bytes  int64
}

const (
	waitingMost = 64 << 10        // writes
	writeBytes  = 128             // of one that deletes
	tellEvery   = 60              // seconds between two faults that are told
	drainTime   = 5 * time.Second // for what waits when it is closed
)

var errFull = errors.New("too much waits to be written")

func newBehind(name string, t Tier, max int64, fault func(string, error)) *behind {
	ctx, stop := context.WithCancel(context.Background())
	b := &behind{
		tier: t, name: name, max: max, fault: fault, waiting: map[Key]write{},
		wake: make(chan struct{}, 1), done: make(chan struct{}), stop: stop,
	}
	go b.run(ctx)
	return b
}

// put takes note of what is to be done with a key. When too much waits it is dropped.
func (b *behind) put(key Key, a *Answer) error {
	w := write{answer: a, bytes: writeBytes}
	if a != nil {
		w.bytes += a.Size()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	had := b.waiting[key].bytes
	if b.closed || a != nil && b.bytes-had+w.bytes > b.max || len(b.waiting) >= waitingMost {
		b.dropped.Add(1)
		return errFull
	}
	b.waiting[key] = w
	b.bytes += w.bytes - had
	select {
	case b.wake <- struct{}{}:
	default: // it is awake, or will be
	}
	return nil
}

// get gives an answer; nil = there is none.
func (b *behind) get(ctx context.Context, key Key) *Answer {
	a := b.find(ctx, key)
	if a != nil {
		b.hits.Add(1)
	} else {
		b.misses.Add(1)
	}
	return a
}

func (b *behind) find(ctx context.Context, key Key) *Answer {
	b.mu.Lock()
	w, ok := b.waiting[key]
	if !ok {
		w, ok = b.writing[key]
	}
	b.mu.Unlock()
	if ok {
		return w.answer
	}
	a, err := b.tier.Get(ctx, key)
	b.note(ctx, err)
	return a
}

// note counts an error, and tells one now and then.
func (b *behind) note(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil || errors.Is(err, ErrAway) {
		return
	}
	b.faults.Add(1)
	now, last := time.Now().Unix(), b.told.Load()
	if b.fault != nil && now-last >= tellEvery && b.told.CompareAndSwap(last, now) {
		b.fault(b.name, err)
	}
}

func (b *behind) run(ctx context.Context) {
	defer close(b.done)
	for range b.wake {
		for key := range b.take() {
			b.do(ctx, key)
		}
	}
}

// take gives all that waits.
func (b *behind) take() map[Key]write {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writing, b.waiting = b.waiting, map[Key]write{}
	return b.writing
}

// do does one of what was taken.
func (b *behind) do(ctx context.Context, key Key) {
	w := b.writing[key] // only this goroutine changes it
	var err error
	if w.answer == nil {
		err = b.tier.Delete(ctx, key)
	} else {
		err = b.tier.Put(ctx, key, w.answer)
	}
	switch {
	case err != nil:
		b.dropped.Add(1)
	case w.answer != nil:
		b.stored.Add(1)
	}
	b.note(ctx, err)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.writing, key)
	b.bytes -= w.bytes
}

// close writes what waits, within a bounded time, and closes the tier.
func (b *behind) close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	close(b.wake)
	b.mu.Unlock()
	late := time.AfterFunc(drainTime, b.stop)
	<-b.done
	late.Stop()
	b.stop()
	return b.tier.Close()
}

func (b *behind) state() TierState {
	b.mu.Lock()
	waiting := b.bytes
	b.mu.Unlock()
	s := TierState{
		Name: b.name, Waiting: waiting, Hits: b.hits.Load(), Misses: b.misses.Load(),
		Stored: b.stored.Load(), Dropped: b.dropped.Load(), Faults: b.faults.Load(),
	}
	s.Answers, s.Bytes = b.tier.Size()
	switch t := b.tier.(type) {
	case *Redis:
		s.Away, _ = t.Away()
	case *Disk:
		s.Evicted = t.Evicted()
	}
	return s
}
