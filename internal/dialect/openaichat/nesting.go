package openaichat

import "bytes"

// nesting follows the brackets of a JSON text that comes in pieces, each piece as it
// stands in a JSON string. It tells when the text is complete.
type nesting struct {
	depth    int
	begun    bool
	inString bool
	escaped  bool
}

// complete reports whether all that was opened is closed.
func (n *nesting) complete() bool { return n.begun && n.depth == 0 && !n.inString }

// read takes a piece, escapes and all.
func (n *nesting) read(p []byte) {
	for i := 0; i < len(p); {
		if n.inString && !n.escaped {
			skip := bytes.IndexByte(p[i:], '\\') // a quote stands there escaped
			if skip < 0 {
				return
			}
			i += skip
		}
		c, size := decoded(p[i:])
		i += size
		n.take(c)
	}
}

// decoded gives the first character of a piece, or 0 for one that is no bracket, quote
// or backslash, and how many bytes spell it.
func decoded(p []byte) (c byte, size int) {
	if p[0] != '\\' || len(p) < 2 {
		return p[0], 1
	}
	switch {
	case p[1] == '"' || p[1] == '\\':
		return p[1], 2
	case p[1] != 'u' || len(p) < 6:
		return 0, 2
	}
	switch string(bytes.ToLower(p[2:6])) {
	case "0022":
		return '"', 6
	case "005c":
		return '\\', 6
	case "007b":
		return '{', 6
	case "007d":
		return '}', 6
	}
	return 0, 6
}

func (n *nesting) take(c byte) {
	switch {
	case n.escaped:
		n.escaped = false
	case n.inString:
		n.escaped = c == '\\'
		n.inString = c != '"'
	case c == '"':
		n.inString, n.begun = true, true
	case c == '{' || c == '[':
		n.depth++
		n.begun = true
	case c == '}' || c == ']':
		n.depth--
	}
}
