package semantic

import (
	"regexp"
	"strings"
)

// reading is what a guard takes from a prompt.
type reading struct {
	raw      string   // as it was written, without white space around it
	text     string   // in lower case, with single spaces
	blocks   []string // fenced code
	quotes   []string
	cased    bool // the writer uses capitals
	language string
	lexicon  *lexicon
	unspaced string // what is written without spaces, without what does not matter

	numbers            []string
	symbols            []string
	negations          int
	kind               string // of question; "" = none
	kindAt             int    // words before it
	past, now, future  bool
	mine, yours        bool
	i, you             bool // "am" and "you"
	and, or            bool
	places             []string // small words of where and which way, of other languages than English
	one, several       bool     // "is" and "are"
	do, verb           bool     // it has a verb of questions that asks for what is done to; any verb of questions
	can, should        bool
	task               bool   // it demands a piece of work
	genders            []byte // of those who are spoken of
	content            []content
	capital, uncapital map[string]bool // words that are also names, within sentences
}

// content is a word that says what a prompt is about.
type content struct {
	text   string
	forms  []string // of text, the text included
	groups []int    // of words that may stand for it
	fixed  bool     // it stands only for itself
	light  bool     // it may be missing on the other side
	stand
}

var (
	fence  = regexp.MustCompile("(?s)(?:```|~~~)(.*?)(?:```|~~~|$)")
	inline = regexp.MustCompile("`([^`\n]+)`")
	double = regexp.MustCompile(`"([^"\n]+)"|“([^”\n]+)”|„([^“”\n]+)[“”]|«([^»\n]+)»|「([^」\n]+)」`)
	single = regexp.MustCompile(`(?:^|[\s(])['‘]([^'’\n]+)['’](?:$|[\s).,?!:;])`)
	quoted = strings.NewReplacer(`"`, " ", "“", " ", "”", " ", "„", " ", "«", " ", "»", " ", "`", " ", "「", " ", "」", " ")
	plain  = strings.NewReplacer("’", "'", "‘", "'", "ʼ", "'", "\u00a0", " ", "\u200b", "", "…", ".")
)

// folded is a text without differences that never matter.
func folded(text string) string {
	return strings.ToLower(strings.Join(strings.Fields(text), " "))
}

// read takes a prompt apart.
func (g *Guard) read(text string) *reading {
	r := &reading{capital: map[string]bool{}, uncapital: map[string]bool{}}
	r.raw, r.text = strings.TrimSpace(text), folded(text)
	text = r.cutCode(text)
	r.cutQuotes(text)
	text = plain.Replace(quoted.Replace(text))
	text, r.unspaced = g.cutUnspaced(text)
	tokens := scan(text)
	r.cased = strings.ToLower(text) != text && strings.ToUpper(text) != text
	r.language, r.lexicon = g.languageOf(tokens)
	tokens = r.tidy(tokens)
	r.take(tokens)
	return r
}

// cutCode takes the fenced blocks out.
func (r *reading) cutCode(text string) string {
	if !strings.Contains(text, "```") && !strings.Contains(text, "~~~") {
		return text
	}
	return fence.ReplaceAllStringFunc(text, func(block string) string {
		lines := strings.Split(fence.FindStringSubmatch(block)[1], "\n")
		kept := lines[:0]
		for _, line := range lines {
			if line = strings.TrimRight(line, " \t\r"); line != "" {
				kept = append(kept, line)
			}
		}
		r.blocks = append(r.blocks, strings.Join(kept, "\n"))
		return "\n"
	})
}

// cutQuotes notes what stands between marks of quotation. It stays in the text.
func (r *reading) cutQuotes(text string) {
	for _, marks := range [...]struct {
		of      *regexp.Regexp
		contain string
	}{{double, `"“„«「`}, {single, "'‘"}, {inline, "`"}} {
		if !strings.ContainsAny(text, marks.contain) {
			continue
		}
		for _, m := range marks.of.FindAllStringSubmatch(text, -1) {
			for _, s := range m[1:] {
				if marks.of == inline {
					s = strings.Join(strings.Fields(s), " ")
				} else {
					s = strings.Trim(folded(s), ".,;:!? ")
				}
				if s != "" {
					r.quotes = append(r.quotes, s)
				}
			}
		}
	}
}

// languageOf gives the language that most of a prompt's small words are of.
func (g *Guard) languageOf(tokens []token) (string, *lexicon) {
	best, most := 0, 0
	for i, l := range g.lexicons {
		n := 0
		for _, t := range tokens {
			if t.kind != word {
				continue
			}
			if l.knows(t.text, i > 0) {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	if most == 0 {
		return "", g.lexicons[0]
	}
	return languages[best], g.lexicons[best]
}

// knows reports whether a word is one of the small ones of a language. Of what has an
// apostrophe, the begin counts elsewhere than in English: "l'eau", "what's".
func (l *lexicon) knows(w string, elides bool) bool {
	if part, _, ok := strings.Cut(w, "'"); ok && elides {
		w = part
	}
	p := l.phrase.next[w]
	return l.has("drop", w) || l.has("not", w) || p != nil && p.end || l.numbers[w] != "" || l.contractions.next[w] != nil
}
