package otlp

import "unicode/utf8"

// Said is what was said in a call, in the form of the conventions.
// https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/#capturing-instructions-inputs-and-outputs
type Said struct {
	System        []Part
	Input, Output []Message
	Cut           bool // the entry did not keep all of it
}

// Message is one turn.
type Message struct {
	Role         string `json:"role"`
	Parts        []Part `json:"parts"`
	FinishReason string `json:"finish_reason,omitempty"`
}

// Part is one part of a message. Which members count depends on its type: text and
// reasoning have Content, tool_call ID, Name and Arguments, tool_call_response ID and
// Response.
type Part struct {
	Type      string `json:"type"`
	Content   string `json:"content,omitempty"`
	ID        string `json:"id,omitempty"`
	Name      string `json:"name,omitempty"`
	Arguments any    `json:"arguments,omitempty"`
	Response  any    `json:"response,omitempty"`
	Modality  string `json:"modality,omitempty"`
	MimeType  string `json:"mime_type,omitempty"`
}

// frame is about what a message or part takes beside its texts.
const frame = 48

// fitting gives the last messages whose texts fit into most bytes, the first of them cut
// if need be, and reports whether something is missing.
func fitting(all []Message, most int) (out []Message, cut bool) {
	from := len(all)
	for from > 0 && most > frame {
		m := all[from-1]
		var less bool
		m.Parts, less = fittingParts(m.Parts, most-frame)
		for _, p := range m.Parts {
			most -= p.size()
		}
		most -= frame
		if len(m.Parts) == 0 {
			return out, true
		}
		out, from, cut = append([]Message{m}, out...), from-1, cut || less
	}
	return out, cut || from > 0
}

// fittingParts gives the first parts that fit into most bytes.
func fittingParts(all []Part, most int) (out []Part, cut bool) {
	for _, p := range all {
		if p.size() > most {
			room := most - frame
			if room <= 0 || p.Content == "" {
				return out, true
			}
			p.Content = clip(p.Content, room)
			return append(out, p), true
		}
		most -= p.size()
		out = append(out, p)
	}
	return out, false
}

// size is about what the part takes.
func (p *Part) size() int {
	n := frame + len(p.Content) + len(p.ID) + len(p.Name)
	for _, v := range []any{p.Arguments, p.Response} {
		switch v := v.(type) {
		case string:
			n += len(v)
		case interface{ Len() int }:
			n += v.Len()
		}
	}
	return n
}

// clip cuts a text at most bytes, between two characters.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
