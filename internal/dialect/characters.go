package dialect

import "github.com/sluice-gateway/sluice/internal/llm"

// Characters counts the characters (Unicode code points) of a JSON string, which is what
// places of citations are counted in.
func Characters(text llm.Raw) (n int64) {
	if len(text) < 2 {
		return 0
	}
	return CharactersInside(text[1 : len(text)-1])
}

// CharactersInside counts those of what stands between a JSON string's quotes.
func CharactersInside(text []byte) (n int64) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+5 < len(text) && text[i+1] == 'u':
			if !lowSurrogate(text[i+2:]) {
				n++
			}
			i += 5
		case c == '\\':
			i++
			n++
		case c&0xC0 != 0x80: // no continuation of a character
			n++
		}
	}
	return n
}

// lowSurrogate reports whether hexadecimal digits are the second half of a character.
func lowSurrogate(hex []byte) bool {
	return (hex[0] == 'd' || hex[0] == 'D') && (hex[1] >= 'c' && hex[1] <= 'f' || hex[1] >= 'C' && hex[1] <= 'F')
}

// CitedAt gives where a citation stands in a text of several pieces: from is where the cited
// piece begins, to where it ends. A source without a place is of the whole piece, and one
// of a piece without words of all that was said before it.
func CitedAt(c *llm.Citation, from, to int64) (start, end int64) {
	switch {
	case c.Start.Known && c.End.Known && from+c.End.N <= to:
		return from + c.Start.N, from + c.End.N
	case from == to:
		return 0, to
	}
	return from, to
}
