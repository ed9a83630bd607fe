package tokens

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// marks say what the names in a body hint at.
type marks uint8

const (
	markMedia marks = 1 << iota
	markTools       // tools, or a form of the answer
	markCache
)

// hint is a word that is in names of every dialect. It is looked for at two letters of it
// that seldom stand together in names.
type hint struct {
	word string
	at   int // of these letters in the word
	mark marks
}

// hints are by the first of their two letters.
var hints = [256][]hint{
	'g': {{"image", 3, markMedia}},
	'f': {{"file", 0, markMedia}},
	'u': {{"audio", 1, markMedia}, {"document", 3, markMedia}, {"source", 2, markMedia}},
	'v': {{"video", 0, markMedia}},
	'l': {{"nline", 1, markMedia}},
	'y': {{"ytes", 0, markMedia}},
	'o': {{"tool", 2, markTools}},
	'h': {{"chema", 1, markTools}, {"cache_control", 3, markCache}, {"cachePoint", 3, markCache}},
}

// nextOf has a bit for each letter that may follow the first of a hint's two letters.
var nextOf = func() (t [256]uint32) {
	for c, all := range hints {
		for _, h := range all {
			t[c] |= 1 << (h.word[h.at+1] & 31)
		}
	}
	return t
}()

// maxName is longer than any name that matters, and minHint the length of the shortest hint.
const (
	maxName = 48
	minHint = 4
)

// marksOf tells what the names of a body hint at. All that is short and stands between
// two quotes is taken for a name; texts are stepped over.
func marksOf(body []byte) (all marks) {
	for {
		end := quoteAt(body)
		if end < 0 {
			return all
		}
		if minHint <= end && end <= maxName {
			all |= marksIn(body[:end])
		}
		body = body[end+1:]
	}
}

// quoteAt gives the place of the first quote, -1 when there is none. Most are near, so it
// looks at eight bytes at once before it looks afar.
func quoteAt(b []byte) int {
	const each = 0x0101010101010101
	i := 0
	for ; i < maxName && i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:]) ^ each*'"' // a quote is a zero now
		if zero := (x - each) &^ x & (each << 7); zero != 0 {
			return i + bits.TrailingZeros64(zero)/8
		}
	}
	if n := bytes.IndexByte(b[i:], '"'); n >= 0 {
		return i + n
	}
	return -1
}

// marksIn tells what one name hints at.
func marksIn(name []byte) (all marks) {
	for i, c := range name[:len(name)-1] {
		if next := nextOf[c]; next != 0 && next>>(name[i+1]&31)&1 != 0 {
			all |= hintAt(name, i)
		}
	}
	return all
}

// hintAt tells which hint has its two letters at i. A word never goes on behind a quote.
func hintAt(name []byte, i int) marks {
	for _, h := range hints[name[i]] {
		if from := i - h.at; from >= 0 && from+len(h.word) <= len(name) && string(name[from:from+len(h.word)]) == h.word {
			return h.mark
		}
	}
	return 0
}
