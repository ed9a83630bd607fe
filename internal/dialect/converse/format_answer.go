package converse

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// FormatAnswer implements dialect.Codec. Of several choices the first counts: the
// dialect has one.
func (codec) FormatAnswer(dst []byte, a *llm.Answer, c *dialect.Call) []byte {
	w := jsonout.Writer{B: append(dst, '{')}
	var choice llm.Choice
	if len(a.Choices) > 0 {
		choice = a.Choices[0]
	} else if a.Blocked != "" {
		choice.Finish = llm.FinishFilter
	}
	w.Object("output")
	w.Object("message")
	w.Text("role", "assistant")
	w.Array("content")
	for i := range choice.Parts {
		writeAnswered(&w, &choice.Parts[i], c, i)
	}
	w.End(']')
	w.End('}')
	w.End('}')
	w.Text("stopReason", stopReason(choice.Finish.OrRefusal(choice.Refused()), choice.Vendor, choice.StopText))
	writeUsage(&w, &a.Usage)
	writeMetrics(&w, c)
	if choice.StopText != nil {
		writeStopText(&w, choice.StopText)
	}
	writeTier(&w, a.Tier)
	w.End('}')
	return w.B
}

// writeAnswered writes the blocks of one part, the nth of the answer.
func writeAnswered(w *jsonout.Writer, p *llm.Part, c *dialect.Call, n int) {
	switch p.Kind {
	case llm.Text, llm.Refusal:
		switch {
		case len(p.Cites) > 0:
			writeCited(w, p)
		case len(p.Text) > len(`""`):
			w.Begin('{')
			w.Member("text", p.Text)
			w.End('}')
		}
		writeThoughts(w, p.State, textBefore)
	case llm.Thinking:
		writeThinking(w, p)
	case llm.ToolCall:
		id := callID(p.Call.ID, c, n)
		writeThoughts(w, p.State, id)
		writeToolUse(w, id, p.Call.Name, dialect.ArgumentsObject(p.Call), nil)
	case llm.Image:
		if format := imageFormat(p.Media); format != "" && len(p.Media.Data) > 0 {
			w.Begin('{')
			w.Object("image")
			w.Text("format", format)
			writeBytes(w, p.Media.Data)
			w.End('}')
			w.End('}')
		}
	}
}

// callID gives the id of a call, made where the vendor gave none.
func callID(id string, c *dialect.Call, n int) string {
	if id == "" {
		return c.MadeID(0, n)
	}
	return idRule.ID(id)
}

// writeBytes writes a source of media.
func writeBytes(w *jsonout.Writer, data []byte) {
	w.Object("source")
	w.Key("bytes")
	w.B = append(append(append(w.B, '"'), data...), '"')
	w.End('}')
}

// writeThinking writes reasoning: its text with the first blob as signature, further
// blobs as redacted pieces.
func writeThinking(w *jsonout.Writer, p *llm.Part) {
	state := p.State
	if len(p.Text) > 0 || len(state) > 0 && isSignature(&state[0]) {
		signature := ""
		if len(state) > 0 {
			signature, state = envelope(&state[0]), state[1:]
		}
		writeReasoning(w, p.Text, signature)
	}
	for i := range state {
		writeRedacted(w, envelope(&state[i]))
	}
}

// isSignature: a signature of the dialect's own model comes with text, even if that is
// empty.
func isSignature(o *llm.Opaque) bool { return o.Dialect == own && o.Kind == kindSignature }

// writeThoughts writes state of a call or a text as redacted pieces that name it.
func writeThoughts(w *jsonout.Writer, state []llm.Opaque, id string) {
	for i := range state {
		writeRedacted(w, thoughtEnvelope(state[i], id))
	}
}

// writeMetrics says how long it took.
func writeMetrics(w *jsonout.Writer, c *dialect.Call) {
	w.Object("metrics")
	var ms int64
	if !c.Time.IsZero() {
		ms = time.Since(c.Time).Milliseconds()
	}
	w.Number("latencyMs", max(ms, 0))
	w.End('}')
}

// writeStopText tells the stop sequence that was met where callers look for it that ask
// for the path /stop_sequence.
func writeStopText(w *jsonout.Writer, text llm.Raw) {
	w.Object("additionalModelResponseFields")
	w.Member("stop_sequence", text)
	w.End('}')
}

func writeTier(w *jsonout.Writer, tier string) {
	if tier != "" {
		w.Object("serviceTier")
		w.Text("type", tier)
		w.End('}')
	}
}
