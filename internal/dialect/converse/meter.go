package converse

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// meter reads one answer. Its memory is a few numbers and short strings.
type meter struct {
	report  dialect.Report
	content bool // some content has passed
}

// Event reads one event of
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html.
// The stream ends with messageStop; the metadata that follow tell the usage.
func (m *meter) Event(name, data []byte) dialect.Sign {
	switch string(name) {
	case "contentBlockDelta":
		if m.content || deltaHasContent(jsonscan.Get(data, "delta")) {
			m.content = true
			return dialect.Content
		}
	case "contentBlockStart":
		if len(jsonscan.Get(data, "start")) > len("{}") { // a tool call, a tool's result, an image
			m.content = true
			return dialect.Content
		}
	case "messageStop":
		m.members(data)
		m.report.Ended = true
		return dialect.Ended
	case "metadata":
		m.members(data)
	case "messageStart", "contentBlockStop":
	default:
		if isException(name) {
			m.report.Fault = parseException(string(name), data)
			return dialect.Failed
		}
	}
	return 0
}

// isException tells the name of an exception, or of a broken stream, from that of an
// event that is not known yet.
func isException(name []byte) bool {
	return string(name) == dialect.StreamError || bytes.HasSuffix(name, []byte("Exception"))
}

// deltaHasContent: anything but an empty piece of text. A signature counts, since a
// model whose reasoning is not shown sends nothing else of it.
func deltaHasContent(delta []byte) (has bool) {
	_ = jsonscan.Members(delta, func(key, value []byte) bool {
		switch string(key) {
		case "text":
			has = len(value) > len(`""`)
		case "toolUse":
			has = len(jsonscan.Get(value, "input")) > len(`""`)
		case "reasoningContent":
			has = string(value) != `{"text":""}` && len(value) > len("{}")
		default:
			has = true
		}
		return !has
	})
	return has
}

func (m *meter) members(obj []byte) {
	_ = jsonscan.Members(obj, func(key, value []byte) bool {
		switch string(key) {
		case "stopReason":
			set(&m.report.FinishReason, value)
		case "usage":
			m.report.Usage = readUsage(value)
		case "serviceTier":
			set(&m.report.ServiceTier, jsonscan.Get(value, "type"))
		}
		return true
	})
}

func set(field *string, raw []byte) {
	if s, ok := jsonscan.String(raw); ok && s != "" {
		*field = s
	}
}

// Answer reads a whole answer, or an error that came with a successful status.
func (m *meter) Answer(_ string, body []byte) {
	m.members(body)
	if m.report.FinishReason == "" && isError(body) {
		m.report.Fault = parseError(200, nil, body)
	}
}

// isError reports whether a body that has no stop reason is an error.
func isError(body []byte) bool {
	return jsonscan.Get(body, "__type") != nil || jsonscan.Get(body, "message") != nil
}

// Report gives what is known so far; it stays the meter's and changes with it.
func (m *meter) Report() *dialect.Report { return &m.report }
