package admin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/store"
)

// fill writes what the store has found.
func (out *Analytics) fill(q *store.AnalyticsQuery, wanted []metric, got *store.Analytics) {
	out.From, out.To, out.Zone = got.Edges[0].In(q.Zone), got.Edges[len(got.Edges)-1].In(q.Zone), q.Zone.String()
	for _, t := range got.Edges[:len(got.Edges)-1] {
		out.Times = append(out.Times, t.In(q.Zone))
	}
	for _, d := range q.By {
		out.By = append(out.By, string(d))
	}
	all := analytics.NewFigures(q.Sketches)
	for i := range got.Series {
		one := &got.Series[i]
		all.Merge(one.Total)
		series := AnalyticsSeries{By: map[string]string{}, Rest: one.Rest, Total: totalsOf(wanted, one.Total), Spans: spansOf(wanted, one.Spans, len(out.Times))}
		for i, d := range q.By {
			series.By[string(d)] = one.Values[i]
		}
		out.Series = append(out.Series, series)
	}
	out.Total, out.Source = totalsOf(wanted, all), "rollups"
	if got.Entries {
		out.Source = "entries"
	}
	out.Warning = warning(q, got)
}

// warning tells what figures leave out.
func warning(q *store.AnalyticsQuery, got *store.Analytics) string {
	var all []string
	switch {
	case got.Cut:
		all = append(all, fmt.Sprintf("Only the newest %d calls of the period were looked at; ask for a shorter one, or for fewer dimensions.", store.MaxAnalysed))
	case got.Missing > 0:
		all = append(all, fmt.Sprintf("%s deleted since and not in these figures, which are read from the calls themselves; ask for fewer dimensions, or for a shorter time.", calls(got.Missing)))
	case got.Missing < 0:
		all = append(all, "These figures are read from the calls themselves, and those that were deleted since are not in there.")
	}
	if slices.Contains(q.By, analytics.ByLimit) {
		all = append(all, "Calls that no limit refused are in no series, and those that several refused are in several.")
	}
	return strings.Join(all, " ")
}

func calls(n int64) string {
	if n == 1 {
		return "1 call was"
	}
	return strconv.FormatInt(n, 10) + " calls were"
}

// compare adds the period before.
func (out *Analytics) compare(q *store.AnalyticsQuery, wanted []metric, got, past *store.Analytics) {
	all := analytics.NewFigures(q.Sketches)
	then := make([]*store.AnalyticsSeries, len(got.Series))
	var rest *store.AnalyticsSeries
	for i := range past.Series {
		one := &past.Series[i]
		all.Merge(one.Total)
		at := slices.IndexFunc(got.Series, func(s store.AnalyticsSeries) bool { return s.Rest == one.Rest && slices.Equal(s.Values, one.Values) })
		if at < 0 || one.Rest {
			rest = together(q, rest, one, len(past.Edges)-1)
			continue
		}
		then[at] = one
	}
	for i := range got.Series {
		one := then[i]
		if got.Series[i].Rest {
			one = rest
		}
		if one == nil {
			one = &store.AnalyticsSeries{Total: new(analytics.Figures)}
		}
		total, spans := totalsOf(wanted, one.Total), spansOf(wanted, one.Spans, len(out.Times))
		out.Series[i].Before, out.Series[i].Past = &total, &spans
	}
	total := totalsOf(wanted, all)
	out.Before = &total
}

// together adds a series to another one; nil is none.
func together(q *store.AnalyticsQuery, sum, one *store.AnalyticsSeries, spans int) *store.AnalyticsSeries {
	if sum == nil {
		sum = &store.AnalyticsSeries{Total: analytics.NewFigures(q.Sketches), Spans: make([]*analytics.Figures, spans)}
	}
	sum.Total.Merge(one.Total)
	for i, f := range one.Spans {
		if f == nil {
			continue
		}
		if sum.Spans[i] == nil {
			sum.Spans[i] = analytics.NewFigures(q.Sketches)
		}
		sum.Spans[i].Merge(f)
	}
	return sum
}

func totalsOf(wanted []metric, f *analytics.Figures) MetricTotals {
	out := MetricTotals{}
	for _, m := range wanted {
		out[m.name] = m.value(f)
	}
	return out
}

// spansOf gives n spans; those that are not there had no calls.
func spansOf(wanted []metric, spans []*analytics.Figures, n int) MetricSpans {
	none := new(analytics.Figures)
	out := MetricSpans{}
	for _, m := range wanted {
		values := make([]*float64, n)
		for i := range values {
			f := none
			if i < len(spans) && spans[i] != nil {
				f = spans[i]
			}
			values[i] = m.value(f)
		}
		out[m.name] = values
	}
	return out
}
