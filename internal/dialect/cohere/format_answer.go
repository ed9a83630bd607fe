package cohere

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// formatAnswer writes an answer: the first alternative, since there is no place for
// others. A refusal is text.
func formatAnswer(dst []byte, a *llm.Answer, c *dialect.Call) []byte {
	w := &jsonout.Writer{B: append(dst, '{')}
	var choice llm.Choice
	if len(a.Choices) > 0 {
		choice = a.Choices[0]
	}
	w.Text("id", answerID(a.ID, c))
	w.Object("message")
	w.Text("role", "assistant")
	answerPlan(w, choice.Parts)
	answerContent(w, choice.Parts)
	answerCalls(w, choice.Parts, c)
	answerCitations(w, choice.Parts)
	w.End('}')
	w.Text("finish_reason", answerFinish(a, &choice))
	appendUsage(w, &a.Usage)
	if len(choice.Logprobs) > 2 {
		w.Array("logprobs")
		appendLogprobs(w, choice.Logprobs)
		w.End(']')
	}
	w.End('}')
	return w.B
}

// answerID is the vendor's own, else the gateway's: a UUID, as the dialect's are.
func answerID(id string, c *dialect.Call) string {
	if id == "" {
		return c.ID
	}
	return id
}

func answerFinish(a *llm.Answer, choice *llm.Choice) string {
	if a.Blocked != "" && len(choice.Parts) == 0 {
		return finishError
	}
	return finishWord(choice.Finish.OrRefusal(choice.Refused()), choice.Vendor, dialect.MetStop(choice.Vendor, choice.StopText))
}

// wasPlan reports whether reasoning was this dialect's plan for tools: only there a
// Thinking has a Raw, the same text.
func wasPlan(p *llm.Part) bool {
	return p.Kind == llm.Thinking && len(p.Text) > 2 && string(p.Raw) == string(p.Text)
}

func answerPlan(w *jsonout.Writer, parts []llm.Part) {
	for i := range parts {
		if wasPlan(&parts[i]) {
			w.Member("tool_plan", parts[i].Text)
			return
		}
	}
}

// shows reports under which name a part stands in the content; "" = it does not.
func shows(p *llm.Part) string {
	switch {
	case len(p.Text) <= 2:
	case p.Kind == llm.Text, p.Kind == llm.Refusal:
		return "text"
	case p.Kind == llm.Thinking && !wasPlan(p):
		return "thinking"
	}
	return ""
}

func answerContent(w *jsonout.Writer, parts []llm.Part) {
	some, calls := false, false
	for i := range parts {
		some = some || shows(&parts[i]) != ""
		calls = calls || parts[i].Kind == llm.ToolCall
	}
	if !some && calls { // as the vendor leaves it out
		return
	}
	w.Array("content")
	for i := range parts {
		if kind := shows(&parts[i]); kind != "" {
			w.Begin('{')
			w.Text("type", kind)
			w.Member(kind, parts[i].Text)
			w.End('}')
		}
	}
	w.End(']')
}

func answerCalls(w *jsonout.Writer, parts []llm.Part, c *dialect.Call) {
	n := 0
	for i := range parts {
		call := parts[i].Call
		if parts[i].Kind != llm.ToolCall || call == nil {
			continue
		}
		if n++; n == 1 {
			w.Array("tool_calls")
		}
		id := call.ID
		if id == "" {
			id = c.MadeID(0, n-1)
		}
		w.Begin('{')
		w.Text("id", id)
		w.Text("type", "function")
		w.Object("function")
		w.Text("name", call.Name)
		w.Member("arguments", dialect.ArgumentsText(call))
		w.End('}')
		w.End('}')
	}
	if n > 0 {
		w.End(']')
	}
}

// answerCitations writes all citations in one list, each with the piece that it is of.
func answerCitations(w *jsonout.Writer, parts []llm.Part) {
	n, index := 0, -1
	for i := range parts {
		if shows(&parts[i]) != "" {
			index++
		}
		for k := range parts[i].Cites {
			if n++; n == 1 {
				w.Array("citations")
			}
			appendCitation(w, &parts[i].Cites[k], index)
		}
	}
	if n > 0 {
		w.End(']')
	}
}
