package proxy

import (
	"context"

	"github.com/sluice-gateway/sluice/internal/limit"
)

// giveUp reckons what the call used of what it holds, and leaves it to be replaced by what
// it takes next.
func (x *exchange) giveUp() {
	h := x.held
	x.passing = true
	x.settleAttempt()
	if h.call.hold != nil {
		x.reckon(&h.call)
		h.former, h.call = h.call, taken{} // the engine still reads its claims
	}
	x.passing = false
}

// settleFormer gives back what nothing has replaced.
func (x *exchange) settleFormer() {
	if f := &x.held.former; f.hold != nil {
		x.release(f)
	}
}

// trade reserves claims, and where the call has given something up, in its place.
func (x *exchange) trade(ctx context.Context, claims []limit.Claim) (limit.Verdict, error) {
	f := &x.held.former
	if f.hold == nil {
		return x.p.limits.Reserve(ctx, claims, x.holdFor())
	}
	v, err := x.p.limits.Swap(ctx, f.hold, f.used, claims, x.holdFor())
	if err == nil {
		x.released(f)
	}
	return v, err
}

// back is how much of a counter comes back with what the call has given up.
func (h *holding) back(of limit.ID) (n int64) {
	if h.former.hold == nil {
		return 0
	}
	for i := range h.former.Claims {
		if c := &h.former.Claims[i]; c.Counter != of {
			continue
		} else if n += h.former.hold.Granted[i]; !c.Open {
			n -= h.former.used[i]
		}
	}
	return n
}
