package upstream

import (
	"encoding/binary"
	"net/http"
	"net/textproto"
)

// Field is one header line. Names of received fields are canonical
// (Content-Type); names to send go out as they are given.
type Field struct{ Name, Value string }

// Header is a list of fields in the order of the wire. The strings of one answer
// share one piece of memory: clone what is kept beyond the request.
type Header []Field

// Get gives the first value of a canonical name, "" when there is none.
func (h Header) Get(name string) string {
	for i := range h {
		if h[i].Name == name {
			return h[i].Value
		}
	}
	return ""
}

// Has reports whether a canonical name occurs.
func (h Header) Has(name string) bool {
	for i := range h {
		if h[i].Name == name {
			return true
		}
	}
	return false
}

// Values gives every value of a canonical name in order, nil when there is none.
func (h Header) Values(name string) []string {
	var out []string
	for i := range h {
		if h[i].Name == name {
			out = append(out, h[i].Value)
		}
	}
	return out
}

// HTTP copies the fields into the standard library's form, for code off the hot
// path that wants a map.
func (h Header) HTTP() http.Header {
	out := make(http.Header, len(h))
	for i := range h {
		name := textproto.CanonicalMIMEHeaderKey(h[i].Name)
		out[name] = append(out[name], h[i].Value)
	}
	return out
}

// tokenBytes marks the bytes of an RFC 9110 §5.6.2 token.
var tokenBytes = func() (t [256]bool) {
	for _, c := range "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		t[c] = true
	}
	return t
}()

func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !tokenBytes[s[i]] {
			return false
		}
	}
	return s != ""
}

// canonicalize rewrites a received field name in place (content-type becomes
// Content-Type) and reports whether it is a token at all.
func canonicalize(name []byte) bool {
	upper := true
	for i, c := range name {
		if !tokenBytes[c] {
			return false
		}
		switch {
		case upper && 'a' <= c && c <= 'z':
			name[i] = c - ('a' - 'A')
		case !upper && 'A' <= c && c <= 'Z':
			name[i] = c + ('a' - 'A')
		}
		upper = c == '-'
	}
	return len(name) > 0
}

// validValue reports whether s may stand as a field value: RFC 9110 §5.5 without
// obsolete folding, so no control byte but the tab. It looks at eight bytes at once.
func validValue[T string | []byte](s T) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	var word [8]byte
	i := 0
	for ; i+8 <= len(s); i += 8 {
		copy(word[:], s[i:i+8])
		x := binary.LittleEndian.Uint64(word[:])
		low := (x - ones*0x20) &^ x & tops // a byte below 0x20, or one beside it
		del := x ^ ones*0x7f
		if low|((del-ones)&^del&tops) != 0 && !validBytes(s[i:i+8]) {
			return false
		}
	}
	return validBytes(s[i:])
}

func validBytes[T string | []byte](s T) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 0x20 && c != '\t') || c == 0x7f {
			return false
		}
	}
	return true
}
