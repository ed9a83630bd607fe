package openairesponses

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// streamFormatter writes a caller's stream. Items may be open side by side: every event
// says which item it is of, and output indices rise in the order in which items begin
// (https://platform.openai.com/docs/api-reference/responses-streaming).
type streamFormatter struct {
	jsonout.Writer
	frame   frame
	quiet   bool // only the whole answer is wanted
	from    int  // where the data of the event begins
	seq     int64
	started bool
	over    bool

	items   int   // that have begun
	output  slots // finished items
	message message
	pieces  []*piece // open parts
	ended   *piece   // a call that has ended and is not told to be done
	spare   []*piece
	scratch jsonout.Writer

	finish llm.Finish
	usage  llm.Usage
	known  bool // usage is
}

// message is the message item that texts and refusals in a row share.
type message struct {
	open     bool
	id       string
	index    int   // of the item in the output
	contents int   // parts that have begun
	live     int   // of them are not finished
	finished slots // contents
}

// piece is one open part of the answer.
type piece struct {
	part    int
	kind    llm.PartKind
	begun   bool
	id      string // of its item
	index   int    // of its item in the output
	content int    // index in the message's content

	text     []byte         // so far, as it stands between quotes
	sources  []llm.Citation // told when the text ends
	cites    []byte         // JSON values, joined
	cited    int
	logprobs []byte // likewise

	call     call
	state    string   // what the item's field for state holds
	further  []string // more of them
	unfolder dialect.CustomStream
}

// NewStreamFormatter implements dialect.Codec.
func (codec) NewStreamFormatter(c *dialect.Call) dialect.StreamFormatter {
	return &streamFormatter{frame: newFrame(c)}
}

// FormatAnswer implements dialect.Codec.
func (codec) FormatAnswer(dst []byte, a *llm.Answer, c *dialect.Call) []byte {
	f := &streamFormatter{frame: newFrame(c), quiet: true}
	llm.Replay(a, func(e *llm.Event) { f.Format(nil, e) })
	if len(a.Choices) == 0 && a.Blocked != "" {
		f.finish = llm.FinishFilter
	}
	w := jsonout.Writer{B: dst}
	s := f.state()
	f.frame.write(&w, &s)
	return w.B
}

// Format implements dialect.StreamFormatter.
func (f *streamFormatter) Format(dst []byte, e *llm.Event) []byte {
	if e.Choice > 0 || f.over {
		return dst
	}
	f.B = dst
	f.frame.learn(e)
	if e.Kind != llm.Fail {
		f.start()
	}
	switch e.Kind {
	case llm.PartStart:
		f.settle("completed")
		f.partStart(e)
	case llm.Delta:
		f.settle("completed")
		f.delta(e)
	case llm.PartEnd:
		f.partEnd(e)
	case llm.Finished:
		f.finish = e.Finish
		f.endAll()
	case llm.UsageEvent:
		f.usage, f.known = *e.Usage, true
	case llm.Fail:
		f.over = true
	case llm.End:
		f.endAll()
		f.complete()
	}
	out := f.B
	f.B = nil
	return out
}

// begin begins an event; false when none is to be written.
func (f *streamFormatter) begin(kind string) bool {
	if f.quiet {
		return false
	}
	f.B = append(f.B, "event: "...)
	f.B = append(f.B, kind...)
	f.B = append(f.B, "\ndata: "...)
	f.from = len(f.B)
	f.B = append(f.B, "{\"type\":\""...)
	f.B = append(f.B, kind...)
	f.B = append(f.B, '"')
	f.Number("sequence_number", f.seq)
	f.seq++
	return true
}

// end ends an event.
func (f *streamFormatter) end() {
	jsonout.OneLine(f.B[f.from:])
	f.B = append(f.B, "}\n\n"...)
}

// start writes the events before the first item.
func (f *streamFormatter) start() {
	if f.started {
		return
	}
	f.started = true
	for _, kind := range [...]string{"response.created", "response.in_progress"} {
		if f.begin(kind) {
			f.Key("response")
			f.frame.write(&f.Writer, &state{status: "in_progress"})
			f.end()
		}
	}
}

func (f *streamFormatter) state() state {
	s := state{output: f.output.write}
	s.status, s.reason = status(f.finish)
	if f.known {
		s.usage = &f.usage
	}
	return s
}

// complete writes the last event.
func (f *streamFormatter) complete() {
	f.over = true
	s := f.state()
	if f.begin("response." + s.status) {
		f.Key("response")
		f.frame.write(&f.Writer, &s)
		f.end()
	}
}

// FormatFailure implements dialect.StreamFailer: the event that SDKs raise, and the one
// that ends the response for programs which follow its status.
func (f *streamFormatter) FormatFailure(dst []byte, why *fault.Fault, _ string) []byte {
	f.over = true
	f.B = dst
	f.settle("completed")
	f.B = appendStreamError(f.B, why, int(f.seq))
	f.seq++
	s := state{status: "failed", output: f.output.write, failed: failure(why)}
	if f.begin("response.failed") {
		f.Key("response")
		f.frame.write(&f.Writer, &s)
		f.end()
	}
	out := f.B
	f.B = nil
	return out
}

// piece finds the open piece of a part, nil when there is none.
func (f *streamFormatter) piece(part int) *piece {
	for _, p := range f.pieces {
		if p.part == part {
			return p
		}
	}
	return nil
}

// open opens a piece for a part.
func (f *streamFormatter) open(e *llm.Event) *piece {
	var p *piece
	if n := len(f.spare); n > 0 {
		p, f.spare = f.spare[n-1], f.spare[:n-1]
		*p = piece{text: p.text[:0], sources: p.sources[:0], cites: p.cites[:0], logprobs: p.logprobs[:0], further: p.further[:0]}
	} else {
		p = &piece{}
	}
	p.part, p.kind = e.Part, e.What
	f.pieces = append(f.pieces, p)
	return p
}

// close forgets a piece, whose room another one gets.
func (f *streamFormatter) close(p *piece) {
	f.forget(p)
	f.spare = append(f.spare, p)
}

func (f *streamFormatter) forget(p *piece) {
	for i := range f.pieces {
		if f.pieces[i] == p {
			f.pieces = append(f.pieces[:i], f.pieces[i+1:]...)
			break
		}
	}
}

func (f *streamFormatter) partStart(e *llm.Event) {
	switch e.What {
	case llm.Text, llm.Refusal:
		f.keepState(f.open(e), e.State)
	case llm.Thinking:
		f.keepState(f.open(e), e.State)
	case llm.ToolCall:
		f.beginCall(f.open(e), e)
	case llm.Image, llm.Vendor:
		f.whole(e)
	}
}

func (f *streamFormatter) delta(e *llm.Event) {
	p := f.piece(e.Part)
	if p == nil {
		return
	}
	f.keepState(p, e.State)
	switch p.kind {
	case llm.Text:
		f.textDelta(p, e)
	case llm.Refusal:
		f.refusalDelta(p, e.Text)
	case llm.Thinking:
		f.thinkingDelta(p, e.Text)
	case llm.ToolCall:
		f.callDelta(p, e.Text)
	}
}

func (f *streamFormatter) partEnd(e *llm.Event) {
	if p := f.piece(e.Part); p != nil {
		f.keepState(p, e.State)
		f.endPiece(p)
	}
}

func (f *streamFormatter) endPiece(p *piece) {
	switch p.kind {
	case llm.Text, llm.Refusal:
		f.endContent(p)
	case llm.Thinking:
		f.endThinking(p)
	case llm.ToolCall:
		f.forget(p)
		f.endCall(p)
		return
	}
	f.close(p)
}

// endAll ends what is open.
func (f *streamFormatter) endAll() {
	for len(f.pieces) > 0 {
		f.endPiece(f.pieces[0])
	}
	f.settle(itemStatus(f.finish))
	f.endMessage()
}

// keepState notes blobs in the form in which they stand in a reasoning item. One of a
// call names the call, so that it finds it again wherever it stands.
func (f *streamFormatter) keepState(p *piece, states []llm.Opaque) {
	for i := range states {
		o := states[i]
		if p.kind == llm.ToolCall && o.ID == "" {
			o.ID = p.call.id
		}
		text := dialect.Wrap(&o, dialect.Responses)
		if p.state == "" {
			p.state = text
		} else {
			p.further = append(p.further, text)
		}
	}
}

// hasText reports whether a span is a string that is not empty.
func hasText(v llm.Raw) bool { return len(v) > 2 }

// inner gives what stands between a string's quotes.
func inner(v llm.Raw) []byte { return v[1 : len(v)-1] }

// quoted writes a string member from what stands between its quotes.
func quoted(w *jsonout.Writer, key string, text []byte) {
	w.Key(key)
	w.B = append(w.B, '"')
	w.B = append(append(w.B, text...), '"')
}
