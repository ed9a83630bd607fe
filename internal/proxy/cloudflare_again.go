package proxy

import (
	"context"
	"errors"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// The ways in which the time between a caller's attempts grows.
const (
	constant    = "constant"
	linear      = "linear"
	exponential = "exponential"
)

// again is how often, and how far apart, a caller wants a target tried. Its zero value
// leaves it to the provider's policy.
type again struct {
	attempts int // 0 = the policy's
	delay    time.Duration
	delayed  bool
	backoff  string // "" = constant where a delay is given
}

// wait says whether a target gets one more turn after a fault, and how long to wait
// first: which faults are tried again is the policy's, how often and when the caller's.
func (a *again) wait(r provider.Retries, f *fault.Fault, done int) (time.Duration, bool) {
	if a.attempts > 0 {
		r.Max = a.attempts - 1
	}
	usual, more := retryWait(r, f, done)
	if !more || !a.delayed && a.backoff == "" {
		return usual, more
	}
	delay := r.First
	if a.delayed {
		delay = a.delay
	}
	switch a.backoff {
	case linear:
		delay *= time.Duration(done + 1)
	case exponential:
		delay <<= min(done, 20)
	}
	return max(f.RetryAfter, delay), true
}

// errHasty is the cause of time-outs that the caller or a route set for the call, which
// say nothing about the vendor.
var errHasty = errors.New("the call's own time-out")

// do sends the prepared request. A caller may bound the time until its answer begins; what
// has begun is never cut.
func (x *exchange) do(ctx context.Context, resp *upstream.Response) error {
	bound := x.ctl.firstByte
	if bound == 0 {
		return x.lane.client.Do(ctx, &x.scratch.req, resp)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(bound, func() { cancel(errHasty) })
	err := x.lane.client.Do(ctx, &x.scratch.req, resp)
	if timer.Stop() {
		return err
	}
	if err == nil {
		resp.Close() // it came at the last moment, and its reading is cancelled
	}
	return fault.Newf(fault.UpstreamTimeout, "The provider '%s' gave no answer within the %v that the call allows (cf-aig-request-timeout).", x.target.Provider.Name, bound).With(errHasty)
}
