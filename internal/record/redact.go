package record

import (
	"bytes"
	"slices"
)

// Marker stands in stored bodies where a secret was.
const Marker = "[redacted]"

// Redact removes what looks like a secret: keys with a known prefix (our own and those
// of well-known services), bearer tokens, signed tokens (JWT) and private keys in PEM.
// It gives body itself when there is none, else a copy; body is never changed. Only
// runs of ASCII that need no escaping are replaced, so that JSON and UTF-8 stay valid.
// A secret that the end of body cuts in two is found by its first half.
func Redact(body []byte) []byte { return redact(body, shaped(body, nil)) }

// Redactor is Redact that also knows secrets by their exact value. It is immutable.
type Redactor struct{ exact *exactSet }

// NewRedactor makes a Redactor for these values; those shorter than 8 bytes are ignored,
// since they would be found in ordinary text.
func NewRedactor(exact []string) *Redactor { return &Redactor{newExactSet(exact)} }

// Redact is as the function, but for the exact values too.
func (r *Redactor) Redact(body []byte) []byte {
	return redact(body, shaped(body, r.exact.find(body, nil)))
}

// Find tells where secrets stand in a text, in no order.
func (r *Redactor) Find(text []byte, found func(from, to int)) {
	for _, s := range shaped(text, r.exact.find(text, nil)) {
		found(s.from, s.to)
	}
}

// span is a stretch of a body, [from, to).
type span struct{ from, to int }

func redact(body []byte, spans []span) []byte {
	if len(spans) == 0 {
		return body
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	out := make([]byte, 0, len(body)+len(Marker))
	at := 0
	for _, s := range spans {
		if s.from >= at {
			out = append(append(out, body[at:s.from]...), Marker...)
		}
		at = max(at, s.to)
	}
	return append(out, body[at:]...)
}

// Classes of bytes.
const (
	alnum   = 1 << iota
	word    // and _ -
	token   // and . ~ + / =
	jwtByte // word and .
	upper   // A-Z 0-9
	anchor  // where a secret may be found by
)

var class = func() (t [256]uint8) {
	for c := range 256 {
		b := byte(c)
		switch {
		case b >= 'A' && b <= 'Z' || b >= '0' && b <= '9':
			t[c] = alnum | word | token | jwtByte | upper
		case b >= 'a' && b <= 'z':
			t[c] = alnum | word | token | jwtByte
		case b == '_' || b == '-':
			t[c] = word | token | jwtByte
		case b == '.':
			t[c] = token | jwtByte
		case b == '~' || b == '+' || b == '/' || b == '=':
			t[c] = token
		}
	}
	for _, b := range "-_AJBb" {
		t[b] |= anchor
	}
	return t
}()

// prefix begins a secret of at least min more bytes of a class.
type prefix struct {
	text  string
	min   int
	class uint8
}

// The prefixes by the byte that they are found by: one that is rare in bodies. The byte
// ends the prefix, or begins it in the case of 'A'.
var (
	byDash = []prefix{
		{"sk-", 16, word}, {"sluice-admin-", 16, word}, {"xai-", 20, word}, {"pplx-", 20, word}, {"nvapi-", 20, word}, {"glpat-", 16, word},
		{"xoxb-", 16, word}, {"xoxp-", 16, word}, {"xoxa-", 16, word}, {"xoxs-", 16, word},
	}
	byUnderscore = []prefix{
		{"gsk_", 20, word}, {"ghp_", 20, word}, {"gho_", 20, word}, {"ghu_", 20, word}, {"ghs_", 20, word}, {"ghr_", 20, word},
		{"github_pat_", 20, word}, {"hf_", 20, word}, {"sk_live_", 16, word}, {"sk_test_", 16, word}, {"rk_live_", 16, word},
	}
	byA = []prefix{{"AIza", 30, word}, {"AKIA", 16, upper}, {"ASIA", 16, upper}}
)

// shaped appends what looks like a secret. One pass looks for bytes that are rare in
// bodies and are part of some secret's beginning.
func shaped(b []byte, out []span) []span {
	for i, c := range b {
		if class[c]&anchor == 0 {
			continue
		}
		switch c {
		case '-':
			out = privateKey(b, i, out)
			out = keyEnding(b, i, byDash, out)
		case '_':
			out = keyEnding(b, i, byUnderscore, out)
		case 'A':
			out = keyBeginning(b, i, out)
		case 'J':
			out = signedToken(b, i-2, out)
		case 'B', 'b':
			out = bearer(b, i, out)
		}
	}
	return out
}

// keyBeginning looks for prefixes whose first byte is at i.
func keyBeginning(b []byte, i int, out []span) []span {
	for _, p := range byA {
		if hasAt(b, i, p.text) {
			return key(b, i, p, out)
		}
	}
	return out
}

// keyEnding looks for prefixes whose last byte is at i.
func keyEnding(b []byte, i int, prefixes []prefix, out []span) []span {
	if i < 2 {
		return out
	}
	for _, p := range prefixes {
		if n := len(p.text); b[i-1] == p.text[n-2] && i+1 >= n && string(b[i+1-n:i+1]) == p.text {
			return key(b, i+1-n, p, out)
		}
	}
	return out
}

// key appends the secret that begins with p at from, if it is one.
func key(b []byte, from int, p prefix, out []span) []span {
	if !boundary(b, from) {
		return out
	}
	start := from + len(p.text)
	end := run(b, start, p.class)
	if end-start < p.min && !(end == len(b) && end-start >= cutOff) {
		return out
	}
	return append(out, span{from, end})
}

// cutOff is how many bytes tell a secret that the end of the body cuts in two.
const cutOff = 4

// run gives the end of the run of a class that begins at i.
func run(b []byte, i int, of uint8) int {
	for i < len(b) && class[b[i]]&of != 0 {
		i++
	}
	return i
}

// boundary reports whether a secret may begin at i: no letter or digit stands before,
// but for the end of an escape (\n, \u003d, %3D).
func boundary(b []byte, i int) bool {
	switch {
	case i <= 0 || class[b[i-1]]&alnum == 0:
		return i >= 0
	case i >= 2 && b[i-2] == '\\':
		return true
	case i >= 3 && b[i-3] == '%':
		return true
	}
	return i >= 6 && b[i-6] == '\\' && b[i-5] == 'u'
}

func hasAt(b []byte, i int, text string) bool {
	return i >= 0 && len(b)-i >= len(text) && string(b[i:i+len(text)]) == text
}

// signedToken appends the JWT that begins at from (RFC 7519: three parts of base64url,
// the first a JSON object).
func signedToken(b []byte, from int, out []span) []span {
	if !hasAt(b, from, "eyJ") || !boundary(b, from) {
		return out
	}
	end := run(b, from, jwtByte)
	whole := end < len(b)
	for b[end-1] == '.' {
		end--
	}
	if whole && (bytes.Count(b[from:end], []byte{'.'}) < 2 || end-from < 30) || end-from < 10 {
		return out
	}
	return append(out, span{from, end})
}

// bearer appends the token behind "Bearer " at i, in any case (RFC 6750).
func bearer(b []byte, i int, out []span) []span {
	const word = "bearer "
	if len(b)-i < len(word) || b[i+1]|0x20 != 'e' || b[i+len(word)-1] != ' ' || !bytes.EqualFold(b[i:i+len(word)], []byte(word)) {
		return out
	}
	start := i + len(word)
	end := run(b, start, token)
	if !boundary(b, i) || end-start < 16 && !(end == len(b) && end-start >= cutOff) {
		return out
	}
	return append(out, span{start, end})
}

// privateKey appends the PEM block of a private key that begins at i (RFC 7468), up to
// the end of its text or of the JSON string that it is in.
func privateKey(b []byte, i int, out []span) []span {
	const begin, private, finish = "-----BEGIN ", "PRIVATE KEY", "-----END "
	if !hasAt(b, i, begin) {
		return out
	}
	label := b[i+len(begin) : min(i+len(begin)+40, len(b))]
	if !bytes.Contains(label, []byte(private)) {
		return out
	}
	rest := b[i:]
	if q := bytes.IndexByte(rest, '"'); q >= 0 {
		rest = rest[:q]
	}
	end := len(rest)
	if e := bytes.Index(rest, []byte(finish)); e >= 0 {
		end = e + len(finish)
		if dashes := bytes.Index(rest[end:], []byte("-----")); dashes >= 0 {
			end += dashes + len("-----")
		}
	}
	for rest[end-1] == '\\' { // never half an escape
		end--
	}
	return append(out, span{i, i + end})
}
