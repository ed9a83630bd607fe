package openairesponses

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func newMeter(op llm.Operation) dialect.Meter { return &meter{op: op} }

// meter reads responses, whole or in events.
type meter struct {
	op     llm.Operation
	report dialect.Report
}

// Report implements dialect.Meter.
func (m *meter) Report() *dialect.Report { return &m.report }

// Answer implements dialect.Meter.
func (m *meter) Answer(_ string, body []byte) {
	m.report.Ended = true
	in := jsonscan.NewReader(body)
	m.readResponse(&in)
}

// Event implements dialect.Meter. Servers that send no event lines say the same in the
// member type.
func (m *meter) Event(name, data []byte) dialect.Sign {
	if openai.IsDone(data) {
		m.report.Ended = true
		return dialect.Ended
	}
	if len(name) == 0 {
		name = typeOf(data)
	}
	switch string(name) {
	case "response.created", "response.queued", "response.in_progress":
		m.readStart(data)
		return 0
	case "response.completed", "response.incomplete", "response.failed", "response.cancelled":
		return m.readEnd(data)
	case "response.output_item.added", "response.output_item.done":
		return itemSign(data, string(name) == "response.output_item.done")
	case "response.image_generation_call.partial_image":
		return dialect.Content
	case "error":
		openai.ParseFailure(&m.report, data)
		return dialect.Failed
	}
	if bytes.HasSuffix(name, []byte(".delta")) {
		return deltaSign(data)
	}
	if len(name) == 0 && openai.Failed(&m.report, data) {
		return dialect.Failed
	}
	return 0
}

func typeOf(data []byte) []byte {
	return bytes.Trim(jsonscan.Get(data, "type"), `"`)
}

// readStart takes what the first events say; the later ones of these repeat it.
func (m *meter) readStart(data []byte) {
	if r := &m.report; r.ID == "" || r.Model == "" {
		response := jsonscan.Get(data, "response")
		openai.SetText(&r.ID, jsonscan.Get(response, "id"))
		openai.SetText(&r.Model, jsonscan.Get(response, "model"))
	}
}

func deltaSign(data []byte) dialect.Sign {
	if v := jsonscan.Get(data, "delta"); len(v) == 0 || string(v) == `""` {
		return 0
	}
	return dialect.Content
}

// itemSign says whether an item is content by itself: a call is, since its name comes
// with it, and so is a message when done, for servers that send no deltas. A search by
// the vendor is none: nothing of it is the answer's.
func itemSign(data []byte, done bool) dialect.Sign {
	kind := typeOf(jsonscan.Get(data, "item"))
	call := bytes.HasSuffix(kind, []byte("_call")) && !bytes.HasSuffix(kind, []byte("search_call"))
	if call || done && string(kind) == "message" {
		return dialect.Content
	}
	return 0
}

func (m *meter) readEnd(data []byte) dialect.Sign {
	m.report.Ended = true
	in := jsonscan.NewReader(data)
	in.Object(func(key []byte) {
		if string(key) == "response" {
			m.readResponse(&in)
		}
	})
	if m.report.Fault != nil {
		return dialect.Failed | dialect.Ended
	}
	return dialect.Ended
}

// replace is SetText for what the last word says anew: some servers number a response
// afresh in every event, and the last number is the one it is stored under.
func replace(dst *string, v []byte) {
	var text string
	if openai.SetWord(&text, v); text != "" {
		*dst = text
	}
}

// readResponse reads a response object; in stands before it.
func (m *meter) readResponse(in *jsonscan.Reader) {
	r := &m.report
	var status string
	var reason, failure, usage []byte
	searches := 0
	in.Object(func(key []byte) {
		switch string(key) {
		case "id":
			replace(&r.ID, in.Raw())
		case "model":
			replace(&r.Model, in.Raw())
		case "service_tier":
			replace(&r.ServiceTier, in.Raw())
		case "status":
			openai.SetWord(&status, in.Raw())
		case "incomplete_details":
			reason = jsonscan.Get(in.Raw(), "reason")
		case "error":
			failure = in.Raw()
		case "usage":
			usage = in.Raw()
		case "output":
			in.Array(func() {
				if isSearch(in) {
					searches++
				}
			})
		}
	})
	r.FinishReason = status
	replace(&r.FinishReason, reason)
	m.readUsage(usage, searches)
	if status == "failed" || openai.IsError(failure) {
		openai.ParseFailure(r, failure)
	}
}

// isSearch reports whether an item is a call of the vendor's own web search, which it
// bills apart. Opening a page that was found is not billed
// (https://platform.openai.com/docs/guides/tools-web-search).
func isSearch(in *jsonscan.Reader) (search bool) {
	billed := true
	in.Object(func(key []byte) {
		switch string(key) {
		case "type":
			search = string(in.Raw()) == `"web_search_call"`
		case "action":
			kind := typeOf(in.Raw())
			billed = len(kind) == 0 || string(kind) == "search"
		}
	})
	return search && billed
}

// readUsage takes tokens and searches. Reading a stored response again consumes
// nothing, and counting tokens does not either.
func (m *meter) readUsage(usage []byte, searches int) {
	if m.op != llm.OpChat || len(usage) == 0 || usage[0] != '{' {
		return
	}
	u := &m.report.Usage
	*u = llm.Usage{}
	openai.ReadUsage(u, usage)
	if _, said := u.Units[llm.UnitSearches]; !said && searches > 0 {
		u.SetUnit(llm.UnitSearches, float64(searches))
	}
}
