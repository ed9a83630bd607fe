package proxy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// parting is a gateway on which a call is hedged and then sent elsewhere by a limit, while
// its twin goes on with the plan that both had. A call of "full/m" uses the limits up.
func parting(t *testing.T, models map[string]func(*testup.Call), rest string) (*testgw.Gateway, func(model string) int64) {
	t.Helper()
	var calls = map[string]*atomic.Int64{}
	for model := range models {
		calls[model] = new(atomic.Int64)
	}
	u := testup.New(t, func(c *testup.Call) {
		var asked struct{ Model string }
		_ = json.Unmarshal(c.Body, &asked)
		calls[asked.Model].Add(1)
		models[asked.Model](c)
	})
	prices := "models: { dear: { price: { input: 1000, output: 1000 } }, full: { price: { input: 1, output: 1 } }, one: { price: { input: 1, output: 1 } }, cheap: { price: { input: 1, output: 1 } }, tail: { price: { input: 1, output: 1 } } }"
	var providers strings.Builder
	for _, name := range []string{"v", "full", "w", "z"} {
		fmt.Fprintf(&providers, "  %s: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 }, %s }\n", name, u.URL, prices)
	}
	return testgw.StartWith(t, testgw.Options{Config: "providers:\n" + providers.String() + rest, Env: map[string]string{"VENDOR_KEY": vendorKey}}),
		func(model string) int64 { return calls[model].Load() }
}

const partingBody = `{"model":"full/full","max_tokens":50,"messages":[{"role":"user","content":"hi"}]}`

func TestARuleThatHasSentACallElsewhereStillHoldsForItsTwin(t *testing.T) {
	twin, moved := make(chan struct{}), make(chan struct{})
	down := func(c *testup.Call) { c.JSON(503, `{"error":{"message":"no"}}`) }
	var dear atomic.Int64
	g, calls := parting(t, map[string]func(*testup.Call){
		"full": wholeAnswer("full"),
		"one":  func(c *testup.Call) { <-twin; down(c) },
		"dear": func(c *testup.Call) {
			if dear.Add(1) == 1 { // the twin's
				close(twin)
				<-moved
			}
			down(c)
		},
		"cheap": func(c *testup.Call) { close(moved); <-c.Gone() },
		"tail":  wholeAnswer("tail"),
	}, `
routes: { r: { steps: [ { use: v/one, fallback: [ v/dear, full/full, w/tail ], hedge: 10ms } ] } }
gateways: { default: { limits: [
  { name: first, per: gateway, requests: 1/1h, over: { reroute: r } },
  { name: contract, per: gateway, when: provider == 'full', requests: 1/1h, over: { reroute: z/cheap } } ] } }`)
	g.Post("/v1/chat/completions", partingBody)
	resp, got := g.Post("/v1/chat/completions", partingBody)
	if resp.StatusCode != 200 || !strings.Contains(string(got), "tail") || calls("full") != 1 || calls("cheap") != 1 {
		t.Errorf("%d %s after %d calls under the full limit and %d elsewhere", resp.StatusCode, got, calls("full"), calls("cheap"))
	}
}

func TestACallThatIsSentElsewhereStillHoldsMoneyForItsTwin(t *testing.T) {
	twin, moved, seen := make(chan struct{}), make(chan struct{}), make(chan struct{})
	g, _ := parting(t, map[string]func(*testup.Call){
		"full":  wholeAnswer("full"),
		"one":   func(c *testup.Call) { <-twin; c.JSON(503, `{"error":{"message":"no"}}`) },
		"dear":  func(c *testup.Call) { close(twin); <-c.Gone() },
		"cheap": func(c *testup.Call) { close(moved); <-seen; wholeAnswer("cheap")(c) },
	}, `
routes:
  r: { steps: [ { use: v/one, fallback: [ full/full, v/dear ], hedge: 10ms } ] }
  elsewhere: { steps: [ { use: z/cheap, fallback: [ w/cheap, v/cheap ] } ] }
gateways: { default: { budgets: [ { name: day, per: gateway, cost: 1000/day } ], limits: [ { name: contract, per: gateway, when: provider == 'full', requests: 1/1h, over: { reroute: elsewhere } } ] } }`)
	g.Post("/v1/chat/completions", partingBody)
	done := make(chan *http.Response)
	go func() {
		resp, _ := g.Post("/v1/chat/completions", strings.Replace(partingBody, "full/full", "r", 1))
		done <- resp
	}()
	<-moved
	if used := budgetUsed(t, g); used < 50_000_000 { // of a thousand dollars a million tokens
		t.Errorf("%d billionths are held while a twin may spend 50 tokens at a thousandth of a dollar each", used)
	}
	close(seen)
	if resp := <-done; resp.StatusCode != 200 {
		t.Errorf("status %d", resp.StatusCode)
	}
}
