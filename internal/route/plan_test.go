package route_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/route"
)

var world = catalog.New(catalog.Snapshot{
	Lister:    lists{"a": {"one", "both"}, "b": {"both"}},
	Providers: map[string]*provider.Provider{"a": {Name: "a"}, "b": {Name: "b"}, "c": {Name: "c"}, "d": {Name: "d"}, "e": {Name: "e"}},
})

// stands is a State by target name; what is not in it is healthy.
type stands map[string]route.Standing

func (s stands) Standing(t *route.Target) route.Standing {
	if st, ok := s[t.Provider.Name+"/"+t.Model]; ok {
		return st
	}
	return route.Standing{Success: 1}
}

func rests(names ...string) stands {
	s := stands{}
	for _, n := range names {
		s[n] = route.Standing{Rests: true, Success: 1}
	}
	return s
}

func out(names ...string) stands {
	s := stands{}
	for _, n := range names {
		s[n] = route.Standing{Out: true, Why: "drained: " + n + " is renewed"}
	}
	return s
}

func shares(pairs ...any) (out []gateway.Share) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, gateway.Share{Target: pairs[i].(string), Weight: float64(pairs[i+1].(int))})
	}
	return out
}

func balance(by string, pairs ...any) *gateway.Balance {
	return &gateway.Balance{By: by, Targets: shares(pairs...)}
}

func compile(t testing.TB, routes map[string]*gateway.Route) *route.Table {
	t.Helper()
	for name, r := range routes {
		r.Name = name
	}
	table, err := route.Compile(routes)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func steps(s ...gateway.Step) *gateway.Route { return &gateway.Route{Steps: s} }

func stick(value string) func(string) string { return func(string) string { return value } }

func plan(t testing.TB, table *route.Table, a *route.Ask) route.Plan {
	t.Helper()
	p, err := table.Plan(world, gate(map[string]string{"chatty": "b"}, nil), a, nil)
	if err != nil {
		t.Fatalf("%s: %v", a.Model, err)
	}
	return p
}

func order(ts []route.Target) string {
	var names []string
	for _, t := range ts {
		names = append(names, t.Provider.Name+"/"+t.Model)
	}
	return strings.Join(names, " ")
}

func TestAPlanIsTheFirstStepThatAppliesAndItsFallbacks(t *testing.T) {
	table := compile(t, map[string]*gateway.Route{
		"tiers": {
			Fallback: []string{"e/last"},
			Steps: []gateway.Step{
				{Name: "free", When: `user == "free"`, Use: "a/one"},
				{When: `user == "own"`, Use: "a/one", Fallback: []string{"b/x", "c/x", "a/one"}},
				{When: `user == "nested"`, Use: "inner"},
				{When: `user == "spread"`, Split: shares("b/x", 1)},
				{When: `user == "bare"`, Use: "one", Fallback: []string{"both"}},
				{When: `user == "lost"`, Use: "nobody-has-it", Fallback: []string{"c/x"}},
				{Use: "b/rest"},
			},
		},
		"inner": {Steps: []gateway.Step{{Use: "c/in", Fallback: []string{"d/in"}}}},
	})
	for user, want := range map[string]string{
		"free": "free: a/one e/last", "own": "steps[1]: a/one b/x c/x", "nested": "steps[2]: c/in d/in e/last", "spread": "steps[3]: b/x e/last",
		"bare": "steps[4]: a/one b/both", "lost": "steps[5]: c/x", "": "steps[6]: b/rest e/last",
	} {
		p := plan(t, table, &route.Ask{Model: "tiers", Family: "chatty", Vars: &expr.Vars{User: user}})
		if got := p.Step + ": " + order(p.Targets); got != want || p.Route != "tiers" {
			t.Errorf("%s: %s of %s, want %s", user, got, p.Route, want)
		}
	}
}

func TestWhatTheStepLeavesEmptyTheRouteSays(t *testing.T) {
	warm, cold, most := 0.9, 0.1, int64(100)
	table := compile(t, map[string]*gateway.Route{
		"r": {
			ContextWindow: []string{"c/long"}, ContentPolicy: []string{"d/free"}, ContinueOn: "e/on", Sticky: "user", Timeout: time.Minute, MaxOutput: 77,
			Hedge: &gateway.Hedge{After: time.Second}, Limits: []*gateway.Rule{{Name: "r"}},
			Override: &gateway.Override{System: "Be kind.", Temperature: &cold, MaxOutput: &most, Set: map[string]jsonText{"a": jsonText(`1`), "b": jsonText(`2`)}},
			Steps: []gateway.Step{
				{When: `user == "plain"`, Use: "a/x"},
				{When: `key.name == "vip"`, Limits: []*gateway.Rule{{Name: "vip"}}, Fallback: []string{"d/vip"}, Override: &gateway.Override{TopP: &cold, Effort: "high"}},
				{Use: "b/x", ContextWindow: []string{"e/long", "e/long"}, Hedge: &gateway.Hedge{To: "c/h"}, Limits: []*gateway.Rule{{Name: "own"}},
					Override: &gateway.Override{Temperature: &warm, Effort: "low", Set: map[string]jsonText{"b": jsonText(`3`)}}},
			},
		},
		"outer": {Timeout: time.Hour, Steps: []gateway.Step{{Use: "r", ContentPolicy: []string{"a/outer"}}}},
	})
	for _, c := range []struct {
		model, user, key                           string
		targets, window, policy, on, hedge, owners string
		after, timeout                             time.Duration
		override                                   string
	}{
		{"r", "plain", "", "a/x", "c/long", "d/free", "e/on", "", "route/r", time.Second, time.Minute, `Be kind. t=0.1 p=0 "" n=100 map[a:1 b:2]`},
		{"r", "", "", "b/x", "e/long", "d/free", "e/on", "c/h", "route/r route/r/steps[2]", 0, time.Minute, `Be kind. t=0.9 p=0 "low" n=100 map[a:1 b:3]`},
		{"r", "", "vip", "b/x d/vip", "e/long", "d/free", "e/on", "c/h", "route/r route/r/steps[1] route/r/steps[2]", 0, time.Minute, `Be kind. t=0.9 p=0.1 "low" n=100 map[a:1 b:3]`},
		{"outer", "", "", "b/x", "e/long", "a/outer", "e/on", "c/h", "route/r route/r/steps[2]", 0, time.Hour, `Be kind. t=0.9 p=0 "low" n=100 map[a:1 b:3]`},
	} {
		p := plan(t, table, &route.Ask{Model: c.model, Vars: &expr.Vars{User: c.user, Key: expr.Key{Name: c.key}}, Stick: stick("x")})
		slices.Sort(p.Owners)
		o := p.Override
		override := fmt.Sprintf("%s t=%v p=%v %q n=%v %s", o.System, value(o.Temperature), value(o.TopP), o.Effort, value(o.MaxOutput), o.Set)
		got := []any{order(p.Targets), order(p.ContextWindow), order(p.ContentPolicy), order(p.ContinueOn), order(p.Hedge.To), strings.Join(p.Owners, " "), p.Hedge.After, p.Timeout, override, p.MaxOutput, p.Sticky != 0}
		want := []any{c.targets, c.window, c.policy, c.on, c.hedge, c.owners, c.after, c.timeout, c.override, int64(77), true}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s %s %s: %v, want %v", c.model, c.user, c.key, got[i], want[i])
			}
		}
	}
	limits := table.Limits()
	if len(limits) != 3 || limits["route/r"][0].Name != "r" || limits["route/r/steps[1]"][0].Name != "vip" || limits["route/r/steps[2]"][0].Name != "own" {
		t.Errorf("%v", limits)
	}
}

type jsonText = json.RawMessage

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func TestTargetsThatRestStandBehindAndThoseThatAreOutGo(t *testing.T) {
	table := compile(t, map[string]*gateway.Route{
		"r": {Fallback: []string{"c/x", "d/x"}, ContextWindow: []string{"e/x", "c/x"}, Hedge: &gateway.Hedge{To: "e/x"}, Shadow: []gateway.Shadow{{To: "e/x"}}, Steps: []gateway.Step{{Balance: balance("round_robin", "a/x", 1, "b/x", 1)}}},
	})
	for _, c := range []struct {
		state stands
		want  string
	}{
		{rests("c/x"), "a/x b/x d/x c/x"}, {rests("a/x", "c/x"), "b/x d/x a/x c/x"}, {rests("a/x", "b/x", "c/x", "d/x"), "a/x b/x c/x d/x"},
		{out("a/x", "d/x"), "b/x c/x"}, {out("a/x", "b/x", "d/x"), "c/x"},
	} {
		a := &route.Ask{Model: "r", Vars: &expr.Vars{}, State: c.state, Explain: true}
		if p := plan(t, table, a); order(p.Targets) != c.want {
			t.Errorf("%v: %s, want %s", c.state, order(p.Targets), c.want)
		}
	}
	p := plan(t, table, &route.Ask{Model: "r", Vars: &expr.Vars{}, State: out("e/x")})
	if order(p.ContextWindow) != "c/x" || p.Hedge != nil || p.Shadow != nil {
		t.Errorf("what is out is used after all: %+v", p)
	}
}

func TestOneTargetThatRestsIsStillTried(t *testing.T) {
	table := compile(t, map[string]*gateway.Route{"r": steps(gateway.Step{Use: "a/x"})})
	for _, model := range []string{"r", "a/x"} {
		p := plan(t, table, &route.Ask{Model: model, Vars: &expr.Vars{}, State: rests("a/x")})
		if order(p.Targets) != "a/x" || !p.Targets[0].Rests {
			t.Errorf("%s: %+v", model, p.Targets)
		}
	}
}

func TestTheCallersFallbacksReplaceTheRoutes(t *testing.T) {
	table := compile(t, map[string]*gateway.Route{
		"r": {Fallback: []string{"c/x"}, Steps: []gateway.Step{{Use: "in"}}}, "in": {Fallback: []string{"d/x"}, Steps: []gateway.Step{{Use: "a/x"}}},
	})
	for _, c := range []struct{ model, fallback, want string }{
		{"r", "", "a/x d/x c/x"}, {"r", "b/x,e/x", "a/x b/x e/x"}, {"a/y", "b/x,a/y", "a/y b/x"}, {"a/y", "r", "a/y a/x"}, {"one", "both", "a/one b/both"},
	} {
		a := &route.Ask{Model: c.model, Family: "chatty"}
		if c.fallback != "" {
			a.Fallback = strings.Split(c.fallback, ",")
		}
		if p := plan(t, table, a); order(p.Targets) != c.want {
			t.Errorf("%s, %s: %s, want %s", c.model, c.fallback, order(p.Targets), c.want)
		}
	}
}

func TestAProviderNamedByTheCallerGoesBeforeARoute(t *testing.T) {
	table := compile(t, map[string]*gateway.Route{"r": steps(gateway.Step{Use: "a/x"})})
	if p := plan(t, table, &route.Ask{Model: "r", Provider: "b"}); order(p.Targets) != "b/r" || p.Route != "" {
		t.Errorf("%+v", p)
	}
}

func TestAPlanThatCannotBeMadeSaysWhy(t *testing.T) {
	table := compile(t, map[string]*gateway.Route{
		"r":    steps(gateway.Step{Name: "free", When: `metadata.plan == "free"`, Use: "a/x"}, gateway.Step{When: `metadata.plan > 5`, Use: "a/y"}, gateway.Step{Sticky: "user"}),
		"all":  {Operations: []string{"chat", "embeddings"}, Steps: []gateway.Step{{Use: "a/x", Fallback: []string{"b/x"}}}},
		"deep": steps(gateway.Step{Use: "r"}),
	})
	for name, c := range map[string]struct {
		ask  route.Ask
		code fault.Code
		says []string
	}{
		"no step":        {route.Ask{Model: "r", Vars: &expr.Vars{Late: plans{"gold"}}}, fault.ModelNotFound, []string{"'r'", `free does not hold (metadata.plan == "free")`, "steps[1] cannot be decided", "steps[2] names no targets"}},
		"no step within": {route.Ask{Model: "deep"}, fault.NoHealthyTarget, []string{"'deep'", "r (none of its steps applies)"}},
		"all out":        {route.Ask{Model: "all", State: out("a/x", "b/x")}, fault.NoHealthyTarget, []string{"'all'", "a/x (drained: a/x is renewed), b/x (drained"}},
		"a model out":    {route.Ask{Model: "a/x", State: out("a/x")}, fault.NoHealthyTarget, []string{"a/x (drained"}},
		"operation":      {route.Ask{Model: "all", Vars: &expr.Vars{Operation: "images"}}, fault.UnsupportedOperation, []string{"'all' serves chat, embeddings, not images"}},
		"no fallback":    {route.Ask{Model: "a/x", Fallback: []string{"zzz"}}, fault.InvalidRequest, []string{"sluice-fallback", "'zzz'"}},
		"unknown":        {route.Ask{Model: "s"}, fault.ModelNotFound, []string{"'s'"}},
	} {
		p, err := table.Plan(world, gate(nil, nil), &c.ask, nil)
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != c.code || len(p.Targets) > 0 {
			t.Errorf("%s: %+v, %v", name, p.Targets, err)
			continue
		}
		for _, want := range c.says {
			if !strings.Contains(f.Message, want) {
				t.Errorf("%s: %q does not say %q", name, f.Message, want)
			}
		}
	}
}

// plans is a call whose metadata has a plan.
type plans struct{ plan string }

func (p plans) Metadata() map[string]any    { return map[string]any{"plan": p.plan} }
func (plans) InputTokens() int64            { return 0 }
func (plans) Budget() (share, left float64) { return 0, 0 }

func TestAConditionMaySpeakOfTargetsHealth(t *testing.T) {
	table := compile(t, map[string]*gateway.Route{
		"r":  steps(gateway.Step{When: `healthy["a/x"] && healthy["in"]`, Use: "a/x"}, gateway.Step{When: `!healthy["b/x"]`, Use: "d/x"}, gateway.Step{When: `healthy["no/such"]`, Use: "e/x"}),
		"in": steps(gateway.Step{Split: shares("b/x", 1, "c/x", 1)}),
	})
	for _, c := range []struct {
		state stands
		want  string
	}{{nil, "a/x"}, {rests("c/x"), "a/x"}, {rests("b/x", "c/x"), "d/x"}, {out("a/x"), "e/x"}, {out("a/x", "b/x"), "d/x"}} {
		if p := plan(t, table, &route.Ask{Model: "r", Vars: &expr.Vars{}, State: c.state}); order(p.Targets) != c.want {
			t.Errorf("%v: %s, want %s", c.state, order(p.Targets), c.want)
		}
	}
	if !table.Mentions("r", "healthy") || table.Mentions("in", "healthy") || table.Mentions("a/x", "healthy") {
		t.Error("Mentions")
	}
}

func TestTheRouteAskedForIsWhatConditionsSee(t *testing.T) {
	table := compile(t, map[string]*gateway.Route{
		"r": steps(gateway.Step{Use: "in"}), "in": steps(gateway.Step{When: `route == "r"`, Use: "a/x"}, gateway.Step{Use: "b/x"}),
	})
	for model, want := range map[string]string{"r": "a/x", "in": "b/x"} {
		if p := plan(t, table, &route.Ask{Model: model, Vars: &expr.Vars{}}); order(p.Targets) != want {
			t.Errorf("%s: %s", model, order(p.Targets))
		}
	}
}

func TestExplainTellsEveryStepAndTheSamePlan(t *testing.T) {
	table := compile(t, map[string]*gateway.Route{
		"r":  {Fallback: []string{"e/x"}, Steps: []gateway.Step{{When: "stream", Use: "a/x"}, {Sticky: "user"}, {Name: "rest", Balance: balance("round_robin", "b/x", 1, "in", 1, "d/x", 1)}}},
		"in": steps(gateway.Step{Split: shares("a/x", 1, "c/x", 3)}),
	})
	for range 50 {
		a := &route.Ask{Model: "r", Vars: &expr.Vars{}, Random: 7, State: out("d/x"), Explain: true}
		told := plan(t, table, a)
		a.Explain = false
		done := plan(t, table, a)
		if order(told.Targets) != order(done.Targets) || len(done.Trace) != 0 {
			t.Fatalf("told %s, done %s", order(told.Targets), order(done.Targets))
		}
		var steps []string
		for _, tried := range told.Trace {
			steps = append(steps, fmt.Sprintf("%s/%s %v", tried.Route, tried.Step, tried.Matched))
		}
		if got := strings.Join(steps, ", "); got != "r/steps[0] false, r/steps[1] true, r/rest true, in/steps[0] true" {
			t.Fatal(got)
		}
		last := told.Trace[2]
		if strings.Join(last.Targets, " ") != order(told.Targets) || !strings.Contains(last.Why, "round_robin: ") || !strings.Contains(last.Why, "left out: d/x (drained") {
			t.Fatalf("%+v", last)
		}
		if !strings.Contains(told.Trace[3].Why, "is chosen by share") {
			t.Fatalf("%+v", told.Trace[3])
		}
	}
	if p := plan(t, nil, &route.Ask{Model: "a/x", Explain: true}); len(p.Trace) != 1 || p.Trace[0].Targets[0] != "a/x" {
		t.Errorf("%+v", p.Trace)
	}
}
