package gemini

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// streamFormatter writes one stream: a chunk for each thing that is said, and one at the
// end with the finish of each candidate and the usage. Calls have to be whole in this
// dialect, so their arguments are collected.
type streamFormatter struct {
	c       *dialect.Call
	w       jsonout.Writer // dst, while an event is written
	head    []byte         // the members that end each chunk
	id      string
	model   string
	tier    string
	begun   bool // the first chunk has been written
	from    int  // where the chunk begins in dst
	ended   bool
	usage   llm.Usage
	choices []choiceWriter
}

// choiceWriter is where one candidate stands.
type choiceWriter struct {
	finished bool
	refused  bool // it spoke a refusal
	finish   llm.Finish
	vendor   string
	calls    []callWriter
	kept     []llm.Opaque // blobs without text, see partWriter.thought
	silent   int          // number of the part that has shown nothing yet, +1
	grounds  grounds
	ascii    bool
}

// callWriter is a call that is being collected.
type callWriter struct {
	part  int
	call  llm.Call
	args  []byte // a JSON string's inside
	state []llm.Opaque
}

// NewStreamFormatter implements dialect.Codec.
func (codec) NewStreamFormatter(c *dialect.Call) dialect.StreamFormatter {
	return &streamFormatter{c: c}
}

// Format implements dialect.StreamFormatter.
func (f *streamFormatter) Format(dst []byte, e *llm.Event) []byte {
	f.w.B = dst
	f.event(e)
	dst = f.w.B
	f.w.B = nil
	return dst
}

func (f *streamFormatter) event(e *llm.Event) {
	switch e.Kind {
	case llm.Start:
		f.id, f.model, f.tier = e.ID, e.Model, e.Tier
	case llm.PartStart, llm.Delta, llm.PartEnd:
		f.content(e, f.choice(e.Choice))
	case llm.Finished:
		ch := f.choice(e.Choice)
		ch.finished, ch.finish, ch.vendor = true, e.Finish, e.Vendor
		f.learn(e)
	case llm.UsageEvent:
		f.usage = *e.Usage
		f.learn(e)
	case llm.End:
		f.end()
	}
}

func (f *streamFormatter) learn(e *llm.Event) {
	if e.Tier != "" {
		f.tier = e.Tier
	}
}

func (f *streamFormatter) choice(n int) *choiceWriter {
	for len(f.choices) <= n {
		f.choices = append(f.choices, choiceWriter{ascii: true})
	}
	return &f.choices[n]
}

// content writes what an event adds to a candidate.
func (f *streamFormatter) content(e *llm.Event, ch *choiceWriter) {
	switch e.What {
	case llm.ToolCall:
		f.call(e, ch)
	case llm.Text, llm.Refusal:
		ch.refused = ch.refused || e.What == llm.Refusal
		f.text(e, ch)
	case llm.Thinking:
		f.thought(e, ch)
	case llm.Vendor:
		if e.Kind == llm.PartStart && isSpecial(e.Raw) {
			f.flush(e.Choice, ch)
			f.part(e.Choice, func(p *partWriter) { p.special(e.Raw, e.State) })
		}
	default:
		if e.Media != nil {
			f.flush(e.Choice, ch)
			f.part(e.Choice, func(p *partWriter) { p.media(e.What, e.Media, e.State) })
		}
	}
}

func (f *streamFormatter) text(e *llm.Event, ch *choiceWriter) {
	ch.ascii = ch.ascii && isASCII(e.Text)
	if len(e.Cites) > 0 && ch.ascii {
		ch.grounds.add(0, "", e.Cites)
	} else if len(e.Cites) > 0 {
		ch.grounds.add(0, "", placeless(e.Cites))
	}
	if len(e.Text) <= 2 && len(e.State) == 0 && e.Raw == nil {
		return
	}
	f.flush(e.Choice, ch)
	f.words(e, false)
}

// placeless gives sources without their places.
func placeless(cites []llm.Citation) []llm.Citation {
	out := append([]llm.Citation(nil), cites...)
	for i := range out {
		out[i].Start, out[i].End = llm.Count{}, llm.Count{}
	}
	return out
}

// thought writes reasoning as it comes. A part that shows nothing leaves its blobs to
// the call that follows.
func (f *streamFormatter) thought(e *llm.Event, ch *choiceWriter) {
	if e.Kind == llm.PartStart {
		ch.silent = e.Part + 1
	}
	shows := len(e.Text) > 2
	if shows {
		ch.silent = 0
	}
	switch {
	case !shows && len(e.State) == 0:
	case !shows && ch.silent == e.Part+1:
		ch.kept = append(ch.kept, e.State...)
	default:
		f.flush(e.Choice, ch)
		f.words(e, true)
	}
}

// words writes a chunk of text, or of thoughts.
func (f *streamFormatter) words(e *llm.Event, thought bool) {
	f.open()
	p := partWriter{w: &f.w}
	p.text(e.Text, thought, e.State)
	f.close(e.Choice, e.Raw)
}

// flush writes the blobs that no call has taken.
func (f *streamFormatter) flush(n int, ch *choiceWriter) {
	if len(ch.kept) > 0 {
		kept := ch.kept
		ch.kept = nil
		f.part(n, func(p *partWriter) { p.kept = kept; p.flush() })
	}
}

// call collects a call, and writes it when it is whole.
func (f *streamFormatter) call(e *llm.Event, ch *choiceWriter) {
	if e.Kind == llm.PartStart {
		ch.calls = append(ch.calls, callWriter{part: e.Part, call: llm.Call{ID: e.CallID, Name: e.CallName, Custom: e.Custom, Quoted: true}, args: []byte{'"'}})
	}
	for i := range ch.calls {
		c := &ch.calls[i]
		if c.part != e.Part {
			continue
		}
		if len(e.Text) > 2 {
			c.args = append(c.args, e.Text[1:len(e.Text)-1]...)
		}
		c.state = append(c.state, e.State...)
		if e.Kind == llm.PartEnd {
			done := *c
			ch.calls = append(ch.calls[:i], ch.calls[i+1:]...)
			done.call.Arguments = append(done.args, '"')
			f.part(e.Choice, func(p *partWriter) {
				p.kept, ch.kept = ch.kept, nil
				p.call(&done.call, done.state)
			})
		}
		return
	}
}

// part writes a chunk with what fn writes.
func (f *streamFormatter) part(n int, fn func(*partWriter)) {
	f.open()
	p := partWriter{w: &f.w}
	fn(&p)
	f.close(n, nil)
}

// chunk opens a chunk in the framing that was asked for. Lines end as the vendor's do,
// see formatStreamError.
func (f *streamFormatter) chunk() {
	switch {
	case !f.c.Array:
		f.w.B = append(f.w.B, "data: {"...)
	case f.begun:
		f.w.B = append(f.w.B, ",\r\n{"...)
	default:
		f.w.B = append(f.w.B, "[{"...)
	}
	f.begun, f.from = true, len(f.w.B)
}

// endChunk ends it with what names the answer.
func (f *streamFormatter) endChunk() {
	if f.head == nil {
		var w jsonout.Writer
		w.B = append(w.B, '{')
		head(&w, f.model, f.id, f.c)
		if f.head = w.B[1:]; len(f.head) > 0 {
			f.head = append([]byte{','}, f.head...)
		}
	}
	f.w.B = append(append(f.w.B, f.head...), '}')
	jsonout.OneLine(f.w.B[f.from:])
	if !f.c.Array {
		f.w.B = append(f.w.B, "\r\n\r\n"...)
	}
}

// open opens a chunk up to the parts of a candidate.
func (f *streamFormatter) open() {
	f.chunk()
	f.w.B = append(f.w.B, `"candidates":[{"content":{"parts":[`...)
}

// close ends it.
func (f *streamFormatter) close(n int, logprobs llm.Raw) {
	f.w.B = append(f.w.B, `],"role":"model"},"index":`...)
	f.w.Int(int64(n))
	if logprobs != nil {
		writeLogprobs(&f.w, logprobs)
	}
	f.w.B = append(f.w.B, '}', ']')
	f.endChunk()
}

// end writes the last chunk, and closes an array.
func (f *streamFormatter) end() {
	if f.ended {
		return
	}
	f.ended = true
	for n := range f.choices {
		f.flush(n, &f.choices[n])
	}
	f.chunk()
	w := &f.w
	w.Array("candidates")
	for n := range f.choices {
		f.finish(n, &f.choices[n])
	}
	w.End(']')
	writeUsage(w, &f.usage, f.tier)
	f.endChunk()
	if f.c.Array {
		w.B = append(w.B, ']')
	}
}

// finish writes a candidate's finish.
func (f *streamFormatter) finish(n int, ch *choiceWriter) {
	if !ch.finished {
		return
	}
	w := &f.w
	w.Raw([]byte(`{"content":{"parts":[{"text":""}],"role":"model"}`))
	finish(w, ch.finish, ch.vendor, ch.refused)
	w.Number("index", int64(n))
	if !ch.grounds.empty() {
		ch.grounds.write(w)
	}
	w.End('}')
}
