package openairesponses

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// call is what is known of a tool call when it begins.
type call struct {
	id     string
	name   string  // without its group's
	space  llm.Raw // the group's name
	form   callForm
	unfold bool // the target knows no free text, and wrapped it
}

// callForm is which kind of item a call is.
type callForm uint8

const (
	functionCall callForm = iota
	customCall
	searchCall
)

// forms are the items and events of each kind of call.
var forms = [...]struct{ kind, prefix, member, empty, delta, done string }{
	functionCall: {"function_call", "fc_", "arguments", "{}", "response.function_call_arguments.delta", "response.function_call_arguments.done"},
	customCall:   {"custom_tool_call", "ctc_", "input", "", "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done"},
	searchCall:   {kind: "tool_search_call", prefix: "tsc_", member: "arguments", empty: "{}"},
}

// newCall finds out what a call is, from the tools of the request.
func (f *streamFormatter) newCall(e *llm.Event) call {
	c := f.frame.c
	k := call{id: e.CallID, name: c.ToolName(e.CallName)}
	if k.id == "" {
		k.id = c.MadeID(e.Choice, e.Part)
	}
	if e.Custom {
		k.form = customCall
	} else if dialect.CalledFreely(c.Request, k.name) {
		k.form, k.unfold = customCall, true
	}
	if t := toolOf(c.Request, k.name); t != nil {
		if isSearchTool(t) {
			k.form = searchCall
		}
		if t.Group != nil {
			k.name, k.space = ungrouped(t), jsonscan.Get(t.Group, "name")
		}
	}
	return k
}

func (f *streamFormatter) beginCall(p *piece, e *llm.Event) {
	p.call = f.newCall(e)
	f.keepState(p, e.State)
	f.signatures(p) // before the call that they sign
	p.begun, p.id, p.index = true, f.frame.id(forms[p.call.form].prefix, p.part), f.next()
	f.added(p.index, func(w *jsonout.Writer) { p.writeCall(w, "in_progress") })
}

// writeCall writes a call's item with the arguments so far.
func (p *piece) writeCall(w *jsonout.Writer, status string) {
	form := &forms[p.call.form]
	w.Begin('{')
	w.Text("id", p.id)
	w.Text("type", form.kind)
	w.Text("status", status)
	w.Text("call_id", p.call.id)
	if p.call.form == searchCall {
		w.Text("execution", "client")
		w.Member(form.member, dialect.ArgumentsObject(&llm.Call{Arguments: quotedText(p.text), Quoted: true}))
	} else {
		w.Text("name", p.call.name)
		w.MemberIf("namespace", p.call.space)
		quoted(w, form.member, p.text)
	}
	w.End('}')
}

func quotedText(text []byte) llm.Raw {
	return append(append(append(make([]byte, 0, len(text)+2), '"'), text...), '"')
}

func (f *streamFormatter) callDelta(p *piece, delta llm.Raw) {
	if !hasText(delta) {
		return
	}
	from := len(p.text)
	if p.call.unfold {
		p.text = p.unfolder.Feed(p.text, delta)
	} else {
		p.text = append(p.text, inner(delta)...)
	}
	f.writeDelta(p, p.text[from:])
}

// writeDelta writes what is new of a call's arguments.
func (f *streamFormatter) writeDelta(p *piece, text []byte) {
	form := &forms[p.call.form]
	if len(text) == 0 || form.delta == "" || !f.begin(form.delta) {
		return
	}
	f.at(p, "", 0)
	quoted(&f.Writer, "delta", text)
	f.end()
}

// endCall ends a call. One without arguments has an empty object of them.
func (f *streamFormatter) endCall(p *piece) {
	form := &forms[p.call.form]
	from := len(p.text)
	if p.call.unfold {
		p.text = p.unfolder.End(p.text)
	}
	if len(p.text) == 0 {
		p.text = append(p.text, form.empty...)
	}
	f.writeDelta(p, p.text[from:])
	if form.done != "" && f.begin(form.done) {
		f.at(p, "", 0)
		if p.call.form == functionCall {
			f.Text("name", p.call.name)
		}
		quoted(&f.Writer, form.member, p.text)
		f.end()
	}
	f.settle("completed") // one that ended before: its arguments were not cut
	f.ended = p
}

// settle writes that the call which has ended last is done. That waits for the next event,
// since only what ends the answer tells whether the call was cut off.
func (f *streamFormatter) settle(status string) {
	p := f.ended
	if p == nil {
		return
	}
	f.ended = nil
	f.done(p.index, func(w *jsonout.Writer) { p.writeCall(w, status) })
	f.signatures(p) // that came late
	f.close(p)
}
