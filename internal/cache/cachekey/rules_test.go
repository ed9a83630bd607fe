package cachekey_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachekey"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestExcludedMembersDoNotCount(t *testing.T) {
	for _, tt := range []struct {
		name     string
		exclude  []string
		of, like string
		same     bool
	}{
		{"member", []string{"user"}, `{"a":1,"user":"x"}`, `{"a":1,"user":{"y":[1]}}`, true},
		{"absent", []string{"user"}, `{"a":1,"user":"x"}`, `{"a":1}`, true},
		{"only there", []string{"user"}, `{"a":{"user":1}}`, `{"a":{"user":2}}`, false},
		{"others count", []string{"user"}, `{"a":1,"user":"x"}`, `{"a":2,"user":"x"}`, false},
		{"spelt otherwise", []string{"user"}, `{"a":1,"us\u0065r":"x"}`, `{"a":1,"user":"y"}`, true},
		{"letters count", []string{"user"}, `{"User":1}`, `{"User":2}`, false},
		{"further in", []string{"metadata.trace"}, `{"metadata":{"trace":1,"b":1}}`, `{"metadata":{"trace":2,"b":1}}`, true},
		{"beside it", []string{"metadata.trace"}, `{"metadata":{"trace":1,"b":1}}`, `{"metadata":{"trace":1,"b":2}}`, false},
		{"empty is not absent", []string{"metadata.trace"}, `{"metadata":{"trace":1}}`, `{}`, false},
		{"elements", []string{"messages.*.name"}, `{"messages":[{"name":"a","content":"c"},{"name":"b"}]}`, `{"messages":[{"content":"c"},{"name":"d"}]}`, true},
		{"elements' others", []string{"messages.*.name"}, `{"messages":[{"name":"a","content":"c"}]}`, `{"messages":[{"name":"a","content":"d"}]}`, false},
		{"not of an object", []string{"messages.name"}, `{"messages":[{"name":"a"}]}`, `{"messages":[{"name":"b"}]}`, false},
		{"all members", []string{"metadata.*"}, `{"metadata":{"a":1}}`, `{"metadata":{"b":2}}`, true},
		{"all elements", []string{"tags.*"}, `{"tags":["a"]}`, `{"tags":["b","c"]}`, true},
		{"members' members", []string{"m.*.x", "m.a.y"}, `{"m":{"a":{"x":1,"y":1,"z":1},"b":{"x":1,"y":1}}}`, `{"m":{"a":{"x":2,"y":2,"z":1},"b":{"x":2,"y":1}}}`, true},
		{"members' others", []string{"m.*.x", "m.a.y"}, `{"m":{"b":{"x":1,"y":1}}}`, `{"m":{"b":{"x":1,"y":2}}}`, false},
		{"wholly and in part", []string{"m.a", "m"}, `{"m":{"a":1,"b":1}}`, `{"m":{"a":2,"b":2}}`, true},
		{"through hashes", []string{"m.*"}, `{"m":{"` + strings.Repeat("k", 3000) + `":1}}`, `{"m":{}}`, true},
		{"odd names", []string{`a"b`}, `{"a\"b":1}`, `{"a\u0022b":2}`, true},
		{"null is not absent", nil, `{"a":null}`, `{}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := policy(t, gateway.Cache{Exclude: tt.exclude})
			if same := keyOf(t, p, tt.of) == keyOf(t, p, tt.like); same != tt.same {
				t.Errorf("one key for both: %v", same)
			}
		})
	}
}

// textPlaces are where texts stand in the requests.
var textPlaces = map[string][]string{
	"chat":       {".messages.0.content", ".messages.1.content.0.text"},
	"responses":  {".instructions", ".input.0.content.0.text"},
	"messages":   {".system.0.text", ".messages.0.content", ".messages.1.content.1.text"},
	"generate":   {".contents.0.parts.0.text", ".systemInstruction.parts.0.text"},
	"converse":   {".messages.0.content.0.text", ".system.0.text"},
	"cohere":     {".messages.0.content", ".documents.1"},
	"embeddings": {".input.0", ".input.1"},
	"rerank":     {".query", ".documents.0", ".documents.1.text"},
	"images":     {".prompt"},
	"speech":     {".input"},
	"long":       {".messages.0.content", ".messages.1.content"},
}

func TestOnlyTextsAreNormalized(t *testing.T) {
	for _, tt := range []struct {
		words  []string
		change func(string) string
	}{
		{[]string{"whitespace"}, func(s string) string { return "\n " + strings.ReplaceAll(s, " ", " \t ") + " \u00a0" }},
		{[]string{"case"}, func(s string) string { return strings.ToUpper(s) }},
		{[]string{"case", "whitespace"}, func(s string) string { return " " + strings.ToUpper(s) }},
	} {
		p, exact := policy(t, gateway.Cache{Normalize: tt.words}), policy(t, gateway.Cache{})
		each(t, func(t *testing.T, name string, v *object) {
			text := string(spelling{}.write(v))
			want, wantExact := keyOf(t, p, text), keyOf(t, exact, text)
			found := 0
			for _, at := range sample(places(v, "")) {
				s, ok := at.get.(string)
				if !ok || tt.change(s) == s {
					continue
				}
				at.set(tt.change(s))
				isText := false
				for _, place := range textPlaces[name] {
					isText = isText || place == at.path
				}
				text := string(spelling{rand.New(rand.NewPCG(3, 4))}.write(v))
				if same := keyOf(t, p, text) == want; same != isText {
					t.Errorf("%v: %s does not count: %v", tt.words, at.path, same)
				}
				if keyOf(t, exact, text) == wantExact {
					t.Errorf("%s does not count where nothing is normalized", at.path)
				}
				at.set(s)
				if isText {
					found++
				}
			}
			if found != len(textPlaces[name]) {
				t.Errorf("%d of %d texts were found", found, len(textPlaces[name]))
			}
		})
	}
}

func TestWhatNormalizingLeaves(t *testing.T) {
	both := []string{"whitespace", "case"}
	for _, tt := range []struct {
		name, a, b string
		words      []string
		same       bool
	}{
		{"runs", "a  b", "a b", both[:1], true},
		{"no space is another text", "ab", "a b", both, false},
		{"ends", " a b\n", "a b", both[:1], true},
		{"only space", " \n", "", both[:1], true},
		{"case counts for whitespace", "A", "a", both[:1], false},
		{"space counts for case", "a ", "a", both[1:], false},
		{"letters of all scripts", "ÉΩЖ", "éωж", both[1:], true},
		{"spaces of all kinds", "a\u3000\u2003b", "a b", both[:1], true},
		{"no character", "\xffA", "\xffa", both[1:], true},
		{"no characters that differ", "\xff", "\xfe", both, false},
		{"punctuation", "a?", "a", both, false},
		{"escapes", `a"B\C`, `A"b\c`, both, true},
		{"a code block's indentation", "do\n```py\nif a:\n  b\n```\nnow", "do\n```py\nif a:\n b\n```\nnow", both, false},
		{"a code block's case", "do\n```\nA\n```", "do\n```\na\n```", both, false},
		{"around a code block", "do  IT\n\n```\nA\n```\n\n  now ", "do it\n```\nA\n```\nNow", both, true},
		{"behind a code block", "```\nA\n```\nB", "```\nA\n```\nb", both, true},
		{"two blocks", "~~~\nA\n~~~\nB\n```\nC\n```", "~~~\nA\n~~~\nb\n```\nc\n```", both, false},
		{"a longer fence", "````\n```\nA\n````\nB", "````\n```\na\n````\nB", both, false},
		{"a block without end", "x\n```\nA", "x\n```\na", both, false},
		{"another fence does not end it", "```\n~~~\nA", "```\n~~~\na", both, false},
		{"inline code", "run ```A``` now", "run ```a``` now", both, true},
		{"a fence with text behind it does not end it", "```\n``` x\nA", "```\n``` x\na", both, false},
		{"four spaces are no fence", "x\n    ```\nA", "x\n    ```\na", both, true},
		{"text that looks like a block's marks", "\\(```\nA\\)", "\\(```\na\\)", both, true},
		{"a block is not its text", "```\na\n```", "``` a ```", both, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := policy(t, gateway.Cache{Normalize: tt.words})
			key := func(text string) cache.Key {
				return keyOf(t, p, `{"messages":[{"role":"user","content":`+string(spelling{}.write(raw(text)))+`}]}`)
			}
			if same := key(tt.a) == key(tt.b); same != tt.same {
				t.Errorf("one key for both: %v", same)
			}
		})
	}
}

// raw keeps bytes that are no characters.
type raw string

func TestToolResultsAreNotNormalizedWhereverTheRoleStands(t *testing.T) {
	p := policy(t, gateway.Cache{Normalize: []string{"whitespace"}})
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{`{"messages":[{"content":"a  b","role":"tool"}]}`, `{"messages":[{"content":"a b","role":"tool"}]}`, false},
		{`{"messages":[{"role":"function","content":"a  b"}]}`, `{"messages":[{"role":"function","content":"a b"}]}`, false},
		{`{"messages":[{"role":"tool","content":"a"},{"role":"user","content":"a  b"}]}`, `{"messages":[{"role":"tool","content":"a"},{"role":"user","content":"a b"}]}`, true},
		{`{"prompt":{"id":"A  b"}}`, `{"prompt":{"id":"A b"}}`, false},
	} {
		if same := keyOf(t, p, tt.a) == keyOf(t, p, tt.b); same != tt.same {
			t.Errorf("%s and %s: one key %v", tt.a, tt.b, same)
		}
	}
}

func TestLooseKeysServeAdvice(t *testing.T) {
	p := policy(t, gateway.Cache{Exclude: []string{"trace"}})
	loose := func(fact, body string) cache.Key {
		return p.Loose(&cachekey.Request{Facts: []string{fact}, Kind: cachekey.JSON, Body: []byte(body), Ignore: ignored})
	}
	want := loose("a", `{"messages":[{"role":"user","content":"Hello  You"}],"user":"u","seed":1,"metadata":{"a":1},"trace":1,"stream":true}`)
	if want != loose("a", `{"messages":[{"role":"user","content":"hello you "}],"prompt_cache_key":"k","safety_identifier":"s"}`) {
		t.Error("what rarely matters counts")
	}
	if want == loose("b", `{"messages":[{"role":"user","content":"hello you"}]}`) || want == loose("a", `{"messages":[{"role":"user","content":"hello"}]}`) {
		t.Error("facts or words do not count")
	}
	r := &cachekey.Request{Facts: facts, Kind: cachekey.JSON, Body: []byte(`{}`)}
	for _, words := range [][]string{nil, {"whitespace", "case"}} {
		p := policy(t, gateway.Cache{Normalize: words})
		if k, _ := p.Key(r); k == p.Loose(r) {
			t.Error("a loose key is a key")
		}
	}
}
