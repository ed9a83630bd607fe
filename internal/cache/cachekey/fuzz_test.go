package cachekey_test

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachekey"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// meaning writes what a tree means, in a way that shares nothing with the keys' form; false
// when a name stands twice in an object.
func meaning(v any) (string, bool) {
	switch v := v.(type) {
	case *object:
		lines := make([]string, len(v.names))
		for i, name := range v.names {
			m, ok := meaning(v.values[i])
			if !ok || slices.Contains(v.names[:i], name) {
				return "", false
			}
			lines[i] = strconv.Quote(name) + " = " + m
		}
		slices.Sort(lines)
		return "{" + strings.Join(lines, "; ") + "}", true
	case *array:
		lines := make([]string, len(v.items))
		for i, e := range v.items {
			m, ok := meaning(e)
			if !ok {
				return "", false
			}
			lines[i] = m
		}
		return "[" + strings.Join(lines, "; ") + "]", true
	case number:
		n, ok := new(big.Rat).SetString(string(v))
		return n.RatString(), ok
	case string:
		return strconv.Quote(v), true
	}
	raw, err := json.Marshal(v)
	return string(raw), err == nil
}

// Where readers differ, or a reader would count for ever.
var unclear = regexp.MustCompile(`[eE][+-]?[0-9]{5}|\\u[dD][89a-fA-F]`)

func FuzzEqualValuesHaveEqualKeys(f *testing.F) {
	for name, text := range requests {
		if name == "long" {
			continue // its numbers and letters are what other tests are for
		}
		f.Add([]byte(text), []byte(`{"a":[1,1.0,1e0,-0,"A\u0042",null]}`), uint64(1))
	}
	for _, pair := range [][2]string{{`1`, `1.0`}, {`100000000000000000000`, `1e20`}, {`0.1`, `1e-1`}, {`"a"`, `"\u0061"`}, {`"\\u0061"`, `"\u005cu0061"`}, {`-0`, `0`}, {`"1"`, `1`}, {`[[],[]]`, `[[[]]]`}} {
		f.Add([]byte(pair[0]), []byte(pair[1]), uint64(2))
	}
	p := policy(f, gateway.Cache{})
	key := func(text []byte) (cache.Key, error) {
		return p.Key(&cachekey.Request{Facts: facts, Kind: cachekey.JSON, Body: text})
	}
	f.Fuzz(func(t *testing.T, a, b []byte, seed uint64) {
		clear := func(text []byte) bool {
			return utf8.Valid(text) && !unclear.Match(text) && len(text) > 0 && len(text) < 20_000
		}
		if !clear(a) || !clear(b) {
			return
		}
		ka, erra := key(a)
		if !json.Valid(a) {
			if erra == nil {
				t.Fatalf("%q is no JSON and has a key", a)
			}
			return
		}
		tree := parse(string(a))
		ma, once := meaning(tree)
		if deep := strings.Count(string(a), "[")+strings.Count(string(a), "{") > 500; (erra == nil) != once && !deep {
			t.Fatalf("%q: %v", a, erra)
		}
		if erra != nil {
			return
		}
		r := rand.New(rand.NewPCG(seed, 1))
		if respelled := (spelling{r}).write(tree); clear(respelled) {
			if k, err := key(respelled); err != nil || k != ka {
				t.Fatalf("%q has another key than %q (%v)", respelled, a, err)
			}
		}
		check := func(other []byte) {
			kb, err := key(other)
			if err != nil || !json.Valid(other) {
				return
			}
			if mb, ok := meaning(parse(string(other))); ok && (ma == mb) != (ka == kb) {
				t.Fatalf("%q and %q: equal meanings %v, equal keys %v", a, other, ma == mb, ka == kb)
			}
		}
		check(b)
		if at := places(tree, ""); len(at) > 0 {
			one := at[r.IntN(len(at))]
			for _, x := range others(one.get) {
				one.set(x)
				if other := (spelling{}).write(tree); clear(other) {
					check(other)
				}
			}
		}
	})
}

func TestNumbersThatAreEqualHaveOneForm(t *testing.T) {
	p := policy(t, gateway.Cache{})
	groups := [][]string{
		{"0", "-0", "0.0", "0e5", "-0.000e-3", "0e999999999"}, {"1", "1.0", "1e0", "10e-1", "0.1e1", "1E+00"}, {"-1", "-1.0", "-10e-1"},
		{"100", "1e2", "1.00e2", "100.0"}, {"999999999999999999", "999999999999999999.0"}, {"1000000000000000000", "1e18", "10e17"}, {"100000000000000000", "1e17"},
		{"1000000000000000000000000000000", "1e30"}, {"0.7", "7e-1", "0.70", "0.0007e3"}, {"12345678901234567890"}, {"12345678901234567891"}, {"12345678901234567890.1"},
		{"0.1"}, {"0.10000000000000000001"}, {"9007199254740993"}, {"9007199254740992"}, {"1e400"}, {"1e401"}, {"1e-400"}, {"10"}, {"1e999999999"}, {"123e-5", "0.00123"}, {"1" + strings.Repeat("0", 3000) + "1"}, {"1" + strings.Repeat("0", 3000) + "2"},
	}
	seen := map[cache.Key]string{}
	for _, group := range groups {
		want := keyOf(t, p, `{"n":`+group[0]+`}`)
		for _, n := range group[1:] {
			if keyOf(t, p, `{"n":`+n+`}`) != want {
				t.Errorf("%s and %s have two forms", group[0], n)
			}
		}
		if was, twice := seen[want]; twice {
			t.Errorf("%.40s and %.40s have one form", was, group[0])
		}
		seen[want] = group[0]
	}
}

func TestStringsHaveOneFormEach(t *testing.T) {
	p := policy(t, gateway.Cache{})
	long := strings.Repeat("x", 70_000)
	groups := [][]string{
		{`a/b`, `a\/b`, `\u0061\u002fb`, `\u0061\u002Fb`}, {`\"`, `\u0022`}, {`\\`, `\u005c`, `\u005C`}, {`\\n`}, {`\n`, `\u000a`}, {`\\u000a`, `\u005cu000a`}, {`\u0000`}, {`\\u0000`},
		{`😀`, `\ud83d\ude00`, `\uD83D\uDE00`}, {`\ud83d`, `\uD83D`}, {`\ud83e`}, {`\ufffd`, "\uFFFD"}, {`\ude00\ud83d`}, {`\\ud83d`}, {"\xff"}, {"\xfe"}, {`é`, `\u00e9`}, {"e\u0301"},
		{long, `\u0078` + long[1:]}, {long + `\n`, long + `\u000a`}, {long + `\n\n`}, {long + "x"}, {long + `\u0000`}, {`\n` + long + long}, {`\n` + long + long + "x"}, {``}, {` `},
		{strings.Repeat("y", 1022), `\u0079` + strings.Repeat("y", 1021)}, {strings.Repeat("y", 1023), `\u0079` + strings.Repeat("y", 1022)}, {strings.Repeat("y", 1021), `\u0079` + strings.Repeat("y", 1020)}, {strings.Repeat("y", 1024), strings.Repeat("y", 1023) + `\u0079`},
	}
	seen := map[cache.Key]string{}
	for _, group := range groups {
		want := keyOf(t, p, `{"s":"`+group[0]+`"}`)
		for _, s := range group[1:] {
			if keyOf(t, p, `{"s":"`+s+`"}`) != want {
				t.Errorf("%.60q and %.60q have two forms", group[0], s)
			}
		}
		if was, twice := seen[want]; twice {
			t.Errorf("%.60q and %.60q have one form", was, group[0])
		}
		seen[want] = group[0]
	}
}
