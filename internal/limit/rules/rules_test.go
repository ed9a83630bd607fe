package rules_test

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
)

var minute = []gateway.Window{{Max: 10, Span: time.Minute}}

func compile(t *testing.T, list ...gateway.Rule) *rules.Set {
	t.Helper()
	var in []*gateway.Rule
	for i := range list {
		if list[i].Windows == nil {
			list[i].Windows = minute
		}
		if list[i].Unit == "" {
			list[i].Unit = gateway.UnitRequests
		}
		in = append(in, &list[i])
	}
	s, err := rules.Compile("gateway/default", in, false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func facts(change func(*rules.Facts)) *rules.Facts {
	f := &rules.Facts{Vars: expr.Vars{Gateway: "default", Workspace: "w", Key: expr.Key{ID: "key_1", Name: "one"}, User: "ann", Header: http.Header{"X-App": {"a"}}, Operation: "chat"}}
	f.SetAddress(netip.MustParseAddr("10.1.2.3"))
	f.Meta = []byte(`{"plan":"free","team":"x","n":7}`)
	if change != nil {
		change(f)
	}
	f.Ready()
	return f
}

func add(t *testing.T, s *rules.Set, f *rules.Facts, w rules.Want, stage rules.Stage) *rules.Taken {
	t.Helper()
	var taken rules.Taken
	if err := s.Add(&taken, f, &w, stage, nil); err != nil {
		t.Fatal(err)
	}
	return &taken
}

func TestCountersAreToldApartByTheirValues(t *testing.T) {
	for per, change := range map[string]func(*rules.Facts){
		"gateway":       func(f *rules.Facts) { f.Gateway = "other" },
		"workspace":     func(f *rules.Facts) { f.Workspace = "other" },
		"key":           func(f *rules.Facts) { f.Key.ID = "key_2" },
		"user":          func(f *rules.Facts) { f.User = "bob" },
		"ip":            func(f *rules.Facts) { f.SetAddress(netip.MustParseAddr("10.1.2.4")) },
		"header.x-app":  func(f *rules.Facts) { f.Header = http.Header{"X-App": {"b"}} },
		"metadata.plan": func(f *rules.Facts) { f.Meta = []byte(`{"plan":"paid"}`) },
		"metadata.n":    func(f *rules.Facts) { f.Meta = []byte(`{"n":8}`) },
		"team":          func(f *rules.Facts) { f.Meta = []byte(`{"team":"y"}`) },
		`metadata.plan == "free" ? "all" : workspace`: func(f *rules.Facts) { f.Meta = []byte(`{"plan":"paid"}`) },
	} {
		s := compile(t, gateway.Rule{Name: "r", Per: []gateway.Per{gateway.Per(per)}})
		one, same, other := add(t, s, facts(nil), rules.Want{}, rules.Call), add(t, s, facts(nil), rules.Want{}, rules.Call), add(t, s, facts(change), rules.Want{}, rules.Call)
		if one.Claims[0].Counter != same.Claims[0].Counter || one.Claims[0].Counter == other.Claims[0].Counter {
			t.Errorf("per %s: the counters are %s, %s and %s", per, one.Claims[0].Counter, same.Claims[0].Counter, other.Claims[0].Counter)
		}
	}
}

func TestNoTupleIsTakenForAnother(t *testing.T) {
	s := compile(t, gateway.Rule{Name: "r", Per: []gateway.Per{"user", "header.x-app"}})
	a := add(t, s, facts(func(f *rules.Facts) { f.User, f.Header = "ab", http.Header{"X-App": {"c"}} }), rules.Want{}, rules.Call)
	b := add(t, s, facts(func(f *rules.Facts) { f.User, f.Header = "a", http.Header{"X-App": {"bc"}} }), rules.Want{}, rules.Call)
	if a.Claims[0].Counter == b.Claims[0].Counter {
		t.Error("(ab, c) and (a, bc) count together")
	}
	two := compile(t, gateway.Rule{Name: "r", Windows: []gateway.Window{{Max: 1, Span: time.Second}, {Max: 9, Span: time.Minute}}})
	if c := add(t, two, facts(nil), rules.Want{}, rules.Call).Claims; len(c) != 2 || c[0].Counter == c[1].Counter {
		t.Errorf("two windows have the claims %v", c)
	}
}

func TestWhatARuleDoesNotApplyTo(t *testing.T) {
	s := compile(t,
		gateway.Rule{Name: "net", ExemptNetworks: []string{"10.0.0.0/8"}},
		gateway.Rule{Name: "key", ExemptKeys: []string{"on*"}},
		gateway.Rule{Name: "when", When: `metadata.plan == "paid"`},
		gateway.Rule{Name: "counts", When: `metadata.plan == "free" && operation == "chat"`},
	)
	taken := add(t, s, facts(nil), rules.Want{}, rules.Call)
	if len(taken.Of) != 1 || taken.Of[0].Name != "counts" {
		t.Errorf("%d rules apply", len(taken.Of))
	}
	all := add(t, s, facts(func(f *rules.Facts) {
		f.SetAddress(netip.MustParseAddr("192.0.2.1"))
		f.Key.Name, f.Meta = "two", []byte(`{"plan":"paid"}`)
	}), rules.Want{}, rules.Call)
	if len(all.Of) != 3 {
		t.Errorf("%d rules apply to another call, want 3", len(all.Of))
	}
}

func TestEachRuleHasItsStage(t *testing.T) {
	s := compile(t,
		gateway.Rule{Name: "early", Per: []gateway.Per{"key"}}, gateway.Rule{Name: "user", Per: []gateway.Per{"user"}},
		gateway.Rule{Name: "provider", Per: []gateway.Per{"provider"}}, gateway.Rule{Name: "model", Per: []gateway.Per{"model"}},
		gateway.Rule{Name: "asked", When: `model.startsWith("gpt")`}, gateway.Rule{Name: "served", When: `provider == "openai"`},
		gateway.Rule{Name: "body", When: `difficulty < 1 && intent == "" && request.turns == 0 && healthy["acme/large"]`},
	)
	names := func(stage rules.Stage) (out []string) {
		for _, r := range add(t, s, facts(func(f *rules.Facts) { f.Model, f.Provider = "gpt-5", "openai" }), rules.Want{}, stage).Of {
			out = append(out, r.Name)
		}
		return out
	}
	if got := names(rules.Early); !slices.Equal(got, []string{"early"}) {
		t.Error("early:", got)
	}
	if got := names(rules.Call); !slices.Equal(got, []string{"early", "user", "asked", "body"}) {
		t.Error("call:", got)
	}
	if got := names(rules.Attempt); !slices.Equal(got, []string{"provider", "model", "served"}) {
		t.Error("attempt:", got)
	}
	if !s.HasAttempts() || s.NeedsAmounts() {
		t.Error("what the set needs is wrong")
	}
}

func TestWhatACallWants(t *testing.T) {
	w := rules.Want{Input: 30, Output: 70, Cost: 900, Least: 200, Priced: true}
	for _, tt := range []struct {
		rule     gateway.Rule
		max      int64
		want, at int64 // at least
		observe  bool
	}{
		{gateway.Rule{Unit: gateway.UnitRequests}, 10, 1, 0, false},
		{gateway.Rule{Unit: gateway.UnitConcurrent}, 10, 1, 0, false},
		{gateway.Rule{Unit: gateway.UnitTokens}, 1000, 100, 0, false},
		{gateway.Rule{Unit: gateway.UnitInputTokens}, 1000, 30, 0, false},
		{gateway.Rule{Unit: gateway.UnitOutputTokens}, 1000, 70, 0, false},
		{gateway.Rule{Unit: gateway.UnitTokens}, 60, 60, 0, false}, // one call alone may always try
		{gateway.Rule{Unit: gateway.UnitCost}, 100, 900, 0, false}, // but not with money
		{gateway.Rule{Unit: gateway.UnitCost, Fit: true}, 1000, 900, 200, false},
		{gateway.Rule{Unit: gateway.UnitCost, Soft: true}, 1000, 900, 0, true},
		{gateway.Rule{Unit: gateway.UnitRequests, Over: gateway.Over{Do: gateway.OverRecord}}, 10, 1, 0, true},
	} {
		tt.rule.Name, tt.rule.Windows = "r", []gateway.Window{{Max: tt.max, Span: time.Minute}}
		c := add(t, compile(t, tt.rule), facts(nil), w, rules.Call).Claims[0]
		if c.Want != tt.want || c.Min != tt.at || c.Observe != tt.observe || c.Open != (tt.rule.Unit == gateway.UnitConcurrent) {
			t.Errorf("%s of %d: %+v", tt.rule.Unit, tt.max, c)
		}
	}
}

func TestWhatCannotBePricedIsRefusedWhereMoneyIsHard(t *testing.T) {
	for _, tt := range []struct {
		rule    gateway.Rule
		refused bool
	}{
		{gateway.Rule{}, true}, {gateway.Rule{Unpriced: true}, false}, {gateway.Rule{Soft: true}, false}, {gateway.Rule{Over: gateway.Over{Do: gateway.OverRecord}}, false},
	} {
		tt.rule.Name, tt.rule.Unit = "money", gateway.UnitCost
		var taken rules.Taken
		err := compile(t, tt.rule).Add(&taken, facts(nil), &rules.Want{}, rules.Call, nil)
		var un *rules.Unpriced
		if errors.As(err, &un) != tt.refused {
			t.Errorf("%+v: %v", tt.rule, err)
		}
	}
}

func TestARuleThatCannotBeCompiledIsNamed(t *testing.T) {
	for _, r := range []gateway.Rule{{When: "plan ="}, {Per: []gateway.Per{"nonsense()"}}, {ExemptNetworks: []string{"10"}}, {Windows: []gateway.Window{}}} {
		r.Name = "the-rule"
		if r.Windows == nil {
			r.Windows = minute
		}
		if _, err := rules.Compile("gateway/default", []*gateway.Rule{&r}, false); err == nil || !strings.Contains(err.Error(), "the-rule") {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if s, err := rules.Compile("x", nil, false); s != nil || err != nil || s.HasAttempts() || s.NeedsAmounts() {
		t.Error("no rules are something")
	}
}

func BenchmarkClaims(b *testing.B) {
	var in []*gateway.Rule
	for _, r := range []gateway.Rule{
		{Name: "a", Per: []gateway.Per{"key"}, Unit: gateway.UnitRequests, Windows: minute}, {Name: "b", Per: []gateway.Per{"workspace"}, Unit: gateway.UnitTokens, Windows: minute},
		{Name: "c", Per: []gateway.Per{"key"}, Unit: gateway.UnitConcurrent, Windows: minute}, {Name: "d", Per: []gateway.Per{"workspace"}, Unit: gateway.UnitCost, Windows: minute},
	} {
		in = append(in, &r)
	}
	s, err := rules.Compile("gateway/default", in, false)
	if err != nil {
		b.Fatal(err)
	}
	f, w := facts(nil), &rules.Want{Priced: true, Cost: 1}
	var taken rules.Taken
	b.ReportAllocs()
	for b.Loop() {
		taken.Reset()
		if err := s.Add(&taken, f, w, rules.Call, nil); err != nil {
			b.Fatal(err)
		}
	}
}
