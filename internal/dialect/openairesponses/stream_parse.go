package openairesponses

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// streamParser reads a vendor's stream. Items are told apart by their index in the
// output: some servers give an item another id in every event.
type streamParser struct {
	c     *dialect.Call
	out   []llm.Event // of the current call
	ev    event
	item  item
	resp  response
	parts []*livePart // open, in the order in which they began
	spare []*livePart

	marks   []mark
	count   int // of parts that have begun
	items   int // indices that were made for servers that send none
	started bool
	called  bool
	over    bool // End or Fail was given
	usage   llm.Usage
	cites   [1]llm.Citation
}

// livePart is an open part of the answer.
type livePart struct {
	n       int // its index in the answer
	kind    llm.PartKind
	index   int // of its item in the output
	content int // index in its item's content, or of its piece of a summary
	begun   bool
	told    bool // some of its text was
	cited   int  // how many sources were
	summary bool // a reasoning's text is its summary
}

// event is one event as spans.
type event struct {
	kind                                    []byte
	index, content, summary                 int
	hasIndex                                bool
	delta, text, arguments, input, refusal  []byte
	item, part, response, annotation, probs []byte
	failure                                 []byte
}

// NewStreamParser implements dialect.Codec.
func (codec) NewStreamParser(c *dialect.Call) dialect.StreamParser { return &streamParser{c: c} }

// Parse implements dialect.StreamParser. Servers that send no event lines say the same
// in the member type.
func (p *streamParser) Parse(dst []llm.Event, name, data []byte) []llm.Event {
	if p.over {
		return dst
	}
	p.out = dst
	if openai.IsDone(data) {
		if p.started {
			p.finish(&response{})
		}
	} else {
		p.parse(name, data)
	}
	out := p.out
	p.out = nil
	return out
}

func (p *streamParser) parse(name, data []byte) {
	e := &p.ev
	*e = event{kind: name}
	if jsonscan.Members(data, e.member) != nil {
		p.fail(fault.New(fault.UpstreamError, "The provider sent an event that is no JSON object."))
		return
	}
	p.dispatch(e, data)
}

func (e *event) member(key, v []byte) bool {
	if isNull(v) {
		return true
	}
	switch string(key) {
	case "type":
		if len(e.kind) == 0 {
			e.kind = bare(v)
		}
	case "output_index":
		n, ok := jsonscan.Int(v)
		e.index, e.hasIndex = int(n), ok
	case "content_index":
		n, _ := jsonscan.Int(v)
		e.content = int(n)
	case "summary_index":
		n, _ := jsonscan.Int(v)
		e.summary = int(n)
	case "delta":
		e.delta = v
	case "text":
		e.text = v
	case "arguments":
		e.arguments = v
	case "input":
		e.input = v
	case "refusal":
		e.refusal = v
	case "item":
		e.item = v
	case "part":
		e.part = v
	case "response":
		e.response = v
	case "annotation":
		e.annotation = v
	case "logprobs":
		e.probs = v
	case "error":
		e.failure = v
	}
	return true
}

func (p *streamParser) dispatch(e *event, data []byte) {
	switch string(e.kind) {
	case "response.output_text.delta":
		p.textDelta(e)
	case "response.refusal.delta":
		p.delta(p.content(e, llm.Refusal), e.delta)
	case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta":
		p.delta(p.find(e, llm.ToolCall, 0), e.delta)
	case "response.reasoning_summary_text.delta", "response.reasoning_summary.delta":
		p.thinkingDelta(e, true, e.summary)
	case "response.reasoning_text.delta", "response.reasoning.delta":
		p.thinkingDelta(e, false, e.content)
	case "response.created", "response.queued", "response.in_progress":
		p.start(e.response)
	case "response.output_item.added":
		p.itemAdded(e)
	case "response.output_item.done":
		p.itemDone(e)
	case "response.content_part.added":
		p.contentAdded(e)
	case "response.content_part.done":
		p.contentDone(e)
	case "response.output_text.done":
		p.rest(p.content(e, llm.Text), e.text)
	case "response.refusal.done":
		p.rest(p.content(e, llm.Refusal), e.refusal)
	case "response.output_text.annotation.added":
		p.cite(p.content(e, llm.Text), e.annotation)
	case "response.function_call_arguments.done":
		p.rest(p.find(e, llm.ToolCall, 0), e.arguments)
	case "response.custom_tool_call_input.done":
		p.rest(p.find(e, llm.ToolCall, 0), e.input)
	case "response.completed", "response.incomplete", "response.failed", "response.cancelled":
		p.last(e)
	case "error":
		p.fail(dialect.ParseVendorError(200, nil, data))
	default:
		if openai.IsError(e.failure) {
			p.fail(dialect.ParseVendorError(200, nil, data))
		} else if isObject(e.delta) {
			p.early(e.delta)
		}
	}
}

// End implements dialect.StreamParser.
func (p *streamParser) End(dst []llm.Event) []llm.Event {
	if p.over {
		return dst
	}
	p.out = dst
	p.fail(fault.New(fault.UpstreamError, "The provider's stream ended before the response was complete."))
	return p.out
}

func (p *streamParser) fail(err *fault.Fault) {
	p.over = true
	p.out = append(p.out, llm.Event{Kind: llm.Fail, Err: err})
}

// start tells of the answer once.
func (p *streamParser) start(raw []byte) {
	if p.started {
		return
	}
	p.started = true
	e := llm.Event{Kind: llm.Start}
	if isObject(raw) && p.resp.read(raw) == nil {
		r := &p.resp
		e.ID, e.Model, e.Created = text(r.id), text(r.model), r.createdAt()
	}
	p.out = append(p.out, e)
}

// find gives the open part of an item, or of one piece of its content; nil when there
// is none.
func (p *streamParser) find(e *event, kind llm.PartKind, content int) *livePart {
	for i := len(p.parts) - 1; i >= 0; i-- {
		l := p.parts[i]
		if l.kind == kind && (l.index == e.index || !e.hasIndex) && (l.content == content || kind == llm.Thinking || kind == llm.ToolCall) {
			return l
		}
	}
	return nil
}

// open opens a part of the event's item.
func (p *streamParser) open(e *event, kind llm.PartKind) *livePart {
	p.start(nil)
	var l *livePart
	if n := len(p.spare); n > 0 {
		l, p.spare = p.spare[n-1], p.spare[:n-1]
	} else {
		l = &livePart{}
	}
	*l = livePart{kind: kind, index: e.index, content: e.content}
	if !e.hasIndex {
		p.items++
		l.index = -p.items
	}
	p.parts = append(p.parts, l)
	return l
}

// begin tells that a part has begun.
func (p *streamParser) begin(l *livePart, e llm.Event) {
	if l.begun {
		return
	}
	l.begun, l.n = true, p.count
	p.count++
	e.Kind, e.What, e.Part = llm.PartStart, l.kind, l.n
	p.out = append(p.out, e)
}

// content gives the part of a message that an event is of, begun if it was not.
func (p *streamParser) content(e *event, kind llm.PartKind) *livePart {
	l := p.find(e, kind, e.content)
	if l == nil {
		l = p.open(e, kind)
		p.begin(l, llm.Event{})
		p.setMark(e.index, e.content)
	}
	return l
}

// delta tells the next piece of a part's text. A call whose name is not known yet is
// told once it is done.
func (p *streamParser) delta(l *livePart, text []byte) {
	if l == nil || !l.begun || len(text) <= 2 || text[0] != '"' {
		return
	}
	l.told = true
	p.out = append(p.out, llm.Event{Kind: llm.Delta, What: l.kind, Part: l.n, Text: text})
}

// rest tells a part's whole text when none of it came in pieces.
func (p *streamParser) rest(l *livePart, text []byte) {
	if l != nil && l.begun && !l.told {
		p.delta(l, text)
	}
}

func (p *streamParser) textDelta(e *event) {
	l := p.content(e, llm.Text)
	n := len(p.out)
	if p.delta(l, e.delta); len(p.out) > n && len(e.probs) > 2 {
		p.out[n].Raw = e.probs
	}
}

func (p *streamParser) cite(l *livePart, annotation []byte) {
	if !isObject(annotation) {
		return
	}
	l.cited++
	p.cites[0] = readCite(annotation)
	p.out = append(p.out, llm.Event{Kind: llm.Delta, What: llm.Text, Part: l.n, Cites: p.cites[:]})
}

// thinkingDelta tells a piece of reasoning. Its summary may have several pieces, which
// become paragraphs; of a server that sends both, what comes first is told.
func (p *streamParser) thinkingDelta(e *event, summary bool, piece int) {
	if len(e.delta) <= 2 {
		return
	}
	l := p.find(e, llm.Thinking, 0)
	if l == nil {
		l = p.open(e, llm.Thinking)
	}
	switch {
	case !l.told:
		p.begin(l, llm.Event{})
		l.summary = summary
	case l.summary != summary:
		return
	case l.content != piece:
		p.delta(l, paragraphText)
	}
	l.content = piece
	p.delta(l, e.delta)
}

var paragraphText = llm.Raw(`"` + paragraph + `"`)

// end tells that a part has ended.
func (p *streamParser) end(l *livePart, state []llm.Opaque) {
	if l.begun {
		p.out = append(p.out, llm.Event{Kind: llm.PartEnd, What: l.kind, Part: l.n, State: state})
	}
	for i := range p.parts {
		if p.parts[i] == l {
			p.parts = append(p.parts[:i], p.parts[i+1:]...)
			break
		}
	}
	p.spare = append(p.spare, l)
}
