package semantic_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/cache/semantic"
)

func TestOppositesNeverStandForEachOther(t *testing.T) {
	g := semantic.NewGuard()
	pairs := g.Opposites()
	if len(pairs) < 300 {
		t.Fatalf("only %d pairs", len(pairs))
	}
	for _, p := range pairs {
		if g.StandIn(p[0], p[1]) {
			t.Errorf("%q may stand for %q", p[0], p[1])
		}
	}
}

func TestFormsOfAWordStandForEachOtherAndOtherWordsDoNot(t *testing.T) {
	g := semantic.NewGuard()
	for _, p := range [][2]string{
		{"making", "make"}, {"stopped", "stop"}, {"used", "use"}, {"cities", "city"}, {"boxes", "box"}, {"children", "child"},
		{"wrote", "written"}, {"organise", "organize"}, {"colour", "color"}, {"installation", "install"}, {"payment", "pay"},
		{"performance", "perform"}, {"quickly", "quick"}, {"tried", "try"}, {"car", "automobile"}, {"delete", "removed"},
	} {
		if !g.StandIn(p[0], p[1]) || !g.StandIn(p[1], p[0]) {
			t.Errorf("%q does not stand for %q", p[0], p[1])
		}
	}
	for _, p := range [][2]string{
		{"cat", "category"}, {"import", "importance"}, {"depart", "department"}, {"good", "better"}, {"best", "better"}, {"most", "more"},
		{"plan", "plane"}, {"car", "care"}, {"hard", "hardly"}, {"desert", "dessert"}, {"mean", "median"},
		{"string", "str"}, {"austria", "australia"}, {"employer", "employee"}, {"hyperglycemia", "hypoglycemia"},
	} {
		if g.StandIn(p[0], p[1]) || g.StandIn(p[1], p[0]) {
			t.Errorf("%q stands for %q", p[0], p[1])
		}
	}
}
