package route_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/route"
)

// maker makes routes at random. Those of a later letter stand within those of an earlier
// one.
type maker struct{ *rand.Rand }

func (m maker) target(level int) string {
	if level < 4 && m.IntN(4) == 0 {
		return fmt.Sprint("r", level+1)
	}
	return string("abcde"[m.IntN(5)]) + "/" + string("xyz"[m.IntN(3)])
}

func (m maker) targets(level, most int) (out []string) {
	for range m.IntN(most + 1) {
		out = append(out, m.target(level))
	}
	return out
}

func (m maker) shares(level int) []gateway.Share {
	out := []gateway.Share{{Target: m.target(level), Weight: 1 + m.Float64()}}
	for range m.IntN(5) {
		out = append(out, gateway.Share{Target: m.target(level), Weight: float64(m.IntN(4))})
	}
	return out
}

func (m maker) step(level int) gateway.Step {
	s := gateway.Step{Fallback: m.targets(level, 2), ContextWindow: m.targets(level, 2), ContentPolicy: m.targets(level, 2), ContinueOn: m.target(level)}
	s.When = []string{"", "stream", "!stream", `healthy["a/x"]`, `healthy["r4"]`, `user.startsWith("user")`}[m.IntN(6)]
	s.Sticky = []string{"", "", "user"}[m.IntN(3)]
	if m.IntN(3) == 0 {
		s.Hedge, s.Shadow = &gateway.Hedge{To: m.target(level)}, []gateway.Shadow{{To: m.target(level), Share: 50}}
	}
	switch m.IntN(5) {
	case 0:
		s.Use = m.target(level)
	case 1:
		s.Split = m.shares(level)
	case 2, 3:
		by := []string{gateway.ByWeight, gateway.ByTurn, gateway.ByLoad, gateway.ByLatency, gateway.ByPrice, gateway.ByValue}[m.IntN(6)]
		s.Balance = &gateway.Balance{By: by, Targets: m.shares(level)}
	case 4:
		s.Canary = &gateway.Canary{From: m.target(level), To: m.target(level)}
	}
	return s
}

func (m maker) routes() map[string]*gateway.Route {
	out := map[string]*gateway.Route{}
	for level := range 5 {
		r := &gateway.Route{}
		for range 1 + m.IntN(3) {
			r.Steps = append(r.Steps, m.step(level))
		}
		out[fmt.Sprint("r", level)] = r
	}
	return out
}

func (m maker) state() stands {
	s := stands{}
	for _, p := range "abcde" {
		for _, id := range "xyz" {
			s[string(p)+"/"+string(id)] = route.Standing{
				Out: m.IntN(5) == 0, Why: "drained", Rests: m.IntN(4) == 0, Busy: m.Int64N(5), First: 1000 * 1000 * 7, Success: m.Float64(), Price: m.Float64(), Priced: m.IntN(2) == 0,
			}
		}
	}
	return s
}

func (m maker) ask(state route.State) *route.Ask {
	a := &route.Ask{Model: "r0", Vars: &expr.Vars{Stream: m.IntN(2) == 0, User: "user"}, State: state, Random: m.Uint64(), Stage: func(string) float64 { return 30 }}
	if m.IntN(2) == 0 {
		a.Stick = stick(fmt.Sprint(m.IntN(100)))
	}
	if m.IntN(4) == 0 {
		a.Fallback = m.targets(0, 3)
	}
	return a
}

func TestWhateverTheRoutesPlansAreSound(t *testing.T) {
	planned, refused := 0, 0
	for seed := range uint64(200) {
		m := maker{rand.New(rand.NewPCG(seed, 1))}
		table := compile(t, m.routes())
		for range 10 {
			state := m.state()
			a := m.ask(state)
			a.Explain = true
			told, toldErr := table.Plan(world, gate(nil, nil), a, nil)
			a.Explain = false
			p, err := table.Plan(world, gate(nil, nil), a, make([]route.Target, 0, 3))
			if (err == nil) != (toldErr == nil) || order(told.Targets) != order(p.Targets) || order(told.Shadow) != order(p.Shadow) || told.Arm != p.Arm {
				t.Fatalf("seed %d: told %s, %v; done %s, %v", seed, order(told.Targets), toldErr, order(p.Targets), err)
			}
			if err != nil {
				refused++
				sayable(t, err)
				continue
			}
			planned++
			if len(p.Targets) == 0 {
				t.Fatalf("seed %d: an empty plan", seed)
			}
			for _, ts := range [][]route.Target{p.Targets, p.ContextWindow, p.ContentPolicy, p.ContinueOn, p.Shadow} {
				sound(t, seed, ts, state)
			}
		}
	}
	if planned < 500 || refused < 50 {
		t.Errorf("%d plans and %d refusals prove little", planned, refused)
	}
}

func sayable(t *testing.T, err error) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.ModelNotFound && f.Code != fault.NoHealthyTarget || len(f.Message) < 30 {
		t.Fatal(err)
	}
}

// sound holds: no target twice, none that is out, those that rest behind the others.
func sound(t *testing.T, seed uint64, ts []route.Target, state stands) {
	t.Helper()
	seen, resting := map[string]bool{}, false
	for i := range ts {
		name := order(ts[i : i+1])
		if seen[name] || state[name].Out || ts[i].Rests != state[name].Rests || resting && !ts[i].Rests {
			t.Fatalf("seed %d: %s in %s", seed, name, order(ts))
		}
		seen[name], resting = true, ts[i].Rests
	}
}
