package provider_test

import (
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider"
)

func withWeights(weights ...int) *provider.Provider {
	p := at("https://h", provider.HostShape)
	for i, w := range weights {
		p.Credentials = append(p.Credentials, provider.Credential{Name: string(rune('a' + i)), Weight: w})
	}
	return p
}

func draw(t *testing.T, p *provider.Provider, n int, skip func(int) bool) map[string]int {
	t.Helper()
	got := map[string]int{}
	for range n {
		c, _ := p.Pick("", skip)
		if c == nil {
			t.Fatal("nothing was picked")
		}
		got[c.Name]++
	}
	return got
}

func TestCredentialsAreChosenByTheirWeights(t *testing.T) {
	for _, weights := range [][]int{{1, 1}, {3, 1}, {5, 1, 1}, {1, 2, 3, 4}, {100, 1}, {0, 1}} {
		p, total := withWeights(weights...), 0
		for _, w := range weights {
			total += max(w, 1)
		}
		const n = 10_000
		got := draw(t, p, n, nil)
		for i, w := range weights {
			want := n * max(w, 1) / total
			if have := got[string(rune('a'+i))]; have < want-4 || have > want+4 {
				t.Errorf("weights %v: credential %d was chosen %d times, want about %d", weights, i, have, want)
			}
		}
	}
}

func TestChoicesAreSpreadEvenlyNotInRuns(t *testing.T) {
	p := withWeights(4, 1)
	gap, longest := 0, 0
	for range 1000 {
		c, _ := p.Pick("", nil)
		gap++
		if c.Name == "b" {
			longest = max(longest, gap)
			gap = 0
		}
	}
	if longest > 8 {
		t.Errorf("a fifth of the weight waited for %d choices", longest)
	}
}

func TestASkippedCredentialIsNeverChosen(t *testing.T) {
	p := withWeights(1, 8, 3)
	got := draw(t, p, 4000, func(i int) bool { return i == 1 })
	if got["b"] != 0 || got["a"] < 990 || got["a"] > 1010 {
		t.Errorf("chose %v", got)
	}
	if c, _ := p.Pick("", func(int) bool { return true }); c != nil {
		t.Error("something was picked though everything is skipped")
	}
	if c, _ := withWeights().Pick("", nil); c != nil {
		t.Error("something was picked of nothing")
	}
	if c, _ := withWeights(1).Pick("", func(int) bool { return true }); c != nil {
		t.Error("the only credential was picked though it is skipped")
	}
}

func TestAChoiceWhoseHealthChangesMeanwhileStillGivesOne(t *testing.T) {
	p, calls := withWeights(1, 1), 0
	c, _ := p.Pick("", func(int) bool { calls++; return calls > 2 })
	if c == nil {
		t.Error("nothing was picked")
	}
}

func TestPickMayBeCalledConcurrently(t *testing.T) {
	p := withWeights(3, 1)
	var mu sync.Mutex
	total := map[string]int{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			mine := map[string]int{}
			for range 1000 {
				c, _ := p.Pick("", nil)
				mine[c.Name]++
			}
			mu.Lock()
			defer mu.Unlock()
			for k, v := range mine {
				total[k] += v
			}
		})
	}
	wg.Wait()
	if total["a"] < 5990 || total["a"] > 6010 {
		t.Errorf("chose %v", total)
	}
}

func TestAKeyIsPresentedAsTheVendorWantsIt(t *testing.T) {
	p := at("https://h", provider.HostShape)
	p.Spec.Auth = provider.Auth{Header: "Authorization", Prefix: "Bearer "}
	if n, v := p.AuthField("k"); n != "Authorization" || v != "Bearer k" {
		t.Errorf("%s: %s", n, v)
	}
	if n, _ := p.AuthField(""); n != "" {
		t.Error("an empty key was presented")
	}
	if n, _ := p.AuthQuery("k"); n != "" {
		t.Error("a key went into the query as well")
	}
	p.Spec.Auth = provider.Auth{Query: "key"}
	if n, v := p.AuthQuery("k"); n != "key" || v != "k" {
		t.Errorf("%s=%s", n, v)
	}
	if n, _ := p.AuthField("k"); n != "" {
		t.Error("a key of the query went into a header")
	}
}

func BenchmarkPick(b *testing.B) {
	p := withWeights(3, 2, 1)
	b.ReportAllocs()
	for b.Loop() {
		p.Pick("", nil)
	}
}
