package limit_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/limit/limittest"
	"github.com/sluice-gateway/sluice/internal/testredis"
)

// rest lets time pass.
func rest(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}

// offer asks for one, again and again until a moment, and returns when it was granted, by
// the server's clock.
func offer(t *testing.T, r limit.Engine, c limit.Claim, until time.Time) (granted []time.Time) {
	for time.Now().Before(until) {
		v, err := r.Reserve(context.Background(), []limit.Claim{c}, time.Minute)
		switch {
		case err != nil || v.Local:
			t.Errorf("%+v, %v", v, err)
			return granted
		case v.Hold == nil:
			rest(min(v.Retry, 2*time.Millisecond))
		default:
			granted = append(granted, v.Hold.Taken)
			if err := r.Settle(context.Background(), v.Hold, []int64{1}); err != nil {
				t.Error(err)
			}
		}
	}
	return granted
}

// TestThreeNodesTogetherAdmitMaxInEverySlidingSecondAndNoLess offers again when less was
// admitted, since that a machine has no time to ask is not the engine's doing.
func TestThreeNodesTogetherAdmitMaxInEverySlidingSecondAndNoLess(t *testing.T) {
	s := testredis.Start(t, false)
	const spans, want = 3, 99 * (3 + 1)
	best := 0
	for try := 0; try < 4 && best < want; try++ {
		window := &gateway.Window{Max: 100, Span: time.Second}
		all := offerOnThree(t, s.URL(), limit.Claim{Counter: limit.ID{1, byte(try)}, Window: window, Want: 1}, spans*window.Span+9*window.Span/10)
		for i := 100; i < len(all); i++ {
			if d := all[i].Sub(all[i-100]); d < window.Span {
				t.Fatalf("101 within %v", d)
			}
		}
		best = max(best, len(all))
	}
	if best < want {
		t.Fatalf("%d admitted in the beginning and after each of %d seconds, want 99 each time at least", best, spans)
	}
}

// offerOnThree asks for a claim on three nodes for a time and gives when it was granted.
func offerOnThree(t *testing.T, url string, claim limit.Claim, lasting time.Duration) (all []time.Time) {
	var nodes [3]*limit.Redis
	for i := range nodes {
		nodes[i] = node(t, url, limit.RedisOptions{Timeout: patience})
		if _, err := nodes[i].Peek(t.Context(), []limit.Claim{claim}); err != nil { // it is connected
			t.Fatal(err)
		}
	}
	until := time.Now().Add(lasting)
	var mu sync.Mutex
	var wait sync.WaitGroup
	for _, r := range nodes {
		for range 2 {
			wait.Go(func() {
				granted := offer(t, r, claim, until)
				mu.Lock()
				defer mu.Unlock()
				all = append(all, granted...)
			})
		}
	}
	wait.Wait()
	slices.SortFunc(all, time.Time.Compare)
	return all
}

func TestTheHoldsOfANodeThatDiedExpireAndEveryKeyDoes(t *testing.T) {
	s := testredis.Start(t, false)
	dead, alive := node(t, s.URL(), limit.RedisOptions{Timeout: patience}), node(t, s.URL(), limit.RedisOptions{Timeout: patience})
	claims := []limit.Claim{
		{Counter: limit.ID{1}, Window: &gateway.Window{Max: 2}, Open: true, Want: 2},
		{Counter: limit.ID{2}, Window: &gateway.Window{Max: 100, Period: gateway.Month}, Want: 100},
		{Counter: limit.ID{3}, Window: &gateway.Window{Max: 10, Span: time.Hour}, Want: 10},
		{Counter: limit.ID{4}, Window: &gateway.Window{Max: 10, Span: 24 * time.Hour, Fixed: true}, Want: 10},
		{Counter: limit.ID{5}, Window: &gateway.Window{Max: 10, Span: time.Hour, Burst: 5}, Want: 15},
	}
	ctx := context.Background()
	const life = 2 * time.Second // long enough for four calls, on a busy machine
	v, err := dead.Reserve(ctx, claims, life)
	if err != nil || v.Hold == nil {
		t.Fatalf("%+v, %v", v, err)
	}
	for i := range claims[:4] {
		v, err := alive.Reserve(ctx, claims[i:i+1], time.Minute)
		if err != nil || v.Hold != nil || v.Retry <= 0 || v.Retry > life {
			t.Fatalf("claim %d while the other node holds: %+v, %v", i, v, err)
		}
	}
	eventually(t, "all is free again", func() bool {
		v, err = alive.Reserve(ctx, claims, time.Minute)
		return err == nil && v.Hold != nil
	})
	everyKeyExpires(t, dial(t, s.URL(), patience))
	if err := alive.Settle(ctx, v.Hold, []int64{1, 1, 1, 1, 1}); err != nil {
		t.Fatal(err)
	}
	everyKeyExpires(t, dial(t, s.URL(), patience))
}

func everyKeyExpires(t *testing.T, c *redis.Client) {
	t.Helper()
	keys, err := c.Keys(context.Background(), "*").Result()
	if err != nil || len(keys) < 5 {
		t.Fatalf("keys %v, %v", keys, err)
	}
	for _, key := range keys {
		if left, err := c.PTTL(context.Background(), key).Result(); err != nil || left <= 0 {
			t.Errorf("key %s lives for ever: %v, %v", key, left, err)
		}
		if !strings.HasPrefix(key, "sluice:limit:") {
			t.Errorf("key %s is without the prefix", key)
		}
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !is() {
		select {
		case <-late:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func TestTwoNodesBeginABudgetOnce(t *testing.T) {
	s := testredis.Start(t, false)
	ledger := limittest.NewLedger()
	month := &gateway.Window{Max: 1000, Period: gateway.Month, Zone: "Europe/Berlin"}
	claim := limit.Claim{Counter: limit.ID{7}, Window: month, Want: 1}
	ledger.Set(claim.Counter, 700)
	var wait sync.WaitGroup
	for range 2 {
		r := node(t, s.URL(), limit.RedisOptions{Timeout: patience, Spent: ledger.Spent})
		for range 20 {
			wait.Go(func() {
				if v, err := r.Reserve(context.Background(), []limit.Claim{claim}, time.Minute); err != nil || v.Hold == nil {
					t.Errorf("%+v, %v", v, err)
				}
			})
		}
	}
	wait.Wait()
	v, err := node(t, s.URL(), limit.RedisOptions{Timeout: patience}).Peek(context.Background(), []limit.Claim{claim})
	if err != nil || v.States[0].Used != 740 {
		t.Fatalf("%+v, %v", v, err)
	}
	if n, _ := ledger.Asked(claim.Counter); n > 2 {
		t.Errorf("two nodes asked %d times", n)
	}
}

func TestScriptsThatTheServerLostAreSentAgain(t *testing.T) {
	s := testredis.Start(t, false)
	r, client := node(t, s.URL(), limit.RedisOptions{Timeout: patience}), dial(t, s.URL(), patience)
	claim := limit.Claim{Counter: limit.ID{1}, Window: &gateway.Window{Max: 100, Span: time.Hour}, Want: 5}
	for i := range 3 {
		v, err := r.Reserve(context.Background(), []limit.Claim{claim}, time.Minute)
		if err != nil || v.Hold == nil || v.Local {
			t.Fatalf("%+v, %v", v, err)
		}
		if err := client.ScriptFlush(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
		if err := r.Settle(context.Background(), v.Hold, []int64{2}); err != nil {
			t.Fatal(err)
		}
		v, err = r.Peek(context.Background(), []limit.Claim{claim})
		if want := int64(2 * (i + 1)); err != nil || v.Local || v.States[0].Used != want {
			t.Fatalf("used %+v, %v; want %d", v, err, want)
		}
	}
}

func TestACallThatWantsTooManyPlacesIsAnError(t *testing.T) {
	s := testredis.Start(t, false)
	r := node(t, s.URL(), limit.RedisOptions{Timeout: patience})
	claim := limit.Claim{Counter: limit.ID{1}, Window: &gateway.Window{Max: 1 << 40}, Open: true, Want: 1 << 30}
	if v, err := r.Reserve(context.Background(), []limit.Claim{claim}, time.Minute); err == nil || r.Away() {
		t.Fatalf("%+v, %v", v, err)
	}
}

func TestTheErrorOfAnAddressKeepsThePassword(t *testing.T) {
	if _, err := limit.DialRedis("redis://user:hunter2@[::1/0", 0); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Fatal(err)
	}
}
