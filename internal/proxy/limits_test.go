package proxy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// limited starts a gateway with policy for its default gateway, and vendors that answer
// with 11 and 7 tokens of gpt-4o-mini: $0.000005850, at 0.15 and 0.60 a million and 0.075
// for the four that were cached.
func limited(t *testing.T, policy string) (*testgw.Gateway, *testup.Upstream) {
	t.Helper()
	return start(t, func(c *testup.Call) { c.JSON(200, chatAnswer) }, "gateways: { default: { controls: [metadata, priority], "+policy+" } }")
}

func hi(more string) string {
	return `{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"hi"}]` + more + `}`
}

// call makes a call with metadata.
func call(g *testgw.Gateway, body, metadata string) (*http.Response, []byte) {
	r := g.Request("POST", "/v1/chat/completions", []byte(body))
	if metadata != "" {
		r.Header.Set("Sluice-Metadata", metadata)
	}
	return g.Do(r)
}

func TestALimitOfRequestsRefusesAndSaysSo(t *testing.T) {
	g, u := limited(t, `limits: [ { per: key, requests: 2/1h, name: hourly } ]`)
	for i := range 4 {
		resp, b := g.Post("/v1/chat/completions", hi(""))
		h := resp.Header
		if i < 2 {
			if left := fmt.Sprint(1 - i); resp.StatusCode != 200 || h.Get("x-ratelimit-limit-requests") != "2" || h.Get("x-ratelimit-remaining-requests") != left {
				t.Fatalf("call %d: %d, %v", i, resp.StatusCode, h)
			}
			if !strings.HasPrefix(h.Get("ratelimit"), `"hourly";r=`) || h.Get("ratelimit-policy") != `"hourly";q=2;w=3600` {
				t.Errorf("call %d: %s, %s", i, h.Get("ratelimit"), h.Get("ratelimit-policy"))
			}
			continue
		}
		if resp.StatusCode != 429 || h.Get("sluice-error") != "rate_limited" || h.Get("retry-after") == "" || !strings.Contains(string(b), "hourly") {
			t.Fatalf("call %d: %d %v %s", i, resp.StatusCode, h, b)
		}
		if e := g.Entry(h.Get("sluice-request-id")); !slices.Equal(e.Limits, []string{"hourly"}) || len(e.Attempts) != 0 {
			t.Errorf("the entry says %v", e.Limits)
		}
	}
	if len(u.Calls()) != 2 {
		t.Errorf("the vendor was called %d times", len(u.Calls()))
	}
}

func TestNoneIsConsumedWhenAnotherRefuses(t *testing.T) {
	g, _ := limited(t, `limits: [ { per: gateway, requests: 3/1h, name: all }, { per: metadata.app, requests: 1/1h, name: app } ]`)
	codes := ""
	for _, app := range []string{"a", "a", "a", "a", "b", "c", "d"} {
		resp, _ := call(g, hi(""), `{"app":"`+app+`"}`)
		codes += fmt.Sprint(resp.StatusCode, " ")
	}
	if codes != "200 429 429 429 200 200 429 " {
		t.Errorf("refused calls used up the limit of all: %s", codes)
	}
}

func TestTokensAreSettledWithWhatWasUsed(t *testing.T) {
	g, _ := limited(t, `limits: [ { per: key, tokens: 20000/1h } ]`)
	for range 3 { // each foresees some 17,400 tokens and uses 18
		if resp, b := g.Post("/v1/chat/completions", hi("")); resp.StatusCode != 200 {
			t.Fatalf("%d %s", resp.StatusCode, b)
		}
	}
	var me struct {
		Limits []struct{ Used, Left int64 }
	}
	askMe(t, g, &me)
	if len(me.Limits) != 1 || me.Limits[0].Used != 54 || me.Limits[0].Left != 20000-54 {
		t.Errorf("%+v", me)
	}
}

func askMe(t *testing.T, g *testgw.Gateway, v any) {
	t.Helper()
	resp, b := g.Do(g.Request("GET", "/v1/me", nil))
	if err := json.Unmarshal(b, v); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %s: %v", resp.StatusCode, b, err)
	}
}

func TestABudgetHoldsTheMostACallCanCostAndSettlesWhatItDid(t *testing.T) {
	g, u := limited(t, `budgets: [ { per: workspace, cost: 0.0101/month, name: month } ]`)
	resp, b := g.Post("/v1/chat/completions", hi(""))
	if resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	// What the request does not say is said for it: the ceiling that was priced.
	if sent := string(u.Last().Body); !strings.HasPrefix(sent, `{"max_completion_tokens":16384,"model"`) {
		t.Errorf("the vendor got %s", sent)
	}
	var me struct {
		Budgets []struct {
			Name  string
			Spent string `json:"spent_usd"`
		}
	}
	askMe(t, g, &me)
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	if len(me.Budgets) != 1 || me.Budgets[0].Spent != e.Cost.USD.String() || e.Cost.USD == 0 {
		t.Errorf("%+v; the entry cost %s", me, e.Cost.USD)
	}
	resp, b = g.Post("/v1/chat/completions", hi(`,"max_tokens":16384,"n":2`))
	if resp.StatusCode != 429 || resp.Header.Get("sluice-error") != "budget_exceeded" || resp.Header.Get("x-should-retry") != "false" {
		t.Errorf("two answers that may cost $0.0196: %d %s", resp.StatusCode, b)
	}
	resp, b = g.Post("/v1/chat/completions", `{"model":"openai/nobody-knows","max_tokens":9,"messages":[]}`)
	if resp.StatusCode != 429 || !strings.Contains(string(b), "unpriced") {
		t.Errorf("a model without a price: %d %s", resp.StatusCode, b)
	}
}

func TestAFittingBudgetLowersTheAnswersCeiling(t *testing.T) {
	g, u := limited(t, `budgets: [ { per: workspace, cost: 0.001/month, fit: true } ]`)
	if resp, b := g.Post("/v1/chat/completions", hi(`,"max_tokens":9000`)); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	var sent struct {
		Max int64 `json:"max_tokens"`
	}
	if err := json.Unmarshal(u.Last().Body, &sent); err != nil || sent.Max >= 1667 || sent.Max < 1200 { // $0.001 at 0.60 a million
		t.Errorf("%d tokens, %v: %s", sent.Max, err, u.Last().Body)
	}
	// And in another dialect.
	if resp, b := g.Post("/v1/messages", `{"model":"openai/gpt-4o-mini","max_tokens":9000,"messages":[{"role":"user","content":"hi"}]}`); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	var written map[string]json.RawMessage
	if err := json.Unmarshal(u.Last().Body, &written); err != nil || len(written["max_output_tokens"])+len(written["max_completion_tokens"]) != 4 {
		t.Errorf("%v: %s", err, u.Last().Body)
	}
}

func TestAFullProviderIsNotCalled(t *testing.T) {
	u := testup.New(t, func(c *testup.Call) { c.JSON(200, chatAnswer) })
	g := testgw.StartWith(t, testgw.Options{Config: fmt.Sprintf(`
providers:
  openai: { api_key: env:VENDOR_KEY, base_url: %s/v1, limits: [ { requests: 1/1h, name: contract } ] }`, u.URL), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	first, _ := g.Post("/v1/chat/completions", hi(""))
	second, b := g.Post("/v1/chat/completions", hi(""))
	if first.StatusCode != 200 || second.StatusCode != 429 || !strings.Contains(string(b), "contract") || len(u.Calls()) != 1 {
		t.Errorf("%d, %d %s after %d calls", first.StatusCode, second.StatusCode, b, len(u.Calls()))
	}
}

func TestALimitMaySendCallsElsewhere(t *testing.T) {
	g, u := limited(t, `limits: [ { per: key, requests: 1/1h, over: { reroute: sandbox/echo }, name: dear } ]`)
	g.Post("/v1/chat/completions", hi(""))
	resp, b := g.Post("/v1/chat/completions", hi(""))
	if resp.StatusCode != 200 || resp.Header.Get("sluice-provider") != "sandbox" || len(u.Calls()) != 1 {
		t.Errorf("%d by %s: %s", resp.StatusCode, resp.Header.Get("sluice-provider"), b)
	}
	if e := g.Entry(resp.Header.Get("sluice-request-id")); !slices.Contains(e.Limits, "dear") || e.Provider != "sandbox" {
		t.Errorf("the entry says %v, %s", e.Limits, e.Provider)
	}
}

func TestRecordingCountsAndRefusesNothing(t *testing.T) {
	g, _ := limited(t, `limits: [ { per: key, requests: 1/1h, over: record, name: watched } ]`)
	g.Post("/v1/chat/completions", hi(""))
	resp, _ := g.Post("/v1/chat/completions", hi(""))
	if e := g.Entry(resp.Header.Get("sluice-request-id")); resp.StatusCode != 200 || !slices.Equal(e.Limits, []string{"watched"}) {
		t.Errorf("%d, %v", resp.StatusCode, e.Limits)
	}
}

// holding makes the vendor answer when it is told to, and tells how many calls it has.
func holdingVendor(t *testing.T, policy string) (g *testgw.Gateway, release chan struct{}, most *atomic.Int64) {
	t.Helper()
	release, most = make(chan struct{}), new(atomic.Int64)
	var running atomic.Int64
	g, _ = start(t, func(c *testup.Call) {
		n := running.Add(1)
		defer running.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		<-release
		c.JSON(200, chatAnswer)
	}, "gateways: { default: { "+policy+" } }")
	return g, release, most
}

func TestNoMoreRunAtOnceThanAllowed(t *testing.T) {
	g, release, most := holdingVendor(t, `limits: [ { per: key, concurrent: 3 } ]`)
	codes := make(chan int, 10)
	for range cap(codes) {
		go func() {
			resp, _ := g.Post("/v1/chat/completions", hi(""))
			codes <- resp.StatusCode
		}()
	}
	for range 7 {
		if code := <-codes; code != 429 {
			t.Errorf("status %d", code)
		}
	}
	eventually(t, func() bool { return most.Load() >= 3 }) // they have a place, and are on their way
	close(release)
	for range 3 {
		if code := <-codes; code != 200 {
			t.Errorf("status %d", code)
		}
	}
	if most.Load() != 3 {
		t.Errorf("%d ran at once", most.Load())
	}
	eventually(t, func() bool { // no place was lost; each is free soon after its answer was read
		resp, _ := g.Post("/v1/chat/completions", hi(""))
		return resp.StatusCode == 200
	})
}

func TestWhoWaitsIsServedWhenAPlaceIsFree(t *testing.T) {
	g, release, most := holdingVendor(t, `limits: [ { per: gateway, concurrent: 1, over: { queue: { wait: 20s, max: 3 } } } ]`)
	answers := make(chan *http.Response, 6)
	var all sync.WaitGroup
	for range cap(answers) {
		all.Go(func() {
			resp, _ := g.Post("/v1/chat/completions", hi(""))
			answers <- resp
		})
	}
	for range 2 { // one runs, three wait
		if resp := <-answers; resp.StatusCode != 429 {
			t.Errorf("status %d while the queue is full", resp.StatusCode)
		}
	}
	for range 4 {
		release <- struct{}{}
		if resp := <-answers; resp.StatusCode != 200 {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d ran at once", most.Load())
	}
}

func TestWaitingEnds(t *testing.T) {
	g, release, _ := holdingVendor(t, `limits: [ { per: gateway, concurrent: 1, over: { queue: { wait: 50ms, max: 9 } } } ]`)
	first := make(chan struct{})
	go func() {
		g.Post("/v1/chat/completions", hi(""))
		close(first)
	}()
	for { // until the first one has the place
		var me struct{ Limits []struct{ Used int64 } }
		if askMe(t, g, &me); me.Limits[0].Used == 1 {
			break
		}
	}
	began := time.Now()
	resp, _ := g.Post("/v1/chat/completions", hi(""))
	if d := time.Since(began); resp.StatusCode != 429 || d < 50*time.Millisecond {
		t.Errorf("%d after %v", resp.StatusCode, d)
	}
	if e := g.Entry(resp.Header.Get("sluice-request-id")); e.QueueMS.N < 50 {
		t.Errorf("the entry says that it waited %d ms", e.QueueMS.N)
	}
	close(release)
	<-first
}

func TestRulesByPlanAndExemptions(t *testing.T) {
	g, _ := limited(t, `limits: [ { per: key, requests: 1/1h, when: 'metadata.plan == "free"' }, { per: ip, requests: 1/1h, when: 'metadata.plan == "net"', exempt: { networks: [127.0.0.0/8] } } ]`)
	codes := ""
	for _, plan := range []string{"free", "free", "paid", "paid", "net", "net"} {
		resp, _ := call(g, hi(""), `{"plan":"`+plan+`"}`)
		codes += fmt.Sprint(resp.StatusCode, " ")
	}
	if codes != "200 429 200 200 200 200 " {
		t.Error(codes)
	}
}

func TestALowBudgetTightensOtherLimits(t *testing.T) {
	g, _ := limited(t, `budgets: [ { per: workspace, cost: 0.0000118/month, unpriced: allow, mode: soft } ], limits: [ { per: key, requests: 1/1h, when: budget.share > 0.9 } ]`)
	codes := ""
	for range 4 { // each costs half of the budget
		resp, _ := g.Post("/v1/chat/completions", hi(""))
		codes += fmt.Sprint(resp.StatusCode, " ")
	}
	if codes != "200 200 200 429 " {
		t.Error(codes)
	}
}

func TestWhatACallerWhoLeavesHeldComesBack(t *testing.T) {
	gone := make(chan struct{})
	g, u := start(t, func(c *testup.Call) {
		c.Stream(nil, testup.Events(chatStream)[0], testup.Events(chatStream)[1])
		<-c.Gone()
		close(gone)
	}, `gateways: { default: { limits: [ { per: key, concurrent: 1 } ], budgets: [ { per: workspace, cost: 1.00/month } ] } }`)
	_ = u
	r := g.Request("POST", "/v1/chat/completions", []byte(hi(`,"stream":true,"max_tokens":100`)))
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64)
	if _, err := resp.Body.Read(buf); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	<-gone
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	if e.Status != 499 || e.Cost.USD == 0 {
		t.Errorf("what was streamed is not billed: %d, %s", e.Status, e.Cost.USD)
	}
	var me struct {
		Limits  []struct{ Used int64 }
		Budgets []struct {
			Spent string `json:"spent_usd"`
		}
	}
	eventually(t, func() bool {
		askMe(t, g, &me)
		return me.Limits[0].Used == 0
	})
	if me.Budgets[0].Spent != e.Cost.USD.String() {
		t.Errorf("%+v, the entry cost %s", me, e.Cost.USD)
	}
}
