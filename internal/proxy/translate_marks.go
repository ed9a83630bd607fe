package proxy

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Reasoning that a vendor sends without any state is marked with where it came from. So
// it is remembered like any other, and a caller whose dialect's own vendors refuse what
// they have not signed can take the conversation to them: there it is left out.

// keep remembers the reasoning of an answer.
func (x *exchange) keep(a *llm.Answer) {
	mark := []llm.Opaque{dialect.Mark(x.spoken.Name, &x.tr.call)}
	var marked []*llm.Part
	for i := range a.Choices {
		for n := range a.Choices[i].Parts {
			if p := &a.Choices[i].Parts[n]; p.Kind == llm.Thinking && len(p.State) == 0 && len(p.Text) > 2 {
				p.State = mark
				marked = append(marked, p)
			}
		}
	}
	x.p.recall.Keep(x.who.Workspace, a)
	if !x.dialect.SignsThoughts {
		for _, p := range marked {
			p.State = nil
		}
	}
}

// marker does the same for a stream.
type marker struct {
	state []llm.Opaque // the mark
	open  []thought
}

// thought is one that has begun.
type thought struct {
	choice, part  int
	shown, signed bool
}

// see marks an event that ends a thought which was shown without state, and reports
// whether it did.
func (m *marker) see(e *llm.Event) bool {
	if e.What != llm.Thinking {
		return false
	}
	at := -1
	for i := range m.open {
		if m.open[i].choice == e.Choice && m.open[i].part == e.Part {
			at = i
		}
	}
	if at < 0 {
		m.open = append(m.open, thought{choice: e.Choice, part: e.Part})
		at = len(m.open) - 1
	}
	t := &m.open[at]
	t.shown, t.signed = t.shown || len(e.Text) > 2, t.signed || len(e.State) > 0
	if e.Kind != llm.PartEnd {
		return false
	}
	ends := t.shown && !t.signed
	m.open[at] = m.open[len(m.open)-1]
	m.open = m.open[:len(m.open)-1]
	if ends {
		e.State = m.state
	}
	return ends
}
