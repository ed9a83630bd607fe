package semantic

import (
	"embed"
	"slices"
	"strings"
)

//go:embed data/*.txt
var data embed.FS

// lexicon is what is known of one language. It is not written to once it is there.
type lexicon struct {
	sets                         map[string]map[string]bool // by section
	contractions, polite, phrase *phrases
	words                        map[string]string // spelling, irregular forms, numbers, ordinals: what stands for a word
	irregular                    map[string]string
	numbers, ordinals            map[string]string
	groups                       map[string][]int // words that may stand for each other
	opposites                    map[[2]string]bool
	apart                        map[[2]string]bool // words of direction that never say the same
}

// languages are those that there are words of; English is the first.
var languages = [...]string{"en", "de", "fr", "es", "it", "pt", "nl"}

// readLexicon reads what is known of a language.
func readLexicon(language string) *lexicon {
	l := &lexicon{
		sets: map[string]map[string]bool{}, words: map[string]string{}, irregular: map[string]string{},
		numbers: map[string]string{}, ordinals: map[string]string{}, groups: map[string][]int{},
		opposites: map[[2]string]bool{}, apart: map[[2]string]bool{},
		contractions: new(phrases), polite: new(phrases), phrase: new(phrases),
	}
	for section, lines := range readSections(language) {
		for _, line := range lines {
			l.read(section, line)
		}
	}
	if language == languages[0] {
		l.readGroups()
	}
	return l
}

func (l *lexicon) read(section, line string) {
	switch section {
	case "contractions":
		l.contractions.read(line)
	case "polite":
		l.polite.read(line)
	case "phrases":
		l.phrase.read(line)
	case "irregular":
		readForms(l.irregular, line)
	case "spelling":
		readForms(l.words, line)
	case "numbers":
		readPairs(l.numbers, line)
	case "ordinals":
		readPairs(l.ordinals, line)
	case "opposites":
		readBothWays(l.opposites, line)
	case "apart":
		readBothWays(l.apart, line)
	default:
		set := l.sets[section]
		if set == nil {
			set = map[string]bool{}
			l.sets[section] = set
		}
		for w := range strings.FieldsSeq(line) {
			set[w] = true
		}
	}
}

// readForms reads "went gone go | ran run": the last word stands for those before it.
func readForms(into map[string]string, line string) {
	for forms := range strings.SplitSeq(line, "|") {
		w := strings.Fields(forms)
		for _, form := range w[:len(w)-1] {
			into[form] = w[len(w)-1]
		}
	}
}

func readPairs(into map[string]string, line string) {
	w := strings.Fields(line)
	for i := 0; i+1 < len(w); i += 2 {
		into[w[i]] = w[i+1]
	}
}

// readBothWays reads pairs of which neither word comes first.
func readBothWays(into map[[2]string]bool, line string) {
	for pair := range strings.SplitSeq(line, "|") {
		w := strings.Fields(pair)
		into[[2]string{w[0], w[1]}] = true
		into[[2]string{w[1], w[0]}] = true
	}
}

// readGroups reads the words that may stand for each other. Groups of several words are
// phrases that become one word.
func (l *lexicon) readGroups() {
	for i, line := range readLines("same") {
		for item := range strings.SplitSeq(line, ",") {
			item = strings.TrimSpace(item)
			if words := strings.Fields(item); len(words) > 1 {
				item = strings.Join(words, "_")
				l.phrase.add(words, []string{item}, false)
			}
			if !slices.Contains(l.groups[item], i) {
				l.groups[item] = append(l.groups[item], i)
			}
		}
	}
}

// has reports whether a section of words has a word.
func (l *lexicon) has(section, word string) bool { return l.sets[section][word] }

// readLines gives the lines of a file that say something.
func readLines(name string) (out []string) {
	text, err := data.ReadFile("data/" + name + ".txt")
	if err != nil {
		panic("a part of the program is missing: " + err.Error())
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "# ") {
			out = append(out, line)
		}
	}
	return out
}

func readSections(name string) map[string][]string {
	out := map[string][]string{}
	section := ""
	for _, line := range readLines(name) {
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
			continue
		}
		out[section] = append(out[section], line)
	}
	return out
}
