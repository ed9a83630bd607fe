package limit_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/limittest"
	"github.com/sluice-gateway/sluice/internal/testredis"
)

// switches records what the hook is told.
type switches struct {
	mu  sync.Mutex
	all []bool
}

func (s *switches) hook(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, away)
}

func (s *switches) said() []bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]bool(nil), s.all...)
}

func TestEachClaimIsTreatedByItsOutageWhileTheServerHangs(t *testing.T) {
	s := testredis.Start(t, false)
	var said switches
	r := node(t, s.URL(), limit.RedisOptions{
		Timeout: 2 * time.Second, Probe: 50 * time.Millisecond, Away: said.hook,
		Local: limit.NewMemory(limit.MemoryOptions{}),
	})
	window := &gateway.Window{Max: 2, Span: time.Hour}
	ask := func(o gateway.Outage, want int64) limit.Verdict {
		t.Helper()
		v, err := r.Reserve(context.Background(), []limit.Claim{{Counter: limit.ID{byte(len(o))}, Window: window, Want: want, Outage: o}}, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := ask("", 2); v.Hold == nil || v.Local {
		t.Fatalf("before: %+v", v)
	}
	s.Freeze()
	ask("", 1) // finds out
	start := time.Now()
	for range 100 {
		if v := ask(gateway.OutageDeny, 1); v.Refused != 0 || v.Retry <= 0 || !v.Local || v.Hold != nil {
			t.Fatalf("deny: %+v", v)
		}
		if v := ask(gateway.OutageAllow, 5); v.Hold == nil || v.Hold.Granted[0] != 5 || !v.Hold.Local {
			t.Fatalf("allow: %+v", v)
		}
	}
	if v := ask(gateway.OutageLocal, 2); v.Hold == nil || !v.Local {
		t.Fatalf("local: %+v", v)
	}
	if v := ask(gateway.OutageLocal, 1); v.Hold != nil || v.Retry <= 0 {
		t.Fatalf("local, beyond: %+v", v)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("200 calls, none of which asks the server, took %v while it was away", d)
	}
	if !r.Away() || r.Err() == nil {
		t.Errorf("away %v, because %v", r.Away(), r.Err())
	}
	s.Thaw()
	eventually(t, "it is back", func() bool { return !r.Away() })
	if v := ask(gateway.OutageDeny, 1); v.Hold == nil || v.Local {
		t.Fatalf("after: %+v", v)
	}
	if got := said.said(); len(got) != 2 || !got[0] || got[1] || r.Err() != nil {
		t.Errorf("the hook was told %v; %v", got, r.Err())
	}
}

func TestTheFirstWhoFindsTheServerHangingWaitsNoLongerThanTheTimeout(t *testing.T) {
	s := testredis.Start(t, false)
	r := node(t, s.URL(), limit.RedisOptions{Timeout: 150 * time.Millisecond})
	claims := []limit.Claim{{Counter: limit.ID{1}, Window: &gateway.Window{Max: 2, Span: time.Hour}, Want: 1}}
	s.Freeze()
	defer s.Thaw()
	start := time.Now()
	v, err := r.Reserve(context.Background(), claims, time.Minute)
	if d := time.Since(start); err != nil || v.Refused != 0 || d > 2500*time.Millisecond {
		t.Fatalf("%+v, %v after %v", v, err, d)
	}
}

// spender makes calls on a budget from several goroutines until it is stopped, and adds
// up what they used.
type spender struct {
	spent, calls atomic.Int64
	stop         context.CancelFunc
	wait         sync.WaitGroup
}

func spend(t *testing.T, engines []*limit.Redis, claims []limit.Claim) *spender {
	ctx, cancel := context.WithCancel(context.Background())
	p := &spender{stop: cancel}
	for i := range 6 {
		p.wait.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(i)))
			for ctx.Err() == nil {
				p.call(t, engines[i%len(engines)], append([]limit.Claim(nil), claims...), rng)
			}
		})
	}
	return p
}

func (p *spender) call(t *testing.T, r *limit.Redis, claims []limit.Claim, rng *rand.Rand) {
	v, err := r.Reserve(context.Background(), claims, time.Hour)
	if err != nil || v.Hold == nil {
		t.Errorf("%+v, %v", v, err)
		rest(time.Millisecond)
		return
	}
	rest(time.Duration(rng.IntN(3)) * time.Millisecond)
	used := rng.Int64N(150)
	p.spent.Add(used)
	p.calls.Add(1)
	if err := r.Settle(context.Background(), v.Hold, []int64{used, 1}); err != nil {
		t.Error(err)
	}
}

func (p *spender) end() {
	p.stop()
	p.wait.Wait()
}

// more lets n further calls happen.
func (p *spender) more(t *testing.T, n int64) {
	t.Helper()
	to := p.calls.Load() + n
	eventually(t, "calls go on", func() bool { return p.calls.Load() >= to })
}

func TestNothingIsLostOrCountedTwiceWhenTheServerIsKilledUnderLoad(t *testing.T) {
	s := testredis.Start(t, true)
	claims := []limit.Claim{
		{Counter: limit.ID{1}, Window: &gateway.Window{Max: 1 << 40, Period: gateway.Month}, Want: 100},
		{Counter: limit.ID{2}, Window: &gateway.Window{Max: 50}, Open: true, Want: 1},
	}
	var engines []*limit.Redis
	for range 3 {
		engines = append(engines, node(t, s.URL(), limit.RedisOptions{
			Timeout: time.Second, Probe: 40 * time.Millisecond, Local: limit.NewMemory(limit.MemoryOptions{}),
		}))
	}
	p := spend(t, engines, claims)
	for range 2 {
		p.more(t, 200)
		s.Kill()
		p.more(t, 200)
		s.Restart()
		p.more(t, 200)
	}
	p.end()
	for _, r := range engines {
		eventually(t, "all was told", func() bool { return !r.Away() && r.Kept() == 0 })
	}
	v, err := engines[0].Peek(context.Background(), claims)
	if err != nil || v.Local {
		t.Fatalf("%+v, %v", v, err)
	}
	if v.States[0].Used != p.spent.Load() || v.States[1].Used != 0 {
		t.Fatalf("the server counts %d spent and %d places taken, want %d and 0", v.States[0].Used, v.States[1].Used, p.spent.Load())
	}
}

func TestAServerThatForgotEverythingBeginsWithTheLedger(t *testing.T) {
	s := testredis.Start(t, false)
	ledger := limittest.NewLedger()
	claim := limit.Claim{Counter: limit.ID{1}, Window: &gateway.Window{Max: 100, Period: gateway.Month}, Want: 30}
	r := node(t, s.URL(), limit.RedisOptions{Timeout: patience, Probe: 20 * time.Millisecond, Spent: ledger.Spent})
	ctx := context.Background()
	before, err := r.Reserve(ctx, []limit.Claim{claim}, time.Minute)
	if err != nil || before.Hold == nil {
		t.Fatalf("%+v, %v", before, err)
	}
	ledger.Set(claim.Counter, 60)
	s.Restart()
	used := func() int64 {
		v, err := r.Peek(ctx, []limit.Claim{claim})
		if err != nil {
			t.Fatal(err)
		}
		if v.Local {
			return -1
		}
		return v.States[0].Used
	}
	eventually(t, "it begins anew", func() bool { return used() == 60 })
	for range 2 {
		if err := r.Settle(ctx, before.Hold, []int64{25}); err != nil {
			t.Fatal(err)
		}
	}
	if got := used(); got != 85 {
		t.Errorf("used %d after a call from before was settled, want 85", got)
	}
}

func TestABudgetGoesOnWithWhatTheServerHadCounted(t *testing.T) {
	s := testredis.Start(t, true)
	r := node(t, s.URL(), limit.RedisOptions{
		Timeout: patience, Probe: 20 * time.Millisecond, Local: limit.NewMemory(limit.MemoryOptions{}),
	})
	ctx := context.Background()
	claim := limit.Claim{Counter: limit.ID{1}, Window: &gateway.Window{Max: 100, Period: gateway.Month}}
	take := func(n int64) limit.Verdict {
		t.Helper()
		c := claim
		c.Want = n
		v, err := r.Reserve(ctx, []limit.Claim{c}, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if v.Hold != nil {
			if err := r.Settle(ctx, v.Hold, []int64{n}); err != nil {
				t.Fatal(err)
			}
		}
		return v
	}
	take(60)
	for _, left := range []int64{40, 30} { // by two outages
		s.Kill()
		if v := take(left + 1); v.Hold != nil || !v.Local {
			t.Fatalf("more than is left was granted: %+v", v)
		}
		if v := take(5); v.Hold == nil || !v.Local {
			t.Fatalf("%+v", v)
		}
		s.Restart()
		eventually(t, "it is back", func() bool { return !r.Away() })
		if v := take(5); v.Hold == nil || v.Local || v.States[0].Used != 100-left+10 {
			t.Fatalf("%d left before: %+v", left, v)
		}
	}
	take(20)
	if v := take(1); v.Hold != nil {
		t.Fatalf("the budget is overrun: %+v", v)
	}
}

func TestAHoldThatWasTakenLocallyIsExtendedAndSettledThere(t *testing.T) {
	s := testredis.Start(t, false)
	r := node(t, s.URL(), limit.RedisOptions{Timeout: patience, Probe: time.Hour, Local: limit.NewMemory(limit.MemoryOptions{})})
	ctx := context.Background()
	w := &gateway.Window{Max: 10, Span: time.Hour}
	claims := []limit.Claim{
		{Counter: limit.ID{1}, Window: w, Want: 1, Outage: gateway.OutageAllow},
		{Counter: limit.ID{2}, Window: w, Want: 4},
	}
	shared, err := r.Reserve(ctx, claims, time.Minute)
	if err != nil || shared.Hold == nil || shared.Local {
		t.Fatalf("%+v, %v", shared, err)
	}
	s.Kill()
	local, err := r.Reserve(ctx, claims, time.Minute)
	if err != nil || local.Hold == nil || !local.Hold.Local {
		t.Fatalf("%+v, %v", local, err)
	}
	for i, h := range []*limit.Hold{local.Hold, shared.Hold} {
		v, err := r.Extend(ctx, h, []int64{20, 3})
		if err != nil || v.Hold != h || h.Granted[0] != 21 || h.Granted[1] != 7 {
			t.Fatalf("hold %d: %+v, %v", i, v, err)
		}
	}
	v, err := r.Extend(ctx, shared.Hold, []int64{0, 1})
	if err != nil || v.Refused != 1 {
		t.Fatalf("beyond max: %+v, %v", v, err)
	}
	for _, h := range []*limit.Hold{local.Hold, shared.Hold} {
		if err := r.Settle(ctx, h, []int64{1, 5}); err != nil {
			t.Fatal(err)
		}
	}
	v, err = r.Peek(ctx, claims)
	if err != nil || v.States[1].Used != 5+1 {
		t.Fatalf("the local engine counts %+v, %v; want 5 of its own hold and 1 of the other beyond the 4", v, err)
	}
	if r.Kept() != 3 {
		t.Errorf("%d settlements wait, want those of two holds, and of one that may have been taken unseen", r.Kept())
	}
}

func TestAHoldIsSwappedWithoutTheServer(t *testing.T) {
	s := testredis.Start(t, false)
	r := node(t, s.URL(), limit.RedisOptions{Timeout: patience, Probe: time.Hour, Local: limit.NewMemory(limit.MemoryOptions{})})
	ctx := context.Background()
	c := limit.Claim{Counter: limit.ID{1}, Window: &gateway.Window{Max: 10, Span: time.Hour}}
	swap := func(old *limit.Hold, used, want int64, more ...limit.Claim) limit.Verdict {
		t.Helper()
		c.Want = want
		v, err := r.Swap(ctx, old, []int64{used}, append([]limit.Claim{c}, more...), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	c.Want = 10
	shared, err := r.Reserve(ctx, []limit.Claim{c}, time.Minute)
	if err != nil || shared.Hold == nil || shared.Local {
		t.Fatalf("%+v, %v", shared, err)
	}
	s.Kill()
	local := swap(shared.Hold, 3, 10) // finds out
	if local.Hold == nil || !local.Hold.Local {
		t.Fatalf("%+v", local)
	}
	again := swap(local.Hold, 4, 6)
	if again.Hold == nil || again.States[0].Used != 10 {
		t.Fatalf("%+v", again)
	}
	denied := swap(again.Hold, 5, 1, limit.Claim{Counter: limit.ID{2}, Window: c.Window, Want: 1, Outage: gateway.OutageDeny})
	if denied.Refused != 1 {
		t.Fatalf("%+v", denied)
	}
	if v, err := r.Peek(ctx, []limit.Claim{c}); err != nil || v.States[0].Used != 4+5 {
		t.Errorf("the local engine counts %+v, %v", v, err)
	}
	if r.Kept() != 4 {
		t.Errorf("%d settlements wait, want those of three holds, and of one that may have been taken unseen", r.Kept())
	}
}

func TestCloseTellsWhatNeverReachedTheServer(t *testing.T) {
	s := testredis.Start(t, false)
	r := limit.NewRedis(dial(t, s.URL(), patience), limit.RedisOptions{Timeout: patience})
	v, err := r.Reserve(context.Background(), []limit.Claim{{Counter: limit.ID{1}, Window: &gateway.Window{Max: 2, Span: time.Hour}, Want: 1}}, time.Minute)
	if err != nil || v.Hold == nil {
		t.Fatalf("%+v, %v", v, err)
	}
	s.Kill()
	if err := r.Settle(context.Background(), v.Hold, []int64{1}); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err == nil {
		t.Error("a settlement was dropped silently")
	}
}
