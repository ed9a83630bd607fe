package alert_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/alert"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

func TestAThresholdIsRaisedOncePerCounterAndPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		a, stop := o.start()
		expect := func(want string) {
			t.Helper()
			synctest.Wait()
			if got := o.raised(); got != want {
				t.Errorf("raised %q, want %q", got, want)
			}
		}
		a.Note(standing(499))
		expect("")
		a.Note(standing(500))
		a.Note(standing(501))
		expect("2026-03:50")
		time.Sleep(time.Minute)
		a.Note(standing(1000)) // two at once
		expect("2026-03:50 2026-03:80 2026-03:100")
		stop()

		time.Sleep(time.Minute)
		a, _ = o.start() // a process that remembers nothing
		a.Note(standing(1100))
		expect("2026-03:50 2026-03:80 2026-03:100")
		time.Sleep(time.Minute)
		next := standing(600)
		next.Time = time.Date(2026, 3, 31, 22, 30, 0, 0, time.UTC) // April already in Berlin
		a.Note(next)
		expect("2026-03:50 2026-03:80 2026-03:100 2026-04:50")
		a.Note(standing(1100)) // a late call of March
		expect("2026-03:50 2026-03:80 2026-03:100 2026-04:50")
	})
}

func TestNodesRaiseAnAlertTogetherOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		for range 3 {
			a, _ := o.start()
			a.Note(standing(850))
		}
		synctest.Wait()
		if got := o.raised(); got != "2026-03:50 2026-03:80" {
			t.Error(got)
		}
	})
}

func TestAnAlertTellsWhatHasHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		a, _ := o.start()
		a.Note(standing(533))
		synctest.Wait()
		got := o.alerts()[0]
		var m alert.Message
		if err := json.Unmarshal(got.Payload, &m); err != nil {
			t.Fatal(err)
		}
		want := alert.Message{
			ID: got.ID, Type: "budget", Rule: "gateway/default/month", Budget: "month", Values: "workspace=default", Gateway: "default", Workspace: "default",
			Period: "2026-03", Threshold: 50, Spent: 5_330_000_000, Max: 10 * gateway.Dollar, Share: 0.533, Time: got.Created, Link: "https://sluice.example.com",
		}
		if diff := cmp.Diff(want, m); diff != "" {
			t.Error(diff)
		}
		if got.Counter != "01020300000000000000000000000000" || got.Workspace != "default" || got.Rule != m.Rule {
			t.Errorf("%+v", got)
		}
	})
}

func TestOnlyMembersWhoseMoneyItIsSeeAnAlert(t *testing.T) {
	for name, c := range map[string]struct {
		id   string
		per  []gateway.Per
		want string
	}{
		"per workspace":     {"gateway/default/month", []gateway.Per{"workspace"}, "default"},
		"per key and model": {"gateway/default/month", []gateway.Per{"key", "model"}, "default"},
		"a key's own":       {"key/key_1/month", nil, "default"},
		"per gateway":       {"gateway/default/month", []gateway.Per{"gateway"}, ""},
		"per user":          {"gateway/default/month", []gateway.Per{"user"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t)
				a, _ := o.start()
				s := standing(510)
				s.ID, s.Rule.Per = c.id, c.per
				a.Note(s)
				synctest.Wait()
				if got := o.alerts()[0].Workspace; got != c.want {
					t.Errorf("workspace %q, want %q", got, c.want)
				}
			})
		})
	}
}

func TestPeriodsHaveNamesThatTellThemApart(t *testing.T) {
	at := time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC)
	for want, w := range map[string]gateway.Window{
		"2026-12-31": {Period: gateway.Day}, "2027-01-01": {Period: gateway.Day, Zone: "Europe/Berlin"},
		"2026-W53": {Period: gateway.Week}, "2026-12": {Period: gateway.Month}, "2027-01": {Period: gateway.Month, Zone: "Asia/Tokyo"},
	} {
		t.Run(want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t)
				a, _ := o.start()
				s := standing(510)
				s.Window, s.Time = &w, at
				a.Note(s)
				synctest.Wait()
				if got := o.raised(); got != want+":50" {
					t.Error(got)
				}
			})
		})
	}
}

func TestARefusalMeansThatABudgetIsUsedUpWhenLittleIsLeft(t *testing.T) {
	for name, c := range map[string]struct {
		cents int64
		want  string
	}{"much is left": {600, "2026-03:50"}, "little is left": {950, "2026-03:50 2026-03:80 2026-03:100"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t)
				o.Spent = func(context.Context, limit.ID, time.Time) (int64, error) { return int64(standing(c.cents).Used), nil }
				a, _ := o.start()
				a.Note(standing(c.cents))
				s := standing(c.cents)
				s.Refused = true
				a.Note(s)
				time.Sleep(time.Second)
				if got := o.raised(); got != c.want {
					t.Errorf("raised %q, want %q", got, c.want)
				}
			})
		})
	}
}

// What calls still hold is no money spent.
func TestWhatIsOnlyHeldRaisesNothingUntilItIsSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.Options.Store = &broken{Store: o.store}
		var spent, asked atomic.Int64
		spent.Store(int64(4 * gateway.Dollar))
		o.Spent = func(_ context.Context, c limit.ID, since time.Time) (int64, error) {
			if asked.Add(1); c != (limit.ID{1, 2, 3}) || since.UTC() != time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC) {
				t.Errorf("asked for %v since %v", c, since)
			}
			return spent.Load(), nil
		}
		a, _ := o.start()
		a.Note(standing(990))
		time.Sleep(10 * time.Minute)
		if got := o.raised(); got != "" {
			t.Errorf("raised %q for what is held", got)
		}
		if n := asked.Load(); n < 5 || n > 25 {
			t.Errorf("the ledger was asked %d times in ten minutes", n)
		}
		spent.Store(int64(8 * gateway.Dollar)) // the last call ends, and nobody calls again
		time.Sleep(time.Minute + time.Second)
		if got := o.raised(); got != "2026-03:50 2026-03:80" {
			t.Errorf("raised %q", got)
		}
		time.Sleep(2 * time.Hour)
		n := asked.Load()
		if time.Sleep(2 * time.Hour); asked.Load() != n {
			t.Error("the ledger is asked for ever")
		}
	})
}

func TestManyNotesOfOneCounterAskTheLedgerSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		var asked atomic.Int64
		o.Spent = func(context.Context, limit.ID, time.Time) (int64, error) {
			asked.Add(1)
			return 0, nil
		}
		a, _ := o.start()
		for range 10_000 {
			a.Note(standing(700))
			time.Sleep(time.Millisecond)
		}
		if n := asked.Load(); n < 5 || n > 25 {
			t.Errorf("asked %d times in ten seconds", n)
		}
	})
}

// broken is a store that is away.
type broken struct {
	alert.Store
	away atomic.Bool
}

// DueAlerts gives nothing, so that hours pass quickly.
func (b *broken) DueAlerts(context.Context, time.Time, time.Duration, int) ([]gateway.Alert, error) {
	return nil, nil
}

func (b *broken) RaiseAlert(ctx context.Context, a gateway.Alert) (bool, error) {
	if b.away.Load() {
		return false, errors.New("away")
	}
	return b.Store.RaiseAlert(ctx, a)
}

func TestAnAlertThatTheStoreCannotTakeIsRaisedWhenItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		b := &broken{Store: o.store}
		b.away.Store(true)
		o.Options.Store = b
		a, _ := o.start()
		a.Note(standing(810))
		time.Sleep(3 * time.Hour)
		b.away.Store(false)
		time.Sleep(2 * time.Minute)
		if got := o.raised(); got != "2026-03:50 2026-03:80" {
			t.Errorf("raised %q", got)
		}
	})
}

func TestNotingNeverWaits(t *testing.T) {
	o := newOffice(t)
	a := alert.New(o.Options) // nobody runs it
	for i := range 5000 {
		s := standing(900)
		s.Counter = [16]byte{byte(i), byte(i >> 8)}
		a.Note(s)
	}
}

func TestACounterDisplacedFromMemoryIsNotRaisedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		a, _ := o.start()
		for range 3 {
			for last := range byte(3) { // all mean the same slot
				s := standing(600)
				s.Counter[15] = last
				a.Note(s)
				time.Sleep(2 * time.Second)
			}
		}
		if n := len(o.alerts()); n != 3 {
			t.Errorf("%d alerts for 3 counters", n)
		}
	})
}

func BenchmarkNote(b *testing.B) {
	o := newOffice(b)
	a, _ := o.start()
	a.Note(standing(700))
	eventually(b, "the threshold is raised", func() bool { return o.raised() != "" && strings.Contains(o.log.String(), "alt_") })
	for name, cents := range map[string]int64{"below all thresholds": 100, "between two": 710} {
		b.Run(name, func(b *testing.B) {
			s := standing(cents)
			b.ReportAllocs()
			for b.Loop() {
				a.Note(s)
			}
		})
	}
}
