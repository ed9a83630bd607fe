package redact

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	ahocorasick "github.com/BobuSumisu/aho-corasick"
)

// secretData are the rules of gitleaks, as data: what a secret looks like, the words that
// stand in or beside it, and what only looks like one. The file names its source.
//
//go:embed secrets.json
var secretData []byte

// secretRules are read when the first policy needs them.
var secretRules = sync.OnceValue(func() *secretSet {
	s, err := readSecretRules(secretData)
	if err != nil {
		panic("BUG: " + err.Error()) // they are part of the binary, and tested
	}
	return s
})

// secretSet finds secrets: one pass for the words of all rules, then the rules whose words
// are there, around these.
type secretSet struct {
	allow []allowance
	rules []*secretRule
	words *ahocorasick.Trie
	owner [][]int // rules by word
}

type secretRule struct {
	id      string
	source  string
	group   int
	entropy float64
	allow   []allowance
	reach   int     // no match is longer; 0 = unknown
	run     int     // a token around the word has so many bytes
	behind  int     // a token close behind the word has so many bytes
	named   bool    // an operator stands between the word and that token
	apart   bool    // a match need not have a word in it: one anywhere in the text counts
	starts  *starts // how it is tried at its words; nil = it is not
	expr    func() *regexp.Regexp
}

// allowance is what only looks like a secret.
type allowance struct {
	exprs func() []*regexp.Regexp
	match bool // of the whole match, not of the secret in it
	words []string
}

type allowanceData struct {
	Regexes   []string
	Match     bool
	Stopwords []string
}

// maxReach is the longest match that is looked for around a word alone; rules that may
// match more look through the whole text.
const maxReach = 4 << 10

func readSecretRules(data []byte) (*secretSet, error) {
	var in struct {
		Allow []allowanceData
		Rules []struct {
			ID, Regex   string
			Run, Behind int
			Keywords    []string
			Group       int
			Entropy     float64
			Allow       []allowanceData
		}
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("rules of secrets: %w", err)
	}
	s := &secretSet{allow: allowances(in.Allow)}
	owner := map[string][]int{}
	for i, r := range in.Rules {
		tree, err := syntax.Parse(r.Regex, syntax.Perl)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.ID, err)
		}
		reach, _ := longest(tree)
		if wraps(tree) {
			r.Run = 0
		}
		s.rules = append(s.rules, &secretRule{id: r.ID, source: r.Regex, group: r.Group, entropy: r.Entropy, allow: allowances(r.Allow), reach: reach, run: r.Run, behind: r.Behind, named: r.Behind > 0 && namedBy(r.Regex, r.Keywords), apart: !within(tree, r.Keywords),
			expr: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(r.Regex) })})
		if reach == 0 && r.Behind == 0 {
			s.rules[i].starts = startsOf(r.Regex, tree, r.Keywords)
		}
		if len(r.Keywords) == 0 {
			return nil, fmt.Errorf("rule %s has no keyword", r.ID)
		}
		for _, word := range r.Keywords {
			owner[word] = append(owner[word], i)
		}
	}
	words := make([]string, 0, len(owner))
	for word := range owner {
		words = append(words, word)
	}
	slices.Sort(words)
	for _, word := range words {
		s.owner = append(s.owner, owner[word])
	}
	s.words = ahocorasick.NewTrieBuilder().AddStrings(words).Build()
	return s, nil
}

func allowances(in []allowanceData) (out []allowance) {
	for _, a := range in {
		out = append(out, allowance{match: a.Match, words: a.Stopwords, exprs: sync.OnceValue(func() (all []*regexp.Regexp) {
			for _, text := range a.Regexes {
				all = append(all, regexp.MustCompile(text))
			}
			return all
		})})
	}
	return out
}

// wraps reports whether what an expression repeats may be broken into lines: its tokens are
// no runs of tokenByte.
func wraps(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		if c := re.Sub[0]; c.Op == syntax.OpCharClass {
			for i := 0; i < len(c.Rune); i += 2 {
				if c.Rune[i] <= '\\' && '\\' <= c.Rune[i+1] || c.Rune[i] <= '\n' && '\n' <= c.Rune[i+1] {
					return true
				}
			}
		}
	}
	return slices.ContainsFunc(re.Sub, wraps)
}

// longest gives how many bytes a match has at most, and whether there is such a bound;
// beyond maxReach there is none.
func longest(re *syntax.Regexp) (n int, ok bool) {
	const perRune = 4
	switch re.Op {
	case syntax.OpLiteral:
		n = perRune * len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		n = perRune
		if len(re.Rune) > 0 && re.Rune[len(re.Rune)-1] < 0x250 {
			n = 2 // most bytes are ASCII
		}
	case syntax.OpStar, syntax.OpPlus:
		return 0, false
	case syntax.OpRepeat:
		one, bounded := longest(re.Sub[0])
		if re.Max < 0 || !bounded {
			return 0, false
		}
		n = one * re.Max
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			one, bounded := longest(sub)
			if !bounded {
				return 0, false
			}
			n = max(n, one)
		}
	default:
		for _, sub := range re.Sub {
			one, bounded := longest(sub)
			if !bounded {
				return 0, false
			}
			n += one
		}
	}
	return n, n <= maxReach
}

// findSecrets is the finder.
func findSecrets(text []byte, out []hit) []hit {
	return secretRules().find(text, out)
}

func (s *secretSet) find(text []byte, out []hit) []hit {
	windows, spent := make([][]stretch, len(s.rules)), make([]int, len(s.rules))
	for _, m := range s.words.Match(lower(text)) {
		at, size := int(m.Pos()), len(m.Match())
		for _, i := range s.owner[m.Pattern()] {
			switch r := s.rules[i]; {
			case !r.likely(text, at, size):
			case r.starts == nil:
				windows[i] = r.around(windows[i], at, size, text)
			case spent[i] <= 2*len(text): // else all is searched at once
				w := stretch{at, r.starts.end(text, at+size)}
				windows[i], spent[i] = append(windows[i], w), spent[i]+w.to-w.from
			}
		}
	}
	for i, r := range s.rules { // in the order of their list
		if r.starts != nil && len(windows[i]) > 0 {
			if all, ok := r.starts.find(text, windows[i]); ok && spent[i] <= 2*len(text) {
				out = r.hits(s, text, 0, all, out)
				continue
			}
			windows[i] = []stretch{{0, len(text)}}
		}
		for _, w := range windows[i] {
			out = r.find(s, text, w, out)
		}
	}
	return out
}

// lower gives the text with its ASCII letters made small, byte for byte.
func lower(text []byte) []byte {
	out := make([]byte, len(text))
	for i, c := range text {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		out[i] = c
	}
	return out
}

// likely reports whether a rule can match around a word at all.
func (r *secretRule) likely(text []byte, at, size int) bool {
	switch {
	case r.run > 0:
		from, to := at, at+size
		for from > 0 && at-from < r.run && tokenByte(text[from-1]) {
			from--
		}
		for to < len(text) && to-at < r.run && tokenByte(text[to]) {
			to++
		}
		return to-from >= r.run
	case r.behind > 0:
		return r.valueBehind(text, at+size) > 0
	}
	return true
}

// valueBehind gives where the value ends that a word names which ends at a place; 0 when there
// is none.
func (r *secretRule) valueBehind(text []byte, at int) int {
	if r.named {
		if at = operatorBehind(text, at); at < 0 {
			return 0
		}
	}
	return tokenBehind(text, at, r.behind)
}

// near is how far behind a word the value begins that it names.
const near = 48

// tokenBehind gives where the token ends that is so long, has more than letters, and begins
// near behind at; 0 when there is none.
func tokenBehind(text []byte, at, size int) int {
	for i := at; i < len(text) && i < at+near; i++ {
		from, letters := i, true
		for i < len(text) && (tokenByte(text[i]) || text[i] == ':' || text[i] == '%') { // user:password is a value too, and what a URL escapes
			letters = letters && text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z'
			i++
		}
		if i-from >= size && !letters {
			return i
		}
	}
	return 0
}

// endOfToken gives where the text ends that a place cuts, with what stands behind it: what
// is behind a word may be one that stands between it and its value.
func endOfToken(text []byte, at int) int {
	for end := min(at+maxReach, len(text)); at < end && text[at] > ' ' && text[at] != '"' && text[at] != '\''; {
		at++
	}
	return min(at+2, len(text))
}

func tokenByte(c byte) bool {
	return alnum(c) || c == '_' || c == '-' || c == '.' || c == '=' || c == '+' || c == '/'
}

// around adds what a rule has to look through for a word, in order and without overlaps.
func (r *secretRule) around(windows []stretch, at, size int, text []byte) []stretch {
	w := stretch{max(at-r.reach, 0), min(at+size+r.reach, len(text))}
	switch {
	case r.behind > 0:
		w = stretch{max(at-near-near, 0), endOfToken(text, min(r.valueBehind(text, at+size)+near, len(text)))}
	case r.reach == 0, r.apart:
		return []stretch{{0, len(text)}}
	}
	if n := len(windows); n > 0 && windows[n-1].to >= w.from {
		windows[n-1].to = max(windows[n-1].to, w.to)
		return windows
	}
	return append(windows, w)
}

func (r *secretRule) find(s *secretSet, text []byte, w stretch, out []hit) []hit {
	part := text[w.from:w.to]
	return r.hits(s, part, w.from, r.expr().FindAllSubmatchIndex(part, -1), out)
}

// hits adds what is secret of the matches in a part of a text.
func (r *secretRule) hits(s *secretSet, part []byte, at int, matches [][]int, out []hit) []hit {
	for _, m := range matches {
		from, to := r.secret(m)
		secret := string(part[from:to])
		if secret == "" || r.entropy > 0 && entropy(secret) <= r.entropy {
			continue
		}
		if match := string(part[m[0]:m[1]]); allowed(s.allow, secret, match) || allowed(r.allow, secret, match) {
			continue
		}
		out = append(out, hit{at + from, at + to, Secret})
	}
	return out
}

// secret gives where the secret of a match stands: its group, or the first one that took
// part, or all of it.
func (r *secretRule) secret(m []int) (from, to int) {
	if g := 2 * r.group; r.group > 0 && g+1 < len(m) && m[g] >= 0 {
		return m[g], m[g+1]
	}
	for g := 2; g+1 < len(m); g += 2 {
		if m[g] >= 0 && m[g+1] > m[g] {
			return m[g], m[g+1]
		}
	}
	return m[0], m[1]
}

func allowed(all []allowance, secret, match string) bool {
	for _, a := range all {
		text := secret
		if a.match {
			text = match
		}
		if slices.ContainsFunc(a.exprs(), func(e *regexp.Regexp) bool { return e.MatchString(text) }) {
			return true
		}
		if len(a.words) > 0 {
			low := strings.ToLower(secret)
			if slices.ContainsFunc(a.words, func(w string) bool { return strings.Contains(low, w) }) {
				return true
			}
		}
	}
	return false
}

// entropy is Shannon's, in bits a byte.
func entropy(s string) (bits float64) {
	var counts [256]int
	for i := range len(s) {
		counts[s[i]]++
	}
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(s))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}
