package admin

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

var burnParams = []Param{
	{"rule", "The budget, as in gateway/default/budgets[0] or key/<id>/budgets[0]. Needed."},
	{"counter", "One of its counters, as /budgets shows them. Needed."},
	{"before", "How many periods before the present one are told too, 0 to 12; 5 unless given."},
}

// Burn is how one counter of a budget is spent.
type Burn struct {
	Rule      string        `json:"rule"`
	Counter   string        `json:"counter"`
	Values    string        `json:"values" doc:"What is counted, for people: workspace=default."`
	Workspace string        `json:"workspace" doc:"Empty = none in particular."`
	From      time.Time     `json:"from" doc:"When the present period began."`
	To        time.Time     `json:"to" doc:"When it ends, and the budget is whole again."`
	Max       gateway.USD   `json:"max_usd" doc:"Raises contained."`
	Raised    gateway.USD   `json:"raised_usd"`
	Used      gateway.USD   `json:"used_usd" doc:"Settled, and held by calls in flight."`
	Times     []time.Time   `json:"times" doc:"When each span of the period so far began."`
	Spent     []gateway.USD `json:"spent_usd" doc:"What was settled in each of them."`
	Before    []BurnPeriod  `json:"before" doc:"The periods before, the newest first; the ledger may not reach back to all."`

	PerDay   *gateway.USD   `json:"per_day_usd" doc:"The present rate: of the last quarter of a period's length, also of the period before. null = nothing was spent in it."`
	Ends     *time.Time     `json:"ends" doc:"When the budget ends at this rate; null = not in this period. A time that is past: it has ended."`
	AtEnd    gateway.USD    `json:"at_end_usd" doc:"What will be spent when the period ends, at this rate."`
	Refuses  bool           `json:"refuses" doc:"false: a soft budget, which counts and alerts."`
	Forecast BudgetForecast `json:"forecast" doc:"What past weeks, days or hours lead to expect, unlike the present rate."`
	Alert    []int          `json:"alert" doc:"Per cent of max at which somebody is told."`
}

// BurnPeriod is what was spent in one period.
type BurnPeriod struct {
	From  time.Time   `json:"from"`
	To    time.Time   `json:"to"`
	Spent gateway.USD `json:"spent_usd"`
}

const (
	defaultBurns = 5
	maxBurns     = 12
)

func (a *api) getBurn(c *call) (Burn, error) {
	out := Burn{Rule: c.query.Get("rule"), Counter: c.query.Get("counter"), Times: []time.Time{}, Spent: []gateway.USD{}, Before: []BurnPeriod{}}
	before := defaultBurns
	if text := c.query.Get("before"); text != "" {
		var err error
		if before, err = strconv.Atoi(text); err != nil || before < 0 || before > maxBurns {
			return out, invalid("before", "before is a number from 0 to "+strconv.Itoa(maxBurns))
		}
	}
	rule, state, err := a.burning(c, out.Rule, out.Counter)
	if err != nil {
		return out, err
	}
	w := rule.Windows[state.Window]
	zone, err := time.LoadLocation(w.Zone) // "" is UTC; the configuration has none that is unknown
	if err != nil {
		return out, err
	}
	now := a.now()
	out.Values, out.Workspace, out.Max, out.Used, out.Raised = state.Values, state.Workspace, gateway.USD(state.Max), gateway.USD(state.Used), state.Raised
	out.Refuses, out.Alert = !rule.Soft, notNil(rule.Alert)
	out.From, out.To = limit.PeriodOf(w.Period, zone, now)
	if err := a.addBurnt(c, &out, now); err != nil {
		return out, err
	}
	ahead, err := ForecastBudgets(c.ctx(), a.past, now, []Budget{{Counter: out.Counter, Window: w, Used: out.Used, Max: out.Max}})
	if err != nil {
		return out, err
	}
	out.Forecast = ahead[0]
	return out, a.addBefore(c, &out, w.Period, zone, before)
}

// burning gives a budget and how a counter of it stands, if the caller may see both.
func (a *api) burning(c *call, id, counter string) (*gateway.Rule, *LimitState, error) {
	c.scoped = true
	if id == "" || counter == "" {
		return nil, nil, invalid("rule", "rule and counter are needed; /api/v1/budgets shows them")
	}
	q := LimitQuery{Counter: counter}
	list := LimitList{}
	if rest, ok := strings.CutPrefix(id, "key/"); ok {
		keyID, _, _ := strings.Cut(rest, "/")
		k, err := a.Store.Key(c.ctx(), keyID)
		if err == nil {
			err = c.in(k.Workspace)
		}
		if err != nil {
			return nil, nil, named(err, "key", keyID)
		}
		q.Workspace, q.KeyID = k.Workspace, k.ID
		for i := range k.Limits {
			list.add("key/"+k.ID, []*gateway.Rule{&k.Limits[i]}, true)
		}
	}
	s, err := a.snapshot()
	if err != nil {
		return nil, nil, err
	}
	for name, g := range s.Gateways {
		list.add("gateway/"+name, g.Rules, true)
	}
	states, err := a.states(c, q)
	if err != nil {
		return nil, nil, err
	}
	at := slices.IndexFunc(list.Data, func(r LimitRule) bool { return r.ID == id })
	of := slices.IndexFunc(states, func(s LimitState) bool { return s.Rule == id && s.Counter == counter })
	if at < 0 || of < 0 || states[of].Window >= len(list.Data[at].Rule.Windows) {
		return nil, nil, notFound("there is no such counter of a budget; /api/v1/budgets shows them")
	}
	return &list.Data[at].Rule, &states[of], nil
}

// addBurnt tells how the present period went, and where it leads.
func (a *api) addBurnt(c *call, out *Burn, now time.Time) error {
	length := out.To.Sub(out.From)
	edges := []time.Time{out.From}
	for t := out.From.Add(burnStep(length)); t.Before(now); t = t.Add(burnStep(length)) {
		edges = append(edges, t)
	}
	out.Times = edges
	spent, err := a.Store.SpentBetween(c.ctx(), out.Counter, append(slices.Clone(edges), out.To))
	if err != nil {
		return err
	}
	out.Spent = notNil(spent)
	look := now.Add(-length / 4).Truncate(15 * time.Minute)
	lately, err := a.Store.SpentBetween(c.ctx(), out.Counter, quarters(look, now))
	if err != nil {
		return err
	}
	out.atPresent(lately, now, length)
	return nil
}

// burnStep gives spans of which a period has some dozens to some hundreds.
func burnStep(length time.Duration) time.Duration {
	switch {
	case length <= 26*time.Hour:
		return 15 * time.Minute
	case length <= 8*24*time.Hour:
		return 2 * time.Hour
	}
	return 6 * time.Hour
}

// quarters gives edges on quarters of hours.
func quarters(from, to time.Time) (edges []time.Time) {
	for t := from; t.Before(to); t = t.Add(15 * time.Minute) {
		edges = append(edges, t)
	}
	return append(edges, to.Add(15*time.Minute))
}

// atPresent goes on as lately, the spending by quarters of an hour up to now. Who began
// only lately is taken at the rate since then, over a tenth of the time at least: an hour
// says little of a month.
func (out *Burn) atPresent(lately []gateway.USD, now time.Time, length time.Duration) {
	out.AtEnd = out.Used
	if out.Used >= out.Max {
		out.Ends = &now
	}
	first := slices.IndexFunc(lately, func(u gateway.USD) bool { return u > 0 })
	if first < 0 {
		return
	}
	var sum gateway.USD
	for _, u := range lately {
		sum += u
	}
	over := max(length/4-time.Duration(first)*15*time.Minute, length/40)
	perSecond := float64(sum) / over.Seconds()
	perDay := gateway.USD(perSecond * 86400)
	out.PerDay = &perDay
	out.AtEnd += gateway.USD(perSecond * out.To.Sub(now).Seconds())
	if out.AtEnd > out.Max && out.Ends == nil {
		ends := now.Add(time.Duration(float64(out.Max-out.Used) / perSecond * float64(time.Second))).Truncate(time.Second)
		out.Ends = &ends
	}
}

// addBefore tells what the periods before came to.
func (a *api) addBefore(c *call, out *Burn, period gateway.Period, zone *time.Location, n int) error {
	edges := []time.Time{out.From}
	for range n {
		start, _ := limit.PeriodOf(period, zone, edges[0].Add(-time.Second))
		edges = slices.Insert(edges, 0, start)
	}
	sums, err := a.Store.SpentBetween(c.ctx(), out.Counter, edges)
	for i := range sums {
		out.Before = append(out.Before, BurnPeriod{edges[i], edges[i+1], sums[i]})
	}
	slices.Reverse(out.Before)
	return err
}
