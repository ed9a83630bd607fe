package proxy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// entries lists what is recorded.
func entries(g *testgw.Gateway) []gateway.Entry {
	var page struct{ Data []gateway.Entry }
	g.AdminGet("/api/v1/entries", &page)
	return page.Data
}

// routed starts a gateway with two vendors and one route, r.
func routed(t *testing.T, first, second func(*testup.Call), route, rest string) (*testgw.Gateway, *testup.Upstream, *testup.Upstream) {
	t.Helper()
	a, b := testup.New(t, first), testup.New(t, second)
	return testgw.StartWith(t, testgw.Options{
		Config: fmt.Sprintf(`
providers:
  one: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 }, models: { m: { price: { input: 1, output: 1 } } } }
  two: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 }, models: { m: { price: { input: 1, output: 1 } } } }
routes: { r: %s }
%s`, a.URL, b.URL, route, rest),
		Env: map[string]string{"VENDOR_KEY": vendorKey},
	}), a, b
}

const routedBody = `{"model":"r","messages":[{"role":"user","content":"hi"}]}`

func TestAHedgeAnswersWhereTheFirstTargetSaysNothing(t *testing.T) {
	for name, c := range map[string]struct {
		first  func(c *testup.Call, failed <-chan struct{})
		second func(*testup.Call)
		body   string
		want   string
	}{
		"whole":  {func(c *testup.Call, _ <-chan struct{}) { <-c.Gone() }, answerChat, routedBody, "Hi"},
		"stream": {func(c *testup.Call, _ <-chan struct{}) { c.Stream(nil, role); <-c.Gone() }, good, streamBody("r"), "hello"},
		"the second fails, the first is slow": {func(c *testup.Call, failed <-chan struct{}) {
			<-failed
			<-time.After(60 * time.Millisecond)
			answerChat(c)
		}, func(c *testup.Call) { c.JSON(503, `{"error":{"message":"no"}}`) }, routedBody, "Hi"},
	} {
		asked, answered := make(chan struct{}), make(chan struct{})
		first := func(c2 *testup.Call) { close(asked); c.first(c2, answered) }
		second := func(c2 *testup.Call) { <-asked; c.second(c2); close(answered) }
		g, a, b := routed(t, first, second, "{ steps: [ { use: one/m, fallback: [ two/m ], hedge: 20ms } ] }", "")
		resp, got := g.Post("/v1/chat/completions", c.body)
		if resp.StatusCode != 200 || strings.Count(string(got), c.want) != 1 || len(a.Calls()) != 1 || len(b.Calls()) != 1 {
			t.Errorf("%s: %d %s after %d and %d calls", name, resp.StatusCode, got, len(a.Calls()), len(b.Calls()))
		}
		e := g.Entry(resp.Header.Get("sluice-request-id"))
		served := "two"
		if strings.Contains(name, "slow") {
			served = "one"
		}
		if e.Provider != served || len(e.Attempts) != 2 || e.Status != 200 || e.ErrorCode != "" || resp.Header.Get("sluice-provider") != served {
			t.Errorf("%s: entry %+v", name, e)
		}
	}
}

func TestAHedgeIsNotAskedWhereTheFirstIsQuickOrFails(t *testing.T) {
	for name, first := range map[string]func(*testup.Call){"quick": answerChat, "refused": func(c *testup.Call) { c.JSON(400, `{"error":{"message":"bad"}}`) }} {
		g, _, b := routed(t, first, answerChat, "{ steps: [ { use: one/m, hedge: { after: 1m, to: two/m } } ] }", "")
		resp, got := g.Post("/v1/chat/completions", routedBody)
		if resp.StatusCode != map[string]int{"quick": 200, "refused": 400}[name] || len(b.Calls()) != 0 {
			t.Errorf("%s: %d %s", name, resp.StatusCode, got)
		}
	}
}

func TestAShadowDelaysNobodyAndIsRecorded(t *testing.T) {
	slow := make(chan struct{})
	g, _, b := routed(t, answerChat, func(c *testup.Call) { <-slow; answerChat(c) }, "{ steps: [ { use: one/m, shadow: two/m } ] }", "gateways: { default: { limits: [ { per: key, requests: 3/1h } ] } }")
	resp, got := g.Post("/v1/chat/completions", routedBody)
	close(slow)
	if resp.StatusCode != 200 || resp.Header.Get("sluice-provider") != "one" {
		t.Fatalf("%d %s", resp.StatusCode, got)
	}
	id := resp.Header.Get("sluice-request-id")
	if e := g.Entry(id); len(e.Attempts) != 1 || e.Provider != "one" {
		t.Errorf("entry %+v", e)
	}
	eventually(t, func() bool {
		for _, e := range entries(g) {
			var meta map[string]any
			_ = json.Unmarshal(e.Metadata, &meta)
			if meta["shadow_of"] == id {
				return e.Provider == "two" && e.Status == 200 && e.Route == "r" && e.Cost.Known
			}
		}
		return false
	})
	if len(b.Calls()) != 1 || string(b.Last().Body) != `{"model":"m","messages":[{"role":"user","content":"hi"}]}` {
		t.Errorf("the shadow was asked %d times", len(b.Calls()))
	}
	for range 2 { // a shadow takes nothing of its caller's requests
		if resp, got := g.Post("/v1/chat/completions", routedBody); resp.StatusCode != 200 {
			t.Errorf("%d %s", resp.StatusCode, got)
		}
	}
}
