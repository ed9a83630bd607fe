package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/canary"
	"github.com/sluice-gateway/sluice/internal/compare"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/route"
	"github.com/sluice-gateway/sluice/internal/store"
)

// openCanaries makes what keeps canaries going.
func (p *process) openCanaries() {
	p.canaries = canary.New(canary.Options{Store: p.store, Current: p.proxy.Canaries, Look: p.lookAtCanary, Set: p.proxy.SetStages, Log: p.log})
}

// followCanaries keeps canaries going, once the store is there.
func (p *process) followCanaries(ctx context.Context) {
	for !p.migrated.Load() {
		if !pause(ctx, 100*time.Millisecond) {
			return
		}
	}
	p.canaries.Run(ctx)
}

// lookAtCanary gives how both targets of a canary did since a time. A target that both
// lead to says nothing about either.
func (p *process) lookAtCanary(ctx context.Context, place string, c *gateway.Canary, since time.Time) (from, to compare.Figures, err error) {
	s := p.snapshot.Load()
	name, _, _ := strings.Cut(place, "/")
	sides := compare.Sides{A: compare.ArmOf(route.Reach(s, c.From)...), B: compare.ArmOf(route.Reach(s, c.To)...)}
	for both := sides.A.Meets(sides.B); both != ""; both = sides.A.Meets(sides.B) {
		delete(sides.A, both)
		delete(sides.B, both)
	}
	q := store.OutcomeQuery{Routes: route.Holders(s, name), From: since, Most: admin.MostCompared}
	if _, err := p.store.Outcomes(ctx, q, sides.Add); err != nil {
		return from, to, err
	}
	from, to = sides.Figures()
	return from, to, nil
}

// reach gives the targets that a name leads to.
func (p *process) reach(name string) []string { return route.Reach(p.snapshot.Load(), name) }

// adminCanaries are canaries as the admin API wants them.
type adminCanaries struct{ p *process }

// List implements admin.Canaries.
func (a adminCanaries) List() []admin.Canary {
	all := a.p.canaries.List()
	out := make([]admin.Canary, len(all))
	for i := range all {
		out[i] = adminCanary(&all[i])
	}
	return out
}

func adminCanary(s *canary.Standing) admin.Canary {
	c := admin.Canary{
		Place: s.State.Place, From: s.Canary.From, To: s.Canary.To, State: "waiting", Stage: s.State.Stage + 1, Share: s.Share, Stages: []admin.CanaryStage{},
		Rollback: s.Canary.Rollback, Why: s.State.Why, By: s.State.By, FromFigures: s.From, ToFigures: s.To,
	}
	for _, st := range s.Canary.Stages {
		c.Stages = append(c.Stages, admin.CanaryStage{Share: st.Share, ForS: st.For.Seconds()})
	}
	switch st := &s.State; {
	case st.Version == 0:
		return c
	case st.RolledBack:
		c.State = "rolled_back"
	case st.Stage >= len(s.Canary.Stages):
		c.State = "done"
	default:
		c.State = "running"
		until := st.Since.Add(s.Canary.Stages[st.Stage].For)
		c.Until = &until
		if s.Verdict.Do == canary.Hold {
			c.State, c.Why = "held", s.Verdict.Why
		}
	}
	c.Since, c.Changed = &s.State.Since, &s.State.Changed
	return c
}

// Restart implements admin.Canaries.
func (a adminCanaries) Restart(ctx context.Context, place, by string) error {
	return noCanary(a.p.canaries.Restart(ctx, place, by))
}

// Rollback implements admin.Canaries.
func (a adminCanaries) Rollback(ctx context.Context, place, by, reason string) error {
	return noCanary(a.p.canaries.Rollback(ctx, place, by, reason))
}

func noCanary(err error) error {
	if errors.Is(err, canary.ErrNone) {
		return store.ErrNotFound
	}
	return err
}
