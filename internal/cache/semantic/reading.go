package semantic

import (
	"regexp"
	"strings"
)

// reading is what a guard takes from a prompt.
type reading struct {
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
	past, now, future  bool
	mine, yours        bool
	his, hers          bool
	content            []content
	light              map[string]bool // what need not have a counterpart
	capital, uncapital map[string]bool // words that are also names, within sentences
}

// content is a word that says what a prompt is about.
type content struct {
	text   string
	forms  []string // of text, the text included
	groups []int    // of words that may stand for it
	fixed  bool     // it stands only for itself
	light  bool     // it may be missing on the other side
	role   string   // the word before it that says how it belongs to the rest; "" = none
	close  bool     // nothing stands between it and the one before
	verb   bool     // it follows what verbs follow
}

var (
	fence  = regexp.MustCompile("(?s)(?:```|~~~)[^\n`]*\n(.*?)(?:```|~~~|$)")
	inline = regexp.MustCompile("`([^`\n]+)`")
	quote  = regexp.MustCompile(`"([^"\n]+)"|“([^”\n]+)”|„([^“”\n]+)[“”]|«([^»\n]+)»|「([^」\n]+)」|(?:^|[\s(])'([^'\n]+)'(?:$|[\s).,?!:;])|(?:^|[\s(])‘([^’\n]+)’(?:$|[\s).,?!:;])`)
	spaces = regexp.MustCompile(`\s+`)
	quoted = strings.NewReplacer(`"`, " ", "“", " ", "”", " ", "„", " ", "«", " ", "»", " ", "`", " ", "「", " ", "」", " ")
	plain  = strings.NewReplacer("’", "'", "‘", "'", "ʼ", "'", "\u00a0", " ", "\u200b", "", "…", ".")
)

// folded is a text without differences that never matter.
func folded(text string) string {
	return strings.ToLower(strings.TrimSpace(spaces.ReplaceAllString(text, " ")))
}

// read takes a prompt apart.
func (g *Guard) read(text string) *reading {
	r := &reading{light: map[string]bool{}, capital: map[string]bool{}, uncapital: map[string]bool{}}
	r.text = folded(text)
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
	for _, m := range quote.FindAllStringSubmatch(text, -1) {
		for _, s := range m[1:] {
			if s = strings.Trim(folded(s), ".,;:!? "); s != "" {
				r.quotes = append(r.quotes, s)
			}
		}
	}
	for _, m := range inline.FindAllStringSubmatch(text, -1) {
		r.quotes = append(r.quotes, folded(m[1]))
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
			for part := range strings.SplitSeq(t.text, "'") {
				if l.has("drop", part) || l.has("not", part) || l.phrase.next[part] != nil && i > 0 && l.phrase.next[part].end {
					n++
				}
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
