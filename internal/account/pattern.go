package account

import (
	"fmt"
	"regexp"
	"strings"
)

// pattern is one spelling of a model's name that is no exact text.
type pattern struct {
	how  byte // '^' beginning, '$' end, '~' part, '/' expression
	text string
	re   *regexp.Regexp
}

// parsePattern reads a spelling; an exact text gives a pattern with how 0. Text is
// folded to lower case.
func parsePattern(s string) (pattern, error) {
	if len(s) > 2 && s[0] == '/' && s[len(s)-1] == '/' {
		re, err := regexp.Compile("(?i:" + s[1:len(s)-1] + ")")
		return pattern{how: '/', re: re}, err
	}
	text := strings.ToLower(s)
	text, open := strings.CutPrefix(text, "*")
	text, tail := strings.CutSuffix(text, "*")
	if text == "" || strings.Contains(text, "*") {
		return pattern{}, fmt.Errorf("match %q: a star stands at the beginning or the end of some text", s)
	}
	p := pattern{text: text}
	switch {
	case open && tail:
		p.how = '~'
	case open:
		p.how = '$'
	case tail:
		p.how = '^'
	}
	return p, nil
}

// match reports how specific a match is: more matched text is more, and of the same
// length a beginning is more than an end, an end more than a part. 0 is no match. The
// name is in lower case.
func (p *pattern) match(name string) int {
	switch p.how {
	case '^':
		if strings.HasPrefix(name, p.text) {
			return len(p.text)*4 + 3
		}
	case '$':
		if strings.HasSuffix(name, p.text) {
			return len(p.text)*4 + 2
		}
	case '~':
		if strings.Contains(name, p.text) {
			return len(p.text)*4 + 1
		}
	case '/':
		if at := p.re.FindStringIndex(name); at != nil {
			return (at[1]-at[0])*4 + 1
		}
	}
	return 0
}
