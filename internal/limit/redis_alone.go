package limit

import (
	"context"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// What is done with a claim while the server is away.
const (
	countLocal = iota
	countNot
	refuse
)

func (r *Redis) outage(c *Claim) int {
	switch {
	case c.Outage == gateway.OutageAllow:
		return countNot
	case c.Outage != gateway.OutageDeny && r.opts.Local != nil:
		return countLocal
	case c.Observe:
		return countNot
	}
	return refuse
}

// locals are the claims that the local engine decides over, and where they stood.
type locals struct {
	at     []int
	claims []Claim
}

func (r *Redis) locals(claims []Claim) (l locals) {
	for i := range claims {
		if r.outage(&claims[i]) == countLocal {
			l.at, l.claims = append(l.at, i), append(l.claims, claims[i])
		}
	}
	return l
}

// pick gives the amounts of the local claims out of those of all.
func (l *locals) pick(of []int64) []int64 {
	some := make([]int64, len(l.at))
	for k, i := range l.at {
		some[k] = of[i]
	}
	return some
}

// put carries the local engine's verdict over to all claims.
func (l *locals) put(v *Verdict, local Verdict) {
	for k, i := range l.at {
		if k < len(local.States) {
			v.States[i] = local.States[k]
		}
	}
	if local.Refused >= 0 {
		v.Refused, v.Retry = l.at[local.Refused], local.Retry
	}
}

// alone begins a verdict without the server; it is a refusal when a claim has to be
// denied.
func (r *Redis) alone(claims []Claim, want func(i int) int64) Verdict {
	v := Verdict{Refused: -1, Local: true, States: make([]State, len(claims))}
	for i := range claims {
		v.States[i].Max = ceiling(&claims[i])
		if v.Refused < 0 && want(i) > 0 && r.outage(&claims[i]) == refuse {
			v.Refused, v.Retry = i, r.opts.Probe
		}
	}
	return v
}

func wants(claims []Claim) func(int) int64 { return func(i int) int64 { return claims[i].Want } }

// reserving is a way to take claims from the local engine.
type reserving func(ctx context.Context, claims []Claim, ttl time.Duration) (Verdict, error)

func (r *Redis) reserveLocal(ctx context.Context, claims []Claim, ttl time.Duration) (Verdict, error) {
	return r.opts.Local.Reserve(ctx, claims, ttl)
}

func (r *Redis) reserveAlone(ctx context.Context, claims []Claim, ttl time.Duration, reserve reserving) (Verdict, error) {
	v := r.alone(claims, wants(claims))
	if v.Refused >= 0 {
		return v, nil
	}
	h := &Hold{ID: newHoldID(), Claims: claims, Granted: make([]int64, len(claims)), Taken: r.now(), Local: true}
	h.Expires = h.Taken.Add(ttl)
	for i := range claims {
		h.Granted[i] = claims[i].Want
	}
	l := r.locals(claims)
	if len(l.at) > 0 {
		if err := r.catchUp(ctx, l.claims); err != nil {
			return Verdict{}, err
		}
		local, err := reserve(ctx, l.claims, ttl)
		if err != nil {
			return Verdict{}, err
		}
		l.put(&v, local)
		if local.Hold == nil {
			return v, nil
		}
		h.local = local.Hold
		for k, i := range l.at {
			h.Granted[i] = local.Hold.Granted[k]
		}
	}
	v.Hold = h
	return v, nil
}

// swapAlone is one decision of the local engine; the server is told of old later.
func (r *Redis) swapAlone(ctx context.Context, old *Hold, used []int64, claims []Claim, ttl time.Duration) (Verdict, error) {
	if s, known := r.settlement(old, used); known {
		if err := r.circuit.keep(s); err != nil {
			return Verdict{}, err
		}
	}
	settled := old.local == nil
	v, err := r.reserveAlone(ctx, claims, ttl, func(ctx context.Context, claims []Claim, ttl time.Duration) (Verdict, error) {
		if old.local == nil {
			return r.opts.Local.Reserve(ctx, claims, ttl)
		}
		settled = true
		return r.opts.Local.Swap(ctx, old.local, r.usedAlone(old, used), claims, ttl)
	})
	if err == nil && !settled {
		err = r.settleAlone(ctx, old, used)
	}
	return v, err
}

func (r *Redis) peekAlone(ctx context.Context, claims []Claim) (Verdict, error) {
	v := r.alone(claims, wants(claims))
	l := r.locals(claims)
	if len(l.at) == 0 {
		return v, nil
	}
	if err := r.catchUp(ctx, l.claims); err != nil {
		return Verdict{}, err
	}
	denied, retry := v.Refused, v.Retry
	local, err := r.opts.Local.Peek(ctx, l.claims)
	if err != nil {
		return Verdict{}, err
	}
	if l.put(&v, local); denied >= 0 {
		v.Refused, v.Retry = denied, retry
	}
	return v, nil
}

// extendAlone takes more from the local engine: on what the hold has there, or, of a hold
// that was taken from the server, anew.
func (r *Redis) extendAlone(ctx context.Context, h *Hold, more []int64) (Verdict, error) {
	v := r.alone(h.Claims, func(i int) int64 { return more[i] })
	if v.Refused >= 0 {
		return v, nil
	}
	if l := r.locals(h.Claims); len(l.at) > 0 {
		local, err := r.extendLocal(ctx, h, &l, l.pick(more))
		if err != nil {
			return Verdict{}, err
		}
		if l.put(&v, local); local.Hold == nil {
			return v, nil
		}
		h.local = local.Hold
	}
	for i := range more {
		h.Granted[i] += max(more[i], 0)
	}
	v.Hold = h
	return v, nil
}

func (r *Redis) extendLocal(ctx context.Context, h *Hold, l *locals, more []int64) (Verdict, error) {
	if h.local != nil {
		return r.opts.Local.Extend(ctx, h.local, more)
	}
	ttl := h.Expires.Sub(r.now())
	if ttl <= 0 {
		return Verdict{}, ErrNotOpen
	}
	if err := r.catchUp(ctx, l.claims); err != nil {
		return Verdict{}, err
	}
	for k := range l.claims {
		l.claims[k].Want, l.claims[k].Min = more[k], 0
	}
	return r.opts.Local.Reserve(ctx, l.claims, ttl)
}

// settleAlone settles what the local engine holds.
func (r *Redis) settleAlone(ctx context.Context, h *Hold, used []int64) error {
	return r.opts.Local.Settle(ctx, h.local, r.usedAlone(h, used))
}

// usedAlone is what was used of what the local engine holds: of a hold that was taken
// there, all; of one that was only extended there, what was used beyond the rest.
func (r *Redis) usedAlone(h *Hold, used []int64) []int64 {
	l := r.locals(h.Claims)
	local := l.pick(used)
	if !h.Local {
		for k, i := range l.at {
			local[k] = min(max(used[i]-(h.Granted[i]-h.local.Granted[k]), 0), h.local.Granted[k])
		}
	}
	return local
}
