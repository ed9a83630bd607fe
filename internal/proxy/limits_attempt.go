package proxy

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
	"github.com/sluice-gateway/sluice/internal/route"
)

// sendElsewhere makes a new plan for the model or route to which a limit sends calls.
func (x *exchange) sendElsewhere(model string) error {
	x.rerouted = model
	a := x.askFor(model)
	a.Provider = ""
	beside := x.way.Hedge
	if err := x.planWay(a); err != nil {
		return err
	}
	if x.hedged { // the twin runs on
		x.way.Hedge = beside
	}
	if err := x.checkPlan(); err != nil {
		return err
	}
	return x.holdRoute()
}

// moveTo sends the call elsewhere when a target's limits say so: what it holds was priced
// for the plan that is no more, so it gives that up for what the new one may need, under
// the limits of its routes, and nobody comes between. A twin that runs beside it stays paid for.
func (x *exchange) moveTo(ctx context.Context, model string) error {
	if err := x.sendElsewhere(model); err != nil {
		return err
	}
	if !x.hedged {
		x.way.Hedge = nil // it comes too late
	}
	if x.held == nil {
		return nil
	}
	x.giveUp()
	defer x.settleFormer() // unless it was traded
	x.lose()
	x.bills.held, x.bills.extended = x.spent(), 0
	return x.reserve(ctx)
}

// holdAttempt takes what the limits of one target count; a target without room is passed
// over.
func (x *exchange) holdAttempt(ctx context.Context) error {
	h := x.held
	if h == nil {
		return nil
	}
	vendors := x.view.held[x.target.Provider.Name]
	if !h.hasAttempts() && !vendors.HasAttempts() && !h.owned {
		return nil
	}
	h.facts.Provider, h.facts.Model = x.target.Provider.Name, bareModel(x.target.Model)
	switch {
	case h.needsAmounts() || vendors.NeedsAmounts() || x.ownedAmounts() || h.owned && x.way.CeilingAt(&x.target) > 0:
		x.foreseeAttempt()
	case h.owned:
		h.most = ceiling{} // of another target
	}
	h.attempt.Reset()
	h.attempt.verdict = limit.Verdict{} // of another target
	if err := x.addOwned(&h.attempt); err != nil {
		return err
	}
	for i := -1; i < h.some; i++ {
		s := vendors
		if i >= 0 {
			s = h.sets[i]
		}
		if err := s.Add(&h.attempt.Taken, &h.facts, &h.want, rules.Attempt, h.setAside()); err != nil {
			return x.conditionFault(err)
		}
	}
	if x.submits() {
		leaveAmounts(&h.attempt)
	}
	if len(h.attempt.Claims) == 0 {
		return nil
	}
	h.asking = time.Now()
	defer x.tookRoom()
	refused, err := x.takeInTurn(ctx, &h.attempt)
	if err != nil || refused == nil {
		x.fit(&h.attempt, []route.Target{x.target})
		return err
	}
	if refused.Over.Do == gateway.OverReroute && !h.beside { // nobody has taken anything for where a twin would go
		if h.aside == nil {
			h.aside = map[*rules.Rule]bool{}
		}
		h.aside[refused] = true
		return &elsewhere{refused.Over.Reroute}
	}
	if refused.Over.Do == gateway.OverQueue {
		if err := x.line(ctx, refused, &h.attempt); err != nil {
			return err
		}
		x.fit(&h.attempt, []route.Target{x.target})
		return nil
	}
	return x.noRoom(refused, h.attempt.Claims[h.attempt.verdict.Refused].Window, h.attempt.verdict.Retry)
}

// addOwned adds the limits of routes that hold for attempts at the present target.
func (x *exchange) addOwned(t *taken) error {
	if x.target.Own == nil {
		return nil
	}
	for _, owner := range x.target.Own.Owners {
		for _, stage := range [...]rules.Stage{rules.Call, rules.Attempt} {
			if err := x.view.rules[owner].Add(&t.Taken, &x.held.facts, &x.held.want, stage, x.held.setAside()); err != nil {
				return x.conditionFault(err)
			}
		}
	}
	return nil
}

// ownedAmounts reports whether one of them counts tokens or money.
func (x *exchange) ownedAmounts() bool {
	o := x.target.Own
	return o != nil && slices.ContainsFunc(o.Owners, func(owner string) bool { return x.view.rules[owner].NeedsAmounts() })
}

// elsewhere is the error of an attempt that a limit sends to another model.
type elsewhere struct{ model string }

func (e *elsewhere) Error() string { return "sent to " + strings.ToValidUTF8(e.model, "") }
