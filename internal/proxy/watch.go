package proxy

import (
	"errors"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/health"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// watch counts the present attempt as in flight. Those with a credential of the caller's
// own say nothing about ours.
func (x *exchange) watch() bool {
	if x.cred != nil && x.cred == x.brought {
		x.scratch.pass = health.Pass{}
		return false
	}
	x.scratch.pass = x.p.health.Begin(x.healthID(watchedAs(x.cred)))
	return true
}

// contentCame notes that the answer's first content is there.
func (x *exchange) contentCame() {
	x.firstByte = time.Now()
	x.p.health.Answered(&x.scratch.pass)
}

func (x *exchange) healthID(credential string) health.ID {
	return health.ID{Provider: x.target.Provider.Name, Model: bareModel(x.target.Model), Credential: credential}
}

// watchedAs is the name under which a credential's health is kept: a workspace's own may
// bear the name of one that all share. Nil has none.
func watchedAs(c *provider.Credential) string {
	switch {
	case c == nil:
		return ""
	case c.Workspace != "":
		return c.Workspace + "/" + c.Name
	}
	return c.Name
}

// outcome is what became of an attempt that is over.
func (x *exchange) outcome(a *gateway.Attempt, err error) health.Outcome {
	o := health.Outcome{}
	if err != nil {
		o.Fault = asFault(err)
		switch {
		case errors.Is(err, errHasty):
			o.Fault = fault.New(fault.ClientClosed, "The caller did not wait.").With(err)
		case o.Fault.Kind == fault.Gone:
			o.Fault = x.whyGone(o.Fault)
		}
	}
	if a.LatencyMS.Known {
		o.Latency = time.Duration(a.LatencyMS.N) * time.Millisecond
	}
	if !x.firstByte.IsZero() {
		o.First = x.firstByte.Sub(a.Started)
	}
	if x.report != nil {
		o.Output = x.report.Usage.OutputTokens.N
	}
	if x.cost.Known {
		o.Cost = x.cost.USD
	}
	return o
}

// pickCredential chooses the credential of an attempt: one that has not failed in this turn, and
// before those that rest one that does not.
func (x *exchange) pickCredential(failed places) (*provider.Credential, int) {
	p, workspace := x.target.Provider, x.who.Workspace
	own, shared := p.Usable(workspace)
	if len(own)+len(shared) == 1 && failed.empty() {
		return p.Pick(workspace, nil) // there is nothing to choose
	}
	level := func(i int) health.Level {
		if i < len(own) {
			return x.p.health.Level(x.healthID(watchedAs(&own[i])))
		}
		return x.p.health.Level(x.healthID(watchedAs(&shared[i-len(own)])))
	}
	c, place := p.PickFor(workspace, x.way.StickyAt(&x.target), func(i int) bool { return failed.has(i) || level(i) >= health.Cooling })
	if c == nil {
		c, place = p.PickFor(workspace, x.way.StickyAt(&x.target), func(i int) bool { return failed.has(i) || level(i) == health.Drained })
	}
	return c, place
}

// alike is a watch that nobody keeps: everything is healthy and nothing is known.
type alike struct{}

func (alike) Level(health.ID) health.Level       { return health.Healthy }
func (alike) Drains(string) bool                 { return false }
func (alike) Begin(id health.ID) health.Pass     { return health.Pass{ID: id} }
func (alike) Answered(*health.Pass)              {}
func (alike) Done(*health.Pass, health.Outcome)  {}
func (alike) Stats(health.Target) health.Stats   { return health.Stats{Success: 1} }
func (alike) Outliers([]health.Target) uint64    { return 0 }
func (alike) Repeat(health.Target, float64) bool { return true }
