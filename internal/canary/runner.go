package canary

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/compare"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Times of a Runner.
const (
	// FollowEvery is how often a node looks for what other nodes decided. With the time of
	// one read it keeps the effect under one second everywhere.
	FollowEvery = 400 * time.Millisecond
	// LookEvery is how often a canary is looked at, unless looking takes long.
	LookEvery = 5 * time.Second
	// rests is how many times as long as a look took nobody looks again.
	rests = 50
	// readTime bounds one read of the states.
	readTime = 2 * time.Second
)

// Store is where states are kept.
type Store interface {
	Canaries(ctx context.Context) ([]gateway.CanaryState, error)
	// CanariesVersion is a cheap number that changes whenever a state does.
	CanariesVersion(ctx context.Context) (int64, error)
	// SwapCanary stores a state in place of the one of its version, unless somebody else
	// was first.
	SwapCanary(ctx context.Context, s gateway.CanaryState) (bool, error)
}

// Options are what a Runner needs. All fields but Clock and Log are required.
type Options struct {
	Store   Store
	Current func() map[string]*gateway.Canary // the canaries in force, by place
	// Look gives how both targets of a canary did since a time.
	Look  func(ctx context.Context, place string, c *gateway.Canary, since time.Time) (from, to compare.Figures, err error)
	Set   func(shares map[string]float64) // makes shares in per cent effective, by place; it keeps the map
	Clock func() time.Time                // default time.Now
	Log   *slog.Logger                    // default slog.Default
}

// ErrNone says that there is no canary at a place.
var ErrNone = errors.New("there is no such canary")

// Runner keeps canaries going. It is safe for concurrent use.
type Runner struct {
	Options

	mu      sync.Mutex // one change of what is known at a time
	version int64      // of the store's states that are known; -1 = none are
	known   map[id]gateway.CanaryState
	shares  map[string]float64
	looked  map[id]look
	away    bool
}

// id is a canary as it stands in the configuration.
type id struct{ place, print string }

// look is what the last look at a canary found.
type look struct {
	version int64 // of the state that was looked at
	next    time.Time
	verdict Verdict
	from    compare.Figures
	to      compare.Figures
}

// New makes a Runner, which does nothing before Run.
func New(o Options) *Runner {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Runner{Options: o, version: -1, known: map[id]gateway.CanaryState{}, looked: map[id]look{}}
}

// Run keeps canaries going until ctx ends. While the store is away, the shares stay as
// they are; before it was there once, no new target gets calls.
func (r *Runner) Run(ctx context.Context) {
	tick := time.NewTicker(FollowEvery)
	defer tick.Stop()
	for {
		r.report(r.step(ctx))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// step follows what other nodes decided, begins new canaries, and decides.
func (r *Runner) step(ctx context.Context) error {
	current := r.Current()
	if len(current) == 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.apply(current)
		return nil
	}
	if err := r.follow(ctx, current); err != nil {
		return err
	}
	var failed []error
	for _, place := range slices.Sorted(maps.Keys(current)) {
		if ctx.Err() != nil {
			return nil
		}
		failed = append(failed, r.tend(ctx, place, current[place]))
	}
	return errors.Join(failed...)
}

// follow reads the states if they have changed, begins what has none, and makes the
// shares effective.
func (r *Runner) follow(ctx context.Context, current map[string]*gateway.Canary) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	if err := r.read(ctx); err != nil {
		return err
	}
	for place, c := range current {
		key := id{place, Fingerprint(c)}
		if _, ok := r.known[key]; ok {
			continue
		}
		now := r.now()
		s := gateway.CanaryState{Place: place, Fingerprint: key.print, Since: now, Changed: now, Why: "it began"}
		if _, err := r.Store.SwapCanary(ctx, s); err != nil {
			return err
		}
		r.version = -1
	}
	if r.version < 0 {
		if err := r.read(ctx); err != nil {
			return err
		}
	}
	r.apply(current)
	return nil
}

// read reads the states if their version is not the one that is known.
func (r *Runner) read(ctx context.Context) error {
	v, err := r.Store.CanariesVersion(ctx)
	if err != nil || v == r.version {
		return err
	}
	all, err := r.Store.Canaries(ctx)
	if err != nil {
		return err
	}
	r.known = make(map[id]gateway.CanaryState, len(all))
	for _, s := range all {
		r.known[id{s.Place, s.Fingerprint}] = s
	}
	r.version = v
	return nil
}

// apply makes the shares effective where they have changed.
func (r *Runner) apply(current map[string]*gateway.Canary) {
	shares := make(map[string]float64, len(current))
	for place, c := range current {
		if s, ok := r.known[id{place, Fingerprint(c)}]; ok {
			shares[place] = Share(c, &s)
		}
	}
	if !maps.Equal(shares, r.shares) {
		r.shares = shares
		r.Set(maps.Clone(shares))
	}
}

// tend looks at one canary, if it is time to, and does what the look calls for.
func (r *Runner) tend(ctx context.Context, place string, c *gateway.Canary) error {
	key := id{place, Fingerprint(c)}
	r.mu.Lock()
	s, ok := r.known[key]
	last := r.looked[key]
	r.mu.Unlock()
	began := r.now()
	if !ok || s.RolledBack || s.Stage >= len(c.Stages) || last.version == s.Version && began.Before(last.next) {
		return nil
	}
	from, to, err := r.Look(ctx, place, c, s.Since)
	now := r.now()
	var v Verdict
	if err == nil {
		v = Decide(c, &s, &from, &to, now)
	}
	r.mu.Lock()
	r.looked[key] = look{s.Version, now.Add(max(LookEvery, rests*now.Sub(began))), v, from, to}
	r.mu.Unlock()
	if err != nil {
		return err
	}
	switch v.Do {
	case StepUp:
		s.Stage, s.Since, s.Why = s.Stage+1, now, v.Why
	case Back:
		s.RolledBack, s.Why = true, v.Why
	default:
		return nil
	}
	s.By, s.Changed = "", now
	swapped, err := r.Store.SwapCanary(ctx, s)
	if err == nil && swapped {
		r.tell(c, &s)
		err = r.follow(ctx, r.Current())
	}
	return err
}

// tell logs a change.
func (r *Runner) tell(c *gateway.Canary, s *gateway.CanaryState) {
	if s.RolledBack {
		r.Log.Warn("a canary is rolled back", "canary", s.Place, "to", c.To, "why", s.Why, "by", s.By)
		return
	}
	r.Log.Info("a canary goes on", "canary", s.Place, "to", c.To, "share", Share(c, s), "why", s.Why, "by", s.By)
}

// report logs when the store goes away and when it is back, once each.
func (r *Runner) report(err error) {
	switch {
	case err != nil && !r.away:
		r.away = true
		r.Log.Warn("canaries cannot be looked at; their shares stay as they are", "error", err)
	case err == nil && r.away:
		r.away = false
		r.Log.Info("canaries can be looked at again")
	}
}

// now is the time as exact as stores keep it.
func (r *Runner) now() time.Time { return r.Clock().UTC().Truncate(time.Microsecond) }

// Restart begins a canary anew, rolled back or not.
func (r *Runner) Restart(ctx context.Context, place, by string) error {
	return r.change(ctx, place, func(s *gateway.CanaryState) {
		s.Stage, s.Since, s.RolledBack, s.Why, s.By = 0, r.now(), false, "it was begun anew", by
	})
}

// Rollback sends all calls to the old target again, until a Restart.
func (r *Runner) Rollback(ctx context.Context, place, by, reason string) error {
	return r.change(ctx, place, func(s *gateway.CanaryState) {
		s.RolledBack, s.Why, s.By = true, "it was rolled back", by
		if reason != "" {
			s.Why = reason
		}
	})
}

// attempts bounds how often a change is tried while others change the same.
const attempts = 5

// change changes the state of the canary at a place. On this node it is effective when
// change returns.
func (r *Runner) change(ctx context.Context, place string, to func(*gateway.CanaryState)) error {
	c := r.Current()[place]
	if c == nil {
		return ErrNone
	}
	for range attempts {
		if err := r.follow(ctx, r.Current()); err != nil {
			return err
		}
		r.mu.Lock()
		s := r.known[id{place, Fingerprint(c)}]
		r.mu.Unlock()
		to(&s)
		s.Changed = r.now()
		switch swapped, err := r.Store.SwapCanary(ctx, s); {
		case err != nil:
			return err
		case swapped:
			r.tell(c, &s)
			return r.follow(ctx, r.Current())
		}
	}
	return fmt.Errorf("the canary %s is being changed by others; try again", place)
}

// Standing is how one canary stands, for people.
type Standing struct {
	Canary  *gateway.Canary
	State   gateway.CanaryState // of Version 0 while it has not begun
	Share   float64
	Verdict Verdict // of the last look on this node; zero = there was none in this stage
	From    compare.Figures
	To      compare.Figures
}

// List gives all canaries in force, by place.
func (r *Runner) List() []Standing {
	current := r.Current()
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Standing, 0, len(current))
	for _, place := range slices.Sorted(maps.Keys(current)) {
		c := current[place]
		key := id{place, Fingerprint(c)}
		s, ok := r.known[key]
		if s.Place = place; !ok {
			out = append(out, Standing{Canary: c, State: s})
			continue
		}
		st := Standing{Canary: c, State: s, Share: Share(c, &s)}
		if l := r.looked[key]; l.version == s.Version {
			st.Verdict, st.From, st.To = l.verdict, l.from, l.to
		}
		out = append(out, st)
	}
	return out
}
