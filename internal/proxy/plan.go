package proxy

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/health"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/policy"
	"github.com/sluice-gateway/sluice/internal/route"
)

// planWay makes the plan for what the call names: a target, or a route.
func (x *exchange) planWay(a *route.Ask) (err error) {
	x.way, err = x.view.routes.Plan(x.view.Snapshot, x.gw, a, x.scratch.plan[:0])
	x.plan = x.way.Targets
	return err
}

// askFor is what a plan for a model or route depends on.
func (x *exchange) askFor(model string) *route.Ask {
	a := &x.scratch.ask
	*a = route.Ask{Model: model, Provider: x.ctl.provider, Family: x.dialect.Family, Fallback: x.ctl.fallback}
	if len(a.Fallback) > 0 || x.view.routes.Has(model) {
		x.tell(a)
	}
	return a
}

// checkPlan keeps the targets that the caller may use and that can take the call. The
// first reason is told when none is left. A target that the caller asked for by name is
// never passed over in silence.
func (x *exchange) checkPlan() error {
	if err := x.mayFallBack(); err != nil {
		return err
	}
	kept, why := x.usable(x.plan)
	named := x.way.Route == "" || len(x.ctl.fallback) > 0
	if why != nil && (named || len(kept) == 0) {
		return why
	}
	x.plan = kept
	w := &x.way
	w.ContextWindow, _ = x.usable(w.ContextWindow)
	w.ContentPolicy, _ = x.usable(w.ContentPolicy)
	w.ContinueOn, _ = x.usable(w.ContinueOn)
	w.Shadow, _ = x.usable(w.Shadow)
	if w.Hedge != nil {
		w.Hedge.To, _ = x.usable(w.Hedge.To)
	}
	return nil
}

// mayFallBack says whether the caller may use what it names as fallbacks, each by its own
// name: the right to the route that is called does not cover them.
func (x *exchange) mayFallBack() error {
	if len(x.ctl.fallback) == 0 {
		return nil
	}
	if x.pinned != nil || x.home != nil {
		return badHeader("sluice-fallback", "this call can go to one provider alone")
	}
	for _, name := range x.ctl.fallback {
		if x.view.routes.Has(name) {
			if !policy.Route(x.gw, x.who, name) {
				return fault.Newf(fault.Forbidden, "The header sluice-fallback names the route '%s', which this key may not use here.", clip(name)).Field("sluice-fallback")
			}
			continue
		}
		found, err := route.Direct(x.view.Snapshot, x.gw, route.Ask{Model: name, Family: x.dialect.Family})
		if err != nil {
			return err
		}
		for _, t := range found {
			if err := policy.Target(x.gw, x.who, x.ep.Op, "", t.Provider.Name, bareModel(t.Model)); err != nil {
				return err
			}
		}
	}
	return nil
}

// usable gives those of some targets that may be used, and why the first other may not.
func (x *exchange) usable(targets []route.Target) (kept []route.Target, why error) {
	kept = targets[:0]
	for _, t := range targets {
		if err := x.mayUse(&t); err == nil {
			kept = append(kept, t)
		} else if why == nil {
			why = err
		}
	}
	return kept, why
}

// mayUse says whether the caller may use a target, and the target can take the call.
func (x *exchange) mayUse(t *route.Target) error {
	if err := policy.Target(x.gw, x.who, x.ep.Op, x.way.Route, t.Provider.Name, bareModel(t.Model)); err != nil {
		return err
	}
	if why := x.out(t); why != "" {
		return fault.New(fault.NoHealthyTarget, "'"+t.Provider.Name+"/"+clip(t.Model)+"' cannot be used now: "+why+".")
	}
	if x.native != "" {
		return nil
	}
	if l := x.view.lanes[t.Provider.Name]; !l.takes(x.ep, t.Model) && !x.translates(l, t.Model) {
		return x.notSpoken(l)
	}
	return nil
}

// out says why a target must not be used, "" when it may: it has been taken out of use,
// or it lies outside of where the call may be served.
func (x *exchange) out(t *route.Target) string {
	all, known := x.fences()
	if !known {
		return "where its workspace's calls may be served is not known yet"
	}
	for _, regions := range all {
		if why := x.outside(t, regions); why != "" {
			return why
		}
	}
	if x.standingOf(t) == health.Drained {
		return "it has been taken out of use"
	}
	return ""
}

// outside says why a target lies outside of some regions, "" when it does not. Of a call
// whose model nobody knows, any of the provider's models may be meant.
func (x *exchange) outside(t *route.Target, regions []string) string {
	if len(regions) == 0 {
		return ""
	}
	region := t.Provider.RegionOf(bareModel(t.Model))
	why := beyond(region, regions)
	if t.Model != "" || x.ep.Op != llm.OpPassthrough && !x.vendorChooses() {
		return why
	}
	for _, name := range sortedNames(t.Provider.Models) {
		if why == "" {
			why = beyond(t.Provider.RegionOf(name), regions)
		}
	}
	return why
}

// vendorChooses reports a call that runs a model though it names none.
func (x *exchange) vendorChooses() bool {
	return x.r.Method == http.MethodPost && (x.ep.Op == llm.OpImages || x.ep.Op == llm.OpModerations || x.ep.Op == llm.OpVideos && x.ep.Object.Creates)
}

func beyond(region string, regions []string) string {
	if slices.ContainsFunc(regions, func(word string) bool { return catalog.InRegion(word, region) }) {
		return ""
	}
	if region == "" {
		region = "unknown"
	}
	return "its region is " + region + ", and the call may be served in " + strings.Join(regions, ", ") + " alone"
}

// standingOf gives the best level of a target's credentials that the caller may use.
func (x *exchange) standingOf(t *route.Target) health.Level {
	own, shared := t.Provider.Usable(x.who.Workspace)
	id := health.ID{Provider: t.Provider.Name, Model: bareModel(t.Model)}
	if len(own)+len(shared) == 0 {
		return x.p.health.Level(id)
	}
	best := health.Drained
	for _, some := range [2][]int{{len(own), 0}, {len(shared), 1}} {
		for i := range some[0] {
			if some[1] == 0 {
				id.Credential = watchedAs(&own[i])
			} else {
				id.Credential = watchedAs(&shared[i])
			}
			if best = min(best, x.p.health.Level(id)); best == health.Healthy {
				return best
			}
		}
	}
	return best
}

// Standing implements route.State: how a target stands for this call.
func (x *exchange) Standing(t *route.Target) route.Standing {
	s := route.Standing{Why: x.out(t)}
	s.Out = s.Why != ""
	s.Rests = !s.Out && x.standingOf(t) >= health.Cooling
	st := x.p.health.Stats(health.Target{Provider: t.Provider.Name, Model: bareModel(t.Model)})
	s.Busy, s.First, s.Success, s.Speed = st.Busy, st.First, st.Success, st.Speed
	s.Price, s.Priced = x.foreseenPrice(t)
	return s
}

// Outliers implements route.Comparer.
func (x *exchange) Outliers(ts []route.Target) uint64 {
	var room [8]health.Target
	of := room[:0]
	for _, t := range ts {
		of = append(of, health.Target{Provider: t.Provider.Name, Model: bareModel(t.Model)})
	}
	return x.p.health.Outliers(of)
}

// usualAnswer is how many tokens an answer is taken to have where targets are compared
// by price and the request names no maximum.
const usualAnswer = 500

// foreseenPrice gives in dollars what the call would cost at a target, for comparing.
func (x *exchange) foreseenPrice(t *route.Target) (float64, bool) {
	m, free := x.modelOf(t)
	if free {
		return 0, true
	}
	in := float64(max(x.told.InputTokens(), 1))
	u := llm.Usage{InputTokens: llm.Known(int64(in)), OutputTokens: llm.Known(usualAnswer)}
	cost, _ := x.p.catalogue.Price(m, nil, &u, x.began, "", false)
	return float64(cost.USD) / float64(gateway.Dollar), cost.Known
}

// random is drawn once a call.
func (x *exchange) random() uint64 { return rand.Uint64() }
