package gateway

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// The functions here append one member each. Its name comes with all punctuation up to
// the value, ready to be copied: the opening quote of a text, the bracket of a list or map.

// appendText appends a string; bytes that are no UTF-8 become U+FFFD.
func appendText(b []byte, name, s string) []byte {
	b = append(b, name...)
	if !isPlain(s) {
		b = appendEscaped(b, s)
		return append(b, '"')
	}
	b = append(b, s...)
	return append(b, '"')
}

func appendTexts(b []byte, name string, list []string) []byte {
	b = append(b, name...)
	for i, s := range list {
		lead := `,"`
		if i == 0 {
			lead = `"`
		}
		b = appendText(b, lead, s)
	}
	return append(b, ']')
}

func appendInt(b []byte, name string, n int64) []byte {
	b = append(b, name...)
	if n < 0 {
		return appendUint(append(b, '-'), -uint64(n))
	}
	return appendUint(b, uint64(n))
}

// appendUint is strconv.AppendUint for base 10, without what the other bases need.
func appendUint(b []byte, n uint64) []byte {
	var digits [20]byte
	i := len(digits) - 1
	for ; n > 9; n /= 10 {
		digits[i] = byte('0' + n%10)
		i--
	}
	digits[i] = byte('0' + n)
	return append(b, digits[i:]...)
}

func appendCount(b []byte, name string, c llm.Count) []byte {
	if !c.Known {
		return append(append(b, name...), "null"...)
	}
	return appendInt(b, name, c.N)
}

// appendFloat appends a number as encoding/json does; NaN and the infinities, which JSON
// has not, are null.
func appendFloat(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, "null"...)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, f, format, -1, 64)
}

// appendFloats appends a map sorted by name; up to 16 names cost no allocation.
func appendFloats(b []byte, name string, m map[string]float64) []byte {
	b = append(b, name...)
	if len(m) == 0 {
		return append(b, '}')
	}
	var few [16]string
	names := few[:0]
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	for i, k := range names {
		lead := `,"`
		if i == 0 {
			lead = `"`
		}
		b = append(appendText(b, lead, k), ':')
		b = appendFloat(b, m[k])
	}
	return append(b, '}')
}

// appendCounts is appendFloats for whole numbers.
func appendCounts(b []byte, name string, m map[string]int) []byte {
	b = append(b, name...)
	if len(m) == 0 {
		return append(b, '}')
	}
	var few [16]string
	names := few[:0]
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	for i, k := range names {
		lead := `,"`
		if i == 0 {
			lead = `"`
		}
		b = strconv.AppendInt(append(appendText(b, lead, k), ':'), int64(m[k]), 10)
	}
	return append(b, '}')
}

// appendObject copies a JSON object; a line break in it can only be white space between
// tokens and becomes a space. What is no JSON is kept as a string, so that the whole stays valid.
func appendObject(b []byte, raw json.RawMessage) []byte {
	switch {
	case len(raw) == 0:
		return append(b, "{}"...)
	case !json.Valid(raw):
		return appendText(b, `"`, string(raw))
	case !utf8.Valid(raw):
		raw = bytes.ToValidUTF8(raw, []byte("\ufffd"))
	}
	start := len(b)
	b = append(b, raw...)
	for i, c := range b[start:] {
		if c == '\n' || c == '\r' {
			b[start+i] = ' '
		}
	}
	return b
}

// second remembers where in the text a second was written to its last digit. The times
// of one entry mostly lie in few seconds, and the calendar is the costly part of a time.
type second struct {
	unix int64
	at   int // 0 = none yet
}

// secondSize is the length of 2006-01-02T15:04:05.
const secondSize = 19

// appendTime appends t in UTC with up to nine decimals (RFC 3339), null when it is zero.
func (s *second) appendTime(b []byte, name string, t time.Time) []byte {
	b = append(b, name...)
	if t.IsZero() {
		return append(b, "null"...)
	}
	b = append(b, '"')
	if s.at > 0 && s.unix == t.Unix() {
		b = append(b, b[s.at:s.at+secondSize]...)
		b = appendFraction(b, t.Nanosecond())
		return append(b, `Z"`...)
	}
	t = t.UTC()
	if year := t.Year(); year < 0 || year > 9999 {
		return append(t.AppendFormat(b, time.RFC3339Nano), '"')
	}
	*s = second{t.Unix(), len(b)}
	b = appendFraction(appendSecond(b, t), t.Nanosecond())
	return append(b, `Z"`...)
}

// appendSecond appends 2006-01-02T15:04:05.
func appendSecond(b []byte, t time.Time) []byte {
	year, month, day := t.Date()
	hour, minute, sec := t.Clock()
	text := [secondSize]byte{4: '-', 7: '-', 10: 'T', 13: ':', 16: ':'}
	for _, two := range [...]struct{ at, n int }{{0, year / 100}, {2, year % 100}, {5, int(month)}, {8, day}, {11, hour}, {14, minute}, {17, sec}} {
		text[two.at], text[two.at+1] = byte('0'+two.n/10), byte('0'+two.n%10)
	}
	return append(b, text[:]...)
}

// each times a byte is eight of that byte.
const each = 0x0101010101010101

// isPlain reports whether s can stand between quotes as it is. It looks at eight bytes
// at a time, the last of which may overlap those before.
func isPlain(s string) bool {
	n := len(s)
	switch {
	case n >= 8:
		for i := 0; i < n-8; i += 8 {
			if special(load4(s[i:]) | load4(s[i+4:])<<32) {
				return false
			}
		}
		return !special(load4(s[n-8:]) | load4(s[n-4:])<<32)
	case n >= 4:
		return !special(load4(s) | load4(s[n-4:])<<32)
	}
	x := uint64(each * ' ')
	for i := range n {
		x = x<<8 | uint64(s[i])
	}
	return !special(x)
}

func load4(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

// special reports whether one of eight bytes is a control character, a quote, a
// backslash or beyond ASCII: each of these, and none else, sets a high bit below,
// since only they are high already or borrow when something is taken from them.
func special(x uint64) bool {
	return (x|(x-each*' ')|((x^each*'"')-each)|((x^each*'\\')-each))&(each*utf8.RuneSelf) != 0
}

// appendEscaped appends what stands between a JSON string's quotes.
func appendEscaped(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\ufffd`...)
			start = i + 1
		}
		i += size
	}
	return append(dst, s[start:]...)
}

func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
