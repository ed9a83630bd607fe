package route_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/route"
)

const many = 10_000

// counts plans many calls and counts the first targets. sticky gives each call a value of
// its own.
func counts(t testing.TB, table *route.Table, sticky bool, stage func(string) float64) map[string]float64 {
	t.Helper()
	got, luck := map[string]float64{}, rand.New(rand.NewPCG(1, 2))
	for i := range many {
		a := &route.Ask{Model: "r", Vars: &expr.Vars{}, Random: luck.Uint64(), Stage: stage}
		if sticky {
			a.Stick = stick(fmt.Sprint("user-", i))
		}
		got[order(plan(t, table, a).Targets[:1])] += 100.0 / many
	}
	return got
}

func TestSharesComeOutWithinOnePerCent(t *testing.T) {
	split := []gateway.Share{{Target: "a/x", Weight: 90}, {Target: "b/x", Weight: 9}, {Target: "c/x", Weight: 1}, {Target: "d/x"}}
	for name, step := range map[string]gateway.Step{
		"split":    {Split: split},
		"weighted": {Balance: &gateway.Balance{By: gateway.ByWeight, Targets: split}},
	} {
		for _, sticky := range []bool{false, true} {
			step.Sticky = "user"
			got := counts(t, compile(t, map[string]*gateway.Route{"r": steps(step)}), sticky, nil)
			for _, s := range split {
				if off := math.Abs(got[s.Target] - s.Weight); off > 1 || !sticky && off > 0.05 {
					t.Errorf("%s, sticky %v: %s has %.2f %%, want %v", name, sticky, s.Target, got[s.Target], s.Weight)
				}
			}
		}
	}
}

func TestACanaryGetsItsStagesShare(t *testing.T) {
	table := compile(t, map[string]*gateway.Route{"r": {Sticky: "user", Steps: []gateway.Step{{Canary: &gateway.Canary{From: "a/x", To: "b/x"}}}}})
	for _, share := range []float64{0, 5, 50, 100} {
		for _, sticky := range []bool{false, true} {
			got := counts(t, table, sticky, func(place string) float64 {
				if place != "r/steps[0]" {
					t.Fatal(place)
				}
				return share
			})
			if off := math.Abs(got["b/x"] - share); off > 1 || (share == 0 || share == 100) && off > 1e-6 {
				t.Errorf("stage %v, sticky %v: %v", share, sticky, got)
			}
		}
	}
	if got := counts(t, table, false, nil); got["b/x"] != 0 {
		t.Errorf("before its schedule: %v", got)
	}
}

func TestWhoIsInACanaryStaysInItWhileItGrows(t *testing.T) {
	table := compile(t, map[string]*gateway.Route{"r": {Sticky: "user", Steps: []gateway.Step{{Canary: &gateway.Canary{From: "a/x", To: "b/x"}}}}})
	for i := range 500 {
		in := false
		for share := range 101 {
			p := plan(t, table, &route.Ask{Model: "r", Stick: stick(fmt.Sprint(i)), Stage: func(string) float64 { return float64(share) }})
			if p.Arm != order(p.Targets) || in && p.Arm != "b/x" {
				t.Fatalf("%d at %d %%: %s", i, share, p.Arm)
			}
			in = p.Arm == "b/x"
		}
		if !in {
			t.Fatalf("%d is not in it at 100 %%", i)
		}
	}
}

// choices gives the arm of many sticky values.
func choices(t testing.TB, split []gateway.Share) []string {
	t.Helper()
	table := compile(t, map[string]*gateway.Route{"r": {Sticky: "user", Steps: []gateway.Step{{Name: "s", Split: split}}}})
	out := make([]string, many)
	for i := range out {
		out[i] = plan(t, table, &route.Ask{Model: "r", Stick: stick(fmt.Sprint("session ", i)), Random: rand.Uint64()}).Arm
	}
	return out
}

func TestAStickyChoiceIsTheSameOnEveryNodeAndAfterEveryRestart(t *testing.T) {
	split := shares("a/x", 50, "b/x", 30, "c/x", 20)
	first := choices(t, split)
	slices.Reverse(split)
	if !slices.Equal(first, choices(t, split)) {
		t.Error("another table chooses otherwise")
	}
	// Written down: these choices may never change, whatever version runs.
	if got := fmt.Sprint(first[:12]); got != "[b/x a/x b/x a/x c/x c/x b/x b/x a/x a/x b/x a/x]" {
		t.Error(got)
	}
}

func TestOnlyTheShareThatMustMoveMovesWhenWeightsChange(t *testing.T) {
	for name, c := range map[string]struct {
		before, after []gateway.Share
		moves         float64 // per cent
		to, from      string
	}{
		"two arms":     {shares("a/x", 90, "b/x", 10), shares("a/x", 80, "b/x", 20), 10, "b/x", "a/x"},
		"one heavier":  {shares("a/x", 40, "b/x", 40, "c/x", 20), shares("a/x", 40, "b/x", 40, "c/x", 80), 30, "c/x", ""},
		"one lighter":  {shares("a/x", 40, "b/x", 40, "c/x", 20), shares("a/x", 40, "b/x", 40, "c/x", 0), 20, "", "c/x"},
		"one is new":   {shares("a/x", 1, "b/x", 1), shares("a/x", 1, "b/x", 1, "c/x", 2), 50, "c/x", ""},
		"one is gone":  {shares("a/x", 1, "b/x", 1, "c/x", 2), shares("a/x", 1, "b/x", 1), 50, "", "c/x"},
		"other units":  {shares("a/x", 1, "b/x", 3), shares("a/x", 25, "b/x", 75), 0, "", ""},
		"other places": {shares("a/x", 1, "b/x", 3), shares("b/x", 3, "a/x", 1), 0, "", ""},
	} {
		before, after := choices(t, c.before), choices(t, c.after)
		moved := 0
		for i := range before {
			if before[i] == after[i] {
				continue
			}
			moved++
			if c.to != "" && after[i] != c.to || c.from != "" && before[i] != c.from {
				t.Fatalf("%s: one moves from %s to %s", name, before[i], after[i])
			}
		}
		if got := 100 * float64(moved) / many; math.Abs(got-c.moves) > 1 {
			t.Errorf("%s: %.2f %% move, want %v", name, got, c.moves)
		}
	}
}

func TestAStepInFrontMovesNobody(t *testing.T) {
	half := shares("a/x", 1, "b/x", 1)
	before := compile(t, map[string]*gateway.Route{"r": {Sticky: "user", Steps: []gateway.Step{{Split: half}}}})
	after := compile(t, map[string]*gateway.Route{"r": {Sticky: "user", Steps: []gateway.Step{{When: "stream", Use: "c/x"}, {Split: half}}}})
	for i := range 1000 {
		ask := func(table *route.Table) string {
			return plan(t, table, &route.Ask{Model: "r", Stick: stick(fmt.Sprint(i))}).Arm
		}
		if ask(before) != ask(after) {
			t.Fatal(i)
		}
	}
}

func TestAnArmThatIsOutGivesItsShareToTheOthersAndGetsItBack(t *testing.T) {
	table := compile(t, map[string]*gateway.Route{"r": {Sticky: "user", Fallback: []string{"e/x"}, Steps: []gateway.Step{{Split: shares("a/x", 50, "b/x", 30, "c/x", 20)}}}})
	for i := range 1000 {
		ask := func(s stands) route.Plan {
			return plan(t, table, &route.Ask{Model: "r", Stick: stick(fmt.Sprint(i)), State: s})
		}
		was, now, rested := ask(nil), ask(out("b/x")), ask(rests("b/x"))
		if was.Arm != "b/x" && now.Arm != was.Arm || now.Arm == "b/x" || len(now.Targets) != 2 {
			t.Fatalf("%s, then %s of %s", was.Arm, now.Arm, order(now.Targets))
		}
		if rested.Arm != was.Arm || was.Arm == "b/x" && order(rested.Targets) != "e/x b/x" {
			t.Fatalf("%s rests: %s", was.Arm, order(rested.Targets))
		}
		if was.Sticky == 0 || was.Sticky != now.Sticky {
			t.Fatal("what pins the credential changes")
		}
	}
}

func TestRoutesAndNamedStepsDrawIndependently(t *testing.T) {
	half := shares("a/x", 1, "b/x", 1)
	table := compile(t, map[string]*gateway.Route{
		"r": {Sticky: "user", Steps: []gateway.Step{{Name: "streams", When: "stream", Split: half}, {Split: half}}}, "s": {Sticky: "user", Steps: []gateway.Step{{Split: half}}},
	})
	same, across := 0, 0
	for i := range many {
		arm := func(model string, stream bool) string {
			return plan(t, table, &route.Ask{Model: model, Vars: &expr.Vars{Stream: stream}, Stick: stick(fmt.Sprint(i))}).Arm
		}
		if arm("r", false) == arm("r", true) {
			same++
		}
		if arm("r", false) == arm("s", false) {
			across++
		}
	}
	if math.Abs(float64(same)/many-0.5) > 0.02 || math.Abs(float64(across)/many-0.5) > 0.02 {
		t.Errorf("of %d draws %d and %d are alike", many, same, across)
	}
}

func TestAShadowGetsItsShare(t *testing.T) {
	for _, sticky := range []string{"", "user"} {
		table := compile(t, map[string]*gateway.Route{"r": {Sticky: sticky, Shadow: []gateway.Shadow{{To: "b/x", Share: 25}, {To: "c/x"}}, Steps: []gateway.Step{{Use: "a/x"}}}})
		n, all := 0, 0
		for i := range many {
			a := &route.Ask{Model: "r", Random: rand.Uint64(), Stick: stick(fmt.Sprint(i))}
			p := plan(t, table, a)
			if slices.ContainsFunc(p.Shadow, func(t route.Target) bool { return t.Provider.Name == "b" }) {
				n++
			}
			if slices.ContainsFunc(p.Shadow, func(t route.Target) bool { return t.Provider.Name == "c" }) {
				all++
			}
		}
		if math.Abs(float64(n)/many-0.25) > 0.02 || all != many {
			t.Errorf("sticky %q: %d and %d of %d", sticky, n, all, many)
		}
	}
}
