package limit_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/limittest"
)

func TestIdleCountersAreDroppedWhenOthersCome(t *testing.T) {
	c := newClock()
	m := limit.NewMemory(limit.MemoryOptions{Clock: c.Now})
	w := &gateway.Window{Max: 10, Span: time.Second}
	for i := range 50_000 {
		h := mustReserve(t, m, time.Minute, limit.Claim{Counter: counterID(i), Window: w, Want: 1})
		mustSettle(t, m, h, 1)
		c.Advance(10 * time.Millisecond)
	}
	if n := m.Counters(); n > 1000 {
		t.Fatalf("%d counters are kept, of which about 100 count", n)
	}
}

func TestCountersStayWithinTheirMax(t *testing.T) {
	c := newClock()
	m := limit.NewMemory(limit.MemoryOptions{Clock: c.Now, MaxCounters: 6400})
	w := &gateway.Window{Max: 10, Span: time.Hour}
	pinned := limit.Claim{Counter: counterID(0), Window: w, Want: 10}
	mustReserve(t, m, time.Hour, pinned)
	for i := range 20_000 {
		mustSettle(t, m, mustReserve(t, m, time.Minute, limit.Claim{Counter: counterID(i + 1), Window: w, Want: 1}), 1)
		c.Advance(time.Millisecond)
	}
	if n := m.Counters(); n > 6500 {
		t.Fatalf("%d counters are kept, with a max of 6400", n)
	}
	if got := peekUsed(t, m, pinned); got[0] != 10 {
		t.Fatalf("a counter with an open hold was forgotten: %v", got)
	}
}

func TestBudgetsWithoutALedgerAreNeverForgotten(t *testing.T) {
	c := newClock()
	m := limit.NewMemory(limit.MemoryOptions{Clock: c.Now, MaxCounters: 64})
	budget := &gateway.Window{Max: 10, Period: gateway.Month}
	for i := range 500 {
		mustSettle(t, m, mustReserve(t, m, time.Minute, limit.Claim{Counter: counterID(i), Window: budget, Want: 1}), 1)
		c.Advance(time.Minute)
	}
	for i := range 500 {
		if got := peekUsed(t, m, limit.Claim{Counter: counterID(i), Window: budget}); got[0] != 1 {
			t.Fatalf("budget %d: used = %v", i, got)
		}
	}
}

func TestHoldsThatNobodySettlesAreForgottenWhenTheyMatterNoMore(t *testing.T) {
	c := newClock()
	m := limit.NewMemory(limit.MemoryOptions{Clock: c.Now})
	w := &gateway.Window{Max: 1 << 40, Span: time.Minute}
	for i := range 20_000 {
		mustReserve(t, m, time.Second, limit.Claim{Counter: counterID(i % 7), Window: w, Want: 1})
		c.Advance(20 * time.Millisecond)
	}
	if n := m.Holds(); n > 6000 {
		t.Fatalf("%d holds are known, of which about 3000 matter", n)
	}
}

func TestAClockThatStepsForgivesNothingAndBlocksNothingForLong(t *testing.T) {
	c := newClock()
	m := limit.NewMemory(limit.MemoryOptions{Clock: c.Now})
	claims := []limit.Claim{
		{Counter: counterID(1), Window: &gateway.Window{Max: 10, Span: time.Minute}, Want: 10},
		{Counter: counterID(2), Window: &gateway.Window{Max: 10, Span: time.Minute, Fixed: true}, Want: 10},
		{Counter: counterID(3), Window: &gateway.Window{Max: 10, Span: time.Minute, Burst: 5}, Want: 15},
	}
	for _, claim := range claims {
		mustSettle(t, m, mustReserve(t, m, time.Minute, claim), claim.Want)
	}
	c.Advance(-10 * time.Second)
	for i, claim := range claims {
		if v, err := m.Reserve(context.Background(), []limit.Claim{claim}, time.Minute); err != nil || v.Hold != nil {
			t.Fatalf("claim %d after 10 s back: %+v, %v", i, v, err)
		}
	}
	c.Advance(-5 * time.Hour)
	for _, claim := range claims[:2] {
		mustReserve(t, m, time.Minute, claim)
	}
}

func TestAWindowThatChangesItsSpanBeginsAnew(t *testing.T) {
	c := newClock()
	m := limit.NewMemory(limit.MemoryOptions{Clock: c.Now})
	claim := limit.Claim{Counter: counterID(1), Window: &gateway.Window{Max: 10, Span: time.Minute}, Want: 10}
	before := mustReserve(t, m, time.Minute, claim)
	claim.Window = &gateway.Window{Max: 10, Span: time.Hour}
	mustReserve(t, m, time.Hour, claim)
	mustSettle(t, m, before, 3)
	if got := peekUsed(t, m, claim); got[0] != 10 {
		t.Fatalf("used = %v", got)
	}
}

func TestTheLedgerIsAskedOnceWhileManyWaitAndOneLeaves(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	var asked atomic.Int64
	first, release := make(chan struct{}), make(chan struct{})
	spent := func(ctx context.Context, _ limit.ID, _ time.Time) (int64, error) {
		if asked.Add(1) == 1 {
			close(first)
			<-ctx.Done()
			return 0, ctx.Err()
		}
		<-release
		return 60, nil
	}
	m := limit.NewMemory(limit.MemoryOptions{Spent: spent})
	claims := []limit.Claim{{Counter: counterID(1), Window: &gateway.Window{Max: 100, Period: gateway.Month}, Want: 1}}
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		if _, err := m.Reserve(ctx, claims, time.Minute); !errors.Is(err, context.Canceled) {
			t.Errorf("who left: error = %v", err)
		}
	})
	<-first
	for range 20 {
		wait.Go(func() {
			if v, err := m.Reserve(context.Background(), claims, time.Minute); err != nil || v.Hold == nil {
				t.Errorf("who waits: %+v, %v", v, err)
			}
		})
	}
	cancel()
	close(release)
	wait.Wait()
	if got := peekUsed(t, m, claims[0]); got[0] != 80 || asked.Load() != 2 {
		t.Fatalf("used %v, asked %d times", got, asked.Load())
	}
}

func TestNothingRunsOnAfterUse(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	limittest.Run(t, func(*testing.T) limittest.Harness {
		return limittest.Harness{Engine: limit.NewMemory(limit.MemoryOptions{})}
	})
}

func TestReserveAndSettleAllocateOncePerHold(t *testing.T) {
	m, ctx, claims, used := limit.NewMemory(limit.MemoryOptions{}), context.Background(), claimsOf(1), []int64{1, 1, 1, 1}
	n := testing.AllocsPerRun(1000, func() {
		v, err := m.Reserve(ctx, claims, time.Minute)
		if err != nil || m.Settle(ctx, v.Hold, used) != nil {
			t.Fatal(v, err)
		}
	})
	if n > 2 {
		t.Fatalf("%v allocations", n)
	}
}
