// Package token keeps what signers have to fetch: one value for all calls, fetched by
// one of them, renewed before it ends. It knows no vendor.
package token

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// fetchTimeout bounds one fetch, whoever waits for it.
	fetchTimeout = 30 * time.Second
	// early is how long before its end a value is renewed, at most a quarter of its life.
	early = 5 * time.Minute
	// failureKept is how long a failed fetch answers for the next ones, so that a broken
	// token endpoint is not asked once a call.
	failureKept = time.Second
)

// Value is what was fetched. A zero Expires never ends.
type Value[T any] struct {
	Of      T
	Expires time.Time
}

// Cache holds one value. It is safe for concurrent use, and starts a goroutine only for
// the time of one fetch, which is bounded.
type Cache[T any] struct {
	fetch func(ctx context.Context) (Value[T], error)
	have  atomic.Pointer[held[T]] // nil = nothing yet

	mu     sync.Mutex // guards what follows
	flight *flight[T] // nil = no fetch is under way
	failed error      // of the last fetch
	failAt time.Time
}

// held is a value with the time from which it is to be renewed.
type held[T any] struct {
	Value[T]
	renewAt time.Time
}

// fresh and good say that a value needs no renewal, and that it may still be used.
func (h *held[T]) fresh(now time.Time) bool {
	return h != nil && (h.Expires.IsZero() || now.Before(h.renewAt))
}

func (h *held[T]) good(now time.Time) bool {
	return h != nil && (h.Expires.IsZero() || now.Before(h.Expires))
}

// flight is a fetch under way; of and err may be read once done is closed.
type flight[T any] struct {
	done chan struct{}
	of   T
	err  error
}

// New makes a cache of what fetch gives. fetch may be called again and again, never
// twice at a time; the context that it gets is nobody's call.
func New[T any](fetch func(ctx context.Context) (Value[T], error)) *Cache[T] {
	return &Cache[T]{fetch: fetch}
}

// Get gives the value. Callers wait only where there is none that is still good; ctx
// ends their waiting, not the fetch. An error is fetch's, or that of ctx.
func (c *Cache[T]) Get(ctx context.Context) (T, error) {
	now := time.Now()
	h := c.have.Load()
	if h.fresh(now) {
		return h.Of, nil
	}
	f, err := c.join(ctx, now)
	var none T
	switch {
	case h.good(now):
		return h.Of, nil // its renewal is nobody's to wait for
	case err != nil:
		return none, err
	}
	select {
	case <-f.done:
		return f.of, f.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// join gives the fetch that is under way, or begins one unless the last one has just
// failed.
func (c *Cache[T]) join(ctx context.Context, now time.Time) (*flight[T], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch h := c.have.Load(); {
	case c.flight != nil:
		return c.flight, nil
	case h.fresh(now): // another has just landed
		done := make(chan struct{})
		close(done)
		return &flight[T]{done: done, of: h.Of}, nil
	case c.failed != nil && now.Sub(c.failAt) < failureKept:
		return nil, c.failed
	}
	return c.begin(ctx), nil
}

// begin starts a fetch. It outlives the call that started it, since others may wait for
// it too; mu is held.
func (c *Cache[T]) begin(ctx context.Context) *flight[T] {
	f := &flight[T]{done: make(chan struct{})}
	c.flight = f
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	go func() {
		defer cancel()
		v, err := c.try(ctx)
		c.land(f, v, err)
	}()
	return f
}

// try fetches; what panics in a library must not end the process.
func (c *Cache[T]) try(ctx context.Context) (v Value[T], err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("fetching the credential broke")
		}
	}()
	return c.fetch(ctx)
}

// land makes the outcome of a fetch known to all.
func (c *Cache[T]) land(f *flight[T], v Value[T], err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flight = nil
	now := time.Now()
	life := v.Expires.Sub(now)
	if err == nil && !v.Expires.IsZero() && life <= 0 {
		err = errors.New("what was fetched has expired already")
	}
	if c.failed, c.failAt, f.err = err, now, err; err == nil {
		f.of = v.Of
		c.have.Store(&held[T]{v, v.Expires.Add(-min(early, life/4))})
	}
	close(f.done)
}
