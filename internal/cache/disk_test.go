package cache_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachetest"
)

func openDisk(t *testing.T, path string, max int64, c *cachetest.Clock) *cache.Disk {
	t.Helper()
	d, err := cache.OpenDisk(context.Background(), path, max, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestDiskIsATier(t *testing.T) {
	cachetest.Run(t, func(t *testing.T, c *cachetest.Clock) cachetest.Harness {
		d := openDisk(t, filepath.Join(t.TempDir(), "cache.db"), 16<<20, c)
		return cachetest.Harness{Tier: d, Damage: func(key cache.Key, change func([]byte) []byte) {
			if err := d.DamageForTest(key, change); err != nil {
				t.Fatal(err)
			}
		}}
	})
}
