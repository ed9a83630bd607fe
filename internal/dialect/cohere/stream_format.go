package cohere

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// streamFormatter writes https://docs.cohere.com/docs/streaming. Only one thing is open
// at a time, as the SDKs expect: a piece of content ends when another thing begins, and
// what begins beside a tool call that is open waits for the call's end.
type streamFormatter struct {
	call    *dialect.Call
	content int // how many pieces of content have begun
	open    block
	calls   []callOut // those that are open, the first one being written
	begun   int       // how many calls have begun
	cited   int       // how many citations there were
	late    []byte    // content that waits for the end of the calls
	usage   []byte
	finish  string
	refused bool
	ended   bool
}

// block is the piece of content that is open.
type block struct {
	part int
	kind string // text, thinking; "" = none is open
}

// callOut is a tool call on its way out.
type callOut struct {
	part  int
	index int
	some  bool   // it has arguments
	ended bool   // its source is done with it
	text  []byte // of one that waits: its events
}

func newStreamFormatter(c *dialect.Call) *streamFormatter { return &streamFormatter{call: c} }

// Format implements dialect.StreamFormatter.
func (f *streamFormatter) Format(dst []byte, e *llm.Event) []byte {
	if f.ended || e.Choice != 0 {
		return dst
	}
	switch e.Kind {
	case llm.Start:
		return f.start(dst, e)
	case llm.PartStart:
		if e.What == llm.ToolCall {
			return f.callStart(dst, e)
		}
		f.refused = f.refused || e.What == llm.Refusal
	case llm.Delta:
		return f.delta(dst, e)
	case llm.PartEnd:
		if e.What == llm.ToolCall {
			return f.callEnd(dst, e.Part)
		}
		if f.open.part == e.Part {
			return f.beside(dst, f.closeContent)
		}
	case llm.Finished:
		f.finish = finishWord(e.Finish.OrRefusal(f.refused), e.Vendor, dialect.MetStop(e.Vendor, e.StopText))
	case llm.UsageEvent:
		w := jsonout.Writer{B: f.usage[:0]}
		appendUsage(&w, e.Usage)
		f.usage = w.B
	case llm.End:
		return f.end(dst)
	}
	return dst
}

// event is an event that is being written.
type event struct {
	jsonout.Writer
	from int // where its data begins
}

// begin writes an event's name, and its type in the data.
func begin(dst []byte, kind string) event {
	dst = append(append(append(dst, "event: "...), kind...), "\ndata: "...)
	from := len(dst)
	dst = append(append(append(dst, "{\"type\":\""...), kind...), '"')
	return event{jsonout.Writer{B: dst}, from}
}

// close closes n objects and the event.
func close(w *event, n int) []byte {
	for range n {
		w.B = append(w.B, '}')
	}
	jsonout.OneLine(w.B[w.from:])
	return append(w.B, "}\n\n"...)
}

func (f *streamFormatter) start(dst []byte, e *llm.Event) []byte {
	w := begin(dst, "message-start")
	w.Text("id", answerID(e.ID, f.call))
	w.Key("delta")
	w.B = append(w.B, `{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}`...)
	return close(&w, 0)
}

func (f *streamFormatter) delta(dst []byte, e *llm.Event) []byte {
	switch e.What {
	case llm.Text, llm.Refusal:
		return f.beside(dst, func(dst []byte) []byte {
			dst = f.piece(dst, e, "text")
			for i := range e.Cites {
				dst = f.citation(dst, &e.Cites[i])
			}
			return dst
		})
	case llm.Thinking:
		return f.beside(dst, func(dst []byte) []byte { return f.piece(dst, e, "thinking") })
	case llm.ToolCall:
		dst = f.arguments(dst, e)
	}
	return dst
}

// beside lets fn write content: to the stream, or to a buffer while a call is open.
func (f *streamFormatter) beside(dst []byte, fn func([]byte) []byte) []byte {
	if len(f.calls) > 0 {
		f.late = fn(f.late)
		return dst
	}
	return fn(dst)
}

// piece writes some text of a content that is begun when there is something to say.
func (f *streamFormatter) piece(dst []byte, e *llm.Event, kind string) []byte {
	if len(e.Text) <= 2 {
		return dst
	}
	if f.open != (block{e.Part, kind}) {
		dst = f.closeContent(dst)
		f.open = block{e.Part, kind}
		w := begin(dst, "content-start")
		w.Number("index", int64(f.content))
		w.Key("delta")
		w.B = append(w.B, `{"message":{"content":{"type":"`...)
		w.B = append(append(append(append(w.B, kind...), `","`...), kind...), `":""`...)
		dst = close(&w, 3)
		f.content++
	}
	w := begin(dst, "content-delta")
	w.Number("index", int64(f.content-1))
	w.Key("delta")
	w.B = append(w.B, `{"message":{"content":{`...)
	w.Member(kind, e.Text)
	w.B = append(w.B, "}}}"...)
	if len(e.Raw) > 2 {
		appendLogprob(&w.Writer, e.Raw)
	}
	return close(&w, 0)
}

func (f *streamFormatter) closeContent(dst []byte) []byte {
	if f.open.kind == "" {
		return dst
	}
	f.open = block{}
	w := begin(dst, "content-end")
	w.Number("index", int64(f.content-1))
	return close(&w, 0)
}

// citation writes a citation of the content that is open.
func (f *streamFormatter) citation(dst []byte, c *llm.Citation) []byte {
	w := begin(dst, "citation-start")
	w.Number("index", int64(f.cited))
	w.Object("delta")
	w.Object("message")
	w.Key("citations")
	appendCitation(&w.Writer, c, f.content-1)
	dst = close(&w, 2)
	w = begin(dst, "citation-end")
	w.Number("index", int64(f.cited))
	f.cited++
	return close(&w, 0)
}

// callStart begins a call, at once or, while another is open, in its own buffer.
func (f *streamFormatter) callStart(dst []byte, e *llm.Event) []byte {
	dst = f.beside(dst, f.closeContent)
	f.calls = append(f.calls, callOut{part: e.Part, index: f.begun})
	f.begun++
	return f.write(dst, &f.calls[len(f.calls)-1], func(dst []byte, c *callOut) []byte {
		w := begin(dst, "tool-call-start")
		w.Number("index", int64(c.index))
		w.Object("delta")
		w.Object("message")
		w.Object("tool_calls")
		w.Text("id", f.callID(e.CallID, c.index))
		w.Text("type", "function")
		w.Object("function")
		w.Text("name", e.CallName)
		w.Text("arguments", "")
		return close(&w, 4)
	})
}

func (f *streamFormatter) callID(id string, n int) string {
	if id == "" {
		return f.call.MadeID(0, n)
	}
	return id
}

// write lets fn write to the stream for the first call, to its buffer for another.
func (f *streamFormatter) write(dst []byte, c *callOut, fn func([]byte, *callOut) []byte) []byte {
	if c.part == f.calls[0].part {
		return fn(dst, c)
	}
	c.text = fn(c.text, c)
	return dst
}

func (f *streamFormatter) find(part int) *callOut {
	for i := range f.calls {
		if f.calls[i].part == part {
			return &f.calls[i]
		}
	}
	return nil
}

func (f *streamFormatter) arguments(dst []byte, e *llm.Event) []byte {
	c := f.find(e.Part)
	if c == nil || len(e.Text) <= 2 {
		return dst
	}
	c.some = true
	return f.write(dst, c, func(dst []byte, c *callOut) []byte { return argument(dst, c, e.Text) })
}

func argument(dst []byte, c *callOut, text llm.Raw) []byte {
	w := begin(dst, "tool-call-delta")
	w.Number("index", int64(c.index))
	w.Key("delta")
	w.B = append(w.B, `{"message":{"tool_calls":{"function":{`...)
	w.Member("arguments", text)
	return close(&w, 4)
}

// callEnd ends a call. With the first one, those that waited for it go on their way.
func (f *streamFormatter) callEnd(dst []byte, part int) []byte {
	c := f.find(part)
	if c == nil {
		return dst
	}
	dst = f.write(dst, c, callEnded)
	c.ended = true
	for len(f.calls) > 0 && f.calls[0].ended {
		f.calls = slices.Delete(f.calls, 0, 1)
		if len(f.calls) > 0 {
			dst = append(dst, f.calls[0].text...)
			f.calls[0].text = nil
		}
	}
	if len(f.calls) == 0 {
		dst = append(dst, f.late...)
		f.late = f.late[:0]
	}
	return dst
}

// callEnded writes a call's end; one without arguments has an empty object.
func callEnded(dst []byte, c *callOut) []byte {
	if !c.some {
		dst = argument(dst, c, emptyObject)
	}
	w := begin(dst, "tool-call-end")
	w.Number("index", int64(c.index))
	return close(&w, 0)
}

func (f *streamFormatter) end(dst []byte) []byte {
	f.ended = true
	dst = f.beside(dst, f.closeContent)
	for len(f.calls) > 0 {
		dst = f.callEnd(dst, f.calls[0].part)
	}
	w := begin(dst, "message-end")
	w.Object("delta")
	if f.finish == "" {
		f.finish = finishComplete
	}
	w.Text("finish_reason", f.finish)
	if len(f.usage) > 0 {
		w.B = append(append(w.B, ','), f.usage...)
	}
	return append(close(&w, 1), done...)
}
