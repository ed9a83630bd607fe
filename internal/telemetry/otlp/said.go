package otlp

import (
	"encoding/json"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// said reads what was said in the bodies of a conversation. What is cut, or in no dialect
// that can be read, says nothing, and Cut tells so.
func said(d *dialect.Dialect, prompt, answer *gateway.Body) (s Said) {
	if d == nil || d.Codec == nil {
		return Said{Cut: true}
	}
	if prompt != nil && len(prompt.Bytes) > 0 {
		r, err := d.Codec.ParseRequest(prompt.Bytes)
		if s.Cut = err != nil || prompt.Truncated; !s.Cut {
			s.asked(r)
		}
	}
	if answer != nil && len(answer.Bytes) > 0 {
		a := answered(d, answer)
		if a == nil {
			s.Cut = true
			return s
		}
		for i := range a.Choices {
			c := &a.Choices[i]
			s.Output = append(s.Output, Message{Role: "assistant", Parts: parts(c.Parts), FinishReason: finish(c.Finish)})
		}
	}
	return s
}

func (s *Said) asked(r *llm.Request) {
	for i := range r.Messages {
		m := &r.Messages[i]
		if m.Role == llm.System || m.Role == llm.Developer {
			s.System = append(s.System, parts(m.Parts)...)
			continue
		}
		s.Input = append(s.Input, Message{Role: string(m.Role), Parts: parts(m.Parts)})
	}
}

// answered reads an answer, of a stream as far as it came; nil when it is in no form that
// is known.
func answered(d *dialect.Dialect, b *gateway.Body) *llm.Answer {
	call := &dialect.Call{Request: &llm.Request{}}
	framer := framerOf(d, b)
	if framer == nil {
		if a, err := d.Codec.ParseAnswer(b.Bytes, call); err == nil && !b.Truncated {
			return a
		}
		return nil
	}
	parser, whole := d.Codec.NewStreamParser(call), llm.Gatherer{}
	var events []llm.Event
	add := func() {
		for i := range events {
			whole.Add(&events[i])
		}
		events = events[:0]
	}
	take := func(e *dialect.Event) {
		if !e.Comment && !e.Partial {
			events = parser.Parse(events, e.Name, e.Data)
			add()
		}
	}
	framer.Feed(b.Bytes, take)
	framer.Close(take)
	a, _, _ := whole.Answer() // a part says what it says
	return a
}

// framerOf gives what cuts a stream into events; nil when the body is no stream.
func framerOf(d *dialect.Dialect, b *gateway.Body) dialect.Framer {
	kind, _, _ := strings.Cut(b.ContentType, ";")
	switch strings.TrimSpace(kind) {
	case "text/event-stream":
		return dialect.NewSSE(d.Digest)
	case "application/vnd.amazon.eventstream":
		return dialect.NewEventStream(d.Digest)
	case dialect.JSONLinesType:
		return dialect.NewJSONLines(d.Digest)
	}
	if len(b.Bytes) > 0 && b.Bytes[0] == '[' {
		return dialect.NewJSONArray(d.Digest)
	}
	return nil
}

// finish is the conventions' word.
func finish(f llm.Finish) string {
	switch f {
	case llm.FinishTools:
		return "tool_call"
	case llm.FinishContext:
		return "length"
	case llm.FinishRefusal:
		return "content_filter"
	case "":
		return "error" // it never came
	}
	return string(f)
}

// parts are the pieces of a turn. Of media there is the kind alone.
func parts(all []llm.Part) (out []Part) {
	out = []Part{}
	for i := range all {
		p := &all[i]
		switch p.Kind {
		case llm.Text, llm.Refusal:
			out = append(out, Part{Type: "text", Content: plain(p.Text)})
		case llm.Thinking:
			if p.Text != nil {
				out = append(out, Part{Type: "reasoning", Content: plain(p.Text)})
			}
		case llm.ToolCall:
			out = append(out, Part{Type: "tool_call", ID: p.Call.ID, Name: p.Call.Name, Arguments: value(p.Call.Arguments)})
		case llm.ToolResult:
			out = append(out, Part{Type: "tool_call_response", ID: p.Result.ID, Response: response(p.Result)})
		case llm.Image, llm.Audio, llm.Video, llm.File:
			out = append(out, Part{Type: "blob", Modality: modality(p.Kind), MimeType: p.Media.Type})
		}
	}
	return out
}

func modality(k llm.PartKind) string {
	switch k {
	case llm.Image:
		return "image"
	case llm.Audio:
		return "audio"
	case llm.Video:
		return "video"
	}
	return "document"
}

func response(r *llm.Result) any {
	if r.JSON != nil {
		return value(r.JSON)
	}
	var b strings.Builder
	for i := range r.Parts {
		b.WriteString(plain(r.Parts[i].Text))
	}
	return b.String()
}

// value gives JSON as it is, a text that is none as a text, and nil for nothing.
func value(raw llm.Raw) any {
	if len(raw) == 0 {
		return nil
	}
	if raw[0] == '"' {
		text := plain(raw)
		if json.Valid([]byte(text)) && strings.HasPrefix(text, "{") {
			return rawJSON(text)
		}
		return text
	}
	if !json.Valid(raw) {
		return nil
	}
	return rawJSON(raw)
}

// rawJSON is a json.RawMessage that tells its length.
type rawJSON []byte

// MarshalJSON implements json.Marshaler.
func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }

// Len is its length in bytes.
func (r rawJSON) Len() int { return len(r) }

// plain decodes a JSON string; "" when it is none.
func plain(raw llm.Raw) string {
	s, _ := jsonscan.String(raw)
	return s
}
