package proxy

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/health"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/route"
)

// stand is what one call's attempts at one target have come to.
type stand struct {
	tries int       // how often it was its turn
	until time.Time // its next turn does not come before
	over  bool      // it has no further turn
}

// forward sends the call to where its plan says.
func (x *exchange) forward() error {
	x.castShadows()
	x.beginTape()
	if x.trying.IsZero() {
		x.trying = time.Now()
	}
	after := x.hedgeAfter()
	if x.stream && x.answers() && (after > 0 || len(x.plan) > 1 || x.more) {
		x.commitLater()
	}
	if after > 0 {
		return x.forwardHedged(after)
	}
	return x.forwardAlone()
}

// forwardAlone tries the plan's targets until one answers, or the last fault is final.
func (x *exchange) forwardAlone() error {
	ctx := x.r.Context()
	if d := x.budgetOfTime(); d > 0 { // of which a twin, or another step, has what is left
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d-time.Since(x.trying), errHasty)
		defer cancel()
	}
	for {
		err := x.tryPlan(ctx)
		if x.goOn() {
			continue
		}
		to := (*elsewhere)(nil)
		if !errors.As(err, &to) {
			return err
		}
		if err := x.moveTo(ctx, to.model); err != nil {
			return err
		}
	}
}

// budgetOfTime is how long the call may take over all its attempts; 0 = as long as they
// may.
func (x *exchange) budgetOfTime() time.Duration {
	d := x.ctl.timeout
	if t := x.way.Timeout; t > 0 && (d == 0 || t < d) {
		d = t
	}
	return d
}

// tryPlan tries the targets in turn without waiting, then again in rounds, each target as
// often and as far apart as its provider's policy says.
func (x *exchange) tryPlan(ctx context.Context) error {
	stands := append(x.scratch.stands[:0], make([]stand, len(x.plan))...)
	var last *fault.Fault
	for {
		f, err := x.tryRound(ctx, stands, last)
		if last = f; err != nil || last == nil {
			return err
		}
		if last.Kind == fault.ContextWindow && x.instead(&x.way.ContextWindow) || last.Kind == fault.ContentPolicy && x.instead(&x.way.ContentPolicy) {
			stands = append(stands[:0], make([]stand, len(x.plan))...)
			continue
		}
		until, more := nextTurn(stands)
		if !more || time.Until(until) > x.timeLeft() || !x.waitUntil(ctx, until) {
			return last
		}
	}
}

// tryRound gives each target whose turn has come one. It takes and gives the fault of the
// last one, after which more may be tried; err ends the call.
func (x *exchange) tryRound(ctx context.Context, stands []stand, last *fault.Fault) (*fault.Fault, error) {
	now := time.Now()
	for i, t := range x.plan {
		s := &stands[i]
		if s.over || s.until.After(now) {
			continue
		}
		if x.timeLeft() <= 0 {
			return nil, x.noTime(last)
		}
		if s.tries > 0 && !x.mayRepeat(&t) {
			s.over = true
			continue
		}
		x.holds = x.hedged || x.more || others(stands, i)
		if x.standingOf(&t) == health.Drained { // since the plan was made
			s.over = true
			if last == nil {
				last = fault.Newf(fault.NoHealthyTarget, "'%s/%s' has been taken out of use.", t.Provider.Name, clip(t.Model))
			}
			continue
		}
		if f := x.tooLong(&t); f != nil && (x.holds || len(x.way.ContextWindow) > 0) {
			s.over, last = true, f
			if len(x.way.ContextWindow) > 0 {
				return last, nil
			}
			continue
		}
		asked := len(x.attempts)
		err := x.tryTarget(ctx, t, s.tries > 0)
		if err == nil || x.wrote && !x.committed || ctx.Err() != nil {
			return nil, err
		}
		if to := (*elsewhere)(nil); errors.As(err, &to) {
			return nil, err
		}
		f := asFault(err)
		if f.Kind == fault.Caller && f.Upstream == nil && len(x.attempts) == asked && len(x.plan) > 1 {
			s.over = true // the call cannot be put in this target's words; a vendor's failure says more
			if last == nil || last.Kind == fault.Caller {
				last = f
			}
			continue
		}
		if !x.movable(f) {
			return nil, err
		}
		last = f
		if f.Kind == fault.ContextWindow && len(x.way.ContextWindow) > 0 || f.Kind == fault.ContentPolicy && len(x.way.ContentPolicy) > 0 {
			return last, nil // their own targets take the place of the rest
		}
		wait, again := x.ctl.again.wait(t.Provider.Retries, f, s.tries)
		s.tries++
		s.over, s.until = !again, time.Now().Add(wait)
	}
	return last, nil
}

// others reports whether a target beside this one may still get a turn.
func others(stands []stand, but int) bool {
	for i := range stands {
		if i != but && !stands[i].over {
			return true
		}
	}
	return false
}

// nextTurn gives the time of the next turn, false when there is none.
func nextTurn(stands []stand) (until time.Time, more bool) {
	for i := range stands {
		if s := &stands[i]; !s.over && (!more || s.until.Before(until)) {
			until, more = s.until, true
		}
	}
	return until, more
}

// instead puts targets of their own in the place of what is left of the plan, once.
func (x *exchange) instead(of *[]route.Target) bool {
	if len(*of) == 0 {
		return false
	}
	x.plan, *of = *of, nil
	return true
}

// movable reports whether another attempt may do better: the fault is of the kind, and
// the request can be sent once more.
func (x *exchange) movable(f *fault.Fault) bool {
	switch f.Kind {
	case fault.Caller:
		// A model that the vendor no longer has is no fault of a caller who named a route.
		gone := f.Upstream != nil && f.Upstream.Status == 404 && x.way.Route != ""
		return gone && x.repeatable(f)
	case fault.Policy:
		return f.Code == fault.RateLimit && x.passedOver && x.repeatable(f)
	case fault.Gone, fault.Internal, fault.Overload:
		return false
	}
	return x.repeatable(f)
}

// waitUntil sleeps until a time and reports whether the call has the time for it.
func (x *exchange) waitUntil(ctx context.Context, until time.Time) bool {
	if by, ok := ctx.Deadline(); ok && until.After(by) {
		return false
	}
	d := time.Until(until)
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retryWait says whether the provider's policy gives a target one more turn after this
// fault, and how long to wait first: exponential backoff with full jitter, never less
// than the vendor asked for.
func retryWait(r provider.Retries, f *fault.Fault, done int) (time.Duration, bool) {
	var word string
	switch f.Kind {
	case fault.Connect:
		word = "connect"
	case fault.Timeout:
		word = "timeout"
	case fault.Upstream:
		word = "5xx"
	case fault.RateLimited:
		word = "429"
	}
	if done >= r.Max || f.NoRetry || !slices.Contains(r.For, word) || f.RetryAfter > r.Cap {
		return 0, false
	}
	backoff := min(r.First<<min(done, 20), r.Cap)
	return max(f.RetryAfter, rand.N(backoff+1)), true
}

// repeatable reports whether the request may be sent once more: its body must be at
// hand, and where a call makes or deletes something lasting, the vendor must have said
// that it did not act, unless the caller made it safe (Idempotency-Key).
func (x *exchange) repeatable(f *fault.Fault) bool {
	if x.ep.Body == dialect.Opaque && x.r.ContentLength != 0 && x.body.part == nil {
		return false
	}
	lasting := x.ep.Op != llm.OpChat && (x.ep.Object.Creates || x.ep.Object.Deletes) || x.ep.Op == llm.OpVideos
	if !lasting || x.r.Header["Idempotency-Key"] != nil {
		return true
	}
	return f.Kind == fault.Connect || f.Kind == fault.RateLimited || f.Kind == fault.Credential
}
