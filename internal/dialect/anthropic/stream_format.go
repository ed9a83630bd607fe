package anthropic

import (
	"slices"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// streamFormatter writes a caller's stream. Its blocks come one after the other: while a
// tool call is open, what belongs to others is held; a text is closed when something
// else begins, and goes on in another block should more of it come.
type streamFormatter struct {
	answerWriter
	from    int       // where the data of the event begins
	start   llm.Event // held for a usage that follows at once
	begun   bool      // message_start has been written
	held    bool      // start is held
	block   int       // index of the next block
	current *streamPart
	waiting []*streamPart // parts that are held, in order
	parts   []*streamPart // all that have not been dropped
	called  bool
	refused bool
	finish  llm.Event
	usage   llm.Usage
	tier    string
	over    bool
}

// streamPart is a part of the answer on its way.
type streamPart struct {
	part     int
	what     llm.PartKind
	id, name string
	custom   bool // its text is no JSON: it becomes the one member of an object
	opened   bool // its block is open
	ended    bool
	done     bool // a call whose block was closed before it ended
	dropped  bool
	state    []llm.Opaque
	json     balance
	text     []byte // held, as it stands between quotes
	cites    []byte // held, elements of an array
	raw      []byte
}

// NewStreamFormatter implements dialect.Codec.
func (codec) NewStreamFormatter(c *dialect.Call) dialect.StreamFormatter {
	return &streamFormatter{answerWriter: answerWriter{call: c}}
}

// Format implements dialect.StreamFormatter.
func (f *streamFormatter) Format(dst []byte, e *llm.Event) []byte {
	if f.over || e.Choice != 0 {
		return dst
	}
	f.w.B = dst
	if f.held && e.Kind != llm.UsageEvent && e.Kind != llm.Fail {
		f.messageStart()
	}
	switch e.Kind {
	case llm.Start:
		f.start, f.held = llm.Event{ID: e.ID, Model: e.Model, Tier: e.Tier}, !f.begun
		f.tier = e.Tier
	case llm.PartStart:
		f.refused = f.refused || e.What == llm.Refusal
		f.partStart(e)
	case llm.Delta:
		f.delta(e)
	case llm.PartEnd:
		f.partEnd(e)
	case llm.Finished:
		f.finish = llm.Event{Finish: e.Finish, Vendor: e.Vendor, StopText: slices.Clone(e.StopText)}
		f.setTier(e.Tier)
	case llm.UsageEvent:
		f.setUsage(e)
	case llm.End:
		f.end()
	case llm.Fail:
		f.over = true
	}
	dst, f.w.B = f.w.B, nil
	return dst
}

func (f *streamFormatter) setTier(tier string) {
	if tier != "" {
		f.tier = tier
	}
}

func (f *streamFormatter) setUsage(e *llm.Event) {
	if e.Usage != nil {
		f.usage = *e.Usage
	}
	f.setTier(e.Tier)
	if f.held {
		f.messageStart()
	}
}

// event begins an event, whose data is an object with its type.
func (f *streamFormatter) event(name string) {
	f.w.B = append(f.w.B, "event: "...)
	f.w.B = append(f.w.B, name...)
	f.w.B = append(f.w.B, "\ndata: "...)
	f.from = len(f.w.B)
	f.w.B = append(f.w.B, "{\"type\":\""...)
	f.w.B = append(f.w.B, name...)
	f.w.B = append(f.w.B, '"')
}

func (f *streamFormatter) endEvent() {
	jsonout.OneLine(f.w.B[f.from:])
	f.w.B = append(f.w.B, "}\n\n"...)
}

// messageStart writes the head, with the usage that is known so far.
func (f *streamFormatter) messageStart() {
	f.held, f.begun = false, true
	f.event("message_start")
	f.w.Object("message")
	f.messageHead(f.start.ID, f.start.Model)
	f.w.Key("content")
	f.w.B = append(f.w.B, "[]"...)
	f.w.Member("stop_reason", nil)
	f.w.Member("stop_sequence", nil)
	f.w.Member("stop_details", nil)
	f.w.Key("usage")
	f.answerWriter.usage(&f.usage, f.tier)
	f.w.End('}')
	f.endEvent()
}

// of finds a part, which begins here if it has not.
func (f *streamFormatter) of(e *llm.Event) *streamPart {
	for _, p := range f.parts {
		if p.part == e.Part {
			return p
		}
	}
	p := &streamPart{part: e.Part, what: e.What}
	f.parts = append(f.parts, p)
	return p
}

func (f *streamFormatter) partStart(e *llm.Event) {
	p := f.of(e)
	p.id, p.name, p.custom = e.CallID, e.CallName, e.Custom
	p.state = append(p.state, e.State...)
	p.raw = append(p.raw[:0], e.Raw...)
	if p.what == llm.ToolCall {
		f.called = true
	}
	f.reach(p)
}

func (f *streamFormatter) delta(e *llm.Event) {
	p := f.of(e)
	p.state = append(p.state, e.State...)
	if p.done { // white space after its arguments
		return
	}
	if !f.reach(p) {
		p.hold(e)
		return
	}
	if len(e.Text) > 2 {
		f.say(p, e.Text[1:len(e.Text)-1])
	}
	for i := range e.Cites {
		f.cite(p, &e.Cites[i])
	}
}

// hold keeps what cannot be written yet.
func (p *streamPart) hold(e *llm.Event) {
	if len(e.Text) > 2 {
		p.text = append(p.text, e.Text[1:len(e.Text)-1]...)
	}
	for i := range e.Cites {
		w := answerWriter{w: jsonout.Writer{B: p.cites}}
		w.citation(&e.Cites[i])
		p.cites = w.w.B
	}
}

func (f *streamFormatter) partEnd(e *llm.Event) {
	p := f.of(e)
	p.state = append(p.state, e.State...)
	p.ended = true
	silent := f.current != p && len(p.state) == 0 && !slices.Contains(f.waiting, p)
	if p.done || silent || f.reach(p) {
		f.finishPart(p)
		f.advance()
	}
}

// reach makes a part the current one, if its turn has come.
func (f *streamFormatter) reach(p *streamPart) bool {
	if f.current == p {
		return true
	}
	f.wait(p)
	f.advance()
	if f.current != p && !p.dropped {
		f.wait(p)
	}
	return f.current == p
}

func (f *streamFormatter) wait(p *streamPart) {
	if !slices.Contains(f.waiting, p) {
		f.waiting = append(f.waiting, p)
	}
}

// givesWay reports whether a part may be closed before it ends: a call only when its
// arguments are whole.
func (p *streamPart) givesWay() bool {
	return p.what != llm.ToolCall || !p.custom && p.json.whole()
}

// advance writes the parts whose turn it is, up to one that is still going on and does
// not give way.
func (f *streamFormatter) advance() {
	for len(f.waiting) > 0 {
		if c := f.current; c != nil {
			if !c.givesWay() {
				return
			}
			f.close(c)
			c.done = c.what == llm.ToolCall
		}
		p := f.waiting[0]
		f.waiting = append(f.waiting[:0], f.waiting[1:]...)
		f.current = p
		f.begin(p)
		f.flush(p)
		if p.ended {
			f.finishPart(p)
		}
	}
}

// finishPart closes a part that has ended, and forgets it.
func (f *streamFormatter) finishPart(p *streamPart) {
	if !p.done {
		f.close(p)
	}
	if f.current == p {
		f.current = nil
	}
	p.dropped = true
	f.parts = slices.DeleteFunc(f.parts, func(q *streamPart) bool { return q == p })
}

// flush writes what was held of a part.
func (f *streamFormatter) flush(p *streamPart) {
	if len(p.text) > 0 {
		f.say(p, p.text)
		p.text = p.text[:0]
	}
	if len(p.cites) > 0 {
		f.open(p)
		for from := range splitObjects(p.cites) {
			f.citationDelta(from)
		}
		p.cites = p.cites[:0]
	}
}

// begin writes what a part begins with; texts and thoughts wait for their first words,
// since a caller could not send an empty block back.
func (f *streamFormatter) begin(p *streamPart) {
	switch p.what {
	case llm.ToolCall:
		f.open(p)
	case llm.Vendor:
		if isOwnBlock(p.raw) {
			f.blockStart()
			f.w.Key("content_block")
			f.w.Raw(onLine(p.raw))
			f.endEvent()
			f.blockStop()
		}
	}
}

// open opens a part's block.
func (f *streamFormatter) open(p *streamPart) {
	if p.opened {
		return
	}
	p.opened = true
	if p.what != llm.Thinking {
		f.redactedBlocks(p)
	}
	f.blockStart()
	switch p.what {
	case llm.Thinking:
		f.w.B = append(f.w.B, `,"content_block":{"type":"thinking","thinking":"","signature":""}`...)
	case llm.ToolCall:
		f.w.Key("content_block")
		f.callHead(p.id, p.name, p.part)
		f.w.B = append(f.w.B, `,"input":{}}`...)
	default:
		f.w.B = append(f.w.B, `,"content_block":{"type":"text","text":""}`...)
	}
	f.endEvent()
	if p.custom {
		f.argument(`{\"input\":\"`)
	}
}

// argument writes a fragment, as it stands between quotes.
func (f *streamFormatter) argument(said string) {
	f.deltaHead(`input_json_delta","partial_json":"`)
	f.w.B = append(append(f.w.B, said...), '"')
	f.deltaEnd()
}

// redactedBlocks writes blobs that are known when a part begins, each as a block.
func (f *streamFormatter) redactedBlocks(p *streamPart) {
	for i := range p.state {
		f.blockStart()
		f.w.Key("content_block")
		f.redacted(&p.state[i])
		f.w.End('}')
		f.endEvent()
		f.blockStop()
	}
	p.state = nil
}

func (f *streamFormatter) blockStart() {
	f.event("content_block_start")
	f.w.Number("index", int64(f.block))
}

func (f *streamFormatter) blockStop() {
	f.event("content_block_stop")
	f.w.Number("index", int64(f.block))
	f.endEvent()
	f.block++
}

// deltaHead begins a delta of the open block up to its text.
func (f *streamFormatter) deltaHead(member string) {
	f.w.B = append(f.w.B, "event: content_block_delta\ndata: "...)
	f.from = len(f.w.B)
	f.w.B = append(f.w.B, "{\"type\":\"content_block_delta\",\"index\":"...)
	f.w.B = strconv.AppendInt(f.w.B, int64(f.block), 10)
	f.w.B = append(f.w.B, `,"delta":{"type":"`...)
	f.w.B = append(f.w.B, member...)
}

func (f *streamFormatter) deltaEnd() {
	f.w.B = append(f.w.B, '}')
	f.endEvent()
}

// say writes new text, as it stands between quotes.
func (f *streamFormatter) say(p *streamPart, said []byte) {
	f.open(p)
	switch p.what {
	case llm.ToolCall:
		if p.custom {
			said = jsonout.AppendEscaped(nil, said)
		} else if p.json.add(said); string(said) == "null" && !p.json.seen { // no arguments, in some words
			return
		}
		f.deltaHead(`input_json_delta","partial_json":"`)
	case llm.Thinking:
		f.deltaHead(`thinking_delta","thinking":"`)
	default:
		f.deltaHead(`text_delta","text":"`)
	}
	f.w.B = append(append(f.w.B, said...), '"')
	f.deltaEnd()
}

func (f *streamFormatter) cite(p *streamPart, c *llm.Citation) {
	f.open(p)
	f.deltaHead(`citations_delta","citation":`)
	f.citation(c)
	f.deltaEnd()
}

func (f *streamFormatter) citationDelta(raw []byte) {
	f.deltaHead(`citations_delta","citation":`)
	f.w.B = append(f.w.B, raw...)
	f.deltaEnd()
}

// close ends a part's block, its signature before that.
func (f *streamFormatter) close(p *streamPart) {
	f.flush(p)
	if p.what == llm.Thinking {
		f.sign(p)
	}
	if p.opened && p.custom {
		f.argument(`\"}`)
	}
	if p.opened {
		f.blockStop()
		p.opened = false
	}
	f.redactedBlocks(p) // what came too late to stand before
}

// sign writes a thought's state: as its signature, or as a block of its own when
// nothing of the thought is shown.
func (f *streamFormatter) sign(p *streamPart) {
	if len(p.state) == 0 {
		return
	}
	if !p.opened && !isSigned(p.state) {
		return
	}
	f.open(p)
	f.deltaHead(`signature_delta","signature":`)
	f.w.B = jsonout.AppendString(f.w.B, signature(p.state))
	f.deltaEnd()
	p.state = p.state[1:]
}

// end writes what a message ends with; what is still open is closed.
func (f *streamFormatter) end() {
	f.over = true
	for _, p := range f.parts {
		p.ended = true
	}
	if f.current != nil {
		f.finishPart(f.current)
	}
	f.advance()
	f.event("message_delta")
	f.w.Object("delta")
	f.stopped(f.finish.Finish.OrRefusal(f.refused), f.finish.Vendor, f.finish.StopText, f.called)
	f.w.End('}')
	f.w.Key("usage")
	f.answerWriter.usage(&f.usage, "")
	f.endEvent()
	f.event("message_stop")
	f.endEvent()
}
