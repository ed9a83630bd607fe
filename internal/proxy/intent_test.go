package proxy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// embeds answers as an embedding model for which texts about the law are alike.
func embeds(c *testup.Call) {
	var q struct{ Input []string }
	if err := json.Unmarshal(c.Body, &q); err != nil || len(q.Input) == 0 {
		c.JSON(400, `{"error":{"message":"no input"}}`)
		return
	}
	var data []string
	for i, text := range q.Input {
		v := "[0, 1, 0.1]"
		if strings.Contains(text, "law") {
			v = "[2, 0, 0.1]"
		}
		data = append(data, fmt.Sprintf(`{"object":"embedding","index":%d,"embedding":%s}`, i, v))
	}
	c.JSON(200, `{"object":"list","model":"e","data":[`+strings.Join(data, ",")+`],"usage":{"prompt_tokens":1000000,"total_tokens":1000000}}`)
}

const intentConfig = `
providers:
  plain: { kind: openai-compatible, base_url: %[1]s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 }, region: eu }
  lawyer: { kind: openai-compatible, base_url: %[1]s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 }, region: eu }
  embedder: { kind: openai-compatible, base_url: %[2]s/v1, api_key: env:VENDOR_KEY, region: us, retries: { max: 0 }, models: { e: { price: { input: 2 } } } }
routes:
  r:
    intent: { embedder: embedder/e, wait: 20s, examples: { legal: [ what does the law say ], code: [ a loop ] } }
    steps:
      - { when: metadata.plan == "free", use: plain/m }
      - { when: intent == "legal", use: lawyer/m }
      - { use: plain/m }
`

// byIntent starts a gateway whose route r goes to the lawyer by the intent.
func byIntent(t *testing.T, embedder func(*testup.Call), rest string) (g *testgw.Gateway, model *testup.Upstream) {
	t.Helper()
	u, e := testup.New(t, answerChat), testup.New(t, embedder)
	return testgw.StartWith(t, testgw.Options{
		Config: fmt.Sprintf(intentConfig, u.URL, e.URL) + rest,
		Env:    map[string]string{"VENDOR_KEY": vendorKey},
	}), e
}

func saying(text string) string {
	return `{"model":"r","messages":[{"role":"user","content":"` + text + `"}]}`
}

func TestAnIntentChoosesTheTarget(t *testing.T) {
	g, e := byIntent(t, embeds, "")
	for _, c := range []struct {
		path, body, want string
		calls            int
	}{
		{"/v1/chat/completions", saying("is it the law?"), "lawyer", 2},
		{"/v1/chat/completions", saying("how do I cook?"), "plain", 3},
		{"/v1/chat/completions", saying("is it the law?"), "lawyer", 3},
		{"/v1/responses", `{"model":"r","input":"another law"}`, "lawyer", 4},
		{"/v1/messages", `{"model":"r","max_tokens":9,"messages":[{"role":"user","content":"law"},{"role":"assistant","content":"which?"},{"role":"user","content":[{"type":"text","text":"of nature"}]}]}`, "plain", 5},
		{"/v1/chat/completions", `{"model":"r","messages":[]}`, "plain", 5},
	} {
		resp, b := g.Post(c.path, c.body)
		if resp.StatusCode != 200 || resp.Header.Get("sluice-provider") != c.want || len(e.Calls()) != c.calls {
			t.Errorf("%s: %d by %s after %d calls of the embedder: %s", c.body, resp.StatusCode, resp.Header.Get("sluice-provider"), len(e.Calls()), b)
		}
	}
	before := len(e.Calls())
	r := with(g, "POST", "/v1/chat/completions", saying("a law that a condition before it makes nobody ask for"), "sluice-metadata", `{"plan":"free"}`)
	if resp, b := g.Do(r); resp.StatusCode != 200 || resp.Header.Get("sluice-provider") != "plain" || len(e.Calls()) != before {
		t.Errorf("%d %s", resp.StatusCode, b)
	}
	if got := metrics(t, g); !strings.Contains(got, `sluice_intents_total{result="embedded"} 4`) || !strings.Contains(got, `sluice_intents_total{result="remembered"} 1`) {
		t.Errorf("metrics: %s", got)
	}
}

// metrics gives those of intents.
func metrics(t *testing.T, g *testgw.Gateway) string {
	t.Helper()
	r, err := http.NewRequest("GET", g.Admin+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	_, b := g.Do(r)
	var out []string
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "sluice_intents") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

// configOf reads the configuration of a gateway.
func configOf(t *testing.T, g *testgw.Gateway) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(g.Dir, "sluice.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// embeddings gives the entries of the calls of the embedding model.
func embeddings(g *testgw.Gateway) (out []gateway.Entry) {
	for _, e := range entries(g) {
		if e.Operation == "embeddings" {
			out = append(out, e)
		}
	}
	return out
}

func TestTheEmbeddingIsACallOfItsOwnForTheSameCaller(t *testing.T) {
	g, _ := byIntent(t, embeds, "gateways: { default: { limits: [ { per: key, requests: 3/1h } ], budgets: [ { name: team, per: metadata.team, cost: 100/day, unpriced: allow } ] } }\n")
	key := secondKey(t, g, "other", `,"models":["r","plain/*","lawyer/*"],"operations":["chat"]`)
	for i := range 3 {
		r := with(g, "POST", "/v1/chat/completions", saying(fmt.Sprint("a law ", i)), "sluice-metadata", `{"team":"x"}`)
		r.Header.Set("Authorization", "Bearer "+key)
		if resp, b := g.Do(r); resp.StatusCode != 200 || resp.Header.Get("sluice-provider") != "lawyer" {
			t.Fatalf("%d by %s: %s", resp.StatusCode, resp.Header.Get("sluice-provider"), b)
		}
	}
	var found []gateway.Entry
	eventually(t, func() bool { found = embeddings(g); return len(found) == 4 })
	for _, e := range found {
		if string(e.Metadata) != `{"purpose":"intent","team":"x"}` || e.Workspace != "other" || e.KeyID == "" || e.Provider != "embedder" || e.Model != "e" || e.Status != 200 || e.Route != "" || e.Cost.USD != 2*gateway.Dollar {
			t.Errorf("%s %+v", e.Metadata, e)
		}
	}
	var budgets json.RawMessage
	if g.AdminGet("/api/v1/budgets", &budgets); !strings.Contains(string(budgets), `"used":8000000000,`) {
		t.Errorf("the caller's budget: %s", budgets)
	}
}

func TestWhereTheEmbedderIsAwayOrSlowTheCallGoesOn(t *testing.T) {
	for name, embedder := range map[string]func(*testup.Call){
		"away":     func(c *testup.Call) { c.JSON(503, `{"error":{"message":"away"}}`) },
		"nonsense": func(c *testup.Call) { c.JSON(200, `{"data":[{"index":7,"embedding":[1]}]}`) },
		"hanging":  func(c *testup.Call) { <-c.Gone() },
		"cut": func(c *testup.Call) {
			c.Write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000000\r\n\r\n{\"data\":[")
		},
	} {
		t.Run(name, func(t *testing.T) {
			g, e := byIntent(t, embedder, "")
			g.WriteConfig(strings.Replace(strings.Replace(configOf(t, g), "wait: 20s", "wait: 20ms", 1), "when: metadata.plan", "name: changed, when: metadata.plan", 1))
			eventually(t, func() bool {
				return ask(t, g, "r", `{"headers":{"sluice-metadata":"{\"plan\":\"free\"}"}}`).Step == "changed"
			})
			began := time.Now()
			for i := range 30 {
				if resp, b := g.Post("/v1/chat/completions", saying(fmt.Sprint("law ", i))); resp.StatusCode != 200 || resp.Header.Get("sluice-provider") != "plain" {
					t.Fatalf("%d by %s: %s", resp.StatusCode, resp.Header.Get("sluice-provider"), b)
				}
			}
			if n := len(e.Calls()); n > 25 {
				t.Errorf("the embedder was asked %d times in %s", n, time.Since(began))
			}
		})
	}
}

func TestATextGoesToNoEmbedderOutsideOfTheRegions(t *testing.T) {
	g, e := byIntent(t, embeds, "gateways: { default: { regions: [ eu ] } }\n")
	if resp, b := g.Post("/v1/chat/completions", saying("law")); resp.StatusCode != 200 || resp.Header.Get("sluice-provider") != "plain" || len(e.Calls()) != 0 {
		t.Errorf("%d by %s after %d calls of the embedder: %s", resp.StatusCode, resp.Header.Get("sluice-provider"), len(e.Calls()), b)
	}
}

func TestOtherExamplesCountFromTheNextConfigurationOn(t *testing.T) {
	g, e := byIntent(t, embeds, "")
	served := func(text string) string {
		resp, b := g.Post("/v1/chat/completions", saying(text))
		if resp.StatusCode != 200 {
			t.Fatalf("%d %s", resp.StatusCode, b)
		}
		return resp.Header.Get("sluice-provider")
	}
	if got := served("law"); got != "lawyer" || len(e.Calls()) != 2 {
		t.Fatalf("%s after %d calls", got, len(e.Calls()))
	}
	config := configOf(t, g)
	g.WriteConfig(strings.Replace(config, "when: metadata.plan", "name: changed, when: metadata.plan", 1))
	eventually(t, func() bool {
		return ask(t, g, "r", `{"headers":{"sluice-metadata":"{\"plan\":\"free\"}"}}`).Step == "changed"
	})
	if got := served("law"); got != "lawyer" || len(e.Calls()) != 2 {
		t.Errorf("what was known is asked for again: %s after %d calls", got, len(e.Calls()))
	}
	g.WriteConfig(strings.Replace(strings.Replace(config, "legal: [ what does the law say ]", "legal: [ a contract ]", 1), "code: [ a loop ]", "code: [ law of code ]", 1))
	eventually(t, func() bool { return served("law") == "plain" })
	if n := len(e.Calls()); n != 4 {
		t.Errorf("%d calls", n)
	}
}

func TestAnExplanationKnowsWhatIsRememberedAndSendsNothing(t *testing.T) {
	g, e := byIntent(t, embeds, "")
	body := `{"body":{"messages":[{"role":"user","content":"law"}]}}`
	if got := targetsOf(ask(t, g, "r", body)); got != "plain/m" || len(e.Calls()) != 0 {
		t.Errorf("%s after %d calls", got, len(e.Calls()))
	}
	g.Post("/v1/chat/completions", saying("law"))
	if got := targetsOf(ask(t, g, "r", body)); got != "lawyer/m" || len(e.Calls()) != 2 {
		t.Errorf("%s after %d calls", got, len(e.Calls()))
	}
}

func targetsOf(e gateway.Explained) string {
	var names []string
	for _, c := range e.Targets {
		names = append(names, c.Target)
	}
	return strings.Join(names, " ")
}

func TestTheSandboxesEmbeddingsTellAnIntent(t *testing.T) {
	g := testgw.Start(t, `
routes:
  r:
    intent: { embedder: sandbox/embed, wait: 5s, examples: { legal: Is this contract valid?, code: Why does this loop not end? } }
    steps: [ { when: intent == "legal", use: sandbox/echo }, { use: sandbox/chat } ]
`)
	for text, want := range map[string]string{"Is this contract valid?": "echo", "Why does this loop not end?": "chat", "What is for dinner?": "chat"} {
		resp, b := g.Post("/v1/chat/completions", saying(text))
		if resp.StatusCode != 200 || resp.Header.Get("sluice-model") != want {
			t.Errorf("%s: %d by %s: %s", text, resp.StatusCode, resp.Header.Get("sluice-model"), b)
		}
	}
}
