package openairesponses

import (
	"slices"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// next numbers an item that begins. A message whose texts have ended is ended by it.
func (f *streamFormatter) next() int {
	if f.message.open && f.message.live == 0 {
		f.endMessage()
	}
	f.items++
	return f.items - 1
}

// added writes that an item has begun; write writes the item.
func (f *streamFormatter) added(index int, write func(*jsonout.Writer)) {
	if f.begin("response.output_item.added") {
		f.Number("output_index", int64(index))
		f.Key("item")
		write(&f.Writer)
		f.end()
	}
}

// done keeps a finished item and writes that it is.
func (f *streamFormatter) done(index int, write func(*jsonout.Writer)) {
	f.scratch.B = f.scratch.B[:0]
	write(&f.scratch)
	f.output.put(index, f.scratch.B)
	if f.begin("response.output_item.done") {
		f.Number("output_index", int64(index))
		f.Key("item")
		f.Raw(f.scratch.B)
		f.end()
	}
}

// at writes which item and which of its parts an event is of.
func (f *streamFormatter) at(p *piece, part string, n int) {
	f.Text("item_id", p.id)
	f.Number("output_index", int64(p.index))
	if part != "" {
		f.Number(part, int64(n))
	}
}

// beginContent begins a part of the message, which is begun with its first.
func (f *streamFormatter) beginContent(p *piece) {
	m := &f.message
	if !m.open {
		m.open, m.id, m.index = true, f.frame.id("msg_", p.part), f.next()
		m.contents, m.live = 0, 0
		m.finished.forget()
		f.added(m.index, func(w *jsonout.Writer) { m.write(w, "in_progress") })
	}
	p.begun, p.id, p.index, p.content = true, m.id, m.index, m.contents
	m.contents++
	m.live++
	if f.begin("response.content_part.added") {
		f.at(p, "content_index", p.content)
		f.Key("part")
		if p.kind == llm.Refusal {
			f.Raw([]byte(`{"type":"refusal","refusal":""}`))
		} else {
			f.Raw([]byte(`{"type":"output_text","annotations":[],"logprobs":[],"text":""}`))
		}
		f.end()
	}
}

func (m *message) write(w *jsonout.Writer, status string) {
	w.Begin('{')
	w.Text("id", m.id)
	w.Text("type", "message")
	w.Text("status", status)
	w.Text("role", "assistant")
	w.Array("content")
	m.finished.write(w)
	w.End(']')
	w.End('}')
}

func (f *streamFormatter) textDelta(p *piece, e *llm.Event) {
	if !hasText(e.Text) && len(e.Cites) == 0 && len(e.Raw) <= 2 {
		return
	}
	if !p.begun {
		f.beginContent(p)
	}
	if hasText(e.Text) || len(e.Raw) > 2 {
		f.writeText(p, e)
	}
	for i := range e.Cites {
		if s := &e.Cites[i]; isAnnotation(s.Raw) || s.URL != nil {
			p.sources = append(p.sources, llm.Citation{URL: slices.Clone(s.URL), Title: slices.Clone(s.Title), Start: s.Start, End: s.End, Raw: slices.Clone(s.Raw)})
		}
	}
}

func (f *streamFormatter) writeText(p *piece, e *llm.Event) {
	delta, logprobs := e.Text, e.Raw
	if delta == nil {
		delta = emptyText
	}
	p.text = append(p.text, inner(delta)...)
	if len(logprobs) > 2 {
		p.logprobs = appendValue(p.logprobs, inner(logprobs))
	} else {
		logprobs = emptyList
	}
	if f.begin("response.output_text.delta") {
		f.at(p, "content_index", p.content)
		f.Member("delta", delta)
		f.Member("logprobs", logprobs)
		f.end()
	}
}

var (
	emptyText = llm.Raw(`""`)
	emptyList = llm.Raw(`[]`)
)

// appendValue appends JSON values to a list without brackets.
func appendValue(list, values []byte) []byte {
	if len(list) > 0 {
		list = append(list, ',')
	}
	return append(list, values...)
}

// cite adds a source to a text that is all there, so that its place in it is known.
func (f *streamFormatter) cite(p *piece, cites []llm.Citation) {
	f.scratch.B = f.scratch.B[:0]
	writeCites(&f.scratch, cites, dialect.CharactersInside(p.text))
	if len(f.scratch.B) == 0 {
		return
	}
	p.cites = appendValue(p.cites, f.scratch.B)
	if f.begin("response.output_text.annotation.added") {
		f.at(p, "content_index", p.content)
		f.Number("annotation_index", int64(p.cited))
		f.Member("annotation", f.scratch.B)
		f.end()
	}
	p.cited++
}

func (f *streamFormatter) refusalDelta(p *piece, delta llm.Raw) {
	if !hasText(delta) {
		return
	}
	if !p.begun {
		f.beginContent(p)
	}
	p.text = append(p.text, inner(delta)...)
	if f.begin("response.refusal.delta") {
		f.at(p, "content_index", p.content)
		f.Member("delta", delta)
		f.end()
	}
}

// endContent ends a part of the message. A signature of it stands in an item of its own.
func (f *streamFormatter) endContent(p *piece) {
	if p.begun {
		for i := range p.sources {
			f.cite(p, p.sources[i:i+1])
		}
		f.message.live--
		f.contentDone(p)
		f.scratch.B = f.scratch.B[:0]
		p.writeContent(&f.scratch)
		f.message.finished.put(p.content, f.scratch.B)
		if f.begin("response.content_part.done") {
			f.at(p, "content_index", p.content)
			f.Member("part", f.scratch.B)
			f.end()
		}
	}
	f.signatures(p)
}

func (f *streamFormatter) contentDone(p *piece) {
	if p.kind == llm.Refusal {
		if f.begin("response.refusal.done") {
			f.at(p, "content_index", p.content)
			quoted(&f.Writer, "refusal", p.text)
			f.end()
		}
		return
	}
	if f.begin("response.output_text.done") {
		f.at(p, "content_index", p.content)
		quoted(&f.Writer, "text", p.text)
		f.list("logprobs", p.logprobs)
		f.end()
	}
}

func (p *piece) writeContent(w *jsonout.Writer) {
	w.Begin('{')
	if p.kind == llm.Refusal {
		w.Text("type", "refusal")
		quoted(w, "refusal", p.text)
	} else {
		w.Text("type", "output_text")
		writeList(w, "annotations", p.cites)
		writeList(w, "logprobs", p.logprobs)
		quoted(w, "text", p.text)
	}
	w.End('}')
}

func (f *streamFormatter) list(key string, values []byte) { writeList(&f.Writer, key, values) }

func writeList(w *jsonout.Writer, key string, values []byte) {
	w.Array(key)
	w.B = append(w.B, values...)
	w.End(']')
}

// endMessage ends the message item. One that the answer ends with may be cut off.
func (f *streamFormatter) endMessage() {
	m := &f.message
	if !m.open {
		return
	}
	m.open = false
	f.done(m.index, func(w *jsonout.Writer) { m.write(w, itemStatus(f.finish)) })
}

// signatures writes what is kept of a piece that has no field for it, each in a
// reasoning item of its own.
func (f *streamFormatter) signatures(p *piece) {
	if p.state == "" {
		return
	}
	f.signature(p, p.state, 0)
	f.furtherSignatures(p)
}

func (f *streamFormatter) furtherSignatures(p *piece) {
	for i, s := range p.further {
		f.signature(p, s, i+1)
	}
	p.state, p.further = "", p.further[:0]
}

func (f *streamFormatter) signature(p *piece, state string, n int) {
	id := f.frame.id("rs_", p.part) + "_" + strconv.Itoa(n)
	index := f.next()
	write := func(w *jsonout.Writer) { writeReasoning(w, id, nil, state) }
	f.added(index, write)
	f.done(index, write)
}

// writeReasoning writes a reasoning item; text is nil when there is none.
func writeReasoning(w *jsonout.Writer, id string, text []byte, state string) {
	w.Begin('{')
	w.Text("id", id)
	w.Text("type", "reasoning")
	w.Array("summary")
	if text != nil {
		w.Begin('{')
		w.Text("type", "summary_text")
		quoted(w, "text", text)
		w.End('}')
	}
	w.End(']')
	w.TextIf("encrypted_content", state)
	w.End('}')
}

func (f *streamFormatter) beginThinking(p *piece) {
	p.begun, p.id, p.index = true, f.frame.id("rs_", p.part), f.next()
	f.added(p.index, func(w *jsonout.Writer) { writeReasoning(w, p.id, nil, "") })
}

// thinkingDelta tells reasoning as its summary, which is what the dialect's clients show.
func (f *streamFormatter) thinkingDelta(p *piece, delta llm.Raw) {
	if !hasText(delta) {
		return
	}
	if !p.begun {
		f.beginThinking(p)
		if f.begin("response.reasoning_summary_part.added") {
			f.at(p, "summary_index", 0)
			f.Member("part", []byte(`{"type":"summary_text","text":""}`))
			f.end()
		}
	}
	p.text = append(p.text, inner(delta)...)
	if f.begin("response.reasoning_summary_text.delta") {
		f.at(p, "summary_index", 0)
		f.Member("delta", delta)
		f.end()
	}
}

func (f *streamFormatter) endThinking(p *piece) {
	if !p.begun && p.state == "" {
		return
	}
	if !p.begun {
		f.beginThinking(p)
	} else {
		f.summaryDone(p)
	}
	text := p.text
	if len(text) == 0 {
		text = nil
	}
	f.done(p.index, func(w *jsonout.Writer) { writeReasoning(w, p.id, text, p.state) })
	f.furtherSignatures(p)
}

func (f *streamFormatter) summaryDone(p *piece) {
	if f.begin("response.reasoning_summary_text.done") {
		f.at(p, "summary_index", 0)
		quoted(&f.Writer, "text", p.text)
		f.end()
	}
	if f.begin("response.reasoning_summary_part.done") {
		f.at(p, "summary_index", 0)
		f.Object("part")
		f.Text("type", "summary_text")
		quoted(&f.Writer, "text", p.text)
		f.End('}')
		f.end()
	}
}

// whole writes a part that comes in one: an item of this dialect, or an image.
func (f *streamFormatter) whole(e *llm.Event) {
	var item llm.Raw
	switch {
	case isVendorItem(e.Raw):
		item = e.Raw
	case e.What == llm.Image && e.Media != nil && len(e.Media.Data) > 0:
		item = f.image(e)
	default:
		return
	}
	index := f.next()
	write := func(w *jsonout.Writer) { w.Raw(item) }
	f.added(index, write)
	f.done(index, write)
}

// image makes the item of an image that a model of another dialect made.
func (f *streamFormatter) image(e *llm.Event) llm.Raw {
	var w jsonout.Writer
	w.Begin('{')
	w.Text("id", f.frame.id("ig_", e.Part))
	w.Text("type", "image_generation_call")
	w.Text("status", "completed")
	quoted(&w, "result", e.Media.Data)
	w.End('}')
	return w.B
}

// toolOf finds the tool that a call names, nil when there is none.
func toolOf(r *llm.Request, name string) *llm.Tool {
	if r == nil {
		return nil
	}
	for i := range r.Tools {
		if r.Tools[i].Name == name {
			return &r.Tools[i]
		}
	}
	return nil
}

// isSearchTool reports whether a tool is the search for tools that the client does.
func isSearchTool(t *llm.Tool) bool {
	return t.Kind == llm.Function && t.Vendor != nil && string(bare(jsonscan.Get(t.Vendor, "type"))) == toolSearch
}
