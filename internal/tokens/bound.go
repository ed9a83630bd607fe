package tokens

import "bytes"

// What vendors wrap around a request at the most, as recorded calls tell it.
const (
	baseBound   = 1024
	turnBound   = 64
	toolsBound  = 1024 // once, when there are tools
	toolBound   = 128
	answerBound = 512
	mediaBound  = 8 // times what media count flat
)

// Bound gives more tokens than a vendor can count for the text of a request body: no
// tokenizer in use makes more tokens of a text than it has bytes. It is about seven times
// what vendors count of usual requests. What neither can see (see the package comment) is not
// bounded, and media are bounded for usual sizes only.
func Bound(body []byte) int64 {
	t, ok := read(body)
	if !ok {
		return baseBound + int64(len(body))
	}
	return t.bound()
}

// BoundMedia is Bound, and reports whether the body may hold more than text.
//
// Of a body that can hold nothing but text it is worked out from the number of bytes and
// of objects, at some gigabytes a second: at most about twice what Bound says.
func BoundMedia(body []byte) (bound int64, media bool) {
	if !mayHoldMedia(body) {
		bound = baseBound + int64(len(body)) + turnBound*int64(bytes.Count(body, brace)-1)
		if bytes.Contains(body, toolWord) || bytes.Contains(body, schemaWord) {
			bound += toolsBound + answerBound + (toolBound-turnBound)*int64(bytes.Count(body, brace))
		}
		return bound, false
	}
	t, ok := read(body)
	if !ok {
		return baseBound + int64(len(body)), true
	}
	return t.bound(), true
}

var brace, toolWord, schemaWord = []byte("{"), []byte("tool"), []byte("chema")

// mediaWords are in the names that every dialect has for what is no text.
var mediaWords = [][]byte{[]byte("image"), []byte("file"), []byte("audio"), []byte("video"), []byte("document"), []byte("nline"), []byte("source"), []byte("ytes")}

func mayHoldMedia(body []byte) bool {
	for _, w := range mediaWords {
		if bytes.Contains(body, w) {
			return true
		}
	}
	return false
}

func (t *tally) bound() int64 {
	bound := baseBound + turnBound*t.turns + t.letters + t.ids + mediaBound*t.media
	if t.tools > 0 {
		bound += toolsBound + toolBound*t.tools
	}
	if t.answer.total() > 0 {
		bound += answerBound
	}
	return bound
}
