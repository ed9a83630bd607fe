package record_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/record"
)

// rows counts old rows by gateway; a sweep of one takes a while.
type rows struct {
	mu              sync.Mutex
	entries, bodies map[string]int
	before          map[string]time.Time
	busy            time.Duration
	fail            error
}

func (r *rows) SweepEntries(_ context.Context, gateway string, before time.Time, step int) (int, error) {
	return r.take(r.entries, "entries ", gateway, before, step)
}

func (r *rows) SweepBodies(_ context.Context, gateway string, before time.Time, step int) (int, error) {
	return r.take(r.bodies, "bodies ", gateway, before, step)
}

func (r *rows) SweepWorkspace(_ context.Context, workspace string, before time.Time, step int) (int, error) {
	return r.take(r.entries, "workspace ", "workspace "+workspace, before, step)
}

func (r *rows) take(from map[string]int, what, gateway string, before time.Time, step int) (int, error) {
	<-time.After(20 * time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy += 20 * time.Millisecond
	r.before[what+gateway] = before
	if r.fail != nil && gateway == "broken" {
		return 0, r.fail
	}
	n := min(step, from[gateway])
	from[gateway] -= n
	return n, nil
}

func (r *rows) left(gateway string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.entries[gateway]
}

func (r *rows) repair() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = nil
}

func TestSweepRemovesWhatIsOldInSmallStepsWithPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &rows{entries: map[string]int{"a": 2600, "b": 10, "kept": 99}, bodies: map[string]int{"a": 700, "b": 5}, before: map[string]time.Time{}}
		policies := []record.Policy{{Gateway: "a", Retain: 48 * time.Hour, Bodies: 24 * time.Hour}, {Gateway: "b", Retain: time.Hour, Bodies: time.Hour}, {Gateway: "kept"}}
		began := time.Now()
		removed, err := record.Sweep(t.Context(), s, policies, idle, func() time.Time { return began })
		if err != nil || removed != 2600+10+700 {
			t.Errorf("removed %d, %v", removed, err)
		}
		if s.entries["kept"] != 99 || s.bodies["b"] != 5 {
			t.Errorf("left %v %v", s.entries, s.bodies)
		}
		if !s.before["entries a"].Equal(began.Add(-48*time.Hour)) || !s.before["bodies a"].Equal(began.Add(-24*time.Hour)) {
			t.Errorf("before %v", s.before)
		}
		if took := time.Since(began); took < 2*s.busy {
			t.Errorf("the store was kept busy for %v of %v", s.busy, took)
		}
	})
}

func TestSweepTakesAFifthOfABusyStoresTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &rows{entries: map[string]int{"a": 5000}, bodies: map[string]int{}, before: map[string]time.Time{}}
		began := time.Now()
		_, err := record.Sweep(t.Context(), s, []record.Policy{{Gateway: "a", Retain: time.Hour}}, func() bool { return true }, func() time.Time { return began })
		if took := time.Since(began); err != nil || took < 5*s.busy {
			t.Errorf("%v: the store was kept busy for %v of %v", err, s.busy, took)
		}
	})
}

func idle() bool { return false }

func TestRetentionGoesOnAfterAFailureAndEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l logs
		s := &rows{entries: map[string]int{"a": 10, "broken": 10}, before: map[string]time.Time{}, fail: errors.New("table is locked")}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			policies := func() []record.Policy {
				return []record.Policy{{Gateway: "broken", Retain: time.Hour}, {Gateway: "a", Retain: time.Hour}}
			}
			record.RunRetention(ctx, s, policies, idle, time.Now, l.logger())
		}()
		advance(time.Minute)
		if s.left("a") != 0 || l.count("gateway broken: table is locked") != 1 {
			t.Errorf("left %v, log %q", s.entries, l.lines)
		}
		s.repair()
		advance(time.Hour)
		if s.left("broken") != 0 {
			t.Errorf("left %v", s.entries)
		}
		cancel()
		<-done
	})
}

func TestAWorkspaceThatKeepsItsCallsForLessIsSweptByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &rows{entries: map[string]int{"workspace acme": 700, "a": 3}, bodies: map[string]int{}, before: map[string]time.Time{}}
		now := time.Now()
		n, err := record.Sweep(t.Context(), s, []record.Policy{{Workspace: "acme", Retain: time.Hour}, {Gateway: "a", Retain: 2 * time.Hour}}, idle, func() time.Time { return now })
		if err != nil || n != 703 || s.left("workspace acme") != 0 || !s.before["workspace workspace acme"].Equal(now.Add(-time.Hour)) {
			t.Errorf("%d, %v, %v", n, err, s.before)
		}
	})
}
