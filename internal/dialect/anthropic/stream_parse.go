package anthropic

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// maxHeld bounds what is held of a block that is given when it is whole.
const maxHeld = 1 << 20

// streamParser reads a stream of https://platform.claude.com/docs/en/build-with-claude/streaming.
type streamParser struct {
	answering
	tally    tally
	usage    llm.Usage
	open     []openBlock
	next     int // number of the next part
	started  bool
	over     bool
	called   bool   // a tool was called
	vendor   string // stop_reason
	stopText []byte
	cites    [1]llm.Citation

	// Of the last piece that was read: one like it is not read again.
	form  jsonscan.Form
	index int64
	kind  []byte
}

// openBlock is a block that has begun and not ended.
type openBlock struct {
	index     int64
	part      int
	what      llm.PartKind
	answer    bool // a tool's input that is the answer: its fragments are text
	signature []byte
	whole     []byte // of a Vendor part: the block as it began
	pieces    []byte // and what came of its input or content, decoded
}

// NewStreamParser implements dialect.Codec.
func (codec) NewStreamParser(c *dialect.Call) dialect.StreamParser {
	return &streamParser{answering: newAnswering(c)}
}

// Parse implements dialect.StreamParser.
func (p *streamParser) Parse(dst []llm.Event, name, data []byte) []llm.Event {
	if p.over {
		return dst
	}
	switch string(eventType(name, data)) {
	case "content_block_delta":
		return p.blockDelta(dst, data)
	case "content_block_start":
		return p.blockStart(dst, index(data), jsonscan.Get(data, "content_block"))
	case "content_block_stop":
		return p.blockStop(dst, index(data))
	case "message_start":
		return p.messageStart(dst, jsonscan.Get(data, "message"))
	case "message_delta":
		p.messageDelta(data)
	case "message_stop":
		return p.messageStop(dst)
	case "message": // a whole message in one event
		return p.message(dst, data)
	case "error":
		return p.fail(dst, parseError(statusOf(jsonscan.Get(data, "error", "type")), nil, data))
	}
	return dst
}

// End implements dialect.StreamParser.
func (p *streamParser) End(dst []llm.Event) []llm.Event {
	if p.over {
		return dst
	}
	return p.fail(dst, fault.New(fault.UpstreamError, "The provider's stream ended before its answer did."))
}

func (p *streamParser) fail(dst []llm.Event, f *fault.Fault) []llm.Event {
	p.over = true
	return append(dst, llm.Event{Kind: llm.Fail, Err: f})
}

func (p *streamParser) message(dst []llm.Event, data []byte) []llm.Event {
	a, err := p.answering.message(data)
	if err != nil {
		return p.fail(dst, fault.New(fault.UpstreamError, "The provider's stream holds no message.").With(err))
	}
	p.over = true
	llm.Replay(a, func(e *llm.Event) { dst = append(dst, *e) })
	return dst
}

func index(data []byte) int64 {
	n, _ := jsonscan.Int(jsonscan.Get(data, "index"))
	return n
}

// messageStart: a message may begin with blocks that are whole already, when a turn
// that was paused goes on. A second start says nothing new.
func (p *streamParser) messageStart(dst []llm.Event, msg []byte) []llm.Event {
	if p.started {
		return dst
	}
	p.started = true
	e := llm.Event{Kind: llm.Start}
	var content []byte
	_ = jsonscan.Members(msg, func(key, v []byte) bool {
		switch string(key) {
		case "id":
			set(&e.ID, v)
		case "model":
			set(&e.Model, v)
		case "content":
			content = v
		case "usage":
			p.tally.read(v, true)
		}
		return true
	})
	e.Tier = p.tally.tier
	dst = append(dst, e)
	if p.usage = p.tally.usage(); !p.usage.IsZero() {
		dst = append(dst, llm.Event{Kind: llm.UsageEvent, Usage: &p.usage})
	}
	i := int64(-1)
	_ = jsonscan.Elements(content, func(v []byte) bool {
		dst = p.blockStop(p.blockStart(dst, i, v), i)
		i--
		return true
	})
	return dst
}

func (p *streamParser) messageDelta(data []byte) {
	_ = jsonscan.Members(data, func(key, v []byte) bool {
		switch string(key) {
		case "delta":
			_ = jsonscan.Members(v, func(key, v []byte) bool {
				switch string(key) {
				case "stop_reason":
					set(&p.vendor, v)
				case "stop_sequence":
					if v[0] == '"' {
						p.stopText = append(p.stopText[:0], v...)
					}
				}
				return true
			})
		case "usage":
			p.tally.read(v, false)
		}
		return true
	})
}

// messageStop ends the stream. What is still open ends with it.
func (p *streamParser) messageStop(dst []llm.Event) []llm.Event {
	p.over = true
	for len(p.open) > 0 {
		dst = p.blockStop(dst, p.open[0].index)
	}
	p.tally.end()
	p.usage = p.tally.usage()
	dst = append(dst, llm.Event{Kind: llm.Finished, Finish: p.finish(p.vendor, p.called), Vendor: p.vendor, StopText: p.stopText, Tier: p.tally.tier})
	if !p.usage.IsZero() {
		dst = append(dst, llm.Event{Kind: llm.UsageEvent, Usage: &p.usage, Tier: p.tally.tier})
	}
	return append(dst, llm.Event{Kind: llm.End})
}

// blockStart begins a block. What was given whole, or has a text already, is told at once.
func (p *streamParser) blockStart(dst []llm.Event, at int64, raw []byte) []llm.Event {
	var b block
	b.cut(raw)
	o := openBlock{index: at, part: p.next}
	e := llm.Event{Kind: llm.PartStart, Part: p.next}
	var said llm.Raw
	switch string(b.kind) {
	case "text":
		o.what, said = llm.Text, shown(b.have[bText])
	case "thinking":
		o.what, said = llm.Thinking, shown(b.have[bThinking])
		o.signature = append(o.signature, plainText(b.have[bSignature])...)
	case "redacted_thinking":
		o.what = llm.Thinking
		e.State = p.blob("redacted", plainText(b.have[bData]))
	case "tool_use":
		o.what = llm.ToolCall
		said = p.callStart(&o, &e, &b)
	default:
		o.what, o.whole = llm.Vendor, append([]byte(nil), raw[:min(len(raw), maxHeld)]...)
	}
	if o.what != llm.Vendor {
		p.next++
		e.What = o.what
		dst = append(dst, e)
	}
	p.open = append(p.open, o)
	if said != nil {
		dst = append(dst, llm.Event{Kind: llm.Delta, Part: o.part, What: o.what, Text: said})
	}
	return p.citations(dst, &o, b.have[bCitations])
}

// callStart fills in what begins with a tool_use, and gives the arguments if they
// are there already.
func (p *streamParser) callStart(o *openBlock, e *llm.Event, b *block) llm.Raw {
	name := ""
	set(&name, b.have[bName])
	input := b.have[bInput]
	var whole llm.Raw
	if len(input) > 0 && len(bytes.Trim(input, "{} \t\r\n")) > 0 {
		whole = jsonout.Quote(string(input))
	}
	if p.isAnswer(name) {
		o.what, o.answer = llm.Text, true
		return whole
	}
	p.called = true
	set(&e.CallID, b.have[bID])
	e.CallName = p.call.ToolName(name)
	return whole
}

// citations tells the sources that a text block begins with.
func (p *streamParser) citations(dst []llm.Event, o *openBlock, list []byte) []llm.Event {
	if o.what != llm.Text || len(list) <= 2 {
		return dst
	}
	return append(dst, llm.Event{Kind: llm.Delta, Part: o.part, What: llm.Text, Cites: readCitations(list)})
}

func (p *streamParser) blob(kind string, value []byte) []llm.Opaque {
	if len(value) == 0 {
		return nil
	}
	return []llm.Opaque{p.opaque(kind, string(value))}
}

func (p *streamParser) find(at int64) *openBlock {
	for i := len(p.open) - 1; i >= 0; i-- {
		if p.open[i].index == at {
			return &p.open[i]
		}
	}
	return nil
}

// blockDelta gives the next piece of a block.
func (p *streamParser) blockDelta(dst []llm.Event, data []byte) []llm.Event {
	if value := p.form.Match(data); value != nil {
		if o := p.find(p.index); o != nil {
			return p.piece(dst, o, p.kind, value)
		}
	}
	return p.readDelta(dst, data)
}

func (p *streamParser) readDelta(dst []llm.Event, data []byte) []llm.Event {
	var at int64
	var delta []byte
	_ = jsonscan.Members(data, func(key, v []byte) bool {
		switch string(key) {
		case "index":
			at, _ = jsonscan.Int(v)
		case "delta":
			delta = v
		}
		return true
	})
	var kind, value []byte
	_ = jsonscan.Members(delta, func(key, v []byte) bool {
		switch string(key) {
		case "type":
			kind = text(v)
		case "text", "partial_json", "thinking", "signature", "citation", "content":
			value = v
		}
		return true
	})
	p.form.Learn(data, value)
	p.index, p.kind = at, append(p.kind[:0], kind...)
	o := p.find(at)
	if o == nil {
		if dst, o = p.unbegun(dst, at, kind); o == nil {
			return dst
		}
	}
	return p.piece(dst, o, kind, value)
}

// unbegun begins a block that a server did not.
func (p *streamParser) unbegun(dst []llm.Event, at int64, kind []byte) ([]llm.Event, *openBlock) {
	switch string(kind) {
	case "text_delta":
		dst = p.blockStart(dst, at, []byte(`{"type":"text"}`))
	case "thinking_delta":
		dst = p.blockStart(dst, at, []byte(`{"type":"thinking"}`))
	}
	return dst, p.find(at)
}

func (p *streamParser) piece(dst []llm.Event, o *openBlock, kind, value []byte) []llm.Event {
	switch string(kind) {
	case "text_delta", "thinking_delta":
		return give(dst, o, shown(value))
	case "signature_delta":
		o.signature = append(o.signature, plainText(value)...)
	case "citations_delta":
		if len(value) > 0 && value[0] == '{' && o.what == llm.Text {
			p.cites[0] = readCitation(value)
			return append(dst, llm.Event{Kind: llm.Delta, Part: o.part, What: llm.Text, Cites: p.cites[:]})
		}
	case "input_json_delta":
		switch {
		case o.what == llm.Vendor:
			o.add(plainText(value))
		case o.what == llm.ToolCall || o.answer:
			return give(dst, o, shown(value))
		}
	case "compaction_delta":
		o.add(plainText(value))
	}
	return dst
}

func give(dst []llm.Event, o *openBlock, said llm.Raw) []llm.Event {
	if said == nil {
		return dst
	}
	return append(dst, llm.Event{Kind: llm.Delta, Part: o.part, What: o.what, Text: said})
}

func (o *openBlock) add(b []byte) {
	if len(o.pieces)+len(b) <= maxHeld {
		o.pieces = append(o.pieces, b...)
	}
}

func (p *streamParser) blockStop(dst []llm.Event, at int64) []llm.Event {
	o := p.find(at)
	if o == nil {
		return dst
	}
	e := llm.Event{Kind: llm.PartEnd, Part: o.part, What: o.what}
	switch o.what {
	case llm.Vendor:
		e.Part = p.next
		p.next++
		dst = append(dst, llm.Event{Kind: llm.PartStart, Part: e.Part, What: llm.Vendor, Raw: o.raw()})
	case llm.Thinking:
		e.State = p.blob("signature", o.signature)
	}
	p.forget(o)
	return append(dst, e)
}

func (p *streamParser) forget(o *openBlock) {
	for i := range p.open {
		if &p.open[i] == o {
			p.open = append(p.open[:i], p.open[i+1:]...)
			return
		}
	}
}

// raw gives a block of one vendor whole: with the input, or content, that came in pieces.
func (o *openBlock) raw() llm.Raw {
	if len(o.pieces) == 0 {
		return o.whole
	}
	var w jsonout.Writer
	w.Begin('{')
	_ = jsonscan.Members(o.whole, func(key, v []byte) bool {
		switch name := string(key); {
		case name == "input":
			w.Member(name, o.pieces)
		case name == "content" && jsonscan.IsNull(v):
			w.Text(name, string(o.pieces))
		default:
			w.Member(name, v)
		}
		return true
	})
	w.End('}')
	return w.B
}
