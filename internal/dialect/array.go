package dialect

import "bytes"

// array frames the elements of one JSON array.
type array struct {
	carrier
	entered  bool // the outer bracket has been seen
	within   bool // inside an element
	scalar   bool // the element is a number or a word
	depth    int  // brackets open inside the element
	inString bool
	escaped  bool
}

// NewJSONArray makes a Framer of a stream that is one JSON array: each element is an
// event, given with its last byte; what stands between them is comments. A text that
// is no array is one event. digest are the members to keep of an element too large to
// hold.
func NewJSONArray(digest []string) Framer {
	return &array{carrier: carrier{payload: jsonPayload{}, paths: digest}}
}

// Feed implements Framer.
func (a *array) Feed(p []byte, fn func(*Event)) {
	for len(p) > 0 {
		if !a.within {
			if n := a.between(p); n > 0 {
				a.comment(p[:n], fn)
				p = p[n:]
			}
			continue
		}
		n := a.element(p)
		if a.within {
			a.hold(p, fn)
			return
		}
		a.end(p[:n], fn)
		p = p[n:]
	}
}

// between gives how much of p stands before the next element, and enters that.
func (a *array) between(p []byte) int {
	for i, c := range p {
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ']' || c >= 0x80:
			continue
		case c == '[' && !a.entered:
			a.entered = true
			continue
		}
		a.entered, a.within = true, true
		a.scalar = c != '{' && c != '[' && c != '"'
		return i
	}
	return len(p)
}

// element gives how much of p belongs to the current element, and leaves it at its end.
func (a *array) element(p []byte) int {
	i := 0
	for i < len(p) && a.within {
		switch {
		case a.inString:
			i += a.string(p[i:])
		case a.scalar:
			n := bytes.IndexAny(p[i:], ",] \t\r\n")
			if n < 0 {
				return len(p)
			}
			a.scalar, a.within = false, false
			i += n
		default:
			i += a.nested(p[i:])
		}
		if !a.inString && !a.scalar && a.depth == 0 {
			a.within = false
		}
	}
	return i
}

// nested reads brackets up to a string or the end of the outermost.
func (a *array) nested(p []byte) int {
	for i, c := range p {
		switch c {
		case '"':
			a.inString = true
			return i + 1
		case '{', '[':
			a.depth++
		case '}', ']':
			if a.depth--; a.depth <= 0 {
				a.depth = 0
				return i + 1
			}
		}
	}
	return len(p)
}

// string reads on in a string.
func (a *array) string(p []byte) int {
	if a.escaped {
		a.escaped = false
		return 1
	}
	n := bytes.IndexAny(p, `"\`)
	switch {
	case n < 0:
		return len(p)
	case p[n] == '\\':
		a.escaped = true
	default:
		a.inString = false
	}
	return n + 1
}
