package redact

import (
	"bytes"
	"cmp"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// maxLevels is how deep JSON within strings of JSON is read.
const maxLevels = 2

// view is a text as it is read, and where its bytes come from: those of the body, or of
// the view that it was made from.
type view struct {
	text   []byte
	segs   []seg
	parent *view
}

// seg says where a run of the text comes from. A verbatim run has its bytes; another one is
// an escape of some bytes.
type seg struct {
	at, raw, rawLen int
	verbatim        bool
}

func verbatim(body []byte) *view {
	return &view{text: body, segs: []seg{{0, 0, len(body), true}}}
}

func unescaped(body []byte) *view {
	v := &view{text: make([]byte, 0, len(body))}
	v.add(body, 0, len(body))
	return v
}

func (v *view) escaped() bool { return bytes.IndexByte(v.text, '\\') >= 0 }

// deeper reads the escapes that are in the text.
func (v *view) deeper() *view {
	d := unescaped(v.text)
	d.parent = v
	return d
}

// add appends body[from:to] with its escapes of JSON read (RFC 8259, 7).
func (v *view) add(body []byte, from, to int) {
	for from < to {
		next := bytes.IndexByte(body[from:to], '\\')
		if next < 0 {
			next = to - from
		}
		v.copy(body, from, from+next)
		if from += next; from >= to {
			return
		}
		size := v.escape(body[from:to], from)
		if size == 0 { // no escape: as it stands
			v.copy(body, from, from+1)
			size = 1
		}
		from += size
	}
}

func (v *view) copy(body []byte, from, to int) {
	if to <= from {
		return
	}
	if n := len(v.segs); n > 0 && v.segs[n-1].verbatim && v.segs[n-1].raw+v.segs[n-1].rawLen == from {
		v.segs[n-1].rawLen += to - from
	} else {
		v.segs = append(v.segs, seg{len(v.text), from, to - from, true})
	}
	v.text = append(v.text, body[from:to]...)
}

const escapes = `"\/bfnrt`
const meanings = "\"\\/\b\f\n\r\t"

// escape appends what the escape at the beginning of b stands for, and gives its length; 0
// when it is none.
func (v *view) escape(b []byte, at int) int {
	if len(b) < 2 {
		return 0
	}
	if i := bytes.IndexByte([]byte(escapes), b[1]); i >= 0 {
		v.segs = append(v.segs, seg{len(v.text), at, 2, false})
		v.text = append(v.text, meanings[i])
		return 2
	}
	r, ok := unicodeEscape(b)
	if !ok {
		return 0
	}
	size := 6
	if utf16.IsSurrogate(r) {
		if low, ok := unicodeEscape(b[6:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			r, size = utf16.DecodeRune(r, low), 12
		}
	}
	v.segs = append(v.segs, seg{len(v.text), at, size, false})
	v.text = utf8.AppendRune(v.text, r)
	return size
}

func unicodeEscape(b []byte) (r rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// stretch is [from, to) of a body.
type stretch struct{ from, to int }

// origins gives where [from, to) of the text stands in the body, in order.
func (v *view) origins(from, to int) []stretch {
	var out []stretch
	i, _ := slices.BinarySearchFunc(v.segs, from+1, func(s seg, at int) int { return cmp.Compare(s.at, at) })
	for i--; i >= 0 && i < len(v.segs) && v.segs[i].at < to; i++ {
		s := v.segs[i]
		part := stretch{s.raw, s.raw + s.rawLen}
		if s.verbatim {
			part = stretch{s.raw + max(from-s.at, 0), min(s.raw+s.rawLen, s.raw+to-s.at)}
		}
		if n := len(out); n > 0 && out[n-1].to == part.from {
			out[n-1].to = part.to
		} else {
			out = append(out, part)
		}
	}
	if v.parent == nil {
		return out
	}
	var below []stretch
	for _, part := range out {
		below = append(below, v.parent.origins(part.from, part.to)...)
	}
	return below
}
