package proxy_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// Ten tokens in and ten out, at a dollar a million each: $0.00002.
const tenAndTen = `"usage":{"prompt_tokens":10,"completion_tokens":10,"total_tokens":20}`

func wholeAnswer(content string) func(*testup.Call) {
	return func(c *testup.Call) {
		c.JSON(200, `{"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"`+content+`"},"finish_reason":"stop"}],`+tenAndTen+`}`)
	}
}

var (
	emptyWithUsage  = wholeAnswer("")
	failedWithUsage = func(c *testup.Call) {
		c.JSON(200, `{"error":{"message":"overloaded","type":"server_error"},`+tenAndTen+`}`)
	}
	streamWithUsage = streamsOf(role, stopped, "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[],"+tenAndTen+"}\n\n", failing)
)

func TestWhatLostAttemptsCostIsPartOfWhatTheCallCosts(t *testing.T) {
	const budget = `gateways: { default: { budgets: [ { name: day, per: gateway, cost: 1.00/day } ] } }`
	for name, c := range map[string]struct {
		first func(*testup.Call)
		route string
		body  string
	}{
		"an empty answer":        {emptyWithUsage, "[ one/m, two/m ]", routedBody},
		"200 and then an error":  {failedWithUsage, "[ one/m, two/m ]", routedBody},
		"a stream without words": {streamWithUsage, "[ one/m, two/m ]", streamBody("r")},
	} {
		second := wholeAnswer("hello")
		if strings.Contains(c.body, "stream") {
			second = streamsOf(role, hello, stopped, "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[],"+tenAndTen+"}\n\n", done)
		}
		g, _, _ := routed(t, c.first, second, c.route, budget)
		resp, got := g.Post("/v1/chat/completions", strings.Replace(c.body, `"messages"`, `"max_tokens":50,"messages"`, 1))
		e := g.Entry(resp.Header.Get("sluice-request-id"))
		if resp.StatusCode != 200 || len(e.Attempts) != 2 || e.Attempts[0].Cost.USD.String() != "0.00002" {
			t.Fatalf("%s: %d %s, attempts %+v", name, resp.StatusCode, got, e.Attempts)
		}
		if !e.Cost.Known || e.Cost.USD.String() != "0.00004" || e.Usage.InputTokens.N != 10 || e.Usage.OutputTokens.N != 10 {
			t.Errorf("%s: the entry says %v for %+v", name, e.Cost, e.Usage)
		}
		said := resp.Header.Get("sluice-cost-usd") + resp.Trailer.Get("sluice-cost-usd")
		if said != "0.00004" {
			t.Errorf("%s: the answer says it cost %q", name, said)
		}
		if used := budgetUsed(t, g); used != 40_000 {
			t.Errorf("%s: the budget counts %d billionths", name, used)
		}
	}
}

// budgetUsed gives what the one budget of a gateway has counted, in billionths of a dollar.
func budgetUsed(t *testing.T, g *testgw.Gateway) (used int64) {
	t.Helper()
	var page struct {
		Data []struct{ State []struct{ Used int64 } }
	}
	g.AdminGet("/api/v1/budgets", &page)
	if len(page.Data) != 1 || len(page.Data[0].State) != 1 {
		t.Fatalf("budgets: %+v", page)
	}
	return page.Data[0].State[0].Used
}

func TestACallThatFailsStillCostsWhatItsAttemptsTook(t *testing.T) {
	g, _, _ := routed(t, emptyWithUsage, func(c *testup.Call) { c.JSON(503, `{"error":{"message":"later"}}`) }, "[ one/m, two/m ]", "")
	resp, got := g.Post("/v1/chat/completions", routedBody)
	if e := g.Entry(resp.Header.Get("sluice-request-id")); resp.StatusCode < 500 || !e.Cost.Known || e.Cost.USD.String() != "0.00002" {
		t.Errorf("%d %s; the entry says %v", resp.StatusCode, got, e.Cost)
	}
}

func TestTheLoserOfAHedgeIsPaidToo(t *testing.T) {
	answered := make(chan struct{})
	// The first says all but its last word; the second wins by its first content, long after
	// the gateway has read that.
	first := func(c *testup.Call) {
		c.Stream(nil, role, stopped, "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[],"+tenAndTen+"}\n\n")
		<-c.Gone()
		close(answered)
	}
	second := streamsOf(role, hello, stopped, "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[],"+tenAndTen+"}\n\n", done)
	g, _, _ := routed(t, first, second, "{ steps: [ { use: one/m, hedge: { after: 1s, to: two/m } } ] }", "")
	resp, got := g.Post("/v1/chat/completions", streamBody("r"))
	<-answered
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	if resp.StatusCode != 200 || len(e.Attempts) != 2 || e.Provider != "two" {
		t.Fatalf("%d %s: %+v", resp.StatusCode, got, e.Attempts)
	}
	sum := e.Attempts[0].Cost.USD + e.Attempts[1].Cost.USD
	if e.Attempts[0].Cost.USD == 0 || e.Cost.USD != sum {
		t.Errorf("the entry says %v of %v and %v", e.Cost, e.Attempts[0].Cost, e.Attempts[1].Cost)
	}
}

func TestAHardBudgetIsNotOverrunByAttemptsThatAreLost(t *testing.T) {
	// A call is held at some $0.0014, of which the first attempt takes $0.00058.
	const budget = `gateways: { default: { budgets: [ { name: day, per: gateway, cost: 0.0017/day } ] } }`
	first := func(c *testup.Call) {
		c.JSON(200, `{"error":{"message":"overloaded","type":"server_error"},"usage":{"prompt_tokens":500,"completion_tokens":80,"total_tokens":580}}`)
	}
	g, a, b := routed(t, first, wholeAnswer("hello"), "[ one/m, two/m ]", budget)
	resp, got := g.Post("/v1/chat/completions", strings.Replace(routedBody, `"messages"`, `"max_tokens":80,"messages"`, 1))
	if resp.StatusCode != 429 || resp.Header.Get("sluice-error") != "budget_exceeded" || len(a.Calls()) != 1 || len(b.Calls()) != 0 {
		t.Errorf("%d %s after %d and %d calls", resp.StatusCode, got, len(a.Calls()), len(b.Calls()))
	}
	if used := budgetUsed(t, g); used != 580_000 {
		t.Errorf("the budget counts %d billionths", used)
	}
}
