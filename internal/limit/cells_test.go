package limit

import (
	"math/rand/v2"
	"testing"
)

func TestCellsAgreeWithAMapOfWhatTheyHold(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var s cells
	type amount struct{ n, held int64 }
	model := map[int64]amount{}
	now := int64(0)
	for step := range 50_000 {
		key := now + 1 + rng.Int64N(40)
		n := 1 + rng.Int64N(9)
		switch rng.IntN(4) {
		case 0, 1:
			s.add(key, n, n)
			model[key] = amount{model[key].n + n, model[key].held + n}
		case 2:
			if had := min(n, model[key].held); had > 0 {
				used := rng.Int64N(had + 1)
				s.settle(key, had, used)
				model[key] = amount{model[key].n + used - had, model[key].held - had}
			}
		default:
			now += rng.Int64N(12)
			s.leave(now, now+100)
			for k := range model {
				if k <= now {
					delete(model, k)
				}
			}
		}
		var sum amount
		for _, m := range model {
			sum.n, sum.held = sum.n+m.n, sum.held+m.held
		}
		if s.sum != sum.n || s.held != sum.held {
			t.Fatalf("step %d: sum %d, held %d, want %d and %d: %+v", step, s.sum, s.held, sum.n, sum.held, s)
		}
		for _, c := range s.live() {
			if m := model[c.key]; m.n != c.n || m.held != c.held {
				t.Fatalf("step %d: cell %+v, want %+v", step, c, m)
			}
		}
	}
}
