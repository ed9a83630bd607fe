package config

import (
	"fmt"
	"slices"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// limits completes and checks a list of limits and one of budgets of one owner.
func (l *loader) limits(at string, limits []Limit, budgets []Budget, held bool) {
	names := map[string]string{}
	for i := range limits {
		here := doctree.Index(join(at, "limits"), i)
		l.limit(here, &limits[i], held)
		l.ruleNames(here, limits[i].rules(here, ""), names, limits[i].Name)
	}
	for i := range budgets {
		here := doctree.Index(join(at, "budgets"), i)
		l.budget(here, &budgets[i])
		l.ruleNames(here, []*gateway.Rule{{Name: budgets[i].Name}}, names, budgets[i].Name)
	}
}

// ruleNames refuses a name that another rule of the owner has.
func (l *loader) ruleNames(at string, rules []*gateway.Rule, taken map[string]string, given string) {
	if given == "" {
		return
	}
	for _, r := range rules {
		if other := taken[r.Name]; other != "" {
			l.bad(join(at, "name"), "the name %q is taken by %s", r.Name, other)
		}
		taken[r.Name] = at
	}
}

func (l *loader) limit(at string, x *Limit, held bool) {
	units := x.units()
	if len(units) == 0 && !l.faulty(at) && !l.givenAny(at, "requests", "tokens", "input_tokens", "output_tokens", "cost", "concurrent") {
		l.bad(at, "limits nothing; write requests, tokens, input_tokens, output_tokens, cost or concurrent, such as requests: 100/1m")
	}
	has := func(u gateway.Unit) bool {
		return slices.ContainsFunc(units, func(c counted) bool { return c.unit == u })
	}
	if x.Burst != "" {
		l.burst(at, x, units)
	}
	if x.Fixed && len(units) == 1 && has(gateway.UnitConcurrent) {
		l.bad(join(at, "fixed"), "calls at once have no window")
	}
	if x.CountHits && !has(gateway.UnitRequests) {
		l.bad(join(at, "count_hits"), "only requests are counted of an answer from the cache; it costs no tokens and no money")
	}
	if !has(gateway.UnitCost) {
		l.onlyCost(at, &x.Money)
	}
	l.over(join(at, "over"), &x.Over, held)
	l.distinct(at, x)
}

// onlyCost refuses what is said of money where there is none.
func (l *loader) onlyCost(at string, m *Money) {
	if l.given(join(at, "cost")) {
		return // and wrong
	}
	if m.Fit {
		l.bad(join(at, "fit"), "means nothing without cost")
	}
	if m.Unpriced == "allow" {
		l.bad(join(at, "unpriced"), "means nothing without cost")
	}
}

func (l *loader) burst(at string, x *Limit, units []counted) {
	here := join(at, "burst")
	switch {
	case l.faulty(here):
	case len(units) > 1:
		l.bad(here, "counts in one unit; give each unit an item of its own")
	case len(units) == 1 && units[0].unit == gateway.UnitConcurrent:
		l.bad(here, "calls at once have no window from which it could be repaid")
	case len(units) == 1 && units[0].unit != gateway.UnitCost:
		if _, message := parseCount(x.Burst); message != "" {
			l.bad(here, "expected a whole number such as 20")
		}
	}
}

// distinct refuses two windows of one length, of which one can have no effect.
func (l *loader) distinct(at string, x *Limit) {
	for _, c := range x.units() {
		seen := map[string]bool{}
		for i, w := range x.windows(c) {
			if span := FormatDuration(w.Span); w.Span > 0 && seen[span] {
				l.bad(fmt.Sprintf("%s.%s[%d]", at, c.unit, i), "there is a window of %s already; keep the smaller one", span)
			} else {
				seen[span] = true
			}
		}
	}
}

func (l *loader) givenAny(at string, keys ...string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return l.given(join(at, k)) })
}

// over completes what happens when there is no room, and checks it. held says that the
// rule is held per attempt.
func (l *loader) over(at string, o *Over, held bool) {
	queue, reroute := l.given(join(at, "queue")), l.given(join(at, "reroute"))
	said := l.given(join(at, "do"))
	switch {
	case queue && reroute:
		l.bad(at, "queue and reroute are given; keep one of the two")
	case said && queue && o.Do != gateway.OverQueue, said && reroute && o.Do != gateway.OverReroute:
		l.bad(join(at, "do"), "says %s beside another kind; keep one of the two", o.Do)
	case queue:
		o.Do = gateway.OverQueue
	case reroute:
		o.Do = gateway.OverReroute
	}
	if o.Do == gateway.OverReroute && !reroute {
		l.bad(at, "write reroute: and a model, such as reroute: %s", "sandbox/echo")
	}
	if o.Do == gateway.OverQueue {
		o.Queue = Wait{Wait: orDefault(o.Queue.Wait, defaultWait), Max: orDefault(o.Queue.Max, defaultPlaces)}
	}
	if held && o.Do != gateway.OverReject && o.Do != gateway.OverRecord {
		l.bad(at, "a provider that is full is passed over; only reject and record mean something here")
	}
	if o.Do == gateway.OverStale {
		l.stale(at)
	}
	l.reroute(join(at, "reroute"), o.Reroute)
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

func (l *loader) budget(at string, b *Budget) {
	here := join(at, "over")
	o := Over{Do: b.Over.Do, Reroute: b.Over.Reroute}
	l.over(here, &o, false)
	b.Over.Do = o.Do
	l.noBudgets(join(at, "when"), b.When, expr.Bool)
	for i, text := range b.Per {
		l.noBudgets(doctree.Index(join(at, "per"), i), text, expr.Text)
	}
	seen := map[gateway.Period]bool{}
	for i, text := range b.Cost {
		w, message := parsePeriod(text)
		if message == "" && seen[w.Period] {
			l.bad(fmt.Sprintf("%s.cost[%d]", at, i), "there is a budget for the %s already; keep the smaller one", w.Period)
		}
		seen[w.Period] = true
	}
	alerts := map[int]bool{}
	for i, n := range b.Alert {
		if n > 0 && alerts[n] {
			l.bad(fmt.Sprintf("%s.alert[%d]", at, i), "listed twice")
		}
		alerts[n] = true
	}
	if b.Mode == "soft" && b.Fit {
		l.bad(join(at, "fit"), "a soft budget refuses nothing for its last cents, so there is nothing to fit")
	}
}

// noBudgets refuses what asks for budgets in order to know which apply.
func (l *loader) noBudgets(at, text string, kind expr.Kind) {
	if p, err := expr.Compile(text, kind); text != "" && err == nil && p.Uses("budget.share", "budget.left") {
		l.bad(at, "a budget cannot depend on how much of budgets is left; a limit can")
	}
}
