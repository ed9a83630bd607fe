package route

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Table are the routes of one configuration, compiled. It is immutable but for what
// balance and split count; nil has no routes.
type Table struct{ ways map[string]*way }

// Deepest is how many routes may stand within one another below the one asked for.
const Deepest = 4

// Compile compiles routes. An error names the route, the step and the problem.
func Compile(routes map[string]*gateway.Route) (*Table, error) {
	t := &Table{ways: make(map[string]*way, len(routes))}
	for name, r := range routes {
		t.ways[name] = &way{name: name, Route: r}
	}
	for _, name := range slices.Sorted(maps.Keys(routes)) {
		if err := t.compile(t.ways[name]); err != nil {
			return nil, fmt.Errorf("route %s: %w", name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(routes)) {
		if err := t.ways[name].nested(nil); err != nil {
			return nil, fmt.Errorf("route %s: %w", name, err)
		}
	}
	for name, w := range t.ways {
		w.asks = t.Mentions(name, "healthy")
	}
	return t, nil
}

// nested refuses routes that lead back to themselves, or through too many others.
func (w *way) nested(above []string) error {
	path := append(slices.Clip(above), w.name)
	if slices.Contains(above, w.name) {
		return fmt.Errorf("it leads back to itself: %s", strings.Join(path, " → "))
	}
	if len(above) > Deepest {
		return fmt.Errorf("more than %d routes stand within one another: %s", Deepest, strings.Join(path, " → "))
	}
	for _, r := range w.refs {
		if r.way != nil {
			if err := r.way.nested(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// Has reports whether a name is a route's.
func (t *Table) Has(name string) bool { return t.way(name) != nil }

func (t *Table) way(name string) *way {
	if t == nil {
		return nil
	}
	return t.ways[name]
}

// Limits gives the rules that are held per call of a route or step, by the owners that
// Plan.Owners names: "route/support", "route/support/steps[1]". The map is the caller's,
// the rules are not.
func (t *Table) Limits() map[string][]*gateway.Rule {
	out := map[string][]*gateway.Rule{}
	if t == nil {
		return out
	}
	for _, w := range t.ways {
		if len(w.Limits) > 0 {
			out[w.owner()] = w.Limits
		}
		for _, s := range w.steps {
			if len(s.Limits) > 0 {
				out[s.owner()] = s.Limits
			}
		}
	}
	return out
}

// Canaries gives the canaries by their places: "support/steps[0]", as Ask.Stage is asked.
func (t *Table) Canaries() map[string]*gateway.Canary {
	out := map[string]*gateway.Canary{}
	if t == nil {
		return out
	}
	for _, w := range t.ways {
		for _, s := range w.steps {
			if s.Canary != nil {
				out[s.place] = s.Canary
			}
		}
	}
	return out
}

// Mentions reports whether a condition of the route, or of a route within it, speaks of
// one of the variables. It is false for a name that is no route's.
func (t *Table) Mentions(route string, variables ...string) bool {
	w := t.way(route)
	return w != nil && w.any(func(w *way) bool {
		return slices.ContainsFunc(w.steps, func(s *step) bool { return s.when != nil && s.when.Uses(variables...) })
	})
}

// Intent gives how the intent of a call of the route is told: as the route says, else as
// the first route within it that says so; nil when none does.
func (t *Table) Intent(route string) (found *gateway.Intent) {
	w := t.way(route)
	if w == nil {
		return nil
	}
	w.any(func(w *way) bool { found = w.Intent; return found != nil })
	return found
}

// any reports whether fits holds for the route or one within it. It stops at the first.
func (w *way) any(fits func(*way) bool) bool {
	return fits(w) || slices.ContainsFunc(w.refs, func(r *ref) bool { return r.way != nil && r.way.any(fits) })
}
