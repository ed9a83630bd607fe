// Package cachetest is what every tier of the cache must do, as tests. Each implementation
// runs it.
package cachetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Harness is one empty tier and what can be done with it beside its methods.
type Harness struct {
	Tier cache.Tier
	// Damage changes the bytes that are kept under a key; nil = there are none.
	Damage func(key cache.Key, change func([]byte) []byte)
	// Blind tiers know neither their size nor how to sweep.
	Blind bool
}

// Clock is a clock that stands still until it is told to go on. It is safe for concurrent
// use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that shows the true time.
func NewClock() *Clock { return &Clock{now: time.Now().Round(0)} }

// Now gives what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance sets the clock forward.
func (c *Clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// bench is one test's tier and clock.
type bench struct {
	*testing.T
	Harness
	clock *Clock
}

// Run runs the suite. open gives a new, empty tier, that goes by the clock, for each test;
// it registers with t what has to be closed.
func Run(t *testing.T, open func(t *testing.T, c *Clock) Harness) {
	for _, s := range []struct {
		name string
		run  func(*bench)
	}{
		{"an unknown key is a miss", unknown},
		{"what is put is given back whole", whole},
		{"a later answer takes the place of an earlier one", replaced},
		{"a deleted answer is a miss", deleted},
		{"an answer is given until it is past all use", kept},
		{"an answer that is past all use is not taken", late},
		{"damaged and foreign data is a miss and gives way", foreign},
		{"a sweep lets go of what it is told is dead", swept},
		{"the size follows what is kept", sized},
		{"many at once get the answer of their own key", crowded},
	} {
		t.Run(s.name, func(t *testing.T) {
			clock := NewClock()
			s.run(&bench{T: t, Harness: open(t, clock), clock: clock})
		})
	}
}

// Key gives the key of a number.
func Key(n int) cache.Key {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// Answer makes an answer with something in every part of it. It is fresh for an hour and
// kept for two.
func Answer(stored time.Time, body string) *cache.Answer {
	return &cache.Answer{
		About: cache.About{
			Gateway: "main", Workspace: "acme", KeyID: "key_1", Route: "cheap", Operation: "chat", CallerDialect: "one",
			Provider: "p", Model: "m-1", Region: "eu", Dialect: "two", RequestID: "req_1", Tags: []string{"docs", "v2", ""},
			Stored: stored, TTL: time.Hour, Keep: 2 * time.Hour, Cost: gateway.Cost{USD: 12_345, Known: true}, Took: 1234567 * time.Microsecond, Purged: 2,
		},
		ContentType: "application/json; charset=utf-8", Body: []byte(body),
	}
}

func (b *bench) put(key cache.Key, a *cache.Answer) {
	b.Helper()
	if err := b.Tier.Put(context.Background(), key, a); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) get(key cache.Key) *cache.Answer {
	b.Helper()
	a, err := b.Tier.Get(context.Background(), key)
	if err != nil {
		b.Fatal(err)
	}
	return a
}

func (b *bench) want(key cache.Key, want *cache.Answer) {
	b.Helper()
	if d := Diff(want, b.get(key)); d != "" {
		b.Errorf("-want +got:\n%s", d)
	}
}

// Diff says how two answers, of which any may be nil, differ; "" = they do not. Lists that
// are empty are as good as none; what was Told is kept nowhere.
func Diff(want, got *cache.Answer) string {
	return cmp.Diff(want, got, cmp.Comparer(bytes.Equal), cmp.Comparer(slices.Equal[[]string]), cmp.Comparer(slices.Equal[[]cache.Mark]), cmp.Comparer(func(_, _ *cache.Told) bool { return true }))
}

func (b *bench) answer(body string) *cache.Answer { return Answer(b.clock.Now(), body) }

func unknown(b *bench) {
	b.want(Key(1), nil)
	b.put(Key(2), b.answer("two"))
	b.want(Key(1), nil)
}

func whole(b *bench) {
	stream := b.answer("data: 1\n\ndata: 2\n\n")
	stream.Stream, stream.Encoding, stream.Marks = true, "gzip", []cache.Mark{{Bytes: 9}, {Bytes: 9, After: 2_000_000}}
	bare := &cache.Answer{About: cache.About{Stored: b.clock.Now(), TTL: time.Minute}}
	unpriced := b.answer("\x00\xff not text")
	unpriced.Cost, unpriced.Tags = gateway.Cost{}, nil
	for i, a := range []*cache.Answer{
		b.answer("hello"), stream, bare, unpriced,
		b.answer(string(bytes.Repeat([]byte("the same again, "), 20_000))), b.answer(noise(100_000)),
	} {
		b.put(Key(i), a)
		b.want(Key(i), a)
	}
}

// noise is a text that does not compress.
func noise(n int) string {
	var s []byte
	for i := 0; len(s) < n; i++ {
		k := Key(i)
		s = append(s, k[:]...)
	}
	return string(s)
}

func replaced(b *bench) {
	b.put(Key(1), b.answer("short"))
	b.put(Key(1), b.answer(noise(5000)))
	b.want(Key(1), b.answer(noise(5000)))
	b.put(Key(1), b.answer("short"))
	b.want(Key(1), b.answer("short"))
}

func deleted(b *bench) {
	for range 2 {
		b.put(Key(1), b.answer("one"))
		b.put(Key(2), b.answer("two"))
		if err := b.Tier.Delete(context.Background(), Key(1)); err != nil {
			b.Fatal(err)
		}
		b.want(Key(1), nil)
		b.want(Key(2), b.answer("two"))
	}
	if err := b.Tier.Delete(context.Background(), Key(3)); err != nil {
		b.Error("deleting what is not there:", err)
	}
}

func kept(b *bench) {
	a := b.answer("one")
	b.put(Key(1), a)
	b.clock.Advance(90 * time.Minute)
	b.want(Key(1), a) // stale, but that is for others to judge
	b.clock.Advance(30 * time.Minute)
	b.want(Key(1), nil)
}

func late(b *bench) {
	b.put(Key(1), b.answer("good"))
	old := b.answer("old")
	old.Stored = old.Stored.Add(-3 * time.Hour)
	b.put(Key(1), old)
	b.want(Key(1), nil)
}

func foreign(b *bench) {
	if b.Damage == nil {
		b.Skip("it keeps no bytes")
	}
	other := func(body string) func([]byte) []byte {
		return func([]byte) []byte { return []byte(body) }
	}
	flip := func(at func(n int) int) func([]byte) []byte {
		return func(d []byte) []byte { d[at(len(d))] ^= 4; return d }
	}
	var kept []byte
	b.put(Key(99), b.answer("of another key"))
	b.Damage(Key(99), func(d []byte) []byte { kept = bytes.Clone(d); return d })
	for name, change := range map[string]func([]byte) []byte{
		"first byte": flip(func(int) int { return 0 }), "version": flip(func(int) int { return 3 }), "flags": flip(func(int) int { return 8 }),
		"head": flip(func(int) int { return 40 }), "body": flip(func(n int) int { return n - 3 }),
		"cut": func(d []byte) []byte { return d[:len(d)-1] }, "longer": func(d []byte) []byte { return append(d, 0) },
		"empty": other(""), "short": other("SLC"), "text": other(`{"answer": 42, "this": "was written by somebody else"}`),
		"of another key": func([]byte) []byte { return kept },
	} {
		b.put(Key(1), b.answer(noise(3000)))
		b.Damage(Key(1), change)
		if a, err := b.Tier.Get(context.Background(), Key(1)); a != nil || err == nil {
			b.Errorf("%s: answer %v, error %v", name, a != nil, err)
		}
		b.put(Key(1), b.answer("again"))
		b.want(Key(1), b.answer("again"))
	}
	b.want(Key(99), b.answer("of another key"))
}

func swept(b *bench) {
	if b.Blind {
		b.Skip("it does not sweep")
	}
	const n = 300
	for i := range n {
		a := b.answer("one")
		a.Model = fmt.Sprint("m-", i%3)
		if i%3 == 1 {
			a.Keep, a.TTL = 0, time.Minute
		}
		b.put(Key(i), a)
	}
	b.clock.Advance(2 * time.Minute)
	for _, step := range []struct {
		dead func(*cache.About) bool
		gone int
	}{
		{nil, n / 3}, {func(a *cache.About) bool { return a.Model == "m-2" }, n / 3}, {func(*cache.About) bool { return false }, 0},
	} {
		if got, err := b.Tier.Sweep(context.Background(), step.dead); got != step.gone || err != nil {
			b.Errorf("%d are gone, not %d: %v", got, step.gone, err)
		}
	}
	for i := range n {
		if found := b.get(Key(i)) != nil; found != (i%3 == 0) {
			b.Fatalf("%d: found %v", i, found)
		}
	}
	if answers, _ := b.Tier.Size(); answers != n/3 {
		b.Errorf("%d are left", answers)
	}
}

func sized(b *bench) {
	if b.Blind {
		b.Skip("it does not know its size")
	}
	size := func(answers, least, most int64) {
		b.Helper()
		if n, bytes := b.Tier.Size(); n != answers || bytes < least || bytes > most {
			b.Errorf("%d answers of %d bytes", n, bytes)
		}
	}
	size(0, 0, 0)
	for i := range 10 {
		b.put(Key(i), b.answer(noise(2000)))
	}
	size(10, 20_000, 40_000)
	b.put(Key(3), b.answer(noise(12_000)))
	size(10, 30_000, 50_000)
	for i := range 10 {
		if err := b.Tier.Delete(context.Background(), Key(i)); err != nil {
			b.Fatal(err)
		}
	}
	size(0, 0, 0)
}

func crowded(b *bench) {
	const keys, each = 20, 60
	var all sync.WaitGroup
	var late atomic.Int64
	for g := range 8 {
		all.Go(func() {
			for i := range each {
				n := (g*7 + i*i) % keys
				var err error
				switch (i + g) % 4 {
				case 0:
					err = b.Tier.Put(context.Background(), Key(n), b.answer(fmt.Sprint("body of ", n)))
				case 1:
					if i%16 == 0 {
						err = b.Tier.Delete(context.Background(), Key(n))
					}
				default:
					var a *cache.Answer
					if a, err = b.Tier.Get(context.Background(), Key(n)); a != nil && string(a.Body) != fmt.Sprint("body of ", n) {
						b.Errorf("key %d has %q", n, a.Body)
					}
				}
				switch {
				case errors.Is(err, context.DeadlineExceeded): // a tier may take too long on a busy machine, and says so
					late.Add(1)
				case err != nil:
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := late.Load(); n > 8*each/10 {
		b.Errorf("%d of %d took too long", n, 8*each)
	}
}
