package admin

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// CostReport is what calls cost, to the billionth of a dollar.
type CostReport struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Zone    string    `json:"zone"`
	By      string    `json:"by" doc:"Empty = all calls together."`
	Grain   string    `json:"grain" enum:"day,week,month" doc:"Empty = one row for the whole time."`
	Total   CostSums  `json:"total"`
	Rows    []CostRow `json:"rows" doc:"By time, and the most expensive first; what had no calls has no row."`
	Source  string    `json:"source" enum:"rollups,entries" doc:"entries: no roll-ups tell these dimensions apart, and calls that were deleted are not in there."`
	Warning string    `json:"warning" doc:"What to know about the figures, for people; empty = nothing."`
}

// CostRow are the calls of one value, and of one span where a grain is given.
type CostRow struct {
	Time  *time.Time `json:"time" doc:"When the span begins; null without a grain."`
	Value string     `json:"value" doc:"Empty = the calls that have none, or the rest."`
	Rest  bool       `json:"rest" doc:"All calls whose values have no rows of their own."`
	CostSums
}

// CostSums are sums over some calls.
type CostSums struct {
	Cost         gateway.USD `json:"cost_usd" doc:"Of the calls whose cost is known."`
	Saved        gateway.USD `json:"saved_usd" doc:"What the cache saved."`
	Requests     int64       `json:"requests"`
	Unpriced     int64       `json:"unpriced" doc:"Calls whose cost is not known, refused ones included."`
	InputTokens  int64       `json:"input_tokens" doc:"As far as they are known."`
	OutputTokens int64       `json:"output_tokens" doc:"As far as they are known."`
}

var costParams = []Param{
	{"by", "The dimension whose values are told apart; all calls together unless given. provider,model tells apart models that several providers have: a value is provider/model."},
	{"month", "A month as in 2030-01, in the zone, in place of from and to; the current one unless either is given."},
	{"zone", "The time zone of months, weeks and days, as in Europe/Berlin; UTC unless given."},
	{"grain", "day, week or month: a row for each of them."},
	{"format", "json unless given, or csv."},
}

// providersModels is the one pair of dimensions that a report tells apart: a model's name
// says little without its provider's.
var providersModels = []analytics.Dimension{analytics.ByProvider, analytics.ByModel}

// mostCostValues bounds the values that have rows of their own.
const mostCostValues = 10_000

// mostCostRows bounds an answer.
const mostCostRows = 100_000

func (a *api) costRoute() route {
	filters := slices.DeleteFunc(a.analyticsFilters(), func(p Param) bool { return p.Name == "compare" })
	return route{Access: viewers, Method: get, Path: "/analytics/costs", Name: "getCosts", Summary: "What calls cost, by a dimension and month, as JSON or CSV.",
		Query: concat(costParams, filters), Answer: reflect.TypeFor[CostReport](), Status: http.StatusOK, serve: func(c *call) (any, error) {
			format := c.query.Get("format")
			if format != "" && format != "json" && format != "csv" {
				return nil, invalid("format", "format is json or csv")
			}
			report, err := a.getCosts(c)
			if err == nil && format == "csv" {
				return report.csv()
			}
			return report, err
		}}
}

func (a *api) getCosts(c *call) (*CostReport, error) {
	q, err := a.costQuery(c)
	if err != nil {
		return nil, err
	}
	got, err := a.Store.Analytics(c.ctx(), q)
	if err != nil {
		return nil, err
	}
	out := &CostReport{From: got.Edges[0].In(q.Zone), To: got.Edges[len(got.Edges)-1].In(q.Zone), Zone: q.Zone.String(), Grain: string(q.Step), Rows: []CostRow{}, Source: "rollups", Warning: warning(&q, got)}
	out.By = strings.Join(texts(q.By), ",")
	if got.Entries {
		out.Source = "entries"
	}
	for span := range len(got.Edges) - 1 {
		for i := range got.Series {
			out.add(&got.Series[i], span, got.Edges[span].In(q.Zone))
		}
	}
	if len(out.Rows) > mostCostRows {
		return nil, invalid("grain", "there would be more than "+strconv.Itoa(mostCostRows)+" rows; ask for a coarser grain, a shorter time or a filter")
	}
	return out, nil
}

// add adds the row of one series in one span.
func (out *CostReport) add(one *store.AnalyticsSeries, span int, at time.Time) {
	f := one.Spans[span]
	if f == nil {
		return
	}
	row := CostRow{Rest: one.Rest, CostSums: costsOf(f)}
	if row.Value = strings.Join(one.Values, "/"); row.Value == "/" { // of a call that no provider was asked for
		row.Value = ""
	}
	if out.Grain != "" {
		row.Time = &at
	}
	out.Rows = append(out.Rows, row)
	t, s := &out.Total, &row.CostSums
	t.Cost, t.Saved, t.Requests, t.Unpriced = t.Cost+s.Cost, t.Saved+s.Saved, t.Requests+s.Requests, t.Unpriced+s.Unpriced
	t.InputTokens, t.OutputTokens = t.InputTokens+s.InputTokens, t.OutputTokens+s.OutputTokens
}

func costsOf(f *analytics.Figures) CostSums {
	n := &f.Numbers
	return CostSums{Cost: gateway.USD(n[analytics.Cost]), Saved: gateway.USD(n[analytics.Saved]), Requests: n[analytics.Requests], Unpriced: unpriced(f),
		InputTokens: n[analytics.InputTokens], OutputTokens: n[analytics.OutputTokens]}
}

// costQuery reads what is asked for.
func (a *api) costQuery(c *call) (store.AnalyticsQuery, error) {
	zone, badZone := zoneOf("zone", c.query.Get("zone"))
	q, err := a.analyticsQuery(c)
	if err = errors.Join(badZone, err); err != nil {
		return q, err
	}
	q.Zone, q.Rank, q.Top = zone, analytics.Cost, mostCostValues
	switch q.Step = analytics.Step(c.query.Get("grain")); q.Step {
	case analytics.StepNone, analytics.StepDay, analytics.StepWeek, analytics.StepMonth:
	default:
		return q, invalid("grain", "grain is day, week or month")
	}
	if q.By, err = a.dimensions("by", c.query.Get("by")); err == nil && len(q.By) > 1 && !slices.Equal(q.By, providersModels) {
		err = invalid("by", "by names one dimension, or provider,model")
	}
	if err != nil || !c.query.Has("month") && (c.query.Has("from") || c.query.Has("to")) {
		return q, err
	}
	if c.query.Has("from") || c.query.Has("to") {
		return q, invalid("month", "month stands in place of from and to")
	}
	q.From, q.To, err = monthOf(c.query.Get("month"), a.now(), zone)
	return q, err
}

// monthOf gives when a month begins and ends in a zone; "" = the one of now.
func monthOf(text string, now time.Time, zone *time.Location) (from, to time.Time, err error) {
	at := now.In(zone)
	if text != "" {
		if at, err = time.Parse("2006-01", text); err != nil || at.Year() < 1971 {
			return from, to, invalid("month", "month is one such as 2030-01")
		}
	}
	from, to = analytics.Month(at.Year(), at.Month(), zone)
	return from, to, nil
}

// zoneOf reads a parameter that is a time zone; UTC unless given.
func zoneOf(param, name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return time.UTC, invalid(param, param+" is a time zone such as Europe/Berlin")
	}
	return zone, nil
}
