package route_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/route"
)

// alike is a State without a map, so that what is measured is the plan.
type alike struct{}

func (alike) Standing(*route.Target) route.Standing {
	return route.Standing{Success: 1, Busy: 3, First: 1000, Price: 0.1, Priced: true}
}

func benchTable(tb testing.TB) *route.Table {
	return compile(tb, map[string]*gateway.Route{
		"two":    {Fallback: []string{"c/x"}, Steps: []gateway.Step{{When: `metadata.plan == "free"`, Use: "a/x"}, {Use: "b/x"}}},
		"split":  {Sticky: "user", Steps: []gateway.Step{{Split: shares("a/x", 90, "b/x", 10), Fallback: []string{"c/x"}}}},
		"quick":  steps(gateway.Step{Balance: balance("lowest_latency", "a/x", 1, "b/x", 1, "c/x", 1, "d/x", 1)}),
		"value":  steps(gateway.Step{Balance: balance("value", "a/x", 1, "b/x", 1, "c/x", 1, "d/x", 1)}),
		"nested": {Override: &gateway.Override{System: "x"}, Steps: []gateway.Step{{Use: "split", Override: &gateway.Override{Effort: "low"}}}},
	})
}

func BenchmarkPlan(b *testing.B) {
	table, g := benchTable(b), gate(nil, nil)
	for _, model := range []string{"a/one", "one", "two", "split", "quick", "value", "nested"} {
		b.Run(model, func(b *testing.B) {
			var room [8]route.Target
			a := &route.Ask{Model: model, Vars: &expr.Vars{Late: ready{"plan": "gold"}}, State: alike{}, Stick: stick("user-1"), Random: 5}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := table.Plan(world, g, a, room[:0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestAPlainNameAllocatesNothing(t *testing.T) {
	table, g := benchTable(t), gate(nil, nil)
	room := make([]route.Target, 0, 8)
	for _, model := range []string{"a/one", "one", "split", "quick"} {
		a := &route.Ask{Model: model, Vars: &expr.Vars{}, State: alike{}, Stick: stick("user-1")}
		if n := testing.AllocsPerRun(100, func() { _, _ = table.Plan(world, g, a, room) }); n != 0 {
			t.Errorf("%s: %v allocations", model, n)
		}
	}
}

// ready is metadata that has been read.
type ready map[string]any

func (r ready) Metadata() map[string]any    { return r }
func (ready) InputTokens() int64            { return 0 }
func (ready) Budget() (share, left float64) { return 0, 0 }
