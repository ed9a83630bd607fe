package cache_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	clist "container/list"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachetest"
)

// recent is the plainest cache: it lets go of what was asked for least recently.
type recent struct {
	max, bytes int64
	list       clist.List // of keys
	by         map[int]*clist.Element
}

func (r *recent) ask(n int) (hit bool) {
	if e := r.by[n]; e != nil {
		r.list.MoveToFront(e)
		return true
	}
	r.by[n] = r.list.PushFront(n)
	for r.bytes += weight(n); r.bytes > r.max; {
		last := r.list.Remove(r.list.Back()).(int)
		delete(r.by, last)
		r.bytes -= weight(last)
	}
	return false
}

// bodyOf gives the length of an answer's body: some hundred bytes to some ten thousand.
func bodyOf(n int) int {
	return 300 + int(rand.New(rand.NewPCG(uint64(n), 7)).ExpFloat64()*4000)
}

func weight(n int) int64 { return (&cache.Answer{}).Size() + int64(bodyOf(n)) }

// popular asks for keys of which few are asked for often.
func popular(asks, from int) (trace []int) {
	z := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.05, 1, 50_000)
	for range asks {
		trace = append(trace, from+int(z.Uint64()))
	}
	return trace
}

// fleeting asks for new keys only, of which half are asked for once more soon.
func fleeting(asks, soon int) (trace []int) {
	r := rand.New(rand.NewPCG(3, 4))
	later := map[int][]int{}
	for next := 1 << 32; len(trace) < asks; next++ {
		trace = append(trace, next)
		if r.IntN(2) == 0 {
			at := len(trace) + r.IntN(soon)
			later[at] = append(later[at], next)
		}
		trace = append(trace, later[len(trace)]...)
	}
	return trace
}

func shuffled(a, b []int) (trace []int) {
	for i := range a {
		trace = append(trace, a[i], b[i])
	}
	return trace
}

// once asks for each of many keys a single time.
func once(asks int) (trace []int) {
	for n := range asks {
		trace = append(trace, 1<<40+n)
	}
	return trace
}

func TestMemoryKeepsWhatIsAskedForOftenAndWhatIsNew(t *testing.T) {
	const max, asks = 4 << 20, 50_000
	for _, c := range []struct {
		name  string
		trace []int
		least float64 // of what the plainest cache finds
	}{
		{"some are popular", popular(asks, 0), 1.07},
		{"popularity changes", append(popular(asks/2, 0), popular(asks/2, 1<<20)...), 1.01},
		{"new ones are asked for again soon", fleeting(asks, 100), 0.95},
		{"new ones are asked for again later", fleeting(asks, 400), 0.85},
		{"both", shuffled(popular(asks/2, 0), fleeting(asks/2, 200)), 1.05},
		{"many are asked for once between the popular ones", shuffled(popular(asks/2, 0), once(asks/2)), 1.15},
	} {
		t.Run(c.name, func(t *testing.T) {
			now, zeros := time.Now(), make([]byte, 1<<20)
			m, plain := cache.NewMemory(max, nil), &recent{max: max, by: map[int]*clist.Element{}}
			var hits, plainHits float64
			for _, n := range c.trace {
				key, size := cachetest.Key(n), bodyOf(n)
				if m.FindForTest(&key, now) != nil {
					hits++
				} else {
					_ = m.Put(context.Background(), key, &cache.Answer{About: cache.About{Stored: now, TTL: time.Hour}, Body: zeros[:size:size]})
				}
				if plain.ask(n) {
					plainHits++
				}
				if _, bytes := m.Size(); n%16 == 0 && bytes > max {
					t.Fatalf("it holds %d bytes of %d", bytes, max)
				}
			}
			t.Logf("%.3f found, %.3f by the plainest cache", hits/float64(len(c.trace)), plainHits/float64(len(c.trace)))
			if hits < c.least*plainHits {
				t.Errorf("%.0f found, %.0f by the plainest cache", hits, plainHits)
			}
		})
	}
}

func TestMemoryHoldsNothingThatAnAnswerWasCutFrom(t *testing.T) {
	m := cache.NewMemory(1<<20, nil)
	large := make([]byte, 100, 1<<20)
	a := cachetest.Answer(time.Now(), "")
	a.Body = large
	_ = m.Put(t.Context(), cachetest.Key(1), a)
	got, _ := m.Get(t.Context(), cachetest.Key(1))
	if cap(got.Body) > 200 {
		t.Errorf("%d bytes are kept alive", cap(got.Body))
	}
	if d := cachetest.Diff(a, got); d != "" {
		t.Error(d)
	}
}

func TestMemoryTakesNothingThatWouldPushOutAllElse(t *testing.T) {
	m := cache.NewMemory(1<<20, nil)
	for n, c := range []struct {
		bytes int
		kept  bool
	}{{1 << 10, true}, {100 << 10, true}, {200 << 10, false}, {2 << 20, false}} {
		a := cachetest.Answer(time.Now(), "")
		a.Body = make([]byte, c.bytes)
		_ = m.Put(t.Context(), cachetest.Key(n), a)
		if got, _ := m.Get(t.Context(), cachetest.Key(n)); (got != nil) != c.kept {
			t.Errorf("%d bytes: kept %v", c.bytes, got != nil)
		}
	}
}

func TestAHitInMemoryAllocatesNothing(t *testing.T) {
	c := newCache(t, cache.Options{})
	c.SetPurges([]cache.Purge{{Seq: 3, At: time.Now().Add(-time.Hour), Model: "another"}})
	c.Put(t.Context(), cachetest.Key(1), cachetest.Answer(time.Now(), "body"))
	ctx, key := t.Context(), cachetest.Key(1)
	if n := testing.AllocsPerRun(100, func() {
		if a, _ := c.Get(ctx, key); a == nil {
			t.Error("a miss")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
