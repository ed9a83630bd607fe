package proxy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestABatchAndACallWithoutAModelStayWhereTheyMayBeServed(t *testing.T) {
	u := testup.New(t, func(c *testup.Call) { c.JSON(200, fmt.Sprintf(messageState, "in_progress", 0, 0)) })
	g := testgw.StartWith(t, testgw.Options{Config: fmt.Sprintf(`
providers:
  ant: { kind: anthropic, base_url: %[1]s, api_key: env:VENDOR_KEY, region: eu-west-1, models: { near: {}, relayed: { region: us-east-1 } } }
  oai: { kind: openai, base_url: %[1]s/v1, api_key: env:VENDOR_KEY, region: eu-west-1, models: { near: {}, relayed: { region: us-east-1 } } }
gateways: { default: { regions: [eu], default_provider: { openai: oai, anthropic: ant } } }
`, u.URL), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	batch := func(model string) string {
		return `{"requests":[{"custom_id":"a","params":{"model":"` + model + `","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}}]}`
	}
	if resp, b := g.Post("/v1/messages/batches", batch("relayed")); resp.StatusCode < 400 || !strings.Contains(string(b), "region") {
		t.Errorf("a batch for elsewhere: %d %s", resp.StatusCode, b)
	}
	if resp, b := g.Post("/v1/images/generations", `{"prompt":"a cat"}`); resp.StatusCode < 400 || !strings.Contains(string(b), "region") {
		t.Errorf("a picture by no model's name: %d %s", resp.StatusCode, b)
	}
	if n := len(u.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
	if resp, b := g.Post("/v1/messages/batches", batch("near")); resp.StatusCode != 200 {
		t.Errorf("a batch for here: %d %s", resp.StatusCode, b)
	}
}
