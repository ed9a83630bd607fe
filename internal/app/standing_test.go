package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// A call takes a dollar, which is all that a pocket holds.
const pockets = `
providers:
  openai: { base_url: %s/v1, api_key: env:VENDOR_KEY, models: { m: { price: { input: 10, output: 10 }, max_output: 50 } } }
gateways:
  default:
    limits:
      - { name: pace, per: workspace, requests: [100/1m, 1000/1h] }
      - { name: people, per: [workspace, user], requests: 50/1h }
      - { name: all, per: gateway, requests: 5000/1h }
      - { name: apps, per: [workspace, header.x-app], cost: 5.00/1d }
      - { name: open, per: key, concurrent: 10 }
    budgets:
      - { name: pocket, per: workspace, cost: 1.00/month }
      - { name: purse, per: key, cost: 7.00/month }
`

// two are a gateway with two workspaces, each with an owner and a key.
type two struct {
	*testgw.Gateway
	t      *testing.T
	owners map[string]string // tokens
	keys   map[string]admin.CreatedKey
}

func newTwo(t *testing.T) *two {
	t.Helper()
	up := testup.New(t, func(c *testup.Call) {
		c.JSON(200, `{"object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"ok"}}],"usage":{"prompt_tokens":99950,"completion_tokens":50,"total_tokens":100000}}`)
	})
	g := &two{Gateway: testgw.StartWith(t, testgw.Options{Config: fmt.Sprintf(pockets, up.URL), Env: map[string]string{"VENDOR_KEY": "sk-vendor-0123456789"}}), t: t, owners: map[string]string{}, keys: map[string]admin.CreatedKey{}}
	for _, w := range []string{"acme", "bolt"} {
		g.ask(testgw.AdminToken, "POST", "/workspaces", `{"id":"`+w+`"}`, 201, nil)
		var token admin.CreatedToken
		g.ask(testgw.AdminToken, "POST", "/tokens", `{"name":"o","workspace":"`+w+`","role":"owner"}`, 201, &token)
		var key admin.CreatedKey
		g.ask(testgw.AdminToken, "POST", "/keys", `{"name":"k","workspace":"`+w+`"}`, 201, &key)
		g.owners[w], g.keys[w] = token.Secret, key
	}
	return g
}

// ask asks the admin API and reads an answer of that status.
func (g *two) ask(token, method, path, body string, status int, v any) {
	g.t.Helper()
	r, err := http.NewRequest(method, g.Admin+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		g.t.Fatalf("%s %s: %d %s (%v)", method, path, resp.StatusCode, b, err)
	}
	if v != nil {
		if err := json.Unmarshal(b, v); err != nil {
			g.t.Fatal(err)
		}
	}
}

// call asks for an answer and gives the status.
func (g *two) call(workspace string) int {
	r := g.Request(http.MethodPost, "/v1/chat/completions", []byte(`{"model":"openai/m","max_tokens":50,"user":"ann","messages":[{"role":"user","content":"hi"}]}`))
	r.Header.Set("Authorization", "Bearer "+g.keys[workspace].Secret)
	r.Header.Set("X-App", "app-of-"+workspace)
	resp, b := g.Do(r)
	if resp.StatusCode != 200 {
		g.t.Logf("%s", b)
	}
	return resp.StatusCode
}

// states are how counters stand, as somebody sees them: "rule[window] values: used of max".
func (g *two) states(token, path string) (lines []string, all map[string]admin.LimitState) {
	g.t.Helper()
	var list admin.LimitList
	g.ask(token, "GET", path, "", 200, &list)
	all = map[string]admin.LimitState{}
	for _, r := range list.Data {
		for _, s := range r.State {
			lines = append(lines, fmt.Sprintf("%s[%d] %s: %d of %d", r.Rule.Name, s.Window, s.Values, s.Used, s.Max))
			all[r.Rule.Name+" "+s.Values] = s
			if s.Left != max(s.Max-s.Used, 0) || len(s.Counter) != 32 || s.Rule != r.ID || s.Used > 0 && s.ResetS <= 0 {
				g.t.Errorf("%+v", s)
			}
		}
	}
	return lines, all
}

func (g *two) want(token, path string, want ...string) map[string]admin.LimitState {
	g.t.Helper()
	got, all := g.states(token, path)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		g.t.Errorf("%s:\n%s\nwant:\n%s", path, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return all
}

func TestEachSeesTheCountersOfItsOwnWorkspace(t *testing.T) {
	g := newTwo(t)
	key := g.keys["acme"].ID
	if a, b := g.call("acme"), g.call("bolt"); a != 200 || b != 200 {
		t.Fatalf("%d, %d\n%s", a, b, g.Log)
	}
	eventually(t, "the ledger has both", func() bool {
		lines, _ := g.states(testgw.AdminToken, "/limits")
		return strings.Count(strings.Join(lines, "\n"), "apps[0]") == 2
	})
	limits := []string{
		"pace[0] workspace=acme: 1 of 100", "pace[1] workspace=acme: 1 of 1000", "people[0] workspace=acme, user=ann: 1 of 50",
		"apps[0] workspace=acme, header.x-app=app-of-acme: 1000000000 of 5000000000",
	}
	g.want(g.owners["acme"], "/limits", limits...)
	g.want(g.owners["acme"], "/limits?workspace=acme", limits...)
	g.want(g.owners["acme"], "/limits?key_id="+key, append(limits, "open[0] key="+key+": 0 of 10")...)
	g.want(g.owners["acme"], "/budgets", "pocket[0] workspace=acme: 1000000000 of 1000000000", "purse[0] key="+key+": 1000000000 of 7000000000")
	g.ask(g.owners["acme"], "GET", "/limits?workspace=bolt", "", 404, nil)
	g.ask(g.owners["acme"], "GET", "/budgets?key_id="+g.keys["bolt"].ID, "", 404, nil)
	lines, _ := g.states(testgw.AdminToken, "/limits")
	for _, want := range append(limits, "all[0] gateway=default: 2 of 5000", "pace[0] workspace=bolt: 1 of 100") {
		if !strings.Contains(strings.Join(lines, "\n"), want) {
			t.Errorf("an admin does not see %q in\n%s", want, strings.Join(lines, "\n"))
		}
	}
}

func TestAnOwnerRaisesTheBudgetOfItsWorkspaceAndItHoldsAtOnce(t *testing.T) {
	g := newTwo(t)
	if a, b := g.call("acme"), g.call("acme"); a != 200 || b != 429 {
		t.Fatalf("%d, %d", a, b)
	}
	_, all := g.states(g.owners["acme"], "/budgets")
	counter := all["pocket workspace=acme"].Counter
	raise := func(workspace, of string) string {
		return fmt.Sprintf(`{"rule":"gateway/default/pocket","amount_usd":3,"until":"1d","workspace":%q,"counter":%q}`, workspace, of)
	}
	g.ask(g.owners["bolt"], "POST", "/raises", raise("bolt", counter), 400, nil)
	g.ask(g.owners["bolt"], "POST", "/raises", raise("acme", counter), 404, nil)
	g.ask(g.owners["acme"], "POST", "/raises", raise("acme", ""), 400, nil)
	var made gateway.Raise
	g.ask(g.owners["acme"], "POST", "/raises", raise("acme", counter), 201, &made)
	if made.Values != "workspace=acme" {
		t.Errorf("%+v", made)
	}
	if status := g.call("acme"); status != 200 {
		t.Errorf("right after the raise: %d", status)
	}
	if s := g.want(g.owners["acme"], "/budgets?workspace=acme", "pocket[0] workspace=acme: 2000000000 of 4000000000", "purse[0] key="+g.keys["acme"].ID+": 2000000000 of 7000000000"); s["pocket workspace=acme"].Raised != 3_000_000_000 {
		t.Errorf("%+v", s)
	}
	if a, b := g.call("bolt"), g.call("bolt"); a != 200 || b != 429 {
		t.Errorf("another workspace's pocket: %d, %d", a, b)
	}
	g.ask(g.owners["acme"], "DELETE", "/raises/"+made.ID, "", 200, nil)
	if _, all := g.states(g.owners["acme"], "/budgets"); all["pocket workspace=acme"].Max != 1_000_000_000 {
		t.Errorf("after its end: %+v", all)
	}
}

func TestACounterThatNobodyHasTouchedIsRaisedByItsOwner(t *testing.T) {
	g := newTwo(t)
	_, all := g.states(g.owners["bolt"], "/budgets?key_id="+g.keys["bolt"].ID)
	purse := all["purse key="+g.keys["bolt"].ID]
	if purse.Used != 0 || purse.Max != 7_000_000_000 || purse.Workspace != "bolt" {
		t.Fatalf("%+v", all)
	}
	body := `{"rule":"gateway/default/purse","amount_usd":1,"until":"1d","workspace":%q,"counter":"` + purse.Counter + `"}`
	g.ask(g.owners["acme"], "POST", "/raises", fmt.Sprintf(body, "acme"), 400, nil)
	g.ask(g.owners["bolt"], "POST", "/raises", fmt.Sprintf(body, "bolt"), 201, nil)
	if _, all := g.states(g.owners["bolt"], "/budgets?key_id="+g.keys["bolt"].ID); all["purse key="+g.keys["bolt"].ID].Max != 8_000_000_000 {
		t.Errorf("%+v", all)
	}
}

func TestBudgetsAreMutedByWhoMayRaiseThem(t *testing.T) {
	g := newTwo(t)
	mute := func(rule string) string { return fmt.Sprintf(`{"rule":%q,"until":"1d"}`, rule) }
	var key struct{ ID string }
	g.ask(g.owners["acme"], "POST", "/keys", `{"name":"thrifty","workspace":"acme","budgets":[{"name":"purse","cost":"1/month"}]}`, 201, &key)
	own := "key/" + key.ID + "/purse"
	var made gateway.AlertMute
	g.ask(g.owners["acme"], "POST", "/alerts/mutes", mute(own), 201, &made)
	if made.Workspace != "acme" || made.Rule != own {
		t.Errorf("%+v", made)
	}
	g.ask(g.owners["bolt"], "POST", "/alerts/mutes", mute(own), 404, nil)
	g.ask(g.owners["bolt"], "DELETE", "/alerts/mutes/"+made.ID, "", 404, nil)
	g.ask(g.owners["acme"], "DELETE", "/alerts/mutes/"+made.ID, "", 200, nil)
	g.ask(g.owners["acme"], "POST", "/alerts/mutes", mute("gateway/default/pocket"), 404, nil)
	g.ask(testgw.AdminToken, "POST", "/alerts/mutes", mute("gateway/default/pocket"), 201, nil)
	g.ask(testgw.AdminToken, "POST", "/alerts/mutes", mute("gateway/default/pace"), 404, nil) // a limit
}
