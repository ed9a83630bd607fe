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
	media, tools := namesOf(body)
	if !media {
		objects := int64(bytes.Count(body, brace))
		bound = baseBound + int64(len(body)) + turnBound*(objects-1)
		if tools {
			bound += toolsBound + answerBound + (toolBound-turnBound)*objects
		}
		return bound, false
	}
	t, ok := read(body)
	if !ok {
		return baseBound + int64(len(body)), true
	}
	return t.bound(), true
}

var brace = []byte("{")

// words are in the names that every dialect has for what is no text, and (tool, schema) in
// those of tools and of forms of answers; each by its first letter, which no other has.
var words = [256]string{
	'i': "image", 'f': "file", 'a': "audio", 'v': "video", 'd': "document", 'n': "nline", 's': "source", 'y': "ytes",
	't': "tool", 'c': "chema",
}

// maxName is longer than any name that matters.
const maxName = 48

// namesOf reports whether a body has names of media, and of tools. All that is short and
// stands between two quotes is taken for a name; texts are stepped over.
func namesOf(body []byte) (media, tools bool) {
	for {
		i := bytes.IndexByte(body, '"')
		if i < 0 {
			return media, tools
		}
		if i <= maxName {
			m, t := wordsOf(body[:i])
			media, tools = media || m, tools || t
		}
		body = body[i+1:]
	}
}

func wordsOf(name []byte) (media, tools bool) {
	for i, c := range name {
		if w := words[c]; w != "" && bytes.HasPrefix(name[i:], []byte(w)) {
			tool := c == 't' || c == 'c'
			media, tools = media || !tool, tools || tool
		}
	}
	return media, tools
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
