package route

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/expr"
)

// walk appends the targets of the first step that applies, and of its fallbacks. The step
// is nil when none applies. main says that the route is the plan's own, or the one that
// stands in its place, so that its terms are the plan's; else some of them are those of its
// targets alone.
func (m *making) walk(w *way, into []Target, main bool, sticky string) ([]Target, *step) {
	var given *terms
	for _, s := range w.steps {
		ok, err := s.holds(m.vars)
		m.looked(w, s, ok, err)
		if !ok {
			continue
		}
		if s.kind == gives {
			given = s.handed(given)
			continue
		}
		t := s.terms
		if given != nil {
			t = s.own.over(given)
			t = t.over(&w.terms)
		}
		sticky = or(sticky, t.sticky)
		if main {
			m.terms = m.terms.over(&t)
		}
		start := len(into)
		into = m.choose(s, into, main, sticky)
		if len(m.ask.Fallback) == 0 {
			for i := range t.fallback {
				into = m.expand(&t.fallback[i], into, false, sticky)
			}
		}
		if !main {
			m.owned(into[start:], &t)
		}
		return into, s
	}
	return into, nil
}

// handed gives what a step without targets hands on, over what was handed to it.
func (s *step) handed(given *terms) *terms {
	if given == nil {
		return &s.own
	}
	t := s.own.over(given)
	return &t
}

// holds reports whether a step's condition holds. An error says why that cannot be told.
func (s *step) holds(v *expr.Vars) (bool, error) {
	if s.when == nil {
		return true, nil
	}
	return s.when.Bool(v)
}

func (m *making) choose(s *step, into []Target, main bool, sticky string) []Target {
	switch s.kind {
	case uses:
		return m.expand(&s.arms[0].ref, into, main, sticky)
	case balances:
		return m.balance(s, into, sticky)
	}
	return m.pick(s, into, main, sticky)
}

// pick appends the targets of one arm. Another one is picked only when none of the
// first one's targets may be used.
func (m *making) pick(s *step, into []Target, main bool, sticky string) []Target {
	var room [8]float64
	weights := m.weights(s, room[:0])
	d := m.draw(s, sticky)
	arm, terms := m.arm, m.terms
	for range weights {
		i := d.among(s.arms, weights)
		if i < 0 {
			break
		}
		m.picked(s, &s.arms[i], d)
		if main && arm == "" {
			m.arm = s.arms[i].text
		}
		n := len(into)
		if into = m.expand(&s.arms[i].ref, into, main, sticky); len(into) > n {
			return into
		}
		weights[i], m.arm, m.terms = 0, arm, terms
	}
	return into
}

func (m *making) weights(s *step, into []float64) []float64 {
	if s.kind == tries {
		share := 0.0
		if m.ask.Stage != nil {
			share = min(max(m.ask.Stage(s.place), 0), 100)
		}
		return append(into, 100-share, share)
	}
	for i := range s.arms {
		into = append(into, s.arms[i].weight)
	}
	return into
}

// serves reports whether a route may be called for an operation.
func (w *way) serves(operation string) bool {
	return len(w.Operations) == 0 || operation == "" || slices.Contains(w.Operations, operation)
}
