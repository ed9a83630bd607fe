package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func near(a, b float64) bool { return math.Abs(a-b) < 5e-4 }

func TestIntervalsAreThoseOfTheTextbooks(t *testing.T) {
	for _, c := range []struct {
		what      string
		e         *Estimate
		low, high float64
	}{
		{"Wilson, 15 of 148", share(15, 148), 0.0624, 0.1605},
		{"Wilson, none of 20", share(0, 20), 0, 0.1611},
		{"Wilson, all of 20", share(20, 20), 0.8389, 1},
		{"Newcombe, 56 of 70 less 48 of 80", Apart(share(48, 80), share(56, 70)), 0.0524, 0.3339},
		{"Newcombe, 9 of 10 less 3 of 10", Apart(share(3, 10), share(9, 10)), 0.1705, 0.8090},
	} {
		if !near(c.e.Low, c.low) || !near(c.e.High, c.high) {
			t.Errorf("%s: %.4f to %.4f, want %.4f to %.4f", c.what, c.e.Low, c.e.High, c.low, c.high)
		}
	}
	if got := student(9); math.Abs(got-2.262) > 0.005 {
		t.Errorf("t of 9 degrees is %.4f", got)
	}
}

// TestIntervalsHoldTheTruthAsOftenAsTheySay draws samples of which the truth is known.
func TestIntervalsHoldTheTruthAsOftenAsTheySay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const times, n = 2000, 200
	held := map[string]int{}
	for range times {
		var values []float64
		var s sum
		bad := 0
		for range n {
			v := r.ExpFloat64()
			values = append(values, v)
			s.add(v)
			if r.Float64() < 0.04 {
				bad++
			}
		}
		values = sorted(values)
		for what, c := range map[string]struct {
			e     *Estimate
			truth float64
		}{
			"share": {share(bad, n), 0.04}, "mean": {s.mean(), 1},
			"p50": {quantile(values, 0.5), math.Ln2}, "p95": {quantile(values, 0.95), math.Log(20)},
		} {
			if c.e.Low <= c.truth && c.truth <= c.e.High {
				held[what]++
			}
		}
	}
	for what, n := range held {
		if part := float64(n) / times; part < 0.93 || part > 0.985 {
			t.Errorf("%s: %.3f of the intervals hold the truth", what, part)
		}
	}
}

func call(target, fault string, latency int64) *gateway.Outcome {
	provider, model, _ := strings.Cut(target, "/")
	tr := gateway.Trial{Provider: provider, Model: model, Fault: fault, LatencyMS: llm.Known(latency), FirstByteMS: llm.Known(latency / 2), Cost: gateway.Cost{Known: true, USD: gateway.Dollar / 100}}
	tr.Usage.Input, tr.Usage.Output = llm.Known(10), llm.Known(latency)
	return &gateway.Outcome{ID: fmt.Sprint(target, fault, latency), Stream: true, Attempts: []gateway.Trial{tr}}
}

func TestACallBelongsToWhomItTriedFirst(t *testing.T) {
	s := Sides{A: ArmOf("a/x"), B: ArmOf("b/x", "b/y")}
	s.Add(call("a/x", "", 100))
	both := call("a/x", "timeout", 900) // a failed, b answered: a's failure, and no call of b's
	both.Attempts = append(both.Attempts, call("b/x", "", 50).Attempts...)
	s.Add(both)
	again := call("b/x", "upstream", 10) // failed, and then answered
	again.Attempts = append(again.Attempts, call("b/y", "", 70).Attempts...)
	s.Add(again)
	s.Add(call("b/x", "gone", 5))
	s.Add(call("c/x", "", 1))
	s.Add(&gateway.Outcome{})
	shadow := call("b/x", "", 3)
	shadow.ShadowOf = "other"
	s.Add(shadow)
	a, b := s.Figures()
	if a.Calls != 2 || a.Failed != 1 || a.LatencyP50.Value != 100 || a.Spent != gateway.Dollar/50 {
		t.Errorf("a: %+v", a)
	}
	if b.Calls != 1 || b.Failed != 0 || b.LatencyP50.Value != 70 || b.Cost.Value != 0.02 || b.FirstP50.Value != 35 {
		t.Errorf("b: %+v", b)
	}
}

func TestAShadowIsComparedWithTheCallsItCopied(t *testing.T) {
	s := Sides{A: ArmOf("a/x"), B: ArmOf("b/x"), Shadows: true}
	for i := range int64(10) { // newest first
		own := call("a/x", "", 100+i)
		if i%2 == 0 {
			shadow := call("b/x", "", 200+i)
			shadow.ShadowOf = own.ID
			s.Add(shadow)
		}
		s.Add(own)
	}
	s.Add(call("b/x", "", 1)) // no shadow
	if a, b := s.Figures(); a.Calls != 5 || b.Calls != 5 || a.LatencyP50.High != 108 || b.LatencyP50.Low != 200 {
		t.Errorf("%+v %+v", a, b)
	}
}

func sides(t *testing.T, n int, badA, badB float64, slowB int64) Comparison {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	s := Sides{A: ArmOf("a/x"), B: ArmOf("b/x")}
	for range n {
		for _, target := range []string{"a/x", "b/x"} {
			bad := badA
			if target == "b/x" {
				bad = badB
			}
			fault, latency := "", 100+r.Int64N(100)
			if r.Float64() < bad {
				fault = "upstream"
			}
			if target == "b/x" {
				latency += slowB
			}
			s.Add(call(target, fault, latency))
		}
	}
	a, b := s.Figures()
	return Compare("a/x", "b/x", a, b)
}

func TestTheVerdictSaysNoMoreThanTheCallsDo(t *testing.T) {
	if c := sides(t, 20, 0, 1, 0); c.Enough || !strings.HasPrefix(c.Verdict, "Too few calls to tell: a/x has 20 and b/x has 20") {
		t.Error(c.Verdict)
	}
	if c := sides(t, 300, 0.05, 0.05, 0); !strings.Contains(c.Verdict, "No sure difference between a/x (300 calls)") {
		t.Error(c.Verdict)
	}
	c := sides(t, 300, 0.01, 0.2, 500)
	for _, part := range []string{"b/x fails more often than a/x: ", "b/x is slower as a rule than a/x: ", "b/x begins later", "b/x writes more tokens", "No sure difference in input_tokens, cost_usd."} {
		if !strings.Contains(c.Verdict, part) {
			t.Errorf("%q is not in: %s", part, c.Verdict)
		}
	}
}

func TestThumbsAreCounted(t *testing.T) {
	s := Sides{A: ArmOf("a/x"), B: ArmOf("b/x")}
	for i := range int64(80) {
		a, b := call("a/x", "", 100+i), call("b/x", "", 100+i)
		if i%2 == 0 {
			a.Feedback, b.Feedback = "down", "up"
		} else if i < 10 {
			a.Feedback = "up"
		}
		s.Add(a)
		s.Add(b)
	}
	a, b := s.Figures()
	if a.Up != 5 || a.Down != 40 || b.Up != 40 || b.Down != 0 || b.Liked.Value != 1 || b.Liked.N != 40 {
		t.Fatalf("%+v %+v", a, b)
	}
	if c := Compare("old", "new", a, b); !strings.Contains(c.Verdict, "new gets more thumbs up than old") {
		t.Error(c.Verdict)
	}
	if one := (&Side{}).Figures(); one.Liked != nil {
		t.Errorf("nobody said anything, and %+v likes it", one.Liked)
	}
}
