package said

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Term is something that must be, or must not be, in what was said: words in a row.
type Term struct {
	Words  []string // one at least
	Prefix bool     // the last word may go on
	Not    bool
}

// Query is what somebody searches for: every term of it, and one at least that must be
// there.
type Query []Term

const (
	maxTerms  = 16
	minPrefix = 2 // letters
)

// Parse reads what people write: words, "words in a row", -without, begin*. The error
// says what is wrong, for people.
func Parse(text string) (Query, error) {
	var q Query
	wanted := false
	for {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		if text == "" {
			break
		}
		t, raw, rest, err := nextTerm(text)
		if err != nil {
			return nil, err
		}
		for word := range strings.FieldsSeq(string(appendWords(nil, raw))) {
			t.Words = append(t.Words, word)
		}
		switch {
		case len(t.Words) == 0:
			return nil, fmt.Errorf("there is no letter and no digit in %q", strings.TrimSpace(text[:len(text)-len(rest)]))
		case t.Prefix && len(t.Words[len(t.Words)-1]) < minPrefix:
			return nil, fmt.Errorf("before * stand %d letters at least", minPrefix)
		}
		wanted = wanted || !t.Not
		if q, text = append(q, t), rest; len(q) > maxTerms {
			return nil, fmt.Errorf("there are more than %d words and phrases", maxTerms)
		}
	}
	switch {
	case len(q) == 0:
		return nil, errors.New("there is nothing to search for")
	case !wanted:
		return nil, errors.New("there must be a word without - before it")
	}
	return q, nil
}

// nextTerm cuts the first term off.
func nextTerm(text string) (t Term, raw, rest string, err error) {
	if text, t.Not = strings.CutPrefix(text, "-"); t.Not && (text == "" || unicode.IsSpace(rune(text[0]))) {
		return t, "", "", errors.New("behind - stands a word or a phrase")
	}
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		end := strings.IndexByte(quoted, '"')
		if end < 0 {
			return t, "", "", errors.New(`a " has no partner`)
		}
		raw, rest = quoted[:end], quoted[end+1:]
		rest, t.Prefix = strings.CutPrefix(rest, "*")
		return t, raw, rest, nil
	}
	end := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
	if end < 0 {
		end = len(text)
	}
	raw, rest = text[:end], text[end:]
	raw, t.Prefix = strings.CutSuffix(raw, "*")
	if strings.Contains(raw, "*") {
		return t, "", "", errors.New("a * stands at the end of a word")
	}
	return t, raw, rest, nil
}
