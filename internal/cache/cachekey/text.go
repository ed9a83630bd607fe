package cachekey

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// eachByte times a byte is eight of that byte.
const eachByte = 0x0101010101010101

// plainEnd gives the offset of the first byte from i on that is a quote, a backslash or a
// control character, len(b) when there is none.
func plainEnd(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		// Exact up to the first hit: only a byte behind one borrows.
		found := ((x ^ eachByte*'"') - eachByte) | ((x ^ eachByte*'\\') - eachByte) | (x - eachByte*' ')
		if found = found &^ x & (eachByte << 7); found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
		i++
	}
	return i
}

// text writes the string whose opening quote is at i: as it stands if it has no escapes.
func (c *canon) text(isText bool) error {
	from, end := c.i, plainEnd(c.in, c.i+1)
	isText = isText && (c.space || c.fold)
	if end == len(c.in) || c.in[end] != '"' {
		return c.escaped(end, isText)
	}
	c.i = end + 1
	start := len(c.out)
	if end-from >= maxInline && !isText {
		c.hash.Reset()
		c.hash.Write(c.in[from:c.i])
		c.sum(start)
		return nil
	}
	c.out = append(c.out, c.in[from:c.i]...)
	if isText {
		c.normal(start)
		c.shorten(start, hashed)
	}
	return nil
}

// sum puts what was hashed in the place of what was written from an offset on.
func (c *canon) sum(from int) { c.out = c.hash.Sum(append(c.out[:from], hashed)) }

// escaped is text for strings that have escapes, the first of them at an offset.
func (c *canon) escaped(at int, isText bool) error {
	start, long := len(c.out), false
	for {
		c.out = append(c.out, c.in[c.i:at]...)
		c.i = at
		if at == len(c.in) {
			return c.bad("a string has no closing quote")
		}
		switch c.in[at] {
		case '"':
			c.out = append(c.out, '"')
			c.i++
			return c.endText(start, long, isText)
		case '\\':
			if !c.escape() {
				return c.bad("a string has an escape that there is not")
			}
		default:
			return c.bad("a string has a control character")
		}
		if len(c.out)-start > maxRun && !isText {
			if !long {
				c.hash.Reset()
			}
			long = true
			c.hash.Write(c.out[start:])
			c.out = c.out[:start]
		}
		at = plainEnd(c.in, c.i)
	}
}

func (c *canon) endText(start int, long, isText bool) error {
	if long {
		c.hash.Write(c.out[start:])
		c.sum(start)
		return nil
	}
	if isText {
		c.normal(start)
	}
	c.shorten(start, hashed)
	return nil
}

// escape writes what the escape at i stands for. Quotes and backslashes stay escaped, so
// that the form has one reading.
func (c *canon) escape() bool {
	if c.i+1 >= len(c.in) {
		return false
	}
	b := c.in[c.i+1]
	switch b {
	case '"', '\\':
		c.out = append(c.out, '\\', b)
	case '/':
		c.out = append(c.out, '/')
	case 'b':
		c.out = append(c.out, '\b')
	case 'f':
		c.out = append(c.out, '\f')
	case 'n':
		c.out = append(c.out, '\n')
	case 'r':
		c.out = append(c.out, '\r')
	case 't':
		c.out = append(c.out, '\t')
	case 'u':
		return c.unicode()
	default:
		return false
	}
	c.i += 2
	return true
}

// unicode writes the character of \uXXXX, or of two that make a pair. Half a pair stays
// an escape: readers differ in what they make of it.
func (c *canon) unicode() bool {
	r, ok := hex4(c.in[c.i:])
	if !ok {
		return false
	}
	c.i += 6
	switch {
	case r == '"', r == '\\':
		c.out = append(c.out, '\\', byte(r))
		return true
	case !utf16.IsSurrogate(r):
		c.out = utf8.AppendRune(c.out, r)
		return true
	}
	if low, ok := hex4(c.in[c.i:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			c.out = utf8.AppendRune(c.out, pair)
			c.i += 6
			return true
		}
	}
	const digits = "0123456789abcdef"
	c.out = append(c.out, '\\', 'u', digits[r>>12], digits[r>>8&15], digits[r>>4&15], digits[r&15])
	return true
}

func hex4(s []byte) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, b := range s[2:6] {
		switch {
		case b >= '0' && b <= '9':
			b -= '0'
		case b|0x20 >= 'a' && b|0x20 <= 'f':
			b = b | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(b)
	}
	return r, true
}

// quoted gives a text as the one form has it between quotes.
func quoted(s string) string { return string(appendQuoted(nil, []byte(s))) }

func appendQuoted(dst, s []byte) []byte {
	for _, b := range s {
		if b == '"' || b == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, b)
	}
	return dst
}
