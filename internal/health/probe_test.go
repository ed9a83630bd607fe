package health_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/health"
)

// vendor is a provider that answers to probes as it is told.
type vendor struct {
	err   atomic.Pointer[error]
	asked atomic.Int64
}

func (v *vendor) says(err error) { v.err.Store(&err) }

func (v *vendor) ask(ctx context.Context, provider string) error {
	v.asked.Add(1)
	if err := v.err.Load(); err != nil && errors.Is(*err, errHangs) {
		<-ctx.Done()
		return ctx.Err()
	} else if err != nil && *err != nil {
		return *err
	}
	return nil
}

var errHangs = errors.New("hangs")

// probing runs a test on a board whose provider p is probed every ten seconds.
func probing(t *testing.T, f func(b *health.Board, p *health.Prober, v *vendor)) {
	synctest.Test(t, func(t *testing.T) {
		v := new(vendor)
		b := health.New(health.Options{Now: time.Now, Rules: func(string) health.Rules { return rules }})
		p := health.NewProber(b, v.ask)
		defer p.Close()
		p.Set([]health.Probe{always})
		f(b, p, v)
	})
}

var always = health.Probe{Provider: "p", Every: 10 * time.Second, Timeout: time.Second, Always: true}

// pass lets probing time go by, until nothing is left to do in it.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestAProviderThatFailsTwoProbesRestsUntilOneSucceeds(t *testing.T) {
	for name, err := range map[string]error{
		"refused":  fault.New(fault.UpstreamUnreachable, "x"),
		"failing":  fault.New(fault.UpstreamError, "x"),
		"hanging":  errHangs,
		"whatever": errors.New("x"),
	} {
		t.Run(name, func(t *testing.T) {
			probing(t, func(b *health.Board, p *health.Prober, v *vendor) {
				call(b, gpt, nil)
				pass(time.Second)
				v.says(err)
				pass(10 * time.Second)
				want(t, b, gpt, health.Healthy)
				pass(12 * time.Second)
				want(t, b, gpt, health.Cooling)
				want(t, b, health.ID{Provider: "p", Model: "never called"}, health.Cooling)
				want(t, b, health.ID{Provider: "q"}, health.Healthy)
				if l := b.List(); len(l) != 2 || l[0].ID != (health.ID{Provider: "p"}) || l[0].Level != health.Cooling || l[1].Level != health.Cooling {
					t.Errorf("%+v", l)
				}
				pass(5 * time.Minute)
				want(t, b, gpt, health.Cooling)
				v.says(nil)
				pass(12 * time.Second)
				want(t, b, gpt, health.Healthy)
			})
		})
	}
}

func TestAProbeThatSaysNothingAboutHealthChangesNothing(t *testing.T) {
	probing(t, func(b *health.Board, _ *health.Prober, v *vendor) {
		v.says(fault.New(fault.InvalidRequest, "x"))
		pass(time.Minute)
		want(t, b, gpt, health.Healthy)
	})
}

func TestACallThatWorksCountsMoreThanProbes(t *testing.T) {
	probing(t, func(b *health.Board, _ *health.Prober, v *vendor) {
		v.says(errHangs)
		pass(30 * time.Second)
		want(t, b, gpt, health.Cooling)
		call(b, gpt, nil)
		want(t, b, gpt, health.Healthy)
	})
}

func TestAProbeThatSucceedsLetsUnreachableTargetsBeTriedAtOnce(t *testing.T) {
	probing(t, func(b *health.Board, _ *health.Prober, v *vendor) {
		pass(time.Second)
		for range 3 {
			call(b, gpt, upstream(fault.UpstreamUnreachable, 0))
		}
		call(b, other, upstream(fault.UpstreamRateLimited, time.Minute))
		call(b, gpt, upstream(fault.UpstreamUnreachable, time.Minute))
		want(t, b, gpt, health.Cooling)
		pass(11 * time.Second)
		want(t, b, gpt, health.Probing)
		want(t, b, other, health.Cooling) // a vendor that answers may be full all the same
	})
}

func TestProbesAreSetAnewAndEnd(t *testing.T) {
	probing(t, func(b *health.Board, p *health.Prober, v *vendor) {
		v.says(errHangs)
		pass(30 * time.Second)
		want(t, b, gpt, health.Cooling)
		before := v.asked.Load()
		p.Set([]health.Probe{always})
		synctest.Wait()
		if v.asked.Load() != before {
			t.Error("a probe that stays the same began anew")
		}
		p.Set(nil)
		want(t, b, gpt, health.Healthy)
		pass(time.Hour)
		if v.asked.Load() != before {
			t.Error("it is still probed")
		}
	})
}

func TestNobodyIsProbedWhileNothingRestsUnlessAskedTo(t *testing.T) {
	probing(t, func(b *health.Board, p *health.Prober, v *vendor) {
		pass(time.Second)
		one := always
		one.Always, one.Model = false, gpt.Model
		p.Set([]health.Probe{one})
		call(b, health.ID{Provider: "q"}, upstream(fault.UpstreamAuth, time.Hour))
		call(b, gpt, nil)
		before := v.asked.Load()
		pass(time.Minute)
		if n := v.asked.Load(); n != before {
			t.Errorf("%d probes though all is well", n-before)
		}
		call(b, gpt, upstream(fault.UpstreamError, time.Hour))
		call(b, other, upstream(fault.UpstreamAuth, time.Hour))
		elsewhere := health.ID{Provider: "p", Model: "n"}
		call(b, elsewhere, upstream(fault.UpstreamError, time.Hour))
		pass(12 * time.Second)
		want(t, b, gpt, health.Healthy) // no call had to try
		want(t, b, other, health.Cooling)
		want(t, b, elsewhere, health.Cooling)
	})
}
