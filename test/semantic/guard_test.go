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
