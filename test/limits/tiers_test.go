package limits_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

// tiers starts a gateway on the example itself. What is beyond it: prices, since the
// sandbox costs nothing, and whose word about a caller's address is taken.
func tiers(t *testing.T) *testgw.Gateway {
	t.Helper()
	example, err := os.ReadFile("../../examples/tiers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return testgw.Start(t, string(example)+`
discover: false
server: { trusted_proxies: [127.0.0.1/32] }
providers: { sandbox: { models: { chat: { price: { input: 0, output: 1000000 }, max_output: 1000 }, slow: { price: { input: 0, output: 1 }, max_output: 10 }, echo: { price: { input: 0, output: 0 }, max_output: 1000 } } } }
`)
}

// planKey makes a key of a plan.
func planKey(t *testing.T, g *testgw.Gateway, plan string) string {
	t.Helper()
	var made struct{ Secret string }
	body := fmt.Sprintf(`{"name":%q,"metadata":{"plan":%q}}`, plan, plan)
	if status := g.AdminPost("/api/v1/keys", body, &made); status/100 != 2 || made.Secret == "" {
		t.Fatalf("making a key: %d", status)
	}
	return made.Secret
}

// callAs makes a call on a key from an address and gives its status and header.
func callAs(t *testing.T, g *testgw.Gateway, key, from, model string, tokens int) (int, http.Header) {
	t.Helper()
	r := g.Request("POST", "/v1/chat/completions", fmt.Appendf(nil, `{"model":%q,"max_tokens":%d,"messages":[{"role":"user","content":"hi"}]}`, model, tokens))
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("X-Forwarded-For", from)
	resp, body := g.Do(r)
	if resp.StatusCode != 200 && resp.StatusCode != 429 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	return resp.StatusCode, resp.Header
}

// served counts the calls of n that are not refused.
func served(t *testing.T, g *testgw.Gateway, key, from string, n int) (ok int, last http.Header) {
	t.Helper()
	for range n {
		status, h := callAs(t, g, key, from, "sandbox/echo", 1)
		if last = h; status == 200 {
			ok++
		}
	}
	return ok, last
}

func TestInTheExampleOfTiersFreeKeysGetLittleAndTheOfficeAsMuchAsItLikes(t *testing.T) {
	g := tiers(t)
	free, premium := planKey(t, g, "free"), planKey(t, g, "premium")
	began := time.Now()
	n, last := served(t, g, free, "203.0.113.9", 30)
	if spans := int(time.Since(began)/time.Second) + 1; n < 3 || n > min(3*spans, 20) {
		t.Errorf("a free key made %d calls in %s", n, time.Since(began))
	}
	if after, err := strconv.Atoi(last.Get("Retry-After")); err != nil || after < 1 || after > 60 || last.Get("sluice-error") != "rate_limited" {
		t.Errorf("refused with retry-after %q, sluice-error %q", last.Get("Retry-After"), last.Get("sluice-error"))
	}
	if n, _ := served(t, g, free, "10.1.2.3", 30); n != 30 {
		t.Errorf("from the exempt network %d calls of 30 were served", n)
	}
	if n, _ := served(t, g, premium, "203.0.113.9", 30); n != 30 {
		t.Errorf("a premium key made %d calls of 30", n)
	}
	if n, _ := served(t, g, testgw.Key, "203.0.113.9", 30); n != 30 {
		t.Errorf("a key without a plan made %d calls of 30", n)
	}
}

func TestInTheExampleOfTiersPremiumKeysWaitForAPlaceInsteadOfBeingRefused(t *testing.T) {
	g := tiers(t)
	premium := planKey(t, g, "premium")
	began := time.Now()
	var all sync.WaitGroup
	for range 24 { // four more than there are places
		all.Go(func() {
			if status, _ := callAs(t, g, premium, "203.0.113.9", "sandbox/slow?latency=3s", 1); status != 200 {
				t.Errorf("status %d", status)
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took < 6*time.Second {
		t.Errorf("24 calls of 3 s over 20 places took %s: nobody has waited", took)
	}
	if !regexp.MustCompile(`"queue_ms":([5-9]\d\d|\d{4,})`).MatchString(entriesText(t, g)) {
		t.Errorf("no entry says that it waited")
	}
}

// entriesText is the list of entries as the admin API gives it.
func entriesText(t *testing.T, g *testgw.Gateway) string {
	t.Helper()
	r, err := http.NewRequest("GET", g.Admin+"/api/v1/entries?limit=100", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	_, body := g.Do(r)
	return string(body)
}

func TestInTheExampleOfTiersABudgetTightensBeforeItIsGone(t *testing.T) {
	g := tiers(t)
	premium := planKey(t, g, "premium")
	spendUpTo := func(share float64) {
		t.Helper()
		for range 200 {
			now := budgetShare(t, g)
			if now > share {
				return
			}
			if status, h := callAs(t, g, testgw.Key, "203.0.113.9", "sandbox/chat", 10); status != 200 {
				t.Fatalf("with %v spent: %d %s", now, status, h.Get("sluice-error"))
			}
		}
		t.Fatalf("the budget never came to %v", share)
	}
	spendUpTo(0.7)
	if n, _ := served(t, g, premium, "203.0.113.9", 12); n != 12 {
		t.Errorf("with less than 80 %% spent a key made %d calls of 12", n)
	}
	spendUpTo(0.8)
	n, last := served(t, g, premium, "203.0.113.9", 12)
	if n != 5 {
		t.Errorf("with more than 80 %% spent a key made %d calls in a minute, not 5", n)
	}
	if after, err := strconv.Atoi(last.Get("Retry-After")); err != nil || after < 1 || after > 61 {
		t.Errorf("retry-after is %q", last.Get("Retry-After"))
	}
	for range 60 { // each on a key of its own, since a key makes 5 calls a minute now
		if budgetShare(t, g) > 0.95 {
			break
		}
		if status, h := callAs(t, g, planKey(t, g, "some"), "203.0.113.9", "sandbox/chat", 10); status != 200 || h.Get("sluice-model") == "" {
			t.Fatalf("%d %v", status, h)
		}
	}
	if budgetShare(t, g) <= 0.95 {
		t.Fatal("the budget never came to 95 %")
	}
	models := map[string]int{}
	for range 4 {
		status, h := callAs(t, g, planKey(t, g, "some"), "203.0.113.9", "sandbox/chat", 1)
		models[fmt.Sprint(status, " ", h.Get("sluice-model"))]++
	}
	if models["200 chat"]+models["200 sandbox/chat"] > 1 || models["200 echo"]+models["200 sandbox/echo"] < 3 {
		t.Errorf("with 95 %% spent calls were served by %v", models)
	}
}

// budgetShare is how much of its budget a caller is told to be spent.
func budgetShare(t *testing.T, g *testgw.Gateway) float64 {
	t.Helper()
	_, body := g.Do(g.Request("GET", "/v1/me", nil))
	var me struct{ Budgets []struct{ Share float64 } }
	if err := json.Unmarshal(body, &me); err != nil || len(me.Budgets) != 1 {
		t.Fatalf("%v %s", err, body)
	}
	return me.Budgets[0].Share
}
