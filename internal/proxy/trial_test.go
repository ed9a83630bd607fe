package proxy_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

type trial struct {
	OK                                              bool
	Asked, Credential, Problem, Message, Mend, Said string
	Status                                          *int
	Models                                          []string
	ClockS                                          int64 `json:"clock_s"`
}

// try tests a provider by the admin API.
func try(t *testing.T, g *testgw.Gateway, provider, body string) (tr trial) {
	t.Helper()
	var answer json.RawMessage
	if status := g.AdminPost("/api/v1/providers/"+provider+"/test", body, &answer); status != http.StatusOK {
		t.Fatalf("%s: %d %s", provider, status, answer)
	}
	if err := json.Unmarshal(answer, &tr); err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestATrialTellsWhatIsWrongWithAProviderAndHowToMendIt(t *testing.T) {
	const key = "vendor-key-0123456789"
	answers := map[string]func(*testup.Call){
		"good":  func(c *testup.Call) { c.JSON(200, `{"data":[{"id":"m-1"},{"id":"m-2"}]}`) },
		"badly": func(c *testup.Call) { c.JSON(401, `{"error":{"message":"Incorrect API key provided: `+key+`"}}`) },
		"site":  func(c *testup.Call) { c.Answer(404, "text/html", []byte("<h1>Nothing here</h1>")) },
		"page":  func(c *testup.Call) { c.Answer(200, "text/html", []byte("<h1>Welcome</h1>")) },
		"full":  func(c *testup.Call) { c.JSON(429, `{"error":{"message":"You have no credit left"}}`) },
		"ill":   func(c *testup.Call) { c.JSON(500, `{"error":{"message":"Sorry"}}`) },
		"late": func(c *testup.Call) {
			c.Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)).JSON(403, `{"error":{"message":"signature expired"}}`)
		},
		"other": func(c *testup.Call) { c.JSON(404, `{"error":{"message":"no such model"}}`) },
	}
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	config := "providers:\n  closed: { kind: openai-compatible, base_url: 'http://127.0.0.1:1/v1', api_key: env:VENDOR_KEY }\n" +
		"  unknown: { kind: openai-compatible, base_url: '" + secure.URL + "/v1', api_key: env:VENDOR_KEY }\n" +
		"  nowhere: { kind: openai-compatible, base_url: 'http://nowhere..invalid/v1', api_key: env:VENDOR_KEY }\n" +
		"  keyless: { kind: openai }\n"
	for name, script := range answers {
		config += "  " + name + ": { kind: openai-compatible, base_url: '" + testup.New(t, script).URL + "/v1', api_key: env:VENDOR_KEY }\n"
	}
	g := testgw.StartWith(t, testgw.Options{Config: config, Env: map[string]string{"VENDOR_KEY": key}})
	for _, c := range []struct {
		provider, body, problem, says string
		status                        int
	}{
		{"good", `{}`, "", "", 200},
		{"good", `{"model":"m-1"}`, "", "", 200},
		{"good", `{"credential":"default"}`, "", "", 200},
		{"sandbox", `{}`, "", "", 200},
		{"sandbox", `{"model":"error-500"}`, "vendor", "status page", 500},
		{"badly", `{}`, "credential", "Compare the key", 401},
		{"site", `{}`, "base_url", "/v1", 404},
		{"page", `{}`, "base_url", "no JSON", 200},
		{"full", `{}`, "rate_limited", "The key is good", 429},
		{"ill", `{}`, "vendor", "status page", 500},
		{"late", `{}`, "clock", "ahead of", 403},
		{"other", `{"model":"m-9"}`, "model", "spelt", 404},
		{"closed", `{}`, "connect", "refused", 0},
		{"unknown", `{}`, "tls", "ca_file", 0},
		{"nowhere", `{}`, "dns", "base_url", 0},
		{"keyless", `{}`, "credential", "no credential", 0},
	} {
		tr := try(t, g, c.provider, c.body)
		status := 0
		if tr.Status != nil {
			status = *tr.Status
		}
		if tr.OK != (c.problem == "") || tr.Problem != c.problem || status != c.status || !strings.Contains(tr.Message+" "+tr.Mend, c.says) {
			t.Errorf("%s %s: %+v, status %d", c.provider, c.body, tr, status)
		}
		if strings.Contains(tr.Said+tr.Message, key) {
			t.Errorf("%s: the key is shown: %+v", c.provider, tr)
		}
		if c.provider == "good" && c.body == `{}` && strings.Join(tr.Models, " ") != "m-1 m-2" {
			t.Errorf("the list: %v", tr.Models)
		}
	}
	var page struct{ Data []json.RawMessage }
	if g.AdminGet("/api/v1/entries", &page); len(page.Data) != 0 {
		t.Errorf("trials left %d entries", len(page.Data))
	}
	var health struct{ Targets []json.RawMessage }
	if g.AdminGet("/api/v1/health", &health); len(health.Targets) != 0 {
		t.Errorf("trials made targets: %s", health.Targets)
	}
}

func TestATrialOfWhatIsNotThereIsRefused(t *testing.T) {
	g := testgw.Start(t, "")
	for body, want := range map[string]int{`{"credential":"nobody"}`: 400, `{"modle":"x"}`: 400} {
		if status := g.AdminPost("/api/v1/providers/sandbox/test", body, nil); status != want {
			t.Errorf("%s: %d, want %d", body, status, want)
		}
	}
	if status := g.AdminPost("/api/v1/providers/nobody/test", `{}`, nil); status != 404 {
		t.Errorf("no such provider: %d", status)
	}
}

func TestTheVendorsThatAreKnownAreListed(t *testing.T) {
	g := testgw.Start(t, "")
	var kinds struct {
		Data []struct {
			Name, Title  string
			Base         string `json:"base_url"`
			NeedsBaseURL bool   `json:"needs_base_url"`
		}
	}
	g.AdminGet("/api/v1/kinds", &kinds)
	found := 0
	for _, k := range kinds.Data {
		switch k.Name {
		case "openai":
			found++
			if k.Title == "" || k.Base == "" || k.NeedsBaseURL {
				t.Errorf("%+v", k)
			}
		case "openai-compatible":
			found++
			if !k.NeedsBaseURL {
				t.Errorf("%+v", k)
			}
		}
	}
	if found != 2 {
		t.Errorf("%d of 2 found", found)
	}
}
