package cohere

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// streamParser reads https://docs.cohere.com/docs/streaming. One piece of content is
// open at a time, tool calls beside it.
type streamParser struct {
	call    *dialect.Call
	started bool
	ended   bool
	parts   int          // how many have begun
	open    llm.PartKind // of the content that is open; 0 = none
	part    int          // its index
	plan    bool         // it is the plan for the tools
	calls   []openCall

	used  spent
	usage llm.Usage
	cites [1]llm.Citation
	probs []byte
}

// openCall is a tool call that has begun.
type openCall struct {
	index  int64 // the vendor's
	part   int
	held   bool // its first piece was null, which may be all
	closed bool
}

func newStreamParser(c *dialect.Call) *streamParser { return &streamParser{call: c} }

// Parse implements dialect.StreamParser.
func (p *streamParser) Parse(dst []llm.Event, name, data []byte) []llm.Event {
	if p.ended {
		return dst
	}
	kind := eventType(name, data)
	switch string(kind) {
	case "message-start":
		return p.start(dst, data)
	case "", "debug", "content-end", "citation-end":
		if string(kind) == "content-end" && p.open == llm.Thinking {
			return p.close(dst)
		}
		return p.unnamed(dst, kind, data)
	case "error":
		return p.fail(dst, parseError(200, nil, data))
	}
	dst = p.begin(dst)
	switch string(kind) {
	case "content-start":
		dst = p.close(dst)
		return p.content(dst, data, true)
	case "content-delta":
		return p.content(dst, data, false)
	case "tool-plan-delta":
		return p.planned(dst, data)
	case "tool-call-start":
		return p.callStart(dst, data)
	case "tool-call-delta":
		return p.callDelta(dst, data)
	case "tool-call-end":
		return p.callEnd(dst, vendorIndex(data))
	case "citation-start":
		return p.cited(dst, data)
	case "message-end":
		return p.finish(dst, data)
	}
	return dst
}

// unnamed is an event of no known kind: an error, if it looks like one.
func (p *streamParser) unnamed(dst []llm.Event, kind, data []byte) []llm.Event {
	if len(kind) == 0 && len(data) > 0 && data[0] == '{' && isError(data) {
		return p.fail(dst, parseError(200, nil, data))
	}
	return dst
}

// End implements dialect.StreamParser.
func (p *streamParser) End(dst []llm.Event) []llm.Event {
	if p.ended {
		return dst
	}
	return p.fail(dst, fault.New(fault.UpstreamError, "The provider's stream ended before its answer did."))
}

func (p *streamParser) fail(dst []llm.Event, f *fault.Fault) []llm.Event {
	p.ended = true
	return append(dst, llm.Event{Kind: llm.Fail, Err: f})
}

func (p *streamParser) start(dst []llm.Event, data []byte) []llm.Event {
	if p.started {
		return dst
	}
	p.started = true
	id, _ := jsonscan.String(jsonscan.Get(data, "id"))
	return append(dst, llm.Event{Kind: llm.Start, ID: id})
}

// begin makes up for a stream that has no message-start.
func (p *streamParser) begin(dst []llm.Event) []llm.Event {
	if p.started {
		return dst
	}
	p.started = true
	return append(dst, llm.Event{Kind: llm.Start})
}

// close ends the piece of content that is open. A text stays open until something else
// begins, since citations of it may follow its content-end.
func (p *streamParser) close(dst []llm.Event) []llm.Event {
	if p.open == 0 {
		return dst
	}
	dst = append(dst, llm.Event{Kind: llm.PartEnd, Part: p.part, What: p.open})
	p.open, p.plan = 0, false
	return dst
}

func (p *streamParser) openPart(dst []llm.Event, what llm.PartKind, plan bool) []llm.Event {
	if p.open == what && p.plan == plan {
		return dst
	}
	dst = p.close(dst)
	p.open, p.plan, p.part = what, plan, p.parts
	p.parts++
	return append(dst, llm.Event{Kind: llm.PartStart, Part: p.part, What: what})
}

// content reads a piece of text or reasoning.
func (p *streamParser) content(dst []llm.Event, data []byte, first bool) []llm.Event {
	var text, thinking, kind []byte
	_ = jsonscan.Members(jsonscan.Get(data, "delta", "message", "content"), func(key, v []byte) bool {
		switch string(key) {
		case "text":
			text = v
		case "thinking":
			thinking = v
		case "type":
			kind = v
		}
		return true
	})
	what := llm.Text
	if string(kind) == `"thinking"` || kind == nil && text == nil && thinking != nil {
		what, text = llm.Thinking, thinking
	}
	if !first && kind == nil && text == nil { // nothing of it is known
		return dst
	}
	dst = p.openPart(dst, what, false)
	if !isText(text) || len(text) == 2 {
		return dst
	}
	e := llm.Event{Kind: llm.Delta, Part: p.part, What: what, Text: text}
	if probs := jsonscan.Get(data, "logprobs"); what == llm.Text && isObject(probs) {
		p.probs = readLogprobs(p.probs[:0], probs)
		e.Raw = p.probs
	}
	return append(dst, e)
}

func (p *streamParser) planned(dst []llm.Event, data []byte) []llm.Event {
	text := jsonscan.Get(data, "delta", "message", "tool_plan")
	if !isText(text) || len(text) == 2 {
		return dst
	}
	dst = p.openPart(dst, llm.Thinking, true)
	return append(dst, llm.Event{Kind: llm.Delta, Part: p.part, What: llm.Thinking, Text: text})
}

// vendorIndex is the number of a tool call or citation, 0 when it is not said.
func vendorIndex(data []byte) int64 {
	n, _ := jsonscan.Int(jsonscan.Get(data, "index"))
	return n
}

func (p *streamParser) callStart(dst []llm.Event, data []byte) []llm.Event {
	dst = p.close(dst)
	index := vendorIndex(data)
	dst = p.callEnd(dst, index) // one that was left open
	call := jsonscan.Get(data, "delta", "message", "tool_calls")
	id, _ := jsonscan.String(jsonscan.Get(call, "id"))
	if id == "" {
		id = p.call.MadeID(0, len(p.calls))
	}
	function := jsonscan.Get(call, "function")
	name, _ := jsonscan.String(jsonscan.Get(function, "name"))
	p.calls = append(p.calls, openCall{index: index, part: p.parts})
	p.parts++
	dst = append(dst, llm.Event{Kind: llm.PartStart, Part: p.parts - 1, What: llm.ToolCall, CallID: id, CallName: p.call.ToolName(name)})
	return p.arguments(dst, &p.calls[len(p.calls)-1], jsonscan.Get(function, "arguments"))
}

// openCall finds the open call of a number, nil when there is none.
func (p *streamParser) openCall(index int64) *openCall {
	for i := len(p.calls) - 1; i >= 0; i-- {
		if c := &p.calls[i]; c.index == index && !c.closed {
			return c
		}
	}
	return nil
}

func (p *streamParser) callDelta(dst []llm.Event, data []byte) []llm.Event {
	c := p.openCall(vendorIndex(data))
	if c == nil {
		return dst
	}
	return p.arguments(dst, c, jsonscan.Get(data, "delta", "message", "tool_calls", "function", "arguments"))
}

var nullText = llm.Raw(`"null"`)

// arguments passes a piece of arguments on. The vendor writes null for a call without
// any, which becomes nothing: such a first piece waits for what follows it.
func (p *streamParser) arguments(dst []llm.Event, c *openCall, v []byte) []llm.Event {
	if !isText(v) || len(v) == 2 {
		return dst
	}
	if c.held {
		c.held = false
		dst = append(dst, llm.Event{Kind: llm.Delta, Part: c.part, What: llm.ToolCall, Text: nullText})
	} else if string(v) == string(nullText) {
		c.held = true
		return dst
	}
	return append(dst, llm.Event{Kind: llm.Delta, Part: c.part, What: llm.ToolCall, Text: v})
}

func (p *streamParser) callEnd(dst []llm.Event, index int64) []llm.Event {
	c := p.openCall(index)
	if c == nil {
		return dst
	}
	c.closed = true
	return append(dst, llm.Event{Kind: llm.PartEnd, Part: c.part, What: llm.ToolCall})
}

// cited reads a citation of what has been said so far. Where nothing is open that
// could be cited, an empty text bears it.
func (p *streamParser) cited(dst []llm.Event, data []byte) []llm.Event {
	v := jsonscan.Get(data, "delta", "message", "citations")
	if !isObject(v) {
		return dst
	}
	if p.open == 0 {
		dst = p.openPart(dst, llm.Text, false)
	}
	p.cites[0] = readCitation(v)
	return append(dst, llm.Event{Kind: llm.Delta, Part: p.part, What: p.open, Cites: p.cites[:]})
}

// finish reads the message-end. What it says of usage is all there is.
func (p *streamParser) finish(dst []llm.Event, data []byte) []llm.Event {
	if jsonscan.Members(data, func(_, _ []byte) bool { return true }) != nil {
		return dst // it was cut
	}
	delta := jsonscan.Get(data, "delta")
	dst = p.close(dst)
	for i := range p.calls {
		dst = p.callEnd(dst, p.calls[i].index)
	}
	p.used.read(jsonscan.Get(delta, "usage"))
	p.usage = p.used.processed()
	counted := !p.usage.IsZero()
	if f := streamFault(delta); f != nil {
		if counted {
			dst = append(dst, llm.Event{Kind: llm.UsageEvent, Usage: &p.usage})
		}
		return p.fail(dst, f)
	}
	word, _ := jsonscan.String(jsonscan.Get(delta, "finish_reason"))
	dst = append(dst, llm.Event{Kind: llm.Finished, Finish: readFinish(word), Vendor: word})
	if counted {
		dst = append(dst, llm.Event{Kind: llm.UsageEvent, Usage: &p.usage})
	}
	p.ended = true
	return append(dst, llm.Event{Kind: llm.End})
}
