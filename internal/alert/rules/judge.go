package rules

import (
	"cmp"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// The states of one value of a rule.
const (
	Pending  = "pending"  // out of bounds, but not for long enough
	Firing   = "firing"   // people are told
	Resolved = "resolved" // of alerts alone
)

// Reading is a figure and what it is compared with.
type Reading struct {
	Value  string   // of the rule's Per
	Figure *float64 // nil = unknown
	Bound  *float64 // nil = silence
	Out    bool     // of bounds
	Back   bool     // far enough within them to end what fires
}

// maxSeries bounds what one rule remembers.
const maxSeries = 50

// judge gives how the values of a rule stand after a look.
func judge(r *gateway.AlertRule, before []gateway.AlertSeries, readings []Reading, now time.Time) []gateway.AlertSeries {
	now = now.UTC().Truncate(time.Microsecond)
	var out []gateway.AlertSeries
	for _, s := range before { // a value without calls is one without a figure
		if !slices.ContainsFunc(readings, func(n Reading) bool { return n.Value == s.Value }) {
			readings = append(readings, Reading{Value: s.Value, Bound: s.Bound, Back: r.Metric == silence && r.Per != ""}) // silent for so long that it is not missed any more
		}
	}
	for _, n := range readings {
		at := slices.IndexFunc(before, func(s gateway.AlertSeries) bool { return s.Value == n.Value })
		old := gateway.AlertSeries{Value: n.Value, Since: now}
		if at >= 0 {
			old = before[at]
		}
		if s, ok := next(r, old, &n, now); ok && len(out) < maxSeries {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b gateway.AlertSeries) int { return cmp.Compare(a.Value, b.Value) })
	return out
}

// next gives the state after a reading, and false when all is well.
func next(r *gateway.AlertRule, old gateway.AlertSeries, n *Reading, now time.Time) (gateway.AlertSeries, bool) {
	out := n.Out
	if n.Figure == nil && r.Metric != silence {
		switch r.NoData {
		case "keep":
			return old, old.State != ""
		case "alert":
			out = true
		default:
			out = false
		}
	} else if old.State == Firing && !n.Back {
		out = true
	}
	if !out {
		return old, false
	}
	if n.Figure != nil {
		old.Figure = n.Figure
	}
	old.Bound = n.Bound
	if old.State != Firing {
		old.State = Pending
	}
	if now.Sub(old.Since) >= r.For {
		old.State = Firing
	}
	return old, true
}

// bounded compares a figure with a rule's bounds.
func bounded(r *gateway.AlertRule, value string, figure *float64) Reading {
	n := Reading{Value: value, Figure: figure}
	switch {
	case r.Above != nil:
		n.Bound = r.Above
		if figure != nil {
			n.Out, n.Back = *figure > *r.Above, *figure <= *cmp.Or(r.Clear, r.Above)
		}
	case r.Below != nil:
		n.Bound = r.Below
		if figure != nil {
			n.Out, n.Back = *figure < *r.Below, *figure >= *cmp.Or(r.Clear, r.Below)
		}
	}
	return n
}
