package gemini

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// meter reads one answer. It holds the last usage object, at most one short chunk and
// a few short strings.
type meter struct {
	op       llm.Operation
	report   dialect.Report
	last     []byte // the last usageMetadata, as written
	unread   []byte // a later chunk whose usage has not been looked for; empty = none
	content  bool   // some content has passed
	whole    bool   // the answer is all there: what it leaves out is not to come
	images   llm.Count
	searches int // most web searches that one event told of
	predict  predictions
}

// Event reads one chunk of a stream, which has the form of a whole answer. The stream
// has no terminator: a chunk with a finish reason is its end, even where another such
// chunk follows, as it does after code execution.
func (m *meter) Event(_, data []byte) dialect.Sign {
	if m.content && ordinary(data) {
		if bytes.Contains(data, tokenCount) {
			m.unread = append(m.unread[:0], data...)
		}
		return dialect.Content
	}
	sign := m.chunk(data)
	if sign.Has(dialect.Ended) {
		m.report.Ended, m.whole = true, true
	}
	return sign
}

// maxUnread bounds the chunk that a meter keeps.
const maxUnread = 4 << 10

// What to look for in a chunk: the ends of member names, since a needle is found the
// faster the rarer its first byte.
var (
	parts      = []byte(`parts"`)
	reason     = []byte(`Reason"`)  // finishReason, blockReason
	queries    = []byte(`Queries"`) // webSearchQueries
	inlineData = []byte(`Data"`)    // inlineData, fileData
	tokenCount = []byte(`TokenCount"`)
)

// ordinary tells at a glance a chunk of the middle of an answer, of which only the
// usage may ever be asked for: one that may hold anything else is read with care.
func ordinary(data []byte) bool {
	return len(data) <= maxUnread && bytes.Contains(data, parts) &&
		!bytes.Contains(data, reason) && !bytes.Contains(data, queries) && !bytes.Contains(data, inlineData)
}

// Answer reads a whole answer: one object, or the array of a stream that was asked for
// without alt=sse.
func (m *meter) Answer(_ string, body []byte) {
	m.whole = true
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '[' {
		_ = jsonscan.Elements(trimmed, func(one []byte) bool { m.chunk(one); return true })
		return
	}
	m.chunk(body)
}

// Report gives what is known so far; it stays the meter's and changes with it.
func (m *meter) Report() *dialect.Report {
	if len(m.unread) > 0 {
		m.keepUsage(jsonscan.Get(m.unread, "usageMetadata"))
	}
	m.readUsage()
	return &m.report
}

func (m *meter) chunk(data []byte) dialect.Sign {
	var sign dialect.Sign
	_ = jsonscan.Members(data, func(key, value []byte) bool {
		switch string(key) {
		case "candidates":
			sign |= m.candidates(value)
		case "usageMetadata":
			m.keepUsage(value)
		case "modelVersion":
			first(&m.report.Model, value)
		case "responseId":
			first(&m.report.ID, value)
		case "promptFeedback":
			sign |= m.blocked(value)
		case "error":
			sign |= m.fail(data)
		case "predictions":
			m.predict.read(value)
		case "metadata":
			m.predict.readMetadata(value)
		}
		return true
	})
	if sign.Has(dialect.Content) {
		m.content = true
	}
	return sign
}

// first sets a field once; every chunk repeats the same.
func first(field *string, raw []byte) {
	if *field == "" {
		*field, _ = jsonscan.String(raw)
	}
}

// keepUsage keeps the last usage that counts anything: each chunk's is a total so far,
// and one cloud's early chunks tell nothing but the traffic type.
func (m *meter) keepUsage(raw []byte) {
	if m.op == llm.OpCached { // the size of a cache, told at every look at it
		return
	}
	if len(m.last) == 0 || bytes.Contains(raw, tokenCount) {
		m.last, m.unread = append(m.last[:0], raw...), m.unread[:0]
	}
}

func (m *meter) candidates(list []byte) dialect.Sign {
	var sign dialect.Sign
	searches := 0
	_ = jsonscan.Elements(list, func(candidate []byte) bool {
		_ = jsonscan.Members(candidate, func(key, value []byte) bool {
			switch string(key) {
			case "content":
				sign |= m.parts(value)
			case "finishReason":
				sign |= m.finish(word(value, finishReasons[:]))
			case "groundingMetadata":
				searches += length(jsonscan.Get(value, "webSearchQueries"))
			}
			return true
		})
		return true
	})
	m.searches = max(m.searches, searches)
	return sign
}

// parts says whether a candidate's content says anything, and counts its images.
func (m *meter) parts(content []byte) dialect.Sign {
	var sign dialect.Sign
	_ = jsonscan.Elements(jsonscan.Get(content, "parts"), func(part []byte) bool {
		_ = jsonscan.Members(part, func(key, value []byte) bool {
			switch string(key) {
			case "thought", "thoughtSignature", "videoMetadata", "partMetadata", "mediaResolution":
			case "text":
				if len(value) > len(`""`) {
					sign |= dialect.Content
				}
			case "inlineData":
				m.image(jsonscan.Get(value, "mimeType"))
				sign |= dialect.Content
			default: // functionCall, executableCode, codeExecutionResult, fileData and what is to come
				sign |= dialect.Content
			}
			return true
		})
		return true
	})
	return sign
}

func (m *meter) image(mimeType []byte) {
	if bytes.HasPrefix(mimeType, []byte(`"image/`)) {
		m.images = m.images.Add(llm.Known(1))
	}
}

func (m *meter) finish(reason string) dialect.Sign {
	if reason == "" {
		return 0
	}
	m.report.FinishReason = reason
	return dialect.Ended
}

// blocked reads the feedback on a prompt that was refused: no candidate will come.
func (m *meter) blocked(feedback []byte) dialect.Sign {
	reason := word(jsonscan.Get(feedback, "blockReason"), blockReasons[:])
	if reason == "" {
		return 0
	}
	first(&m.report.FinishReason, []byte(`"`+reason+`"`))
	return dialect.Ended
}

func (m *meter) fail(data []byte) dialect.Sign {
	m.report.Fault = faultOf(data)
	return dialect.Failed
}

// faultOf reads an error that came in an answer or a stream.
func faultOf(data []byte) *fault.Fault {
	status, ok := jsonscan.Int(jsonscan.Get(data, "error", "code"))
	if !ok || status < 400 || status > 599 {
		status = statusOf(jsonscan.Get(data, "error", "status"))
	}
	return parseError(int(status), nil, data)
}

func length(list []byte) (n int) {
	_ = jsonscan.Elements(list, func([]byte) bool { n++; return true })
	return n
}

// Enums come as numbers to callers that ask for $alt=json;enum-encoding=int. Only the
// values on which Google's two clouds agree are named; others stay numbers
// (https://ai.google.dev/api/generate-content#FinishReason).
var (
	finishReasons = [...]string{"", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION"}
	blockReasons  = [...]string{"", "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT"}
	modalities    = [...]string{"", "TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT"}
)

// word reads an enum's value, written as a name or as a number; "" = none or unspecified.
func word(raw []byte, names []string) string {
	if n, ok := jsonscan.Int(raw); ok {
		if n >= 0 && n < int64(len(names)) {
			return names[n]
		}
		return string(raw)
	}
	s, _ := jsonscan.String(raw)
	return s
}
