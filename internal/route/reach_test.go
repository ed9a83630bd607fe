package route_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/route"
)

func TestReachGivesWhatANameMayLeadToAndHoldersWhoLeadsThere(t *testing.T) {
	s := catalog.New(catalog.Snapshot{Lister: lists{"a": {"bare"}}, Providers: map[string]*provider.Provider{"a": {Name: "a"}, "b": {Name: "b"}}, Routes: map[string]*gateway.Route{
		"in":  {Steps: []gateway.Step{{Split: []gateway.Share{{Target: "a/x"}, {Target: "b/y"}}, Fallback: []string{"b/last"}}}},
		"mid": {Steps: []gateway.Step{{When: "stream", Use: "in"}, {Canary: &gateway.Canary{From: "a/x", To: "a/z"}}}},
		"out": {Steps: []gateway.Step{{Balance: &gateway.Balance{Targets: []gateway.Share{{Target: "mid"}, {Target: "b/w"}}}}}},
	}})
	for name, want := range map[string]string{"a/any": "a/any", "in": "a/x b/y", "mid": "a/x a/z b/y", "out": "a/x a/z b/w b/y", "bare": "a/bare", "c/unknown": ""} {
		if got := strings.Join(route.Reach(s, name), " "); got != want {
			t.Errorf("%s reaches %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{"in": "in mid out", "mid": "mid out", "out": "out"} {
		if got := strings.Join(route.Holders(s, name), " "); got != want {
			t.Errorf("%s is held by %q, want %q", name, got, want)
		}
	}
}
