package ollama

import (
	"bytes"
	"net/http"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// meter reads one answer, whole or in lines: the last line has what a whole answer has.
type meter struct{ report dialect.Report }

// Event reads one line of a stream. https://docs.ollama.com/api/streaming
func (m *meter) Event(_, line []byte) (sign dialect.Sign) {
	_ = jsonscan.Members(line, func(key, value []byte) bool {
		switch string(key) {
		case "message":
			if said(value) {
				sign |= dialect.Content
			}
		case "response", "thinking":
			if len(value) > len(`""`) {
				sign |= dialect.Content
			}
		case "error":
			m.fail(line)
			sign |= dialect.Failed
		case "done":
			if on, _ := jsonscan.Bool(value); on {
				m.report.Ended = true
				sign |= dialect.Ended
			}
		default:
			m.member(key, value)
		}
		return true
	})
	return sign
}

// said reports whether a message holds anything: text, thoughts, calls of tools.
func said(message []byte) (any bool) {
	_ = jsonscan.Members(message, func(key, value []byte) bool {
		switch string(key) {
		case "content", "thinking", "tool_calls", "images":
			any = len(value) > len(`""`) && !jsonscan.IsNull(value)
		}
		return !any
	})
	return any
}

// member takes what tells of the whole answer.
// https://docs.ollama.com/api/usage
func (m *meter) member(key, value []byte) {
	u := &m.report.Usage
	switch string(key) {
	case "model":
		set(&m.report.Model, value)
	case "done_reason":
		set(&m.report.FinishReason, value)
	case "prompt_eval_count":
		count(&u.InputTokens, value)
	case "eval_count":
		count(&u.OutputTokens, value)
	}
}

func set(field *string, raw []byte) {
	if s, ok := jsonscan.String(raw); ok && s != "" {
		*field = s
	}
}

// count takes what is a plausible number of tokens.
func count(c *llm.Count, raw []byte) {
	if n, ok := jsonscan.Int(raw); ok && n >= 0 && n < 1<<53 {
		*c = llm.Known(n)
	}
}

func (m *meter) fail(body []byte) {
	m.report.Fault = dialect.ParseVendorError(http.StatusOK, http.Header{}, body)
}

// Answer reads a whole answer, or an error that came with a successful status. The hosted
// server calls its streams application/json, too, so that there may be lines.
func (m *meter) Answer(_ string, body []byte) {
	if hasLines(body) {
		for line := range bytes.Lines(body) {
			m.Event(nil, line)
		}
		return
	}
	if jsonscan.Get(body, "error") != nil {
		m.fail(body)
		return
	}
	_ = jsonscan.Members(body, func(key, value []byte) bool { m.member(key, value); return true })
}

// hasLines tells JSON lines from a text that is spread over several.
func hasLines(body []byte) bool {
	first, rest, _ := bytes.Cut(body, []byte("\n"))
	return bytes.HasSuffix(bytes.TrimSpace(first), []byte("}")) && len(bytes.TrimSpace(rest)) > 0
}

// Report gives what is known so far; it stays the meter's and changes with it.
func (m *meter) Report() *dialect.Report { return &m.report }
