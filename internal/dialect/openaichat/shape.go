package openaichat

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// maxShape bounds what is remembered of a chunk.
const maxShape = 2 << 10

// shape is the text of a chunk with holes where its strings of content stand. Chunks
// of one stream are alike but for those, so most need no reading at all: that a chunk
// fits is seen by comparing bytes.
type shape struct {
	parts  [3][]byte // what stands before, between and after the holes
	holes  int       // 0 = nothing has been learned
	buffer []byte    // what parts are cut from
}

// learn takes a chunk's form. text is its string of content and padding another hole
// or nil, both with their quotes and both parts of data.
//
// Where the same string stands in data earlier too, that place becomes the hole. Then
// fewer chunks match, and those that do still differ from a chunk of content in
// nothing but one string or name whose value was read.
func (s *shape) learn(data, text, padding []byte) {
	s.holes = 0
	if len(data) > maxShape {
		return
	}
	s.buffer = append(s.buffer[:0], data...)
	from := bytes.Index(data, text) + 1
	to := from + len(text) - 2
	if padding == nil {
		s.parts[0], s.parts[1], s.holes = s.buffer[:from], s.buffer[to:], 1
		return
	}
	from2 := bytes.LastIndex(data, padding) + 1
	to2 := from2 + len(padding) - 2
	if from2 <= to {
		return
	}
	s.parts[0], s.parts[1], s.parts[2], s.holes = s.buffer[:from], s.buffer[to:from2], s.buffer[to2:], 2
}

// matches reports whether data is of this form.
func (s *shape) matches(data []byte) bool {
	if s.holes == 0 || !bytes.HasPrefix(data, s.parts[0]) {
		return false
	}
	i := jsonscan.StringEnd(data, len(s.parts[0]))
	if i < 0 {
		return false
	}
	if s.holes == 1 {
		return bytes.Equal(data[i:], s.parts[1])
	}
	if !bytes.HasPrefix(data[i:], s.parts[1]) {
		return false
	}
	i = jsonscan.StringEnd(data, i+len(s.parts[1]))
	return i >= 0 && bytes.Equal(data[i:], s.parts[2])
}
