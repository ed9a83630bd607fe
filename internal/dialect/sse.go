package dialect

import "bytes"

// sse frames server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
// Unlike a browser it gives a last event that lacks its blank line, and comments as
// soon as their line ends: they are there to be seen in time.
type sse struct {
	carrier
	text    ssePayload
	midLine bool // the line that goes on began before this piece
	afterCR bool // the last byte was a CR: a LF now belongs to it
	fields  bool // the current event has a line that is no comment
}

// NewSSE makes a Framer of server-sent events. digest are the members to keep of an
// event that is too large to hold.
func NewSSE(digest []string) Framer {
	s := &sse{carrier: carrier{paths: digest}, text: ssePayload{atStart: true}}
	s.payload = &s.text
	return s
}

// Feed implements Framer.
func (s *sse) Feed(p []byte, fn func(*Event)) {
	start := s.lateLF(p, fn)
	cr := nextCR(p, start)
	for i := start; i < len(p); {
		if i == start && !s.midLine && !s.pending() {
			if name, data, n := lone(p[i:cr]); n > 0 {
				s.giveLone(name, data, p[i:i+n], fn)
				i += n
				start = i
				continue
			}
		}
		end := lineEnd(p, i, cr)
		blank := end == i && !s.midLine
		if !s.midLine && !blank && p[i] != ':' {
			s.fields = true
		}
		if end == len(p) {
			s.midLine = true
			break
		}
		s.midLine = false
		i = s.afterLine(p, end)
		if cr < i {
			cr = nextCR(p, i)
		}
		if s.fields && !blank {
			continue
		}
		if !blank && i < len(p) && (p[i] == '\n' || p[i] == '\r') { // a comment's own blank line
			i = s.afterLine(p, i)
			cr = nextCR(p, i)
		}
		s.fields = false
		s.end(p[start:i], fn)
		start = i
	}
	s.hold(p[start:], fn)
}

// lone reads an event at the start of p that is one line of data and a blank line,
// perhaps with a line before that names it: the form of nearly all events. n is its
// length, 0 when there is none.
func lone(p []byte) (name, data []byte, n int) {
	name, at := fieldLine(p, "event:")
	data, n = fieldLine(p[at:], "data:")
	if n += at; n == at || n == len(p) || p[n] != '\n' {
		return nil, nil, 0
	}
	return name, data, n + 1
}

// fieldLine reads a line with a field at the start of p; n is its length, 0 when there
// is none.
func fieldLine(p []byte, field string) (value []byte, n int) {
	if len(p) < len(field) || string(p[:len(field)]) != field {
		return nil, 0
	}
	end := bytes.IndexByte(p, '\n')
	if end < 0 {
		return nil, 0
	}
	value = p[len(field):end:end]
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	return value, end + 1
}

// giveLone gives such an event.
func (s *sse) giveLone(name, data, raw []byte, fn func(*Event)) {
	s.text.atStart = false
	s.event.Name, s.event.Data, s.event.Raw = name, data, raw
	s.event.Partial, s.event.Comment = false, false
	fn(&s.event)
}

// lateLF takes the LF of a CRLF that was cut in two, and gives where to read on: an
// event ended with the CR and was not kept waiting for it.
func (s *sse) lateLF(p []byte, fn func(*Event)) int {
	if !s.afterCR || len(p) == 0 {
		return 0
	}
	s.afterCR = false
	if p[0] != '\n' {
		return 0
	}
	if s.pending() {
		s.hold(p[:1], fn)
	} else {
		s.comment(p[:1], fn)
	}
	return 1
}

// afterLine gives the offset after the line end at i.
func (s *sse) afterLine(p []byte, i int) int {
	if p[i] == '\n' {
		return i + 1
	}
	if i+1 == len(p) {
		s.afterCR = true
		return i + 1
	}
	if p[i+1] == '\n' {
		return i + 2
	}
	return i + 1
}

// nextCR gives the offset of the first CR at or after i, len(p) when there is none.
// It is asked once per CR, so that streams without any pay one search a piece.
func nextCR(p []byte, i int) int {
	if n := bytes.IndexByte(p[i:], '\r'); n >= 0 {
		return i + n
	}
	return len(p)
}

// lineEnd gives the offset of the line end at or after i, len(p) when there is none.
func lineEnd(p []byte, i, cr int) int {
	if n := bytes.IndexByte(p[i:cr], '\n'); n >= 0 {
		return i + n
	}
	return cr
}
