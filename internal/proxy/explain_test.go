package proxy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/proxy"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

const explained = `
routes:
  turns: { balance: round_robin, targets: [openai/m-a, openai/m-b] }
  support:
    steps:
      - { when: metadata.plan == "free", use: openai/m-free }
      - { override: { max_tokens: 5 } }
      - use: openai/m-paid
        fallback: [openai/m-spare]
        hedge: 1s
gateways: { default: { models: [openai/m-*, support, turns] } }
`

func ask(t *testing.T, g *testgw.Gateway, name, body string) proxy.Explained {
	t.Helper()
	var e proxy.Explained
	if status := g.AdminPost("/api/v1/routes/"+name+"/explain", body, &e); status != http.StatusOK {
		t.Fatalf("%s: %d", name, status)
	}
	return e
}

func targets(e proxy.Explained) string {
	var names []string
	for _, c := range e.Targets {
		names = append(names, strings.TrimPrefix(c.Target, "openai/"))
	}
	return strings.Join(names, " ")
}

func TestExplainTellsTheStepsAndTargetsAndSendsNothing(t *testing.T) {
	g, u := start(t, answerChat, explained)
	e := ask(t, g, "support", `{"headers":{"sluice-metadata":"{\"plan\":\"free\"}"}}`)
	if targets(e) != "m-free" || len(e.Steps) != 1 || !e.Steps[0].Matched || e.Route != "support" || e.Step != "steps[0]" {
		t.Errorf("%+v", e)
	}
	e = ask(t, g, "support", `{"body":{"messages":[{"role":"user","content":"hi"}],"stream":true}}`)
	if targets(e) != "m-paid m-spare" || len(e.Steps) != 3 || e.Steps[0].Matched || e.Steps[0].Why == "" || !e.Override || len(e.Hedge) != 1 || e.Targets[0].Level != "healthy" {
		t.Errorf("%+v", e)
	}
	if e = ask(t, g, "openai%2Fm-b", `{}`); targets(e) != "m-b" || e.Route != "" {
		t.Errorf("a target by its own name: %+v", e)
	}
	if e = ask(t, g, "support", `{"headers":{"sluice-nonsense":"1"}}`); e.Code != "invalid_request" || e.Refused == "" {
		t.Errorf("a bad header: %+v", e)
	}
	if e = ask(t, g, "other", `{}`); e.Code != "model_not_found" {
		t.Errorf("no such name: %+v", e)
	}
	if n := len(u.Calls()); n != 0 {
		t.Errorf("%d calls were sent", n)
	}
}

func TestExplainTakesNoTurn(t *testing.T) {
	g, u := start(t, answerChat, explained)
	for range 3 {
		ask(t, g, "turns", `{}`)
		if resp, b := g.Post("/v1/chat/completions", strings.Replace(chatBody, `"gpt-5.1"`, `"turns"`, 1)); resp.StatusCode != 200 {
			t.Fatalf("%d %s", resp.StatusCode, b)
		}
	}
	got := ""
	for _, c := range u.Calls() {
		got += member(t, c.Body, "model") + " "
	}
	if got != "m-a m-b m-a " && got != "m-b m-a m-b " {
		t.Errorf("turns were taken: %s", got)
	}
}

func TestAProbeSeesWhetherAProviderAnswers(t *testing.T) {
	for what, c := range map[string]struct {
		probe  string
		status int
		kind   string
	}{
		"a path that is there":       {"path: /models", 200, ""},
		"a model that answers":       {"model: m-a", 200, ""},
		"a model that fails":         {"model: m-a", 503, "upstream"},
		"a path that fails":          {"path: /models", 500, "upstream"},
		"a credential that is wrong": {"path: /models", 401, ""},
	} {
		t.Run(what, func(t *testing.T) {
			seen := make(chan *testup.Call, 100)
			u := testup.New(t, func(c *testup.Call) {
				select {
				case seen <- c:
				default:
				}
				if c.Method == "GET" || c.Header.Get("X-Call") == "" {
					c.JSON(c0(c, 200), chatAnswer)
				}
			})
			_ = u
		})
	}
}
