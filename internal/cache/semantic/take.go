package semantic

import "strings"

// stand is how a word stands among the others.
type stand struct {
	role  string // the word of direction before it; "" = none
	led   bool   // nothing else stands between the two
	close bool   // it follows a word that counts
	verb  bool   // it follows what verbs follow
}

// take collects what a prompt says from its tokens.
func (r *reading) take(tokens []token) {
	at, begin := stand{verb: true}, true
	for i, t := range tokens {
		switch {
		case t.kind == edge || t.kind == comma:
			at, begin = stand{verb: true}, true
			continue
		case t.kind == symbol:
			r.sign(t)
			at.close = false
			continue
		case i+1 < len(tokens) && tokens[i+1].kind == edge && stranded[t.text]:
			t.text, t.kind = "="+t.text, exact
			r.word(t, stand{}, i, tokens)
		case r.mark(t, begin):
			role := r.after(t, at.role)
			at = stand{role: role, led: role != "" && (at.led || role != at.role), verb: leads(t)}
		default:
			r.task = r.task || begin && r.kind == "" && r.lexicon.has("task", t.text)
			r.word(t, at, i, tokens)
			at = stand{role: at.role, close: true}
		}
		begin = false
	}
}

// stranded are small words that mean something at the end of a question: "where is it
// from", "what is it for".
var stranded = map[string]bool{"for": true, "from": true, "to": true, "of": true, "about": true, "like": true, "with": true, "into": true, "as": true}

// signs are what stands for signs of currencies and units.
var signs = map[string]string{"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy", "₹": "inr", "%": "percent", "°": ""}

func (r *reading) sign(t token) {
	name, ok := signs[t.text]
	switch {
	case !ok:
		r.symbols = append(r.symbols, operator(t.text))
	case name != "":
		r.content = append(r.content, r.contentOf(token{text: name, kind: word, forms: []string{name}}))
	}
}

// operator gives operators that mean the same one way of writing.
func operator(s string) string {
	switch s {
	case "−", "–", "—":
		return "-"
	case "*":
		return "×"
	case "/":
		return "÷"
	}
	return s
}

// leads reports whether verbs follow a word.
func leads(t token) bool {
	switch t.text {
	case "to", "i", "you", "we", "and", "not", "@how", "@can", "@should", "@must":
		return true
	}
	return false
}

// mark takes a small word, or a sign of the phrases, and reports whether it was one.
func (r *reading) mark(t token, begin bool) bool {
	l := r.lexicon
	if t.kind != word {
		return false
	}
	if t.text == "~work" && r.kind == "@process" {
		r.kind = "@works" // how something does, and no longer how it is done
	}
	if t.text[0] == '@' {
		r.asks(t.text)
		r.small(t.text)
		return true
	}
	if begin && r.kind == "" {
		r.asks(r.begins(t.text))
	}
	r.tense(t.text)
	r.small(t.text)
	if l.has("not", t.text) {
		r.negations++
		return true
	}
	return l.has("drop", t.text)
}

// begins gives the kind of the questions that begin with a verb.
func (r *reading) begins(verb string) string {
	switch verb {
	case "can", "could", "may", "might":
		return "@can"
	case "should":
		return "@should"
	case "must":
		return "@must"
	}
	if r.lexicon.has("polar", verb) {
		return "@polar"
	}
	return ""
}

// asks notes the kind of a question. The first one counts, but where it only leads to
// another: "what is the best way to", "is he allowed to".
func (r *reading) asks(kind string) {
	modal := kind == "@can" || kind == "@should" || kind == "@must" || kind == "@polar"
	leads := r.kindAt == len(r.content) && len(r.numbers) == 0
	if r.kind == "" || r.kind == "@polar" && modal || !modal && leads {
		r.kind, r.kindAt = kind, len(r.content)
	}
}

func (r *reading) tense(w string) {
	l := r.lexicon
	r.past = r.past || l.has("past", w)
	r.now = r.now || l.has("present", w)
	r.future = r.future || l.has("future", w)
}

// small takes what small words say beside their tense.
func (r *reading) small(w string) {
	r.foreign(w)
	switch w {
	case "my", "our", "mine", "ours":
		r.mine = true
	case "your", "yours", "yourself":
		r.yours = true
	case "he", "his", "him":
		r.genders = append(r.genders, 'm')
	case "she", "her", "hers":
		r.genders = append(r.genders, 'f')
	case "am":
		r.i = true
	case "you":
		r.you = true
	case "and":
		r.and = true
	case "or":
		r.or = true
	case "is", "was":
		r.one, r.verb = true, true
	case "are", "were":
		r.several, r.verb = true, true
	case "do", "does", "did":
		r.do, r.verb = true, true
	case "has", "have", "had", "will", "would":
		r.verb = true
	case "can", "could", "may", "@can":
		r.can, r.verb = true, true
	case "should", "@should":
		r.should, r.verb = true, true
	}
}

// foreign takes what small words of other languages than English say; which they are is in
// their data.
func (r *reading) foreign(w string) {
	l := r.lexicon
	r.mine, r.yours = r.mine || l.has("mine", w), r.yours || l.has("yours", w)
	r.and, r.or = r.and || l.has("and", w), r.or || l.has("or", w)
	if l.has("places", w) {
		r.places = append(r.places, w)
	}
}

// after gives the role of the words behind a small one.
func (r *reading) after(t token, role string) string {
	l := r.lexicon
	switch {
	case l.has("not", t.text):
		return "not"
	case l.has("roles", t.text):
		return t.text
	case strings.HasPrefix(t.text, "@"), t.text == "and", t.text == "or", l.has("present", t.text), l.has("past", t.text):
		return ""
	}
	return role
}

// word takes a word that says what the prompt is about.
func (r *reading) word(t token, at stand, i int, tokens []token) {
	if t.kind == number {
		if t.text == "1" && i+1 < len(tokens) && r.unit(tokens[i+1]) {
			return
		}
		r.numbers = append(r.numbers, t.text)
		return
	}
	c := r.contentOf(t)
	c.stand = at
	r.content = append(r.content, c)
}

func (r *reading) unit(t token) bool {
	if r.lexicon.has("units", t.text) {
		return true
	}
	for _, form := range t.forms {
		if r.lexicon.has("units", form) {
			return true
		}
	}
	return false
}

func (r *reading) contentOf(t token) content {
	if name, ok := strings.CutPrefix(t.text, "~"); ok {
		c := r.contentOf(token{text: name, kind: word, forms: r.formsOf(name)})
		c.light = true
		return c
	}
	c := content{text: t.text, forms: t.forms, fixed: t.kind == exact || strings.HasPrefix(t.text, "=")}
	if c.forms == nil {
		c.forms = []string{t.text}
	}
	if c.fixed {
		return c
	}
	c.light = r.lexicon.has("light", t.text)
	for _, form := range c.forms {
		c.groups = append(c.groups, r.lexicon.groups[form]...)
	}
	return c
}
