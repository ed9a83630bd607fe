package jwt

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// refreshEvery is the least time between two fetches of one issuer's keys, whoever
	// asks for them.
	refreshEvery = 10 * time.Second
	// staleAfter is when known keys are fetched anew beside the calls.
	staleAfter = 15 * time.Minute
	// oldAfter is when calls wait for that, unless the issuer is away.
	oldAfter = 2 * time.Hour
)

// remote are the keys of one issuer: fetched when first needed, then again beside the
// calls; the last good set stays while the issuer is away.
type remote struct {
	ring         *Keyring
	issuer, jwks string
	now          atomic.Pointer[fetched]

	mu     sync.Mutex
	flight chan struct{} // closed when the fetch under way is over; nil = none is
	next   time.Time     // no fetch before
	away   atomic.Bool   // the last fetch failed
}

// fetched is a set and when it was fetched.
type fetched struct {
	set *keySet
	at  time.Time
}

// verify checks a token's signature and gives the set whose key made it. A key that is
// not known causes a fetch, but never more than one in refreshEvery.
func (r *remote) verify(ctx context.Context, p *parsed, now time.Time) (*keySet, error) {
	set := r.keys(ctx, now)
	if set == nil {
		return nil, &awayError{r.retry(now)}
	}
	err := set.verify(p)
	if err == errUnknownKey && wait(ctx, r.refresh(now)) {
		set = r.now.Load().set
		err = set.verify(p)
	}
	if err == errUnknownKey && r.away.Load() { // it may have been replaced meanwhile
		return nil, &awayError{r.retry(now)}
	}
	return set, err
}

// ErrAway says that a token could not be verified, good or not, since the keys of its
// issuer cannot be fetched.
var ErrAway = errors.New("the issuer's keys are not known, and it does not tell them")

// awayError is an ErrAway that knows when the next try may succeed.
type awayError struct{ retry time.Duration }

func (*awayError) Error() string        { return ErrAway.Error() }
func (*awayError) Is(target error) bool { return target == ErrAway }

// retry is how long until the keys may be fetched again, at least a second.
func (r *remote) retry(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.next.Sub(now), time.Second)
}

// keys gives the set to use, nil when there is none.
func (r *remote) keys(ctx context.Context, now time.Time) *keySet {
	known := r.now.Load()
	switch {
	case known == nil || now.Sub(known.at) >= oldAfter && !r.away.Load():
		wait(ctx, r.refresh(now))
		known = r.now.Load()
	case now.Sub(known.at) >= staleAfter:
		r.refresh(now)
	}
	if known == nil {
		return nil
	}
	return known.set
}

// current reports whether a set is still the issuer's, and keeps it fresh.
func (r *remote) current(set *keySet, now time.Time) bool {
	known := r.now.Load()
	if now.Sub(known.at) >= staleAfter {
		r.refresh(now)
	}
	return known.set == set
}

// refresh begins a fetch unless one is under way or was lately; it gives what closes at
// the end of the one under way, nil when there is none.
func (r *remote) refresh(now time.Time) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flight != nil {
		return r.flight
	}
	if now.Before(r.next) {
		return nil
	}
	done := make(chan struct{})
	if !r.ring.spawn(func() {
		r.land(now)
		close(done)
	}) {
		return nil
	}
	r.flight, r.next = done, now.Add(refreshEvery)
	return done
}

// land fetches the keys and puts them in force.
func (r *remote) land(now time.Time) {
	set, err := r.ring.fetchKeys(r.issuer, r.jwks)
	if err == nil {
		if known := r.now.Load(); known != nil && known.set.sum == set.sum {
			set = known.set // what was verified by it stays so
		}
		r.now.Store(&fetched{set: set, at: now})
	}
	if was := r.away.Swap(err != nil); r.ring.live.Err() == nil {
		r.report(was, err)
	}
	r.mu.Lock()
	r.flight = nil
	r.mu.Unlock()
}

// report logs when the issuer goes away and when it is back, once each.
func (r *remote) report(was bool, err error) {
	switch {
	case err != nil && !was:
		r.ring.log.Warn("an issuer's keys cannot be fetched; the known ones stay in force", "issuer", r.issuer, "known", r.now.Load() != nil, "error", err)
	case err == nil && was:
		r.ring.log.Info("an issuer's keys can be fetched again", "issuer", r.issuer)
	}
}

// wait waits for the end of a fetch and reports whether it saw it.
func wait(ctx context.Context, done <-chan struct{}) bool {
	if done == nil {
		return false
	}
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
