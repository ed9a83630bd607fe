package route_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/route"
)

func balanced(t testing.TB, by string, pairs ...any) *route.Table {
	t.Helper()
	return compile(t, map[string]*gateway.Route{"r": {Sticky: "session", Steps: []gateway.Step{{Balance: balance(by, pairs...)}}}})
}

func TestABalanceOrdersByHowItsTargetsStand(t *testing.T) {
	ms := time.Millisecond
	for name, c := range map[string]struct {
		by    string
		state stands
		want  string
	}{
		"least busy":                      {gateway.ByLoad, stands{"a/x": {Busy: 5}, "b/x": {Busy: 2}, "c/x": {Busy: 7}}, "b/x a/x c/x"},
		"least busy for its weight":       {gateway.ByLoad, stands{"a/x": {Busy: 5}, "b/x": {Busy: 3}, "c/x": {Busy: 7}, "weight": {}}, "b/x a/x c/x"},
		"cheapest, unpriced last":         {gateway.ByPrice, stands{"a/x": {Price: 0.2, Priced: true}, "b/x": {}, "c/x": {Price: 0.1, Priced: true}}, "c/x a/x b/x"},
		"cheapest, one rests":             {gateway.ByPrice, stands{"a/x": {Price: 0.2, Priced: true}, "b/x": {}, "c/x": {Price: 0.1, Priced: true, Rests: true}}, "a/x b/x c/x"},
		"cheapest, one is out":            {gateway.ByPrice, stands{"a/x": {Price: 0.2, Priced: true}, "b/x": {}, "c/x": {Price: 0.1, Priced: true, Out: true}}, "a/x b/x"},
		"value: speed tells":              {gateway.ByValue, stands{"a/x": {Price: 1, Priced: true, Success: 1, Speed: 10}, "b/x": {Price: 1, Priced: true, Success: 1, Speed: 90}, "c/x": {Price: 1, Priced: true, Success: 1, Speed: 30}}, "b/x c/x a/x"},
		"value: success tells":            {gateway.ByValue, stands{"a/x": {Price: 1, Priced: true, Success: 0.5, Speed: 10}, "b/x": {Price: 1, Priced: true, Success: 0.9, Speed: 10}, "c/x": {Price: 1, Priced: true, Success: 1, Speed: 10}}, "c/x b/x a/x"},
		"value: price tells":              {gateway.ByValue, stands{"a/x": {Price: 3, Priced: true, Success: 1}, "b/x": {Price: 1, Priced: true, Success: 1}, "c/x": {Success: 1}}, "b/x a/x c/x"},
		"value: free but it always fails": {gateway.ByValue, stands{"a/x": {Price: 0, Priced: true, Success: 0.01, Speed: 10}, "b/x": {Price: 1, Priced: true, Success: 1, Speed: 10}, "c/x": {}}, "b/x a/x c/x"},
		"value: unknown speed is usual":   {gateway.ByValue, stands{"a/x": {Price: 1, Priced: true, Success: 1, Speed: 10}, "b/x": {Price: 1, Priced: true, Success: 1}, "c/x": {Price: 1, Priced: true, Success: 1, Speed: 90}}, "c/x b/x a/x"},
		"latency of two":                  {gateway.ByLatency, stands{"a/x": {First: 300 * ms}, "b/x": {First: 100 * ms, Busy: 1}, "c/x": {Out: true}}, "b/x a/x"},
		"latency, busy":                   {gateway.ByLatency, stands{"a/x": {First: 300 * ms}, "b/x": {First: 100 * ms, Busy: 5}, "c/x": {Out: true}}, "a/x b/x"},
		"latency, unknown and idle":       {gateway.ByLatency, stands{"a/x": {First: 300 * ms}, "b/x": {}, "c/x": {Out: true}}, "b/x a/x"},
		"latency, unknown and busy":       {gateway.ByLatency, stands{"a/x": {First: 300 * ms}, "b/x": {Busy: 1}, "c/x": {Out: true}}, "a/x b/x"},
	} {
		table := balanced(t, c.by, "a/x", 1, "b/x", 1, "c/x", 1)
		if _, ok := c.state["weight"]; ok {
			table = balanced(t, c.by, "a/x", 1, "b/x", 1, "c/x", 1)
		}
		for range 20 {
			p := plan(t, table, &route.Ask{Model: "r", State: c.state, Random: rand.Uint64()})
			if order(p.Targets) != c.want {
				t.Errorf("%s: %s, want %s", name, order(p.Targets), c.want)
				break
			}
		}
	}
}

func TestLoadCountsForItsWeight(t *testing.T) {
	table := balanced(t, gateway.ByLoad, "a/x", 4, "b/x", 1)
	p := plan(t, table, &route.Ask{Model: "r", State: stands{"a/x": {Busy: 4}, "b/x": {Busy: 2}}})
	if order(p.Targets) != "a/x b/x" {
		t.Error(order(p.Targets))
	}
}

func TestWhatWeighsNothingIsNeverFirstButStillTried(t *testing.T) {
	for _, by := range []string{gateway.ByWeight, gateway.ByTurn, gateway.ByLoad, gateway.ByLatency, gateway.ByPrice, gateway.ByValue} {
		table := balanced(t, by, "a/x", 0, "b/x", 1, "c/x", 2)
		for i := range 200 {
			a := &route.Ask{Model: "r", State: stands{"a/x": {Price: 0, Priced: true, Success: 1, Speed: 1000}}, Random: rand.Uint64()}
			if i%2 == 0 {
				a.Stick = stick(fmt.Sprint(i))
			}
			p := plan(t, table, a)
			if len(p.Targets) != 3 || order(p.Targets[2:]) != "a/x" {
				t.Fatalf("%s: %s", by, order(p.Targets))
			}
		}
		if p := plan(t, table, &route.Ask{Model: "r", State: rests("b/x", "c/x")}); order(p.Targets[:1]) != "a/x" {
			t.Errorf("%s: the others rest: %s", by, order(p.Targets))
		}
	}
}

func TestTurnsGoRoundAndSkipWhatRests(t *testing.T) {
	table := balanced(t, gateway.ByTurn, "a/x", 1, "b/x", 1, "c/x", 1)
	turns := func(s stands, n int) string {
		var got []string
		for range n {
			got = append(got, order(plan(t, table, &route.Ask{Model: "r", State: s}).Targets))
		}
		return strings.Join(got, ", ")
	}
	if got := turns(nil, 6); got != "a/x b/x c/x, b/x c/x a/x, c/x a/x b/x, a/x b/x c/x, b/x c/x a/x, c/x a/x b/x" {
		t.Error(got)
	}
	if got := turns(rests("b/x"), 4); got != "a/x c/x b/x, c/x a/x b/x, a/x c/x b/x, c/x a/x b/x" {
		t.Error(got)
	}
}

func TestManyAtOnceTakeEqualTurns(t *testing.T) {
	table := balanced(t, gateway.ByTurn, "a/x", 1, "b/x", 1)
	var mu sync.Mutex
	var wg sync.WaitGroup
	got := map[string]int{}
	for range 8 {
		wg.Go(func() {
			for range 250 {
				p, err := table.Plan(world, gate(nil, nil), &route.Ask{Model: "r", Vars: &expr.Vars{}}, nil)
				if err != nil {
					panic(err)
				}
				mu.Lock()
				got[order(p.Targets[:1])]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if got["a/x"] != 1000 || got["b/x"] != 1000 {
		t.Error(got)
	}
}

func TestASessionStaysAtItsTargetUntilThatRests(t *testing.T) {
	for _, by := range []string{gateway.ByWeight, gateway.ByTurn, gateway.ByLoad, gateway.ByLatency, gateway.ByPrice, gateway.ByValue} {
		table := balanced(t, by, "a/x", 1, "b/x", 1, "c/x", 1)
		used := map[string]bool{}
		for i := range 100 {
			ask := func(s stands) []route.Target {
				return plan(t, table, &route.Ask{Model: "r", Stick: stick(fmt.Sprint(i)), State: s, Random: rand.Uint64()}).Targets
			}
			own := order(ask(nil)[:1])
			used[own] = true
			for _, other := range []string{"a/x", "b/x", "c/x"} {
				s := rests(other)
				s["b/x"] = route.Standing{Busy: 9, Rests: other == "b/x", Price: 1, Priced: true}
				if got := order(ask(s)[:1]); got != own && other != own || got == other {
					t.Fatalf("%s: of %s, %s rests: %s", by, own, other, got)
				}
			}
			if order(ask(nil)[:1]) != own {
				t.Fatal("it does not come back")
			}
		}
		if len(used) != 3 {
			t.Errorf("%s: only %v are used", by, used)
		}
	}
}

func TestEqualTargetsShareTheCalls(t *testing.T) {
	for _, by := range []string{gateway.ByLoad, gateway.ByLatency, gateway.ByPrice, gateway.ByValue} {
		table := balanced(t, by, "a/x", 1, "b/x", 1, "c/x", 1)
		got := map[string]int{}
		for range 3000 {
			got[order(plan(t, table, &route.Ask{Model: "r", Random: rand.Uint64()}).Targets[:1])]++
		}
		for _, n := range got {
			if n < 850 || len(got) != 3 {
				t.Errorf("%s: %v", by, got)
			}
		}
	}
}

func TestTheSlowestOfThreeIsNeverTheBetterOfTwo(t *testing.T) {
	table := balanced(t, gateway.ByLatency, "a/x", 1, "b/x", 1, "c/x", 1)
	got := map[string]int{}
	for range 3000 {
		got[order(plan(t, table, &route.Ask{Model: "r", Random: rand.Uint64(), State: stands{"a/x": {First: 1}, "b/x": {First: 2}, "c/x": {First: 3}}}).Targets[:1])]++
	}
	if got["c/x"] != 0 || got["a/x"] < 1800 || got["a/x"] > 2200 {
		t.Error(got)
	}
}

func TestARouteAmongTargetsKeepsItsOrder(t *testing.T) {
	table := compile(t, map[string]*gateway.Route{
		"r":  steps(gateway.Step{Balance: balance("cheapest", "in", 1, "a/x", 1)}),
		"in": steps(gateway.Step{Use: "b/x", Fallback: []string{"c/x"}}),
	})
	for _, c := range []struct {
		a, b float64
		want string
	}{{2, 1, "b/x c/x a/x"}, {1, 2, "a/x b/x c/x"}} {
		p := plan(t, table, &route.Ask{Model: "r", State: stands{"a/x": {Price: c.a, Priced: true}, "b/x": {Price: c.b, Priced: true}}})
		if order(p.Targets) != c.want {
			t.Errorf("%s, want %s", order(p.Targets), c.want)
		}
	}
}

// worse is a State in which some targets do far worse than the rest.
type worse map[string]bool

func (worse) Standing(*route.Target) route.Standing { return route.Standing{Success: 1} }

func (w worse) Outliers(ts []route.Target) (set uint64) {
	for i, t := range ts {
		if w[t.Provider.Name] {
			set |= 1 << i
		}
	}
	return set
}

func TestATargetThatDoesFarWorseThanTheOthersStandsBehindThem(t *testing.T) {
	table, err := route.Compile(map[string]*gateway.Route{"r": {Name: "r", Steps: []gateway.Step{{Balance: &gateway.Balance{By: gateway.ByTurn, Targets: []gateway.Share{{Target: "alpha/m", Weight: 1}, {Target: "beta/m", Weight: 1}, {Target: "gamma/m", Weight: 1}}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		plan, err := table.Plan(snapshot, gate(nil, nil), &route.Ask{Model: "r", Vars: &expr.Vars{}, State: worse{"beta": true}}, nil)
		if err != nil || len(plan.Targets) != 3 || plan.Targets[2].Provider.Name != "beta" || !plan.Targets[2].Rests {
			t.Fatalf("%+v %v", plan.Targets, err)
		}
	}
}
