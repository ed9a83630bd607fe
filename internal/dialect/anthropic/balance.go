package anthropic

import (
	"iter"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// balance tells whether JSON that comes in fragments, as it stands in a string, is
// whole: all brackets that were opened are closed. The zero value has seen nothing.
type balance struct {
	depth    int
	seen     bool
	inString bool
	outer    bool // a backslash of the string around the JSON was the last byte
	inner    bool // the next character within a string of the JSON is escaped
}

func (b *balance) whole() bool { return b.seen && b.depth == 0 && !b.inString }

// add takes the next fragment, as it stands between quotes.
func (b *balance) add(fragment []byte) {
	for _, c := range fragment {
		if b.outer { // \" stands for a quote and \\ for a backslash; what else is escaped does not matter
			b.outer = false
			if c != '"' && c != '\\' {
				b.inner = false
				continue
			}
		} else if c == '\\' {
			b.outer = true
			continue
		}
		b.character(c)
	}
}

func (b *balance) character(c byte) {
	switch {
	case b.inner:
		b.inner = false
	case b.inString && c == '\\':
		b.inner = true
	case c == '"':
		b.inString = !b.inString
		b.seen = true
	case b.inString:
	case c == '{' || c == '[':
		b.depth++
		b.seen = true
	case c == '}' || c == ']':
		b.depth--
	}
}

// splitObjects gives the elements of an array that lacks its brackets.
func splitObjects(list []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		array := append(append([]byte{'['}, list...), ']')
		_ = jsonscan.Elements(array, yield)
	}
}
