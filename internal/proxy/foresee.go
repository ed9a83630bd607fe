package proxy

import (
	"math"
	"slices"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/route"
	"github.com/sluice-gateway/sluice/internal/tokens"
)

// leastAnswer is the shortest answer, in tokens, for which a call is sent at all when
// money is short. No vendor refuses it as too small a maximum.
const leastAnswer = 16

// foresee works out what the call may take at the most, priced at the dearest of the
// targets.
func (x *exchange) foresee(plan []route.Target) {
	if x.submits() { // what its lines may take is held for the batch, when they are known
		x.held.want = rules.Want{Priced: true}
		return
	}
	h, body := x.held, x.asked(plan)
	h.most = x.ceiling(plan, body)
	most := account.Most{Output: h.most.tokens * h.most.times, Characters: int64(x.ask.characters)}
	if x.ask.model != "" && len(body) > 0 {
		bound := tokens.MostOf(body)
		most.Input, most.Caches = bound.Tokens, bound.Caches
		most.Media = bound.Media || x.ep.Op == llm.OpChat && x.member(modalities) != nil
		if tier := x.member(serviceTier); tier != nil {
			most.Tier, _ = jsonscan.String(tier)
		}
	}
	h.foreseen = most
	h.facts.Input = most.Input
	h.want = rules.Want{Input: most.Input, Output: most.Output, Priced: true}
	unbounded := x.answers() && h.most.tokens == 0
	if unbounded {
		h.want.Output = math.MaxInt32
	}
	x.foreseeCost(plan, unbounded)
}

// foreseeCost prices what is foreseen.
func (x *exchange) foreseeCost(plan []route.Target, unbounded bool) {
	h := x.held
	least, fits := h.foreseen, x.fits(plan)
	least.Output = min(least.Output, leastAnswer*h.most.times)
	for i := range plan {
		m, free := x.modelOf(&plan[i])
		if free {
			continue
		}
		cost, ok := x.p.catalogue.Ceiling(m, h.foreseen, x.began)
		h.want.Priced = h.want.Priced && ok && !unbounded
		h.want.Cost = max(h.want.Cost, cost)
		if fits {
			cost, _ = x.p.catalogue.Ceiling(m, least, x.began)
			h.want.Least = max(h.want.Least, cost)
		}
	}
	if !fits {
		h.want.Least = h.want.Cost
	}
}

// fits reports whether a rule may be content with less money than the call may cost.
func (x *exchange) fits(plan []route.Target) bool {
	for _, s := range x.held.rules() {
		if s.NeedsLeast() {
			return true
		}
	}
	return len(x.view.held) > 0 && slices.ContainsFunc(plan, func(t route.Target) bool { return x.view.held[t.Provider.Name].NeedsLeast() })
}

const (
	serviceTier = "service_tier"
	modalities  = "modalities"
)

// answers reports operations that a model answers in tokens of its own.
func (x *exchange) answers() bool { return answersInTokens(x.ep.Op) }

func answersInTokens(op llm.Operation) bool { return op == llm.OpChat || op == llm.OpCompletions }

// ceiling says how long the answer may become: as the request says, else as the key
// allows, else as the models can.
func (x *exchange) ceiling(plan []route.Target, body []byte) (c ceiling) {
	c.times = 1
	if !x.answers() {
		return c
	}
	if !x.saysNoCeiling() {
		var at []byte
		if c.tokens, at, c.times = x.dialect.Ceiling.StatedIn(x.member); at != nil {
			c.stated = true
			x.overridden(plan, &c)
			return c
		}
	}
	for i := range plan {
		n := x.ceilingAt(&plan[i])
		if n == 0 {
			return ceiling{times: c.times}
		}
		c.tokens = max(c.tokens, n)
	}
	c.send = c.tokens
	return c
}

// overridden puts what routes set in place of the request's own maximum.
func (x *exchange) overridden(plan []route.Target, c *ceiling) {
	own, most := c.tokens, int64(0)
	for i := range plan {
		n := own
		if o := x.way.OverrideAt(&plan[i]); o != nil && o.MaxOutput != nil {
			n, c.send = *o.MaxOutput, max(c.send, *o.MaxOutput)
		}
		most = max(most, n)
	}
	c.tokens = most
}

// ceilingAt is how long an answer may become at one target where the request does not say;
// 0 = nobody knows.
func (x *exchange) ceilingAt(t *route.Target) int64 {
	if n := x.way.CeilingAt(t); n > 0 {
		return n
	}
	if k := x.who.Key; k != nil && k.MaxOutput > 0 {
		return k.MaxOutput
	}
	return int64(x.knownOf(t).maxOutput)
}

// modelOf gives the priced model of a target; free says that it costs nothing.
func (x *exchange) modelOf(t *route.Target) (m *account.Model, free bool) {
	if t.Model == "" && (!x.vendorChooses() || x.ep.Op == llm.OpModerations) {
		return nil, true // no model runs, or one that is free
	}
	k := x.knownOf(t)
	return k.model, k.free
}

// knownOf gives what is known of a target's model.
func (x *exchange) knownOf(t *route.Target) *knownModel {
	aim := &x.scratch.aim
	if aim.known == nil || aim.provider != t.Provider || aim.model != t.Model {
		aim.provider, aim.model = t.Provider, t.Model
		aim.known = x.view.lanes[t.Provider.Name].known(x.p.catalogue, bareModel(t.Model))
	}
	return aim.known
}

// fit lowers how long the answer may become to what the money that was granted pays for.
func (x *exchange) fit(t *taken, plan []route.Target) {
	h, shares := x.held, int64(1)
	if t == &h.call {
		shares = x.atOnce()
	}
	for i := range t.Claims {
		if t.hold == nil || t.Of[i].Kind != rules.Cost || t.hold.Granted[i] >= t.Claims[i].Want {
			continue
		}
		most := h.foreseen
		for j := range plan {
			m, free := x.modelOf(&plan[j])
			if free {
				continue
			}
			n := x.p.catalogue.Affords(m, most, gateway.USD(t.hold.Granted[i]/shares), x.began) / h.most.times
			if n < h.most.tokens && (h.most.send == 0 || n < h.most.send) {
				if h.most.send = max(n, 1); t == &h.call {
					h.fitted = h.most.send
				}
			}
		}
	}
}

// foreseeAttempt is foresee for the present target alone; what money is left for stays the
// bound.
func (x *exchange) foreseeAttempt() {
	x.foresee([]route.Target{x.target})
	if h := x.held; h.fitted > 0 && h.fitted < h.most.tokens && (h.most.send == 0 || h.fitted < h.most.send) {
		h.most.send = h.fitted
	}
}
