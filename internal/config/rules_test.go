package config_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func rulesOf(t *testing.T, items string) []*gateway.Rule {
	t.Helper()
	g := mustLoad(t, source("gateways: {default: {"+items+"}}")).Gateways["default"]
	return g.Rules()
}

func TestEachUnitOfALimitIsARule(t *testing.T) {
	got := rulesOf(t, `limits: [{name: all, per: [workspace, header.X-App, team], requests: [100/1m, 20/5s], cost: 50.00/1d, concurrent: 3, when: stream, fixed: true, count_hits: true, fit: true, unpriced: allow,
		exempt: [10.0.0.0/8, ci-*], over: {queue: {wait: 2s}}, on_outage: deny}, {tokens: 5/1h, burst: 2}]`)
	per := []gateway.Per{"workspace", "header.x-app", "metadata.team"}
	over := gateway.Over{Do: gateway.OverQueue, Wait: 2 * time.Second, Max: 100}
	base := gateway.Rule{Per: per, When: "stream", Over: over, Outage: gateway.OutageDeny, ExemptNetworks: []string{"10.0.0.0/8"}, ExemptKeys: []string{"ci-*"}}
	requests, cost, concurrent := base, base, base
	requests.Name, requests.Unit, requests.CountHits = "all.requests", gateway.UnitRequests, true
	requests.Windows = []gateway.Window{{Max: 100, Span: time.Minute, Fixed: true}, {Max: 20, Span: 5 * time.Second, Fixed: true}}
	cost.Name, cost.Unit, cost.Fit, cost.Unpriced = "all.cost", gateway.UnitCost, true, true
	cost.Windows = []gateway.Window{{Max: 50_000_000_000, Span: 24 * time.Hour, Fixed: true}}
	concurrent.Name, concurrent.Unit, concurrent.Windows = "all.concurrent", gateway.UnitConcurrent, []gateway.Window{{Max: 3}}
	want := []*gateway.Rule{&requests, &cost, &concurrent, {
		Name: "limits[1].tokens", Unit: gateway.UnitTokens, Per: []gateway.Per{"gateway"}, Windows: []gateway.Window{{Max: 5, Span: time.Hour, Burst: 2}},
		Over: gateway.Over{Do: gateway.OverReject}, Outage: gateway.OutageLocal,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestABudgetIsARuleOfTheCalendar(t *testing.T) {
	got := rulesOf(t, `limits: [{name: one, cost: 1/1d, burst: 0.5}], budgets: [{per: workspace, cost: [500.00/month, 0.000000001/day], zone: Europe/Berlin, alert: [100, 50]}, {name: soft, cost: 0/week, mode: soft, over: record}]`)
	want := []*gateway.Rule{
		{Name: "one", Unit: gateway.UnitCost, Per: []gateway.Per{"gateway"}, Windows: []gateway.Window{{Max: 1e9, Span: 24 * time.Hour, Burst: 5e8}}, Over: gateway.Over{Do: "reject"}, Outage: "local"},
		{Name: "budgets[0]", Unit: gateway.UnitCost, Per: []gateway.Per{"workspace"}, Over: gateway.Over{Do: "reject"}, Outage: "local", Alert: []int{50, 100},
			Windows: []gateway.Window{{Max: 500e9, Period: gateway.Month, Zone: "Europe/Berlin"}, {Max: 1, Period: gateway.Day, Zone: "Europe/Berlin"}}},
		{Name: "soft", Unit: gateway.UnitCost, Per: []gateway.Per{"gateway"}, Over: gateway.Over{Do: "record"}, Outage: "local", Soft: true, Windows: []gateway.Window{{Period: gateway.Week, Zone: "UTC"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got[0].Budget() || !got[1].Budget() {
		t.Error("which is a budget")
	}
}

func TestOverHasShortAndLongForms(t *testing.T) {
	for text, want := range map[string]gateway.Over{
		"": {Do: "reject"}, "over: reject": {Do: "reject"}, "over: record": {Do: "record"}, "over: queue": {Do: "queue", Wait: 5 * time.Second, Max: 100},
		"over: {do: queue, queue: {max: 3}}": {Do: "queue", Wait: 5 * time.Second, Max: 3}, "over: {reroute: sandbox/echo}": {Do: "reroute", Reroute: "sandbox/echo"},
		"over: {do: reroute, reroute: echo}": {Do: "reroute", Reroute: "echo"},
	} {
		if got := rulesOf(t, "limits: [{requests: 1/1s, "+text+"}]")[0].Over; got != want {
			t.Errorf("%s is %+v", text, got)
		}
	}
}

func TestAProvidersLimitsCountPerProvider(t *testing.T) {
	p := mustLoad(t, source("providers: {sandbox: {limits: [{concurrent: 4}, {per: model, tokens: 9/1m}]}}")).Providers["sandbox"]
	got := p.Rules()
	if len(got) != 2 || !slices.Equal(got[0].Per, []gateway.Per{"provider"}) || !slices.Equal(got[1].Per, []gateway.Per{"model"}) {
		t.Errorf("%+v", got)
	}
}

func TestRulesOfAKeyAreReadFromJSON(t *testing.T) {
	got, problems := config.ParseRules("limits", []byte(`{"limits": [{"requests": "10/1m", "over": {"reroute": "any/thing"}}], "budgets": [{"cost": "5.00/day"}]}`), "key")
	if err := problems.Err(); err != nil || len(got) != 2 {
		t.Fatalf("%v, %d rules", err, len(got))
	}
	if got[0].Per[0] != "key" || got[0].Over.Reroute != "any/thing" || got[1].Windows[0].Max != 5e9 || got[1].Name != "budgets[0]" {
		out, _ := json.Marshal(got)
		t.Errorf("%s", out)
	}
	for doc, want := range map[string]string{
		`{"limits": [{"requests": "10"}]}`: `limits[0].requests[0]: expected an amount and a window such as 100/1m, found "10"`,
		`{"limit": []}`:                    `limit: unknown key; did you mean "limits"?`,
		`{"limits": [{}]}`:                 `limits[0]: limits nothing`,
		`{"limits": [{"requests": "1/1s", "when": "usr == \"x\""}]}`: `limits[0].when: column 1: unknown name "usr"; did you mean "user"?`,
		`[]`:  `expected a mapping, found a list`,
		`{"a`: ``,
	} {
		got, problems := config.ParseRules("body", []byte(doc), "key")
		if got != nil || problems.Err() == nil || !strings.Contains(problems.Error(), want) {
			t.Errorf("%s gives %v", doc, problems)
		}
	}
	if got, problems := config.ParseRules("body", nil, "key"); len(got) != 0 || problems.Err() != nil {
		t.Errorf("nothing gives %v, %v", got, problems)
	}
}
