package health_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/health"
)

func took(b *health.Board, id health.ID, first time.Duration) {
	p := b.Begin(id)
	b.Done(&p, health.Outcome{First: first, Latency: 2 * first})
}

// about reports whether two values differ by less than a share.
func about(got, want, share float64) bool { return math.Abs(got-want) <= share*want }

func TestTheTimeToFirstContentRisesAtOnceAndFallsSlowly(t *testing.T) {
	b, c := board()
	if s := b.Stats(target(gpt)); s != (health.Stats{Success: 1}) {
		t.Errorf("nothing is known, and yet %+v", s)
	}
	for range 50 {
		took(b, gpt, 100*time.Millisecond)
		c.pass(10 * time.Millisecond)
	}
	if d := b.Stats(target(gpt)).First; !about(float64(d), 1e8, 0.01) {
		t.Errorf("steady at %v", d)
	}
	took(b, gpt, 5*time.Second)
	if d := b.Stats(target(gpt)).First; d < 4900*time.Millisecond {
		t.Errorf("rose to %v only", d)
	}
	for i, most := range []time.Duration{2400, 1100, 500, 250} {
		for range 1000 {
			took(b, gpt, 100*time.Millisecond)
			c.pass(10 * time.Millisecond)
		}
		if d := b.Stats(target(gpt)).First; d > most*time.Millisecond || i == 0 && d < time.Second {
			t.Errorf("after %d s it is still %v", 10*(i+1), d)
		}
	}
}

func TestATargetThatIsNotUsedBecomesAttractiveAgain(t *testing.T) {
	b, c := board()
	took(b, gpt, 5*time.Second)
	c.pass(time.Minute)
	minute := b.Stats(target(gpt)).First
	c.pass(9 * time.Minute)
	later := b.Stats(target(gpt)).First
	if minute < 3*time.Second || later > 500*time.Millisecond {
		t.Errorf("after a minute %v, after ten %v", minute, later)
	}
}

func TestThe95thPercentileIsExactToATenth(t *testing.T) {
	b, c := board()
	rng := rand.New(rand.NewPCG(1, 2))
	var all []float64
	for i := range 2000 {
		ms := math.Exp(rng.NormFloat64()*0.8 + 6)
		all = append(all, ms)
		took(b, gpt, time.Duration(ms*1e6))
		if i == 18 && b.Stats(target(gpt)).P95 != 0 {
			t.Error("it was told from too few values")
		}
		c.pass(50 * time.Millisecond)
	}
	slices.Sort(all)
	want := all[int(0.95*float64(len(all)))]
	if got := b.Stats(target(gpt)).P95.Seconds() * 1000; !about(got, want, 0.1) {
		t.Errorf("it is %.0f ms, want %.0f", got, want)
	}
	c.pass(5 * time.Minute)
	if got := b.Stats(target(gpt)).P95; got != 0 {
		t.Errorf("it is still %v when all that is long ago", got)
	}
}

func TestSuccessAndSpeedFollowTheCalls(t *testing.T) {
	b, c := board()
	for range 200 {
		p := b.Begin(gpt)
		b.Done(&p, health.Outcome{First: time.Second, Latency: 3 * time.Second, Output: 100})
		call(b, gpt, upstream(fault.UpstreamError, 0))
		c.pass(10 * time.Millisecond)
	}
	s := b.Stats(target(gpt))
	if !about(s.Success, 0.5, 0.1) || !about(s.Speed, 50, 0.01) || s.Calls != 400 {
		t.Errorf("%+v", s)
	}
	p := b.Begin(other)
	b.Done(&p, health.Outcome{First: 2 * time.Second, Latency: 2 * time.Second, Output: 100}) // in one piece
	if s := b.Stats(target(gpt)).Speed; s > 50 {
		t.Errorf("an answer in one piece counts as %v tokens a second", s)
	}
	c.pass(20 * time.Minute)
	if s := b.Stats(target(gpt)); s.Success < 0.99 || s.Calls != 0 {
		t.Errorf("after a long time %+v", s)
	}
}

func TestRepeatsAreATenthOfTheAttemptsAndAFewAlways(t *testing.T) {
	b, c := board()
	if !b.Repeat(target(gpt), 0.1) {
		t.Error("the first is refused")
	}
	few := 0
	for range 20 {
		call(b, gpt, upstream(fault.UpstreamError, 0))
		if b.Repeat(target(gpt), 0.1) {
			few++
			call(b, gpt, upstream(fault.UpstreamError, 0))
		}
	}
	if few != 10 {
		t.Errorf("%d repeats of 20 calls", few)
	}
	c.pass(time.Minute)
	first, again := 0, 0
	for range 6000 { // an outage at 100 calls a second, each repeated when it may
		first++
		call(b, gpt, upstream(fault.UpstreamError, 0))
		if b.Repeat(target(gpt), 0.1) {
			again++
			call(b, gpt, upstream(fault.UpstreamError, 0))
		}
		c.pass(10 * time.Millisecond)
	}
	if share := float64(again) / float64(first); share > 0.1 || share < 0.08 {
		t.Errorf("%.1f %% extra load", share*100)
	}
}

func TestOutliersAreThoseFarWorseThanTheRestAndNeverMoreThanHalf(t *testing.T) {
	type fare struct {
		first time.Duration
		fails int // of ten calls
		calls int
	}
	const ms = time.Millisecond
	ok := fare{100 * ms, 0, 40}
	for _, tt := range []struct {
		name  string
		fares []fare
		want  uint64
	}{
		{"all alike", []fare{ok, ok, ok}, 0},
		{"one fails much", []fare{ok, {100 * ms, 4, 40}, ok}, 0b010},
		{"one fails a little more", []fare{ok, {100 * ms, 2, 40}, ok}, 0},
		{"one is slow", []fare{ok, ok, {400 * ms, 0, 40}}, 0b100},
		{"one is a little slow", []fare{ok, ok, {250 * ms, 0, 40}}, 0},
		{"slow, yet fast enough", []fare{{1 * ms, 0, 40}, {9 * ms, 0, 40}}, 0},
		{"too few calls to tell", []fare{ok, {100 * ms, 8, 10}, ok}, 0},
		{"of two the worse", []fare{{100 * ms, 5, 40}, ok}, 0b01},
		{"both bad", []fare{{100 * ms, 8, 40}, {100 * ms, 8, 40}}, 0},
		{"not more than half", []fare{ok, {900 * ms, 0, 40}, {100 * ms, 9, 40}}, 0b100},
		{"two of four", []fare{ok, {900 * ms, 0, 40}, ok, {100 * ms, 9, 40}}, 0b1010},
		{"alone", []fare{{900 * ms, 9, 40}}, 0},
		{"none", nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, c := board()
			var ts []health.Target
			for i, f := range tt.fares {
				id := health.ID{Provider: "p", Model: fmt.Sprint(i)}
				ts = append(ts, target(id))
				for n := range f.calls {
					if n%10 < f.fails {
						call(b, id, upstream(fault.UpstreamError, 0))
					} else {
						took(b, id, f.first)
					}
				}
			}
			if got := b.Outliers(ts); got != tt.want {
				t.Errorf("%b, want %b", got, tt.want)
			}
			c.pass(time.Minute)
			if got := b.Outliers(ts); got != 0 {
				t.Errorf("%b have no new chance", got)
			}
		})
	}
}

func TestOutliersAreNotSoughtWhereTheRulesSayNo(t *testing.T) {
	b, _ := board(func(o *health.Options) {
		o.Rules = func(string) health.Rules { r := rules; r.Ejects = false; return r }
	})
	for range 40 {
		call(b, gpt, upstream(fault.UpstreamError, 0))
		call(b, health.ID{Provider: "p", Model: "good"}, nil)
	}
	if got := b.Outliers([]health.Target{target(gpt), {Provider: "p", Model: "good"}}); got != 0 {
		t.Errorf("%b", got)
	}
}
