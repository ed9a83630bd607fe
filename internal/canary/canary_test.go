package canary

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/compare"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a Store.
type memory struct {
	mu      sync.Mutex
	version int64
	all     map[id]gateway.CanaryState
	away    bool
}

var errAway = errors.New("away")

func (m *memory) CanariesVersion(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return 0, errAway
	}
	return m.version, nil
}

func (m *memory) Canaries(context.Context) (all []gateway.CanaryState, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.all {
		all = append(all, s)
	}
	return all, nil
}

func (m *memory) SwapCanary(_ context.Context, s gateway.CanaryState) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := id{s.Place, s.Fingerprint}
	if m.away {
		return false, errAway
	}
	if m.all[key].Version != s.Version {
		return false, nil
	}
	s.Version++
	if m.all == nil {
		m.all = map[id]gateway.CanaryState{}
	}
	m.all[key] = s
	m.version++
	return true, nil
}

const place = "support/steps[0]"

// node is one node with a canary.
type node struct {
	mu     sync.Mutex
	doc    *gateway.Canary
	share  float64
	from   compare.Figures
	to     compare.Figures
	runner *Runner
}

func (n *node) set(f func(*node)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f(n)
}

func (n *node) now() float64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.share
}

// run runs a node until stop is called.
func run(t *testing.T, m *memory, doc *gateway.Canary) (n *node, stop func()) {
	n = &node{doc: doc, share: -1, from: did(100, 0), to: did(100, 0)}
	n.runner = New(Options{
		Store: m, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Current: func() map[string]*gateway.Canary {
			n.mu.Lock()
			defer n.mu.Unlock()
			return map[string]*gateway.Canary{place: n.doc}
		},
		Look: func(context.Context, string, *gateway.Canary, time.Time) (from, to compare.Figures, err error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			return n.from, n.to, nil
		},
		Set: func(shares map[string]float64) { n.set(func(n *node) { n.share = shares[place] }) },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.runner.Run(ctx)
	}()
	return n, func() { cancel(); <-done }
}

// did are the figures of so many calls, of which some failed.
func did(calls, failed int) compare.Figures {
	return timed(calls, failed, 100, gateway.Dollar/100)
}

func timed(calls, failed int, latency int64, cost gateway.USD) compare.Figures {
	s := compare.Sides{A: compare.ArmOf("a/x"), B: compare.ArmOf("b/x")}
	for i := range calls {
		tr := gateway.Trial{Provider: "a", Model: "x", LatencyMS: llm.Known(latency + int64(i%3)), Cost: gateway.Cost{Known: true, USD: cost}}
		if i < failed {
			tr.Fault = "upstream"
		}
		s.Add(&gateway.Outcome{Attempts: []gateway.Trial{tr}})
	}
	a, _ := s.Figures()
	return a
}

// stage is how long a stage lasts.
const stage = 5 * time.Minute

func staged() *gateway.Canary {
	return &gateway.Canary{From: "a/x", To: "b/x", Stages: []gateway.Stage{{Share: 1, For: stage}, {Share: 20, For: stage}}, Rollback: gateway.Rollback{ErrorMargin: 0.02, MinCalls: 50}}
}

func after(d time.Duration) {
	<-time.After(d) // of the bubble's clock
	synctest.Wait()
}

func TestACanaryStepsUpByItsScheduleOnEveryNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		a, stopA := run(t, m, staged())
		defer stopA()
		b, stopB := run(t, m, staged())
		defer stopB()
		for _, c := range []struct {
			after time.Duration
			want  float64
		}{{time.Second, 1}, {4 * time.Minute, 1}, {time.Minute + LookEvery, 20}, {4 * time.Minute, 20}, {time.Minute + LookEvery, 100}, {stage, 100}} {
			after(c.after)
			if a.now() != c.want || b.now() != c.want {
				t.Fatalf("after %v more: %g and %g, want %g", c.after, a.now(), b.now(), c.want)
			}
		}
		if m.version != 3 {
			t.Errorf("%d changes: more than one node decided", m.version)
		}
	})
}

func TestABrokenRuleRollsBackForGoodUntilADocumentOrAnAdminSaysOtherwise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		a, stop := run(t, m, staged())
		b, stopB := run(t, m, staged())
		defer stopB()
		after(stage + LookEvery + time.Second)
		if a.now() != 20 {
			t.Fatalf("share %g", a.now())
		}
		a.set(func(n *node) { n.to = did(100, 30) })
		after(LookEvery + FollowEvery)
		if a.now() != 0 || b.now() != 0 {
			t.Fatalf("shares %g and %g after failures", a.now(), b.now())
		}
		if s := a.runner.List()[0]; !s.State.RolledBack || !strings.Contains(s.State.Why, "30.0 % of 100 calls") || s.State.By != "" {
			t.Errorf("%+v", s.State)
		}
		stop()
		a, stop = run(t, m, staged()) // a restart forgets nothing
		defer stop()
		after(3 * stage)
		if a.now() != 0 {
			t.Fatalf("share %g after a restart", a.now())
		}
		if err := a.runner.Restart(t.Context(), place, "ann"); err != nil || a.now() != 1 {
			t.Fatalf("begun anew: %v, share %g", err, a.now())
		}
		after(FollowEvery)
		if b.now() != 1 {
			t.Errorf("another node: share %g", b.now())
		}
		if err := b.runner.Rollback(t.Context(), place, "bob", "I do not like it"); err != nil || b.now() != 0 {
			t.Fatalf("%v, share %g", err, b.now())
		}
		after(FollowEvery)
		if s := a.runner.List()[0]; a.now() != 0 || s.State.By != "bob" || s.State.Why != "I do not like it" {
			t.Errorf("share %g, %+v", a.now(), s.State)
		}
		changed := staged()
		changed.Stages[0].Share = 5
		a.set(func(n *node) { n.doc = changed })
		after(FollowEvery)
		if a.now() != 5 || b.now() != 0 {
			t.Errorf("a changed document: %g; the old one on another node: %g", a.now(), b.now())
		}
		if err := a.runner.Restart(t.Context(), "elsewhere", "ann"); !errors.Is(err, ErrNone) {
			t.Error(err)
		}
	})
}

func TestWithoutTheStoreNothingBeginsAndSharesStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{away: true}
		a, stop := run(t, m, staged())
		defer stop()
		after(stage)
		if a.now() != -1 || a.runner.List()[0].Share != 0 {
			t.Fatalf("share %g", a.now())
		}
		m.mu.Lock()
		m.away = false
		m.mu.Unlock()
		after(time.Second)
		m.mu.Lock()
		m.away = true
		m.mu.Unlock()
		after(2 * stage)
		if a.now() != 1 {
			t.Errorf("share %g", a.now())
		}
	})
}

func TestWhatIsDecidedFollowsFromTheFigures(t *testing.T) {
	begun := time.Unix(0, 0)
	half, over := begun.Add(time.Minute), begun.Add(2*time.Hour)
	rules := func(r gateway.Rollback) *gateway.Canary {
		c := staged()
		c.Rollback = r
		return c
	}
	for what, c := range map[string]struct {
		doc      *gateway.Canary
		from, to compare.Figures
		now      time.Time
		do       Do
		why      string
	}{
		"good so far":                 {staged(), did(900, 1), did(60, 0), half, Wait, ""},
		"good to the end":             {staged(), did(900, 1), did(60, 0), over, StepUp, "no rule"},
		"too few to judge":            {staged(), did(900, 1), did(49, 49), half, Wait, ""},
		"too few at the end":          {staged(), did(900, 1), did(49, 49), over, Hold, "49 calls"},
		"worse, not surely":           {staged(), did(900, 1), did(50, 2), half, Wait, ""},
		"worse at the end":            {staged(), did(900, 1), did(50, 2), over, Hold, "too few calls to be sure"},
		"surely worse":                {staged(), did(900, 1), did(100, 20), half, Back, "points more"},
		"both fail alike":             {staged(), did(900, 180), did(100, 20), over, StepUp, ""},
		"no rules, no calls":          {rules(gateway.Rollback{}), did(0, 0), did(0, 0), over, StepUp, ""},
		"fails too often":             {rules(gateway.Rollback{ErrorRate: 0.05}), did(0, 0), did(20, 8), half, Back, "failed in 40.0 % of 20 calls"},
		"slower than allowed":         {rules(gateway.Rollback{Latency: 1.5}), did(100, 0), timed(100, 0, 300, 1), half, Back, "p95"},
		"slower within what is":       {rules(gateway.Rollback{Latency: 1.5}), did(100, 0), timed(100, 0, 120, 1), over, StepUp, ""},
		"dearer than allowed":         {rules(gateway.Rollback{Cost: 2}), did(100, 0), timed(100, 0, 100, gateway.Dollar), half, Back, "times what one of the old"},
		"nothing to be compared with": {rules(gateway.Rollback{Cost: 2, MinCalls: 200}), did(100, 0), timed(300, 0, 100, gateway.Dollar), over, StepUp, ""},
	} {
		s := gateway.CanaryState{Since: begun}
		if v := Decide(c.doc, &s, &c.from, &c.to, c.now); v.Do != c.do || !strings.Contains(v.Why, c.why) {
			t.Errorf("%s: %+v, want %s", what, v, c.do)
		}
	}
	for _, s := range []gateway.CanaryState{{RolledBack: true, Since: begun}, {Stage: 2, Since: begun}} {
		from, to := did(100, 0), did(100, 90)
		if v := Decide(staged(), &s, &from, &to, over); v.Do != Rest {
			t.Errorf("%+v: %+v", s, v)
		}
	}
}
