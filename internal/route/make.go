package route

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/fault"
)

// making is a plan in the making.
type making struct {
	table *Table
	snap  *catalog.Snapshot
	gate  *catalog.Gateway
	ask   *Ask
	vars  *expr.Vars
	terms terms  // of the steps that were chosen, the outer over the inner
	arm   string // Plan.Arm
	seen  Standing
	out   []left
	trace []Tried
	turns map[*step]uint64
	aside bool // what is looked at now is not traced

	by    string // what stuck is the value of
	stuck uint64
}

// left is a target that was left out of a plan.
type left struct{ name, why string }

// Plan gives what to try. It never gives an empty plan without an error. The targets
// stand in into's memory where there is room. Ask's Vars get the route's name, and
// Healthy if that is nil.
//
// A provider that the caller names by itself goes before a route of that name: then the
// name is that provider's model.
func (t *Table) Plan(s *catalog.Snapshot, g *catalog.Gateway, a *Ask, into []Target) (Plan, error) {
	m := making{table: t, snap: s, gate: g, ask: a, vars: a.Vars}
	if a.Provider == "" {
		if w := t.way(a.Model); w != nil {
			return m.route(w, into[:0])
		}
	}
	return m.direct(into[:0])
}

// direct plans for a name that is no route's.
func (m *making) direct(into []Target) (Plan, error) {
	target, err := direct(m.snap, m.gate, m.ask.Model, m.ask.Provider, m.ask.Family)
	if err != nil {
		return Plan{}, err
	}
	into = m.add(target, into)
	if into, err = m.callers(into); err != nil {
		return Plan{}, err
	}
	if len(into) == 0 {
		return Plan{}, m.nobody("")
	}
	p := Plan{Targets: ordered(into)}
	if m.ask.Explain {
		p.Trace = append(m.trace, Tried{Matched: true, Why: m.withLeft("the name means a target"), Targets: names(p.Targets)})
	}
	return p, nil
}

// route plans for a route.
func (m *making) route(w *way, into []Target) (Plan, error) {
	m.prepare(w)
	m.vars.Route = w.name
	if !w.serves(m.vars.Operation) {
		return Plan{}, w.otherOperation(m.vars.Operation)
	}
	into, step := m.walk(w, into, true, "")
	if step == nil {
		return Plan{}, w.noStep(m.vars)
	}
	into, err := m.callers(into)
	if err != nil {
		return Plan{}, err
	}
	if len(into) == 0 {
		return Plan{}, m.nobody(w.name)
	}
	p := Plan{Targets: ordered(into), Route: w.name, Step: step.label, Arm: m.arm}
	m.fill(&p)
	if m.ask.Explain {
		p.Trace = m.explained(w, step, p.Targets)
	}
	return p, nil
}

// prepare makes what a route's conditions speak of ready.
func (m *making) prepare(w *way) {
	if m.vars == nil {
		m.vars = &expr.Vars{}
	}
	if w.asks && m.vars.Healthy == nil && m.ask.State != nil {
		m.vars.Healthy = m.table.healthy(m.snap, m.gate, m.ask)
	}
}

// fill takes over what the chosen steps say beside targets.
func (m *making) fill(p *Plan) {
	t := &m.terms
	p.Sticky = m.stick(t.sticky)
	p.ContextWindow, p.ContentPolicy, p.ContinueOn = m.list(t.window), m.list(t.policy), m.list(t.on)
	p.Override, p.Timeout, p.MaxOutput, p.Owners = t.override, t.timeout, t.output, t.owners
	if h := t.hedge; h != nil {
		if to := m.list(h.to); len(to) > 0 || len(h.to) == 0 {
			p.Hedge = &Hedge{After: h.after, To: to}
		}
	}
	for i := range t.shadow {
		if sh := &t.shadow[i]; m.drawn(sh) {
			p.Shadow = append(p.Shadow, m.list(sh.to)...)
		}
	}
	p.Shadow = ordered(p.Shadow)
}

// drawn reports whether a call is among the share that a shadow gets.
func (m *making) drawn(s *shadow) bool {
	if s.share == 0 || s.share == 100 {
		return true
	}
	value := or(m.stick(m.terms.sticky), m.ask.Random)
	return unit(mix(value^s.salt))*100 < s.share
}

// list gives the targets of names, in order, without those that must not be used; nil
// for none.
func (m *making) list(refs []ref) (out []Target) {
	m.aside = true
	for i := range refs {
		out = m.expand(&refs[i], out, false, m.terms.sticky)
	}
	m.aside = false
	return ordered(out)
}

// walk appends the targets of the first step that applies, and of its fallbacks. The step
// is nil when none applies. main says that the route is the plan's own, or what that one
// chose, so that its terms count.
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
		into = m.choose(s, into, main, sticky)
		if len(m.ask.Fallback) > 0 {
			return into, s
		}
		for i := range t.fallback {
			into = m.expand(&t.fallback[i], into, false, sticky)
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

// stick gives the value of what calls stay together by; 0 = nothing.
func (m *making) stick(by string) uint64 {
	if by == "" || m.ask.Stick == nil {
		return 0
	}
	if by != m.by {
		m.by, m.stuck = by, 0
		if value := m.ask.Stick(by); value != "" {
			m.stuck = hash(hash(0, by), value) | 1
		}
	}
	return m.stuck
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

// serves reports whether a route may be called for an operation.
func (w *way) serves(operation string) bool {
	return len(w.Operations) == 0 || operation == "" || slices.Contains(w.Operations, operation)
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
