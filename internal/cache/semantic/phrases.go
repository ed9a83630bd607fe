package semantic

import "strings"

// phrases are sequences of words that something else stands for. The zero value has none.
type phrases struct {
	next map[string]*phrases
	end  bool     // a phrase ends here
	as   []string // what stands for it
}

// Signs in phrases.
const (
	atBegin  = "^" // of a clause
	atEnd    = "$" // of a sentence
	atNumber = "#" // before a number, or what belongs to one
)

// read takes "phrase | phrase = words".
func (p *phrases) read(line string) {
	left, right, _ := strings.Cut(line, "=")
	as := strings.Fields(right)
	for one := range strings.SplitSeq(left, "|") {
		p.add(strings.Fields(one), as, true)
	}
}

// add keeps a phrase; over says whether it takes the place of an equal one.
func (p *phrases) add(words, as []string, over bool) {
	for _, w := range words {
		if p.next == nil {
			p.next = map[string]*phrases{}
		}
		n := p.next[w]
		if n == nil {
			n = new(phrases)
			p.next[w] = n
		}
		p = n
	}
	if !p.end || over {
		p.end, p.as = true, as
	}
}

// longest gives the longest phrase that tokens begin with at a place: how many tokens it
// takes, and what stands for it; nil = none does.
func (p *phrases) longest(tokens []token, at int) (n int, found *phrases) {
	if at == 0 || tokens[at-1].kind == edge || tokens[at-1].kind == comma {
		if b := p.next[atBegin]; b != nil {
			n, found = b.walk(tokens, at)
		}
	}
	if m, f := p.walk(tokens, at); f != nil && m >= n {
		n, found = m, f
	}
	return n, found
}

func (p *phrases) walk(tokens []token, at int) (n int, found *phrases) {
	for i := at; ; i++ {
		if p.end && i > at {
			n, found = i-at, p
		}
		if i < len(tokens) && (tokens[i].kind == number || tokens[i].kind == symbol) && i > at {
			if count := p.next[atNumber]; count != nil && count.end {
				n, found = i-at, count
			}
		}
		if i == len(tokens) || tokens[i].kind == edge {
			if last := p.next[atEnd]; last != nil && last.end && i > at {
				n, found = i-at, last
			}
			return n, found
		}
		if tokens[i].kind != word && tokens[i].kind != number {
			return n, found
		}
		step := p.next[tokens[i].text]
		if step == nil {
			for _, form := range tokens[i].forms {
				if step = p.next[form]; step != nil {
					break
				}
			}
		}
		if step == nil {
			return n, found
		}
		p = step
	}
}

// rewrite puts what stands for them in the place of phrases. A phrase that starts with a
// name keeps it out: names stand for themselves.
func (p *phrases) rewrite(tokens []token, made func(text string, from *token) token) []token {
	out := make([]token, 0, len(tokens))
	for i := 0; i < len(tokens); {
		n, found := 0, (*phrases)(nil)
		if tokens[i].kind == word || tokens[i].kind == number {
			n, found = p.longest(tokens, i)
		}
		if found == nil {
			out = append(out, tokens[i])
			i++
			continue
		}
		for _, text := range found.as {
			out = append(out, made(text, &tokens[i]))
		}
		i += n
	}
	return out
}
