package jsonscan

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// IsNull reports whether raw is the word null.
func IsNull(raw []byte) bool { return string(raw) == "null" }

// Bool reads true or false.
func Bool(raw []byte) (value, ok bool) {
	switch string(raw) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// Float reads a number; false when raw is none or its size does not fit.
func Float(raw []byte) (float64, bool) {
	if !isNumber(raw) {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	return f, err == nil
}

// Int reads a whole number however it is written (12, 12.0, 1.2e1); false when raw is
// no number, has a fraction or does not fit.
func Int(raw []byte) (int64, bool) {
	if n, ok := smallInt(raw); ok {
		return n, true
	}
	if !isNumber(raw) {
		return 0, false
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n, true
	}
	// Beyond 2^53 a float is not exact, so such a spelling is refused rather than rounded.
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// smallInt reads up to 18 digits, the usual form of a count.
func smallInt(raw []byte) (n int64, ok bool) {
	if len(raw) == 0 || len(raw) > 18 || raw[0] == '0' && len(raw) > 1 {
		return 0, false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// isNumber checks the grammar of RFC 8259 section 6.
func isNumber(b []byte) bool {
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	whole := digits(b)
	if whole == 0 || b[0] == '0' && whole > 1 {
		return false
	}
	b = b[whole:]
	if len(b) > 0 && b[0] == '.' {
		n := digits(b[1:])
		if n == 0 {
			return false
		}
		b = b[1+n:]
	}
	if len(b) > 0 && (b[0] == 'e' || b[0] == 'E') {
		b = b[1:]
		if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		n := digits(b)
		return n > 0 && n == len(b)
	}
	return len(b) == 0
}

func digits(b []byte) int {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n
}

// String decodes a JSON string; false when raw is none. Half a surrogate pair becomes
// U+FFFD; bytes that are no UTF-8 stay as they are.
func String(raw []byte) (string, bool) {
	if text, ok := Plain(raw); ok {
		return string(text), true
	}
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return "", false
	}
	text := raw[1 : len(raw)-1]
	out, ok := unescape(make([]byte, 0, len(text)), text)
	return string(out), ok
}

// Plain gives what stands between a JSON string's quotes, as a sub-slice of raw, when
// that is what the string means; false when it has escapes or is no string.
func Plain(raw []byte) ([]byte, bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return nil, false
	}
	text := raw[1 : len(raw)-1]
	return text, bytes.IndexByte(text, '\\') < 0 && bytes.IndexByte(text, '"') < 0
}

// KeyIs reports whether a member's raw name is name once its escapes are resolved.
func KeyIs(rawKey []byte, name string) bool {
	if len(rawKey) == len(name) {
		return string(rawKey) == name && bytes.IndexByte(rawKey, '\\') < 0
	}
	// An escape is longer than what it stands for, six bytes for one at the most.
	if len(rawKey) < len(name) || len(rawKey) > 6*len(name) || bytes.IndexByte(rawKey, '\\') < 0 {
		return false
	}
	var room [64]byte
	out, ok := unescape(room[:0], rawKey)
	return ok && string(out) == name
}

var simpleEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape appends text with its escapes resolved.
func unescape(dst, text []byte) ([]byte, bool) {
	for i := 0; i < len(text); {
		c := text[i]
		if c == '"' {
			return dst, false
		}
		if c != '\\' {
			dst = append(dst, c)
			i++
			continue
		}
		if i+1 == len(text) {
			return dst, false
		}
		if text[i+1] == 'u' {
			r, n := unicodeEscape(text[i:])
			if n == 0 {
				return dst, false
			}
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		plain := simpleEscapes[text[i+1]]
		if plain == 0 {
			return dst, false
		}
		dst = append(dst, plain)
		i += 2
	}
	return dst, true
}

// unicodeEscape reads one \uXXXX, or two that make a surrogate pair, and gives how
// many bytes it took; 0 when malformed.
func unicodeEscape(s []byte) (rune, int) {
	r, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := hex4(s[6:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(s []byte) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range s[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// IsWhole reports whether raw is a whole number in digits, however many.
func IsWhole(raw []byte) bool {
	digits := raw
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(digits) > 0 && (digits[0] != '0' || len(digits) == 1)
}
