package jsonscan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// MaxDepth is how deep a text may be nested.
const MaxDepth = 512

// Classes of bytes outside strings.
const (
	bad   = iota // stands in no JSON token
	plain        // part of a number or word
	space
	comma
	colon
	quote
	open
	closing
)

var class = func() (t [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		t[c] = plain
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = plain, plain
	}
	t['+'], t['-'], t['.'] = plain, plain, plain
	t[' '], t['\t'], t['\r'], t['\n'] = space, space, space, space
	t[','], t[':'], t['"'] = comma, colon, quote
	t['{'], t['['] = open, open
	t['}'], t[']'] = closing, closing
	return t
}()

func skipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && class[b[i]] == space {
		i++
	}
	return i
}

// shortString is how far a closing quote is looked for eight bytes at a time: most
// strings end sooner than a vector search pays.
const shortString = 32

// skipString takes the offset of an opening quote and gives the offset after the
// closing one, or -1. Control characters and invalid UTF-8 pass: they cannot move a
// string's end.
func skipString(b []byte, i int) int {
	i++
	for end := min(i+shortString, len(b)-7); i < end; i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		found := (((x ^ eachByte*'"') - eachByte) | ((x ^ eachByte*'\\') - eachByte)) &^ x & (eachByte << 7)
		if found == 0 {
			continue
		}
		i += bits.TrailingZeros64(found) / 8
		if b[i] == '"' {
			return i + 1
		}
		break
	}
	return skipLong(b, i)
}

// eachByte times a byte is eight of that byte. What is found with it is exact up to the
// first hit: only a zero, or a byte behind one, borrows when one is taken from it.
const eachByte = 0x0101010101010101

// skipLong is skipString from inside a string, at a byte that is not escaped.
func skipLong(b []byte, i int) int {
	for start := i; i < len(b); {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		if !oddBackslashes(b[start:i]) {
			return i + 1
		}
		i++
		start = i
	}
	return -1
}

// oddBackslashes reports whether s ends in an odd number of backslashes.
func oddBackslashes(s []byte) bool {
	n := len(s)
	for n > 0 && s[n-1] == '\\' {
		n--
	}
	return (len(s)-n)&1 == 1
}

// nesting remembers which brackets are open, one bit each: 1 = object.
type nesting struct {
	bits  [MaxDepth / 64]uint64
	depth int
}

func (n *nesting) push(object bool) bool {
	if n.depth == MaxDepth {
		return false
	}
	w, bit := n.depth>>6, uint64(1)<<(n.depth&63)
	if object {
		n.bits[w] |= bit
	} else {
		n.bits[w] &^= bit
	}
	n.depth++
	return true
}

// pop reports whether the innermost bracket is closed by one of its own kind.
func (n *nesting) pop(object bool) bool {
	n.depth--
	return n.bits[n.depth>>6]>>(n.depth&63)&1 == 1 == object
}

// skipNested takes the offset of a bracket and gives the offset after the one that
// closes it. depth is how many brackets are open around it.
func skipNested(b []byte, i, depth int) (int, *Error) {
	var n nesting
	for i < len(b) {
		c := b[i]
		switch class[c] {
		case plain, space, comma, colon:
			i++
		case quote:
			end := skipString(b, i)
			if end < 0 {
				return i, malformed(i, "a string has no closing quote")
			}
			i = end
		case open:
			if depth+n.depth >= MaxDepth || !n.push(c == '{') {
				return i, tooDeep(i)
			}
			i++
		case closing:
			if !n.pop(c == '}') {
				return i, malformed(i, "brackets do not match")
			}
			i++
			if n.depth == 0 {
				return i, nil
			}
		default:
			return i, malformed(i, "a character that belongs in no JSON value")
		}
	}
	return i, truncated(i)
}

// skipValue takes the offset of a value's first byte and gives the offset after it.
func skipValue(b []byte, i, depth int) (int, *Error) {
	if i >= len(b) {
		return i, truncated(i)
	}
	switch class[b[i]] {
	case quote:
		end := skipString(b, i)
		if end < 0 {
			return i, malformed(i, "a string has no closing quote")
		}
		return end, nil
	case open:
		return skipNested(b, i, depth)
	case plain:
		for i++; i < len(b) && class[b[i]] == plain; i++ {
		}
		return i, nil
	}
	return i, malformed(i, "a value was expected")
}

// StringEnd takes the offset of a string's first byte after its opening quote and gives
// the offset of its closing quote, or -1 when b ends before it.
func StringEnd(b []byte, i int) int {
	if end := skipString(b, i-1); end > 0 {
		return end - 1
	}
	return -1
}
