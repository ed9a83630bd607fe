package app

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/alert/rules"
	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// openAlertRules makes what looks at alert rules.
func (p *process) openAlertRules(cfg *config.Config) {
	link := ""
	if cfg.Admin.URL != "" {
		link = strings.TrimSuffix(cfg.Admin.URL, "/") + "/alerts"
	}
	source := alertSource{p, &networkSums{read: p.store.Networks, now: time.Now}}
	p.rules = rules.New(rules.Options{Store: p.store, Source: source, Rules: p.alertRules, Raised: p.alerts.Wake, Link: link, Logger: p.log})
}

func (p *process) alertRules() []gateway.AlertRule { return p.config.Load().AlertRules() }

// watchRules looks at alert rules, once the store is there.
func (p *process) watchRules(ctx context.Context) {
	for !p.migrated.Load() {
		if !pause(ctx, 100*time.Millisecond) {
			return
		}
	}
	p.rules.Run(ctx)
}

// alertSource is where rules have their figures from.
type alertSource struct {
	p        *process
	networks *networkSums
}

// topSeries is how many values of a dimension a rule looks at.
const topSeries = 50

// Calls implements rules.Source.
func (s alertSource) Calls(ctx context.Context, q rules.Question) ([]rules.Series, error) {
	if q.Per == rules.Network {
		return s.networks.calls(ctx, q)
	}
	ask := store.AnalyticsQuery{From: q.From, To: q.To, Step: q.Step, Top: cmp.Or(q.Most, topSeries), Rank: analytics.Requests, Sketches: q.Sketches}
	for d, v := range q.Filter {
		ask.Where = append(ask.Where, store.AnalyticsFilter{Dimension: analytics.Dimension(d), Value: v})
	}
	if q.Per != "" {
		ask.By = []analytics.Dimension{analytics.Dimension(q.Per)}
	}
	found, err := s.p.store.Analytics(ctx, ask)
	if err != nil {
		return nil, err
	}
	var out []rules.Series
	for _, one := range found.Series {
		switch {
		case q.Per == "":
			out = append(out, rules.Series{Total: one.Total, Spans: one.Spans, Times: found.Edges[:len(one.Spans)]})
		case !one.Rest && one.Values[0] != "":
			out = append(out, rules.Series{Value: one.Values[0], Total: one.Total, Spans: one.Spans, Times: found.Edges[:len(one.Spans)]})
		}
	}
	return out, nil
}

// Live implements rules.Source.
func (s alertSource) Live(ctx context.Context, metric string) (float64, bool, error) {
	switch metric {
	case "spool_depth":
		return float64(s.p.recorder.Depth()), true, nil
	case "unhealthy_targets":
		n := 0
		for _, t := range s.p.targets() {
			if t.Level == "cooling" {
				n++
			}
		}
		return float64(n), true, nil
	case "budget_share":
		return s.budgetShare(ctx)
	}
	return 0, false, nil
}

// Ending implements rules.Source.
func (s alertSource) Ending(ctx context.Context, r *gateway.AlertRule) (map[string]float64, error) {
	now := time.Now()
	names, budgets, err := s.budgets(ctx, r.Filter["gateway"], r.Filter["workspace"])
	if err != nil {
		return nil, err
	}
	ahead, err := admin.ForecastBudgets(ctx, s.p.store, now, budgets)
	found := map[string]float64{}
	for i := range ahead {
		if ends := ahead[i].Ends; ends != nil {
			found[names[i]] = float64(max(ends.Sub(now), 0).Milliseconds())
		}
	}
	return found, err
}

// budgets gives the counters of gateways' budgets, the fullest first, with their names.
func (s alertSource) budgets(ctx context.Context, of, workspace string) (names []string, all []admin.Budget, err error) {
	rules := map[string]*gateway.Rule{}
	for name, g := range s.p.snapshot.Load().Gateways {
		for _, r := range g.Rules {
			if r.Budget() && (of == "" || of == name) {
				rules["gateway/"+name+"/"+r.Name] = r
			}
		}
	}
	states, err := s.p.limitStates(ctx, admin.LimitQuery{Workspace: workspace, Idle: true}) // other nodes may serve its calls
	slices.SortStableFunc(states, func(x, y admin.LimitState) int {
		return cmp.Compare(float64(y.Used)/float64(max(y.Max, 1)), float64(x.Used)/float64(max(x.Max, 1)))
	})
	for _, st := range states {
		if r := rules[st.Rule]; r != nil && st.Max > 0 && st.Window < len(r.Windows) && len(all) < topSeries {
			one := admin.Budget{Counter: st.Counter, Window: r.Windows[st.Window], Used: gateway.USD(st.Used), Max: gateway.USD(st.Max)}
			if spent := s.spent(ctx, &one); spent > one.Used {
				one.Used = spent
			}
			names, all = append(names, strings.TrimSpace(st.Rule+" "+st.Values)), append(all, one)
		}
	}
	return names, all, err
}

// spent is what the store knows that all nodes spent of a budget in its present period.
func (s alertSource) spent(ctx context.Context, b *admin.Budget) (all gateway.USD) {
	now := time.Now()
	from, _ := b.Period(now)
	sums, err := s.p.store.SpentBetween(ctx, b.Counter, []time.Time{from, now.Add(15 * time.Minute)})
	if err != nil {
		return 0 // what this node knows counts
	}
	for _, u := range sums {
		all += u
	}
	return all
}

// budgetShare is that of the counter of a gateway's budget that is nearest to its end.
func (s alertSource) budgetShare(ctx context.Context) (most float64, known bool, err error) {
	budgets := map[string]bool{}
	for name, g := range s.p.snapshot.Load().Gateways {
		for _, r := range g.Rules {
			budgets["gateway/"+name+"/"+r.Name] = r.Budget()
		}
	}
	states, err := s.p.limitStates(ctx, admin.LimitQuery{})
	for _, st := range states {
		if budgets[st.Rule] && st.Max > 0 {
			most, known = max(most, float64(st.Used)/float64(st.Max)), true
		}
	}
	return most, known, err
}

// Counted implements rules.Source.
func (s alertSource) Counted(ctx context.Context, r *gateway.AlertRule, from, to time.Time) (map[string]float64, error) {
	f := store.KeyCountQuery{From: from, To: to, ByKey: r.Per == "key", Gateway: r.Filter["gateway"], Workspace: r.Filter["workspace"], Key: r.Filter["key"]}
	if r.Metric == "forbidden" {
		return s.p.store.Forbidden(ctx, f)
	}
	return s.p.store.NewNetworks(ctx, f)
}

// allChannels gives those of rules, and those that a gateway has in their place, whose names
// are GATEWAY/NAME.
func (p *process) allChannels() []catalog.Channel {
	cfg := p.config.Load()
	all := channels(cfg.Alerts.Channels)
	for _, name := range slices.Sorted(maps.Keys(cfg.Gateways)) {
		for _, c := range channels(cfg.Gateways[name].Alerts.Channels) {
			c.Name = name + "/" + c.Name
			all = append(all, c)
		}
	}
	return all
}

// adminAlerts are alerts as the admin API wants them.
type adminAlerts struct{ p *process }

// Rules implements admin.Alerting.
func (a adminAlerts) Rules() []gateway.AlertRule { return a.p.alertRules() }

// Channels implements admin.Alerting.
func (a adminAlerts) Channels() []admin.AlertChannel {
	out := []admin.AlertChannel{}
	for _, c := range a.p.allChannels() {
		out = append(out, admin.AlertChannel{Name: c.Name, Kind: c.Kind()})
	}
	return out
}

// Try implements admin.Alerting.
func (a adminAlerts) Try(ctx context.Context, name string) (known bool, err error) {
	all := a.p.allChannels()
	at := slices.IndexFunc(all, func(c catalog.Channel) bool { return c.Name == name })
	if at < 0 {
		return false, nil
	}
	return true, a.p.alerts.Try(ctx, all[at])
}

// Past implements admin.Alerting.
func (a adminAlerts) Past(ctx context.Context, r gateway.AlertRule, from, to time.Time) (times []time.Time, values []*float64, err error) {
	if kind := gateway.AlertMetrics()[r.Metric]; kind == "live" || r.Metric == "forbidden" || r.Metric == "new_networks" || r.Metric == gateway.BudgetEndsIn {
		return nil, nil, nil
	}
	step := analytics.Step5
	if r.Window > 5*time.Minute || r.Weeks > 0 {
		step = analytics.Step15
	}
	return a.p.rules.Past(ctx, &r, from, to, step)
}
