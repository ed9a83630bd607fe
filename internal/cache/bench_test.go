package cache_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachetest"
)

func BenchmarkGetHit(b *testing.B) {
	c := newCache(b, cache.Options{})
	const n = 10_000
	keys := make([]cache.Key, n)
	for i := range keys {
		keys[i] = cachetest.Key(i)
		c.Put(context.Background(), keys[i], cachetest.Answer(time.Now(), "body"))
	}
	for _, kind := range []struct {
		name string
		keys []cache.Key
	}{{"many keys", keys}, {"one key", keys[:1]}} {
		b.Run(kind.name, func(b *testing.B) {
			b.ReportAllocs()
			var from atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				ctx := context.Background()
				for i := int(from.Add(977)); pb.Next(); i++ {
					if a, _ := c.Get(ctx, kind.keys[i%len(kind.keys)]); a == nil {
						b.Error("a miss")
					}
				}
			})
		})
	}
}

func BenchmarkPutWhenFull(b *testing.B) {
	m := cache.NewMemory(64<<20, nil)
	a := cachetest.Answer(time.Now(), randomText(0, 4000))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_ = m.Put(context.Background(), cachetest.Key(i), a)
	}
}

func BenchmarkDisk(b *testing.B) {
	d, err := cache.OpenDisk(context.Background(), filepath.Join(b.TempDir(), "cache.db"), 64<<20, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	a := cachetest.Answer(time.Now(), strings.Repeat("some words that compress well; ", 130))
	b.Run("put", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if err := d.Put(context.Background(), cachetest.Key(i%10_000), a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got, err := d.Get(context.Background(), cachetest.Key(0)); got == nil || err != nil {
				b.Fatal(err)
			}
		}
	})
}

// heavy skips a test that takes long or much memory unless it is asked for.
func heavy(t *testing.T) {
	if os.Getenv("SLUICE_HEAVY") == "" {
		t.Skip("takes much memory; set SLUICE_HEAVY=1 to run it")
	}
}

// A full memory of a gigabyte does not stop the program for longer than 2 ms, however it
// is used.
func TestAGigabyteOfAnswersKeepsPausesShort(t *testing.T) {
	heavy(t)
	c := newCache(t, cache.Options{Memory: 1 << 30})
	now, body := time.Now(), strings.Repeat("x", 3000)
	fill := func(from, n int) {
		for i := range n {
			a := cachetest.Answer(now, body)
			a.RequestID = strconv.Itoa(from + i)
			c.Put(t.Context(), cachetest.Key(from+i), a)
		}
	}
	fill(0, 400_000)
	debug.SetGCPercent(20) // many collections
	defer debug.SetGCPercent(100)
	var before, after debug.GCStats
	debug.ReadGCStats(&before)
	began := time.Now()
	for i := range 10 {
		fill(1_000_000+i*30_000, 30_000)
		for n := range 100_000 {
			c.Get(t.Context(), cachetest.Key(n))
		}
	}
	runtime.GC()
	debug.ReadGCStats(&after)
	longest := time.Duration(0)
	for _, p := range after.Pause[:min(len(after.Pause), int(after.NumGC-before.NumGC))] {
		longest = max(longest, p)
	}
	s := c.Tiers()[0]
	t.Logf("%d answers, %d MB; %d collections in %v, the longest pause %v", s.Answers, s.Bytes>>20, after.NumGC-before.NumGC, time.Since(began), longest)
	if longest > 2*time.Millisecond {
		t.Errorf("a pause of %v", longest)
	}
}

// A disk tier that is written to and read from without a rest takes little memory.
func TestADiskTierUnderLoadTakesLittleMemory(t *testing.T) {
	heavy(t)
	path := filepath.Join(t.TempDir(), "cache.db")
	d := openDisk(t, path, 128<<20, cachetest.NewClock())
	before := resident(t)
	began, total := time.Now(), int64(0)
	for i := range 40_000 {
		a := cachetest.Answer(time.Now(), randomText(i, 8000))
		total += int64(len(a.Body))
		if err := d.Put(t.Context(), cachetest.Key(i), a); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Get(t.Context(), cachetest.Key(i/2)); err != nil {
			t.Fatal(err)
		}
	}
	answers, bytes := d.Size()
	grown := resident(t) - before
	t.Logf("%d MB put in %v; %d answers of %d MB are kept in a file of %d MB; the process grew by %d MB",
		total>>20, time.Since(began), answers, bytes>>20, fileSize(t, path)>>20, grown>>20)
	if grown > 64<<20 {
		t.Errorf("the process grew by %d MB", grown>>20)
	}
}

func randomText(seed, n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(cachetest.Key(seed*1000 + i).String())
	}
	return b.String()
}

// resident gives the memory of this process, or skips where it cannot be known.
func resident(t *testing.T) int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	fields := strings.Fields(string(text))
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

func fileSize(t *testing.T, path string) (n int64) {
	for _, beside := range []string{"", "-wal"} {
		if info, err := os.Stat(path + beside); err == nil {
			n += info.Size()
		}
	}
	return n
}
