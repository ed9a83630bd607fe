package cachekey

import (
	"bytes"
	"strconv"
)

// maxWhole is how many digits a whole number has that is written without an exponent.
const maxWhole = 18

// number writes the number at i: digits without a zero in front or behind, and the power
// of ten that they are times; small whole numbers as they are. No digit is lost.
func (c *canon) number() error {
	from := c.i
	for c.i < len(c.in) && inNumber(c.in[c.i]) {
		c.i++
	}
	raw := c.in[from:c.i]
	if n := digits(raw); n == len(raw) && n > 0 && n <= maxWhole && (raw[0] != '0' || n == 1) {
		c.out = append(c.out, raw...)
		return nil
	}
	return c.decimal(raw)
}

func inNumber(b byte) bool {
	return b >= '0' && b <= '9' || b == '.' || b == '-' || b == '+' || b|0x20 == 'e'
}

func digits(b []byte) int {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n
}

// decimal is number for all that RFC 8259 section 6 allows.
func (c *canon) decimal(raw []byte) error {
	rest, negative := bytes.CutPrefix(raw, []byte("-"))
	n := digits(rest)
	whole, rest := rest[:n], rest[n:]
	if n == 0 || whole[0] == '0' && n > 1 {
		return c.bad("a value was expected")
	}
	var fraction []byte
	if after, ok := bytes.CutPrefix(rest, []byte(".")); ok {
		if n = digits(after); n == 0 {
			return c.bad("a number has a point without digits")
		}
		fraction, rest = after[:n], after[n:]
	}
	exponent, ok := exponentOf(rest)
	if !ok {
		return c.bad("a number is malformed, or its exponent is too large")
	}
	if negative {
		c.out = append(c.out, '-')
	}
	c.significant(whole, fraction, exponent)
	return nil
}

// exponentOf reads e+12; nothing is 0.
func exponentOf(b []byte) (int, bool) {
	if len(b) == 0 {
		return 0, true
	}
	if b[0]|0x20 != 'e' {
		return 0, false
	}
	sign, b := 1, b[1:]
	if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		if b[0] == '-' {
			sign = -1
		}
		b = b[1:]
	}
	if digits(b) != len(b) || len(b) == 0 {
		return 0, false
	}
	if b = bytes.TrimLeft(b, "0"); len(b) > 9 {
		return 0, false
	}
	n, _ := strconv.Atoi("0" + string(b))
	return sign * n, true
}

// significant writes whole.fraction times ten to the exponent.
func (c *canon) significant(whole, fraction []byte, exponent int) {
	start := len(c.out)
	if whole = bytes.TrimLeft(whole, "0"); len(whole) == 0 {
		c.out = append(c.out, bytes.TrimLeft(fraction, "0")...)
	} else {
		c.out = append(append(c.out, whole...), fraction...)
	}
	exponent -= len(fraction)
	kept := len(bytes.TrimRight(c.out[start:], "0"))
	exponent += len(c.out) - start - kept
	c.out = c.out[:start+kept]
	switch {
	case kept == 0: // zero has no sign
		if start > 0 && c.out[start-1] == '-' {
			c.out = c.out[:start-1]
		}
		c.out = append(c.out, '0')
	case exponent >= 0 && kept+exponent <= maxWhole:
		for range exponent {
			c.out = append(c.out, '0')
		}
	default:
		c.out = strconv.AppendInt(append(c.out, 'e'), int64(exponent), 10)
		c.shorten(start, hashed)
	}
}
