package cachekey_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachekey"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

var ignored = []string{"stream", "stream_options"}

func policy(t testing.TB, of gateway.Cache) *cachekey.Policy {
	t.Helper()
	p, err := cachekey.Compile(&of)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func keyOf(t testing.TB, p *cachekey.Policy, body string) cache.Key {
	t.Helper()
	k, err := p.Key(&cachekey.Request{Facts: facts, Kind: cachekey.JSON, Body: []byte(body), Ignore: ignored})
	if err != nil {
		t.Fatalf("%.300s: %v", body, err)
	}
	return k
}

// each runs a test for every request, parsed anew for each.
func each(t *testing.T, test func(t *testing.T, name string, v *object)) {
	for name, text := range requests {
		t.Run(name, func(t *testing.T) { test(t, name, parse(text).(*object)) })
	}
}

func TestSpellingDoesNotCount(t *testing.T) {
	p := policy(t, gateway.Cache{})
	each(t, func(t *testing.T, _ string, v *object) {
		plain := string(spelling{}.write(v))
		want := keyOf(t, p, plain)
		r := rand.New(rand.NewPCG(1, 2))
		for range max(3, min(40, 40_000/len(plain))) {
			if got := string(spelling{r}.write(v)); keyOf(t, p, got) != want {
				t.Fatalf("another key for %.2000s", got)
			}
		}
	})
}

// others gives values that differ from v, its type among what differs.
func others(v any) []any {
	switch v := v.(type) {
	case string:
		return []any{v + " ", v + "x", strings.ToUpper(v) + "É", nil, number("7"), &array{items: []any{v}}}
	case number:
		return []any{string(v), number("1" + strings.TrimPrefix(string(v), "-")), number("-2" + strings.TrimPrefix(string(v), "-")), nil, true}
	case bool:
		return []any{!v, nil, "true", number("1")}
	case *object:
		return []any{nil, &array{}, "{}", &object{names: append(slices.Clone(v.names), "zz"), values: append(slices.Clone(v.values), nil)}}
	case *array:
		return []any{nil, &object{}, "[]", &array{items: append(slices.Clone(v.items), nil)}, &array{items: []any{v}}}
	}
	return []any{false, "", "null", number("0"), &object{}, &array{}}
}

func TestEveryChangeOfAnyValueChangesTheKey(t *testing.T) {
	p := policy(t, gateway.Cache{})
	each(t, func(t *testing.T, _ string, v *object) {
		itself := string(spelling{}.write(v))
		seen := map[cache.Key]string{keyOf(t, p, itself): itself}
		for _, at := range sample(places(v, "")) {
			if strings.HasPrefix(at.path, ".stream") {
				continue
			}
			for _, x := range others(at.get) {
				at.set(x)
				text := string(spelling{}.write(v))
				k := keyOf(t, p, text)
				if was, twice := seen[k]; twice && was != text {
					t.Errorf("%s as %v has the key of %.2000s", at.path, x, was)
				}
				seen[k] = text
				at.set(at.get)
			}
		}
	})
}

// sample keeps tests of long lists short.
func sample(all []place) []place {
	if len(all) <= 200 {
		return all
	}
	return append(all[:20:20], all[len(all)-5:]...)
}

func TestEveryMemberCounts(t *testing.T) {
	p := policy(t, gateway.Cache{})
	each(t, func(t *testing.T, _ string, whole *object) {
		want := keyOf(t, p, string(spelling{}.write(whole)))
		check := func(what string) {
			t.Helper()
			if keyOf(t, p, string(spelling{}.write(whole))) == want {
				t.Errorf("%s does not change the key", what)
			}
		}
		for _, o := range objects(whole) {
			for i, name := range o.names {
				if o == whole && slices.Contains(ignored, name) {
					continue
				}
				was := *o
				*o = object{slices.Delete(slices.Clone(o.names), i, i+1), slices.Delete(slices.Clone(o.values), i, i+1)}
				check("without " + name)
				*o = object{slices.Clone(was.names), was.values}
				o.names[i] = name + "x"
				check("another name for " + name)
				o.names[i] = name + " "
				check("a space behind " + name)
				*o = was
			}
		}
	})
}

// objects gives v and the objects in it that count.
func objects(v *object) []*object {
	out := []*object{v}
	for _, at := range places(v, "") {
		if o, ok := at.get.(*object); ok && !strings.HasPrefix(at.path, ".stream") {
			out = append(out, o)
		}
	}
	return out
}

func TestTheOrderOfElementsCounts(t *testing.T) {
	p := policy(t, gateway.Cache{})
	each(t, func(t *testing.T, _ string, v *object) {
		want := keyOf(t, p, string(spelling{}.write(v)))
		for _, at := range places(v, "") {
			a, ok := at.get.(*array)
			if !ok || len(a.items) < 2 || len(a.items) > 1000 {
				continue
			}
			slices.Reverse(a.items)
			if keyOf(t, p, string(spelling{}.write(v))) == want {
				t.Errorf("%s reversed has the same key", at.path)
			}
			slices.Reverse(a.items)
		}
	})
}

func TestTheWayOfDeliveryDoesNotCount(t *testing.T) {
	p := policy(t, gateway.Cache{})
	each(t, func(t *testing.T, _ string, v *object) {
		want := keyOf(t, p, string(spelling{}.write(v)))
		for _, name := range ignored {
			if i := slices.Index(v.names, name); i >= 0 {
				v.names, v.values = slices.Delete(v.names, i, i+1), slices.Delete(v.values, i, i+1)
			}
		}
		bare := string(spelling{}.write(v))
		if keyOf(t, p, bare) != want {
			t.Error("without stream: another key")
		}
		if keyOf(t, p, `{"stream":false,"stream_options":{"include_usage":false},`+bare[1:]) != want {
			t.Error("with other values: another key")
		}
		if keyOf(t, p, `{"x":{"stream":true},`+bare[1:]) == keyOf(t, p, `{"x":{"stream":false},`+bare[1:]) {
			t.Error("a member further in that is called stream does not count")
		}
	})
}

func TestFactsAndContentAreToldApart(t *testing.T) {
	p := policy(t, gateway.Cache{})
	seen := map[cache.Key]int{}
	for i, r := range []cachekey.Request{
		{Kind: cachekey.JSON, Facts: []string{"a", "bc"}, Body: []byte(`{}`)},
		{Kind: cachekey.JSON, Facts: []string{"ab", "c"}, Body: []byte(`{}`)},
		{Kind: cachekey.JSON, Facts: []string{"abc"}, Body: []byte(`{}`)},
		{Kind: cachekey.JSON, Facts: []string{"abc", ""}, Body: []byte(`{}`)},
		{Kind: cachekey.JSON, Facts: []string{"", "abc"}, Body: []byte(`{}`)},
		{Kind: cachekey.JSON, Facts: []string{"bc", "a"}, Body: []byte(`{}`)},
		{Kind: cachekey.JSON, Facts: []string{"abc{}"}},
		{Kind: cachekey.JSON, Facts: []string{"abc", "{}"}},
		{Kind: cachekey.Raw, Facts: []string{"abc"}, Body: []byte(`{}`)},
		{Kind: cachekey.Raw, Facts: []string{"abc"}, Body: []byte(`{}`), ContentType: "audio/wav"},
		{Kind: cachekey.Raw, Facts: []string{"abc"}, Body: []byte(`{} `), ContentType: "audio/wav"},
		{Kind: cachekey.JSON, Facts: []string{"abc"}, Name: "{}"},
		{Kind: cachekey.JSON, Facts: []string{"abc"}, Name: "{}x"},
		{Kind: cachekey.JSON, Facts: []string{"abc"}},
		{Kind: cachekey.JSON, Facts: nil, Body: []byte(`"abc"`)},
	} {
		k, err := p.Key(&r)
		if err != nil {
			t.Fatal(err)
		}
		if was, twice := seen[k]; twice {
			t.Errorf("requests %d and %d have one key", was, i)
		}
		seen[k] = i
	}
}

func TestANameStandsInTheContentsPlace(t *testing.T) {
	p := policy(t, gateway.Cache{})
	key := func(fact, name, body string) cache.Key {
		k, err := p.Key(&cachekey.Request{Facts: []string{fact}, Kind: cachekey.JSON, Name: name, Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	if key("a", "mine", `{"a":1}`) != key("a", "mine", `no JSON`) {
		t.Error("the content counts beside a name")
	}
	if key("a", "mine", "") == key("b", "mine", "") || key("a", "mine", "") == key("a", "yours", "") {
		t.Error("facts or the name do not count")
	}
}

func TestPoliciesThatDifferShareNoKey(t *testing.T) {
	seen := map[cache.Key]int{}
	for i, of := range []gateway.Cache{
		{}, {Scope: gateway.ScopeWorkspace}, {Scope: gateway.ScopeKey}, {Vary: []string{"user"}}, {Exclude: []string{"user"}},
		{Exclude: []string{"user", "metadata"}}, {Normalize: []string{"case"}}, {Normalize: []string{"whitespace"}}, {Normalize: []string{"whitespace", "case"}},
	} {
		k := keyOf(t, policy(t, of), `{"a":"b"}`)
		if was, twice := seen[k]; twice {
			t.Errorf("policies %d and %d share a key", was, i)
		}
		seen[k] = i
	}
	if keyOf(t, policy(t, gateway.Cache{Exclude: []string{"a", "b"}}), `{}`) != keyOf(t, policy(t, gateway.Cache{Exclude: []string{"b", "a", "b"}}), `{}`) {
		t.Error("the order of exclude counts")
	}
}

func TestItemsHaveKeysOfTheirOwn(t *testing.T) {
	p := policy(t, gateway.Cache{Normalize: []string{"case"}})
	of := func(body string) cache.Key {
		k, err := p.Key(&cachekey.Request{Facts: facts, Kind: cachekey.JSON, Body: []byte(body), Ignore: []string{"input"}})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	item := func(of cache.Key, raw string) cache.Key {
		k, err := p.Item(of, []byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	two, other := of(`{"model":"m","input":["a","b"]}`), of(`{"model":"n","input":["a"]}`)
	if of(`{"input":"c","model":"m"}`) != two {
		t.Error("the list counts in the key of the rest")
	}
	same := [][2]cache.Key{{item(two, `"a"`), item(two, ` "\u0061"`)}, {item(two, `"A"`), item(two, `"a"`)}, {item(two, `[1,2]`), item(two, `[1.0, 2]`)}}
	for i, pair := range same {
		if pair[0] != pair[1] {
			t.Errorf("pair %d: equal items have two keys", i)
		}
	}
	if item(two, `"a"`) == item(other, `"a"`) || item(two, `"a"`) == item(two, `"b"`) || item(two, `[1]`) == item(two, `1`) {
		t.Error("items that differ share a key")
	}
	if _, err := p.Item(two, []byte(`{"a":1,"a":2}`)); err == nil {
		t.Error("an item with a name twice has a key")
	}
}

func TestKeysAreMadeSideBySide(t *testing.T) {
	p := policy(t, gateway.Cache{Normalize: []string{"case", "whitespace"}})
	want := map[string]cache.Key{}
	for name, text := range requests {
		want[name] = keyOf(t, p, text)
	}
	t.Run("all", func(t *testing.T) {
		for name, text := range requests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				for range 5 {
					if keyOf(t, p, text) != want[name] {
						t.Error("another key")
					}
				}
			})
		}
	})
}
