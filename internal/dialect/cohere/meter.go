package cohere

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// meter reads one answer. Its memory is a few numbers and short strings.
type meter struct {
	report  dialect.Report
	spent   spent
	counted bool // usage of a conversation was seen
	content bool // some content has passed
}

// Event reads one event of https://docs.cohere.com/docs/streaming. Once some content
// has passed, a delta is called content without a look inside.
func (m *meter) Event(name, data []byte) dialect.Sign {
	switch string(eventType(name, data)) {
	case "content-delta":
		return m.contentIf(m.content || hasText(jsonscan.Get(data, "delta", "message", "content")))
	case "content-start":
		c := jsonscan.Get(data, "delta", "message", "content")
		return m.contentIf(len(c) > 0 && hasText(c))
	case "tool-plan-delta":
		return m.contentIf(m.content || string(jsonscan.Get(data, "delta", "message", "tool_plan")) != `""`)
	case "tool-call-start", "tool-call-delta", "citation-start":
		return m.contentIf(true)
	case "message-start":
		setText(&m.report.ID, jsonscan.Get(data, "id"))
	case "message-end":
		return m.end(data)
	case "error":
		m.report.Fault = parseError(200, nil, data)
		return dialect.Failed
	}
	return 0
}

// eventType trusts the event's name, and falls back on the data's own type where a
// server sends no names.
func eventType(name, data []byte) []byte {
	switch string(name) {
	case "content-delta", "content-start", "content-end", "tool-plan-delta", "tool-call-start", "tool-call-delta", "tool-call-end",
		"citation-start", "citation-end", "message-start", "message-end", "debug", "error":
		return name
	}
	return plain(jsonscan.Get(data, "type"))
}

// plain is what stands between a string's quotes; enough to compare with known words.
func plain(raw []byte) []byte {
	if len(raw) < 2 || raw[0] != '"' {
		return nil
	}
	return raw[1 : len(raw)-1]
}

// hasText reports whether a piece of content holds text, or is too large to be seen.
func hasText(content []byte) bool {
	text, thinking := jsonscan.Get(content, "text"), jsonscan.Get(content, "thinking")
	return text == nil && thinking == nil || len(plain(text)) > 0 || len(plain(thinking)) > 0
}

func (m *meter) contentIf(yes bool) dialect.Sign {
	if !yes {
		return 0
	}
	m.content = true
	return dialect.Content
}

// end reads the last event. One that tells of a failure is an error
// (https://docs.cohere.com/reference/chat-stream).
func (m *meter) end(data []byte) dialect.Sign {
	setText(&m.report.ID, jsonscan.Get(data, "id"))
	delta := jsonscan.Get(data, "delta")
	m.members(delta)
	if f := streamFault(delta); f != nil {
		m.report.Fault = f
		return dialect.Failed
	}
	m.report.Ended = true
	return dialect.Ended
}

// members reads what whole answers and last events have in common.
func (m *meter) members(obj []byte) {
	_ = jsonscan.Members(obj, func(key, v []byte) bool {
		switch string(key) {
		case "id":
			setText(&m.report.ID, v)
		case "finish_reason":
			setText(&m.report.FinishReason, v)
		case "usage":
			m.counted = true
			m.spent.read(v)
		case "meta":
			readMeta(&m.report.Usage, v)
		}
		return true
	})
}

func setText(field *string, raw []byte) {
	if s, ok := jsonscan.String(raw); ok && s != "" {
		*field = s
	}
}

// Answer reads a whole answer, or an error that came with a successful status.
func (m *meter) Answer(_ string, body []byte) {
	if isError(body) {
		m.report.Fault = parseError(200, nil, body)
		return
	}
	m.members(body)
}

// isError reports whether an answer is an error: its message is a text, not a turn.
func isError(body []byte) bool {
	message := jsonscan.Get(body, "message")
	return len(message) > 0 && message[0] == '"'
}

// Report gives what is known so far; it stays the meter's and changes with it.
func (m *meter) Report() *dialect.Report {
	if m.counted {
		m.report.Usage = m.spent.billed()
	}
	return &m.report
}
