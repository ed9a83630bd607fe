package llm

import (
	"bytes"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
)

// Gatherer makes one whole answer of a stream's events: the reverse of Replay. The zero
// value is ready. It copies what it keeps.
type Gatherer struct {
	a     Answer
	ended bool
	err   error
}

// Add takes the next event.
func (g *Gatherer) Add(e *Event) {
	switch e.Kind {
	case Start:
		g.name(e)
	case PartStart:
		g.begin(e)
	case Delta, PartEnd:
		g.grow(e)
	case Finished:
		c := g.choice(e.Choice)
		c.Finish, c.Vendor, c.StopText = e.Finish, e.Vendor, slices.Clone(e.StopText)
		g.name(e)
	case UsageEvent:
		if e.Usage != nil {
			g.a.Usage = *e.Usage
			g.a.Usage.Units = maps.Clone(e.Usage.Units)
		}
		g.name(e)
	case Fail:
		g.err = e.Err
	case End:
		g.ended = true
	}
}

// Answer gives the answer; false when the stream failed or did not come to its end, and
// then the error that it failed with, if there was one.
func (g *Gatherer) Answer() (a *Answer, ok bool, err error) {
	return &g.a, g.ended && g.err == nil, g.err
}

func (g *Gatherer) name(e *Event) {
	for at, v := range map[*string]string{&g.a.ID: e.ID, &g.a.Model: e.Model, &g.a.Tier: e.Tier} {
		if v != "" {
			*at = strings.Clone(v)
		}
	}
	if e.Created != 0 {
		g.a.Created = e.Created
	}
}

func (g *Gatherer) choice(i int) *Choice {
	for len(g.a.Choices) <= i {
		g.a.Choices = append(g.a.Choices, Choice{})
	}
	return &g.a.Choices[i]
}

func (g *Gatherer) part(e *Event) *Part {
	c := g.choice(e.Choice)
	for len(c.Parts) <= e.Part {
		c.Parts = append(c.Parts, Part{Kind: e.What})
	}
	return &c.Parts[e.Part]
}

func (g *Gatherer) begin(e *Event) {
	p := g.part(e)
	p.Kind, p.Raw = e.What, slices.Clone(e.Raw)
	if e.What == ToolCall {
		p.Call = &Call{ID: strings.Clone(e.CallID), Name: strings.Clone(e.CallName), Custom: e.Custom, Quoted: !e.Custom}
	}
	if e.Media != nil {
		m := *e.Media
		m.Data, m.Text, m.URL, m.FileID = slices.Clone(m.Data), slices.Clone(m.Text), slices.Clone(m.URL), slices.Clone(m.FileID)
		p.Media = &m
	}
	g.append(p, e)
}

func (g *Gatherer) grow(e *Event) {
	p := g.part(e)
	if e.Kind == Delta && e.Media != nil {
		p.join(e.Media)
	}
	if e.Kind == Delta && e.Raw != nil && e.What == Text {
		c := g.choice(e.Choice)
		c.Logprobs = joined(c.Logprobs, e.Raw)
	}
	g.append(p, e)
}

// append adds an event's text, state and sources to its part.
func (g *Gatherer) append(p *Part, e *Event) {
	switch {
	case e.Text == nil:
	case p.Kind == ToolCall && p.Call != nil:
		p.Call.Arguments = joined(p.Call.Arguments, e.Text)
	default:
		p.Text = joined(p.Text, e.Text)
	}
	for _, s := range e.State {
		p.State = append(p.State, Opaque{
			Dialect: s.Dialect, Provider: strings.Clone(s.Provider), Model: strings.Clone(s.Model),
			Kind: s.Kind, ID: strings.Clone(s.ID), Value: strings.Clone(s.Value),
		})
	}
	for _, c := range e.Cites {
		c.URL, c.Title, c.Text, c.Raw = slices.Clone(c.URL), slices.Clone(c.Title), slices.Clone(c.Text), slices.Clone(c.Raw)
		p.Cites = append(p.Cites, c)
	}
}

// join adds a piece of media: both are base64 of their own.
func (p *Part) join(m *Media) {
	if p.Media == nil {
		p.Media = &Media{Type: m.Type, Format: m.Format}
	}
	have, err := base64.StdEncoding.DecodeString(string(p.Media.Data))
	if err != nil {
		return
	}
	more, err := base64.StdEncoding.DecodeString(string(m.Data))
	if err != nil {
		return
	}
	p.Media.Data = base64.StdEncoding.AppendEncode(nil, append(have, more...))
}

// joined puts two JSON strings, or two JSON arrays, together to one.
func joined(a, b Raw) Raw {
	switch {
	case len(a) < 2:
		return slices.Clone(b)
	case len(b) < 2 || len(bytes.TrimSpace(b[1:len(b)-1])) == 0 && b[0] == '[':
		return a
	}
	out := a[:len(a)-1]
	if a[0] == '[' && len(bytes.TrimSpace(a[1:len(a)-1])) > 0 {
		out = append(out, ',')
	}
	return append(out, b[1:]...)
}
