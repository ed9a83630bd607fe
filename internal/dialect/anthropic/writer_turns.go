package anthropic

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func isSystem(r llm.Role) bool { return r == llm.System || r == llm.Developer }

// leading counts the system turns that stand before all others.
func (f *writer) leading() (n int) {
	m := f.r.Messages
	if f.same() { // the others stood among the turns
		if len(m) > 0 && isSystem(m[0].Role) && len(m[0].Own) == 0 {
			return 1
		}
		return 0
	}
	for n < len(m) && isSystem(m[n].Role) {
		n++
	}
	return n
}

// system writes the leading system turns in order, and what is asked for in words.
func (f *writer) system() {
	turns := f.r.Messages[:f.leading()]
	if only := onlyText(turns); only != nil && !f.instruct {
		f.w.Member("system", only.Text)
		return
	}
	at := len(f.w.B)
	f.w.Array("system")
	from := len(f.w.B)
	for i := range turns {
		for n := range turns[i].Parts {
			if p := &turns[i].Parts[n]; p.Kind == llm.Text || f.same() {
				f.part(p)
			}
		}
	}
	if f.instruct {
		f.words(dialect.InWords(&f.r.Output))
	}
	if len(f.w.B) == from {
		f.w.B = f.w.B[:at]
		return
	}
	f.w.End(']')
}

// onlyText gives the text that some turns consist of, nil when they hold more.
func onlyText(turns []llm.Message) (only *llm.Part) {
	for i := range turns {
		for n := range turns[i].Parts {
			p := &turns[i].Parts[n]
			if only != nil || p.Kind != llm.Text || p.Cache != "" || len(p.Cites) > 0 || len(p.Own) > 0 || isBlank(p.Text) {
				return nil
			}
			only = p
		}
	}
	return only
}

// words writes a text of our own.
func (f *writer) words(text llm.Raw) {
	f.w.Begin('{')
	f.w.Text("type", "text")
	f.w.Member("text", text)
	f.w.End('}')
}

// turns writes the conversation.
func (f *writer) turns() {
	f.w.Array("messages")
	from := len(f.w.B)
	rest := f.r.Messages[f.leading():]
	for len(rest) > 0 && f.err == nil {
		n := f.group(rest)
		f.turn(rest[:n], n == len(rest))
		rest = rest[n:]
	}
	f.finishTurns(len(f.w.B) == from)
	f.w.End(']')
}

func (f *writer) say(text string) {
	f.w.Begin('{')
	f.w.Text("role", "user")
	f.w.Text("content", text)
	f.w.End('}')
}

// finishTurns sees to it that the conversation is one that can be answered.
func (f *writer) finishTurns(empty bool) {
	switch {
	case f.same() || f.err != nil:
	case len(f.open) > 0:
		f.refuse("The tool call '%s' has no result in the turn after it. Add one, also for a call that failed.", f.open[0].given)
	case empty:
		f.refuse("The conversation has no turn with any content%s.", "")
	}
}

func (f *writer) refuse(format, what string) {
	if f.err == nil {
		f.err = fault.Newf(fault.InvalidRequest, format, what).Field("messages")
	}
}

// group counts the messages that make one turn: those of the assistant's, or those
// between them. In this dialect they stay as they were, but for the results of tools,
// which stand before what the user says in the same turn.
func (f *writer) group(m []llm.Message) int {
	n := 1
	if f.same() {
		if m[0].Role == llm.ToolRole && len(m) > 1 && m[1].Role == llm.User && len(m[1].Own) == 0 {
			return 2
		}
		return 1
	}
	for n < len(m) && f.speaks(&m[n]) == f.speaks(&m[0]) {
		n++
	}
	return n
}

// speaks reports whether a turn is one of the assistant's of which something is left.
func (f *writer) speaks(m *llm.Message) bool {
	if m.Role != llm.Assistant || f.same() {
		return m.Role == llm.Assistant
	}
	for i := range m.Parts {
		switch p := &m.Parts[i]; p.Kind {
		case llm.Thinking:
			if f.state(p) != nil {
				return true
			}
		case llm.Text, llm.Refusal:
			if !isBlank(p.Text) {
				return true
			}
		case llm.Vendor:
		default:
			return true
		}
	}
	return false
}

// turn writes one turn, unless nothing is left of it.
func (f *writer) turn(m []llm.Message, last bool) {
	role, speaks := m[0].Role, f.speaks(&m[0])
	at := len(f.w.B)
	f.w.Begin('{')
	switch {
	case speaks:
		f.w.Text("role", "assistant")
	case f.same() && isSystem(role):
		f.w.Text("role", "system")
	default:
		f.w.Text("role", "user")
	}
	var written bool
	if speaks {
		written = f.assistant(m, last)
	} else {
		written = f.caller(m)
	}
	if !written && !f.same() {
		f.w.B = f.w.B[:at]
		return
	}
	for i := range m {
		if f.same() {
			f.owned(m[i].Own)
		}
	}
	f.w.End('}')
	if speaks && last && !f.same() && !f.continues() {
		f.lose(llm.FAssistantPrefill)
		f.say(dialect.GoOn)
	}
}

// continues reports whether a last turn of the assistant's is one to be continued
// (https://platform.claude.com/docs/en/build-with-claude/working-with-messages#putting-words-in-claudes-mouth).
func (f *writer) continues() bool {
	return f.rules.prefill && !f.thinks() || len(f.open) > 0
}

// caller writes what stands between two turns of the assistant's: results of tools
// first (https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls).
func (f *writer) caller(m []llm.Message) bool {
	if p := onlyText(m); p != nil && len(f.open) == 0 && (f.same() || len(m) == 1) {
		f.w.Member("content", p.Text)
		return true
	}
	f.w.Array("content")
	from := len(f.w.B)
	f.eachPart(m, func(p *llm.Part) {
		if p.Kind == llm.ToolResult {
			f.result(p)
		}
	})
	if len(f.open) > 0 && !f.same() {
		f.finishTurns(false)
	}
	for i := range f.aside {
		f.part(&f.aside[i])
	}
	f.aside = f.aside[:0]
	f.eachPart(m, func(p *llm.Part) {
		switch {
		case p.Kind == llm.ToolResult:
		case p.Kind == llm.Thinking && !f.same(): // of a turn of which nothing is left
			f.lose(llm.FThinking, llm.FThinkingState)
		default:
			f.part(p)
		}
	})
	written := len(f.w.B) > from
	f.w.End(']')
	return written
}

func (f *writer) eachPart(m []llm.Message, fn func(*llm.Part)) {
	for i := range m {
		for n := range m[i].Parts {
			fn(&m[i].Parts[n])
		}
	}
}

// assistant writes a turn of the model's.
func (f *writer) assistant(m []llm.Message, last bool) bool {
	if last && !f.same() {
		f.final = lastText(m)
	}
	if p := onlyText(m); p != nil {
		f.w.Member("content", f.textOf(p))
		return true
	}
	f.w.Array("content")
	from := len(f.w.B)
	f.eachPart(m, func(p *llm.Part) {
		switch p.Kind {
		case llm.Thinking:
			f.thought(p)
		case llm.ToolCall:
			f.call(p)
		default:
			f.part(p)
		}
	})
	written := len(f.w.B) > from
	f.w.End(']')
	return written
}

func (f *writer) textOf(p *llm.Part) llm.Raw {
	if p == f.final {
		return trimmed(p.Text)
	}
	return p.Text
}

// lastText gives the text that a turn ends with, nil when it ends otherwise.
func lastText(m []llm.Message) *llm.Part {
	for i := len(m) - 1; i >= 0; i-- {
		for n := len(m[i].Parts) - 1; n >= 0; n-- {
			switch p := &m[i].Parts[n]; {
			case p.Kind != llm.Text:
				return nil
			case !isBlank(p.Text):
				return p
			}
		}
	}
	return nil
}

// trimmed takes the white space off the end of a text that is to be continued: the
// vendor refuses it there.
func trimmed(text llm.Raw) llm.Raw {
	body := trimEnd(text[1 : len(text)-1])
	return append(append(append(make(llm.Raw, 0, len(body)+2), '"'), body...), '"')
}

// trimEnd cuts white space, escaped or not, off the end of what stands in a string.
func trimEnd(b []byte) []byte {
	for n := len(b); n > 0; n = len(b) {
		switch {
		case b[n-1] == ' ':
			b = b[:n-1]
		case n > 1 && b[n-2] == '\\' && bytes.IndexByte([]byte("nrt"), b[n-1]) >= 0 && (n == 2 || b[n-3] != '\\'):
			b = b[:n-2]
		default:
			return b
		}
	}
	return b
}
