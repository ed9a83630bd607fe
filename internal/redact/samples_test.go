package redact

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// sample writes something that an expression matches, by chance.
func sample(b *strings.Builder, re *syntax.Regexp, chance *rand.Rand) {
	times := func(least, most int) {
		if most < least {
			most = least + 3
		}
		for range least + chance.IntN(most-least+1) {
			sample(b, re.Sub[0], chance)
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		var all []rune
		for i := 0; i < len(re.Rune); i += 2 {
			for r := max(re.Rune[i], ' '); r <= min(re.Rune[i+1], '~'); r++ {
				all = append(all, r)
			}
		}
		if len(all) > 0 {
			b.WriteRune(all[chance.IntN(len(all))])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('.')
	case syntax.OpStar:
		times(0, -1)
	case syntax.OpPlus:
		times(1, -1)
	case syntax.OpQuest:
		times(0, 1)
	case syntax.OpRepeat:
		times(re.Min, re.Max)
	case syntax.OpAlternate:
		sample(b, re.Sub[chance.IntN(len(re.Sub))], chance)
	default:
		for _, sub := range re.Sub {
			sample(b, sub, chance)
		}
	}
}

// A word of a rule only says that the rule may apply: what its expression finds in a text
// with the word is taken out, wherever it stands and whichever alternative it is.
func TestEveryFormOfEveryRuleIsFound(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	s := secretRules()
	for _, r := range s.rules {
		tree, err := syntax.Parse(r.source, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		words := wordsOf(t, r.id)
		matched := 0
		for n := range 60 {
			var b strings.Builder
			if n%2 == 0 {
				b.WriteString("about " + words[chance.IntN(len(words))] + ": " + strings.Repeat("and so on, ", 200))
			}
			b.WriteString("here it is ")
			sample(&b, tree, chance)
			b.WriteString(" and no more")
			text := []byte(b.String())
			if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(string(lower(text)), w) }) {
				continue
			}
			got := findSecrets(text, nil)
			for _, want := range r.find(s, text, stretch{0, len(text)}, nil) {
				if secret := text[want.from:want.to]; r.behind > 0 && !bytes.ContainsFunc(secret, func(c rune) bool { return unicode.IsDigit(c) }) {
					continue // what has no digit is taken for words
				}
				matched++
				if !slices.ContainsFunc(got, func(h hit) bool { return h.from <= want.from && want.to <= h.to }) {
					t.Fatalf("%s: %q is not found in %q: %v", r.id, text[want.from:want.to], text[max(0, want.from-60):], got)
				}
			}
		}
		if matched == 0 {
			t.Logf("%s: no sample is a secret by its entropy or allowances", r.id)
		}
	}
}

// wordsOf gives the words of a rule, as the list has them.
func wordsOf(t *testing.T, id string) []string {
	t.Helper()
	var in struct {
		Rules []struct {
			ID       string
			Keywords []string
		}
	}
	if err := json.Unmarshal(secretData, &in); err != nil {
		t.Fatal(err)
	}
	for _, r := range in.Rules {
		if r.ID == id {
			return r.Keywords
		}
	}
	t.Fatalf("no rule %s", id)
	return nil
}

func TestSecretsApartFromTheirWordAreFound(t *testing.T) {
	hex := strings.Repeat("0a1b2c3d4e5f6789", 4)
	for _, text := range []string{
		"here is my token ATATT3" + (strings.Repeat("xFfGF0aB1zQ7wLk9PmT4vRs2Yh6Nj", 7))[:186] + " please use it",
		"the base in airtable " + strings.Repeat("of ours ", 100) + "patAbCdEfGhIjKlMn." + hex + " opens it",
		"sourcegraph " + strings.Repeat("says ", 100) + hex[:40] + " is it",
	} {
		if len(findSecrets([]byte(text), nil)) == 0 {
			t.Errorf("nothing is found in %q", text)
		}
	}
}
