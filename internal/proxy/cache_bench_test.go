package proxy_test

import (
	"context"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/gateway"
	vendor "github.com/sluice-gateway/sluice/internal/provider/openai"
	"github.com/sluice-gateway/sluice/internal/proxy"
)

// kept is a cache as the process has it, with memory alone.
type kept struct {
	*cache.Cache
	stats cache.Stats
}

func (k *kept) Get(ctx context.Context, key cache.Key) *cache.Answer {
	a, _ := k.Cache.Get(ctx, key)
	return a
}

func (k *kept) Put(key cache.Key, a *cache.Answer) {
	k.Cache.Put(context.Background(), key, a)
}

func (k *kept) Missed(string, cache.Key, func() cache.Key) {}

func (k *kept) Count(c *cache.Call) { k.stats.Count(c) }

// BenchmarkHit1K is an answer from memory.
func BenchmarkHit1K(b *testing.B) {
	benchmarkCalls(b, 1<<10, func(up string) *proxy.Proxy {
		k := &kept{Cache: cache.New(cache.Options{})}
		b.Cleanup(func() { k.Close() })
		return bareCached(b, vendor.Spec, up+"/v1", k, &gateway.Cache{TTL: time.Hour, Scope: gateway.ScopeWorkspace, MaxEntry: 4 << 20})
	})
}
