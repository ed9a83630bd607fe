package route

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/fault"
)

// expand appends the targets that a name means and that may be used.
func (m *making) expand(r *ref, into []Target, main bool, sticky string) []Target {
	if r.way != nil {
		return m.within(r.way, into, main, sticky)
	}
	if r.prefix != "" {
		if p := m.snap.Providers[r.prefix]; p != nil {
			return m.add(Target{Provider: p, Model: r.model}, into)
		}
	}
	t, err := direct(m.snap, m.gate, r.text, "", m.ask.Family)
	if err != nil {
		m.leave(r.text, reason(err))
		return into
	}
	return m.add(t, into)
}

// within appends the targets of a route that stands in another one's place.
func (m *making) within(w *way, into []Target, main bool, sticky string) []Target {
	if !w.serves(m.vars.Operation) {
		m.leave(w.name, "it does not serve "+m.vars.Operation)
		return into
	}
	into, chosen := m.walk(w, into, main, sticky)
	if chosen == nil {
		m.leave(w.name, "none of its steps applies")
	}
	return into
}

// add appends a target that may be used.
func (m *making) add(t Target, into []Target) []Target {
	into = append(into, t)
	if m.ask.State == nil {
		m.seen = Standing{Success: 1}
		return into
	}
	last := &into[len(into)-1]
	m.seen = m.ask.State.Standing(last)
	if m.seen.Out {
		m.leave(nameOf(last), m.seen.Why)
		return into[:len(into)-1]
	}
	last.Rests = m.seen.Rests
	return into
}

func (m *making) leave(name, why string) {
	if l := (left{name, why}); !slices.Contains(m.out, l) {
		m.out = append(m.out, l)
	}
}

// callers appends the caller's own fallbacks, which may be anything that a model may be.
func (m *making) callers(into []Target) ([]Target, error) {
	for _, name := range m.ask.Fallback {
		r := m.table.ref(name)
		if r.way != nil {
			m.prepare(r.way)
		} else if _, err := direct(m.snap, m.gate, name, "", m.ask.Family); err != nil {
			return nil, fault.New(fault.InvalidRequest, "The header sluice-fallback names a model that cannot be used. "+reason(err)).Field("sluice-fallback")
		}
		into = m.expand(&r, into, false, "")
	}
	return into, nil
}

// ordered removes targets that stand there already, and puts those that rest behind the
// others. It works in place.
func ordered(ts []Target) []Target {
	n := 0
	for i := range ts {
		if !slices.ContainsFunc(ts[:n], func(t Target) bool { return t.Provider == ts[i].Provider && t.Model == ts[i].Model }) {
			ts[n] = ts[i]
			n++
		}
	}
	ts = ts[:n]
	if !slices.ContainsFunc(ts, func(t Target) bool { return t.Rests }) {
		return ts
	}
	slices.SortStableFunc(ts, func(a, b Target) int {
		switch {
		case a.Rests == b.Rests:
			return 0
		case a.Rests:
			return 1
		}
		return -1
	})
	return ts
}

// healthy gives what conditions ask of targets. Of a route's name one of its targets
// suffices.
func (t *Table) healthy(s *catalog.Snapshot, g *catalog.Gateway, a *Ask) func(string) bool {
	state, family := a.State, a.Family
	model := func(name string) bool {
		target, err := direct(s, g, name, "", family)
		if err != nil {
			return true
		}
		st := state.Standing(&target)
		return !st.Out && !st.Rests
	}
	return func(name string) bool {
		w := t.way(name)
		if w == nil {
			return model(name)
		}
		return w.any(func(w *way) bool {
			return slices.ContainsFunc(w.steps, func(s *step) bool {
				return slices.ContainsFunc(s.arms, func(a arm) bool { return a.way == nil && model(a.text) })
			})
		})
	}
}
