package converse

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// conversation writes the messages. Turns of the user and of the assistant must
// alternate, and the user's comes first; so consecutive turns of one side become one
// message, in which what tools answered comes first.
func (f *formatter) conversation() {
	f.w.Array("messages")
	all := f.r.Messages[f.leading():]
	for len(all) > 0 {
		n := group(all)
		f.turns(all[:n], n == len(all))
		all = all[n:]
	}
	f.end()
	f.w.End(']')
}

// leading is how many turns of the system's stand before the conversation.
func (f *formatter) leading() (n int) {
	for n < len(f.r.Messages) && isSystem(f.r.Messages[n].Role) {
		n++
	}
	return n
}

func isSystem(r llm.Role) bool { return r == llm.System || r == llm.Developer }

// group gives how many of the first messages make one of the vendor's.
func group(all []llm.Message) int {
	n := 1
	for n < len(all) && (all[n].Role == llm.Assistant) == (all[0].Role == llm.Assistant) {
		n++
	}
	return n
}

// turns writes consecutive turns of one side.
func (f *formatter) turns(all []llm.Message, last bool) {
	for i := range all {
		if !f.own {
			f.parts(&all[i], func(p *llm.Part) bool { return p.Kind == llm.ToolResult })
		}
	}
	for i := range f.aside {
		f.part(&f.aside[i], "user")
	}
	f.aside = nil
	for i := range all {
		m := &all[i]
		if f.own && i > 0 && m.Role == all[i-1].Role { // two messages they were
			f.close()
			f.role = ""
		}
		if last && i == len(all)-1 && m.Role == llm.Assistant && f.model.family == claude && !f.own {
			f.prefill(m)
			continue
		}
		f.parts(m, func(p *llm.Part) bool { return f.own || p.Kind != llm.ToolResult })
	}
}

// parts writes those parts of a turn that are wanted.
func (f *formatter) parts(m *llm.Message, want func(*llm.Part) bool) {
	role := "user"
	switch {
	case m.Role == llm.Assistant:
		role = "assistant"
	case m.Role == llm.System && f.own:
		role = "system"
	}
	for i := range m.Parts {
		if p := &m.Parts[i]; want(p) {
			f.part(p, role)
		}
	}
	if f.own && f.role == role && len(m.Own) > 0 {
		f.messageOwn(m.Own)
	}
}

// messageOwn keeps members of a message until it ends.
func (f *formatter) messageOwn(members []llm.Member) { f.after = append(f.after, members...) }

// prefill writes a last turn of the assistant's, which Claude goes on with: no white
// space may stand at its end.
func (f *formatter) prefill(m *llm.Message) {
	trimmed := *m
	if n := len(m.Parts); n > 0 && m.Parts[n-1].Kind == llm.Text {
		trimmed.Parts = append([]llm.Part(nil), m.Parts...)
		trimmed.Parts[n-1].Text = trimRight(m.Parts[n-1].Text)
	}
	f.parts(&trimmed, func(*llm.Part) bool { return true })
}

func trimRight(raw llm.Raw) llm.Raw {
	text, ok := jsonscan.String(raw)
	if !ok {
		return raw
	}
	if cut := bytes.TrimRight([]byte(text), " \t\r\n"); len(cut) < len(text) {
		return jsonout.Quote(string(cut))
	}
	return raw
}

// open begins a message of a role, unless one is open.
func (f *formatter) open(role string) {
	if f.role == role {
		return
	}
	f.close()
	f.role, f.said, f.attached = role, false, false
	f.w.Begin('{')
	f.w.Text("role", role)
	f.w.Array("content")
}

// close ends the open message.
func (f *formatter) close() {
	if f.role == "" {
		return
	}
	if f.attached && !f.said && !f.own {
		f.text(llm.Raw(seeFile))
	}
	f.w.End(']')
	for _, m := range f.after {
		f.w.AnyKey(m.Name)
		f.w.Raw(m.Value)
	}
	f.after = f.after[:0]
	f.w.End('}')
}

// end ends the conversation: with the user's turn, where the model cannot go on with the
// assistant's.
func (f *formatter) end() {
	switch {
	case f.own:
	case f.role == "": // nothing was left of it
		f.fail(fault.New(fault.InvalidRequest, "The conversation has no turn with any content for the model '"+f.to.Model+"'.").Field("messages"))
	case f.role == "assistant" && !f.model.continues():
		f.lose(llm.FAssistantPrefill)
		f.open("user")
		f.text(jsonout.Quote(dialect.GoOn))
	}
	f.close()
}

// system writes the instructions before the conversation.
func (f *formatter) system() {
	begun := false
	begin := func() {
		if !begun {
			f.w.Array("system")
			begun = true
		}
	}
	for i := range f.r.Messages[:f.leading()] {
		for n := range f.r.Messages[i].Parts {
			f.systemPart(&f.r.Messages[i].Parts[n], begin)
		}
	}
	if text := f.instruction(); text != nil {
		begin()
		f.text(text)
	}
	if begun {
		f.w.End(']')
	}
}

func (f *formatter) systemPart(p *llm.Part, begin func()) {
	raw := ownBlock(p)
	switch {
	case f.own && p.Kind == llm.Vendor:
		begin()
		f.w.Raw(p.Raw)
	case f.own && raw != nil:
		begin()
		f.wrapped("guardContent", raw)
	case p.Kind == llm.Text && (f.own || !isBlank(p.Text)):
		begin()
		f.text(p.Text)
	default:
		return
	}
	f.cache(p.Cache, f.model.caches(), llm.FCache)
}

// cache writes a cache point after what was written.
func (f *formatter) cache(mark string, takes bool, what llm.Feature) {
	switch {
	case mark == "":
		return
	case !f.own && !takes:
		f.lose(what)
		return
	}
	ttl := ""
	if mark != "5m" {
		switch ttl = mark; {
		case f.own:
		case !f.model.cachesHours():
			ttl = ""
			f.loseIf(llm.FCacheTTL)
		case mark != "1h": // there are two lifetimes
			ttl = "1h"
			f.loseIf(llm.FCacheTTL)
		}
	}
	f.w.Begin('{')
	f.w.Object("cachePoint")
	f.w.Text("type", "default")
	f.w.TextIf("ttl", ttl)
	f.w.End('}')
	f.w.End('}')
}

// text writes a text block.
func (f *formatter) text(raw llm.Raw) {
	f.w.Begin('{')
	f.w.Member("text", raw)
	f.w.End('}')
	f.said = true
}

// wrapped writes a block of a kind.
func (f *formatter) wrapped(kind string, value llm.Raw) {
	f.w.Begin('{')
	f.w.Member(kind, value)
	f.w.End('}')
}

// isBlank reports whether a JSON string has nothing but white space, which the vendor
// refuses as text.
func isBlank(raw llm.Raw) bool {
	if len(raw) < 2 {
		return true
	}
	for i := 1; i < len(raw)-1; i++ {
		switch c := raw[i]; {
		case c == ' ':
		case c == '\\' && (raw[i+1] == 'n' || raw[i+1] == 't' || raw[i+1] == 'r'):
			i++
		default:
			return false
		}
	}
	return true
}
