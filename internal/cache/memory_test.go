package cache_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachetest"
)

func TestMemoryIsATier(t *testing.T) {
	cachetest.Run(t, func(t *testing.T, c *cachetest.Clock) cachetest.Harness {
		m := cache.NewMemory(16<<20, c.Now)
		t.Cleanup(func() { _ = m.Close() })
		return cachetest.Harness{Tier: m}
	})
}
