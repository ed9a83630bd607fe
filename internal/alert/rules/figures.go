package rules

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

const silence = "silence"

// Question asks what calls add up to.
type Question struct {
	From, To time.Time
	Step     analytics.Step // none = one span
	Filter   map[string]string
	Per      string // "" = all calls together
	Most     int    // values of Per, those with the most calls; 0 = 50
	Sketches [analytics.Sketches]bool
}

// Series are the calls of one value of Per.
type Series struct {
	Value string
	Total *analytics.Figures
	Spans []*analytics.Figures // nil where there were no calls
	Times []time.Time          // when they begin
}

// read gives how the figures of a rule stand at the end of a minute.
func (e *Engine) read(ctx context.Context, r *gateway.AlertRule, to time.Time) ([]Reading, error) {
	switch {
	case gateway.AlertMetrics()[r.Metric] == "live":
		v, known, err := e.Source.Live(ctx, r.Metric)
		if err != nil || !known {
			return []Reading{bounded(r, "", nil)}, err
		}
		return []Reading{bounded(r, "", &v)}, nil
	case r.Metric == "forbidden" || r.Metric == "new_networks":
		return e.counted(ctx, r, to)
	case r.Metric == gateway.BudgetEndsIn:
		return e.ending(ctx, r)
	case r.Weeks > 0:
		return e.strange(ctx, r, to)
	}
	q := Question{From: to.Add(-r.Window), To: to, Filter: r.Filter, Per: r.Per, Sketches: sketchesOf(r.Metric)}
	if missesCalls(r) {
		q.Most = mostSeen
	}
	found, err := e.Source.Calls(ctx, q)
	if err == nil && q.Most > 0 {
		found, err = e.withSilent(ctx, r, found, to)
	}
	if err != nil {
		return nil, err
	}
	if r.Per == "" && len(found) == 0 {
		found = []Series{{Total: new(analytics.Figures)}}
	}
	var out []Reading
	for _, s := range found {
		v := Value(r, s.Total)
		n := bounded(r, s.Value, v)
		if r.Metric == silence {
			n.Out = v != nil && *v == 0
			n.Back = !n.Out
		}
		out = append(out, n)
	}
	return out, nil
}

const (
	// missed is for how long a value without calls is missed.
	missed = 24 * time.Hour
	// mostSeen bounds the values of which it is known whether they have calls.
	mostSeen = 1000
)

// missesCalls reports a rule for which it counts that a value has no calls: those are in no
// sum.
func missesCalls(r *gateway.AlertRule) bool {
	if r.Per == "" || r.Per == Network || r.Metric != silence && r.Below == nil {
		return false
	}
	switch r.Metric {
	case silence, "requests", "errors", "blocked", "tokens", "spend":
		return true
	}
	return false
}

// withSilent adds the values that had calls in the day before and have none now, with
// nothing. Where there are more values than can be told, none is missed.
func (e *Engine) withSilent(ctx context.Context, r *gateway.AlertRule, found []Series, to time.Time) ([]Series, error) {
	if len(found) >= mostSeen {
		return found, nil
	}
	known, err := e.Source.Calls(ctx, Question{From: to.Add(-r.Window - missed), To: to, Filter: r.Filter, Per: r.Per})
	for _, s := range known {
		if !slices.ContainsFunc(found, func(f Series) bool { return f.Value == s.Value }) {
			found = append(found, Series{Value: s.Value, Total: new(analytics.Figures)})
		}
	}
	return found, err
}

func (e *Engine) counted(ctx context.Context, r *gateway.AlertRule, to time.Time) ([]Reading, error) {
	found, err := e.Source.Counted(ctx, r, to.Add(-r.Window), to)
	if err != nil {
		return nil, err
	}
	if r.Per == "" && len(found) == 0 {
		found = map[string]float64{"": 0}
	}
	var out []Reading
	for value, v := range found {
		out = append(out, bounded(r, value, &v))
	}
	return out, nil
}

// ending gives how long budgets last that will end before their period does. One that is
// not among them any more has no figure.
func (e *Engine) ending(ctx context.Context, r *gateway.AlertRule) ([]Reading, error) {
	found, err := e.Source.Ending(ctx, r)
	var out []Reading
	for value, v := range found {
		out = append(out, bounded(r, value, &v))
	}
	return out, err
}

// sketchesOf gives what a metric needs beside sums.
func sketchesOf(metric string) (wanted [analytics.Sketches]bool) {
	if n, _, ok := quantile(metric); ok {
		i, _ := analytics.SketchOf(n)
		wanted[i] = true
	}
	return wanted
}

func quantile(metric string) (n analytics.Number, q float64, ok bool) {
	name, rank, ok := strings.Cut(metric, "_p")
	of := map[string]analytics.Number{"latency": analytics.LatencyMS, "first_token": analytics.FirstByteMS, "overhead": analytics.GatewayUS}
	at := map[string]float64{"50": 0.5, "90": 0.9, "95": 0.95, "99": 0.99}
	n, known := of[name]
	return n, at[rank], ok && known && at[rank] > 0
}

// Value gives a rule's figure of calls, nil for one that is unknown: of shares and times
// those of too few calls.
func Value(r *gateway.AlertRule, f *analytics.Figures) *float64 {
	if f == nil {
		f = new(analytics.Figures)
	}
	n := &f.Numbers
	sum := map[string]float64{
		"requests": float64(n[analytics.Requests]), silence: float64(n[analytics.Requests]), "errors": float64(n[analytics.Errors]), "blocked": float64(n[analytics.Blocked]),
		"tokens": float64(n[analytics.InputTokens] + n[analytics.OutputTokens]), "spend": float64(n[analytics.Cost]) / 1e9,
	}
	if v, ok := sum[r.Metric]; ok {
		return &v
	}
	if n[analytics.Requests] < max(r.MinCalls, 1) {
		return nil
	}
	if number, q, ok := quantile(r.Metric); ok {
		v, known := f.Quantile(number, q)
		if number == analytics.GatewayUS {
			v /= 1000
		}
		if !known {
			return nil
		}
		return &v
	}
	part, whole := map[string]int64{"error_rate": n[analytics.Errors], "block_rate": n[analytics.Blocked], "cache_ratio": f.Served()}[r.Metric], n[analytics.Requests]
	if r.Metric == "cache_ratio" {
		whole = f.Served() + n[analytics.Misses]
	}
	if whole == 0 {
		return nil
	}
	v := float64(part) / float64(whole)
	return &v
}
