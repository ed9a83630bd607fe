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

// Most is what a request body can come to at the most.
type Most struct {
	Tokens int64 // as Bound says, or more
	Media  bool  // the body may hold more than text
	Caches bool  // the body may ask for its beginning to be cached
}

// MostOf is Bound of every call that money or tokens are held for, so it does without
// reading the body where it can.
//
// Of a body that can hold nothing but text it is worked out from the number of bytes and
// of objects, at some gigabytes a second: at most about twice what Bound says.
func MostOf(body []byte) Most {
	of := marksOf(body)
	m := Most{Media: of&markMedia != 0, Caches: of&markCache != 0}
	if !m.Media {
		objects := int64(bytes.Count(body, brace))
		m.Tokens = baseBound + int64(len(body)) + turnBound*(objects-1)
		if of&markTools != 0 {
			m.Tokens += toolsBound + answerBound + (toolBound-turnBound)*objects
		}
		return m
	}
	m.Tokens = baseBound + int64(len(body))
	if t, ok := read(body); ok {
		m.Tokens = t.bound()
	}
	return m
}

var brace = []byte("{")

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
