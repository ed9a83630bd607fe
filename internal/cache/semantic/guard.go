package semantic

// Guard tells prompts apart that an embedding model finds alike. It is immutable and safe
// for concurrent use.
type Guard struct {
	lexicons []*lexicon
	unspaced *unspaced
}

// NewGuard makes one. It costs a few milliseconds: one serves all.
func NewGuard() *Guard {
	g := &Guard{unspaced: readUnspaced()}
	for _, language := range languages {
		g.lexicons = append(g.lexicons, readLexicon(language))
	}
	return g
}

// What Differ says why. It never holds words of the prompts.
const (
	WhyLong      = "too long to compare"
	WhyCode      = "other code"
	WhyQuote     = "another quotation"
	WhyLanguage  = "another language"
	WhyNumber    = "other numbers"
	WhySign      = "other operators"
	WhyNegation  = "a negation"
	WhyQuestion  = "another kind of question"
	WhyTask      = "a piece of work, or how it is done"
	WhyTense     = "another tense"
	WhyCount     = "one or several"
	WhyPerson    = "another person"
	WhyName      = "a word that is also a name"
	WhyOpposite  = "opposite words"
	WhyWord      = "other words"
	WhyMore      = "a word more"
	WhyOrder     = "another order"
	WhyDirection = "another direction"
)

// Differ reports that two prompts must not share an answer, and why, however alike they
// are. It is symmetric. That it finds no difference does not say that they are alike: that
// is for vectors to say.
func (g *Guard) Differ(a, b string) (why string, differ bool) {
	if len(a) > MaxText || len(b) > MaxText {
		return WhyLong, true
	}
	return g.tell(g.read(a), g.read(b))
}

func (g *Guard) tell(a, b *reading) (why string, differ bool) {
	if a.raw == b.raw {
		return "", false
	}
	for _, rule := range [...]func(a, b *reading) string{
		code, quotations, language, numbers, operators, negations, questions, tasks, tenses, modals, persons, conjunctions, homographs, words, counts, order, voices, places,
	} {
		if why = rule(a, b); why != "" {
			return why, true
		}
	}
	return "", false
}
