package proxy

import (
	"bytes"
	"slices"
	"unicode"
)

const (
	// seamReach is how much of the text before a seam may be repeated behind it.
	seamReach = 512
	// repeated and letters are the least that is taken for a repetition: less may well be
	// meant, and so may lines of signs.
	repeatedBytes, repeatedLetters = 24, 8
)

// seam joins a text that was cut and what another model went on with. Models that are
// asked to go on tend to say the last words again; and white space at the cut may stand
// on both sides.
type seam struct {
	tail    []byte // of the text before
	held    []byte // what came so far, while it may be a repetition
	repeats bool   // words may be repeated, not white space alone
	over    bool
}

func newSeam(text []byte) seam {
	return seam{tail: slices.Clone(text[max(0, len(text)-seamReach):])}
}

// join takes the next words and gives those that are new and certain.
func (s *seam) join(words []byte) []byte {
	if s.over {
		return words
	}
	if s.held = append(s.held, words...); s.mayRepeat() {
		return nil
	}
	return s.close()
}

// mayRepeat reports whether what comes next decides.
func (s *seam) mayRepeat() bool {
	if len(bytes.TrimSpace(s.held)) == 0 {
		return len(s.held) < seamReach
	}
	return s.repeats && bytes.Contains(s.tail, s.held)
}

// close gives what is new of what is held; from then on all is.
func (s *seam) close() []byte {
	if s.over {
		return nil
	}
	s.over = true
	for n := min(len(s.held), len(s.tail)); n > 0; n-- {
		if again := s.held[:n]; bytes.HasSuffix(s.tail, again) && s.isRepetition(again) {
			return s.held[n:]
		}
	}
	return s.held
}

func (s *seam) isRepetition(words []byte) bool {
	if len(bytes.TrimSpace(words)) == 0 {
		return true
	}
	letters := 0
	for _, r := range string(words) {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return s.repeats && len(words) >= repeatedBytes && letters >= repeatedLetters
}
