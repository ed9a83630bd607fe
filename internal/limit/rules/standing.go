package rules

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// Counter is one counter of one window of a rule, to be looked at.
type Counter struct {
	Rule   *Rule
	Window int    // its place in the rule's windows
	Values string // what is counted here, for people
	Raised int64  // what raises add to Max
	Claim  limit.Claim
}

// Counters gives the counters that facts name of the set's rules that fit, whether or not
// their conditions hold just now. What cannot be told from the facts is left out.
func (s *Set) Counters(f *Facts, fits func(*Rule) bool) (all []Counter) {
	if s == nil {
		return nil
	}
	var scratch []byte
	for _, r := range s.rules {
		if !fits(r) {
			continue
		}
		if r.needsIP {
			f.ip()
		}
		name, b, err := r.name(f, scratch)
		scratch = b
		if err != nil {
			continue
		}
		id, values := name.id, r.Values(f)
		for i := range r.Windows {
			all = append(all, r.Standing(i, ofWindow(id, i), values, f))
		}
	}
	return all
}

// Standing gives a counter of the rule whose id is known. Of f it needs Raised alone.
func (r *Rule) Standing(window int, id limit.ID, values string, f *Facts) Counter {
	w := r.raised(&r.Windows[window], id, f)
	return Counter{
		Rule: r, Window: window, Values: values, Raised: w.Max - r.Windows[window].Max,
		Claim: limit.Claim{Counter: id, Window: w, Open: r.Kind == Places, Observe: true, Outage: r.Outage},
	}
}

// CountsBy reports whether the rule counts separately by a dimension, as it was written.
func (r *Rule) CountsBy(dimension string) bool {
	return slices.Contains(r.Per, gateway.Per(dimension))
}

// CountsOnlyBy reports whether the rule counts by nothing but some of these dimensions.
func (r *Rule) CountsOnlyBy(dimensions ...string) bool {
	return !slices.ContainsFunc(r.Per, func(p gateway.Per) bool { return !slices.Contains(dimensions, string(p)) })
}
