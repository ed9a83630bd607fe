package openaichat

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// calls writes the tool calls of an assistant's turn.
func (w *writer) calls(parts []llm.Part) {
	if w.own && w.legacyCall(parts) {
		return
	}
	w.Array("tool_calls")
	first := true
	for i := range parts {
		if parts[i].Kind == llm.ToolCall {
			w.call(&parts[i], first)
			first = false
		}
	}
	w.End(']')
}

func (w *writer) call(p *llm.Part, first bool) {
	c := p.Call
	w.Begin('{')
	w.Text("id", w.callID(c))
	if c.Custom && (w.own || w.customTools()) {
		w.Text("type", "custom")
		w.Object("custom")
		w.Text("name", w.toolName(c.Name))
		w.Member("input", dialect.CustomInput(c))
	} else {
		w.Text("type", "function")
		w.Object("function")
		w.Text("name", w.toolName(c.Name))
		w.Member("arguments", dialect.ArgumentsText(c))
		w.ownIn(p.Own, "function.")
	}
	w.End('}')
	w.signature(p, first)
	if p.Cache != "" {
		w.callMark(p)
	}
	w.ownFlat(p.Own, "extra_content.", "function.")
	w.End('}')
}

// callMark: a call has no place for a cache mark but in what some callers write.
func (w *writer) callMark(p *llm.Part) {
	if w.own {
		w.cacheControl(p.Cache)
	} else {
		w.lose(llm.FCache)
	}
}

// noSignature is what Google takes in place of a signature that is not to be had
// (https://ai.google.dev/gemini-api/docs/thought-signatures).
const noSignature = "skip_thought_signature_validator"

// signature writes the signature of the thought that led to a call. Google's newer
// models refuse the first call of a turn without one.
func (w *writer) signature(p *llm.Part, first bool) {
	if o := w.to.State(p, name, kindThought); o != nil {
		w.extra(o.Value, p.Own)
		return
	}
	if len(p.State) > 0 {
		w.lose(llm.FThinkingState)
	}
	if first && !w.vendor && !w.own && signs(w.to.Model) {
		w.extra(noSignature, nil)
		return
	}
	if w.has(p.Own, "extra_content.") {
		w.extra("", p.Own)
	}
}

// signs reports whether a model of Google's, at Google, insists on signatures.
func signs(model string) bool {
	return strings.HasPrefix(strings.TrimPrefix(model, "models/"), "gemini-3")
}

// legacyCall writes function_call where the caller did.
func (w *writer) legacyCall(parts []llm.Part) bool {
	for i := range parts {
		if parts[i].Kind != llm.ToolCall {
			continue
		}
		c := parts[i].Call
		if !strings.HasPrefix(c.ID, legacyID) {
			return false
		}
		w.Object("function_call")
		w.Text("name", c.Name)
		w.Member("arguments", dialect.ArgumentsText(c))
		w.End('}')
		return true
	}
	return false
}

// echo sends an assistant's reasoning back, in the member that the target has for it.
// Vendors that check it need it as they gave it.
func (w *writer) echo(parts []llm.Part, calls bool) {
	switch member := w.to.Traits.EchoReasoning; member {
	case "", "content":
		w.loseThoughts(parts, member == "content")
	case "reasoning_details":
		w.echoDetails(parts)
	default:
		w.echoText(member, parts, calls)
	}
}

// loseThoughts notes what is left out; texts says that they are written elsewhere.
func (w *writer) loseThoughts(parts []llm.Part, texts bool) {
	for i := range parts {
		p := &parts[i]
		if p.Kind != llm.Thinking {
			continue
		}
		if len(p.Text) > 0 && !texts {
			w.lose(llm.FThinking)
		}
		if len(p.State) > 0 {
			w.lose(llm.FThinkingState)
		}
	}
}

func (w *writer) echoDetails(parts []llm.Part) {
	if !w.detailed(parts) {
		w.echoText("reasoning", parts, false)
		return
	}
	w.Array("reasoning_details")
	for i := range parts {
		p := &parts[i]
		if p.Kind != llm.Thinking {
			continue
		}
		if o := w.to.State(p, name, kindDetails); o != nil {
			appendEntry(&w.Writer, o.Value, p.Text)
			continue
		}
		w.lose(llm.FThinkingState)
	}
	w.End(']')
}

func (w *writer) detailed(parts []llm.Part) bool {
	for i := range parts {
		if parts[i].Kind == llm.Thinking && w.to.State(&parts[i], name, kindDetails) != nil {
			return true
		}
	}
	return false
}

// echoText writes reasoning as one text. Turns that call tools must have the member
// even where the text is not known (https://api-docs.deepseek.com/guides/thinking_mode).
func (w *writer) echoText(member string, parts []llm.Part, calls bool) {
	var texts [][]byte
	for i := range parts {
		p := &parts[i]
		if p.Kind != llm.Thinking {
			continue
		}
		if len(p.Text) > 0 {
			texts = append(texts, p.Text)
		}
		if len(p.State) > 0 { // text says nothing of it
			w.lose(llm.FThinkingState)
		}
	}
	switch {
	case len(texts) > 0:
		w.Member(member, jsonout.Join("", texts...))
	case calls && !w.own && member == "reasoning_content" && w.r.Thinking.Mode != "off":
		w.Text(member, " ")
	}
}
