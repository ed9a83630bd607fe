package anthropic

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// meter reads one answer. Its memory is a few numbers and short strings.
type meter struct {
	report  dialect.Report
	tally   tally
	content bool // some content has passed
}

// Event reads one event of https://platform.claude.com/docs/en/build-with-claude/streaming.
// Once some content has passed, a delta is called content without a look inside.
func (m *meter) Event(name, data []byte) dialect.Sign {
	sign := m.event(name, data)
	if sign.Has(dialect.Content) {
		m.content = true
	}
	if sign.Has(dialect.Ended) {
		m.tally.end()
		m.report.Ended = true
	}
	return sign
}

func (m *meter) event(name, data []byte) dialect.Sign {
	switch string(eventType(name, data)) {
	case "content_block_delta":
		if m.content || deltaHasContent(jsonscan.Get(data, "delta")) {
			return dialect.Content
		}
	case "content_block_start":
		if blockHasContent(jsonscan.Get(data, "content_block")) {
			return dialect.Content
		}
	case "message_start":
		m.message(jsonscan.Get(data, "message"), true)
	case "message_delta":
		m.message(jsonscan.Get(data, "delta"), false)
		m.tally.read(jsonscan.Get(data, "usage"), false)
	case "message_stop":
		return dialect.Ended
	case "error":
		return m.fail(data)
	case "completion":
		return m.completion(data)
	case "message": // a whole message in one event: some resellers' short streams
		m.message(data, false)
		return dialect.Content | dialect.Ended
	}
	return 0
}

// eventType trusts the event's name, and falls back on the data's own type where a
// server sends no names, or names that are none of the dialect's.
func eventType(name, data []byte) []byte {
	switch string(name) {
	case "content_block_delta", "content_block_start", "content_block_stop", "ping",
		"message_start", "message_delta", "message_stop", "error", "completion":
		return name
	}
	return text(jsonscan.Get(data, "type"))
}

// text is what stands between a string's quotes; enough to compare with known words.
func text(raw []byte) []byte {
	if len(raw) < 2 || raw[0] != '"' {
		return nil
	}
	return raw[1 : len(raw)-1]
}

// deltaHasContent: anything but an empty piece of a known kind. A signature counts,
// since a model whose thinking is not shown sends nothing else of it.
func deltaHasContent(delta []byte) bool {
	member := ""
	switch string(text(jsonscan.Get(delta, "type"))) {
	case "text_delta":
		member = "text"
	case "input_json_delta":
		member = "partial_json"
	case "thinking_delta":
		member = "thinking"
	case "signature_delta":
		member = "signature"
	case "":
		return false
	default:
		return true
	}
	return string(jsonscan.Get(delta, member)) != `""`
}

// blockHasContent: text and thinking begin empty and come by deltas; a tool call, a
// server tool's result or redacted thinking is content as soon as it begins.
func blockHasContent(block []byte) bool {
	member := ""
	switch string(text(jsonscan.Get(block, "type"))) {
	case "text":
		member = "text"
	case "thinking":
		member = "thinking"
	case "compaction":
		member = "content"
	case "":
		return false
	default:
		return true
	}
	return len(text(jsonscan.Get(block, member))) > 0
}

// completion reads an event of the legacy text completion, which ends with the event
// that gives a stop reason.
func (m *meter) completion(data []byte) dialect.Sign {
	m.message(data, false)
	var sign dialect.Sign
	if len(text(jsonscan.Get(data, "completion"))) > 0 {
		sign |= dialect.Content
	}
	if m.report.FinishReason != "" {
		sign |= dialect.Ended
	}
	return sign
}

// message reads a message, or the part of one that a message_delta carries.
func (m *meter) message(msg []byte, start bool) {
	_ = jsonscan.Members(msg, func(key, value []byte) bool {
		switch string(key) {
		case "id":
			set(&m.report.ID, value)
		case "model":
			set(&m.report.Model, value)
		case "stop_reason":
			set(&m.report.FinishReason, value)
		case "usage":
			m.tally.read(value, start)
		}
		return true
	})
}

func set(field *string, raw []byte) {
	if s, ok := jsonscan.String(raw); ok && s != "" {
		*field = s
	}
}

func (m *meter) fail(data []byte) dialect.Sign {
	m.report.Fault = parseError(statusOf(jsonscan.Get(data, "error", "type")), nil, data)
	return dialect.Failed
}

// Answer reads a message, or an error that came with a successful status.
func (m *meter) Answer(_ string, body []byte) {
	if string(text(jsonscan.Get(body, "type"))) == "error" {
		m.fail(body)
		return
	}
	m.message(body, false)
}

// Report gives what is known so far; it stays the meter's and changes with it.
func (m *meter) Report() *dialect.Report {
	m.report.Usage = m.tally.usage()
	m.report.ServiceTier = m.tally.tier
	return &m.report
}
