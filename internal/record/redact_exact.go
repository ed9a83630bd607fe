package record

import (
	"bytes"
	"strings"
)

// minExact is the length from which a value is looked for.
const minExact = 8

// exactSet finds any of a set of values in one pass, after Wu and Manber, "A fast
// algorithm for multi-pattern searching" (1994), with blocks of two bytes.
type exactSet struct {
	values []string
	window int // length of the shortest value
	shift  [1 << blockBits]uint8
	ending map[uint16][]string // values by the block at the end of their window
}

const blockBits = 12

func block(a, b byte) uint16 { return (uint16(a)<<5 ^ uint16(b)) & (1<<blockBits - 1) }

// newExactSet gives nil when there is nothing to look for.
func newExactSet(values []string) *exactSet {
	s := &exactSet{window: 255, ending: make(map[uint16][]string)}
	for _, v := range values {
		s.add(v)
		if escaped := strings.ReplaceAll(v, "/", `\/`); escaped != v { // as some JSON writers do
			s.add(escaped)
		}
	}
	if len(s.values) == 0 {
		return nil
	}
	for i := range s.shift {
		s.shift[i] = uint8(s.window - 1)
	}
	for _, v := range s.values {
		for j := 1; j < s.window; j++ {
			at := block(v[j-1], v[j])
			s.shift[at] = min(s.shift[at], uint8(s.window-1-j))
		}
		end := block(v[s.window-2], v[s.window-1])
		s.ending[end] = append(s.ending[end], v)
	}
	return s
}

func (s *exactSet) add(v string) {
	if len(v) < minExact {
		return
	}
	s.values = append(s.values, v)
	s.window = min(s.window, len(v))
}

// find appends every place where a value stands. A nil set finds nothing.
func (s *exactSet) find(b []byte, out []span) []span {
	if s == nil {
		return out
	}
	for i := s.window - 1; i < len(b); {
		at := block(b[i-1], b[i])
		if skip := s.shift[at]; skip > 0 {
			i += int(skip)
			continue
		}
		for _, v := range s.ending[at] {
			if from := i - s.window + 1; hasAt(b, from, v) {
				out = append(out, span{from, from + len(v)})
			}
		}
		i++
	}
	return s.cut(b, out)
}

// cut finds a value whose end the end of b cuts off.
func (s *exactSet) cut(b []byte, out []span) []span {
	for _, v := range s.values {
		for n := min(len(v)-1, len(b)); n >= minExact; n-- {
			if b[len(b)-n] == v[0] && bytes.HasSuffix(b, []byte(v[:n])) {
				out = append(out, span{len(b) - n, len(b)})
				break
			}
		}
	}
	return out
}
