package proxy

import (
	"context"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// callTime is how long all attempts of a call may take together until its answer begins,
// where neither the gateway nor a route says.
const callTime = 20 * time.Minute

// timeOfCall is how long that is for this call. What a route says bounds the whole call
// instead.
func (x *exchange) timeOfCall() time.Duration {
	switch {
	case x.way.Timeout > 0:
		return x.way.Timeout
	case x.gw.Timeout > 0:
		return x.gw.Timeout
	}
	return callTime
}

// timeLeft is what is left of it.
func (x *exchange) timeLeft() time.Duration { return x.timeOfCall() - time.Since(x.trying) }

// boundAttempt bounds an attempt by the time that is left, where its own bound is longer.
// An answer that has begun is not cut.
func (x *exchange) boundAttempt(ctx context.Context) (context.Context, context.CancelFunc) {
	left := x.timeLeft()
	if x.way.Timeout > 0 || left >= x.target.Provider.Timeouts.Total {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	x.clock = time.AfterFunc(left, func() { cancel(errHasty) })
	return ctx, func() {
		x.stopClock()
		cancel(nil)
	}
}

// stopClock lets an answer that begins take the time that it takes.
func (x *exchange) stopClock() {
	if x.clock != nil {
		x.clock.Stop()
		x.clock = nil
	}
}

// outOfTime makes the error of an attempt that ended since the call's time is over a fault
// that says so.
func (x *exchange) outOfTime(ctx context.Context, err error) error {
	if err == nil || asFault(err).Kind != fault.Gone || context.Cause(ctx) != errHasty {
		return err
	}
	return x.noTime(nil)
}

// noTime is the fault of a call whose time is over: that of the last attempt, or that there
// was no time for any.
func (x *exchange) noTime(last *fault.Fault) error {
	if last != nil {
		return last
	}
	return fault.Newf(fault.UpstreamTimeout, "No target answered within the %v that a call may take over all its attempts (timeout of the gateway or route).", x.timeOfCall()).With(errHasty)
}
