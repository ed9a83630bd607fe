package proxy

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// elementScan finds the elements, objects, of one of resultArrays in a JSON text that comes in
// pieces: of the first one that comes, since some vendors write their results twice.
type elementScan struct {
	piece func([]byte) // part of an element
	end   func()       // an element is over

	stack  []scanFrame // of what is open outside of elements
	depth  int
	within int // the depth of the element that is being read; 0 = none
	path   string
	key    []byte
	text   bool // inside a text
	isKey  bool
	escape bool
	member bool // a member's name comes
	dead   bool // deeper than any batch is
}

type scanFrame struct {
	array bool
	path  string
}

func (s *elementScan) write(p []byte) {
	from := 0
	for i, c := range p {
		switch {
		case s.dead:
			return
		case s.text:
			s.inText(c)
		case c == '"':
			s.text, s.isKey, s.key = true, s.member && s.within == 0, s.key[:0]
		case c == '{', c == '[':
			if s.open(c) {
				from = i
			}
		case c == '}', c == ']':
			if s.within > 0 && s.depth == s.within {
				s.piece(p[from : i+1])
				s.end()
				s.within = 0
			}
			s.close()
		case c == ',':
			s.member = s.within == 0 && len(s.stack) > 0 && !s.stack[len(s.stack)-1].array
		case c == ':':
			s.member = false
		}
	}
	if s.within > 0 {
		s.piece(p[from:])
	}
}

// open notes a bracket, and reports whether an element begins with it.
func (s *elementScan) open(c byte) (begins bool) {
	s.depth++
	if s.depth > jsonscan.MaxDepth {
		s.dead = true
	}
	if s.within > 0 {
		return false
	}
	frame := scanFrame{array: c == '['}
	if n := len(s.stack); n > 0 {
		switch top := s.stack[n-1]; {
		case !top.array:
			frame.path = top.path + "." + string(s.key)
		case c == '{' && s.wants(top.path):
			s.within, begins = s.depth, true
		}
	}
	s.stack = append(s.stack, frame)
	s.member = c == '{'
	return begins
}

func (s *elementScan) wants(path string) bool {
	if s.path == "" && slices.Contains(resultArrays, path) {
		s.path = path
	}
	return path != "" && path == s.path
}

func (s *elementScan) close() {
	s.depth--
	if s.within == 0 && len(s.stack) > 0 {
		s.stack = s.stack[:len(s.stack)-1]
	}
}

func (s *elementScan) inText(c byte) {
	switch {
	case s.escape:
		s.escape = false
	case c == '\\':
		s.escape = true
	case c == '"':
		s.text = false
		return
	}
	if s.isKey && len(s.key) < 64 {
		s.key = append(s.key, c)
	}
}
