package cache_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachetest"
	"github.com/sluice-gateway/sluice/internal/testredis"
)

func dial(t *testing.T, s *testredis.Server) *redis.Client {
	const patience = 250 * time.Millisecond
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
		r := newRedis(t, client, cache.RedisOptions{Prefix: prefix, Timeout: time.Second, Now: c.Now})
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
