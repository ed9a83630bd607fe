package rules

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	week    = 7 * 24 * time.Hour
	minPast = 3         // weeks that had calls, before which nothing is known
	span    = time.Hour // that is compared
	// A deviation is at least this share of the median: that of a few weeks is often far too
	// small by chance. With a sensitivity of 6 nothing below 2.2 times the usual is strange.
	minDeviation = 0.2
	madToSigma   = 1.4826 // https://en.wikipedia.org/wiki/Median_absolute_deviation#Relation_to_standard_deviation
)

// Usual tells what figures of the same hours of past weeks lead to expect.
type Usual struct {
	Median, Deviation float64
	Weeks             int // that had calls
}

// UsualOf gives the median and a robust deviation: by the median of distances from the
// median, at least what counts vary by chance, and a fifth of the median.
func UsualOf(past []float64, counts bool) Usual {
	u := Usual{Weeks: len(past)}
	if len(past) == 0 {
		return u
	}
	u.Median = median(past)
	var far []float64
	for _, v := range past {
		far = append(far, math.Abs(v-u.Median))
	}
	u.Deviation = max(madToSigma*median(far), minDeviation*u.Median)
	if counts {
		u.Deviation = max(u.Deviation, math.Sqrt(max(u.Median, 1)))
	}
	return u
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}

// strange compares the hour up to a quarter of an hour with the same hour of past weeks.
func (e *Engine) strange(ctx context.Context, r *gateway.AlertRule, to time.Time) ([]Reading, error) {
	to = to.Truncate(15 * time.Minute) // sums of quarters are kept long
	now, _, err := e.hour(ctx, r, to)
	if err != nil {
		return nil, err
	}
	if r.Per == Network {
		now = largest(now, maxSeries)
	}
	past := map[string][]float64{} // of the weeks with calls
	for w := range r.Weeks {
		before, called, err := e.hour(ctx, r, to.Add(-time.Duration(w+1)*week))
		if err != nil {
			return nil, err
		}
		for value := range now {
			if called[value] {
				past[value] = append(past[value], before[value])
			}
		}
	}
	var out []Reading
	for value, v := range now {
		n := Reading{Value: value, Figure: &v}
		if seen := past[value]; len(seen) < minPast {
			n.Figure = nil // too little is known
		} else {
			bound := bound(r, seen)
			n.Bound, n.Out, n.Back = &bound, v > bound, v <= bound
		}
		out = append(out, n)
	}
	return out, nil
}

// Network is what a rule is per that looks at the networks of callers.
const Network = "network"

// largest leaves the n values with the largest figures.
func largest(figures map[string]float64, n int) map[string]float64 {
	values := slices.SortedFunc(maps.Keys(figures), func(a, b string) int { return cmp.Or(cmp.Compare(figures[b], figures[a]), cmp.Compare(a, b)) })
	for _, value := range values[min(len(values), n):] {
		delete(figures, value)
	}
	return figures
}

// least are deviations below which nothing is strange, however even the past was: of what
// cost nothing or failed never, the first cent and the first error are none.
var least = map[string]float64{"spend": 0.01, "tokens": 1000}

func bound(r *gateway.AlertRule, past []float64) float64 {
	u := UsualOf(past, r.Metric == "requests" || r.Metric == "errors")
	return u.Median + r.Sensitivity*max(u.Deviation, least[r.Metric])
}

// hour gives the figures of the hour that ends at a time, by value, and of which there were
// calls.
func (e *Engine) hour(ctx context.Context, r *gateway.AlertRule, to time.Time) (out map[string]float64, called map[string]bool, err error) {
	found, err := e.Source.Calls(ctx, Question{From: to.Add(-span), To: to, Filter: r.Filter, Per: r.Per})
	out, called = map[string]float64{}, map[string]bool{}
	for _, s := range found {
		if v := Value(r, s.Total); v != nil {
			out[s.Value], called[s.Value] = *v, s.Total != nil && s.Total.Numbers[analytics.Requests] > 0
		}
	}
	return out, called, err
}
