package redact

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// naming is what stands in most rules between a word and the value that it names.
const naming = `(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)`

// namedBy reports whether naming stands in an expression close behind its words, which are in
// small letters: an operator is then near every word that takes part in a match.
func namedBy(source string, words []string) bool {
	const before = `(?i)[\w.-]{0,50}?`
	head, rest, found := strings.Cut(source, naming)
	head, begins := strings.CutPrefix(head, before)
	if !found || !begins || alternates(rest) {
		return false
	}
	tree, err := syntax.Parse("(?i)"+head, syntax.Perl)
	if err != nil {
		return false
	}
	all, finite := texts(tree)
	return finite && !slices.ContainsFunc(all, func(text string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return strings.HasSuffix(text, w) })
	})
}

// alternates reports whether an expression has alternatives that stand in no group.
func alternates(source string) bool {
	depth, class := 0, false
	for i := 0; i < len(source); i++ {
		switch c := source[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
			if i+1 < len(source) && source[i+1] == ']' { // the first one stands for itself
				i++
			}
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			return true
		}
	}
	return false
}

// within reports whether one of the words, which are in small letters, stands in every match
// of an expression.
func within(re *syntax.Regexp, words []string) bool {
	if all, finite := texts(re); finite {
		return len(all) > 0 && !slices.ContainsFunc(all, func(text string) bool {
			return !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
		})
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return within(re.Sub[0], words)
	case syntax.OpRepeat:
		return re.Min > 0 && within(re.Sub[0], words)
	case syntax.OpAlternate:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !within(sub, words) })
	case syntax.OpConcat:
		for from := range re.Sub { // the longest run from here on whose texts are few
			to := from
			for to < len(re.Sub) {
				if _, finite := texts(&syntax.Regexp{Op: syntax.OpConcat, Sub: re.Sub[from : to+1]}); !finite {
					break
				}
				to++
			}
			run := &syntax.Regexp{Op: syntax.OpConcat, Sub: re.Sub[from:to]}
			if to > from && within(run, words) || within(re.Sub[from], words) {
				return true
			}
		}
	}
	return false
}

// texts gives all that an expression matches, in small letters, where that is not much.
func texts(re *syntax.Regexp) (all []string, finite bool) {
	const many = 100
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpLiteral:
		return []string{strings.ToLower(string(re.Rune))}, true
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if all = append(all, strings.ToLower(string(r))); len(all) > many {
					return nil, false
				}
			}
		}
		return all, true
	case syntax.OpCapture:
		return texts(re.Sub[0])
	case syntax.OpQuest:
		all, finite = texts(re.Sub[0])
		return append(all, ""), finite
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			some, ok := texts(sub)
			if all = append(all, some...); !ok || len(all) > many {
				return nil, false
			}
		}
		return all, true
	case syntax.OpConcat:
		all = []string{""}
		for _, sub := range re.Sub {
			some, ok := texts(sub)
			if !ok || len(all)*len(some) > many {
				return nil, false
			}
			var next []string
			for _, a := range all {
				for _, b := range some {
					next = append(next, a+b)
				}
			}
			all = next
		}
		return all, true
	}
	return nil, false
}

// operatorBehind gives where the operator begins that stands where naming wants one behind a
// word; -1 = there is none. What is no ASCII may be a letter of \w by its case.
func operatorBehind(text []byte, at int) int {
	const most = 20 + 3
	for n := 0; at < len(text); at++ {
		switch c := text[at]; {
		case strings.IndexByte("=>:|?,", c) >= 0:
			return at
		case c&0xC0 == 0x80: // within a character
			continue
		case n == most, c < 0x80 && !alnum(c) && strings.IndexByte("_.- \t\n\v\f\r'\"", c) < 0:
			return -1
		}
		n++
	}
	return -1
}
