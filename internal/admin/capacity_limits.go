package admin

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/forecast"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// CapacityLimit says how near the busiest times come to a limit.
type CapacityLimit struct {
	Rule   string     `json:"rule" doc:"Owner and name, as in gateway/default/limits[0].requests."`
	Unit   string     `json:"unit" enum:"requests,tokens,input_tokens,output_tokens,cost"`
	Window string     `json:"window" doc:"As in 1m0s."`
	Max    float64    `json:"max" doc:"In the unit; of cost dollars."`
	Peak   *float64   `json:"peak" doc:"The most that was taken in such a time of the last seven days, by the fullest value; null = it is not told, see why."`
	Values string     `json:"values" doc:"Whose peak that is, as in key=key_4bq2; empty = of all."`
	Share  *float64   `json:"share" doc:"Of max; 1 = all of it."`
	Meets  *time.Time `json:"meets" doc:"When the peak reaches max, if it grows as the gateway's calls do; null = not within half a year, or not told."`
	Why    string     `json:"why" doc:"Why peak, or when it meets max, is not told; empty = both are."`
}

// CapacityBudget says how next month's spending fits a budget.
type CapacityBudget struct {
	Rule    string      `json:"rule"`
	Counter string      `json:"counter"`
	Values  string      `json:"values" doc:"What is counted, as in workspace=default."`
	Max     gateway.USD `json:"max_usd" doc:"Without raises."`
	Next    gateway.USD `json:"next_usd" doc:"What next month is expected to spend, if nothing is refused."`
	Low     gateway.USD `json:"low_usd"`
	High    gateway.USD `json:"high_usd"`
	Ends    *time.Time  `json:"ends" doc:"When it would be used up; null = not next month."`
}

// growth is how much more a week brings, as a share, by the counts; nil = unknown.
type growth [len(counts)]*float64

const (
	halfYear   = 26 // weeks
	peakDays   = 7
	mostLimits = 100 // that one answer looks at
)

// limits tells of the limits of gateways that the caller sees all calls of.
func (l *looking) limits() error {
	s, err := l.snapshot()
	if err != nil {
		return err
	}
	if err := l.growths(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s.Gateways)) {
		for _, r := range s.Gateways[name].Rules {
			for i := range r.Windows {
				if r.Budget() || len(l.out.Limits) >= mostLimits {
					continue
				}
				one, err := l.limit(name, r, &r.Windows[i])
				if err != nil {
					return err
				}
				l.out.Limits = append(l.out.Limits, one)
			}
		}
	}
	slices.SortStableFunc(l.out.Limits, func(a, b CapacityLimit) int { return cmp.Or(earlier(a.Meets, b.Meets), fuller(a.Share, b.Share)) })
	return nil
}

// growths reads how the calls of each gateway grow.
func (l *looking) growths() error {
	found, err := l.daily(analytics.ByGateway)
	if err != nil {
		return err
	}
	for i := range found.Series {
		one := &found.Series[i]
		var g growth
		for j, count := range counts {
			if m := forecast.Fit(seriesOf(one, found.Edges, count)); m != nil {
				if v, ok := m.Growth(); ok {
					g[j] = &v
				}
			}
		}
		if !one.Rest {
			l.growth[one.Values[0]] = g
		}
	}
	return nil
}

func (l *looking) limit(of string, r *gateway.Rule, w *gateway.Window) (CapacityLimit, error) {
	out := CapacityLimit{Rule: "gateway/" + of + "/" + r.Name, Unit: string(r.Unit), Window: w.Span.String(), Max: inUnit(r.Unit, float64(w.Max))}
	by, why := l.toldBy(r, w)
	if out.Why = why; why != "" {
		return out, nil
	}
	found, err := l.peak(&ofLimit{of, by, r.Unit, w.Span})
	if err != nil {
		return out, err
	}
	share := found.most / out.Max
	out.Peak, out.Values, out.Share = &found.most, found.named(by), &share
	grows := l.growth[of][countOf(r.Unit)]
	if grows == nil && share > 0 && share < 1 {
		out.Why = "how calls grow is not known before five weeks"
	}
	out.Meets = meets(share, grows, l.now)
	return out, nil
}

// toldBy gives the dimensions by which calls are to be told apart as a limit does, or why
// they cannot be.
func (l *looking) toldBy(r *gateway.Rule, w *gateway.Window) (by []analytics.Dimension, why string) {
	for _, p := range r.Per {
		switch p {
		case "gateway":
		case "workspace", "key", "model", "provider":
			by = append(by, analytics.Dimension(p))
		default:
			return nil, "sums are not kept by " + string(p)
		}
	}
	apart := slices.Contains(r.Per, "workspace") || slices.Contains(r.Per, "key")
	switch {
	case r.Unit == gateway.UnitConcurrent:
		return nil, "what runs at once is not added up"
	case r.When != "":
		return nil, "it has a condition, and sums do not tell whom it meets"
	case w.Span < time.Minute:
		return nil, "sums are kept by the minute, and its time is shorter"
	case w.Span > peakDays*24*time.Hour:
		return nil, "its time is longer than the last seven days"
	case len(by) > 2:
		return nil, "sums are kept by two dimensions at most"
	case l.within != nil && !apart:
		return nil, "other workspaces' calls count in it, too"
	case w.Max <= 0:
		return nil, "it lets nothing pass"
	}
	if _, ok := analytics.KindsWith().For(slices.Concat(by, []analytics.Dimension{analytics.ByGateway})...); !ok {
		return nil, "sums are not kept by all that it counts by"
	}
	return by, ""
}

// takenOf is what calls took of a limit: refused ones take no request.
func takenOf(f *analytics.Figures, unit gateway.Unit) float64 {
	n := &f.Numbers
	switch unit {
	case gateway.UnitInputTokens:
		return float64(n[analytics.InputTokens])
	case gateway.UnitOutputTokens:
		return float64(n[analytics.OutputTokens])
	case gateway.UnitRequests:
		return float64(n[analytics.Requests] - n[analytics.Blocked])
	}
	return counts[countOf(unit)](f)
}

func countOf(unit gateway.Unit) int {
	switch unit {
	case gateway.UnitRequests:
		return 0
	case gateway.UnitCost:
		return 2
	}
	return 1
}

func inUnit(unit gateway.Unit, v float64) float64 {
	if unit == gateway.UnitCost {
		return v / 1e9
	}
	return v
}

func steps(window, step time.Duration) int { return int((window + step - 1) / step) }

// meets tells when a share that grows by a part of itself a week is 1.
func meets(share float64, growth *float64, now time.Time) *time.Time {
	if share >= 1 {
		return &now
	}
	if share <= 0 || growth == nil || *growth <= 0 {
		return nil
	}
	weeks := (1/share - 1) / *growth
	if weeks > halfYear {
		return nil
	}
	t := now.Add(time.Duration(weeks * 7 * 24 * float64(time.Hour))).Truncate(time.Hour)
	return &t
}

// budgets tells how next month fits the budgets by the month.
func (l *looking) budgets() error {
	list := LimitList{}
	s, err := l.snapshot()
	if err != nil {
		return err
	}
	for name, g := range s.Gateways {
		list.add("gateway/"+name, g.Rules, true)
	}
	l.call.scoped = true
	if err := l.addStates(l.call, &list, LimitQuery{Workspace: l.only}); err != nil {
		return err
	}
	var asked []Budget
	var rows []CapacityBudget
	for i := range list.Data {
		r := &list.Data[i]
		for _, st := range r.State {
			if w := r.Rule.Windows[min(st.Window, len(r.Rule.Windows)-1)]; w.Period == gateway.Month && len(asked) < mostForecasts {
				asked = append(asked, Budget{Counter: st.Counter, Window: w, Used: gateway.USD(st.Used), Max: gateway.USD(st.Max) - st.Raised})
				rows = append(rows, CapacityBudget{Rule: r.ID, Counter: st.Counter, Values: st.Values, Max: gateway.USD(st.Max) - st.Raised})
			}
		}
	}
	models, err := budgetModels(l.call.ctx(), l.past, l.now, asked)
	for i := range models {
		if models[i].Model != nil && models[i].known >= leastMonth*24*time.Hour {
			rows[i].next(models[i].Model, &asked[i], l.now)
			l.out.Budgets = append(l.out.Budgets, rows[i])
		}
	}
	slices.SortFunc(l.out.Budgets, func(a, b CapacityBudget) int {
		return cmp.Or(earlier(a.Ends, b.Ends), cmp.Compare(float64(b.Next)/float64(b.Max), float64(a.Next)/float64(a.Max)), cmp.Compare(a.Rule+a.Values, b.Rule+b.Values))
	})
	return err
}

func (row *CapacityBudget) next(m *forecast.Model, b *Budget, now time.Time) {
	_, from := b.Period(now)
	zone := from.Location()
	_, to := limit.PeriodOf(gateway.Month, zone, from)
	r := m.Between(from, to)
	row.Next, row.Low, row.High = gateway.USD(r.Mid), gateway.USD(r.Low), gateway.USD(r.High)
	row.Ends = m.Meets(from, 0, float64(b.Max), to).Expected
}

// earlier orders times, those that are not known last.
func earlier(a, b *time.Time) int {
	switch {
	case a == nil || b == nil:
		return cmp.Compare(b2i(a == nil), b2i(b == nil))
	}
	return a.Compare(*b)
}

// fuller orders shares, the largest first and unknown ones last.
func fuller(a, b *float64) int {
	if a == nil || b == nil {
		return cmp.Compare(b2i(a == nil), b2i(b == nil))
	}
	return cmp.Compare(*b, *a)
}

func b2i(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
