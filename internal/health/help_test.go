package health_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/health"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a time that passes when told so.
type clock struct{ t time.Time }

func (c *clock) now() time.Time       { return c.t }
func (c *clock) pass(d time.Duration) { c.t = c.t.Add(d) }

var (
	rules = health.Rules{Cooldown: 5 * time.Second, MaxCooldown: time.Minute, Window: 30 * time.Second, Rate: 0.5, Least: 20, Ejects: true}
	gpt   = health.ID{Provider: "p", Model: "m", Credential: "a"}
	other = health.ID{Provider: "p", Model: "m", Credential: "b"}
)

func target(id health.ID) health.Target { return health.Target{Provider: id.Provider, Model: id.Model} }

// board makes one whose clock stands still.
func board(change ...func(*health.Options)) (*health.Board, *clock) {
	c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	o := health.Options{Now: c.now, Rules: func(string) health.Rules { return rules }}
	for _, f := range change {
		f(&o)
	}
	return health.New(o), c
}

func upstream(code fault.Code, after time.Duration) *fault.Fault {
	return fault.New(code, "x").After(after)
}

// call is one whole attempt.
func call(b *health.Board, id health.ID, f *fault.Fault) health.Pass {
	p := b.Begin(id)
	b.Done(&p, health.Outcome{Fault: f, First: 10 * time.Millisecond, Latency: 20 * time.Millisecond})
	return p
}

func want(t *testing.T, b *health.Board, id health.ID, level health.Level) {
	t.Helper()
	if got := b.Level(id); got != level {
		t.Errorf("%v is %v, want %v", id, got, level)
	}
}
