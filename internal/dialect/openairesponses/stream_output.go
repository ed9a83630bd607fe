package openairesponses

import (
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// itemAdded reads the beginning of an item. A call is told at once; a message is told
// with its first text, and reasoning with its own, since it may have none.
func (p *streamParser) itemAdded(e *event) {
	if !isObject(e.item) || p.item.read(e.item) != nil {
		return
	}
	p.start(nil)
	switch string(p.item.kind) {
	case "function_call", "custom_tool_call":
		p.call(p.open(e, llm.ToolCall))
	case "tool_search_call":
		if p.item.searches() {
			p.open(e, llm.ToolCall)
		}
	case "reasoning":
		p.open(e, llm.Thinking)
	}
}

// call begins a call once its name is known.
func (p *streamParser) call(l *livePart) {
	it := &p.item
	if l.begun || len(it.name) <= 2 && string(it.kind) != "tool_search_call" {
		return
	}
	c := callOf(it, p.c)
	if c == nil {
		return
	}
	p.called = true
	p.begin(l, llm.Event{CallID: c.ID, CallName: c.Name, Custom: c.Custom})
}

func (p *streamParser) contentAdded(e *event) {
	switch string(bare(jsonscan.Get(e.part, "type"))) {
	case "output_text", "text":
		p.content(e, llm.Text)
	case "refusal":
		p.content(e, llm.Refusal)
	}
}

// contentDone ends a text. Its sources may stand only here.
func (p *streamParser) contentDone(e *event) {
	kind := llm.Text
	switch string(bare(jsonscan.Get(e.part, "type"))) {
	case "output_text", "text":
	case "refusal":
		kind = llm.Refusal
	default:
		return
	}
	if l := p.find(e, kind, e.content); l != nil {
		p.wholeContent(l, e.part)
		p.end(l, nil)
	}
}

// wholeContent tells what a finished content has that was not told in pieces.
func (p *streamParser) wholeContent(l *livePart, part []byte) {
	var c content
	if !isObject(part) || c.read(part) != nil {
		return
	}
	if l.kind == llm.Refusal {
		p.rest(l, c.refusal)
		return
	}
	p.rest(l, c.text)
	if l.cited == 0 && len(c.annotations) > 2 {
		jsonscan.Elements(c.annotations, func(a []byte) bool {
			p.out = append(p.out, llm.Event{Kind: llm.Delta, What: llm.Text, Part: l.n, Cites: []llm.Citation{readCite(a)}})
			return true
		})
	}
}

// itemDone reads a finished item, and tells what of it was not told in pieces.
func (p *streamParser) itemDone(e *event) {
	it := &p.item
	if !isObject(e.item) || it.read(e.item) != nil {
		return
	}
	p.start(nil)
	switch string(it.kind) {
	case "message":
		p.messageDone(e)
	case "reasoning":
		p.reasoningDone(e)
	case "function_call", "custom_tool_call":
		p.callDone(e)
	case "tool_search_call":
		if it.searches() {
			p.callDone(e)
		} else {
			p.other(e)
		}
	default:
		p.other(e)
	}
}

func (p *streamParser) messageDone(e *event) {
	next := p.takeMark(e.index)
	at := *e
	at.content = 0
	if isString(p.item.content) && next == 0 {
		p.rest(p.content(&at, llm.Text), p.item.content)
	}
	jsonscan.Elements(p.item.content, func(raw []byte) bool {
		at.part = raw
		l := p.find(&at, llm.Text, at.content)
		if l == nil {
			l = p.find(&at, llm.Refusal, at.content)
		}
		switch {
		case l != nil:
			p.wholeContent(l, raw)
		case at.content >= next:
			p.contentAdded(&at)
			p.contentDone(&at)
		}
		at.content++
		return true
	})
	p.takeMark(e.index)
	p.endTexts(e)
}

// mark says how many contents of a message have been told.
type mark struct{ index, next int }

// setMark notes that a content of the message at an index is told.
func (p *streamParser) setMark(index, content int) {
	for i := range p.marks {
		if m := &p.marks[i]; m.index == index {
			m.next = max(m.next, content+1)
			return
		}
	}
	p.marks = append(p.marks, mark{index, content + 1})
}

// takeMark gives how many contents of a message have been told, and forgets it.
func (p *streamParser) takeMark(index int) int {
	for i, m := range p.marks {
		if m.index == index {
			p.marks = append(p.marks[:i], p.marks[i+1:]...)
			return m.next
		}
	}
	return 0
}

// endTexts ends the open texts of a message.
func (p *streamParser) endTexts(e *event) {
	for i := 0; i < len(p.parts); {
		l := p.parts[i]
		if (l.kind == llm.Text || l.kind == llm.Refusal) && (l.index == e.index || !e.hasIndex) {
			p.end(l, nil)
		} else {
			i++
		}
	}
}

func (p *streamParser) reasoningDone(e *event) {
	l := p.find(e, llm.Thinking, 0)
	if l == nil {
		l = p.open(e, llm.Thinking)
	}
	state := stateOf(&p.item, p.c)
	if t := reasoningText(&p.item); t != nil && !l.told {
		p.begin(l, llm.Event{})
		p.delta(l, t)
	}
	if !l.begun {
		p.begin(l, llm.Event{State: state})
		state = nil
	}
	p.end(l, state)
}

func (p *streamParser) callDone(e *event) {
	l := p.find(e, llm.ToolCall, 0)
	if l == nil {
		l = p.open(e, llm.ToolCall)
	}
	p.call(l)
	arguments := p.item.arguments
	switch {
	case string(p.item.kind) == "custom_tool_call":
		arguments = p.item.input
	case isObject(arguments):
		arguments = jsonout.Quote(string(arguments))
	}
	p.rest(l, arguments)
	p.end(l, nil)
}

// other tells an item that only this dialect has.
func (p *streamParser) other(e *event) {
	part := otherPart(&p.item)
	l := p.open(e, part.Kind)
	p.begin(l, llm.Event{Media: part.Media, Raw: part.Raw})
	p.end(l, nil)
}

// last reads the event that ends a response.
func (p *streamParser) last(e *event) {
	p.start(e.response)
	if !isObject(e.response) || p.resp.read(e.response) != nil {
		p.resp = response{}
	}
	r := &p.resp
	if f := r.fault(); f != nil || string(e.kind) == "response.failed" {
		if f == nil {
			r.status = failed
			f = r.fault()
		}
		p.fail(f)
		return
	}
	if p.count == 0 {
		p.outputAtOnce(r.output)
	}
	if r.status == nil && string(e.kind) == "response.incomplete" {
		r.status = incomplete
	}
	p.finish(r)
}

var (
	failed     = []byte(`"failed"`)
	incomplete = []byte(`"incomplete"`)
)

// outputAtOnce tells an output of which nothing was told before.
func (p *streamParser) outputAtOnce(output []byte) {
	e := event{hasIndex: true}
	jsonscan.Elements(output, func(raw []byte) bool {
		e.item = raw
		p.itemDone(&e)
		e.index++
		return true
	})
}

// finish ends the stream as a response says.
func (p *streamParser) finish(r *response) {
	p.over = true
	for len(p.parts) > 0 {
		p.end(p.parts[0], nil)
	}
	id, model, tier := text(r.id), text(r.model), text(r.tier)
	finish, vendor := r.finish(p.called)
	p.out = append(p.out, llm.Event{Kind: llm.Finished, Finish: finish, Vendor: vendor, ID: id, Model: model, Tier: tier})
	if isObject(r.usage) {
		p.usage = llm.Usage{}
		openai.ToldUsage(&p.usage, r.usage)
		p.out = append(p.out, llm.Event{Kind: llm.UsageEvent, Usage: &p.usage, Tier: tier})
	}
	p.out = append(p.out, llm.Event{Kind: llm.End})
}

// early reads an event of the form that servers sent before the present one: an object
// in delta says what happens.
func (p *streamParser) early(delta []byte) {
	e := event{}
	switch string(bare(jsonscan.Get(delta, "type"))) {
	case "response.start":
		p.start(jsonscan.Get(delta, "response"))
	case "content_part.delta":
		p.delta(p.content(&e, llm.Text), jsonscan.Get(delta, "text"))
	case "content_part.stop":
		p.endTexts(&e)
	case "response.stop":
		p.start(nil)
		p.finish(&response{status: completed})
	}
}

var completed = []byte(`"completed"`)
