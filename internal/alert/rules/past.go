package rules

import (
	"context"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Past gives the figure of all calls of a rule by spans of a step, nil where it is not
// known: what led to its state.
func (e *Engine) Past(ctx context.Context, r *gateway.AlertRule, from, to time.Time, step analytics.Step) (times []time.Time, values []*float64, err error) {
	found, err := e.Source.Calls(ctx, Question{From: from, To: to, Step: step, Filter: r.Filter, Sketches: sketchesOf(r.Metric)})
	if err != nil || len(found) == 0 {
		return nil, nil, err
	}
	for i, t := range found[0].Times {
		times, values = append(times, t), append(values, Value(r, found[0].Spans[i]))
	}
	return times, values, nil
}
