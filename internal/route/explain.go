package route

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func nameOf(t *Target) string { return t.Provider.Name + "/" + t.Model }

// names lists targets as callers write them.
func names(ts []Target) []string {
	out := make([]string, len(ts))
	for i := range ts {
		out[i] = nameOf(&ts[i])
	}
	return out
}

// reason gives what a fault says to people.
func reason(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Message
	}
	return err.Error()
}

// looked notes that a step was looked at.
func (m *making) looked(w *way, s *step, ok bool, err error) {
	if !m.ask.Explain || m.aside {
		return
	}
	t := Tried{Route: w.name, Step: s.label, When: s.When, Matched: ok}
	switch {
	case err != nil:
		t.Why = "the condition cannot be decided: " + err.Error()
	case !ok:
		t.Why = "the condition does not hold"
	case s.kind == gives:
		t.Why = "it names no targets; what else it says holds for the steps below"
	}
	m.trace = append(m.trace, t)
}

// note says why of the step that was looked at last of a route.
func (m *making) note(s *step, why string) {
	if !m.ask.Explain || m.aside {
		return
	}
	for i := len(m.trace) - 1; i >= 0; i-- {
		if t := &m.trace[i]; t.Route == s.in && t.Step == s.label {
			t.Why = joined(t.Why, why)
			return
		}
	}
}

// picked notes which arm was chosen, and by what.
func (m *making) picked(s *step, a *arm, d draw) {
	if !m.ask.Explain {
		return
	}
	by := "by share"
	if d.stuck {
		by = "by share, and by what the calls stay together by"
	}
	m.note(s, a.text+" is chosen "+by)
}

// compared notes what a balance compared.
func (m *making) compared(s *step, groups []group) {
	if !m.ask.Explain {
		return
	}
	parts := make([]string, len(groups))
	for i := range groups {
		parts[i] = groups[i].arm.text + shown(s.Balance.By, &groups[i])
	}
	m.note(s, s.Balance.By+": "+strings.Join(parts, ", "))
}

// shown tells what a kind of balance looks at.
func shown(by string, g *group) string {
	st := &g.standing
	price := "unpriced"
	if st.Priced {
		price = fmt.Sprintf("$%.6g", st.Price)
	}
	switch by {
	case gateway.ByWeight:
		return fmt.Sprintf(" (weight %g)", g.arm.weight)
	case gateway.ByLoad:
		return fmt.Sprintf(" (%d in flight)", st.Busy)
	case gateway.ByLatency:
		return fmt.Sprintf(" (%s, %d in flight)", st.First.Round(time.Millisecond), st.Busy)
	case gateway.ByPrice:
		return " (" + price + ")"
	case gateway.ByValue:
		return fmt.Sprintf(" (%s, %.0f tokens/s, %.0f %% success)", price, st.Speed, st.Success*100)
	}
	return ""
}

// explained finishes the trace: the chosen step shows the whole plan.
func (m *making) explained(w *way, s *step, plan []Target) []Tried {
	if left := m.withLeft(""); left != "" {
		m.note(s, left)
	}
	for i := range m.trace {
		if t := &m.trace[i]; t.Route == w.name && t.Step == s.label {
			t.Targets = names(plan)
		}
	}
	return m.trace
}

// withLeft adds to a text which targets were left out.
func (m *making) withLeft(text string) string {
	if len(m.out) == 0 {
		return text
	}
	return joined(text, "left out: "+m.lefts())
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

func (m *making) lefts() string {
	parts := make([]string, 0, len(m.out))
	for _, l := range m.out {
		if l.why == "" {
			l.why = "it must not be used"
		}
		parts = append(parts, clip(l.name)+" ("+l.why+")")
	}
	return strings.Join(parts, ", ")
}

// nobody is the fault of a call for which no target is left. route is "" for a name that
// is no route's.
func (m *making) nobody(route string) *fault.Fault {
	if route == "" {
		return fault.Newf(fault.NoHealthyTarget, "The model cannot be used now: %s.", m.lefts())
	}
	return fault.Newf(fault.NoHealthyTarget, "No target of the route '%s' can be used now: %s.", route, m.lefts())
}

// noStep is the fault of a call that no step of a route applies to.
func (w *way) noStep(v *expr.Vars) *fault.Fault {
	parts := make([]string, len(w.steps))
	for i, s := range w.steps {
		parts[i] = s.label + " " + s.missed(v)
	}
	f := fault.Newf(fault.ModelNotFound, "No step of the route '%s' applies to this call: %s. Change the call, or add a step without a condition to the route.", w.name, strings.Join(parts, "; ")).Field("model")
	f.NoRetry = true
	return f
}

// missed says why a step did not give targets.
func (s *step) missed(v *expr.Vars) string {
	ok, err := s.holds(v)
	switch {
	case err != nil:
		return "cannot be decided (" + s.When + "): " + err.Error()
	case !ok:
		return "does not hold (" + s.When + ")"
	}
	return "names no targets"
}

func (w *way) otherOperation(operation string) *fault.Fault {
	return fault.Newf(fault.UnsupportedOperation, "The route '%s' serves %s, not %s.", w.name, strings.Join(w.Operations, ", "), operation).Field("model")
}
