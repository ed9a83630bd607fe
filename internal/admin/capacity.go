package admin

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/forecast"
	"github.com/sluice-gateway/sluice/internal/store"
)

// Capacity is what next month is expected to bring, and which limits it would meet.
type Capacity struct {
	From    time.Time        `json:"from" doc:"When next month begins."`
	To      time.Time        `json:"to" doc:"When it ends."`
	Zone    string           `json:"zone"`
	By      string           `json:"by"`
	Needs   string           `json:"needs" doc:"What is missing for a forecast of all calls, for people; empty = nothing."`
	Total   CapacityRow      `json:"total" doc:"All calls together."`
	Rows    []CapacityRow    `json:"rows" doc:"The values with the most calls, at most 20, the others as one."`
	Limits  []CapacityLimit  `json:"limits" doc:"Limits in force, the next to be met first."`
	Budgets []CapacityBudget `json:"budgets" doc:"Counters of budgets by the month that are in use, the next to be used up first."`
}

// CapacityRow is what the calls of one value lead to.
type CapacityRow struct {
	Value    string   `json:"value" doc:"Empty = the calls that have none, or all."`
	Rest     bool     `json:"rest" doc:"All calls whose values have no rows of their own."`
	Basis    string   `json:"basis" enum:"weeks,days" doc:"What the forecast goes by; empty = too little is known."`
	Cycles   int      `json:"cycles" doc:"How many weeks or days."`
	Requests Foreseen `json:"requests"`
	Tokens   Foreseen `json:"tokens" doc:"Of input and output, as far as they are known."`
	Cost     Foreseen `json:"cost_usd" doc:"In dollars, of the calls whose cost is known."`
}

// Foreseen is one number of next month. null = too little is known.
type Foreseen struct {
	Lately float64  `json:"lately" doc:"What the last 28 whole days had."`
	Next   *float64 `json:"next" doc:"What next month is expected to have."`
	Low    *float64 `json:"low" doc:"At least; of ten forecasts, eight should come out between low and high."`
	High   *float64 `json:"high" doc:"At most."`
	Trend  *float64 `json:"trend" doc:"Growth a week, as a share of the present level; null = fewer than five weeks are known."`
}

var capacityParams = []Param{
	{"by", "gateway, provider, model, workspace, key, route or operation, whose values are told apart; gateway unless given."},
	{"zone", "The time zone of months and days, as in Europe/Berlin; UTC unless given."},
	{"filter.workspace", "Calls of this workspace alone."},
}

const (
	capacityWeeks = 12
	capacityTop   = 20
	// leastMonth is for how many days there must have been calls before a month is foreseen.
	leastMonth = 14
	lately     = 28
)

func (a *api) getCapacity(c *call) (Capacity, error) {
	by := c.query.Get("by")
	if by == "" {
		by = string(analytics.ByGateway)
	}
	zone, badZone := zoneOf("zone", c.query.Get("zone"))
	var badBy error
	if !slices.Contains(capacityDimensions, by) {
		badBy = invalid("by", "by is one of "+strings.Join(capacityDimensions, ", "))
	}
	if err := errors.Join(badBy, badZone); err != nil {
		return Capacity{}, err
	}
	now := a.now().In(zone)
	out := Capacity{Zone: zone.String(), By: by, Rows: []CapacityRow{}, Limits: []CapacityLimit{}, Budgets: []CapacityBudget{}}
	out.From, out.To = analytics.Month(now.Year(), now.Month()+1, zone)
	look := &looking{api: a, call: c, now: now, out: &out}
	look.workspace()
	return out, errors.Join(look.calls(analytics.Dimension(by)), look.limits(), look.budgets())
}

var capacityDimensions = []string{"gateway", "provider", "model", "workspace", "key", "route", "operation"}

// looking is one look at what next month brings.
type looking struct {
	*api
	call   *call
	now    time.Time
	out    *Capacity
	only   string // workspace; "" = all that the caller sees
	within []string

	growth map[string]growth // by gateway
	hours  map[string]*store.Analytics
}

// workspace reads whose calls are asked for; of others' nothing is seen.
func (l *looking) workspace() {
	l.within, l.only = l.call.within(), l.call.query.Get("filter.workspace")
	l.growth, l.hours = map[string]growth{}, map[string]*store.Analytics{}
	switch {
	case l.only == "":
	case l.within == nil || slices.Contains(l.within, l.only):
		l.within = []string{l.only}
	default:
		l.within = []string{}
	}
}

// daily asks for the sums of the last weeks' whole days.
func (l *looking) daily(by ...analytics.Dimension) (*store.Analytics, error) {
	y, m, d := l.now.Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, l.now.Location())
	return l.Store.Analytics(l.call.ctx(), store.AnalyticsQuery{From: today.AddDate(0, 0, -7*capacityWeeks), To: today, Step: analytics.StepDay, Zone: l.now.Location(),
		By: by, Within: l.within, Top: capacityTop, Rank: analytics.Requests})
}

func (l *looking) calls(by analytics.Dimension) error {
	all, err := l.daily()
	if err != nil {
		return err
	}
	l.out.Total, l.out.Needs = l.row(&store.AnalyticsSeries{}, all.Edges), l.needs(nil)
	if len(all.Series) > 0 {
		l.out.Total, l.out.Needs = l.row(&all.Series[0], all.Edges), l.needs(&all.Series[0])
	}
	apart, err := l.daily(by)
	if err != nil {
		return err
	}
	for i := range apart.Series {
		l.out.Rows = append(l.out.Rows, l.row(&apart.Series[i], apart.Edges))
	}
	return nil
}

// counts are the numbers that are foreseen.
var counts = [...]func(*analytics.Figures) float64{
	func(f *analytics.Figures) float64 { return float64(f.Numbers[analytics.Requests]) },
	func(f *analytics.Figures) float64 {
		return float64(f.Numbers[analytics.InputTokens] + f.Numbers[analytics.OutputTokens])
	},
	func(f *analytics.Figures) float64 { return float64(f.Numbers[analytics.Cost]) / 1e9 },
}

// seriesOf gives one number of each day.
func seriesOf(one *store.AnalyticsSeries, edges []time.Time, count func(*analytics.Figures) float64) forecast.Series {
	s := forecast.Series{End: edges[len(edges)-1], Step: 24 * time.Hour}
	for _, f := range one.Spans {
		v := 0.0
		if f != nil {
			v = count(f)
		}
		s.Values = append(s.Values, v)
	}
	return s
}

// needs says what is missing for a forecast of calls.
func (l *looking) needs(one *store.AnalyticsSeries) string {
	known := 0
	if one != nil {
		s := seriesOf(one, []time.Time{l.now}, counts[0])
		known = int(s.Known() / (24 * time.Hour))
	}
	if known >= leastMonth {
		return ""
	}
	return "calls over " + many(leastMonth, "whole day") + "; they are known for " + many(known, "day")
}

func (l *looking) row(one *store.AnalyticsSeries, edges []time.Time) CapacityRow {
	row := CapacityRow{Rest: one.Rest}
	if len(one.Values) > 0 {
		row.Value = one.Values[0]
	}
	requests := seriesOf(one, edges, counts[0])
	enough := requests.Known() >= leastMonth*24*time.Hour
	for i, to := range []*Foreseen{&row.Requests, &row.Tokens, &row.Cost} {
		s := seriesOf(one, edges, counts[i])
		*to = l.foresee(s, enough)
	}
	if m := forecast.Fit(requests); enough && m != nil {
		row.Basis, row.Cycles = string(m.Basis), m.Cycles
	}
	return row
}

func (l *looking) foresee(s forecast.Series, enough bool) (f Foreseen) {
	for _, v := range s.Values[max(len(s.Values)-lately, 0):] {
		f.Lately += v
	}
	m := forecast.Fit(s)
	if !enough || m == nil {
		return f
	}
	r := m.Between(l.out.From, l.out.To)
	f.Next, f.Low, f.High = &r.Mid, &r.Low, &r.High
	if trend, ok := m.Growth(); ok {
		f.Trend = &trend
	}
	return f
}
