package proxy

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/route"
)

// holding is what a call needs that some limit or budget applies to; calls without any
// have none.
type holding struct {
	perCall
	facts   rules.Facts
	sets    [ruleSets]*rules.Set // the gateway's, the key's, and those of routes and their steps
	call    taken                // of all targets together
	attempt taken                // of the present target
	former  taken                // what the call has given up, and what it takes next replaces

	text  []byte                       // of headers
	looks func() (share, left float64) // at the budgets of x
}

// perCall is what begins anew with each call.
type perCall struct {
	x        *exchange // whose it is
	some     int       // how many sets there are; the first two always
	want     rules.Want
	most     ceiling
	fitted   int64 // to what most has been lowered for want of money; 0 = it has not
	owned    bool  // routes say something of single targets
	beside   bool  // a twin's: the call holds what it may need
	money    bool  // it holds money for it, for one answer
	foreseen account.Most
	over     []string // names of rules that had no room, or were overrun
	queued   time.Duration
	asking   time.Time // when the taking of room began that is under way; zero = none is
	settled  []gateway.Settlement
	aside    map[*rules.Rule]bool // rules that have sent the call elsewhere: they only count now
}

// ruleSets is how many sets of rules may apply to a call: routes stand within one another.
// The first ones are the gateway's and the key's, nil where these have none.
const (
	ruleSets   = 16
	callerSets = 2
)

// rules are the sets that apply to the call.
func (h *holding) rules() []*rules.Set { return h.sets[:h.some] }

// taken are claims and what was granted of them.
type taken struct {
	rules.Taken
	hold    *limit.Hold
	spent   *limit.Hold // the last one that was settled
	verdict limit.Verdict
	used    []int64
}

// Reset makes room for other claims. What was said of the former ones is forgotten with
// them.
func (t *taken) Reset() {
	t.Taken.Reset()
	t.verdict = limit.Verdict{}
}

// ceiling is how long the answer may become.
type ceiling struct {
	tokens int64 // of one answer; 0 = not known
	times  int64 // answers
	stated bool  // by the request itself
	send   int64 // to be told to the vendor instead; 0 = nothing is
}

// room gives an exchange's holding, which it keeps from call to call. A second one, of a
// twin, is new.
func (x *exchange) room() *holding {
	if h := x.scratch.held; h != nil && x.held == nil {
		return h
	}
	h := new(holding)
	h.looks = func() (share, left float64) { return h.x.budgets() }
	if x.held == nil {
		x.scratch.held = h
	}
	return h
}

// holdExtra is how much longer a hold lives than the longest call.
const holdExtra = time.Minute

// prepareHold prepares the rules that may apply to the call; without any it does nothing.
func (x *exchange) prepareHold() (err error) {
	if !x.quiet && x.ep.Op != llm.OpSelf && x.ep.Op != llm.OpStreams && x.ep.Op != llm.OpFeedback && x.ep.Op != llm.OpModels {
		x.held, err = x.newHolding()
	}
	return err
}

// newHolding gives nil when no rule may apply.
func (x *exchange) newHolding() (*holding, error) { return x.holdingFor(false) }

// holdingFor gives nil when no rule may apply, unless one is needed anyway.
func (x *exchange) holdingFor(needed bool) (*holding, error) {
	own, err := x.p.keyRules.of(x.who.Key)
	if err != nil {
		return nil, fault.New(fault.InternalError, "The key's own limits cannot be applied; the request id leads to the log.").With(err)
	}
	every := x.view.rules[x.gw.Name]
	if every == nil && own == nil && len(x.view.held) == 0 && !needed {
		return nil, nil
	}
	h := x.room()
	h.sets[0], h.sets[1], h.some, h.x = every, own, callerSets, x
	h.facts.Meta, h.facts.Budgets, h.facts.Raised = x.metadata(), h.looks, x.raised()
	v := &h.facts.Vars
	v.Gateway, v.Workspace, v.User, v.Header = x.gw.Name, x.who.Workspace, x.who.User, x.r.Header
	v.Operation, v.Now = string(x.ep.Op), x.began
	if k := x.who.Key; k != nil {
		v.Key = expr.Key{ID: k.ID, Name: k.Name, Owner: k.Owner, Tags: k.Tags}
	}
	h.facts.SetAddress(x.ip)
	h.facts.Ready()
	return h, nil
}

// gate refuses what is already known to be over a limit that refuses, before the body is
// read. It takes nothing.
func (x *exchange) gate() error {
	h := x.held
	if h == nil || x.p.full.None() {
		return nil
	}
	h.call.Reset()
	for _, s := range h.rules() {
		if err := s.Add(&h.call.Taken, &h.facts, &rules.Want{Priced: true}, rules.Early, nil); err != nil {
			return x.conditionFault(err)
		}
	}
	now := time.Now()
	for i := range h.call.Claims {
		r := h.call.Of[i]
		if r.Over.Do != gateway.OverReject && r.Over.Do != "" || h.call.Claims[i].Observe || r.Kind == rules.Places || r.Kind.Amount() && x.asksOnly() {
			continue
		}
		if wait := x.p.full.Wait(&h.call.Claims[i], now); wait > 0 {
			return x.noRoom(r, h.call.Claims[i].Window, wait)
		}
	}
	return nil
}

// reserve takes what the call may need at the most of all limits that apply to it, or
// nothing at all. It may wait, or send the call elsewhere.
func (x *exchange) reserve(ctx context.Context) error {
	h := x.held
	if h == nil {
		return nil
	}
	h.asking = time.Now()
	defer x.tookRoom()
	x.knowFacts()
	for range maxReroutes {
		if h.fitted = 0; h.needsAmounts() || x.waysCeiling() > 0 {
			x.foresee(x.everyTarget())
			h.want.Cost, h.want.Least = h.want.Cost*gateway.USD(x.atOnce()), h.want.Least*gateway.USD(x.atOnce())
		}
		again, err := x.reserveCall(ctx)
		if !again || err != nil {
			return err
		}
	}
	return fault.New(fault.RateLimit, "Each of the models that this call was sent to in turn is over its limit.").After(time.Second)
}

// tookRoom ends the taking of room that is under way, if one is.
func (x *exchange) tookRoom() {
	if from := x.held.asking; !from.IsZero() {
		x.held.asking = time.Time{}
		x.phase(gateway.PhaseLimits, from, time.Now())
	}
}

// knowFacts tells rules what the body says.
func (x *exchange) knowFacts() {
	f := &x.held.facts
	f.Meta, f.Stream, f.Model, f.Route = x.metadata(), x.stream, bareModel(x.ask.model), x.way.Route
	f.Body, f.Shadow = x, x.shadow
	f.Ready()
	if f.User == "" {
		f.User = x.ask.user
	}
}

// everyTarget are all targets that the call may come to: a hold is priced at the dearest.
func (x *exchange) everyTarget() []route.Target {
	w := &x.way
	if len(w.ContextWindow)+len(w.ContentPolicy)+len(w.ContinueOn) == 0 && (w.Hedge == nil || len(w.Hedge.To) == 0) {
		return x.plan
	}
	all := slices.Concat(x.plan, w.ContextWindow, w.ContentPolicy, w.ContinueOn)
	if w.Hedge != nil {
		all = append(all, w.Hedge.To...)
	}
	return all
}

// needsAmounts reports whether a rule counts tokens or money.
func (h *holding) needsAmounts() bool {
	for _, s := range h.rules() {
		if s.NeedsAmounts() {
			return true
		}
	}
	return false
}

func (h *holding) hasAttempts() bool {
	for _, s := range h.rules() {
		if s.HasAttempts() {
			return true
		}
	}
	return false
}

// holdRoute adds the rules of the routes that made the plan.
func (x *exchange) holdRoute() (err error) {
	owned := slices.ContainsFunc(x.everyTarget(), func(t route.Target) bool { return t.Own != nil })
	if len(x.way.Owners) == 0 && x.waysCeiling() == 0 && !owned {
		return nil
	}
	if x.held == nil {
		if x.held, err = x.holdingFor(true); err != nil {
			return err
		}
	}
	h := x.held
	h.owned = owned
	for _, owner := range x.way.Owners { // behind those of a route that a limit has sent the call away from
		s := x.view.rules[owner]
		switch {
		case s == nil || slices.Contains(h.rules(), s):
			continue
		case h.some == ruleSets:
			return fault.Newf(fault.InternalError, "The route '%s' has limits at more than %d places that hold for one call.", x.way.Route, ruleSets-callerSets)
		}
		h.sets[h.some] = s
		h.some++
	}
	return nil
}

// waysCeiling is how long the answer may become as the route says; 0 = it says nothing.
func (x *exchange) waysCeiling() int64 {
	if o := x.way.Override; o != nil && o.MaxOutput != nil {
		return *o.MaxOutput
	}
	return x.way.MaxOutput
}

// keyOwner begins the ids of keys' own rules.
const keyOwner = "key/"

// maxReroutes bounds how often a call is sent elsewhere by limits.
const maxReroutes = 4

func (x *exchange) reserveCall(ctx context.Context) (again bool, err error) {
	h := x.held
	h.call.Reset()
	for _, s := range h.rules() {
		if err := s.Add(&h.call.Taken, &h.facts, &h.want, rules.Call, h.setAside()); err != nil {
			return false, x.conditionFault(err)
		}
	}
	if x.submits() {
		leaveAmounts(&h.call)
	}
	if len(h.call.Claims) == 0 {
		return false, nil
	}
	refused, err := x.takeInTurn(ctx, &h.call)
	if err != nil || refused == nil {
		x.fit(&h.call, x.everyTarget())
		return false, err
	}
	switch refused.Over.Do {
	case gateway.OverReroute:
		if h.aside == nil {
			h.aside = map[*rules.Rule]bool{}
		}
		h.aside[refused] = true
		return true, x.sendElsewhere(refused.Over.Reroute)
	case gateway.OverQueue:
		if err := x.line(ctx, refused, &h.call); err != nil {
			return false, err
		}
		x.fit(&h.call, x.everyTarget())
		return false, nil
	}
	return false, x.noRoom(refused, h.call.Claims[h.call.verdict.Refused].Window, h.call.verdict.Retry)
}

// setAside tells which rules only count now; nil = none.
func (h *holding) setAside() func(*rules.Rule) bool {
	if h.aside == nil {
		return nil
	}
	return func(r *rules.Rule) bool { return h.aside[r] }
}

// takeInTurn is take for a call that has not waited: where others wait, it has no room.
func (x *exchange) takeInTurn(ctx context.Context, t *taken) (refused *rules.Rule, err error) {
	if i := x.waits(t); i >= 0 {
		x.settleFormer() // who waits holds nothing
		t.hold, t.verdict = nil, limit.Verdict{Refused: i}
		return t.Of[i], nil
	}
	return x.take(ctx, t)
}

// take reserves the claims of t and gives the rule that had no room, nil when all had.
func (x *exchange) take(ctx context.Context, t *taken) (refused *rules.Rule, err error) {
	t.hold = nil
	v, err := x.trade(ctx, t.Claims)
	if err != nil {
		return nil, x.countFault(ctx, err)
	}
	t.hold, t.verdict = v.Hold, v
	x.p.full.Note(t.Claims, &t.verdict, time.Time{})
	if v.Hold == nil {
		x.tellBudget(t, v.Refused, 0, true)
		return t.Of[v.Refused], nil
	}
	for i, s := range v.States {
		if t.Claims[i].Observe && s.Used > s.Max {
			x.noteOver(t.Of[i])
		}
	}
	return nil, nil
}

// noteOver notes for the entry that a rule had no room. A key's own are told apart.
func (x *exchange) noteOver(r *rules.Rule) {
	name := r.Name
	if strings.HasPrefix(r.ID, keyOwner) {
		name = "key/" + name
	}
	for _, known := range x.held.over {
		if known == name {
			return
		}
	}
	x.held.over = append(x.held.over, name)
}

// holdFor is how long a hold counts of which nobody says what became of it.
func (x *exchange) holdFor() time.Duration {
	d := x.ctl.timeout
	for i := range x.plan {
		p := x.plan[i].Provider
		d = max(d, p.Timeouts.Total*time.Duration(p.Retries.Max+1))
	}
	return d + holdExtra
}

func (x *exchange) countFault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return gone(err)
	}
	return fault.New(fault.Overloaded, "What counts the limits cannot be reached.").With(err).After(time.Second)
}

// conditionFault is the fault of a rule that could not be applied: nobody is let through
// because of that.
func (x *exchange) conditionFault(err error) error {
	var un *rules.Unpriced
	if !errors.As(err, &un) {
		return fault.New(fault.InternalError, "A limit's condition could not be evaluated; the request id leads to the log.").With(err)
	}
	x.noteOver(un.Rule)
	why := "its price is unknown"
	if x.held.most.tokens == 0 {
		why = "its price, or how long its answer may become, is unknown"
	}
	f := fault.Newf(fault.BudgetExceeded, "The model '%s' cannot be called under the limit of money '%s': %s. Configure a price (providers.<name>.models), state a maximum of output tokens, or set unpriced: allow.", clip(x.ask.model), un.Rule.Name, why)
	f.NoRetry = true
	return f
}

// tellBudget tells how a budget stands: after what a call has used of it, or when it
// has refused one.
func (x *exchange) tellBudget(t *taken, i int, used int64, refused bool) {
	r := t.Of[i]
	if x.p.budgets == nil || !r.Alerts || i >= len(t.verdict.States) {
		return
	}
	st, c, at := t.verdict.States[i], &t.Claims[i], time.Now()
	if !refused {
		st.Used, at = st.Used-t.hold.Granted[i]+used, t.hold.Taken
	}
	x.p.budgets.Note(gateway.Standing{
		Rule: r.Rule, ID: r.ID, Counter: c.Counter, Window: c.Window, Values: x.kept(r.Values(&x.held.facts)), Gateway: x.gw.Name, Workspace: x.who.Workspace,
		Used: gateway.USD(st.Used), Max: gateway.USD(st.Max), Time: at, Refused: refused,
	})
}

// noRoom refuses a call.
func (x *exchange) noRoom(r *rules.Rule, w *gateway.Window, retry time.Duration) error {
	x.noteOver(r)
	if x.caching != nil {
		x.caching.stale = r.Over.Do == gateway.OverStale
	}
	allowed := rules.Describe(r.Rule, w)
	switch {
	case r.Kind == rules.Cost:
		f := fault.Newf(fault.BudgetExceeded, "The budget '%s' (%s) has not enough left for this call.", r.Name, allowed)
		if f.NoRetry = r.Budget() || retry < 0; retry > 0 {
			f = f.After(retry)
		}
		return f
	case retry < 0:
		f := fault.Newf(fault.RateLimit, "This call asks for more than the limit '%s' (%s) ever allows at once.", r.Name, allowed)
		f.NoRetry = true
		return f
	}
	return fault.Newf(fault.RateLimit, "The limit '%s' is reached: %s.", r.Name, allowed).After(max(retry, time.Millisecond))
}
