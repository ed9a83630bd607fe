package proxy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
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

func TestABatchForWhatHasBeenTakenOutOfUseIsRefused(t *testing.T) {
	u := testup.New(t, func(c *testup.Call) { c.JSON(200, fmt.Sprintf(messageState, "in_progress", 0, 0)) })
	g := testgw.StartWith(t, testgw.Options{Config: fmt.Sprintf(`
providers:
  ant: { kind: anthropic, base_url: %[1]s, credentials: [ { name: a, api_key: env:VENDOR_KEY } ] }
gateways: { default: { default_provider: { anthropic: ant } } }
`, u.URL), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	batch := `{"requests":[{"custom_id":"a","params":{"model":"well","max_tokens":5,"messages":[]}},{"custom_id":"b","params":{"model":"slow","max_tokens":5,"messages":[]}}]}`
	for _, drain := range []string{`{"provider":"ant","model":"slow"}`, `{"provider":"ant","model":"slow","credential":"a"}`, `{"provider":"ant","credential":"a"}`, `{"provider":"ant"}`} {
		drainNow(t, g, "PUT", "/api/v1/drains", drain)
		eventually(t, func() bool {
			resp, b := g.Post("/v1/messages/batches", batch)
			return resp.StatusCode >= 500 && (strings.Contains(string(b), "out of use") || strings.Contains(string(b), "credential"))
		})
		var named map[string]string
		_ = json.Unmarshal([]byte(drain), &named)
		query := url.Values{}
		for name, value := range named {
			query.Set(name, value)
		}
		drainNow(t, g, "DELETE", "/api/v1/drains?"+query.Encode(), "")
		eventually(t, func() bool { resp, _ := g.Post("/v1/messages/batches", batch); return resp.StatusCode == 200 })
	}
	drainNow(t, g, "PUT", "/api/v1/drains", `{"provider":"ant","model":"other"}`)
	if resp, b := g.Post("/v1/messages/batches", batch); resp.StatusCode != 200 {
		t.Errorf("a batch of other models: %d %s", resp.StatusCode, b)
	}
}

func drainNow(t *testing.T, g *testgw.Gateway, method, path, body string) {
	t.Helper()
	r, err := http.NewRequest(method, g.Admin+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %d", method, path, resp.StatusCode)
	}
}
