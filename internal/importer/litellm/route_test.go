package litellm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
)

// pool are three names: one with two deployments, two with one that is called otherwise.
const pool = `model_list:
  - {model_name: a, litellm_params: {model: openai/x, weight: 3}}
  - {model_name: a, litellm_params: {model: groq/x, weight: 1}}
  - {model_name: b, litellm_params: {model: mistral/y}}
  - {model_name: c, litellm_params: {model: xai/z}}
`

// shown renders what a route does.
func shown(r config.Route) string {
	s := r.Steps[0]
	out := s.Use
	if s.Balance != "" {
		out = s.Balance
		for _, t := range s.Targets {
			out += fmt.Sprintf(" %s:%v", t.Target, t.Weight)
		}
	}
	for _, l := range []struct {
		key   string
		names []string
	}{{"then", s.Fallback}, {"window", s.ContextWindow}, {"policy", s.ContentPolicy}} {
		if len(l.names) > 0 {
			out += "; " + l.key + " " + strings.Join(l.names, " ")
		}
	}
	return out
}

func TestDeploymentsOfOneNameBecomeARouteThatBalances(t *testing.T) {
	for strategy, want := range map[string]string{
		"":                        "weighted openai/x:3 groq/x:1",
		"simple-shuffle":          "weighted openai/x:3 groq/x:1",
		"least-busy":              "least_busy openai/x:1 groq/x:1",
		"latency-based-routing":   "lowest_latency openai/x:1 groq/x:1",
		"usage-based-routing":     "lowest_latency openai/x:1 groq/x:1",
		"usage-based-routing-v2":  "lowest_latency openai/x:1 groq/x:1",
		"cost-based-routing":      "cheapest openai/x:1 groq/x:1",
		"a-strategy-of-next-year": "weighted openai/x:3 groq/x:1",
	} {
		in := pool
		if strategy != "" {
			in += "router_settings: {routing_strategy: " + strategy + "}\n"
		}
		c := read(t, in)
		if got := shown(load(t, c).Routes["a"]); got != want {
			t.Errorf("%s: %s", strategy, got)
		}
		if exact := !strings.Contains(strategy, "usage") && !strings.Contains(strategy, "year"); exact != !strings.Contains(told(c.Notes), "routing_strategy") {
			t.Errorf("%s: %s", strategy, told(c.Notes))
		}
	}
}

func TestRoutesCarryWhatLiteLLMTriesNext(t *testing.T) {
	cases := map[string]struct {
		settings string
		want     map[string]string
		told     string
	}{
		"a list":                {"fallbacks: [{b: [a]}]", map[string]string{"b": "mistral/y; then openai/x groq/x", "c": "xai/z"}, ""},
		"in a circle":           {"fallbacks: [{b: [c]}, {c: [b]}]", map[string]string{"b": "mistral/y; then xai/z", "c": "xai/z; then mistral/y"}, ""},
		"one behind the other":  {"fallbacks: [{b: [c]}, {c: [a]}]", map[string]string{"b": "mistral/y; then xai/z openai/x groq/x"}, ""},
		"everybody's":           {"default_fallbacks: [c]", map[string]string{"a": "weighted openai/x:3 groq/x:1; then xai/z", "b": "mistral/y; then xai/z", "c": "xai/z"}, ""},
		"everybody's as a star": {"fallbacks: [{'*': [c]}, {b: [a]}]", map[string]string{"b": "mistral/y; then openai/x groq/x xai/z"}, ""},
		"window and policy":     {"context_window_fallbacks: [{b: [c]}]\n  content_policy_fallbacks: [{b: [a, c]}]", map[string]string{"b": "mistral/y; window xai/z; policy openai/x groq/x xai/z"}, ""},
		"an unknown one":        {"fallbacks: [{b: [d, c]}]", map[string]string{"b": "mistral/y; then xai/z"}, `line 7: router_settings.fallbacks[0]: "d" is no model_name`},
		"for an unknown one":    {"fallbacks: [{d: [c]}]", map[string]string{"b": "mistral/y"}, `"d" is no model_name`},
		"with parameters":       {"fallbacks: [{b: [{model: c, temperature: 1}]}]", map[string]string{"b": "mistral/y; then xai/z"}, "takes no parameters of its own"},
		"another name":          {"model_group_alias: {d: a, e: {model: b, hidden: true}}", map[string]string{"d": "a", "e": "b"}, "every name that a caller may use is listed"},
		"another name's own":    {"model_group_alias: {d: a}\n  fallbacks: [{d: [c]}]", map[string]string{"d": "a; then xai/z", "a": "weighted openai/x:3 groq/x:1"}, ""},
		"by another name":       {"model_group_alias: {d: c}\n  fallbacks: [{b: [d]}]", map[string]string{"b": "mistral/y; then xai/z"}, ""},
		"a name that is there":  {"model_group_alias: {b: a}", map[string]string{"b": "mistral/y"}, "is a model_name too"},
		"a name for nothing":    {"model_group_alias: {d: e}", map[string]string{"b": "mistral/y"}, `"e" is no model_name`},
		"no name of a route":    {"model_group_alias: {'d/e': a}", map[string]string{"b": "mistral/y"}, "callers say a; a route's name has"},
	}
	for name, x := range cases {
		c := read(t, pool+"router_settings:\n  "+x.settings+"\n")
		routes := load(t, c).Routes
		for route, want := range x.want {
			if r, ok := routes[route]; !ok || shown(r) != want {
				t.Errorf("%s: %s is %s", name, route, shown(r))
			}
		}
		if notes := told(c.Notes); !strings.Contains(notes, x.told) || x.told == "" && strings.Contains(notes, "router_settings") {
			t.Errorf("%s: %s", name, notes)
		}
	}
}

func TestTheRoutersListsGoBeforeTheLibrarys(t *testing.T) {
	c := read(t, pool+"litellm_settings: {fallbacks: [{b: [a]}, {c: [b]}]}\nrouter_settings: {fallbacks: [{b: [c]}]}\n")
	routes := load(t, c).Routes
	if shown(routes["b"]) != "mistral/y; then xai/z" || shown(routes["c"]) != "xai/z; then mistral/y" || !strings.Contains(told(c.Notes), `gives way to the list of "b"`) {
		t.Errorf("%s\n%s", c.Document, told(c.Notes))
	}
}

func TestAnOrderOfDeploymentsIsKept(t *testing.T) {
	c := read(t, `model_list:
  - {model_name: a, litellm_params: {model: xai/last}}
  - {model_name: a, litellm_params: {model: openai/x, order: 2}}
  - {model_name: a, litellm_params: {model: groq/x, order: 1}}
  - {model_name: a, litellm_params: {model: mistral/x, order: 1}}
`)
	if got := shown(load(t, c).Routes["a"]); got != "weighted groq/x:1 mistral/x:1; then openai/x xai/last" {
		t.Error(got)
	}
}

func TestANameThatASingleProviderKnowsNeedsNoRoute(t *testing.T) {
	cfg := load(t, read(t, base+"  - {model_name: 'openai/*', litellm_params: {model: openai/*}}\n"))
	if len(cfg.Routes) != 0 || strings.Join(cfg.Gateways["default"].Models, " ") != "openai/* openai/gpt-5" {
		t.Errorf("%+v %v", cfg.Routes, cfg.Gateways["default"].Models)
	}
}

func TestAFallbackMayBeOneOfManyModels(t *testing.T) {
	c := read(t, pool+"  - {model_name: 'anthropic/*', litellm_params: {model: 'anthropic/*'}}\nrouter_settings: {fallbacks: [{b: [anthropic/claude-x]}]}\n")
	if got := shown(load(t, c).Routes["b"]); got != "mistral/y; then anthropic/claude-x" {
		t.Error(got)
	}
}

func TestANameThatNoRouteCanHaveIsToldWithItsDeployments(t *testing.T) {
	c := read(t, `model_list:
  - {model_name: team/a, litellm_params: {model: openai/x}}
  - {model_name: team/a, litellm_params: {model: groq/x}}
router_settings: {fallbacks: [{team/a: [team/a]}]}
`)
	notes := told(c.Notes)
	for _, want := range []string{`callers say "openai/x" instead of "team/a": a route's name has`, `line 3: model_list[1]: is one more deployment of "team/a"`} {
		if !strings.Contains(notes, want) {
			t.Errorf("no %q in\n%s", want, notes)
		}
	}
	if cfg := load(t, c); len(cfg.Routes) != 0 || strings.Join(cfg.Gateways["default"].Models, " ") != "groq/x openai/x" {
		t.Errorf("%s", c.Document)
	}
}

func TestAProviderGivesWayToARouteOfItsName(t *testing.T) {
	c := read(t, "model_list:\n  - {model_name: groq, litellm_params: {model: groq/x}}\n")
	if got := shown(load(t, c).Routes["groq"]); got != "groq-2/x" {
		t.Error(got)
	}
}

func TestCooldownsAreThoseOfProviders(t *testing.T) {
	cfg := load(t, read(t, `
model_list:
  - {model_name: a, litellm_params: {model: openai/x, cooldown_time: 600}}
  - {model_name: b, litellm_params: {model: groq/x}}
router_settings: {cooldown_time: 30, allowed_fails: 0}
litellm_settings: {cooldown_time: 7, allowed_fails: 9}
`))
	a, b := cfg.Providers["openai"].Health, cfg.Providers["groq"].Health
	if a.Cooldown != 10*time.Minute || a.MaxCooldown != 10*time.Minute || b.Cooldown != 30*time.Second || b.MaxCooldown != 5*time.Minute || b.MinCalls != 1 || b.Window != time.Minute {
		t.Errorf("%+v %+v", a, b)
	}
}

func TestAKeysLimitForOneModelCountsItsRoute(t *testing.T) {
	keys := keysOf(t, read(t, pool), `[{"token": "`+hash("x")+`", "metadata": {"model_rpm_limit": {"a": 5}}}]`)
	if rules := keys.Keys[0].Limits; len(rules) != 1 || rules[0].When != `route == "a"` {
		t.Errorf("%+v", rules)
	}
}
