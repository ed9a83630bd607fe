package route_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/route"
)

func TestRoutesThatCannotWorkDoNotCompile(t *testing.T) {
	chain := func(n int) map[string]*gateway.Route {
		names := "abcdefgh"
		out := map[string]*gateway.Route{}
		for i := range n {
			next := "a/x"
			if i+1 < n {
				next = names[i+1 : i+2]
			}
			out[names[i:i+1]] = steps(gateway.Step{Use: next})
		}
		return out
	}
	if _, err := route.Compile(chain(5)); err != nil {
		t.Errorf("four within one: %v", err)
	}
	for want, routes := range map[string]map[string]*gateway.Route{
		"route a: more than 4 routes stand within one another": chain(6),
		"route r: it has no steps":                             {"r": steps()},
		`route r: free: when: column 1: unknown name "usr"`:    {"r": steps(gateway.Step{Name: "free", When: `usr == "x"`, Use: "a/x"})},
		"route r: it leads back to itself: r → s → r":          {"r": steps(gateway.Step{Use: "s"}), "s": steps(gateway.Step{Use: "a/x", Fallback: []string{"r"}})},
		"route t: it leads back to itself: t → t":              {"t": steps(gateway.Step{Use: "a/x", Shadow: []gateway.Shadow{{To: "t"}}})},
		"route r: steps[0]: only one of use, split":            {"r": steps(gateway.Step{Use: "a/x", Split: shares("b/x", 1)})},
		`route r: steps[0]: balance by "luck"`:                 {"r": steps(gateway.Step{Balance: balance("luck", "a/x", 1)})},
		"route r: steps[0]: it has no targets":                 {"r": steps(gateway.Step{Balance: balance("weighted")})},
		"route r: steps[0]: one of the weights must be":        {"r": steps(gateway.Step{Split: shares("a/x", 0)})},
		"route r: steps[0]: the weight of a/x":                 {"r": steps(gateway.Step{Split: shares("a/x", -1)})},
		"route r: steps[0]: a target has no name":              {"r": steps(gateway.Step{Canary: &gateway.Canary{From: "a/x"}})},
		"route r: a target has no name":                        {"r": {Fallback: []string{""}, Steps: []gateway.Step{{Use: "a/x"}}}},
		"route r: a shadow needs a target and a share":         {"r": {Shadow: []gateway.Shadow{{To: "a/x", Share: 101}}, Steps: []gateway.Step{{Use: "a/x"}}}},
	} {
		if table, err := route.Compile(routes); err == nil || table != nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestATableTellsItsCanariesAndIntents(t *testing.T) {
	canary, intent := &gateway.Canary{From: "a/x", To: "b/x"}, &gateway.Intent{Embedder: "a/e"}
	table := compile(t, map[string]*gateway.Route{
		"r":  steps(gateway.Step{Use: "a/x", When: `intent == "law"`}, gateway.Step{Use: "in"}),
		"in": {Intent: intent, Steps: []gateway.Step{{Sticky: "user"}, {Name: "named", Canary: canary}}},
	})
	if c := table.Canaries(); len(c) != 1 || c["in/steps[1]"] != canary {
		t.Errorf("%v", c)
	}
	if table.Intent("r") != intent || table.Intent("in") != intent || table.Intent("a/x") != nil || !table.Mentions("r", "difficulty", "intent") || table.Mentions("in", "intent") {
		t.Error("intent")
	}
	if !table.Has("r") || table.Has("a/x") {
		t.Error("Has")
	}
	var none *route.Table
	if none.Has("r") || none.Intent("r") != nil || none.Mentions("r", "intent") || len(none.Canaries())+len(none.Limits()) != 0 {
		t.Error("no table")
	}
}
