package proxy_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

const explained = `
routes:
  turns: { steps: [ { balance: round_robin, targets: [openai/m-a, openai/m-b] } ] }
  support:
    steps:
      - { when: metadata.plan == "free", use: openai/m-free }
      - { override: { max_tokens: 5 } }
      - use: openai/m-paid
        fallback: [openai/m-spare]
        hedge: 1s
gateways: { default: { models: [openai/m-*, support, turns] } }
`

func ask(t *testing.T, g *testgw.Gateway, name, body string) (e gateway.Explained) {
	t.Helper()
	var answer json.RawMessage
	status := g.AdminPost("/api/v1/routes/"+name+"/explain", body, &answer)
	if err := json.Unmarshal(answer, &e); err != nil || status != http.StatusOK {
		t.Fatalf("%s: %d %s", name, status, answer)
	}
	return e
}

func targets(e gateway.Explained) string {
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
		if resp, b := g.Post("/v1/chat/completions", strings.Replace(chatBody, "openai/gpt-4o-mini", "turns", 1)); resp.StatusCode != 200 {
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
