package limit_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/limittest"
)

// durable is an engine on files that can be killed and begun anew.
type durable struct {
	*limit.Durable
	t      *testing.T
	path   string
	clock  *clock
	ledger *limittest.Ledger
}

func newDurable(t *testing.T) *durable {
	d := &durable{t: t, path: filepath.Join(t.TempDir(), "limits"), clock: newClock(), ledger: limittest.NewLedger()}
	d.restart()
	return d
}

// restart begins anew on what is on the disk, as after a kill.
func (d *durable) restart() {
	d.t.Helper()
	d.Durable = limit.NewDurable(limit.NewMemory(limit.MemoryOptions{Clock: d.clock.Now, Spent: d.ledger.Spent}), d.path)
	if err := d.Load(); err != nil {
		d.t.Fatal(err)
	}
}

// keep writes a snapshot and ends, as an orderly stop does.
func (d *durable) keep() {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d.Keep(ctx, func(err error) { d.t.Error(err) })
}

func (d *durable) wants(used int64) {
	d.t.Helper()
	if got := peekUsed(d.t, d.Durable, monthly(0)); got[0] != used {
		d.t.Errorf("%d are used, want %d", got[0], used)
	}
}

func monthly(want int64) limit.Claim {
	return limit.Claim{Counter: counterID(1), Window: &gateway.Window{Max: 100, Period: gateway.Month, Zone: "Europe/Berlin"}, Want: want}
}

func TestADurableMemoryIsAnEngine(t *testing.T) {
	limittest.Run(t, func(t *testing.T) limittest.Harness {
		c, ledger := newClock(), limittest.NewLedger()
		d := limit.NewDurable(limit.NewMemory(limit.MemoryOptions{Clock: c.Now, Spent: ledger.Spent}), filepath.Join(t.TempDir(), "limits"))
		if err := d.Load(); err != nil {
			t.Fatal(err)
		}
		return limittest.Harness{Engine: d, Now: c.Now, Advance: c.Advance, Ledger: ledger}
	})
}

func TestAHoldOnABudgetOutlivesAKillAtAnyMoment(t *testing.T) {
	place := limit.Claim{Counter: counterID(2), Window: &gateway.Window{Max: 1}, Want: 1, Open: true}
	rate := limit.Claim{Counter: counterID(3), Window: &gateway.Window{Max: 9, Span: time.Hour}, Want: 2}
	d := newDurable(t)
	d.ledger.Set(monthly(0).Counter, 10)
	mustReserve(t, d, time.Minute, monthly(30), place, rate)
	for range 3 { // as often as it is killed
		d.restart()
		if got := peekUsed(t, d, monthly(0), place, rate); got[0] != 40 {
			t.Errorf("used are %v", got)
		}
	}
	d.clock.Advance(59 * time.Second)
	if v, err := d.Reserve(t.Context(), []limit.Claim{monthly(61)}, time.Minute); err != nil || v.Hold != nil {
		t.Errorf("granted twice: %+v, %v", v, err)
	}
	d.clock.Advance(time.Second)
	d.wants(10)
	mustReserve(t, d, time.Minute, monthly(90), place)
}

func TestAHoldIsCountedOnceWhereverItStands(t *testing.T) {
	d := newDurable(t)
	h := mustReserve(t, d, time.Hour, monthly(20))
	d.keep()
	d.restart() // in the snapshot
	d.wants(20)
	h = &limit.Hold{ID: h.ID, Claims: h.Claims, Granted: h.Granted, Taken: h.Taken, Expires: h.Expires}
	if v, err := d.Extend(t.Context(), h, []int64{5}); err != nil || v.Hold == nil {
		t.Fatalf("%+v, %v", v, err)
	}
	for range 2 { // in the snapshot, and with more in a journal
		d.restart()
		d.wants(25)
	}
	mustSettle(t, d, h, 7)
	d.wants(7)
}

func TestASettledHoldIsLetGoOnceTheLedgerKnows(t *testing.T) {
	d := newDurable(t)
	mustSettle(t, d, mustReserve(t, d, time.Hour, monthly(30)), 4)
	d.restart()
	d.wants(30) // nobody can know what it used
	d.clock.Advance(time.Hour)
	d.wants(0)
	mustSettle(t, d, mustReserve(t, d, time.Hour, monthly(30)), 4)
	d.ledger.Set(monthly(0).Counter, 4)
	mustReserve(t, d, time.Hour, monthly(3))
	d.clock.Advance(time.Second)
	mustReserve(t, d, time.Hour, monthly(3))
	d.restart()
	d.wants(10)
}

func TestASwappedHoldOutlivesAKill(t *testing.T) {
	d := newDurable(t)
	old := mustReserve(t, d, time.Hour, monthly(30))
	v, err := d.Swap(t.Context(), old, []int64{4}, []limit.Claim{monthly(50)}, time.Hour)
	if err != nil || v.Hold == nil {
		t.Fatalf("%+v, %v", v, err)
	}
	d.wants(54)
	d.ledger.Set(monthly(0).Counter, 4)
	d.clock.Advance(time.Second)
	mustReserve(t, d, time.Hour, monthly(3)) // tells the journal that the first is settled
	for range 2 {
		d.restart()
		d.wants(57)
	}
	d.keep()
	d.restart()
	d.wants(57)
}

func TestWhatABudgetHeldIsNothingToTheNextPeriod(t *testing.T) {
	d := newDurable(t)
	mustReserve(t, d, 40*24*time.Hour, monthly(30))
	d.clock.Advance(32 * 24 * time.Hour)
	d.restart()
	d.wants(0)
}

func TestAJournalThatEndsInTheMiddleCountsAsFarAsItGoes(t *testing.T) {
	d := newDurable(t)
	mustReserve(t, d, time.Hour, monthly(30))
	mustReserve(t, d, time.Hour, monthly(8))
	names := d.files("limits.journal.")
	whole, err := os.ReadFile(names[len(names)-1])
	if err != nil {
		t.Fatal(err)
	}
	whole = bytes.TrimRight(whole, "\x00")
	for n := range whole {
		if err := os.WriteFile(names[len(names)-1], whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		m := limit.NewMemory(limit.MemoryOptions{Clock: d.clock.Now})
		if err := limit.NewDurable(m, d.path).Load(); err != nil {
			t.Fatal(err)
		}
		want := int64(0)
		if n >= len(whole)/2 {
			want = 30
		}
		if got := peekUsed(t, m, monthly(0)); got[0] != want {
			t.Fatalf("after %d of %d bytes %d are used, want %d", n, len(whole), got[0], want)
		}
		for _, name := range d.files("limits.journal.") {
			if name != names[len(names)-1] {
				os.Remove(name)
			}
		}
	}
}

func (d *durable) files(prefix string) (names []string) {
	d.t.Helper()
	all, err := os.ReadDir(filepath.Dir(d.path))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, f := range all {
		if strings.HasPrefix(f.Name(), prefix) {
			names = append(names, filepath.Join(filepath.Dir(d.path), f.Name()))
		}
	}
	return names
}

func TestNoMoreFilesAreLeftThanAreNeeded(t *testing.T) {
	d := newDurable(t)
	if err := os.WriteFile(filepath.Join(filepath.Dir(d.path), ".limits.12345"), []byte("half a snapshot"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		mustReserve(t, d, time.Hour, monthly(1))
		d.restart()
	}
	d.keep()
	if names := d.files(""); len(names) != 2 {
		t.Errorf("there are %v", names)
	}
	for _, name := range d.files("") {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
	d.restart()
	d.wants(3)
}

func TestAJournalThatCannotBeWrittenIsToldAndBegunAnew(t *testing.T) {
	d := newDurable(t)
	d.BreakJournal()
	mustReserve(t, d, time.Hour, monthly(5)) // goes on
	var told []error
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d.Keep(ctx, func(err error) { told = append(told, err) })
	if len(told) != 1 || !errors.Is(told[0], os.ErrInvalid) && !strings.Contains(told[0].Error(), "journal") {
		t.Errorf("told was %v", told)
	}
	d.restart()
	d.wants(5)
}

func BenchmarkDurableReserveSettle(b *testing.B) {
	d := limit.NewDurable(limit.NewMemory(limit.MemoryOptions{}), filepath.Join(b.TempDir(), "limits"))
	if err := d.Load(); err != nil {
		b.Fatal(err)
	}
	claims, used := claimsOf(1), []int64{1, 1, 1, 1}
	for i := range claims {
		claims[i].Spot = new(limit.Spot)
	}
	b.ReportAllocs()
	for b.Loop() {
		v, err := d.Reserve(b.Context(), claims, time.Minute)
		if err != nil || d.Settle(b.Context(), v.Hold, used) != nil {
			b.Fatal(v, err)
		}
		v.Hold.Free()
	}
}
