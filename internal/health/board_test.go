package health_test

import (
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/health"
)

func TestWhichFailuresRestATargetAndForHowLong(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		name   string
		faults []*fault.Fault
		rest   time.Duration // 0 = none
	}{
		{"a refused credential at once", []*fault.Fault{upstream(fault.UpstreamAuth, 0)}, 5 * s},
		{"a vendor that is full at once", []*fault.Fault{upstream(fault.UpstreamRateLimited, 0)}, 5 * s},
		{"as long as the vendor says", []*fault.Fault{upstream(fault.UpstreamRateLimited, 17*s)}, 17 * s},
		{"longer than the longest cooldown", []*fault.Fault{upstream(fault.UpstreamRateLimited, 20*time.Minute)}, 20 * time.Minute},
		{"an hour at most", []*fault.Fault{upstream(fault.UpstreamRateLimited, 20*time.Hour)}, time.Hour},
		{"milliseconds", []*fault.Fault{upstream(fault.UpstreamRateLimited, 20*time.Millisecond)}, 20 * time.Millisecond},
		{"a failure that names a time", []*fault.Fault{upstream(fault.UpstreamError, 3*s)}, 3 * s},
		{"one failure is none", []*fault.Fault{upstream(fault.UpstreamError, 0)}, 0},
		{"two are none", []*fault.Fault{upstream(fault.UpstreamTimeout, 0), upstream(fault.UpstreamUnreachable, 0)}, 0},
		{"three in a row are", []*fault.Fault{upstream(fault.UpstreamError, 0), upstream(fault.UpstreamTimeout, 0), upstream(fault.UpstreamUnreachable, 0)}, 5 * s},
		{"with a success between they are not", []*fault.Fault{upstream(fault.UpstreamError, 0), upstream(fault.UpstreamError, 0), nil, upstream(fault.UpstreamError, 0)}, 0},
		{"callers' mistakes are not", repeat(fault.InvalidRequest, 9), 0},
		{"callers who leave are not", repeat(fault.ClientClosed, 9), 0},
		{"policy is not", repeat(fault.RateLimit, 9), 0},
		{"our own overload is not", repeat(fault.Overloaded, 9), 0},
		{"our own bugs are not", repeat(fault.InternalError, 9), 0},
		{"having no target is not", repeat(fault.NoHealthyTarget, 9), 0},
		{"a full context is not", kinds(fault.ContextWindow, 9), 0},
		{"a content filter is not", kinds(fault.ContentPolicy, 9), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, c := board()
			for _, f := range tt.faults {
				want(t, b, gpt, health.Healthy)
				call(b, gpt, f)
			}
			want(t, b, other, health.Healthy)
			if tt.rest == 0 {
				want(t, b, gpt, health.Healthy)
				return
			}
			want(t, b, gpt, health.Cooling)
			c.pass(tt.rest - 1)
			want(t, b, gpt, health.Cooling)
			c.pass(1)
			want(t, b, gpt, health.Probing)
		})
	}
}

func repeat(code fault.Code, n int) (all []*fault.Fault) {
	for range n {
		all = append(all, upstream(code, time.Minute))
	}
	return all
}

func kinds(k fault.Kind, n int) (all []*fault.Fault) {
	for range n {
		f := upstream(fault.UpstreamError, 0)
		f.Kind = k
		all = append(all, f)
	}
	return all
}

func TestExactlyOneCallProbes(t *testing.T) {
	b, c := board()
	call(b, gpt, upstream(fault.UpstreamAuth, 0))
	if p := b.Begin(gpt); p.Probe {
		t.Error("one that rests is probed")
	} else {
		b.Done(&p, health.Outcome{Fault: fault.New(fault.ClientClosed, "x")})
	}
	c.pass(5 * time.Second)
	want(t, b, gpt, health.Probing)
	first, second := b.Begin(gpt), b.Begin(gpt)
	if !first.Probe || second.Probe {
		t.Errorf("probes: %v %v", first.Probe, second.Probe)
	}
	want(t, b, gpt, health.Cooling)
	b.Done(&first, health.Outcome{Fault: fault.New(fault.ClientClosed, "x")})
	want(t, b, gpt, health.Probing) // free again
	third := b.Begin(gpt)
	b.Done(&third, health.Outcome{})
	want(t, b, gpt, health.Healthy)
	b.Done(&third, health.Outcome{Fault: upstream(fault.UpstreamAuth, 0)})
	want(t, b, gpt, health.Healthy) // a second Done says nothing
	b.Done(&second, health.Outcome{})
	if busy := b.Stats(target(gpt)).Busy; busy != 0 {
		t.Errorf("%d are busy", busy)
	}
}

func TestAProbeThatIsNeverToldOfIsGivenUp(t *testing.T) {
	b, c := board()
	call(b, gpt, upstream(fault.UpstreamAuth, 0))
	c.pass(5 * time.Second)
	if !b.Begin(gpt).Probe {
		t.Fatal("no probe")
	}
	c.pass(2*time.Minute - 1)
	want(t, b, gpt, health.Cooling)
	c.pass(1)
	want(t, b, gpt, health.Probing)
}

func TestContentHealsBeforeTheStreamEnds(t *testing.T) {
	b, c := board()
	call(b, gpt, upstream(fault.UpstreamAuth, 0))
	c.pass(5 * time.Second)
	p := b.Begin(gpt)
	b.Answered(&p)
	want(t, b, gpt, health.Healthy)
	b.Done(&p, health.Outcome{Fault: upstream(fault.UpstreamError, 0)})
	want(t, b, gpt, health.Healthy) // one failure
	if !p.Probe {
		t.Error("the pass forgot that it was a probe")
	}
}

func TestARestDoublesWithEachFailedProbeUpToTheMost(t *testing.T) {
	b, c := board()
	for range 3 {
		call(b, gpt, upstream(fault.UpstreamUnreachable, 0))
	}
	for i, s := range []time.Duration{5, 10, 20, 40, 60, 60} {
		c.pass(s*time.Second - 1)
		want(t, b, gpt, health.Cooling)
		call(b, gpt, upstream(fault.UpstreamUnreachable, 0)) // a last resort changes nothing
		c.pass(1)
		want(t, b, gpt, health.Probing)
		if p := call(b, gpt, upstream(fault.UpstreamUnreachable, 0)); !p.Probe {
			t.Fatal("no probe", i)
		}
	}
	c.pass(time.Minute)
	call(b, gpt, nil)
	want(t, b, gpt, health.Healthy)
	call(b, gpt, upstream(fault.UpstreamAuth, 0))
	c.pass(5 * time.Second)
	want(t, b, gpt, health.Probing) // it began anew
}

func TestAVendorThatIsOnlyFullIsAskedAgainWhenItSays(t *testing.T) {
	b, c := board()
	for range 5 {
		call(b, gpt, upstream(fault.UpstreamRateLimited, time.Second))
		want(t, b, gpt, health.Cooling)
		c.pass(time.Second)
		want(t, b, gpt, health.Probing)
	}
}

func TestOneThatFailsWithAShortTimeEachTimeIsAskedLessOften(t *testing.T) {
	b, c := board()
	call(b, gpt, upstream(fault.UpstreamError, time.Second))
	c.pass(time.Second)
	call(b, gpt, upstream(fault.UpstreamError, time.Second))
	c.pass(9 * time.Second)
	want(t, b, gpt, health.Cooling)
	c.pass(time.Second)
	want(t, b, gpt, health.Probing)
}

func TestALongerTimeThatAVendorNamesMeanwhileCounts(t *testing.T) {
	b, c := board()
	late := b.Begin(gpt)
	call(b, gpt, upstream(fault.UpstreamRateLimited, time.Second))
	b.Done(&late, health.Outcome{Fault: upstream(fault.UpstreamRateLimited, 30*time.Second)})
	c.pass(29 * time.Second)
	want(t, b, gpt, health.Cooling)
	c.pass(time.Second)
	want(t, b, gpt, health.Probing)
	if s := b.List()[0].Strikes; s != 1 {
		t.Errorf("%d strikes", s)
	}
}

func TestWhatBeganBeforeARestSaysNothingAboutIt(t *testing.T) {
	b, c := board()
	var before [9]health.Pass
	for i := range before {
		before[i] = b.Begin(gpt)
	}
	for range 3 {
		call(b, gpt, upstream(fault.UpstreamTimeout, 0))
	}
	b.Done(&before[0], health.Outcome{})
	want(t, b, gpt, health.Cooling)
	call(b, gpt, nil) // a last resort that worked
	want(t, b, gpt, health.Healthy)
	for i := range before[1:] {
		b.Done(&before[i+1], health.Outcome{Fault: upstream(fault.UpstreamTimeout, 0)})
	}
	want(t, b, gpt, health.Healthy)
	c.pass(1)
}

func TestTheBreakerOpensByTheShareOfFailures(t *testing.T) {
	for _, tt := range []struct {
		name  string
		calls string // of ten each, f = failure
		opens bool
	}{
		{"half of them", "ok f ok f ok f ok f ok f ok f ok f ok f ok f ok f", true},
		{"too few to judge", "ok f ok f ok f ok f ok f", false},
		{"less than half", "ok ok f ok ok f ok ok f ok ok f ok ok f ok ok f ok ok f ok ok f ok ok f", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, c := board()
			for i := range tt.calls {
				switch tt.calls[i] {
				case 'o':
					call(b, gpt, nil)
				case 'f':
					call(b, gpt, upstream(fault.UpstreamError, 0))
				}
				c.pass(100 * time.Millisecond)
			}
			if opens := b.Level(gpt) != health.Healthy; opens != tt.opens {
				t.Errorf("opens: %v", opens)
			}
		})
	}
}

func TestWhatTheWindowHasLeftBehindIsForgotten(t *testing.T) {
	b, c := board()
	for range 12 {
		call(b, gpt, nil)
		call(b, gpt, upstream(fault.UpstreamError, 0))
		c.pass(4 * time.Second)
		want(t, b, gpt, health.Healthy)
	}
}

func TestATargetThatKeepsFailingByShareRestsLonger(t *testing.T) {
	b, c := board()
	fail := func() (rest time.Duration) {
		for b.Level(gpt) == health.Healthy {
			call(b, gpt, nil)
			call(b, gpt, upstream(fault.UpstreamError, 0))
			c.pass(10 * time.Millisecond)
		}
		for b.Level(gpt) == health.Cooling {
			c.pass(100 * time.Millisecond)
			rest += 100 * time.Millisecond
		}
		call(b, gpt, nil)
		return rest
	}
	one, two := fail(), fail()
	if one < 4900*time.Millisecond || one > 5*time.Second || two < 9900*time.Millisecond || two > 10*time.Second {
		t.Errorf("rests of %v and %v", one, two)
	}
	for range 100 {
		call(b, gpt, nil)
		c.pass(time.Second)
	}
	if three := fail(); three > 5*time.Second {
		t.Errorf("a rest of %v after a good time", three)
	}
}

func TestAfterARestTheBreakerCountsAnew(t *testing.T) {
	b, c := board()
	for b.Level(gpt) == health.Healthy {
		call(b, gpt, nil)
		call(b, gpt, upstream(fault.UpstreamError, 0))
	}
	c.pass(5 * time.Second)
	call(b, gpt, nil)
	for range 9 {
		call(b, gpt, upstream(fault.UpstreamError, 0))
		want(t, b, gpt, health.Healthy)
		call(b, gpt, nil)
	}
}

func TestADeadTargetIsHardlyTouched(t *testing.T) {
	b, c := board()
	touched, calls := 0, 0
	for range 5 * 60 * 100 { // 100 calls a second for five minutes
		calls++
		if b.Level(gpt) <= health.Probing {
			touched++
			call(b, gpt, upstream(fault.UpstreamUnreachable, 0))
		} else {
			call(b, other, nil)
		}
		c.pass(10 * time.Millisecond)
	}
	if share := float64(touched) / float64(calls); share > 0.001 {
		t.Errorf("%.2f %% of the calls touched it", share*100)
	}
	t.Logf("%d of %d calls touched it", touched, calls)
}

func TestADeadTargetThatStallsIsHardlyTouched(t *testing.T) {
	b, c := board()
	type stalled struct {
		p    health.Pass
		ends time.Time
	}
	var waiting []stalled
	touched, late := 0, 0
	for i := range 5 * 60 * 100 {
		for len(waiting) > 0 && !waiting[0].ends.After(c.now()) {
			b.Done(&waiting[0].p, health.Outcome{Fault: upstream(fault.UpstreamTimeout, 0)})
			waiting = waiting[1:]
		}
		if b.Level(gpt) <= health.Probing {
			touched++
			if i >= 11*100 {
				late++
			}
			waiting = append(waiting, stalled{b.Begin(gpt), c.now().Add(10 * time.Second)})
		}
		c.pass(10 * time.Millisecond)
	}
	if late > 20 { // those before nobody could know of
		t.Errorf("%d calls touched it after the first time-outs", late)
	}
	t.Logf("%d touched it, %d after the breaker opened", touched, late)
}

func TestNothingRestsWhereTheCooldownIsZeroUnlessTheVendorAsksForIt(t *testing.T) {
	b, _ := board(func(o *health.Options) { o.Rules = func(string) health.Rules { return health.Rules{} } })
	for range 50 {
		call(b, gpt, upstream(fault.UpstreamAuth, 0))
	}
	want(t, b, gpt, health.Healthy)
	call(b, gpt, upstream(fault.UpstreamRateLimited, time.Second))
	want(t, b, gpt, health.Cooling)
}
