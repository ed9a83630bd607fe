package redact

import (
	"cmp"
	"io"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// starts finds matches of a rule that all begin with a word of it: the rule is tried where
// the words stand, and nowhere else, which finds what a search of the whole text would. How
// far a try may read is known by what the expression cannot cross.
type starts struct {
	stops string // bytes of which a match, or its head, has at most n
	n     int
	head  func() *regexp.Regexp // what a match begins with, where only that is bounded; nil = all is
	// The rule at the beginning of a text, and behind one character of it.
	first, later func() *regexp.Regexp
}

const (
	spaces  = " \t\n\v\f\r"
	newline = "\n"
)

// startsOf gives how a rule is tried at its words; nil = it cannot be.
func startsOf(source string, tree *syntax.Regexp, words []string) *starts {
	if !beginsWith(tree, words) {
		return nil
	}
	s := &starts{first: compiled(`\A(?:` + source + `)`), later: compiled(`\A(?s:.)(?:` + source + `)`)}
	for _, s.stops = range []string{spaces, newline} {
		if n, bounded := most(tree, s.stops); bounded {
			s.n = n
			return s
		}
	}
	head := boundedHead(tree)
	if head == nil {
		return nil
	}
	s.n, _ = most(head, newline)
	s.head = compiled(`\A(?s:.)??(?:` + head.String() + `)`)
	return s
}

func compiled(source string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(source) })
}

// beginsWith reports whether every match begins with one of the words, which are in small
// letters.
func beginsWith(re *syntax.Regexp, words []string) bool {
	switch re.Op {
	case syntax.OpCapture:
		return beginsWith(re.Sub[0], words)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if sub.Op != syntax.OpWordBoundary {
				return beginsWith(sub, words)
			}
		}
	case syntax.OpAlternate:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !beginsWith(sub, words) })
	case syntax.OpLiteral:
		text := strings.ToLower(string(re.Rune))
		if re.Flags&syntax.FoldCase != 0 && strings.ContainsAny(text, "ks") { // which two letters beyond ASCII fold to
			return false
		}
		return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(text, w) })
	}
	return false
}

// most gives how many of some bytes a match has at most, and whether there is such a bound.
func most(re *syntax.Regexp, of string) (n int, bounded bool) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if strings.ContainsRune(of, r) {
				n++
			}
		}
		return n, true
	case syntax.OpAnyChar:
		return 1, true
	case syntax.OpAnyCharNotNL:
		if of == newline {
			return 0, true
		}
		return 1, true
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			if strings.ContainsFunc(of, func(r rune) bool { return re.Rune[i] <= r && r <= re.Rune[i+1] }) {
				return 1, true
			}
		}
		return 0, true
	case syntax.OpStar, syntax.OpPlus:
		n, bounded = most(re.Sub[0], of)
		return 0, bounded && n == 0
	case syntax.OpRepeat:
		n, bounded = most(re.Sub[0], of)
		return n * max(re.Max, 0), bounded && (n == 0 || re.Max >= 0)
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			one, ok := most(sub, of)
			if !ok {
				return 0, false
			}
			n = max(n, one)
		}
		return n, true
	}
	for _, sub := range re.Sub { // in a row, or one; none of what is empty
		one, ok := most(sub, of)
		if !ok {
			return 0, false
		}
		n += one
	}
	return n, true
}

// boundedHead gives the longest beginning of an expression that crosses few lines; nil where
// that says next to nothing.
func boundedHead(re *syntax.Regexp) *syntax.Regexp {
	if re.Op != syntax.OpConcat {
		return nil
	}
	k := slices.IndexFunc(re.Sub, func(sub *syntax.Regexp) bool { _, bounded := most(sub, newline); return !bounded })
	if k < 5 {
		return nil
	}
	return &syntax.Regexp{Op: syntax.OpConcat, Flags: re.Flags, Sub: re.Sub[:k]}
}

// end gives where a match, or its head, ends at the latest that begins with a word that ends
// at from; the byte behind it is before that.
func (s *starts) end(text []byte, from int) int {
	for n := 0; from < len(text); from++ {
		if strings.IndexByte(s.stops, text[from]) >= 0 {
			if n++; n > s.n {
				return from + 1
			}
		}
	}
	return len(text)
}

// find gives the matches, as FindAllSubmatchIndex does, at places where words are; false
// where that may take longer than a search of the whole text.
func (s *starts) find(text []byte, places []stretch) (all [][]int, ok bool) {
	slices.SortFunc(places, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	end, further := 0, reading{left: 2 * len(text)}
	for i, p := range places {
		if p.from < end || i > 0 && p.from == places[i-1].from {
			continue
		}
		before, expr := max(p.from-1, 0), s.later
		if p.from == 0 {
			expr = s.first
		}
		var m []int
		switch {
		case s.head == nil:
			m = expr().FindSubmatchIndex(text[before:p.to])
		case s.head().Match(text[before:p.to]): // how far it reads is seen
			further.text = text[before:]
			if m = expr().FindReaderSubmatchIndex(&further); further.left < 0 {
				return nil, false
			}
		}
		if m == nil {
			continue
		}
		for k := range m {
			if m[k] >= 0 {
				m[k] += before
			}
		}
		m[0] = p.from
		all, end = append(all, m), m[1]
	}
	return all, true
}

// reading is a text that is read as far as an expression needs it, and no more than is left.
type reading struct {
	text []byte
	left int
}

// ReadRune implements io.RuneReader.
func (r *reading) ReadRune() (c rune, size int, err error) {
	if len(r.text) == 0 || r.left < 0 {
		return 0, 0, io.EOF
	}
	c, size = utf8.DecodeRune(r.text)
	r.text, r.left = r.text[size:], r.left-size
	return c, size, nil
}
