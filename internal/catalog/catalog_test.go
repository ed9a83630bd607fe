package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// lister knows models by provider, and counts how often it is asked.
type lister struct {
	mu    sync.Mutex
	ids   map[string][]string
	asked int
}

func (l *lister) Lists(p *provider.Provider, model string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	return slices.Contains(l.ids[p.Name], model)
}

func (l *lister) Models(p *provider.Provider) []string { return slices.Clone(l.ids[p.Name]) }

func snapshot(ids map[string][]string, own map[string][]string) (*catalog.Snapshot, *lister) {
	l := &lister{ids: ids}
	s := catalog.Snapshot{Providers: map[string]*provider.Provider{}, Lister: l}
	for name := range ids {
		p := &provider.Provider{Name: name, Models: map[string]provider.Model{}}
		for _, id := range own[name] {
			p.Models[id] = provider.Model{}
		}
		s.Providers[name] = p
	}
	return catalog.New(s), l
}

func text(found []catalog.Named) string {
	var names []string
	for _, f := range found {
		names = append(names, f.Provider.Name+" "+f.Model)
	}
	return strings.Join(names, ", ")
}

func TestANameMeansWhatItsProviderOrTheListsSay(t *testing.T) {
	s, _ := snapshot(map[string][]string{
		"a": {"m", "shared", "org/m"}, "b": {"shared", "a/odd"}, "c": {},
	}, map[string][]string{"c": {"mine", "shared"}})
	for name, want := range map[string]string{
		"a/m": "a m", "a/unlisted": "a unlisted", "a/org/m": "a org/m", "a/a/m": "a a/m",
		"m": "a m", "org/m": "a org/m", "mine": "c mine",
		"shared": "a shared, b shared, c shared", "a/odd": "a odd",
		"a/": "", "/m": "", "": "", "M": "", "nobody/m": "", "unlisted": "",
	} {
		for range 2 { // the second time from memory
			if got := text(s.Resolve(name)); got != want {
				t.Errorf("%q means %q, want %q", name, got, want)
			}
		}
	}
}

func TestAKnownNameIsLookedUpOnce(t *testing.T) {
	s, l := snapshot(map[string][]string{"a": {"m"}, "b": {"n"}}, nil)
	for range 10 {
		s.Resolve("m")
		s.Resolve("a/x") // needs no list at all
	}
	if l.asked != 2 {
		t.Errorf("the lists were asked %d times", l.asked)
	}
}

func TestNamesThatCallersMakeUpTakeNoMemory(t *testing.T) {
	s, l := snapshot(map[string][]string{"a": {"m"}}, nil)
	for i := range 2000 {
		s.Resolve(fmt.Sprintf("made-up-%d", i))
	}
	l.asked = 0
	s.Resolve("made-up-1")
	if l.asked != 1 {
		t.Error("an unknown name is remembered")
	}
}

func TestTheMemoryOfNamesIsBoundedUnderAFlood(t *testing.T) {
	ids := make([]string, 20_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("model-%d", i)
	}
	var asked int
	p := &provider.Provider{Name: "a", Models: map[string]provider.Model{}}
	for _, id := range ids {
		p.Models[id] = provider.Model{}
	}
	s := catalog.New(catalog.Snapshot{Providers: map[string]*provider.Provider{"a": p, "b": {Name: "b"}}, Lister: counting{&asked}})
	for range 2 {
		asked = 0
		for _, id := range ids {
			if text(s.Resolve(id)) != "a "+id {
				t.Fatal(id)
			}
		}
	}
	if remembered := len(ids) - asked; remembered < 1000 || remembered > 5000 {
		t.Errorf("%d of %d names are remembered", remembered, len(ids))
	}
	long := strings.Repeat("x", 100_000)
	p.Models[long] = provider.Model{}
	asked = 0
	fresh := catalog.New(catalog.Snapshot{Providers: s.Providers, Lister: counting{&asked}})
	fresh.Resolve(long)
	if fresh.Resolve(long); asked != 2 {
		t.Errorf("a name of 100 KB is remembered")
	}
}

// counting lists nothing, and counts how often it is asked.
type counting struct{ n *int }

func (c counting) Lists(*provider.Provider, string) bool { *c.n++; return false }
func (c counting) Models(*provider.Provider) []string    { return nil }

func TestManyMayResolveAtOnce(t *testing.T) {
	s, _ := snapshot(map[string][]string{"a": {"m1", "m2"}, "b": {"m2"}}, nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				s.Resolve(fmt.Sprintf("m%d", i%4))
				s.Nearest("m3")
			}
		})
	}
	wg.Wait()
	if text(s.Resolve("m2")) != "a m2, b m2" {
		t.Error(text(s.Resolve("m2")))
	}
}

func TestNearNamesAreOfferedBestFirst(t *testing.T) {
	s, _ := snapshot(map[string][]string{"openai": {"gpt-4o", "gpt-4o-mini", "gpt-5", "o3"}, "other": {"gpt-4o-mini", "unlike-anything"}}, nil)
	for name, want := range map[string]string{
		"gpt-4o-mni":            "openai/gpt-4o-mini,other/gpt-4o-mini",
		"GPT-4O":                "openai/gpt-4o,openai/gpt-5",
		"opena/gpt-5":           "openai/gpt-5,openai/gpt-4o",
		"something-else":        "",
		strings.Repeat("g", 97): "",
		strings.Repeat("Ⱥ", 48): "", // longer in lower case
	} {
		got := s.Nearest(name)
		if len(got) > 3 || !strings.HasPrefix(strings.Join(got, ","), want) || (want == "") != (len(got) == 0) {
			t.Errorf("%.20q is near %v, want %s", name, got, want)
		}
	}
}

func TestANameFarFromEverythingCostsLittle(t *testing.T) {
	s := thousands(40, 100)
	worst := strings.Repeat("ve-", 11) // as long as they are
	if n := testing.AllocsPerRun(1, func() { s.Nearest(worst) }); n > 1.25*4000 {
		t.Errorf("%v allocations for 4,000 models", n)
	}
}

// thousands are many providers with many models of usual names.
func thousands(providers, models int) *catalog.Snapshot {
	ids := map[string][]string{}
	for i := range providers {
		name := fmt.Sprintf("provider-%d", i)
		for j := range models {
			ids[name] = append(ids[name], fmt.Sprintf("vendor/family-%d-instruct-2026-01-%02d", j, j%28))
		}
	}
	s, _ := snapshot(ids, nil)
	return s
}

func BenchmarkNearestOfAHostileName(b *testing.B) {
	s := thousands(40, 100)
	for b.Loop() {
		s.Nearest(strings.Repeat("ve-", 11))
	}
}

func TestModelsAreMergedInOrderAndOnce(t *testing.T) {
	s, _ := snapshot(map[string][]string{"a": {"z", "m", "b"}}, map[string][]string{"a": {"m", "c"}})
	for range 2 {
		if got := strings.Join(s.Models(s.Providers["a"]), " "); got != "b c m z" {
			t.Fatal(got)
		}
	}
	if got := strings.Join(s.ProviderNames(), " "); got != "a" {
		t.Error(got)
	}
}

func TestAHostNameChoosesItsGatewayWhateverItsCaseAndPort(t *testing.T) {
	def, team, six := &catalog.Gateway{Name: "default"}, &catalog.Gateway{Name: "team"}, &catalog.Gateway{Name: "six"}
	s := catalog.New(catalog.Snapshot{
		Gateways: map[string]*catalog.Gateway{"default": def, "team": team, "six": six},
		Hosts:    map[string]*catalog.Gateway{"ai.example.com": team, "::1": six, "*.wild.example.com": six, "*.deep.wild.example.com": team},
	})
	for host, want := range map[string]*catalog.Gateway{
		"ai.example.com": team, "AI.Example.COM": team, "ai.example.com:8080": team, "ai.example.com.": team, "ai.example.com.:443": team,
		"example.com": def, "x.ai.example.com": def, "ai.example.com.evil.org": def, "": def, ":8080": def, "team": def,
		"[::1]:8080": six, "[::1]": six,
		"a.wild.example.com": six, "a.b.Wild.example.com:80": six, "wild.example.com": def, "x.deep.wild.example.com": team, "deep.wild.example.com": six,
	} {
		if got := s.GatewayOfHost(host); got != want {
			t.Errorf("%q is served by %v, want %s", host, got, want.Name)
		}
	}
	if s.Gateway("team") != team || s.Gateway("Team") != nil || s.Gateway("") != nil {
		t.Error("gateways by name")
	}
	if (&catalog.Snapshot{Gateways: s.Gateways}).GatewayOfHost("ai.example.com") != def {
		t.Error("without hosts the default serves")
	}
}

func TestBodiesPoliciesAreThreeWordsInOrder(t *testing.T) {
	for i, word := range []string{"none", "metadata", "full"} {
		if b, ok := catalog.ParseBodies(word); !ok || b != catalog.Bodies(i) {
			t.Errorf("%s: %d %v", word, b, ok)
		}
	}
	for _, word := range []string{"", "Full", "all"} {
		if b, ok := catalog.ParseBodies(word); ok || b != catalog.BodiesNone {
			t.Errorf("%q: %d %v", word, b, ok)
		}
	}
}

// TestDistancesAreExactUpToTheirLimit compares with the whole matrix by what is near.
func TestDistancesAreExactUpToTheirLimit(t *testing.T) {
	for _, c := range []struct {
		want, have string
		near       bool
	}{
		{"abcdef", "abcdef", true}, {"abcdef", "bcdef", true}, {"abcdef", "xabcdefx", true}, {"abcdef", "xxabcdefx", false},
		{"abcdef", "fedcba", false}, {"abcdefghijkl", "efghijkl", true}, {"abcdefghijkl", "abcdefghijklmnop", true}, {"abcdefghijkl", "fghijkl", false},
		{"abcdefghijkl", "mnopabcdefghijkl", true}, {"abcdefghijkl", "abXdefXhijXl", true}, {"abcdefghijkl", "aXcXeXgXiXkX", false},
		{strings.Repeat("ab", 40), strings.Repeat("ab", 36), true}, {strings.Repeat("ab", 40), strings.Repeat("ba", 40), true}, {strings.Repeat("ab", 40), strings.Repeat("ab", 35), false},
	} {
		s, _ := snapshot(map[string][]string{"a-provider-with-a-long-name": {c.have}}, nil)
		if got := s.Nearest(c.want); (len(got) == 1) != c.near {
			t.Errorf("%s, %s: near %v", c.want, c.have, got)
		}
	}
}

func model(region string) provider.Model { return provider.Model{Region: region} }

func TestRoutesAreNamedInOrderAndSuggestedBeforeModels(t *testing.T) {
	l := &lister{ids: map[string][]string{"a": {"support-x"}}}
	s := catalog.New(catalog.Snapshot{
		Providers: map[string]*provider.Provider{"a": {Name: "a"}}, Lister: l,
		Routes: map[string]*gateway.Route{"support": {}, "fast": {}, "Support-EU": {}},
	})
	if got := strings.Join(s.RouteNames(), " "); got != "Support-EU fast support" {
		t.Errorf("%q", got)
	}
	for name, want := range map[string]string{"suport": "support", "fats": "fast", "support-eu": "Support-EU a/support-x support", "nothing-like-it": ""} {
		if got := strings.Join(s.Nearest(name), " "); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
