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
			if n := loneData(p[i:cr]); n > 0 {
				s.giveLone(p[i:i+n], fn)
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

// loneData gives the length of an event at the start of p that is one data line and
// its blank line, the form of nearly all events; 0 when there is none.
func loneData(p []byte) int {
	if len(p) < 7 || string(p[:5]) != "data:" {
		return 0
	}
	n := bytes.IndexByte(p, '\n')
	if n < 0 || n+1 == len(p) || p[n+1] != '\n' {
		return 0
	}
	return n + 2
}

// giveLone gives such an event.
func (s *sse) giveLone(raw []byte, fn func(*Event)) {
	s.text.atStart = false
	data := raw[5 : len(raw)-2 : len(raw)-2]
	if len(data) > 0 && data[0] == ' ' {
		data = data[1:]
	}
	s.event.Name, s.event.Data, s.event.Raw = nil, data, raw
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
