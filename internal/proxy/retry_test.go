package proxy_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// retrying starts a gateway whose provider is tried again at once, with as many
// credentials as asked for.
func retrying(t *testing.T, credentials int, script func(*testup.Call)) (*testgw.Gateway, *testup.Upstream) {
	t.Helper()
	u := testup.New(t, script)
	list := ""
	for i := range credentials {
		list += fmt.Sprintf("{ name: c%d, api_key: env:VENDOR_KEY }, ", i)
	}
	config := fmt.Sprintf(`providers: { openai: { credentials: [ %s ], base_url: %s/v1, retries: { max: 2, backoff: { first: 1ms, max: 2s } } } }`, list, u.URL)
	return testgw.StartWith(t, testgw.Options{Config: config, Env: map[string]string{"VENDOR_KEY": vendorKey}}), u
}

func TestAVendorsLimitIsWaitedOutAndThenSaidAsItIs(t *testing.T) {
	for credentials := 1; credentials <= 2; credentials++ {
		limited := func(c *testup.Call) {
			c.Set("retry-after-ms", "1").JSON(429, `{"error":{"message":"Rate limit reached"}}`)
		}
		g, u := retrying(t, credentials, limited)
		resp, b := g.Post("/v1/chat/completions", `{"model":"openai/gpt-4o-mini","messages":[]}`)
		if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("sluice-error") != "upstream_rate_limited" {
			t.Errorf("%d credentials: %d %s", credentials, resp.StatusCode, b)
		}
		if n := len(u.Calls()); n != 2+credentials { // another credential is no retry
			t.Errorf("%d credentials: the vendor was asked %d times", credentials, n)
		}
		u.Script(func(c *testup.Call) {
			u.Script(func(c *testup.Call) { c.JSON(200, chatAnswer) })
			limited(c)
		})
		if resp, b := g.Post("/v1/chat/completions", `{"model":"openai/gpt-4o-mini","messages":[]}`); resp.StatusCode != http.StatusOK {
			t.Errorf("%d credentials, after the wait: %d %s", credentials, resp.StatusCode, b)
		}
	}
}

func TestARefusedCredentialOfTheGatewayIsNotTriedAgainByAnybody(t *testing.T) {
	g, u := retrying(t, 1, func(c *testup.Call) { c.JSON(401, `{"error":{"message":"Incorrect API key provided"}}`) })
	resp, b := g.Post("/v1/chat/completions", `{"model":"openai/gpt-4o-mini","messages":[]}`)
	if resp.StatusCode != http.StatusBadGateway || resp.Header.Get("x-should-retry") != "false" || len(u.Calls()) != 1 {
		t.Errorf("%d after %d calls, x-should-retry %q: %s", resp.StatusCode, len(u.Calls()), resp.Header.Get("x-should-retry"), b)
	}
}
