package cohere

import (
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func itoa(n int) string { return strconv.Itoa(n) }

// messages writes the conversation. The one system turn comes first ("system turn must
// be the first in the list"); what a foreign caller says later as the system is said
// by the user, see dialect.Arranged.
func (w *writer) messages() {
	w.Array("messages")
	from := 0
	if !w.own {
		from = w.system()
	}
	for i := from; i < len(w.r.Messages); i++ {
		m := &w.r.Messages[i]
		switch m.Role {
		case llm.Assistant:
			w.assistant(m)
		case llm.ToolRole:
			w.results(m)
		case llm.System:
			w.plainTurn(m, w.systemRole())
		default:
			w.plainTurn(m, "user")
		}
	}
	w.End(']')
}

func (w *writer) systemRole() string {
	if w.own {
		return "system"
	}
	return "user"
}

// system writes the instructions before the conversation as one turn, and gives how
// many turns they were.
func (w *writer) system() (n int) {
	var texts []llm.Raw
	for n < len(w.r.Messages) {
		m := &w.r.Messages[n]
		if m.Role != llm.System && m.Role != llm.Developer {
			break
		}
		for i := range m.Parts {
			if p := &m.Parts[i]; p.Kind == llm.Text && len(p.Text) > 2 {
				texts = append(texts, p.Text)
			}
		}
		n++
	}
	if len(texts) == 0 {
		return n
	}
	w.Begin('{')
	w.Text("role", "system")
	if len(texts) == 1 {
		w.Member("content", texts[0])
	} else {
		w.Array("content")
		for _, t := range texts {
			w.piece("text", t, nil)
		}
		w.End(']')
	}
	w.End('}')
	return n
}

// plainTurn writes a turn of texts and images. A foreign turn of which nothing is left
// is left out: "message must not be empty in a turn".
func (w *writer) plainTurn(m *llm.Message, role string) {
	start := len(w.B)
	w.Begin('{')
	w.Text("role", role)
	written := w.content(m.Parts)
	if w.own {
		w.members(m.Own)
	}
	w.End('}')
	if !written && !w.own {
		w.B = w.B[:start]
	}
}

// content writes pieces: one text as a string, anything else as a list.
func (w *writer) content(parts []llm.Part) bool {
	if t := w.only(parts); t != nil && t.Kind == llm.Text && t.Raw == nil && t.Own == nil && (w.own || len(t.Text) > 2) {
		w.Member("content", t.Text)
		return true
	}
	w.Array("content")
	start := len(w.B)
	for i := range parts {
		if p := &parts[i]; !w.isDocument(p) {
			w.userPart(p)
		}
	}
	written := len(w.B) > start
	w.End(']')
	return written
}

// only gives the one part that is no document, nil when there are several or none.
func (w *writer) only(parts []llm.Part) (one *llm.Part) {
	for i := range parts {
		if w.isDocument(&parts[i]) {
			continue
		}
		if one != nil {
			return nil
		}
		one = &parts[i]
	}
	return one
}

// userPart writes a piece of what a user says.
func (w *writer) userPart(p *llm.Part) {
	switch p.Kind {
	case llm.Text, llm.Refusal:
		switch {
		case w.own && p.Raw != nil:
			w.Raw(p.Raw)
		case w.own || len(p.Text) > 2:
			w.piece("text", p.Text, w.back(p))
		}
	case llm.Image:
		w.image(p)
	case llm.File:
		if text := w.fileText(p.Media); text != nil {
			w.piece("text", jsonout.Join(`\n\n`, p.Media.Name, p.Media.Source, p.Media.Context, text), nil)
			return
		}
		w.refuse("a document that is not text")
	case llm.Audio, llm.Video:
		w.refuse("audio or video")
	case llm.Vendor:
		if w.own {
			w.Raw(p.Raw)
		}
	}
}

// back gives the members that are written back to their own dialect.
func (w *writer) back(p *llm.Part) []llm.Member {
	if w.own {
		return p.Own
	}
	return nil
}

// piece writes {type, type: value}.
func (w *writer) piece(kind string, v llm.Raw, own []llm.Member) {
	w.Begin('{')
	w.Text("type", kind)
	w.Member(kind, v)
	w.members(own)
	w.End('}')
}

// image writes an image by URL; bytes are a data: URI.
func (w *writer) image(p *llm.Part) {
	m := p.Media
	if m == nil || m.URL == nil && m.Data == nil {
		w.refuse("an image by a file's id")
		return
	}
	w.Begin('{')
	w.Text("type", "image_url")
	w.Object("image_url")
	if m.URL != nil {
		w.Member("url", m.URL)
	} else {
		w.Key("url")
		w.B = append(dialect.AppendDataURI(append(w.B, '"'), m), '"')
	}
	w.TextIf("detail", m.Detail)
	w.End('}')
	w.members(w.back(p))
	w.End('}')
}

// refuse notes what the vendor cannot be shown at all.
func (w *writer) refuse(what string) {
	if w.err == nil {
		w.err = fault.Newf(fault.UnsupportedParameter, "The model '%s' cannot be given %s. Send it as text, or use a model of another provider.", w.to.Model, what).Field("messages")
	}
}

// assistant writes a turn of the model: its plan, content, citations and calls.
func (w *writer) assistant(m *llm.Message) {
	start := len(w.B)
	w.Begin('{')
	w.Text("role", "assistant")
	bare := len(w.B)
	w.plan(m)
	w.said(m)
	w.called(m)
	if w.own {
		w.cited(m)
		w.members(m.Own)
	}
	empty := len(w.B) == bare
	w.End('}')
	if empty && !w.own {
		w.B = w.B[:start]
	}
}

// isPlan reports whether reasoning is written as the plan for the tools: in its own
// dialect where it stood there, else where a model that knows no reasoning called
// tools.
func (w *writer) isPlan(p *llm.Part, calls bool) bool {
	if p.Kind != llm.Thinking {
		return false
	}
	if w.own {
		return p.Raw != nil
	}
	return calls && !reasons(w.to)
}

func (w *writer) plan(m *llm.Message) {
	calls := hasCalls(m.Parts)
	var texts [][]byte
	for i := range m.Parts {
		if p := &m.Parts[i]; w.isPlan(p, calls) && len(p.Text) > 2 {
			texts = append(texts, p.Text)
		}
	}
	if len(texts) > 0 {
		w.Member("tool_plan", jsonout.Join(`\n`, texts...))
	}
}

func hasCalls(parts []llm.Part) bool {
	for i := range parts {
		if parts[i].Kind == llm.ToolCall {
			return true
		}
	}
	return false
}

// said writes the content of a turn of the model.
func (w *writer) said(m *llm.Message) {
	calls := hasCalls(m.Parts)
	kept := make([]*llm.Part, 0, len(m.Parts))
	for i := range m.Parts {
		if p := &m.Parts[i]; w.says(p, calls) {
			kept = append(kept, p)
		}
	}
	switch {
	case len(kept) == 0:
		return
	case len(kept) == 1 && kept[0].Kind != llm.Thinking && kept[0].Kind != llm.Vendor && w.back(kept[0]) == nil:
		w.Member("content", kept[0].Text)
		return
	}
	w.Array("content")
	for _, p := range kept {
		switch p.Kind {
		case llm.Thinking:
			w.piece("thinking", p.Text, w.back(p))
		case llm.Vendor:
			w.Raw(p.Raw)
		default:
			w.piece("text", p.Text, w.back(p))
		}
	}
	w.End(']')
}

// says reports whether a part belongs to the content. Reasoning needs no signature
// here, but a model that reasons.
func (w *writer) says(p *llm.Part, calls bool) bool {
	switch p.Kind {
	case llm.Text, llm.Refusal:
		return w.own || len(p.Text) > 2
	case llm.Thinking:
		if w.isPlan(p, calls) {
			return false
		}
		if !w.own && (len(p.Text) <= 2 || !reasons(w.to)) {
			w.lose(llm.FThinking)
			return false
		}
		return true
	case llm.Vendor:
		return w.own
	}
	return false
}

func (w *writer) called(m *llm.Message) {
	n := 0
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Kind != llm.ToolCall || p.Call == nil {
			continue
		}
		if n++; n == 1 {
			w.Array("tool_calls")
		}
		w.Begin('{')
		w.Text("id", w.calls.call(p.Call))
		w.Text("type", "function")
		w.Object("function")
		w.Text("name", w.name(p.Call.Name))
		w.Member("arguments", w.arguments(p.Call))
		w.End('}')
		w.members(w.back(p))
		w.End('}')
	}
	if n > 0 {
		w.End(']')
	}
}

// arguments are a text that holds an object, whatever the model wrote.
func (w *writer) arguments(c *llm.Call) llm.Raw {
	if w.own {
		if c.Arguments == nil {
			return emptyText
		}
		return c.Arguments
	}
	object := dialect.ArgumentsObject(c)
	if c.Quoted {
		if s, _ := jsonscan.String(c.Arguments); strings.TrimSpace(s) == string(object) {
			return c.Arguments
		}
	}
	return jsonout.Quote(string(object))
}

func (w *writer) cited(m *llm.Message) {
	n := 0
	for i := range m.Parts {
		for c := range m.Parts[i].Cites {
			if n++; n == 1 {
				w.Array("citations")
			}
			w.Raw(m.Parts[i].Cites[c].Raw)
		}
	}
	if n > 0 {
		w.End(']')
	}
}
