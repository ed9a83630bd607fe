package converse

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// headers are those of an event, in the vendor's order.
type headers [3]dialect.EventHeader

func headersOf(event string) headers {
	return headers{{Name: ":event-type", Value: event}, {Name: ":content-type", Value: "application/json"}, {Name: ":message-type", Value: "event"}}
}

var (
	eventMessageStart = headersOf("messageStart")
	eventBlockStart   = headersOf("contentBlockStart")
	eventBlockDelta   = headersOf("contentBlockDelta")
	eventBlockStop    = headersOf("contentBlockStop")
	eventMessageStop  = headersOf("messageStop")
	eventMetadata     = headersOf("metadata")
)

// payload begins the payload of an event.
func (f *streamFormatter) payload() { f.w.B = append(f.w.B[:0], '{') }

// frame ends the payload and appends the event.
func (f *streamFormatter) frame(dst []byte, h []dialect.EventHeader) []byte {
	f.w.End('}')
	return dialect.AppendEventStream(dst, h, f.w.B)
}

func (f *streamFormatter) start(dst []byte) []byte {
	if f.started {
		return dst
	}
	f.started = true
	f.payload()
	f.w.Text("role", "assistant")
	return f.frame(dst, eventMessageStart[:])
}

// piece writes a delta {member: {inner: value}}, or {member: value}, which opens the
// block of the part.
func (f *streamFormatter) piece(dst []byte, member, inner string, value []byte) []byte {
	f.open = true
	f.payload()
	f.w.Number("contentBlockIndex", int64(f.block))
	f.w.Object("delta")
	if inner == "" {
		f.w.Member(member, value)
	} else {
		f.w.Object(member)
		f.w.Member(inner, value)
		f.w.End('}')
	}
	f.w.End('}')
	return f.frame(dst, eventBlockDelta[:])
}

func (f *streamFormatter) blockStop(dst []byte) []byte {
	f.payload()
	f.w.Number("contentBlockIndex", int64(f.block))
	f.open = false
	f.block++
	return f.frame(dst, eventBlockStop[:])
}

func (f *streamFormatter) toolStart(dst []byte, name string) []byte {
	f.open = true
	f.payload()
	f.w.Number("contentBlockIndex", int64(f.block))
	f.w.Object("start")
	f.w.Object("toolUse")
	f.w.Text("toolUseId", f.id)
	f.w.Text("name", name)
	f.w.End('}')
	f.w.End('}')
	return f.frame(dst, eventBlockStart[:])
}

// redacted writes a block of its own; none is open.
func (f *streamFormatter) redacted(dst []byte, value string) []byte {
	f.payload()
	f.w.Number("contentBlockIndex", int64(f.block))
	f.w.Object("delta")
	f.w.Object("reasoningContent")
	f.w.Text("redactedContent", value)
	f.w.End('}')
	f.w.End('}')
	return f.blockStop(f.frame(dst, eventBlockDelta[:]))
}

// citation writes a source of the text so far.
func (f *streamFormatter) citation(dst []byte, c *llm.Citation) []byte {
	f.open = true
	f.payload()
	f.w.Number("contentBlockIndex", int64(f.block))
	f.w.Object("delta")
	f.w.Object("citation")
	writeCitation(&f.w, c)
	f.w.End('}')
	f.w.End('}')
	return f.frame(dst, eventBlockDelta[:])
}

// image writes an image whole.
func (f *streamFormatter) image(dst []byte, m *llm.Media) []byte {
	if m == nil || len(m.Data) == 0 {
		return dst
	}
	format := imageFormat(m)
	if format == "" {
		return dst
	}
	f.open = true
	f.payload()
	f.w.Number("contentBlockIndex", int64(f.block))
	f.w.Object("start")
	f.w.Object("image")
	f.w.Text("format", format)
	f.w.End('}')
	f.w.End('}')
	dst = f.frame(dst, eventBlockStart[:])
	f.payload()
	f.w.Number("contentBlockIndex", int64(f.block))
	f.w.Object("delta")
	f.w.Object("image")
	writeBytes(&f.w, m.Data)
	f.w.End('}')
	f.w.End('}')
	return f.frame(dst, eventBlockDelta[:])
}

// metadata is the last event.
func (f *streamFormatter) metadata(dst []byte) []byte {
	f.payload()
	writeUsage(&f.w, &f.usage)
	writeMetrics(&f.w, f.call)
	writeTier(&f.w, f.tier)
	return f.frame(dst, eventMetadata[:])
}
