package semantic

import (
	"slices"
	"strings"
)

// forms gives what an English word may be a form of, the likeliest first, the word itself
// among them. It guesses: "making" may be of "mak" or of "make".
func (l *lexicon) forms(w string) []string {
	if base, ok := l.irregular[w]; ok {
		return both(w, base)
	}
	out := []string{w}
	switch base := plural(w); {
	case base != w:
		out = append(out, l.british(base))
		if was, ok := l.irregular[base]; ok {
			out = append(out, was)
		}
	case strings.HasSuffix(w, "ied") && len(w) > 4:
		out = append(out, w[:len(w)-3]+"y")
	case strings.HasSuffix(w, "ed") && !strings.HasSuffix(w, "eed") && len(w) > 3:
		out = append(out, stripped(w[:len(w)-2])...)
	case strings.HasSuffix(w, "ing") && len(w) > 5 && !notVerbs[w]:
		out = append(out, stripped(w[:len(w)-3])...)
	case strings.HasSuffix(w, "ly") && len(w) > 6 && !notAdverbs[w]:
		out = append(out, w[:len(w)-2])
		if strings.HasSuffix(w, "ily") {
			out = append(out, w[:len(w)-3]+"y")
		}
	}
	for i, form := range out {
		if s, ok := l.words[form]; ok && i > 0 {
			out = append(out, s)
		}
	}
	if b := l.british(w); b != w {
		out = append(out, b)
		if p := plural(b); p != b {
			out = append(out, p)
		}
	}
	slices.Sort(out[1:])
	return slices.Compact(out)
}

func both(w, base string) []string {
	if w == base {
		return []string{w}
	}
	return []string{w, base}
}

// notVerbs end in -ing without being of a verb; notAdverbs mean something else than the
// word that they come of.
var (
	notVerbs = map[string]bool{"something": true, "anything": true, "nothing": true, "everything": true, "string": true, "spring": true,
		"morning": true, "evening": true, "during": true, "ceiling": true, "wedding": true, "clothing": true, "pudding": true, "sibling": true,
		"sterling": true, "viking": true, "outing": true, "caring": true, "planing": true, "rating": true, "bearing": true, "string's": true}
	notAdverbs = map[string]bool{"hardly": true, "lately": true, "nearly": true, "shortly": true, "assembly": true, "friendly": true,
		"monthly": true, "butterfly": true, "multiply": true, "anomaly": true, "directly": true, "presently": true, "fatherly": true, "motherly": true}
)

// plural takes the ending of a plural, or of a third person, from a word.
func plural(w string) string {
	n := len(w)
	switch {
	case n < 4 || !strings.HasSuffix(w, "s") || strings.HasSuffix(w, "ss") || strings.HasSuffix(w, "us") || strings.HasSuffix(w, "is"):
		return w
	case strings.HasSuffix(w, "ies") && n > 4:
		return w[:n-3] + "y"
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "xes"), strings.HasSuffix(w, "zzes"):
		return w[:n-2]
	}
	return w[:n-1]
}

// stripped gives what may stand before -ed and -ing: as it is, with an e, with one of two
// equal letters.
func stripped(w string) []string {
	n := len(w)
	if n < 2 || !strings.ContainsAny(w, "aeiouy") {
		return nil
	}
	if n > 2 && w[n-1] == w[n-2] && !strings.ContainsRune("aeiou", rune(w[n-1])) {
		return []string{w, w[:n-1]}
	}
	return []string{w, w + "e"}
}

// british gives the American spelling of endings.
func (l *lexicon) british(w string) string {
	for _, end := range [...][2]string{{"isation", "ization"}, {"ising", "izing"}, {"ised", "ized"}, {"ise", "ize"}, {"yse", "yze"}, {"our", "or"}} {
		if root, ok := strings.CutSuffix(w, end[0]); ok && len(root) >= 3 {
			return root + end[1]
		}
	}
	return w
}

// derived are endings of nouns that say the same as their verbs.
var derived = [...]string{"ation", "ition", "ion", "ment", "ance", "ence", "ing"}

// notDerived are nouns that are of no verb that they begin with.
var notDerived = map[string]bool{"importance": true, "department": true, "apartment": true, "basement": true, "casement": true, "portion": true,
	"mission": true, "passion": true, "question": true, "mansion": true, "pension": true, "version": true, "station": true, "ration": true,
	"compartment": true, "moment": true, "comment": true, "permission": true, "commission": true, "instance": true, "distance": true,
	"formation": true, "section": true, "fiction": true, "function": true, "partition": true, "option": true, "position": true, "deposition": true}

// derives reports whether one of two words is the noun of the other.
func derives(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < 3 || notDerived[b] {
		return false
	}
	root := strings.TrimSuffix(a, "e")
	for _, end := range derived {
		if r, ok := strings.CutSuffix(b, end); ok && (r == root || r == a) && (len(a) > 3 || end == "ment") {
			return true
		}
	}
	return false
}
