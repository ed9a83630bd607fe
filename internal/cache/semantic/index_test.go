package semantic_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/semantic"
)

func keyOf(n int) (k cache.Key) {
	binary.LittleEndian.PutUint64(k[:], uint64(n)+1)
	return k
}

// clock is a time that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Unix(1_800_000_000, 0)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func vector(random *rand.Rand, dims int) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(random.NormFloat64())
	}
	return v
}

// beside gives a vector with about this cosine to another.
func beside(random *rand.Rand, v []float32, cosine float64) []float32 {
	var length float64
	for _, x := range v {
		length += float64(x) * float64(x)
	}
	length = math.Sqrt(length)
	other := vector(random, len(v))
	out := make([]float32, len(v))
	away := math.Sqrt(1-cosine*cosine) / math.Sqrt(float64(len(v)))
	for i := range v {
		out[i] = float32(cosine*float64(v[i])/length + away*float64(other[i]))
	}
	return out
}

func TestTheNearestPromptOfAScopeIsFound(t *testing.T) {
	now := newClock()
	x := semantic.New(semantic.Options{Now: now.Now})
	random := rand.New(rand.NewPCG(1, 1))
	v := vector(random, 384)
	until := now.Now().Add(time.Hour)
	x.Add(keyOf(1), keyOf(10), beside(random, v, 0.7), "further", until)
	x.Add(keyOf(1), keyOf(11), beside(random, v, 0.95), "near", until)
	x.Add(keyOf(2), keyOf(12), v, "of another scope", until)
	x.Add(keyOf(1), keyOf(13), v[:100], "of another model", until)
	got := x.Nearest(keyOf(1), v, 5)
	if len(got) != 2 || got[0].Text != "near" || got[1].Text != "further" {
		t.Fatalf("%+v", got)
	}
	if math.Abs(got[0].Score-0.95) > 0.02 || got[0].Key != keyOf(11) {
		t.Errorf("%+v", got[0])
	}
	if got := x.Nearest(keyOf(1), v, 1); len(got) != 1 || got[0].Text != "near" {
		t.Errorf("the best one: %+v", got)
	}
	if got := x.Nearest(keyOf(3), v, 1); got != nil {
		t.Errorf("an empty scope has %+v", got)
	}
}

func TestWhatIsPastItsTimeOrRemovedIsNotFound(t *testing.T) {
	now := newClock()
	x := semantic.New(semantic.Options{Now: now.Now})
	v := []float32{1, 0, 0}
	x.Add(keyOf(1), keyOf(1), v, "short", now.Now().Add(time.Minute))
	x.Add(keyOf(1), keyOf(2), v, "long", now.Now().Add(time.Hour))
	x.Add(keyOf(1), keyOf(3), v, "removed", now.Now().Add(time.Hour))
	x.Remove(keyOf(3))
	x.Remove(keyOf(99))
	now.Advance(time.Minute)
	got := x.Nearest(keyOf(1), v, 9)
	if len(got) != 1 || got[0].Text != "long" {
		t.Fatalf("%+v", got)
	}
	if gone := x.Sweep(); gone != 1 {
		t.Errorf("%d were swept", gone)
	}
	if n, _ := x.Size(); n != 1 {
		t.Errorf("%d are left", n)
	}
	if x.Add(keyOf(1), keyOf(4), v, "late", now.Now()) {
		t.Error("what is past its time was kept")
	}
	x.Remove(keyOf(2))
	if n, bytes := x.Size(); n != 0 || bytes != 0 {
		t.Errorf("empty, it has %d entries of %d bytes", n, bytes)
	}
}

func TestWhatHasNoDirectionOrIsTooLongIsNotKept(t *testing.T) {
	x := semantic.New(semantic.Options{})
	until := time.Now().Add(time.Hour)
	long := make([]byte, semantic.MaxText+1)
	for name, is := range map[string]bool{
		"zeros":    x.Add(keyOf(1), keyOf(1), make([]float32, 8), "a", until),
		"nothing":  x.Add(keyOf(1), keyOf(1), nil, "a", until),
		"no":       x.Add(keyOf(1), keyOf(1), []float32{float32(math.NaN()), 1}, "a", until),
		"infinite": x.Add(keyOf(1), keyOf(1), []float32{float32(math.Inf(1)), 1}, "a", until),
		"long":     x.Add(keyOf(1), keyOf(1), []float32{1, 1}, string(long), until),
	} {
		if is {
			t.Errorf("%s: kept", name)
		}
	}
	if got := x.Nearest(keyOf(1), make([]float32, 8), 3); got != nil {
		t.Errorf("%+v", got)
	}
}

func TestTheOldestGoWhereTheIndexIsFull(t *testing.T) {
	v := []float32{1, 0}
	until := time.Now().Add(time.Hour)
	x := semantic.New(semantic.Options{Entries: 3})
	for i := range 5 {
		x.Add(keyOf(i%2), keyOf(i), v, "text", until)
	}
	x.Add(keyOf(0), keyOf(2), v, "again", until) // it is the youngest now
	x.Add(keyOf(0), keyOf(5), v, "text", until)
	for i, want := range []bool{false, false, true, false, true, true} {
		if x.Has(keyOf(i)) != want {
			t.Errorf("%d: %v", i, !want)
		}
	}
	x = semantic.New(semantic.Options{Bytes: 10_000})
	for i := range 100 {
		x.Add(keyOf(0), keyOf(i), v, string(make([]byte, 1000)), until)
	}
	if n, bytes := x.Size(); n < 5 || bytes > 10_000 || !x.Has(keyOf(99)) {
		t.Errorf("%d entries of %d bytes", n, bytes)
	}
}

func TestALargeScopeFindsWhatASmallOneWould(t *testing.T) {
	const entries, dims = 12_000, 128
	random := rand.New(rand.NewPCG(2, 3))
	x := semantic.New(semantic.Options{})
	until := time.Now().Add(time.Hour)
	middle := vector(random, dims) // as of a real model: all vectors are somewhat alike
	all := make([][]float32, entries)
	for i := range all {
		all[i] = beside(random, middle, 0.6)
		x.Add(keyOf(0), keyOf(i), all[i], "text", until)
	}
	for i := 0; i < entries; i += 7 {
		x.Remove(keyOf(i))
	}
	found, asked := 0, 0
	for i := 1; i < entries; i += 60 {
		if i%7 == 0 {
			continue
		}
		asked++
		got := x.Nearest(keyOf(0), beside(random, all[i], 0.85), 1)
		if len(got) == 1 && got[0].Key == keyOf(i) {
			found++
		}
	}
	if found*100 < asked*99 {
		t.Errorf("%d of %d were found", found, asked)
	}
}

func TestAnIndexIsSafeForConcurrentUse(t *testing.T) {
	x := semantic.New(semantic.Options{Entries: 50})
	until := time.Now().Add(time.Hour)
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(g), 1))
			for i := range 300 {
				n := random.IntN(80)
				x.Add(keyOf(n%3), keyOf(n), vector(random, 32), fmt.Sprint("What is ", n, "?"), until)
				x.Find(keyOf(n%3), vector(random, 32), "What is 5?", 0.1)
				if i%5 == 0 {
					x.Remove(keyOf(random.IntN(80)))
					x.Sweep()
					x.Size()
				}
			}
		})
	}
	all.Wait()
	if n, _ := x.Size(); n > 50 {
		t.Errorf("%d entries", n)
	}
}

func TestFindSaysWhyThereIsNoMatch(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	v := vector(random, 64)
	until := time.Now().Add(time.Hour)
	x := semantic.New(semantic.Options{})
	if _, ok, why := x.Find(keyOf(1), v, "anything", 0.8); ok || why != semantic.WhyNothing {
		t.Errorf("an empty scope: %v %q", ok, why)
	}
	x.Add(keyOf(1), keyOf(1), beside(random, v, 0.99), "Transfer 1000 dollars", until)
	x.Add(keyOf(1), keyOf(2), beside(random, v, 0.9), "Please transfer 100 dollars.", until)
	if m, ok, why := x.Find(keyOf(1), v, "transfer 100 dollars", 0.8); !ok || m.Key != keyOf(2) || why != "" {
		t.Errorf("the second nearest: %+v %v %q", m, ok, why)
	}
	if m, ok, why := x.Find(keyOf(1), v, "transfer 50 dollars", 0.8); ok || m.Key != keyOf(1) || why != semantic.WhyNumber {
		t.Errorf("look-alikes: %+v %v %q", m, ok, why)
	}
	if m, ok, why := x.Find(keyOf(1), v, "transfer 100 dollars", 0.999); ok || m.Score < 0.9 || why != semantic.WhyFar {
		t.Errorf("too far: %+v %v %q", m, ok, why)
	}
	if _, ok, why := x.Find(keyOf(1), v, string(make([]byte, semantic.MaxText+1)), 0.8); ok || why != semantic.WhyLong {
		t.Errorf("too long: %v %q", ok, why)
	}
}

func BenchmarkNearest(b *testing.B) {
	for _, size := range []int{100, 2000, 100_000} {
		for _, dims := range []int{384, 1536} {
			if size == 100_000 && dims == 1536 {
				continue
			}
			b.Run(fmt.Sprintf("%d-entries-%d-dims", size, dims), func(b *testing.B) {
				random := rand.New(rand.NewPCG(1, 2))
				x := semantic.New(semantic.Options{Bytes: 1 << 30})
				until := time.Now().Add(time.Hour)
				middle := vector(random, dims)
				for i := range size {
					x.Add(keyOf(0), keyOf(i), beside(random, middle, 0.6), "text", until)
				}
				v := beside(random, middle, 0.6)
				b.ResetTimer()
				for range b.N {
					x.Nearest(keyOf(0), v, 8)
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/op")
			})
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	x := semantic.New(semantic.Options{Entries: 1000})
	v := vector(random, 384)
	until := time.Now().Add(time.Hour)
	for i := range b.N {
		x.Add(keyOf(0), keyOf(i), v, "text", until)
	}
}

func BenchmarkDiffer(b *testing.B) {
	g := semantic.NewGuard()
	long := strings.Repeat("The quick brown fox didn't jump over 3 lazy dogs, but why? ", semantic.MaxText/60)
	for name, p := range map[string][2]string{
		"question": {"Can you tell me how to reset the password of my account, please?", "How do I reset my account's password?"},
		"longest":  {"Please summarize: " + long, "Can you summarize: " + long},
	} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				g.Differ(p[0], p[1])
			}
		})
	}
}
