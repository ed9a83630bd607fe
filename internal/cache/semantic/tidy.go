package semantic

import "strings"

// tidy brings tokens to one way of writing: what stands for phrases, spellings and numbers
// takes their place.
func (r *reading) tidy(tokens []token) []token {
	l := r.lexicon
	english := l.words["teh"] != ""
	tokens = r.names(split(tokens))
	for i := range tokens {
		if t := &tokens[i]; t.kind == word {
			if s, ok := l.words[t.text]; ok {
				t.text = s
			}
		}
	}
	tokens = l.contractions.rewrite(tokens, r.made)
	tokens = r.possessives(tokens, english)
	tokens = l.polite.rewrite(tokens, r.made)
	if english {
		tokens = r.requests(tokens)
	}
	tokens = r.values(tokens)
	for i := range tokens {
		if t := &tokens[i]; t.kind == word && t.forms == nil {
			t.forms = r.formsOf(t.text)
		}
	}
	return l.phrase.rewrite(tokens, r.made)
}

func (r *reading) formsOf(w string) []string {
	if r.lexicon.words["teh"] == "" {
		return []string{w}
	}
	return r.lexicon.forms(w)
}

// made is a token that stands for a phrase.
func (r *reading) made(text string, from *token) token {
	t := token{text: text, kind: word, start: from.start, forms: r.formsOf(text)}
	if text[0] >= '0' && text[0] <= '9' {
		t.kind = number
	}
	if text == "÷" || text == "×" {
		t.kind = symbol
	}
	return t
}

// split cuts words that hold dots, apart from abbreviations, and joins those.
func split(tokens []token) []token {
	for i := range tokens {
		t := &tokens[i]
		if t.kind == word && strings.Contains(t.text, ".") {
			t.text = strings.ReplaceAll(t.text, ".", "")
			t.raw = strings.ReplaceAll(t.raw, ".", "")
		}
	}
	return tokens
}

// titles has words that begin with a capital within a sentence only in titles.
var titles = map[string]bool{"to": true, "is": true, "my": true, "do": true, "of": true, "in": true, "your": true, "does": true, "for": true}

// names finds the words that are names only because of their capitals: they stand for
// nothing else then.
func (r *reading) names(tokens []token) []token {
	titled := !r.cased
	for _, t := range tokens {
		if t.kind == word && !t.start && titles[t.text] && t.raw != t.text {
			titled = true
		}
	}
	for i := range tokens {
		t := &tokens[i]
		if t.kind != word || t.start || titled {
			continue
		}
		capital := t.raw != t.text
		switch {
		case t.raw == "A":
			t.text, t.kind = "=a", exact
		case r.lexicon.has("homographs", t.text):
			if !capital {
				r.uncapital[t.text] = true
				continue
			}
			r.capital[t.text] = true
			if r.lexicon.has("drop", t.text) && (t.text != "us" && t.text != "it" || t.raw == strings.ToUpper(t.raw)) {
				t.text = nameOf(t.text)
			}
		}
	}
	return tokens
}

// nameOf marks a small word that is a name; the country is one that has other names.
func nameOf(w string) string {
	if w == "us" {
		return "usa"
	}
	return "=" + w
}

// possessives takes 's from words, and notes whose things are meant.
func (r *reading) possessives(tokens []token, english bool) []token {
	out := make([]token, 0, len(tokens))
	for _, t := range tokens {
		if t.kind != word || !strings.Contains(t.text, "'") {
			out = append(out, t)
			continue
		}
		if english {
			t.text = strings.TrimSuffix(strings.TrimSuffix(t.text, "'"), "'s")
			t.raw = strings.TrimSuffix(t.raw, "'s")
			out = append(out, t)
			continue
		}
		for part := range strings.SplitSeq(t.text, "'") {
			if part != "" {
				out = append(out, token{text: part, raw: part, kind: word, start: t.start})
			}
		}
	}
	return out
}

// requests takes "can you write" for "write", and leaves "explain" and its like out where
// a sentence begins with them: what is asked for is an answer in any case.
func (r *reading) requests(tokens []token) []token {
	l := r.lexicon
	out := make([]token, 0, len(tokens))
	begin := true
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if t.kind == edge || t.kind == comma {
			begin = true
			out = append(out, t)
			continue
		}
		if !begin || t.kind != word {
			begin = false
			out = append(out, t)
			continue
		}
		if n := asks(tokens[i:]); n > 0 && i+n < len(tokens) && (l.has("task", tokens[i+n].text) || l.has("inform", tokens[i+n].text)) {
			i += n - 1
			continue
		}
		if l.has("inform", t.text) && i+1 < len(tokens) && tokens[i+1].kind != edge {
			continue
		}
		begin = t.text == "me" || t.text == "us" || t.text == "a" || t.text == "the"
		out = append(out, t)
	}
	return out
}

// asks gives how many tokens "can you" takes where tokens begin with it; else 0.
func asks(tokens []token) int {
	if len(tokens) < 3 || tokens[1].text != "you" {
		return 0
	}
	switch tokens[0].text {
	case "can", "could", "would", "will":
		return 2
	}
	return 0
}
