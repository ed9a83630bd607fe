package proxy_test

import (
	"fmt"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestAnErrorInsideA200KeepsTheVendorsRequestIDAndLimits(t *testing.T) {
	g, _ := start(t, func(c *testup.Call) {
		c.Set("x-request-id", "vendor-7").Set("x-ratelimit-remaining-requests", "3").JSON(200, `{"error":{"message":"the model is down","type":"server_error"}}`)
	}, "")
	resp, b := g.Post("/v1/chat/completions", `{"model":"openai/gpt-4o-mini","messages":[]}`)
	if resp.StatusCode != 502 || resp.Header.Get("x-request-id") != "vendor-7" || resp.Header.Get("x-ratelimit-remaining-requests") != "3" {
		t.Fatalf("status %d, header %v: %s", resp.StatusCode, resp.Header, b)
	}
}

func TestAnAttemptAfterAnErrorInsideA200IsPricedByItsOwnUsage(t *testing.T) {
	calls := 0
	u := testup.New(t, func(c *testup.Call) {
		if calls++; calls == 1 {
			c.JSON(200, `{"error":{"message":"the model is down","type":"server_error"}}`)
			return
		}
		c.JSON(200, chatAnswer)
	})
	g := testgw.StartWith(t, testgw.Options{Env: map[string]string{"VENDOR_KEY": vendorKey}, Config: fmt.Sprintf(
		"providers:\n  openai: { api_key: env:VENDOR_KEY, base_url: %s/v1, retries: { max: 1, backoff: { first: 1ms } } }\n", u.URL)})
	resp, b := g.Post("/v1/chat/completions", `{"model":"openai/gpt-4o-mini","messages":[]}`)
	if resp.StatusCode != 200 || string(b) != chatAnswer {
		t.Fatalf("status %d: %s", resp.StatusCode, b)
	}
	if e := g.Entry(resp.Header.Get("sluice-request-id")); len(e.Attempts) != 2 || !e.Cost.Known || e.Cost.USD == 0 {
		t.Fatalf("%d attempts, cost %v", len(e.Attempts), e.Cost)
	}
}

func TestAModelIsNamedToTheVendorAsTheDialectNamesIt(t *testing.T) {
	g, u := start(t, func(c *testup.Call) { c.JSON(200, `{"name":"cachedContents/c-1"}`) }, "")
	for _, model := range []string{"models/gemini-2.5-flash", "models/gemini/gemini-2.5-flash"} {
		r := g.Request("POST", "/v1beta/cachedContents", fmt.Appendf(nil, `{ "model": %q, "ttl":"300s"}`, model))
		r.Header.Set("sluice-provider", "gemini")
		if resp, b := g.Do(r); resp.StatusCode != 200 {
			t.Fatalf("%s: status %d: %s", model, resp.StatusCode, b)
		}
		if got, want := string(u.Last().Body), `{ "model": "models/gemini-2.5-flash", "ttl":"300s"}`; got != want {
			t.Errorf("%s: the vendor got %s, want %s", model, got, want)
		}
	}
}
