package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func cacheOf(t *testing.T, doc string) *gateway.Cache {
	t.Helper()
	g := mustLoad(t, source("gateways: {default: {"+doc+"}}")).Gateways["default"]
	return g.GatewayCache()
}

func TestACacheIsOffUnlessItIsGiven(t *testing.T) {
	plain := gateway.Cache{Scope: gateway.ScopeWorkspace, MaxEntry: 4 << 20}
	short := plain
	short.TTL = 10 * time.Minute
	semantic := short
	semantic.Semantic = &gateway.Semantic{Model: "sandbox/embed", Threshold: 0.8, Timeout: 300 * time.Millisecond}
	for doc, want := range map[string]*gateway.Cache{
		"": nil, "cache: {}": &plain, "cache: {ttl: off}": &plain, "cache: 10m": &short, "cache: {ttl: 10m, semantic: sandbox/embed}": &semantic,
	} {
		if diff := cmp.Diff(want, cacheOf(t, doc)); diff != "" {
			t.Errorf("%q: %s", doc, diff)
		}
	}
}

func TestACacheIsAsItWasWrittenDown(t *testing.T) {
	got := cacheOf(t, `cache: {ttl: off, scope: user, vary: [user, header.X-App], exclude: [metadata.trace], normalize: [whitespace, case], stale_while_revalidate: 1m, stale_if_error: 2h,
		coalesce: false, max_entry: 1MiB, tags: [Docs, header.X-Team, metadata.A], rules: [{when: stream, ttl: 1h, tags: s}, {when: "true", bypass: true}], semantic: {model: sandbox/embed, threshold: 1, report: true, timeout: 1s}}`)
	want := &gateway.Cache{
		Scope: "user", Vary: []string{"user", "header.x-app"}, Exclude: []string{"metadata.trace"}, Normalize: []string{"whitespace", "case"}, Refresh: time.Minute, IfError: 2 * time.Hour,
		Alone: true, MaxEntry: 1 << 20, Tags: []string{"Docs", "header.x-team", "metadata.A"},
		Rules:    []gateway.CacheRule{{When: "stream", TTL: time.Hour, Tags: []string{"s"}}, {When: "true", Bypass: true}},
		Semantic: &gateway.Semantic{Model: "sandbox/embed", Threshold: 1, Report: true, Timeout: time.Second},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRoutesAndModelsSayWhatBecomesOfTheirAnswers(t *testing.T) {
	cfg := mustLoad(t, source("{routes: {a: {steps: {use: sandbox/echo}, cache: 1h}, b: sandbox/echo, c: {steps: {use: sandbox/echo}, cache: {bypass: true}}}, providers: {sandbox: {models: {echo: {cache: {ttl: 2h}}}}}}"))
	routes := cfg.GatewayRoutes()
	for name, want := range map[string]*gateway.CacheTime{"a": {TTL: time.Hour}, "b": nil, "c": {Bypass: true}} {
		if diff := cmp.Diff(want, routes[name].Cache); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got := cfg.Providers["sandbox"].Models["echo"].Cache; got != (config.CacheTime{TTL: 2 * time.Hour}) {
		t.Errorf("model: %+v", got)
	}
}

func TestALimitServesExpiredAnswersOnlyWhereSomeAreKept(t *testing.T) {
	for doc, ok := range map[string]bool{
		"limits: [{requests: 1/1m, over: stale}]":                false,
		"limits: [{requests: 1/1m, over: stale}], cache: 5m":     true,
		"budgets: [{cost: 1/day, over: {do: stale}}]":            false,
		"budgets: [{cost: 1/day, over: {do: stale}}], cache: 5m": true,
	} {
		if _, problems := config.Load(source("gateways: {default: {" + doc + "}}")); (problems.Err() == nil) != ok {
			t.Errorf("%s: %v", doc, problems.Err())
		}
	}
}

func TestACacheWithoutATimeIsToldOf(t *testing.T) {
	for doc, want := range map[string]int{
		"{gateways: {default: {cache: {}}}}": 1, "{gateways: {default: {cache: {ttl: off}}}}": 0, "{gateways: {default: {cache: 5m}}}": 0,
		"{gateways: {default: {cache: {rules: [{when: stream, ttl: 5m}]}}}}":                                  0,
		"{gateways: {default: {cache: {ttl: 30d, stale_if_error: 2d}}}}":                                      1,
		"{gateways: {default: {cache: {ttl: 30d, stale_if_error: 1d, stale_while_revalidate: 1d}}}}":          0,
		"{gateways: {default: {cache: {rules: [{when: stream, ttl: 30d}], stale_while_revalidate: 30d}}}}":    1,
		"{gateways: {default: {cache: {}}}, routes: {a: {steps: {use: sandbox/echo}, cache: 1h}}}":            0,
		"{gateways: {default: {cache: {}}}, providers: {sandbox: {models: {echo: {cache: {ttl: 1h}}}}}}":      0,
		"{gateways: {default: {cache: {}}}, providers: {sandbox: {models: {echo: {cache: {bypass: true}}}}}}": 1,
	} {
		if _, problems := config.Load(source(doc)); len(problems) != want || problems.Err() != nil {
			t.Errorf("%s: %v", doc, problems)
		}
	}
}
