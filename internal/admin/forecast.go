package admin

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/sluice-gateway/sluice/internal/forecast"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// BudgetForecast is where a counter of a budget leads. Of ten forecasts, eight should come
// out within their bounds.
type BudgetForecast struct {
	Basis    string       `json:"basis" enum:"weeks,days,hours" doc:"Whole spans of the past that it goes by, with their rhythm; empty = too little is known."`
	Cycles   int          `json:"cycles" doc:"How many of them."`
	Needs    string       `json:"needs" doc:"What is missing for a forecast, for people; empty = nothing."`
	AtEnd    *gateway.USD `json:"at_end_usd" doc:"What will be spent when the period ends, if nothing is refused; null = unknown."`
	Low      *gateway.USD `json:"low_usd" doc:"At least."`
	High     *gateway.USD `json:"high_usd" doc:"At most."`
	Ends     *time.Time   `json:"ends" doc:"When the budget is used up; null = not in this period, or unknown."`
	Earliest *time.Time   `json:"earliest" doc:"At the earliest; null = not in this period, or unknown."`
	Latest   *time.Time   `json:"latest" doc:"At the latest; null = perhaps not in this period."`
}

// Budget is one counter of a budget whose future is asked for.
type Budget struct {
	Counter   string
	Window    gateway.Window
	Used, Max gateway.USD
}

// SpendPast tells what counters spent; *store.Store does.
type SpendPast interface {
	SpentByHour(ctx context.Context, counters []string, from, to time.Time) (map[string][]gateway.USD, error)
}

const (
	// pastHours is how far back a forecast of a budget looks: eight weeks.
	pastHours = 8 * 7 * 24
	// mostForecasts bounds the counters that one answer has forecasts for, the fullest.
	mostForecasts = 200
	// A forecast needs a twentieth of the period, within these bounds.
	leastPart, leastPast, enoughPast = 20, 2 * time.Hour, 3 * 24 * time.Hour
)

// ForecastBudgets tells where counters lead, in their order.
func ForecastBudgets(ctx context.Context, past SpendPast, now time.Time, budgets []Budget) ([]BudgetForecast, error) {
	models, err := budgetModels(ctx, past, now, budgets)
	out := make([]BudgetForecast, len(budgets))
	for i := range models {
		out[i] = budgets[i].ahead(&models[i], now)
	}
	return out, err
}

// budgetModel is how a counter goes on, and for how long it is known.
type budgetModel struct {
	*forecast.Model // nil = too little is known
	known           time.Duration
}

func budgetModels(ctx context.Context, past SpendPast, now time.Time, budgets []Budget) ([]budgetModel, error) {
	to := now.Truncate(time.Hour)
	counters := make([]string, len(budgets))
	for i := range budgets {
		counters[i] = budgets[i].Counter
	}
	spent, err := past.SpentByHour(ctx, counters, to.Add(-pastHours*time.Hour), to)
	if err != nil {
		return nil, err
	}
	out := make([]budgetModel, len(budgets))
	for i := range budgets {
		s := forecast.Series{End: to, Step: time.Hour, Values: make([]float64, pastHours)}
		for j, u := range spent[budgets[i].Counter] {
			s.Values[j] = float64(u)
		}
		out[i].known = s.Known()
		if from, end := budgets[i].Period(now); out[i].known >= least(end.Sub(from)) {
			out[i].Model = forecast.Fit(s)
		}
	}
	return out, nil
}

// least is for how long money must have been spent before a forecast over a period is
// more than a guess.
func least(period time.Duration) time.Duration {
	return min(max(period/leastPart, leastPast), enoughPast).Round(time.Hour)
}

// Period gives when the budget's present period began, and when it ends.
func (b *Budget) Period(now time.Time) (from, to time.Time) {
	zone, err := time.LoadLocation(b.Window.Zone) // "" is UTC
	if err != nil {
		zone = time.UTC // which the configuration does not let happen
	}
	return limit.PeriodOf(b.Window.Period, zone, now)
}

func (b *Budget) ahead(m *budgetModel, now time.Time) (out BudgetForecast) {
	from, to := b.Period(now)
	if m.Model == nil {
		out.Needs = "spending over " + hoursText(least(to.Sub(from))) + "; it is known for " + hoursText(m.known)
		return out
	}
	out.Basis, out.Cycles = string(m.Basis), m.Cycles
	r := m.Between(now, to)
	out.AtEnd, out.Low, out.High = b.plus(r.Mid), b.plus(r.Low), b.plus(r.High)
	met := m.Meets(now, float64(b.Used), float64(b.Max), to)
	out.Ends, out.Earliest, out.Latest = met.Expected, met.Earliest, met.Latest
	return out
}

func (b *Budget) plus(amount float64) *gateway.USD {
	u := b.Used + gateway.USD(amount)
	return &u
}

func hoursText(d time.Duration) string {
	n, unit := int(d.Hours()), "hour"
	if n >= 48 && n%24 == 0 {
		n, unit = n/24, "day"
	}
	return many(n, unit)
}

// many gives a number with its noun.
func many(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// forecasts adds to budgets where their fullest counters lead.
func (a *api) forecasts(c *call, l *LimitList) error {
	var states []*LimitState
	windows := map[*LimitState]gateway.Window{}
	for i := range l.Data {
		r := &l.Data[i]
		for j := range r.State {
			if s := &r.State[j]; s.Window < len(r.Rule.Windows) && s.Max > 0 {
				states, windows[s] = append(states, s), r.Rule.Windows[s.Window]
			}
		}
	}
	slices.SortStableFunc(states, func(x, y *LimitState) int {
		return cmp.Compare(float64(y.Used)/float64(y.Max), float64(x.Used)/float64(x.Max))
	})
	states = states[:min(len(states), mostForecasts)]
	budgets := make([]Budget, len(states))
	for i, s := range states {
		budgets[i] = Budget{Counter: s.Counter, Window: windows[s], Used: gateway.USD(s.Used), Max: gateway.USD(s.Max)}
	}
	found, err := ForecastBudgets(c.ctx(), a.past, a.now(), budgets)
	for i := range found {
		states[i].Forecast = &found[i]
	}
	return err
}
