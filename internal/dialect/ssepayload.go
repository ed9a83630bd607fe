package dialect

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// maxName bounds the name of an event that is read in pieces.
const maxName = 256

// ssePayload reads the fields of server-sent events.
type ssePayload struct {
	atStart bool // nothing has been read yet: a byte order mark may come

	// Of an event in pieces:
	field   []byte // the field name so far, at most maxField bytes and a colon
	where   ssePlace
	hadData bool
	name    []byte
	lastCR  bool
}

type ssePlace uint8

const (
	inField  ssePlace = iota // before the colon
	inSpace                  // just after the colon
	inData                   // in the value of data
	inName                   // in the value of event
	inOther                  // in any other line
	maxField = len("event")
)

var bom = []byte("\xEF\xBB\xBF")

// whole implements payload.
func (s *ssePayload) whole(raw []byte, e *Event) {
	rest := s.afterBOM(raw)
	lines := 0
	for len(rest) > 0 {
		var line []byte
		line, rest = cutLine(rest)
		field, value := cutField(line)
		switch string(field) {
		case "data":
			if lines++; lines == 1 {
				e.Data = value
				continue
			}
			if lines == 2 {
				e.Data = append(make([]byte, 0, len(raw)), e.Data...)
			}
			e.Data = append(append(e.Data, '\n'), value...)
		case "event":
			e.Name = value
		}
	}
	e.Comment = lines == 0
}

func (s *ssePayload) afterBOM(raw []byte) []byte {
	if s.atStart {
		s.atStart = false
		return bytes.TrimPrefix(raw, bom)
	}
	return raw
}

// cutLine cuts the first line, without its end, off b, which is not empty.
func cutLine(b []byte) (line, rest []byte) {
	n := bytes.IndexByte(b, '\n')
	if n < 0 {
		n = len(b)
	}
	cr := bytes.IndexByte(b[:n], '\r')
	switch {
	case cr < 0:
		return b[:n:n], b[min(n+1, len(b)):]
	case cr == n-1:
		return b[:cr:cr], b[min(n+1, len(b)):]
	}
	return b[:cr:cr], b[cr+1:]
}

// cutField splits a line at its colon and drops one space after it.
func cutField(line []byte) (field, value []byte) {
	n := bytes.IndexByte(line, ':')
	if n < 0 {
		return line, line[len(line):]
	}
	value = line[n+1:]
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	return line[:n], value
}

// named implements payload.
func (s *ssePayload) named() []byte {
	name := s.name
	*s = ssePayload{}
	return name
}

// piece implements payload.
func (s *ssePayload) piece(p []byte, d *jsonscan.Digest) {
	if s.atStart {
		p = s.afterBOM(p)
	}
	for len(p) > 0 {
		if s.where == inData || s.where == inName || s.where == inOther {
			p = s.value(p, d)
			continue
		}
		s.fieldByte(p[0], d)
		p = p[1:]
	}
}

// value reads on in a line's value.
func (s *ssePayload) value(p []byte, d *jsonscan.Digest) []byte {
	n := bytes.IndexAny(p, "\r\n")
	if n < 0 {
		n = len(p)
	}
	switch s.where {
	case inData:
		d.Write(p[:n])
	case inName:
		s.name = append(s.name, p[:min(n, maxName-min(len(s.name), maxName))]...)
	}
	if n == len(p) {
		return nil
	}
	s.endLine(p[n])
	return p[n+1:]
}

func (s *ssePayload) endLine(c byte) {
	s.field, s.where, s.lastCR = s.field[:0], inField, c == '\r'
}

// fieldByte reads one byte before a value has begun.
func (s *ssePayload) fieldByte(c byte, d *jsonscan.Digest) {
	lateLF := c == '\n' && s.lastCR && s.where == inField && len(s.field) == 0
	s.lastCR = false
	switch {
	case lateLF:
	case c == '\n' || c == '\r':
		if s.where == inField {
			s.beginValue(d) // a line without a colon is a field without a value
		}
		s.endLine(c)
	case s.where == inSpace:
		s.beginValue(d)
		if c != ' ' {
			s.value([]byte{c}, d)
		}
	case c == ':':
		s.where = inSpace
	case len(s.field) == maxField:
		s.where = inOther
	default:
		s.field = append(s.field, c)
	}
}

// beginValue enters the value of the field whose name has been read.
func (s *ssePayload) beginValue(d *jsonscan.Digest) {
	switch string(s.field) {
	case "data":
		if s.hadData {
			d.Write([]byte{'\n'})
		}
		s.hadData, s.where = true, inData
	case "event":
		s.name, s.where = s.name[:0], inName
	default:
		s.where = inOther
	}
}
