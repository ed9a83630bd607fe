// Package jsonout is the writer of JSON text: it appends to a buffer, keeps spans as
// they were written and puts the commas. It checks nothing: what it is given as raw
// must be JSON.
package jsonout

import (
	"strconv"
	"unicode/utf8"
)

// Writer appends JSON to B. Whether a comma is due is told by the last byte, so a
// Writer may begin in the middle of a text that someone else began. The zero Writer is
// ready to use. It is for one goroutine.
type Writer struct{ B []byte }

// comma puts the comma that is due before a member or element.
func (w *Writer) comma() {
	if n := len(w.B); n > 0 {
		switch w.B[n-1] {
		case '{', '[', ':', ',', '\n', ' ':
		default:
			w.B = append(w.B, ',')
		}
	}
}

// Begin opens an object or array: '{' or '['.
func (w *Writer) Begin(bracket byte) {
	w.comma()
	w.B = append(w.B, bracket)
}

// End closes one: '}' or ']'.
func (w *Writer) End(bracket byte) { w.B = append(w.B, bracket) }

// Key writes a member's name, which needs no escapes, and its colon.
func (w *Writer) Key(name string) {
	w.comma()
	w.B = append(w.B, '"')
	w.B = append(w.B, name...)
	w.B = append(w.B, '"', ':')
}

// AnyKey is Key for a name that may need escapes.
func (w *Writer) AnyKey(name string) {
	w.comma()
	w.B = append(AppendString(w.B, name), ':')
}

// Raw writes a value as it is; nil writes null.
func (w *Writer) Raw(v []byte) {
	w.comma()
	if v == nil {
		v = null
	}
	w.B = append(w.B, v...)
}

var null = []byte("null")

// String writes a string.
func (w *Writer) String(s string) {
	w.comma()
	w.B = AppendString(w.B, s)
}

// Int writes a number.
func (w *Writer) Int(n int64) {
	w.comma()
	w.B = strconv.AppendInt(w.B, n, 10)
}

// Float writes a number in its shortest form.
func (w *Writer) Float(f float64) {
	w.comma()
	w.B = strconv.AppendFloat(w.B, f, 'f', -1, 64)
}

// Bool writes true or false.
func (w *Writer) Bool(b bool) {
	w.comma()
	w.B = strconv.AppendBool(w.B, b)
}

// Object and Array open the value of a member.
func (w *Writer) Object(key string) { w.Key(key); w.B = append(w.B, '{') }

// Array: see Object.
func (w *Writer) Array(key string) { w.Key(key); w.B = append(w.B, '[') }

// The members: a name and its value. Those that end in If write nothing for a value
// that is not there (nil, "").

// Member writes a raw value, null when it is nil.
func (w *Writer) Member(key string, v []byte) { w.Key(key); w.Raw(v) }

// MemberIf writes a raw value unless it is empty.
func (w *Writer) MemberIf(key string, v []byte) {
	if len(v) > 0 {
		w.Member(key, v)
	}
}

// Text writes a string.
func (w *Writer) Text(key, s string) { w.Key(key); w.String(s) }

// TextIf writes a string unless it is empty.
func (w *Writer) TextIf(key, s string) {
	if s != "" {
		w.Text(key, s)
	}
}

// Number writes a whole number.
func (w *Writer) Number(key string, n int64) { w.Key(key); w.Int(n) }

// Flag writes true or false.
func (w *Writer) Flag(key string, b bool) { w.Key(key); w.Bool(b) }

const hex = "0123456789abcdef"

// AppendString appends s as a JSON string. Bytes that are no UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = AppendEscaped(dst, s)
	return append(dst, '"')
}

// AppendEscaped appends s as it stands between a JSON string's quotes.
func AppendEscaped[T string | []byte](dst []byte, s T) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune([]byte(s[i:min(i+utf8.UTFMax, len(s))]))
			if r != utf8.RuneError || n != 1 {
				i += n
				continue
			}
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\ufffd`...)
			i++
			start = i
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, c)
		i++
		start = i
	}
	return append(dst, s[start:]...)
}

func appendEscape(dst []byte, c byte) []byte {
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

// Quote gives s as a JSON string.
func Quote(s string) []byte { return AppendString(make([]byte, 0, len(s)+2), s) }

// Join joins JSON strings to one, with sep between them, which is given as it stands
// between quotes. What is no string is passed over. One alone is given as it is.
func Join(sep string, texts ...[]byte) []byte {
	n, size, last := 0, 2, []byte(nil)
	for _, t := range texts {
		if len(t) >= 2 && t[0] == '"' {
			n, size, last = n+1, size+len(t)+len(sep), t
		}
	}
	if n <= 1 {
		return last
	}
	out := append(make([]byte, 0, size), '"')
	for _, t := range texts {
		if len(t) < 2 || t[0] != '"' {
			continue
		}
		if len(out) > 1 {
			out = append(out, sep...)
		}
		out = append(out, t[1:len(t)-1]...)
	}
	return append(out, '"')
}
