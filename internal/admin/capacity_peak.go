package admin

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

const (
	// peakTop is how many values are told apart, those that took the most of what is limited.
	peakTop = 250
	// peakHours is in how many of the busiest hours minutes are looked at, and restHours in
	// how many of those in which all other values together took the most.
	peakHours, restHours = 12, 3
)

// ofLimit is what a limit counts.
type ofLimit struct {
	gateway string
	by      []analytics.Dimension
	unit    gateway.Unit
	window  time.Duration
}

// busy is an hour in which a value took much.
type busy struct {
	values []string
	at     time.Time // when the hour begins
	bound  float64   // no window that ends in it took more
}

// peak is the fullest window that was found.
type peak struct {
	most   float64
	values []string // nil = none
}

func (p *peak) take(most float64, values []string) {
	if p.values == nil || most > p.most {
		p.most, p.values = most, values
	}
}

// named tells whose peak it is.
func (p *peak) named(by []analytics.Dimension) string {
	var parts []string
	for i := range min(len(by), len(p.values)) {
		parts = append(parts, string(by[i])+"="+p.values[i])
	}
	return strings.Join(parts, " ")
}

// peak looks for the fullest window of the last days: among the hours, and for shorter
// windows among the minutes of the busiest hours. Values that are not told apart over the
// days are in the hours in which they together took more than what was found.
func (l *looking) peak(of *ofLimit) (*peak, error) {
	to := l.now.Truncate(time.Hour)
	hours, err := l.sums(of, to.Add(-peakDays*24*time.Hour), to, analytics.StepHour, nil)
	if err != nil {
		return nil, err
	}
	found := new(peak)
	if of.window >= time.Hour {
		for i := range hours.Series {
			if one := &hours.Series[i]; !one.Rest {
				found.take(slide(one.Spans, of.unit, steps(of.window, time.Hour)), valuesOf(one))
			}
		}
	} else if err := l.minutes(of, busyHours(hours, of.unit, false), peakHours, found); err != nil {
		return nil, err
	}
	return found, l.others(of, busyHours(hours, of.unit, true), found)
}

// valuesOf are never nil.
func valuesOf(one *store.AnalyticsSeries) []string { return append([]string{}, one.Values...) }

// busyHours gives hours with what a window that ends in them took at most: of each value, or of
// the rest.
func busyHours(hours *store.Analytics, unit gateway.Unit, rest bool) (all []busy) {
	for i := range hours.Series {
		one := &hours.Series[i]
		if one.Rest != rest {
			continue
		}
		before := 0.0
		for j, f := range one.Spans {
			now := 0.0
			if f != nil {
				now = takenOf(f, unit)
			}
			if now > 0 {
				all = append(all, busy{valuesOf(one), hours.Edges[j], before + now})
			}
			before = now
		}
	}
	slices.SortStableFunc(all, func(a, b busy) int { return cmp.Compare(b.bound, a.bound) })
	return all
}

// minutes looks at the minutes of the first n hours that may have more than what was found.
func (l *looking) minutes(of *ofLimit, hours []busy, n int, found *peak) error {
	for _, h := range hours[:min(len(hours), n)] {
		if h.bound <= found.most {
			return nil
		}
		minutes, err := l.sums(of, h.at.Add(-of.window), h.at.Add(time.Hour), analytics.StepMinute, h.values)
		if err != nil {
			return err
		}
		for i := range minutes.Series {
			found.take(slide(minutes.Series[i].Spans, of.unit, steps(of.window, time.Minute)), h.values)
		}
	}
	return nil
}

// others looks at the hours in which values that are not told apart over the days took more
// together than what was found: over an hour they are told apart.
func (l *looking) others(of *ofLimit, hours []busy, found *peak) error {
	for _, h := range hours[:min(len(hours), restHours)] {
		from, to := h.at.Add(-max(of.window, time.Hour)).Truncate(time.Hour), h.at.Add(time.Hour)
		if of.window < time.Hour && h.bound <= found.most {
			return nil
		}
		apart, err := l.sums(of, from, to, analytics.StepHour, nil)
		if err != nil {
			return err
		}
		if of.window < time.Hour {
			if err := l.minutes(of, busyHours(apart, of.unit, false), restHours, found); err != nil {
				return err
			}
			continue
		}
		for i := range apart.Series {
			if one := &apart.Series[i]; !one.Rest {
				found.take(slide(one.Spans, of.unit, steps(of.window, time.Hour)), valuesOf(one))
			}
		}
	}
	return nil
}

// sums asks for a gateway's calls, of certain values where they are given.
func (l *looking) sums(of *ofLimit, from, to time.Time, step analytics.Step, values []string) (*store.Analytics, error) {
	q := store.AnalyticsQuery{From: from, To: to, Step: step, Within: l.within, Top: peakTop, Rank: rankOf(of.unit), Where: []store.AnalyticsFilter{{Dimension: analytics.ByGateway, Value: of.gateway}}}
	if values == nil {
		q.By = of.by
	}
	for i, v := range values {
		q.Where = append(q.Where, store.AnalyticsFilter{Dimension: of.by[i], Value: v})
	}
	key := strings.Join([]string{of.gateway, string(rune('0' + int(q.Rank))), from.String(), to.String()}, " ")
	for _, d := range of.by {
		key += " " + string(d)
	}
	if known := l.hours[key]; known != nil && values == nil {
		return known, nil
	}
	found, err := l.Store.Analytics(l.call.ctx(), q)
	if values == nil {
		l.hours[key] = found
	}
	return found, err
}

// rankOf is by which number the values are found that took the most.
func rankOf(unit gateway.Unit) analytics.Number {
	switch unit {
	case gateway.UnitCost:
		return analytics.Cost
	case gateway.UnitOutputTokens:
		return analytics.OutputTokens
	case gateway.UnitTokens, gateway.UnitInputTokens:
		return analytics.InputTokens
	}
	return analytics.Requests
}

// slide gives the most that n spans in a row have.
func slide(spans []*analytics.Figures, unit gateway.Unit, n int) (most float64) {
	var now float64
	for i, f := range spans {
		if f != nil {
			now += takenOf(f, unit)
		}
		if i >= n && spans[i-n] != nil {
			now -= takenOf(spans[i-n], unit)
		}
		most = max(most, now)
	}
	return most
}
