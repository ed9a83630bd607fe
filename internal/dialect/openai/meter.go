package openai

import (
	"bytes"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// newMeter makes the reader of an operation's answers.
func newMeter(op llm.Operation) dialect.Meter { return &meter{op: op} }

// meter reads answers of the operations beside conversation, whole or in events.
type meter struct {
	op     llm.Operation
	report dialect.Report
}

// digest are the members that Answer and Event need.
var digest = []string{
	"id", "model", "type", "usage", "meta", "error", "duration", "service_tier",
	"data.*.url", "data.*.b64_json", "delta", "status",
}

// Report implements dialect.Meter.
func (m *meter) Report() *dialect.Report { return &m.report }

// billed reports whether an answer of the operation stands for something consumed.
// Lists and objects that are read again and again repeat a usage of long ago.
func (m *meter) billed() bool {
	switch m.op {
	case llm.OpEmbeddings, llm.OpModerations, llm.OpImages, llm.OpSpeech, llm.OpTranscription, llm.OpRerank:
		return true
	}
	return false
}

// Answer implements dialect.Meter.
func (m *meter) Answer(contentType string, body []byte) {
	m.report.Ended = true
	if m.op == llm.OpModerations {
		m.report.Usage.SetUnit(llm.UnitRequests, 1)
	}
	if strings.HasPrefix(contentType, "audio/") || strings.HasPrefix(contentType, "image/") {
		return
	}
	if !m.readMembers(body) {
		return
	}
	SetText(&m.report.ID, jsonscan.Get(body, "id"))
	if m.op == llm.OpImages {
		m.countImages(jsonscan.Get(body, "data"))
	}
	if m.op == llm.OpTranscription && m.report.Usage.Units[llm.UnitSeconds] == 0 {
		unit(&m.report.Usage, llm.UnitSeconds, jsonscan.Get(body, "duration"))
	}
}

// readMembers reads what whole answers and events have in common (an event's id is its
// own), and says whether the text is an object that reports no error.
func (m *meter) readMembers(obj []byte) bool {
	r := &m.report
	if Failed(r, obj) {
		return false
	}
	err := jsonscan.Members(obj, func(key, v []byte) bool {
		switch string(key) {
		case "model":
			SetText(&r.Model, v)
		case "service_tier":
			SetText(&r.ServiceTier, v)
		case "usage":
			m.readUsage(v)
		case "meta":
			m.readBilled(jsonscan.Get(v, "billed_units"))
		}
		return true
	})
	return err == nil
}

func (m *meter) readUsage(v []byte) {
	if m.billed() && len(v) > 0 && v[0] == '{' {
		ReadUsage(&m.report.Usage, v)
	}
}

// readBilled reads billed_units, one vendor's usage
// (https://docs.cohere.com/reference/rerank).
func (m *meter) readBilled(v []byte) {
	u := &m.report.Usage
	if !m.billed() {
		return
	}
	count(&u.InputTokens, jsonscan.Get(v, "input_tokens"))
	count(&u.OutputTokens, jsonscan.Get(v, "output_tokens"))
	unit(u, llm.UnitSearchUnits, jsonscan.Get(v, "search_units"))
	unit(u, llm.UnitImageInputTokens, jsonscan.Get(v, "image_tokens"))
}

func (m *meter) countImages(data []byte) {
	n := int64(0)
	if jsonscan.Elements(data, func([]byte) bool { n++; return true }) == nil {
		m.report.Usage.Images = llm.Known(n)
	}
}

// Event implements dialect.Meter. The streams of these operations name their events in
// the member type: speech.audio.delta, transcript.text.done, image_generation.completed …
func (m *meter) Event(name, data []byte) dialect.Sign {
	if IsDone(data) {
		m.report.Ended = true
		return dialect.Ended
	}
	if string(name) == "error" && ParseFailure(&m.report, data) || !m.readMembers(data) && m.report.Fault != nil {
		return dialect.Failed
	}
	typ := bytes.Trim(jsonscan.Get(data, "type"), `"`)
	switch {
	case bytes.HasSuffix(typ, []byte(".delta")), bytes.HasSuffix(typ, []byte(".partial_image")), bytes.HasSuffix(typ, []byte(".segment")):
		return dialect.Content
	case bytes.HasSuffix(typ, []byte(".done")):
		m.report.Ended = true
		return dialect.Content
	case bytes.HasSuffix(typ, []byte(".completed")):
		m.report.Ended = true
		m.report.Usage.Images = m.report.Usage.Images.Add(llm.Known(1))
		return dialect.Content
	}
	return 0
}
