package proxy

import (
	"context"
	"slices"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
)

// settleAttempt gives back what the present target's limits held beyond its use.
func (x *exchange) settleAttempt() {
	if x.held != nil && x.held.attempt.hold != nil {
		x.settle(&x.held.attempt)
	}
}

// settleCall does the same for the call's, at its end.
func (x *exchange) settleCall() {
	h := x.held
	if h == nil {
		return
	}
	x.settleAttempt()
	if h.call.hold != nil {
		x.settle(&h.call)
	}
}

func (x *exchange) settle(t *taken) {
	x.reckon(t)
	x.release(t)
}

// reckon finds out what was used of t.
func (x *exchange) reckon(t *taken) {
	used := t.used[:0]
	used = slices.Grow(used, len(t.Claims))[:len(t.Claims)]
	t.used = used
	for i := range t.Claims {
		used[i] = x.used(t, i)
		x.tellBudget(t, i, used[i], false)
		if r := t.Of[i]; r.Kind == rules.Cost && used[i] > 0 {
			counter, values := t.Ledger(i, &x.held.facts)
			x.held.settled = append(x.held.settled, gateway.Settlement{Rule: r.ID, Counter: counter, Values: x.kept(values), Amount: gateway.USD(used[i]), Time: t.hold.Taken})
		}
	}
}

// release settles t with what was used.
func (x *exchange) release(t *taken) {
	if err := x.p.limits.Settle(context.Background(), t.hold, t.used); err != nil { // the caller may have left
		x.p.log.Warn("a hold could not be settled; it counts in full until it expires", "request_id", x.id, "error", err)
	}
	x.released(t)
}

// released makes known what t has given back.
func (x *exchange) released(t *taken) {
	if !x.p.full.None() {
		for i, n := range t.used {
			if n < t.hold.Granted[i] {
				x.p.full.Forget(t.Claims[i : i+1])
			}
		}
	}
	x.p.queues.Freed(t.Claims)
	t.hold, t.spent = nil, t.hold
}

// used is what was really taken of a claim.
func (x *exchange) used(t *taken, i int) int64 {
	granted, r := t.hold.Granted[i], t.Of[i]
	switch {
	case r.Kind == rules.Requests && x.passing:
		return 0
	case r.Kind == rules.Requests || r.Kind == rules.Places:
		return granted
	case r.Kind == rules.Cost:
		return x.usedMoney(t, granted)
	}
	if x.report == nil || x.isKept() || len(x.attempts) == x.askedBefore(t) {
		return 0 // nothing was answered: nothing is billed
	}
	answered, known, n := x.answered(), false, int64(0)
	usage := &x.report.Usage
	switch r.Kind {
	case rules.Tokens:
		known, n = usage.InputTokens.Known || usage.OutputTokens.Known, usage.InputTokens.N+usage.OutputTokens.N
	case rules.InputTokens:
		known, n = usage.InputTokens.Known, usage.InputTokens.N
	case rules.OutputTokens:
		known, n = usage.OutputTokens.Known, usage.OutputTokens.N
	}
	switch {
	case known:
		return n
	case answered:
		return granted // an answer that nobody counted counts in full
	}
	return 0
}

// usedMoney is what was really paid of a claim: for all attempts since it was taken.
func (x *exchange) usedMoney(t *taken, granted int64) int64 {
	from := x.bills.held
	if t == &x.held.attempt {
		from = x.bills.turn
	}
	n := int64(x.spent() - from)
	if x.report != nil && !x.cost.Known && x.answered() && len(x.attempts) > x.askedBefore(t) {
		return max(n, granted)
	}
	return n
}

// askedBefore is how many attempts there were before something was taken.
func (x *exchange) askedBefore(t *taken) int {
	if t == &x.held.attempt {
		return x.bills.asked
	}
	return 0
}

// answered reports whether a vendor has answered the present attempt with a success.
func (x *exchange) answered() bool {
	return len(x.attempts) > 0 && x.attempts[len(x.attempts)-1].Status < 300
}

// releaseHold gives the holding back.
func (x *exchange) releaseHold() {
	h := x.held
	if h == nil {
		return
	}
	x.held = nil
	if h.call.spent != nil {
		h.call.spent.Free() // its verdict was told
	}
	clear(h.rules())
	h.call.forget()
	if len(h.attempt.Claims) > 0 || h.attempt.spent != nil {
		h.attempt.forget()
	}
	if h.former.Claims != nil {
		h.former = taken{}
	}
	h.facts = rules.Facts{}
	h.perCall = perCall{}
}

// forget empties t; its memory stays.
func (t *taken) forget() {
	t.Reset()
	t.hold, t.spent = nil, nil
}
