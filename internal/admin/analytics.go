package admin

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/store"
)

// AnalyticsStore keeps what calls add up to.
type AnalyticsStore interface {
	Analytics(ctx context.Context, q store.AnalyticsQuery) (*store.Analytics, error)
	Dimensions() []analytics.Dimension
}

// Analytics are figures of calls over time.
type Analytics struct {
	From    time.Time         `json:"from" doc:"By the minute, or by 15 where that is not kept."`
	To      time.Time         `json:"to" doc:"As from."`
	Step    string            `json:"step" doc:"Empty = one span."`
	Zone    string            `json:"tz"`
	By      []string          `json:"by"`
	Metrics []string          `json:"metrics"`
	Times   []time.Time       `json:"times" doc:"When each span begins. The first and the last may be cut off by from and to."`
	Total   MetricTotals      `json:"total" doc:"Over all series."`
	Before  *MetricTotals     `json:"before" doc:"Of the period before, as long as this one; null unless compare is given."`
	Series  []AnalyticsSeries `json:"series" doc:"The largest first, by the first metric."`
	Source  string            `json:"source" enum:"rollups,entries" doc:"entries: no roll-ups tell these dimensions apart, and calls that were deleted are not in there."`
	Warning string            `json:"warning" doc:"What to know about the figures, for people; empty = nothing."`
}

// MetricTotals are figures by metric; null = unknown.
type MetricTotals map[string]*float64

// MetricSpans are figures by metric and span; null = unknown.
type MetricSpans map[string][]*float64

// AnalyticsSeries are the calls that have the same values.
type AnalyticsSeries struct {
	By     map[string]string `json:"by" doc:"The value of each dimension; empty = the calls that have none."`
	Rest   bool              `json:"rest" doc:"All calls whose values have no series of their own."`
	Total  MetricTotals      `json:"total"`
	Spans  MetricSpans       `json:"spans" doc:"In the order of times."`
	Before *MetricTotals     `json:"before" doc:"Total of the period before; null unless compare is given."`
	Past   *MetricSpans      `json:"past" doc:"Spans of the period before; null unless compare is given."`
}

const maxTop = 100

func (a *api) analyticsRoutes() []route {
	filters := a.analyticsFilters()
	return []route{
		read(viewers, get, "/analytics", "getAnalytics", "What calls add up to, over time and by any dimension.", concat(seriesParams, filters), a.getAnalytics),
		read(viewers, get, "/analytics/summary", "getAnalyticsSummary", "What calls add up to, at a glance.", filters, a.getAnalyticsSummary),
		a.costRoute(),
		read(viewers, get, "/analytics/capacity", "getCapacity", "What next month is expected to bring by the weeks before, and which limits and budgets it would meet, when.", capacityParams, a.getCapacity),
	}
}

var seriesParams = []Param{
	{"metric", "What is wanted, with commas: " + strings.Join(metricNames(), ", ") + ". requests unless given."},
	{"by", "One or two dimensions, with commas, whose values are told apart."},
	{"step", "The length of spans: minute, 5m, 15m, hour, day, week, month. One span unless given; 2000 at most."},
	{"tz", "The time zone of days, weeks and months, as in Europe/Berlin; UTC unless given."},
	{"top", "Series, 1 to 100, the others together are one more; 10 unless given."},
}

// analyticsFilters are the parameters that choose calls.
func (a *api) analyticsFilters() []Param {
	all := []Param{
		{"from", "Calls from this time on (RFC 3339), by the minute; 24 hours before the end unless given."},
		{"to", "Calls before this time (RFC 3339), by the minute; now unless given."},
		{"compare", "previous: with the period before, as long as this one."},
		{"without", "Dimensions, with commas, of which calls have no value."},
	}
	for _, d := range a.Store.Dimensions() {
		all = append(all, Param{"filter." + string(d), "Calls with this value of the dimension " + string(d) + "."})
	}
	return all
}

func (a *api) getAnalytics(c *call) (Analytics, error) {
	out := Analytics{Step: c.query.Get("step"), By: []string{}, Times: []time.Time{}, Series: []AnalyticsSeries{}}
	wanted, badMetric := metricsOf(c.query.Get("metric"))
	q, badQuery := a.analyticsQuery(c)
	if err := errors.Join(badMetric, badQuery, a.readSeries(c, &q)); err != nil {
		return out, err
	}
	q.Rank = wanted[0].rank
	for _, m := range wanted {
		out.Metrics = append(out.Metrics, m.name)
		if i, ok := analytics.SketchOf(m.of); ok {
			q.Sketches[i] = true
		}
	}
	if err := bounded(&q); err != nil {
		return out, err
	}
	got, err := a.Store.Analytics(c.ctx(), q)
	if err != nil {
		return out, err
	}
	out.fill(&q, wanted, got)
	if c.query.Has("compare") {
		past, err := a.Store.Analytics(c.ctx(), before(q))
		if err != nil {
			return out, err
		}
		out.compare(&q, wanted, got, past)
	}
	return out, nil
}

// maxSketched bounds the spans of all series that have quantiles.
const maxSketched = 20_000

func bounded(q *store.AnalyticsQuery) error {
	series := q.Top + 1
	if len(q.By) == 0 {
		series = 1
	}
	edges := q.Step.Edges(q.From, q.To, q.Zone)
	if q.Sketches != [analytics.Sketches]bool{} && len(edges)*series > maxSketched {
		return invalid("step", "quantiles of so many series and spans do not fit in one answer; ask for a longer step, a shorter time or a smaller top")
	}
	return nil
}

// before is a query for the period before.
func before(q store.AnalyticsQuery) store.AnalyticsQuery {
	q.From, q.To = q.From.Add(q.From.Sub(q.To)), q.From
	q.Top = 10_000 // whoever is first now may have been last then
	return q
}

// analyticsQuery reads which calls are chosen.
func (a *api) analyticsQuery(c *call) (store.AnalyticsQuery, error) {
	q := store.AnalyticsQuery{Within: c.within(), Zone: time.UTC}
	var badFrom, badTo error
	q.From, badFrom = c.moment("from")
	q.To, badTo = c.moment("to")
	if err := errors.Join(badFrom, badTo); err != nil {
		return q, err
	}
	if q.To.IsZero() {
		q.To = a.now()
	}
	if q.From.IsZero() {
		q.From = q.To.Add(-comparedPeriod)
	}
	q.From, q.To = q.From.Truncate(time.Minute), q.To.Add(time.Minute-1).Truncate(time.Minute)
	if !q.From.Before(q.To) {
		return q, invalid("from", "from is not before to")
	}
	if text := c.query.Get("compare"); text != "" && text != "previous" {
		return q, invalid("compare", "compare is previous, or left out")
	}
	for _, d := range a.Store.Dimensions() {
		if value := c.query.Get("filter." + string(d)); value != "" {
			if _, err := strconv.Atoi(value); d == analytics.ByStatus && err != nil {
				return q, invalid("filter.status", "filter.status is a status such as 429, not "+strconv.Quote(value)+": sums are kept by single ones, not by classes")
			}
			q.Where = append(q.Where, store.AnalyticsFilter{Dimension: d, Value: value})
		}
	}
	empty, err := a.dimensions("without", c.query.Get("without"))
	if slices.Contains(empty, analytics.ByLimit) {
		return q, invalid("without", "sums know the calls that a limit refused, not the others: leave out without=limit and take blocked away from requests")
	}
	for _, d := range empty {
		q.Where = append(q.Where, store.AnalyticsFilter{Dimension: d})
	}
	return q, err
}

// readSeries reads how the answer is cut into series and spans.
func (a *api) readSeries(c *call, q *store.AnalyticsQuery) error {
	var badBy, badTop error
	if q.By, badBy = a.dimensions("by", c.query.Get("by")); len(q.By) > 2 {
		badBy = invalid("by", "by names two dimensions at most")
	}
	q.Step = analytics.Step(c.query.Get("step"))
	if q.Step != analytics.StepNone && !slices.Contains(analytics.Steps(), q.Step) {
		return invalid("step", "there is no step "+strconv.Quote(string(q.Step))+"; there are "+strings.Join(texts(analytics.Steps()), ", "))
	}
	var badZone error
	q.Zone, badZone = zoneOf("tz", c.query.Get("tz"))
	q.Top = 10
	if text := c.query.Get("top"); text != "" {
		if q.Top, badTop = strconv.Atoi(text); badTop != nil || q.Top < 1 || q.Top > maxTop {
			badTop = invalid("top", "top is a number from 1 to "+strconv.Itoa(maxTop))
		}
	}
	return errors.Join(badBy, badZone, badTop)
}

// dimensions reads names of dimensions, with commas.
func (a *api) dimensions(param, text string) ([]analytics.Dimension, error) {
	if text == "" {
		return nil, nil
	}
	var all []analytics.Dimension
	for name := range strings.SplitSeq(text, ",") {
		d := analytics.Dimension(strings.TrimSpace(name))
		switch known := a.Store.Dimensions(); {
		case !slices.Contains(known, d):
			e := invalid(param, "calls cannot be told apart by "+strconv.Quote(name)+"; there are "+strings.Join(texts(known), ", "))
			e.Details.Suggestion = nearest(string(d), texts(known))
			return nil, e
		case slices.Contains(all, d):
			return nil, invalid(param, param+" names "+name+" twice")
		}
		all = append(all, d)
	}
	return all, nil
}
