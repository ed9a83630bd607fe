package dialect

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// CustomStream turns the fragments of a function's arguments, as they come, into
// fragments of the free text of a custom tool's call. The zero value is ready to use;
// it serves one call on one goroutine, and holds no more than what may turn out to be
// the member's name or half an escape.
type CustomStream struct {
	state customState
	at    int    // how much of the opening has been seen
	held  []byte // an escape that is not whole, or the opening so far
}

type customState uint8

const (
	customOpening customState = iota // before the text: {"input":"
	customText                       // in the text
	customEnded                      // after its closing quote
	customOther                      // the arguments have another form: all of them are the text
)

const customOpens = `{"` + customMember + `":"`

// Feed takes the next fragment, a JSON string, and appends the next piece of the free
// text as it stands between a JSON string's quotes.
func (s *CustomStream) Feed(dst, fragment []byte) []byte {
	text, ok := jsonscan.Plain(fragment)
	if !ok {
		decoded, _ := jsonscan.String(fragment)
		text = []byte(decoded)
	}
	if s.state == customOpening {
		text = s.open(text)
	}
	switch s.state {
	case customText:
		return s.inside(dst, text)
	case customOther:
		dst = jsonout.AppendEscaped(dst, s.held)
		s.held = s.held[:0]
		return jsonout.AppendEscaped(dst, text)
	}
	return dst
}

// End appends what is left when the arguments have ended.
func (s *CustomStream) End(dst []byte) []byte {
	if s.state == customOpening {
		s.state = customOther
	}
	switch {
	case s.state == customOther:
		dst = jsonout.AppendEscaped(dst, s.held)
		s.held = s.held[:0]
	case len(s.held) == 6: // half a pair of surrogates
		dst = s.release(dst)
	}
	return dst
}

// open reads the opening, and gives what follows it. White space may stand in it.
func (s *CustomStream) open(text []byte) []byte {
	for i, c := range text {
		s.held = append(s.held, c)
		switch {
		case c == customOpens[s.at]:
			if s.at++; s.at == len(customOpens) {
				s.state, s.held = customText, s.held[:0]
				return text[i+1:]
			}
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
		case c == '}' && s.at == 1: // no input at all
			s.state, s.held = customEnded, s.held[:0]
			return nil
		default:
			s.state = customOther
			return text[i+1:]
		}
	}
	return nil
}

// inside copies the text up to its closing quote. Its escapes are copied whole, a pair
// of surrogates as one; what may not stand bare in a string is escaped.
func (s *CustomStream) inside(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		switch {
		case len(s.held) == 6 && text[i] != '\\': // half a pair, whose other half does not follow
			dst = s.release(dst)
		case len(s.held) > 0:
			s.held = append(s.held, text[i])
			if i++; s.whole() {
				dst = s.release(dst)
			}
		case text[i] == '"':
			s.state = customEnded
			return dst
		case text[i] == '\\':
			s.held = append(s.held, '\\')
			i++
		default:
			n := plainRun(text[i:])
			dst = jsonout.AppendEscaped(dst, text[i:i+n])
			i += n
		}
	}
	return dst
}

// whole reports whether what is held is one escape, or two that may be a pair.
func (s *CustomStream) whole() bool {
	h := s.held
	switch {
	case len(h) == 2:
		return h[1] != 'u'
	case len(h) == 6:
		return !isHighSurrogate(h)
	case len(h) == 8:
		return h[7] != 'u'
	}
	return len(h) == 12
}

// release appends what is held, or what it means where it is no escape.
func (s *CustomStream) release(dst []byte) []byte {
	h := s.held
	s.held = h[:0]
	for len(h) > 0 {
		n := min(len(h), 2)
		if n == 2 && h[1] == 'u' {
			n = min(len(h), 6)
		}
		quoted := append(append(append(make([]byte, 0, 8), '"'), h[:n]...), '"')
		if _, ok := jsonscan.String(quoted); ok {
			dst = append(dst, h[:n]...)
		} else {
			dst = jsonout.AppendEscaped(dst, h[:n])
		}
		h = h[n:]
	}
	return dst
}

func isHighSurrogate(h []byte) bool {
	return (h[2] == 'd' || h[2] == 'D') && (h[3] == '8' || h[3] == '9' || h[3]|0x20 == 'a' || h[3]|0x20 == 'b')
}

// plainRun gives how much of b stands before a quote or a backslash.
func plainRun(b []byte) int {
	for i, c := range b {
		if c == '"' || c == '\\' {
			return i
		}
	}
	return len(b)
}
