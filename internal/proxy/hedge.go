package proxy

import (
	"context"
	"errors"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/health"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
	"github.com/sluice-gateway/sluice/internal/route"
)

// errLost is why the slower of two targets is not waited for.
var errLost = errors.New("another target was quicker")

// hedgeAfter is how long the first target may say nothing before a second one is asked;
// 0 = none is.
func (x *exchange) hedgeAfter() time.Duration {
	h := x.way.Hedge
	if h == nil || len(h.To) == 0 && len(x.plan) < 2 || !x.copies() {
		return 0
	}
	if h.After > 0 {
		return h.After
	}
	t := x.plan[0]
	return x.p.health.Stats(health.Target{Provider: t.Provider.Name, Model: bareModel(t.Model)}).P95
}

// forwardHedged tries the plan and, when nothing has come of it for a while, a twin's
// beside it. Whichever has content first is the answer; the other is ended, and its
// attempts stand in the entry too.
func (x *exchange) forwardHedged(after time.Duration) error {
	call, w := x.r, x.w
	race := &race{w: w, commits: x.commits}
	defer race.end()
	others := x.way.Hedge.To
	if len(others) == 0 {
		others = x.plan[1:]
	}
	ctx, lane := race.enter(call.Context())
	y := x.twin(ctx, lane, others)
	y.body, y.hedged, y.held = x.body.lend(), true, x.twinHolding(y)
	x.way.Hedge = &route.Hedge{After: after, To: slices.Clone(others)} // whatever becomes of the plan
	y.way.ContinueOn = slices.Clone(x.way.ContinueOn)
	ctx, own := race.enter(call.Context())
	x.r, x.w, x.commits, x.hedged = call.WithContext(ctx), own, nil, true
	back := func() { x.r, x.w, x.commits, x.hedged = call, w, race.commits.going(), false }

	ended := make(chan error, 1)
	run := func() { ended <- y.runTwin() }
	timer := time.AfterFunc(after, run)
	race.decided = func() { unlessBegun(timer, run) }
	defer func() {
		if x.hedged { // a panic: the twin reads what belongs to the call
			if back(); !timer.Stop() {
				lane.cancel(errLost)
				<-ended
			}
			x.wrote = x.wrote || lane.won()
			y.leave()
		}
	}()
	err := x.forwardAlone()
	back()
	if timer.Stop() { // nobody else was asked
		y.leave()
		return err
	}
	x.concede(own, lane, call.Context())
	theirs := <-ended
	x.commits = race.commits.going()
	if lane.won() {
		x.adopt(y)
		err = theirs
	} else {
		y.settleAttempt()
		y.lose()
		x.settleAttempt() // what the twin took is nothing to the target's own limits
		x.note(y)
		if !own.won() && asFault(err).Kind == fault.Gone && call.Context().Err() == nil {
			if err = theirs; x.caching != nil {
				x.caching.stale = y.caching.stale
			}
		}
	}
	y.leave()
	return err
}

// unlessBegun runs at once what a timer would run later.
func unlessBegun(timer *time.Timer, run func()) {
	if timer.Stop() {
		run()
	}
}

// concede ends the twin where it has lost, and else leaves the rest to it.
func (x *exchange) concede(own, lane *runner, call context.Context) {
	if own.won() || call.Err() != nil {
		lane.cancel(errLost)
	}
	if lane.won() {
		x.giveBody()
	}
}

// runTwin is the path of a twin.
func (x *exchange) runTwin() (err error) {
	defer x.releaseBody()
	defer func() {
		if v := recover(); v != nil {
			x.p.log.Error("panic in a hedge", "request_id", x.id, "panic", v, "stack", string(debug.Stack()))
			x.abort = x.wrote
			err = fault.New(fault.InternalError, "Something broke inside Sluice; the request id leads to its log.")
		}
	}()
	if x.r.Context().Err() != nil {
		return gone(context.Cause(x.r.Context())) // it is decided already
	}
	return x.forwardAlone()
}

// twinHolding is what a twin needs for the limits of its own targets: those of the call
// are held already. What it finds out is its own.
func (x *exchange) twinHolding(y *exchange) *holding {
	if x.held == nil {
		return nil
	}
	h, err := x.holdingFor(x.held.owned)
	if err != nil || h == nil {
		return nil
	}
	h.facts, h.most, h.foreseen, h.want, h.aside = x.held.facts, x.held.most, x.held.foreseen, x.held.want, maps.Clone(x.held.aside)
	h.sets, h.some, h.fitted, h.owned = x.held.sets, x.held.some, x.held.fitted, x.held.owned
	h.x, h.beside = y, true
	h.money = x.held.call.hold != nil && slices.ContainsFunc(x.held.call.Of, func(r *rules.Rule) bool { return r.Kind == rules.Cost })
	h.facts.Body, h.facts.Budgets = y, h.looks
	h.facts.Ready()
	return h
}

// note takes over what a twin tried and what that took.
func (x *exchange) note(y *exchange) {
	n := len(x.attempts)
	x.attempts = append(x.attempts, y.attempts...)
	for _, s := range y.sent {
		s.Attempt += n
		x.sent = append(x.sent, s)
	}
	y.settleAttempt()
	x.bills.lose(y.bills.lost)
	x.bills.partial = x.bills.partial || y.bills.partial
	if y.held != nil && x.held != nil {
		x.held.settled = append(x.held.settled, y.held.settled...)
		x.held.over = append(x.held.over, y.held.over...)
	}
	x.objects = append(x.objects, y.objects...)
}

// adopt makes a twin's answer this call's.
func (x *exchange) adopt(y *exchange) {
	x.settleAttempt() // before the twin's attempts stand behind this one's
	x.lose()
	x.note(y)
	x.releaseTranslation()
	x.target, x.lane, x.spoken, x.cred, x.brought, x.estimated = y.target, y.lane, y.spoken, y.cred, y.brought, y.estimated
	x.tr, y.tr = y.tr, nil
	x.story, x.committed = y.story, y.committed
	x.wrote, x.status, x.abort, x.streaming, y.streaming = y.wrote, y.status, x.abort || y.abort, y.streaming, false
	x.report, x.cost, x.price, x.billed, x.firstByte = y.report, y.cost, y.price, y.billed, y.firstByte
	x.answerKept, x.vendorKept, x.waited, x.lingered = y.answerKept, y.vendorKept, y.waited, y.lingered
	x.parted = y.parted
}

// leave gives back what a twin has of its own.
func (x *exchange) leave() {
	x.settleAttempt()
	x.releaseHold()
	x.releaseTranslation()
	x.releaseBody()
	x.free()
}
