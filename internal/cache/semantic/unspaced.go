package semantic

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// unspaced is what is known of languages that put no spaces between words.
type unspaced struct{ replacer *strings.Replacer }

func readUnspaced() *unspaced {
	type pair struct{ from, to string }
	var pairs []pair
	for _, line := range readLines("cjk") {
		left, right, _ := strings.Cut(line, "=")
		for from := range strings.SplitSeq(left, "|") {
			pairs = append(pairs, pair{strings.TrimSpace(from), strings.TrimSpace(right)})
		}
	}
	// At one place the first one wins, and it must be the longest.
	slices.SortStableFunc(pairs, func(a, b pair) int { return len(b.from) - len(a.from) })
	var flat []string
	for _, p := range pairs {
		flat = append(flat, p.from, p.to)
	}
	return &unspaced{replacer: strings.NewReplacer(flat...)}
}

func isUnspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r == 'ー'
}

// cutUnspaced parts what is written without spaces from the rest, and leaves out of it
// what does not matter.
func (g *Guard) cutUnspaced(text string) (rest, cut string) {
	if !strings.ContainsFunc(text, isUnspaced) {
		return text, ""
	}
	var left, right strings.Builder
	for _, r := range g.unspaced.replacer.Replace(text) {
		if isUnspaced(r) {
			right.WriteRune(r)
			left.WriteByte(' ')
		} else {
			left.WriteRune(r)
		}
	}
	return left.String(), right.String()
}

// rotated reports whether a text is another one with its end put first, as where a topic
// comes before or behind what is asked of it.
func rotated(a, b string) bool {
	const least = 5 // characters: turned, two or three of them may be another word
	return len(a) == len(b) && utf8.RuneCountInString(a) >= least && strings.Contains(a+a, b)
}
