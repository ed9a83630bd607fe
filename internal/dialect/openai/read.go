package openai

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// IsDone reports whether an event's data is the word that ends this family's streams.
func IsDone(data []byte) bool {
	return len(data) > 0 && data[0] == '[' && string(bytes.TrimRight(data, " \t")) == "[DONE]"
}

// SetText sets dst to a copy of a JSON string, unless that is empty or dst is set.
func SetText(dst *string, v []byte) {
	if *dst == "" && len(v) > 2 {
		*dst, _ = jsonscan.String(v)
	}
}

// SetTexts is SetText for two strings, which share one copy where they are plain.
func SetTexts(first *string, v []byte, second *string, w []byte) {
	if *first == "" && *second == "" {
		a, plainA := jsonscan.Plain(v)
		b, plainB := jsonscan.Plain(w)
		if plainA && plainB {
			var room [128]byte
			both := string(append(append(room[:0], a...), b...))
			*first, *second = both[:len(a)], both[len(a):]
			return
		}
	}
	SetText(first, v)
	SetText(second, w)
}

// words are what finish reasons, tiers and states mostly are; they need no copies.
var words = [...]string{
	"stop", "length", "tool_calls", "content_filter", "function_call",
	"default", "auto", "standard", "priority", "flex", "scale", "on_demand",
	"completed", "incomplete", "failed",
}

// SetWord is SetText for a string that mostly is one of a few.
func SetWord(dst *string, v []byte) {
	if *dst != "" {
		return
	}
	if text, ok := jsonscan.Plain(v); ok {
		for _, w := range words {
			if string(text) == w {
				*dst = w
				return
			}
		}
	}
	SetText(dst, v)
}

// Failed reads an answer or an event that is an error though its status was good, and
// reports whether it is one.
func Failed(r *dialect.Report, obj []byte) bool {
	return IsError(jsonscan.Get(obj, "error")) && ParseFailure(r, obj)
}

// IsError reports whether the value of an error member is an error: null and empty
// ones stand in many good answers.
func IsError(v []byte) bool {
	return len(v) > 2 && (v[0] == '{' || v[0] == '"')
}

// ParseFailure sets r.Fault to the error that body describes; it reports true.
func ParseFailure(r *dialect.Report, body []byte) bool {
	r.Fault = dialect.ParseVendorError(200, nil, body)
	return true
}
