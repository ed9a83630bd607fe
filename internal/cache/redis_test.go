package cache_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachetest"
	"github.com/sluice-gateway/sluice/internal/testredis"
)

// patience is a timeout that a loaded machine does not reach.
const patience = 20 * time.Second

func dial(t *testing.T, s *testredis.Server) *redis.Client { return dialFor(t, s, patience) }

// dialFor makes a client that waits so long for the server.
func dialFor(t *testing.T, s *testredis.Server, patience time.Duration) *redis.Client {
	c := redis.NewClient(&redis.Options{
		Addr: s.Addr(), DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience, PoolTimeout: patience,
		ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1, DisableIdentity: true, PoolSize: 16,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newRedis(t *testing.T, c *redis.Client, o cache.RedisOptions) *cache.Redis {
	t.Helper()
	r, err := cache.NewRedis(c, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestRedisIsATier(t *testing.T) {
	client := dial(t, testredis.Start(t, false))
	cachetest.Run(t, func(t *testing.T, c *cachetest.Clock) cachetest.Harness {
		prefix := t.Name() + ":"
		r := newRedis(t, client, cache.RedisOptions{Prefix: prefix, Timeout: patience, Now: c.Now})
		return cachetest.Harness{Tier: r, Blind: true, Damage: func(key cache.Key, change func([]byte) []byte) {
			ctx := context.Background()
			data, err := client.Get(ctx, prefix+key.String()).Bytes()
			if err == nil {
				err = client.Set(ctx, prefix+key.String(), change(data), 0).Err()
			}
			if err != nil {
				t.Fatal(err)
			}
		}}
	})
}

func TestTheServerLetsGoOfWhatIsPastAllUse(t *testing.T) {
	client, clock := dial(t, testredis.Start(t, false)), cachetest.NewClock()
	r := newRedis(t, client, cache.RedisOptions{Timeout: patience, Now: clock.Now})
	put(t, r, 1, cachetest.Answer(clock.Now().Add(-30*time.Minute), "body"))
	left, err := client.PTTL(t.Context(), "sluice:cache:"+cachetest.Key(1).String()).Result()
	if err != nil || left > 90*time.Minute || left < 89*time.Minute {
		t.Errorf("%v are left: %v", left, err)
	}
}

func TestNobodyWaitsForAServerThatIsAwayAndItIsFoundAgain(t *testing.T) {
	for name, away := range map[string]func(*testredis.Server){
		"killed": func(s *testredis.Server) { s.Kill() },
		"frozen": func(s *testredis.Server) { s.Freeze() },
	} {
		t.Run(name, func(t *testing.T) {
			s, clock := testredis.Start(t, true), cachetest.NewClock()
			told := make(chan bool, 10)
			r := newRedis(t, dialFor(t, s, time.Second), cache.RedisOptions{Timeout: 900 * time.Millisecond, Probe: 50 * time.Millisecond, Now: clock.Now, Away: func(away bool, cause error) {
				if away == (cause == nil) {
					t.Errorf("away %v: %v", away, cause)
				}
				told <- away
			}})
			put(t, r, 1, cachetest.Answer(clock.Now(), "body"))
			away(s)
			for range 3 {
				if a, err := r.Get(t.Context(), cachetest.Key(1)); a != nil || err == nil || errors.Is(err, cache.ErrAway) {
					t.Errorf("%v, %v", a, err)
				}
			}
			if !<-told {
				t.Error("it is told to be back")
			}
			if is, cause := r.Away(); !is || cause == nil {
				t.Errorf("away %v: %v", is, cause)
			}
			began := time.Now()
			for range 1000 {
				if _, err := r.Get(t.Context(), cachetest.Key(1)); !errors.Is(err, cache.ErrAway) {
					t.Fatal(err)
				}
				if err := r.Put(t.Context(), cachetest.Key(2), cachetest.Answer(clock.Now(), "body")); !errors.Is(err, cache.ErrAway) {
					t.Fatal(err)
				}
			}
			if d := time.Since(began); d > 20*time.Second {
				t.Errorf("2,000 calls waited %v", d)
			}
			if name == "frozen" {
				s.Thaw()
			} else {
				s.Restart()
			}
			if <-told {
				t.Error("it is told to be away again")
			}
			put(t, r, 3, cachetest.Answer(clock.Now(), "body"))
			if is, _ := r.Away(); is || !has(t, r, 3) {
				t.Errorf("away %v", is)
			}
		})
	}
}

func TestCallersWhoLeaveAreNoOutage(t *testing.T) {
	r := newRedis(t, dial(t, testredis.Start(t, false)), cache.RedisOptions{Timeout: patience})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 {
		if _, err := r.Get(ctx, cachetest.Key(1)); err == nil {
			t.Error("it answers who has left")
		}
	}
	if away, _ := r.Away(); away {
		t.Error("it is an outage")
	}
}

func TestWhatIsNoTextIsAMissAndNoOutage(t *testing.T) {
	client := dial(t, testredis.Start(t, false))
	r := newRedis(t, client, cache.RedisOptions{Timeout: patience})
	if err := client.LPush(t.Context(), "sluice:cache:"+cachetest.Key(1).String(), "x").Err(); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if a, err := r.Get(t.Context(), cachetest.Key(1)); a != nil || err == nil {
			t.Errorf("%v, %v", a, err)
		}
	}
	if away, _ := r.Away(); away {
		t.Error("it is an outage")
	}
	put(t, r, 1, cachetest.Answer(time.Now(), "body"))
	if !has(t, r, 1) {
		t.Error("it does not give way")
	}
}
