package cache_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachetest"
)

// composed is a Cache as a Tier, for the suite.
type composed struct{ *cache.Cache }

func (c composed) Get(ctx context.Context, key cache.Key) (*cache.Answer, error) {
	a, _ := c.Cache.Get(ctx, key)
	return a, nil
}

func (c composed) Put(ctx context.Context, key cache.Key, a *cache.Answer) error {
	c.Cache.Put(ctx, key, a)
	return nil
}

func (c composed) Sweep(context.Context, func(*cache.About) bool) (int, error) { return 0, nil }

func (c composed) Size() (answers, bytes int64) { return 0, 0 }

func newCache(t testing.TB, o cache.Options) *cache.Cache {
	c := cache.New(o)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestTheTiersTogetherAreATier(t *testing.T) {
	for _, memory := range []int64{16 << 20, 1} { // with the second, all comes from below
		t.Run(fmt.Sprint("memory of ", memory), func(t *testing.T) {
			cachetest.Run(t, func(t *testing.T, clock *cachetest.Clock) cachetest.Harness {
				disk := openDisk(t, filepath.Join(t.TempDir(), "cache.db"), 64<<20, clock)
				shared := cache.NewMemory(64<<20, clock.Now)
				return cachetest.Harness{Tier: composed{newCache(t, cache.Options{Memory: memory, Disk: disk, Shared: shared, Now: clock.Now})}, Blind: true}
			})
		})
	}
}

// stub is a tier whose methods can be made to wait or fail.
type stub struct {
	*cache.Memory
	mu     sync.Mutex
	fail   error
	gate   chan struct{} // writes wait for it; nil = they do not
	gets   int
	closed bool
}

func (s *stub) Get(ctx context.Context, key cache.Key) (*cache.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gets++; s.fail != nil {
		return nil, s.fail
	}
	return s.Memory.Get(ctx, key)
}

func (s *stub) Put(ctx context.Context, key cache.Key, a *cache.Answer) error {
	if s.gate != nil {
		select {
		case <-s.gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return s.Memory.Put(ctx, key, a)
}

func (s *stub) Close() error { s.closed = true; return nil }

func newStub() *stub { return &stub{Memory: cache.NewMemory(64<<20, nil)} }

func get(t *testing.T, c *cache.Cache, n int) (body, from string) {
	t.Helper()
	a, from := c.Get(t.Context(), cachetest.Key(n))
	if a == nil {
		return "", from
	}
	return string(a.Body), from
}

func TestWhatALowerTierHasRises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk, shared := newStub(), newStub()
		c := newCache(t, cache.Options{Disk: disk, Shared: shared})
		_ = shared.Put(t.Context(), cachetest.Key(1), cachetest.Answer(time.Now(), "one"))
		for _, want := range []string{cache.Shared, cache.InMemory} {
			if body, from := get(t, c, 1); body != "one" || from != want {
				t.Errorf("%q from %q, not %q", body, from, want)
			}
		}
		synctest.Wait()
		if a, _ := disk.Memory.Get(t.Context(), cachetest.Key(1)); a == nil {
			t.Error("it is not on disk")
		}
		if body, from := get(t, c, 2); body != "" || from != "" {
			t.Errorf("%q from %q", body, from)
		}
	})
}

func TestTheLatestAnswerCountsWherePastItsTime(t *testing.T) {
	ctx, now := context.Background(), time.Now()
	old, fresh := cachetest.Answer(now.Add(-90*time.Minute), "old"), cachetest.Answer(now.Add(-time.Minute), "fresh")
	for _, c := range []struct {
		name           string
		memory, shared *cache.Answer
		body, from     string
		gets           int // of the shared tier
	}{
		{"fresh in memory", fresh, old, "fresh", cache.InMemory, 0},
		{"another node has a fresh one", old, fresh, "fresh", cache.Shared, 1},
		{"both are old", old, old, "old", cache.InMemory, 1},
		{"only the shared one, old", nil, old, "old", cache.Shared, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			shared := newStub()
			tiers := newCache(t, cache.Options{Shared: shared})
			if c.memory != nil {
				tiers.Put(ctx, cachetest.Key(1), c.memory)
				tiers.SettledForTest()
			}
			_ = shared.Put(ctx, cachetest.Key(1), c.shared)
			if body, from := get(t, tiers, 1); body != c.body || from != c.from || shared.gets != c.gets {
				t.Errorf("%q from %q after %d questions", body, from, shared.gets)
			}
		})
	}
}

func TestWhatWaitsToBeWrittenIsFoundAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newStub()
		disk.gate = make(chan struct{})
		var faults []string
		c := cache.New(cache.Options{Memory: 1, Disk: disk, Queue: 10_000, Fault: func(tier string, err error) { faults = append(faults, tier) }})
		for i := range 50 {
			c.Put(t.Context(), cachetest.Key(i), cachetest.Answer(time.Now(), fmt.Sprint("body ", i)))
		}
		synctest.Wait() // the writer is at the first
		found := 0
		for i := range 50 {
			if body, from := get(t, c, i); body != "" {
				found++
				if body != fmt.Sprint("body ", i) || from != cache.OnDisk {
					t.Errorf("%q from %q", body, from)
				}
			}
		}
		s := c.Tiers()[1]
		if found < 5 || found > 20 || s.Dropped != int64(50-found) || s.Waiting > 10_000 {
			t.Errorf("%d found, %+v", found, s)
		}
		if err := c.Delete(t.Context(), cachetest.Key(1)); err != nil {
			t.Error(err)
		}
		if body, _ := get(t, c, 1); body != "" {
			t.Error("what is deleted while it waits is found")
		}
		close(disk.gate)
		synctest.Wait()
		if a, _ := disk.Memory.Get(t.Context(), cachetest.Key(1)); a != nil {
			t.Error("what was deleted is written all the same")
		}
		if s := c.Tiers()[1]; s.Waiting != 0 || s.Answers != int64(found-1) || s.Stored < int64(found-1) {
			t.Errorf("%+v", s)
		}
		if err := c.Close(); err != nil || len(faults) != 0 || !disk.closed {
			t.Errorf("%v, faults %v, closed %v", err, faults, disk.closed)
		}
		c.Put(t.Context(), cachetest.Key(2), cachetest.Answer(time.Now(), "late"))
		if body, _ := get(t, c, 2); body == "late" {
			t.Error("a closed cache keeps")
		}
		if err := c.Close(); err != nil {
			t.Error("closing twice:", err)
		}
	})
}

func TestClosingWritesWhatWaitsButNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newStub()
		c := cache.New(cache.Options{Disk: disk})
		for i := range 100 {
			c.Put(t.Context(), cachetest.Key(i), cachetest.Answer(time.Now(), "body"))
		}
		_ = c.Close()
		if n, _ := disk.Memory.Size(); n != 100 {
			t.Errorf("%d of 100 were written", n)
		}
		stuck := newStub()
		stuck.gate = make(chan struct{})
		c = cache.New(cache.Options{Disk: stuck})
		c.Put(t.Context(), cachetest.Key(1), cachetest.Answer(time.Now(), "body"))
		began := time.Now()
		_ = c.Close()
		if d := time.Since(began); d > 10*time.Second {
			t.Errorf("it took %v", d)
		}
	})
}

func TestATierThatFailsIsAMissAndToldOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := newStub()
		broken.fail = errors.New("no")
		told := 0
		c := newCache(t, cache.Options{Disk: broken, Fault: func(tier string, err error) {
			if told++; tier != cache.OnDisk || !errors.Is(err, broken.fail) {
				t.Errorf("%s: %v", tier, err)
			}
		}})
		for range 3 {
			for range 10 {
				if body, _ := get(t, c, 1); body != "" {
					t.Error(body)
				}
			}
			time.Sleep(time.Minute)
		}
		if s := c.Tiers()[1]; told != 3 || s.Faults != 30 || s.Misses != 30 {
			t.Errorf("told %d times of %+v", told, s)
		}
	})
}

func TestAPurgeCountsAtOnceInAllTiersAndIsSweptSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk, shared := newStub(), newStub()
		c := newCache(t, cache.Options{Disk: disk, Shared: shared})
		for i := range 6 {
			a := cachetest.Answer(time.Now(), "body")
			a.Model = fmt.Sprint("m-", i%3)
			c.Put(t.Context(), cachetest.Key(i), a)
		}
		synctest.Wait()
		time.Sleep(time.Second)
		c.SetPurges([]cache.Purge{{Seq: 3, At: time.Now(), Model: "m-0"}, {Seq: 4, At: time.Now(), Key: cachetest.Key(1).String()}})
		for i := range 6 {
			if body, _ := get(t, c, i); (body != "") != (i%3 != 0 && i != 1) {
				t.Errorf("%d: %q", i, body)
			}
		}
		synctest.Wait()
		for _, tier := range []*stub{disk, shared} {
			if n, _ := tier.Memory.Size(); n != 3 {
				t.Errorf("%d answers are left in a tier", n)
			}
		}
		after := cachetest.Answer(time.Now(), "after")
		after.Purged = c.LastPurge()
		c.Put(t.Context(), cachetest.Key(0), after)
		if body, _ := get(t, c, 0); body != "after" {
			t.Error("a purge counts for what was stored later")
		}
	})
}

func TestNothingIsKeptLongerThanPurgesAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, cache.Options{Sweep: 24 * time.Hour})
		a := cachetest.Answer(time.Now(), "body")
		a.TTL = 365 * 24 * time.Hour
		c.Put(t.Context(), cachetest.Key(1), a)
		time.Sleep(cache.MaxKeep - time.Second)
		if body, _ := get(t, c, 1); body == "" {
			t.Error("it is gone")
		}
		time.Sleep(time.Second)
		if body, _ := get(t, c, 1); body != "" {
			t.Error("it is served")
		}
	})
}

func TestAnswersPastAllUseAreSweptFromMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, cache.Options{})
		for i := range 10 {
			c.Put(t.Context(), cachetest.Key(i), cachetest.Answer(time.Now().Add(-time.Duration(i)*15*time.Minute), "body"))
		}
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if s := c.Tiers()[0]; s.Answers != 8 || s.Stored != 8 { // two came too late
			t.Errorf("%+v", s)
		}
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		if s := c.Tiers()[0]; s.Answers != 6 {
			t.Errorf("%+v", s)
		}
	})
}
