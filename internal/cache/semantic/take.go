package semantic

import "strings"

// take collects what a prompt says from its tokens.
func (r *reading) take(tokens []token) {
	role, near, begin, verb := "", false, true, true
	for i, t := range tokens {
		switch t.kind {
		case edge, comma:
			role, near, begin, verb = "", false, true, true
			continue
		case symbol:
			r.sign(t)
			near = false
			continue
		}
		if r.mark(t, begin) {
			role, near, verb = r.after(t, role), false, leads(t)
			begin = false
			continue
		}
		r.word(t, role, near, verb, i, tokens)
		near, begin, verb = true, false, false
	}
}

// signs are what stands for signs of currencies and units.
var signs = map[string]string{"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy", "₹": "inr", "%": "percent", "°": ""}

func (r *reading) sign(t token) {
	name, ok := signs[t.text]
	switch {
	case !ok:
		r.symbols = append(r.symbols, map[string]string{"plus": "+", "−": "-", "*": "×", "/": "÷"}[t.text]+t.text)
	case name != "":
		r.content = append(r.content, r.contentOf(token{text: name, kind: word, forms: []string{name}}))
	}
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
	switch t.text[0] {
	case '@':
		if r.kind == "" {
			r.kind = t.text
		}
		return true
	case '~':
		return true
	}
	if begin && r.kind == "" && l.has("polar", t.text) {
		r.kind = "@polar"
	}
	r.tense(t.text)
	r.person(t.text)
	if l.has("not", t.text) {
		r.negations++
		return true
	}
	return l.has("drop", t.text)
}

func (r *reading) tense(w string) {
	l := r.lexicon
	r.past = r.past || l.has("past", w)
	r.now = r.now || l.has("present", w)
	r.future = r.future || l.has("future", w)
}

func (r *reading) person(w string) {
	switch w {
	case "my", "our", "mine", "ours":
		r.mine = true
	case "your", "yours", "yourself":
		r.yours = true
	case "he", "his", "him":
		r.his = true
	case "she", "her", "hers":
		r.hers = true
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
func (r *reading) word(t token, role string, near, verb bool, i int, tokens []token) {
	if t.kind == number {
		if t.text == "1" && i+1 < len(tokens) && r.unit(tokens[i+1]) {
			return
		}
		r.numbers = append(r.numbers, t.text)
		return
	}
	c := r.contentOf(t)
	c.role, c.close, c.verb = role, near, verb
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
