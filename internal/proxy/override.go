package proxy

import (
	"maps"
	"slices"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ordered gives a request with what a route sets in place of what the caller asked
// for. The request itself stays as it is; the maximum of output tokens goes the way of
// all ceilings.
func ordered(r *llm.Request, o *gateway.Override) *llm.Request {
	if !o.Speaks() {
		return r
	}
	c := *r
	if o.System != "" {
		words := llm.Message{Role: llm.System, Parts: []llm.Part{{Kind: llm.Text, Text: jsonout.Quote(o.System)}}}
		c.Messages = append([]llm.Message{words}, r.Messages...)
		c.Has.Add(llm.FSystem)
	}
	set := func(f llm.Feature, value []byte) {
		c.Settings = slices.DeleteFunc(slices.Clone(c.Settings), func(s llm.Setting) bool { return s.Feature == f })
		c.Set(f, value)
	}
	if o.Temperature != nil {
		set(llm.FTemperature, number(*o.Temperature))
	}
	if o.TopP != nil {
		set(llm.FTopP, number(*o.TopP))
	}
	if o.Seed != nil {
		set(llm.FSeed, strconv.AppendInt(nil, *o.Seed, 10))
	}
	if o.Stop != nil {
		c.Stop = nil
		for _, s := range o.Stop {
			c.Stop = append(c.Stop, jsonout.Quote(s))
		}
		c.Has.Add(llm.FStop)
	}
	if o.Effort != "" {
		c.Thinking = llm.Reasoning{Effort: o.Effort, Summary: r.Thinking.Summary, State: r.Thinking.State}
		if c.Has.Add(llm.FThinkingEffort); o.Effort == "none" {
			c.Thinking.Mode = "off"
			c.Has.Add(llm.FThinkingOff)
		}
	}
	return &c
}

func number(f float64) []byte { return strconv.AppendFloat(nil, f, 'g', -1, 64) }

// setEdits puts the members that the route sets into a body as the vendor gets it, in
// place of the caller's own.
func (x *exchange) setEdits(edits []edit, body []byte) []edit {
	o := x.way.OverrideAt(&x.target)
	if o == nil || len(o.Set) == 0 {
		return edits
	}
	m := membersOf(body)
	var more []byte
	for _, name := range sortedNames(o.Set) {
		i := slices.IndexFunc(m.keys, func(key []byte) bool { return jsonscan.KeyIs(key, name) })
		text := append(append(appendQuoted(nil, name), ':'), o.Set[name]...)
		if i >= 0 {
			at := m.at[i]
			edits = slices.DeleteFunc(edits, func(other edit) bool { return at.Start <= other.at.Start && other.at.End <= at.End })
			edits = append(edits, edit{at, text})
			continue
		}
		if more != nil {
			more = append(more, ',')
		}
		more = append(more, text...)
	}
	if more == nil {
		return edits
	}
	if len(m.keys) > 0 {
		more = append(more, ',')
	}
	return append(edits, edit{jsonscan.Span{Start: m.inside, End: m.inside}, more})
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
