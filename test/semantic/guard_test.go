package semantic_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/cache/semantic"
)

func TestTheGuardAloneRefusesLookAlikes(t *testing.T) {
	g := semantic.NewGuard()
	var refused, kept halves
	for _, p := range load(t, "alike.jsonl") {
		why, differ := g.Differ(p.A, p.B)
		back, also := g.Differ(p.B, p.A)
		if differ != also {
			t.Errorf("line %d: %q one way, %q the other", p.Line, why, back)
		}
		refused.count(p, differ)
		if !differ && p.seen() {
			t.Logf("shared, line %d (%s): %q and %q", p.Line, p.Kind, p.A, p.B)
		}
	}
	for _, p := range load(t, "same.jsonl") {
		why, differ := g.Differ(p.A, p.B)
		back, also := g.Differ(p.B, p.A)
		if differ != also {
			t.Errorf("line %d: %q one way, %q the other", p.Line, why, back)
		}
		kept.count(p, !differ)
		if differ && p.seen() {
			t.Logf("refused, line %d (%s): %q and %q", p.Line, why, p.A, p.B)
		}
	}
	for i, half := range [...]string{"seen", "held out"} {
		t.Logf("%s: the guard alone refuses %.1f %% of %d look-alikes and lets %.1f %% of %d that mean the same pass",
			half, refused[i].percent(), refused[i].all, kept[i].percent(), kept[i].all)
		if refused[i].percent() < 95 {
			t.Errorf("%s: only %.1f %% of the look-alikes are refused", half, refused[i].percent())
		}
		if kept[i].percent() < 50 {
			t.Errorf("%s: only %.1f %% of what means the same passes", half, kept[i].percent())
		}
	}
}

// Prompts of different pairs hardly ever mean the same: only those in twins do.
func TestPromptsOfDifferentPairsShareNothing(t *testing.T) {
	g := semantic.NewGuard()
	var all []string
	for _, p := range append(load(t, "same.jsonl"), load(t, "alike.jsonl")...) {
		all = append(all, p.A, p.B)
	}
	const apart = 61 // a prime, so that each prompt meets others all over the set
	shared := 0
	for i := range all {
		for j := i + 2 + i%apart; j < len(all); j += apart {
			if _, differ := g.Differ(all[i], all[j]); !differ && i/2 != j/2 {
				shared++
				t.Logf("shared: %q and %q", all[i], all[j])
			}
		}
	}
	if shared > twins {
		t.Errorf("%d prompts share what they should not", shared)
	}
}

// twins is how many prompts are in two pairs and meet there.
const twins = 3
