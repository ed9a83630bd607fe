package limit_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/limittest"
)

var snapshotWindows = []*gateway.Window{
	{Max: 1000, Span: time.Minute},
	{Max: 1000, Span: time.Minute, Fixed: true},
	{Max: 300, Span: time.Minute, Burst: 100},
	{Max: 300, Span: time.Minute, Fixed: true, Burst: 100},
	{Max: 1000, Period: gateway.Day, Zone: "Asia/Tokyo"},
	{Max: 20},
}

func snapshotClaims(want int64) []limit.Claim {
	var claims []limit.Claim
	for i, w := range snapshotWindows {
		claims = append(claims, limit.Claim{Counter: counterID(i), Window: w, Want: want})
	}
	claims[5].Open, claims[5].Want = true, 1
	return claims
}

func mustReserve(t *testing.T, e limit.Engine, ttl time.Duration, claims ...limit.Claim) *limit.Hold {
	t.Helper()
	v, err := e.Reserve(context.Background(), claims, ttl)
	if err != nil || v.Hold == nil {
		t.Fatalf("reserve = %+v, %v", v, err)
	}
	return v.Hold
}

func mustSettle(t *testing.T, e limit.Engine, h *limit.Hold, used ...int64) {
	t.Helper()
	if err := e.Settle(context.Background(), h, used); err != nil {
		t.Fatal(err)
	}
}

func peekUsed(t *testing.T, e limit.Engine, claims ...limit.Claim) []int64 {
	t.Helper()
	v, err := e.Peek(context.Background(), claims)
	if err != nil {
		t.Fatal(err)
	}
	var used []int64
	for _, s := range v.States {
		used = append(used, s.Used)
	}
	return used
}

func copyOf(t *testing.T, m *limit.Memory, o limit.MemoryOptions) *limit.Memory {
	t.Helper()
	var file bytes.Buffer
	if err := m.Snapshot(&file); err != nil {
		t.Fatal(err)
	}
	n := limit.NewMemory(o)
	if err := n.Restore(&file); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestARestoredEngineCountsOnAsTheOneBeforeDid(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 9))
		c := newClock()
		o := limit.MemoryOptions{Clock: c.Now}
		m := limit.NewMemory(o)
		var open []*limit.Hold
		for range 60 {
			claims := snapshotClaims(rng.Int64N(9))
			v, err := m.Reserve(context.Background(), claims, time.Duration(1+rng.IntN(90_000))*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if v.Hold != nil {
				open = append(open, v.Hold)
			}
			c.Advance(time.Duration(rng.IntN(3000)) * time.Millisecond)
			if i := rng.IntN(len(open) + 1); i < len(open) && rng.IntN(2) == 0 {
				mustSettle(t, m, open[i], 1, 1, 1, 1, 1, 1)
				open = append(open[:i], open[i+1:]...)
			}
		}
		n := copyOf(t, m, o)
		for step := range 200 {
			want, got := peekUsed(t, m, snapshotClaims(0)...), peekUsed(t, n, snapshotClaims(0)...)
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("seed %d, step %d: restored %v, want %v", seed, step, got, want)
				}
			}
			c.Advance(time.Duration(rng.IntN(1500)) * time.Millisecond)
			if len(open) > 0 && step%8 == 0 {
				again := &limit.Hold{ID: open[0].ID}
				mustSettle(t, m, open[0], 3, 3, 3, 3, 3, 1)
				mustSettle(t, n, again, 3, 3, 3, 3, 3, 1)
				open = open[1:]
			}
		}
	}
}

func TestASnapshotThatIsDamagedIsRefusedWholly(t *testing.T) {
	c := newClock()
	m := limit.NewMemory(limit.MemoryOptions{Clock: c.Now})
	mustReserve(t, m, time.Minute, snapshotClaims(7)...)
	mustSettle(t, m, mustReserve(t, m, time.Minute, snapshotClaims(7)...), 5, 5, 5, 5, 5, 1)
	var file bytes.Buffer
	if err := m.Snapshot(&file); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	n := limit.NewMemory(limit.MemoryOptions{Clock: c.Now})
	mustReserve(t, n, time.Minute, snapshotClaims(2)...)
	refused := func(name string, data []byte) {
		t.Helper()
		if err := n.Restore(bytes.NewReader(data)); !errors.Is(err, limit.ErrDamaged) {
			t.Fatalf("%s: error = %v", name, err)
		}
	}
	for i := range whole {
		refused("cut off", whole[:i])
		bad := bytes.Clone(whole)
		bad[i] ^= 0x10
		refused("one bit changed", bad)
	}
	refused("longer", append(bytes.Clone(whole), 0))
	if got := peekUsed(t, n, snapshotClaims(0)...); got[0] != 2 || got[5] != 1 {
		t.Fatalf("a refused snapshot changed the counters: %v", got)
	}
}

func TestABudgetAfterARestoreIsTheGreaterOfSnapshotAndLedger(t *testing.T) {
	for _, c := range []struct {
		name                   string
		ledger, settled, total int64
	}{
		{"the ledger knows more: what was settled after the last snapshot", 90, 40, 100},
		{"the ledger knows less: it is behind", 25, 40, 50},
	} {
		clock, ledger := newClock(), limittest.NewLedger()
		o := limit.MemoryOptions{Clock: clock.Now, Spent: ledger.Spent}
		budget := limit.Claim{Counter: counterID(1), Window: &gateway.Window{Max: 1000, Period: gateway.Day}, Want: c.settled}
		m := limit.NewMemory(o)
		mustSettle(t, m, mustReserve(t, m, time.Minute, budget), c.settled)
		budget.Want = 10
		open := mustReserve(t, m, time.Minute, budget)

		ledger.Set(budget.Counter, c.ledger)
		n := copyOf(t, m, o)
		if got := peekUsed(t, n, budget); got[0] != c.total {
			t.Errorf("%s: used = %d, want %d", c.name, got[0], c.total)
		}
		mustSettle(t, n, &limit.Hold{ID: open.ID}, 4)
		if got := peekUsed(t, n, budget); got[0] != c.total-6 {
			t.Errorf("%s: used = %d after settling, want %d", c.name, got[0], c.total-6)
		}
	}
}

func TestOpenHoldsOutliveTheProcessAndCountUntilTheyExpire(t *testing.T) {
	c := newClock()
	o := limit.MemoryOptions{Clock: c.Now}
	m := limit.NewMemory(o)
	budget := limit.Claim{Counter: counterID(1), Window: &gateway.Window{Max: 100, Period: gateway.Month}, Want: 80}
	place := limit.Claim{Counter: counterID(2), Window: &gateway.Window{Max: 1}, Want: 1, Open: true}
	mustReserve(t, m, time.Minute, budget, place)
	n := copyOf(t, m, o)
	c.Advance(59 * time.Second)
	if v, err := n.Reserve(context.Background(), []limit.Claim{budget, place}, time.Minute); err != nil || v.Hold != nil {
		t.Fatalf("granted twice: %+v, %v", v, err)
	}
	c.Advance(time.Second)
	mustReserve(t, n, time.Minute, budget, place)
}

func TestKeepWritesAWholeFileThatOnlyTheOwnerReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "limits")
	m := limit.NewMemory(limit.MemoryOptions{})
	if err := m.Load(path); err != nil {
		t.Fatalf("a missing file: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.Keep(ctx, path, func(err error) { t.Error(err) })
	}()
	claim := limit.Claim{Counter: counterID(1), Window: &gateway.Window{Max: 100, Span: time.Hour}, Want: 7}
	mustReserve(t, m, time.Hour, claim)
	cancel()
	<-done
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("file: %v, %v", info, err)
	}
	if rest, _ := os.ReadDir(filepath.Dir(path)); len(rest) != 1 {
		t.Fatalf("%d files are left", len(rest))
	}
	n := limit.NewMemory(limit.MemoryOptions{})
	if err := n.Load(path); err != nil {
		t.Fatal(err)
	}
	if got := peekUsed(t, n, claim); got[0] != 7 {
		t.Fatalf("used = %v", got)
	}
	if err := os.WriteFile(path, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := n.Load(path); !errors.Is(err, limit.ErrDamaged) {
		t.Fatalf("error = %v", err)
	}
}

func TestKeepWritesWithinASecondAndSaysWhatFails(t *testing.T) {
	m := limit.NewMemory(limit.MemoryOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	failures, done := make(chan error, 100), make(chan struct{})
	go func() {
		defer close(done)
		m.Keep(ctx, filepath.Join(t.TempDir(), "no such folder", "limits"), func(err error) { failures <- err })
	}()
	mustReserve(t, m, time.Hour, limit.Claim{Counter: counterID(1), Window: snapshotWindows[0], Want: 7})
	select {
	case err := <-failures:
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("error = %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("nothing was tried")
	}
	cancel()
	<-done
}

// Snapshots are taken while calls come and go: what is
// restored may lag behind, but no hold is stuck.
func TestSnapshotsUnderLoadNeverLeakAPlace(t *testing.T) {
	c := newClock()
	o := limit.MemoryOptions{Clock: c.Now}
	m := limit.NewMemory(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	for i := range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			claims := snapshotClaims(1)
			for n := range claims {
				if n%2 == i%2 {
					claims[n].Counter = counterID(1000*(i+1) + n)
				}
			}
			for ctx.Err() == nil {
				v, err := m.Reserve(context.Background(), claims, time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				if v.Hold != nil {
					if err := m.Settle(context.Background(), v.Hold, []int64{0, 0, 0, 0, 0, 1}); err != nil {
						t.Error(err)
					}
				}
			}
		}()
	}
	var copies []*limit.Memory
	for range 20 {
		copies = append(copies, copyOf(t, m, o))
	}
	cancel()
	for range 4 {
		<-done
	}
	c.Advance(2 * time.Minute)
	for _, n := range copies {
		if got := peekUsed(t, n, snapshotClaims(0)...); got[5] != 0 || got[4] != 0 {
			t.Fatalf("stuck: %v", got)
		}
	}
}

func FuzzRestoreNeverPanics(f *testing.F) {
	c := newClock()
	m := limit.NewMemory(limit.MemoryOptions{Clock: c.Now})
	v, err := m.Reserve(context.Background(), snapshotClaims(7), time.Minute)
	if err != nil || v.Hold == nil {
		f.Fatal(v, err)
	}
	var file bytes.Buffer
	if err := m.Snapshot(&file); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes()[len("sluice limits 1\n") : file.Len()-32])
	f.Fuzz(func(t *testing.T, body []byte) {
		n := limit.NewMemory(limit.MemoryOptions{Clock: c.Now})
		if n.Restore(limit.Sealed(body)) != nil {
			return
		}
		v, err := n.Reserve(context.Background(), snapshotClaims(1), time.Minute)
		if err == nil && v.Hold != nil {
			mustSettle(t, n, v.Hold, 1, 1, 1, 1, 1, 1)
		}
	})
}
