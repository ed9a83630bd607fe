package openaichat

import (
	"bytes"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func newMeter(llm.Operation) dialect.Meter { return &meter{} }

// meter reads chat and text completions, whole or in chunks.
//
// A chunk that differs from one read before only in its text is not read again, which
// is what makes a stream cheap (see shape).
type meter struct {
	report dialect.Report
	shape  shape
	open   uint64 // choices that have begun, and not finished, as a set of the first 64
	ended  uint64 // those that have finished
}

// Report implements dialect.Meter.
func (m *meter) Report() *dialect.Report { return &m.report }

// Answer implements dialect.Meter.
func (m *meter) Answer(_ string, body []byte) {
	m.report.Ended = true
	var c chunk
	m.read(body, &c)
	m.report.Open = false
	m.settle(body, &c)
}

// Event implements dialect.Meter. The sign Ended is given for [DONE] alone, since usage
// comes after the last choice has finished; vendors that never send it have still ended
// properly when a choice has finished, which Report tells.
func (m *meter) Event(name, data []byte) dialect.Sign {
	if m.shape.matches(data) {
		return dialect.Content
	}
	if openai.IsDone(data) {
		m.report.Ended, m.report.Open = true, false
		return dialect.Ended
	}
	var c chunk
	m.read(data, &c)
	if string(name) == "error" && c.failure == nil {
		c.failure = data // one vendor names the event and puts the error's members at its top
	}
	sign := m.settle(data, &c)
	if sign == dialect.Content && c.inert() {
		m.shape.learn(data, c.text, c.padding)
	}
	return sign
}

// chunk is what one chunk, or a whole answer, holds. Slices are parts of its text.
type chunk struct {
	groq     []byte // x_groq
	failure  []byte // the error, where it stands apart from the text
	text     []byte // the one string of content, nil when there are none or several
	padding  []byte // a string that only hides the length of the text
	choices  int    // how many; -1 = the member is absent
	usage    bool   // there is a usage object
	content  bool
	finished bool
}

// inert reports whether a chunk says nothing but its text.
func (c *chunk) inert() bool {
	return c.choices == 1 && c.text != nil && !c.usage && c.groq == nil && !c.finished
}

func (m *meter) read(obj []byte, c *chunk) {
	r := &m.report
	in := jsonscan.NewReader(obj)
	var id, model []byte
	c.choices = -1
	in.Object(func(key []byte) {
		switch string(key) {
		case "id":
			if len(id) <= 2 {
				id = in.Raw()
			}
		case "model":
			if len(model) <= 2 {
				model = in.Raw()
			}
		case "service_tier":
			openai.SetWord(&r.ServiceTier, in.Raw())
		case "usage":
			c.usage = m.readUsage(&in)
		case "x_groq":
			c.groq = object(in.Raw())
		case "error":
			if openai.IsError(in.Raw()) {
				c.failure = obj
			}
		case "obfuscation":
			c.padding = in.Raw()
		case "choices":
			c.choices = 0
			in.Array(func() {
				c.choices++
				m.readChoice(&in, c)
			})
		}
	})
	openai.SetTexts(&r.ID, id, &r.Model, model)
}

// readUsage reads the usage that in stands before, and reports whether there is one.
// Usage is cumulative with every vendor, so the last one stands.
func (m *meter) readUsage(in *jsonscan.Reader) bool {
	var u llm.Usage
	if !in.At('{') {
		return false
	}
	tier := openai.ReadUsageFrom(&u, in)
	if in.Err() != nil {
		return false
	}
	m.report.Usage = u
	openai.SetWord(&m.report.ServiceTier, tier)
	return true
}

func object(v []byte) []byte {
	if len(v) > 0 && v[0] == '{' {
		return v
	}
	return nil
}

func (m *meter) readChoice(in *jsonscan.Reader, c *chunk) {
	var place uint64 // the vendors that say none give one answer
	finished := false
	in.Object(func(key []byte) {
		switch string(key) {
		case "index":
			place, _ = strconv.ParseUint(string(in.Raw()), 10, 6)
		case "delta", "message":
			c.readDelta(in)
		case "text":
			c.addText(in.Raw())
		case "finish_reason":
			if v := in.Raw(); len(v) > 2 && v[0] == '"' {
				m.report.FinishReason = ""
				openai.SetWord(&m.report.FinishReason, v)
				m.report.Ended, c.finished, finished = true, true, true
			}
		case "error":
			if v := in.Raw(); openai.IsError(v) {
				c.failure = v
			}
		}
	})
	m.open |= 1 << place
	if finished {
		m.ended |= 1 << place
	}
	m.open &^= m.ended
	m.report.Open = m.open != 0
}

// readDelta looks for content under the names that vendors give it: text, reasoning,
// refusal, tool calls and media. A role alone, or an empty text, is none.
func (c *chunk) readDelta(in *jsonscan.Reader) {
	in.Object(func(key []byte) {
		switch string(key) {
		case "content", "reasoning_content", "reasoning", "refusal":
			c.addText(in.Raw())
		case "tool_calls", "function_call", "audio", "images", "reasoning_details":
			if !isEmpty(in.Raw()) {
				c.content, c.text = true, nil
			}
		}
	})
}

// addText takes a text, which is a string or, with some vendors, an array of parts.
func (c *chunk) addText(v []byte) {
	if isEmpty(v) {
		return
	}
	if c.content || v[0] != '"' {
		c.text = nil
	} else {
		c.text = v
	}
	c.content = true
}

// isEmpty reports whether a value says nothing: "", [], {}, null.
func isEmpty(v []byte) bool {
	return len(v) <= 2 || jsonscan.IsNull(v) || v[0] != '"' && len(bytes.TrimSpace(v[1:len(v)-1])) == 0
}

// settle takes what was read into the report and judges it.
func (m *meter) settle(whole []byte, c *chunk) (sign dialect.Sign) {
	r := &m.report
	if usage := jsonscan.Get(c.groq, "usage"); usage != nil && !c.usage {
		in := jsonscan.NewReader(usage)
		m.readUsage(&in)
	}
	if c.failure != nil {
		openai.ParseFailure(r, c.failure)
		return dialect.Failed
	}
	if c.content {
		sign |= dialect.Content
	}
	if c.choices == 0 && c.usage {
		sign |= dialect.UsageOnly
	}
	return sign
}
