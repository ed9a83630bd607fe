package route

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/expr"
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

// Plan gives what to try. It never gives an empty plan without an error; with an error it
// has nothing but a trace, if one is asked for. The targets
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
		return Plan{Trace: m.trace}, w.noStep(m.vars)
	}
	into, err := m.callers(into)
	if err == nil && len(into) == 0 {
		err = m.nobody(w.name)
	}
	if err != nil {
		return Plan{Trace: m.trace}, err
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
	for _, ts := range [][]Target{p.Targets, p.ContextWindow, p.ContentPolicy, p.ContinueOn, p.Shadow} {
		p.resolve(ts)
	}
	if p.Hedge != nil {
		p.resolve(p.Hedge.To)
	}
}

// resolve puts what the whole plan says over what holds for single targets.
func (p *Plan) resolve(ts []Target) {
	for i := range ts {
		if o := ts[i].Own; o != nil {
			ts[i].Own = &Own{Override: merged(p.Override, o.Override), MaxOutput: or(p.MaxOutput, o.MaxOutput), Owners: o.Owners, Sticky: or(p.Sticky, o.Sticky)}
		}
	}
}

// owned gives the targets what a route says by which they came in another's place.
func (m *making) owned(ts []Target, t *terms) {
	if t.override == nil && t.output == 0 && len(t.owners) == 0 && t.sticky == "" {
		return
	}
	sticky := m.stick(t.sticky)
	for i := range ts {
		o := &Own{Override: t.override, MaxOutput: t.output, Owners: t.owners, Sticky: sticky}
		if in := ts[i].Own; in != nil {
			o = &Own{Override: merged(t.override, in.Override), MaxOutput: or(t.output, in.MaxOutput), Owners: slices.Concat(t.owners, in.Owners), Sticky: or(sticky, in.Sticky)}
		}
		ts[i].Own = o
	}
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
