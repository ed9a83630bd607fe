package account_test

import (
	"math/rand/v2"
	"testing"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestNoCallOfTextCostsMoreThanItsCeiling(t *testing.T) {
	c, at := load(t), day("2026-09-23 12:00")
	r := rand.New(rand.NewPCG(1, 2))
	priced := 0
	for provider, id := range every(c) {
		m, _ := c.Find([]string{provider}, id)
		for range 5 {
			most := account.Most{Input: r.Int64N(400_000), Output: r.Int64N(100_000), Caches: true}
			limit, ok := c.Ceiling(m, most, at)
			in, out := r.Int64N(most.Input+1), r.Int64N(most.Output+1)
			read := r.Int64N(in + 1)
			u := use(in, out, func(u *llm.Usage) {
				u.CacheReadTokens, u.CacheWriteTokens = llm.Known(read), llm.Known(r.Int64N(in-read+1))
				u.ReasoningTokens = llm.Known(r.Int64N(out + 1))
			})
			cost, _ := c.Price(m, nil, u, at, "", false)
			if !ok || !cost.Known {
				continue
			}
			if priced++; cost.USD > limit {
				t.Fatalf("%s/%s: %+v costs %s, at most %s was foreseen", provider, id, u, cost.USD, limit)
			}
		}
	}
	if priced < 1000 {
		t.Fatalf("only %d calls were priced", priced)
	}
}

func TestWhatMoneyAffords(t *testing.T) {
	c, at := load(t), day("2026-09-23 12:00")
	m, _ := c.Find([]string{"anthropic"}, "claude-3-7-sonnet-latest") // input 3, output 15 a million
	for _, tt := range []struct {
		usd  gateway.USD
		want int64
	}{
		{gateway.Dollar, 1000}, {gateway.Dollar / 100, 466}, {gateway.Dollar * 3 / 1000, 0}, {gateway.Dollar / 1000, 0}, {0, 0},
	} {
		if got := c.Affords(m, account.Most{Input: 1000, Output: 1000}, tt.usd, at); got != tt.want {
			t.Errorf("%s: %d tokens, want %d", tt.usd, got, tt.want)
		}
	}
	if _, ok := c.Ceiling(nil, account.Most{Input: 1}, at); ok {
		t.Error("a model without a price has a ceiling")
	}
}

// every gives the models of some vendors.
func every(c *account.Catalogue) func(func(provider, model string) bool) {
	return func(yield func(string, string) bool) {
		for _, provider := range []string{"openai", "anthropic", "google", "mistral", "deepseek", "amazon-bedrock", "cohere", "xai"} {
			for _, m := range c.Models([]string{provider}) {
				if !yield(provider, m.ID) {
					return
				}
			}
		}
	}
}
