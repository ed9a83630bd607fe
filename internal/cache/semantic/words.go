package semantic

import (
	"slices"
	"strings"
)

// extra is how many words that do not matter one prompt may have more than the other.
const extra = 2

// long is from how many words on the words of two prompts must come in the same order:
// there, that a word is somewhere in both says little.
const long = 80

func (r *reading) long() bool { return len(r.content) > long }

// vague reports whether a prompt has no word that says what it is about.
func (r *reading) vague() bool {
	return len(r.numbers)+len(r.symbols)+len(r.quotes)+len(r.blocks)+len(r.unspaced) == 0 &&
		!slices.ContainsFunc(r.content, func(c content) bool { return !c.light })
}

// words have their counterparts in the other prompt, but for a few that do not matter.
func words(a, b *reading) string {
	if a.unspaced != b.unspaced && !rotated(a.unspaced, b.unspaced) {
		return WhyWord
	}
	switch {
	case a.long() || b.long():
		return abreast(a, b)
	case a.vague() && b.vague() && strings.Trim(a.text, ".!?") != strings.Trim(b.text, ".!?"):
		return WhyWord
	}
	left, right := missing(a, b), missing(b, a)
	switch {
	case len(left) > 0 && len(right) > 0:
		for _, l := range left {
			for _, r := range right {
				if a.lexicon.opposite(l, r) {
					return WhyOpposite
				}
			}
		}
		return WhyWord
	case len(left) > extra, len(right) > extra:
		return WhyMore
	}
	for _, c := range slices.Concat(left, right) {
		if !c.light {
			return WhyMore
		}
	}
	return ""
}

// abreast compares the words of two prompts one by one.
func abreast(a, b *reading) string {
	if !slices.EqualFunc(a.content, b.content, func(c, d content) bool { return same(&c, &d) }) {
		return WhyWord
	}
	return ""
}

// missing gives the words of a prompt that have no counterpart in another.
func missing(a, b *reading) (out []*content) {
	by := map[string]bool{}
	for i := range b.content {
		by[b.content[i].text] = true
	}
	for i := range a.content {
		c := &a.content[i]
		if by[c.text] {
			continue
		}
		if _, ok := counterpart(c, b); !ok && !joined(a, i, b) {
			out = append(out, c)
		}
	}
	return out
}

// counterpart gives the place of the first word of a prompt that may stand for another.
func counterpart(c *content, in *reading) (int, bool) {
	for i := range in.content {
		if in.content[i].text == c.text {
			return i, true
		}
	}
	for i := range in.content {
		if same(c, &in.content[i]) {
			return i, true
		}
	}
	return 0, false
}

func same(a, b *content) bool {
	if a.fixed || b.fixed {
		return a.text == b.text
	}
	for _, f := range a.forms {
		if slices.Contains(b.forms, f) {
			return true
		}
		for _, o := range b.forms {
			if derives(f, o) {
				return true
			}
		}
	}
	for _, g := range a.groups {
		if slices.Contains(b.groups, g) {
			return true
		}
	}
	return false
}

// joined reports whether a word is written in two in the other prompt, or is one half of
// such a word.
func joined(a *reading, i int, b *reading) bool {
	whole := a.content[i].text
	for k := 0; k+1 < len(b.content); k++ {
		if b.content[k+1].close && b.content[k].text+b.content[k+1].text == whole {
			return true
		}
	}
	for k := max(i-1, 0); k <= i && k+1 < len(a.content); k++ {
		pair := a.content[k].text + a.content[k+1].text
		if a.content[k+1].close && slices.ContainsFunc(b.content, func(c content) bool { return c.text == pair }) {
			return true
		}
	}
	return false
}

// opposite reports whether two words are known to be opposites, or one is the other with
// a "not" in front.
func (l *lexicon) opposite(a, b *content) bool {
	for _, f := range a.forms {
		for _, o := range b.forms {
			if l.opposites[[2]string{f, o}] {
				return true
			}
			for _, not := range [...]string{"un", "in", "im", "il", "ir", "non", "dis", "de", "anti"} {
				if f == not+o || o == not+f {
					return true
				}
			}
		}
	}
	return false
}
