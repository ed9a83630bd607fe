package proxy_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestTheRightToARouteDoesNotCoverTheCallersOwnFallbacks(t *testing.T) {
	g, _, b := routed(t, func(c *testup.Call) { c.JSON(503, `{"error":{"message":"later"}}`) }, answerChat, "{ steps: [ { use: one/m } ] }", "")
	var made struct{ Secret string }
	if status := g.AdminPost("/api/v1/keys", `{"name":"narrow","models":["r"]}`, &made); status != http.StatusCreated {
		t.Fatal(status)
	}
	r := with(g, "POST", "/v1/chat/completions", routedBody, "sluice-fallback", "two/m")
	r.Header.Set("Authorization", "Bearer "+made.Secret)
	if resp, got := g.Do(r); resp.StatusCode != 403 || len(b.Calls()) != 0 {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	r = with(g, "POST", "/v1/chat/completions", routedBody)
	r.Header.Set("Authorization", "Bearer "+made.Secret)
	if resp, got := g.Do(r); resp.StatusCode < 500 {
		t.Errorf("without it: %d %s", resp.StatusCode, got)
	}
	if resp, got := g.Do(with(g, "POST", "/providers/one/chat/completions", `{"model":"m","messages":[]}`, "sluice-fallback", "two/m")); resp.StatusCode != 400 || !strings.Contains(string(got), "sluice-fallback") {
		t.Errorf("at one provider alone: %d %s", resp.StatusCode, got)
	}
}

func TestACallersOwnCredentialGoesToNoFallback(t *testing.T) {
	a := testup.New(t, func(c *testup.Call) { c.JSON(503, `{"error":{"message":"later"}}`) })
	b := testup.New(t, answerChat)
	g := testgw.StartWith(t, testgw.Options{
		Config: fmt.Sprintf(`
providers:
  one: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 } }
  two: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 } }
routes: { r: [ one/m, two/m ] }
gateways: { default: { credentials: caller } }`, a.URL, b.URL),
		Env: map[string]string{"VENDOR_KEY": vendorKey},
	})
	for model, want := range map[string]string{"one/m": "Bearer caller-own-key-0123", "r": "Bearer " + vendorKey} {
		r := with(g, "POST", "/v1/chat/completions", `{"model":"`+model+`","messages":[]}`, "sluice-fallback", "two/m", "sluice-key", testgw.Key)
		r.Header.Set("Authorization", "Bearer caller-own-key-0123")
		resp, got := g.Do(r)
		if resp.StatusCode != 200 || a.Last().Header.Get("Authorization") != want || b.Last().Header.Get("Authorization") != "Bearer "+vendorKey {
			t.Errorf("%s: %d %s; the first saw %q, the second %q", model, resp.StatusCode, got, a.Last().Header.Get("Authorization"), b.Last().Header.Get("Authorization"))
		}
	}
}
