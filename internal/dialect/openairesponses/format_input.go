package openairesponses

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// callIDs and toolNames are what the vendor takes
// (https://platform.openai.com/docs/api-reference/responses/create#responses-create-input).
var (
	callIDs   = dialect.Rule{Extra: "_-.:", Max: 64}
	toolNames = dialect.Rule{Extra: "_-", Max: 64}
)

// input writes the conversation.
func (w *requestWriter) input() {
	messages := w.r.Messages
	if len(messages) > 0 && marked(&messages[0], instructionsMark) && w.home {
		w.Member("instructions", messages[0].Parts[0].Text)
		messages = messages[1:]
	}
	if w.home && len(messages) == 0 {
		return // the conversation is stored at the vendor, or a prompt is
	}
	if len(messages) == 1 && marked(&messages[0], inputMark) && w.home {
		w.Member("input", messages[0].Parts[0].Text)
		return
	}
	w.Array("input")
	for i := range messages {
		w.message(&messages[i])
	}
	w.End(']')
}

// marked reports whether a turn is one that was no item.
func marked(m *llm.Message, mark llm.Raw) bool {
	return len(m.Parts) == 1 && string(m.Parts[0].Raw) == string(mark)
}

// message writes a turn as the items that it is.
func (w *requestWriter) message(m *llm.Message) {
	parts := m.Parts
	for n := 1; len(parts) > 0; parts, n = parts[n:], 1 {
		p := &parts[0]
		switch p.Kind {
		case llm.Thinking:
			w.reasoningItem(p)
		case llm.ToolCall:
			w.call(p)
		case llm.ToolResult:
			w.result(p)
		case llm.Vendor:
			w.vendorItem(p)
		default:
			n = w.run(parts)
			w.messageItem(m.Role, parts[:n])
		}
	}
}

// run counts the parts at the start that make one message item.
func (w *requestWriter) run(parts []llm.Part) int {
	for i := range parts {
		switch p := &parts[i]; p.Kind {
		case llm.Thinking, llm.ToolCall, llm.ToolResult:
			return i
		case llm.Vendor:
			if isObject(p.Raw) && (!w.home || isItem(p.Raw)) {
				return i
			}
		default:
			if i > 0 && w.home && p.Raw != nil {
				return i // the first part of another item
			}
		}
	}
	return len(parts)
}

// isItem tells an item that only this dialect has from a part of a message's content
// of that sort.
func isItem(raw llm.Raw) bool {
	var it item
	return it.read(raw) == nil && !slices.Contains(contentKinds[:], string(it.kind))
}

// contentKinds are parts of contents for which there is no neutral word.
var contentKinds = [...]string{"input_video", "computer_screenshot", "encrypted_content"}

// vendorItem writes an item of the caller's that only this dialect has.
func (w *requestWriter) vendorItem(p *llm.Part) {
	if w.home && isItem(p.Raw) {
		w.Raw(p.Raw)
	}
}

// messageItem writes a message. A part that this dialect cannot say in a turn of that
// role is left out.
func (w *requestWriter) messageItem(role llm.Role, parts []llm.Part) {
	parts = w.sayable(role, parts)
	if len(parts) == 0 {
		return
	}
	w.Begin('{')
	w.Text("type", "message")
	whole := parts[0].Raw
	if w.home && isObject(whole) && parts[0].Kind != llm.Vendor {
		w.others(whole, "type", "content")
	} else {
		w.Text("role", w.role(role))
		whole = nil
	}
	if plain := w.plainText(role, parts, whole); plain != nil {
		w.Member("content", plain)
	} else {
		w.Array("content")
		for i := range parts {
			w.part(role, &parts[i])
		}
		w.End(']')
	}
	w.End('}')
}

func (w *requestWriter) role(role llm.Role) string {
	if role == llm.Developer && w.to.Traits.NoDeveloper {
		return string(llm.System)
	}
	if role == llm.ToolRole {
		return string(llm.User)
	}
	return string(role)
}

// sayable gives the parts that the vendor takes in a turn of a role.
func (w *requestWriter) sayable(role llm.Role, parts []llm.Part) []llm.Part {
	if w.home {
		return parts
	}
	keep := func(p *llm.Part) bool { return w.takes(role, p) }
	for i := range parts {
		if !keep(&parts[i]) {
			kept := make([]llm.Part, 0, len(parts))
			for n := range parts {
				if keep(&parts[n]) {
					kept = append(kept, parts[n])
				}
			}
			return kept
		}
	}
	return parts
}

// takes reports whether the vendor takes a part in a turn of a role, and notes what is
// lost when it does not.
func (w *requestWriter) takes(role llm.Role, p *llm.Part) bool {
	switch p.Kind {
	case llm.Text, llm.Refusal:
		return len(p.Text) > 2 || p.Kind == llm.Text && p.Text != nil && role != llm.Assistant
	case llm.Image, llm.File, llm.Audio:
		if role == llm.Assistant || role == llm.System || role == llm.Developer {
			w.loseMedia(p)
			return false
		}
		if p.Media.FileID != nil && !w.knowsFiles() {
			w.cannot("a file that another provider keeps. Send its bytes")
			return false
		}
		return p.Kind != llm.Audio || p.Media.Data != nil
	case llm.Video:
		w.cannot("video. Leave it out")
	}
	return false // pieces of other vendors: not in Carries
}

// cannot refuses the call for what the vendor takes in no form.
func (w *requestWriter) cannot(what string) {
	if w.err == nil {
		w.err = fault.Newf(fault.UnsupportedParameter, "The model '%s' cannot be given %s, or use a model of another provider.", w.to.Model, what).Field("input")
	}
}

// knowsFiles reports whether file ids of the caller's dialect are this vendor's.
func (w *requestWriter) knowsFiles() bool {
	return w.r.Dialect == own || w.r.Dialect == string(dialect.Chat)
}

func (w *requestWriter) loseMedia(p *llm.Part) {
	switch m := p.Media; {
	case p.Kind == llm.Audio:
		w.lose(llm.FAudioData)
	case p.Kind == llm.Image && m.FileID != nil:
		w.lose(llm.FImageFile)
	case p.Kind == llm.Image:
		w.lose(llm.FImageURL, llm.FImageData)
	case m.FileID != nil:
		w.lose(llm.FFileID)
	default:
		w.lose(llm.FFileURL, llm.FFileData, llm.FFileText)
	}
}

// plainText gives a content that can be written as a string: every server of this
// dialect takes that. An assistant's item with an id is one of the vendor's own, whose
// content are parts.
func (w *requestWriter) plainText(role llm.Role, parts []llm.Part, whole llm.Raw) llm.Raw {
	p := &parts[0]
	if len(parts) > 1 || p.Kind != llm.Text || p.Cache != "" || len(p.Own) > 0 || len(p.Cites) > 0 || p.Text == nil {
		return nil
	}
	if whole != nil && isArray(jsonscan.Get(whole, "content")) && (role == llm.Assistant || jsonscan.Get(whole, "id") != nil) {
		return nil
	}
	return p.Text
}

// others writes the members of a caller's item but for some.
func (w *requestWriter) others(whole llm.Raw, but ...string) {
	jsonscan.Members(whole, func(key, v []byte) bool {
		if !isNull(v) && !slices.Contains(but, string(key)) {
			writeRawKey(&w.Writer, key)
			w.Raw(v)
		}
		return true
	})
}

// writeRawKey writes a name as it stood in another text.
func writeRawKey(w *jsonout.Writer, key []byte) {
	w.Raw([]byte{'"'})
	w.B = append(append(w.B, key...), '"', ':')
}

// call writes a tool call. What a signature of another vendor adds to it is not for
// this one.
func (w *requestWriter) call(p *llm.Part) {
	c := p.Call
	w.loseState(p)
	if p.Cache != "" {
		w.lose(llm.FCache)
	}
	w.Begin('{')
	switch {
	case w.home && p.Raw != nil:
		w.others(p.Raw, "arguments", "input")
	case c.Custom:
		w.Text("type", "custom_tool_call")
		w.Text("call_id", callIDs.ID(c.ID))
		w.Text("name", toolNames.Name(c.Name, &w.names))
	default:
		w.Text("type", "function_call")
		w.Text("call_id", callIDs.ID(c.ID))
		w.Text("name", toolNames.Name(c.Name, &w.names))
	}
	switch {
	case c.Custom:
		if w.custom == nil {
			w.custom = map[string]bool{}
		}
		w.custom[c.ID] = true
		w.Member("input", dialect.CustomInput(c))
	case w.home && !c.Quoted && c.Arguments != nil: // a tool search, whose arguments are an object
		w.Member("arguments", c.Arguments)
	default:
		w.Member("arguments", dialect.ArgumentsText(c))
	}
	w.End('}')
}

// loseState notes that blobs are not sent.
func (w *requestWriter) loseState(p *llm.Part) {
	if len(p.State) > 0 {
		w.lose(llm.FThinkingState)
	}
}

// result writes a tool's answer.
func (w *requestWriter) result(p *llm.Part) {
	r := p.Result
	w.Begin('{')
	switch {
	case w.home && p.Raw != nil:
		w.others(p.Raw, "output")
		if isArray(jsonscan.Get(p.Raw, "tools")) { // what a tool search found
			w.End('}')
			return
		}
	case w.custom[r.ID]:
		w.Text("type", "custom_tool_call_output")
		w.Text("call_id", callIDs.ID(r.ID))
	default:
		w.Text("type", "function_call_output")
		w.Text("call_id", callIDs.ID(r.ID))
	}
	w.resultOutput(r)
	w.End('}')
}

// resultOutput writes a result's content: a string where it is one text, which all
// servers take, else parts (https://platform.openai.com/docs/guides/function-calling).
func (w *requestWriter) resultOutput(r *llm.Result) {
	parts := w.sayable(llm.ToolRole, r.Parts)
	switch {
	case r.JSON != nil && w.home:
		w.Member("output", r.JSON)
	case r.JSON != nil:
		w.Text("output", string(r.JSON))
	case len(parts) == 0:
		w.Text("output", "")
	case len(parts) == 1 && parts[0].Kind == llm.Text && parts[0].Cache == "" && len(parts[0].Own) == 0:
		w.Member("output", parts[0].Text)
	default:
		w.Array("output")
		for i := range parts {
			w.part(llm.ToolRole, &parts[i])
		}
		w.End(']')
	}
}

// reasoningItem writes a piece of reasoning. The caller's own item goes back as it was;
// of others only what the target itself has encrypted may be sent.
func (w *requestWriter) reasoningItem(p *llm.Part) {
	o := w.to.State(p, dialect.Responses, encrypted)
	switch {
	case w.home && p.Raw != nil && (len(p.State) == 0 || o != nil && o.Provider == ""):
		w.Raw(p.Raw)
	case o != nil:
		w.Begin('{')
		w.Text("type", "reasoning")
		w.summaryList(p.Text)
		w.Text("encrypted_content", o.Value)
		w.End('}')
	case w.to.Traits.EchoReasoning != "" && p.Text != nil:
		w.loseState(p)
		w.Begin('{')
		w.Text("type", "reasoning")
		w.summaryList(nil)
		w.Array("content")
		w.Begin('{')
		w.Text("type", "reasoning_text")
		w.Member("text", p.Text)
		w.End('}')
		w.End(']')
		w.End('}')
	default:
		w.lose(llm.FThinking, llm.FThinkingState)
	}
}

func (w *requestWriter) summaryList(text llm.Raw) {
	w.Array("summary")
	if text != nil {
		w.Begin('{')
		w.Text("type", "summary_text")
		w.Member("text", text)
		w.End('}')
	}
	w.End(']')
}
