package proxy_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestWhereATargetsLimitSendsCallsHoldsAsItDoesForEveryCall(t *testing.T) {
	for name, c := range map[string]struct{ to, policy, says string }{
		"a dearer model":             {"two/dear", "budgets: [ { name: day, per: gateway, cost: 0.0017/day } ]", "budget_exceeded"},
		"a model without a price":    {"two/unknown", "budgets: [ { name: day, per: gateway, cost: 1000/day } ]", "budget_exceeded"},
		"a route with its own limit": {"few", "budgets: [ { name: day, per: gateway, cost: 1000/day } ]", "rate_limited"},
		"such a route, no budget":    {"few", "controls: []", "rate_limited"},
	} {
		a, b := testup.New(t, wholeAnswer("one")), testup.New(t, wholeAnswer("two"))
		g := testgw.StartWith(t, testgw.Options{Config: fmt.Sprintf(`
providers:
  one: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 }, models: { m: { price: { input: 1, output: 1 } } } }
  two: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 }, models: { m: { price: { input: 1, output: 1 } }, dear: { price: { input: 1000, output: 1000 } } } }
routes: { few: { steps: [ { use: two/m, limit: { name: one-only, per: gateway, requests: 1/1h } } ] } }
gateways: { default: { limits: [ { name: contract, per: gateway, when: provider == 'one', requests: 1/1h, over: { reroute: %s } } ], %s } }`, a.URL, b.URL, c.to, c.policy), Env: map[string]string{"VENDOR_KEY": vendorKey}})
		const body = `{"model":"one/m","max_tokens":50,"messages":[{"role":"user","content":"hi"}]}`
		let := 0
		if c.to == "few" {
			let = 1
		}
		for range 1 + let {
			if resp, got := g.Post("/v1/chat/completions", body); resp.StatusCode != 200 {
				t.Errorf("%s: %d %s", name, resp.StatusCode, got)
			}
		}
		resp, got := g.Post("/v1/chat/completions", body)
		if resp.StatusCode != 429 || resp.Header.Get("sluice-error") != c.says || len(a.Calls()) != 1 || len(b.Calls()) != let {
			t.Errorf("%s: %d %s after %d and %d calls", name, resp.StatusCode, got, len(a.Calls()), len(b.Calls()))
		}
		if let == 1 && strings.Contains(c.policy, "budgets") {
			if used := budgetUsed(t, g); used != 40_000 {
				t.Errorf("%s: the budget counts %d billionths", name, used)
			}
		}
	}
}

func TestAHedgeEndsWithTheTimeOfItsRoute(t *testing.T) {
	asked := make(chan struct{})
	silent := func(c *testup.Call) { <-c.Gone() }
	g, _, _ := routed(t, silent, func(c *testup.Call) { close(asked); <-c.Gone() }, "{ timeout: 3s, steps: [ { use: one/m, hedge: { after: 10ms, to: two/m } } ] }", "")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r := with(g, "POST", "/v1/chat/completions", routedBody)
	resp, err := http.DefaultClient.Do(r.WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	select {
	case <-asked:
	case <-ctx.Done():
		t.Error("the hedge was not asked")
	}
	if resp.StatusCode != 504 {
		t.Errorf("%d", resp.StatusCode)
	}
}

func TestStepsShareTheTimeOfTheirCall(t *testing.T) {
	silent := func(c *testup.Call) { <-c.Gone() }
	g, a, b := routed(t, silent, silent, "[ one/m ]", "")
	body := "[" + aStep("custom-one", "chat/completions", openaiQuery, "") + "," + aStep("custom-two", "chat/completions", openaiQuery, "") + "]"
	resp, got := g.Do(with(g, "POST", "/v1/a/default", body, "sluice-timeout-ms", "2000"))
	if resp.StatusCode != 504 || len(a.Calls()) != 1 || len(b.Calls()) != 0 {
		t.Errorf("%d %s after %d and %d calls", resp.StatusCode, got, len(a.Calls()), len(b.Calls()))
	}
}

func TestTheLoserOfAHedgeIsNothingToTheWinnersOwnBudget(t *testing.T) {
	const words = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[]," + tenAndTen + "}\n\n"
	for _, winner := range []string{"one", "two"} {
		asked := make(chan struct{})
		first, second := streamsOf(role, hello, stopped, words, done), streamsOf(role, hello, stopped, words, done)
		lose := func(c *testup.Call) { c.Stream(nil, role, stopped, words); close(asked); <-c.Gone() }
		if winner == "one" {
			win := first
			first = func(c *testup.Call) { <-asked; <-time.After(time.Second); win(c) } // the loser was read
			second = lose
		} else {
			first = lose
		}
		g, _, _ := routed(t, first, second, "{ steps: [ { use: one/m, hedge: { after: 1s, to: two/m } } ] }",
			"gateways: { default: { budgets: [ { name: first, per: gateway, cost: 1.00/day, when: provider == 'one' }, { name: second, per: gateway, cost: 1.00/day, when: provider == 'two' } ] } }")
		resp, got := g.Post("/v1/chat/completions", strings.Replace(streamBody("r"), `"messages"`, `"max_tokens":50,"messages"`, 1))
		e := g.Entry(resp.Header.Get("sluice-request-id"))
		if resp.StatusCode != 200 || len(e.Attempts) != 2 || e.Attempts[1].Cost.USD == 0 || e.Attempts[0].Cost.USD == 0 {
			t.Fatalf("%s: %d %s: %+v", winner, resp.StatusCode, got, e.Attempts)
		}
		var page struct {
			Data []struct{ State []struct{ Used int64 } }
		}
		g.AdminGet("/api/v1/budgets", &page)
		for i, d := range page.Data {
			if len(page.Data) != 2 || len(d.State) != 1 || d.State[0].Used != 20_000 {
				t.Errorf("%s wins: the budget %d counts %+v of %v", winner, i, page, e.Cost)
			}
		}
	}
}

func TestAHedgeEndsWithItsFirstBilledLossUnderABudget(t *testing.T) {
	for policy, want := range map[string]int{"": 2, "gateways: { default: { budgets: [ { name: day, per: gateway, cost: 1.00/day, unpriced: allow } ] } }": 1} {
		lost := make(chan struct{}, 2)
		first := func(c *testup.Call) {
			for range want {
				<-lost
			}
			<-time.After(100 * time.Millisecond)
			wholeAnswer("hello")(c)
		}
		second := func(c *testup.Call) { failedWithUsage(c); lost <- struct{}{} }
		g, _, b := routed(t, first, second, "{ steps: [ { use: one/m, hedge: { after: 10ms, to: pair } } ] }, pair: { steps: [ { use: two/m, fallback: [ two/n ] } ] }",
			policy)
		resp, got := g.Post("/v1/chat/completions", strings.Replace(routedBody, `"messages"`, `"max_tokens":50,"messages"`, 1))
		if resp.StatusCode != 200 || resp.Header.Get("sluice-provider") != "one" || len(b.Calls()) != want {
			t.Errorf("%s: %d %s after %d calls of the second", policy, resp.StatusCode, got, len(b.Calls()))
		}
	}
}
