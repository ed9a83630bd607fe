package dialect

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// StreamError is the name of an event that tells of a stream gone wrong (see
// NewEventStream). Its data is {"code", "message"}.
const StreamError = "error"

var streamError = []byte(StreamError)

// message is one message of an event stream, read whole or in pieces.
type message struct {
	broken bool   // nothing can be framed any more
	why    string // what is wrong with the message that came in pieces

	// Of a message in pieces:
	size, headers int
	at            int    // bytes read
	head          []byte // prelude and headers
	sum           uint32
	tail          []byte // the last four bytes that may be the checksum
}

// whole implements payload.
func (m *message) whole(raw []byte, e *Event) {
	end := len(raw) - 4
	headers := int(binary.BigEndian.Uint32(raw[4:]))
	if crc32.ChecksumIEEE(raw[:end]) != binary.BigEndian.Uint32(raw[end:]) {
		m.breakWhole(e, "the checksum of a message is wrong")
		return
	}
	var h eventHeaders
	if !h.read(raw[preludeSize : preludeSize+headers]) {
		m.breakWhole(e, "the headers of a message are malformed")
		return
	}
	e.Name, e.Data = h.name(), raw[preludeSize+headers:end:end]
	if h.isError {
		e.Data = h.errorData()
	}
}

func (m *message) breakWhole(e *Event, why string) {
	m.broken = true
	e.Name, e.Data = streamError, brokenData(why)
}

// piece implements payload.
func (m *message) piece(p []byte, d *jsonscan.Digest) {
	if n := m.missingHead(); n > 0 {
		n = min(n, len(p))
		m.head = append(m.head, p[:n]...)
		m.take(p[:n])
		p = p[n:]
		if m.missingHead() == 0 && m.headers == 0 && len(m.head) == preludeSize {
			m.size, m.headers, _ = readPrelude(m.head)
			m.piece(p, d)
			return
		}
	}
	if body := max(0, min(len(p), m.size-4-m.at)); body > 0 {
		d.Write(p[:body])
		m.take(p[:body])
		p = p[body:]
	}
	m.tail = append(m.tail, p...)
}

// missingHead is how much of prelude and headers has not been read; the prelude says
// how long the headers are.
func (m *message) missingHead() int { return preludeSize + m.headers - len(m.head) }

func (m *message) take(p []byte) {
	m.sum = crc32.Update(m.sum, crc32.IEEETable, p)
	m.at += len(p)
}

// named implements payload.
func (m *message) named() []byte {
	var h eventHeaders
	switch {
	case len(m.tail) != 4 || m.sum != binary.BigEndian.Uint32(m.tail):
		m.broken, m.why = true, "the checksum of a message is wrong"
	case !h.read(m.head[preludeSize:]):
		m.broken, m.why = true, "the headers of a message are malformed"
	}
	return h.name()
}

// eventHeaders are the headers that say what a message is.
type eventHeaders struct {
	event, exception, code, text []byte
	isError                      bool
}

// read walks over headers: a name and a typed value each; false when malformed.
func (h *eventHeaders) read(b []byte) bool {
	for len(b) > 0 {
		n := int(b[0])
		if len(b) < n+2 {
			return false
		}
		name, kind := b[1:1+n], b[1+n]
		b = b[n+2:]
		size, value := valueSize(kind, b)
		if size < 0 || size > len(b) {
			return false
		}
		h.set(name, b[value:size])
		b = b[size:]
	}
	return true
}

// valueSize gives how many bytes a header's value takes, and where the value itself
// begins in them; a negative size when that is not known.
func valueSize(kind byte, b []byte) (size, value int) {
	switch kind {
	case 0, 1: // true, false
		return 0, 0
	case 2:
		return 1, 0
	case 3:
		return 2, 0
	case 4:
		return 4, 0
	case 5, 8: // 64 bits, a point in time
		return 8, 0
	case 6, 7: // bytes, text
		if len(b) < 2 {
			return -1, 0
		}
		return 2 + int(binary.BigEndian.Uint16(b)), 2
	case 9: // UUID
		return 16, 0
	}
	return -1, 0
}

func (h *eventHeaders) set(name, value []byte) {
	switch string(name) {
	case ":event-type":
		h.event = value
	case ":exception-type":
		h.exception = value
	case ":message-type":
		h.isError = string(value) == "error"
	case ":error-code":
		h.code = value
	case ":error-message":
		h.text = value
	}
}

func (h *eventHeaders) name() []byte {
	switch {
	case h.isError:
		return streamError
	case h.exception != nil:
		return h.exception
	}
	return h.event
}

func (h *eventHeaders) errorData() []byte { return errorJSON(string(h.code), string(h.text)) }

func brokenData(why string) []byte { return errorJSON("", "The stream is damaged: "+why+".") }

func errorJSON(code, text string) []byte {
	var w jsonout.Writer
	w.Begin('{')
	w.TextIf("code", code)
	w.Text("message", text)
	w.End('}')
	return w.B
}

// EventHeader is one header of a message, whose value is text of less than 32 KiB.
type EventHeader struct{ Name, Value string }

// AppendEventStream appends one message with its headers and its payload. Neither may
// be a part of dst.
func AppendEventStream(dst []byte, headers []EventHeader, payload []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, preludeSize)...)
	for _, h := range headers {
		dst = append(dst, byte(len(h.Name)))
		dst = append(dst, h.Name...)
		dst = append(dst, 7, byte(len(h.Value)>>8), byte(len(h.Value)))
		dst = append(dst, h.Value...)
	}
	head := dst[start:]
	binary.BigEndian.PutUint32(head, uint32(len(head)+len(payload)+4))
	binary.BigEndian.PutUint32(head[4:], uint32(len(head)-preludeSize))
	binary.BigEndian.PutUint32(head[8:], crc32.ChecksumIEEE(head[:8]))
	dst = append(dst, payload...)
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[start:]))
}
