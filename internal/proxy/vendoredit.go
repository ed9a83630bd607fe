package proxy

import (
	"cmp"
	"slices"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// vendorEdits adds to the edits of a JSON body those that the provider's form of the
// dialect asks for. What another edit would do to a member that is left out is left
// out, too.
func (x *exchange) vendorEdits(edits []edit, body []byte) []edit {
	p := x.target.Provider
	edits = x.setEdits(edits, body)
	if p.Spec.Edits == nil || x.native != "" {
		return edits
	}
	e := p.Spec.Edits(p, provider.PathRequest{Op: x.ep.Op, Path: x.spokenPath(), Model: x.target.Model, Stream: x.stream})
	if len(e.Drop) == 0 && len(e.Add) == 0 {
		return edits
	}
	m := membersOf(body)
	for _, gone := range m.without(e.Drop) {
		edits = slices.DeleteFunc(edits, func(other edit) bool { return gone.Start <= other.at.Start && other.at.End <= gone.End })
		edits = append(edits, edit{at: gone})
	}
	if add := m.additions(e.Add, e.Drop); add != nil {
		in := m.inside
		edits = append(edits, edit{jsonscan.Span{Start: in, End: in}, add})
	}
	return edits
}

// spokenPath is the call's path in the dialect that is spoken with the provider.
func (x *exchange) spokenPath() string {
	switch {
	case !x.translated():
		return x.path
	case x.ep.Op != llm.OpChat:
		return x.tr.order.Path
	}
	return chatEndpoint(x.spoken, x.stream).Pattern
}

// editWritten makes the provider's edits in a body that was written for it.
func (x *exchange) editWritten(body []byte) []byte {
	edits := x.vendorEdits(nil, body)
	if len(edits) == 0 {
		return body
	}
	sortEdits(edits)
	out := make([]byte, 0, len(body)+64)
	for _, part := range splice(nil, body, edits) {
		out = append(out, part...)
	}
	return out
}

// sortEdits brings edits in rising order, insertions before what begins at their place.
func sortEdits(edits []edit) {
	slices.SortFunc(edits, func(a, b edit) int {
		return cmp.Or(a.at.Start-b.at.Start, a.at.End-b.at.End)
	})
}

// members are those of an object, with the place behind its opening brace.
type members struct {
	inside int
	keys   [][]byte
	at     []jsonscan.Span // from the key's quote to the value's end
}

func membersOf(body []byte) (m members) {
	_ = jsonscan.Members(body, func(key, value []byte) bool {
		m.keys = append(m.keys, key)
		m.at = append(m.at, jsonscan.Span{Start: spanOf(body, key).Start - 1, End: spanOf(body, value).End})
		return true
	})
	for m.inside < len(body) && body[m.inside] != '{' {
		m.inside++
	}
	m.inside++
	return m
}

// without gives the spans to cut, commas included, so that the named members are gone.
func (m *members) without(names []string) (cuts []jsonscan.Span) {
	for i := 0; i < len(m.at); i++ {
		if !keyIn(m.keys[i], names) {
			continue
		}
		first := i
		for i+1 < len(m.at) && keyIn(m.keys[i+1], names) {
			i++
		}
		cut := jsonscan.Span{Start: m.at[first].Start, End: m.at[i].End}
		switch {
		case i+1 < len(m.at):
			cut.End = m.at[i+1].Start
		case first > 0:
			cut.Start = m.at[first-1].End
		}
		cuts = append(cuts, cut)
	}
	return cuts
}

// additions gives the text to insert at the beginning; nil when nothing is added.
func (m *members) additions(add []provider.Member, dropped []string) (out []byte) {
	for _, one := range add {
		if slices.ContainsFunc(m.keys, func(key []byte) bool { return jsonscan.KeyIs(key, one.Name) }) {
			continue
		}
		if out != nil {
			out = append(out, ',')
		}
		out = append(append(appendQuoted(out, one.Name), ':'), one.Value...)
	}
	if out != nil && slices.ContainsFunc(m.keys, func(key []byte) bool { return !keyIn(key, dropped) }) {
		out = append(out, ',')
	}
	return out
}
