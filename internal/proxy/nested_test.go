package proxy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// nested starts a gateway with the routes given, in front of two vendors of which the first
// fails.
func nested(t *testing.T, routes string) (*testgw.Gateway, *testup.Upstream, *testup.Upstream) {
	t.Helper()
	a, b := testup.New(t, func(c *testup.Call) { c.JSON(503, `{"error":{"message":"later"}}`) }), testup.New(t, answerChat)
	return testgw.StartWith(t, testgw.Options{Config: fmt.Sprintf(`
providers:
  one: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 }, timeouts: { first_byte: 3s }, models: { m: {} } }
  two: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 }, models: { m: {}, n: {} } }
routes:
%s
`, a.URL, b.URL, routes), Env: map[string]string{"VENDOR_KEY": vendorKey}}), a, b
}

const inner = `
  inner: { max_output: 33, steps: [ { use: two/m, override: { temperature: 0.5, set: { inner: true } }, limit: { name: few, per: gateway, requests: 2/1h } } ] }
`

func TestWhatANestedRouteSaysHoldsForAttemptsAtItsTargets(t *testing.T) {
	for name, route := range map[string]string{
		"a fallback":        `{ override: { system: Outer., temperature: 0.1 }, steps: [ { use: one/m, fallback: [ inner ] } ] }`,
		"an arm of balance": `{ override: { system: Outer., temperature: 0.1 }, steps: [ { balance: weighted, targets: { inner: 1, one/m: 0 } } ] }`,
		"a hedge":           `{ override: { system: Outer., temperature: 0.1 }, steps: [ { use: one/m, fallback: [ two/n ], hedge: { after: 1ms, to: inner } } ] }`,
		"instead":           `{ override: { system: Outer., temperature: 0.1 }, steps: [ { use: one/m, on_context_window: [ inner ] } ] }`,
		"twice within":      `{ override: { system: Outer., temperature: 0.1 }, steps: [ { use: one/m, fallback: [ middle ] } ] }`,
	} {
		g, a, b := nested(t, inner+"  middle: { max_output: 44, override: { set: { middle: 1 } }, steps: [ { use: inner } ] }\n  outer: "+route+"\n")
		switch name {
		case "a hedge":
			a.Script(func(c *testup.Call) { <-c.Gone() })
		case "instead":
			a.Script(func(c *testup.Call) {
				c.JSON(400, `{"error":{"message":"This model's maximum context length is 1000 tokens","type":"invalid_request_error","code":"context_length_exceeded"}}`)
			})
		}
		const body = `{"model":"outer","messages":[{"role":"user","content":"hi"}]}`
		resp, got := g.Post("/v1/chat/completions", body)
		if resp.StatusCode != 200 || resp.Header.Get("sluice-provider") != "two" || resp.Header.Get("sluice-route") != "outer" {
			t.Errorf("%s: %d %s", name, resp.StatusCode, got)
			continue
		}
		want := []string{`"inner":true`, `Outer.`, `"temperature":0.1`, `"max_tokens":33`}
		if name == "twice within" {
			want = []string{`"inner":true`, `"middle":1`, `Outer.`, `"temperature":0.1`, `"max_tokens":44`}
		}
		sent := string(b.Last().Body)
		for _, w := range want {
			if !strings.Contains(strings.ReplaceAll(sent, "max_completion_tokens", "max_tokens"), w) {
				t.Errorf("%s: %s is missing in %s", name, w, sent)
			}
		}
		for _, c := range a.Calls() {
			if s := string(c.Body); strings.Contains(s, "inner") || strings.Contains(s, "_tokens") || !strings.Contains(s, "Outer.") {
				t.Errorf("%s: the first got %s", name, s)
			}
		}
		within := func() (n int) {
			for _, c := range b.Calls() {
				if strings.Contains(string(c.Body), "inner") {
					n++
				}
			}
			return n
		}
		for range 3 {
			g.Post("/v1/chat/completions", body)
		}
		if n := within(); n != 2 {
			t.Errorf("%s: the limit of two let %d pass", name, n)
		}
		if resp, got = g.Post("/v1/chat/completions", `{"model":"two/m","messages":[]}`); resp.StatusCode != 200 {
			t.Errorf("%s: by its own name, without the route: %d %s", name, resp.StatusCode, got)
		}
	}
}

func TestANestedRoutesWholeCallTermsHoldWhereItStandsInTheOtherOnesPlace(t *testing.T) {
	g, _, b := nested(t, `
  inner: { steps: [ { use: one/m, fallback: [ two/n ], shadow: two/m } ] }
  used: { steps: [ { use: inner } ] }
  beside: { steps: [ { use: one/m, fallback: [ inner ] } ] }
`)
	for name, want := range map[string]int{"beside": 1, "used": 2} {
		before := len(b.Calls())
		if resp, got := g.Post("/v1/chat/completions", `{"model":"`+name+`","messages":[{"role":"user","content":"hi"}]}`); resp.StatusCode != 200 {
			t.Errorf("%s: %d %s", name, resp.StatusCode, got)
		}
		eventually(t, func() bool { return len(b.Calls())-before >= want })
		if n := len(b.Calls()) - before; n != want {
			t.Errorf("%s: the second vendor was asked %d times", name, n)
		}
	}
}
