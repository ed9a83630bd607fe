package openairesponses

import "github.com/sluice-gateway/sluice/internal/jsonout"

// slots keeps JSON values that are finished in any order, and writes them in theirs.
type slots struct {
	text  []byte
	spans [][2]int
}

// put keeps a value at an index.
func (s *slots) put(index int, value []byte) {
	for len(s.spans) <= index {
		s.spans = append(s.spans, [2]int{})
	}
	from := len(s.text)
	s.text = append(s.text, value...)
	s.spans[index] = [2]int{from, len(s.text)}
}

// write writes the values; an index without one is passed over.
func (s *slots) write(w *jsonout.Writer) {
	for _, at := range s.spans {
		if at[1] > at[0] {
			w.Raw(s.text[at[0]:at[1]])
		}
	}
}

// forget empties the slots.
func (s *slots) forget() { s.text, s.spans = s.text[:0], s.spans[:0] }
