package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachetest"
)

// read reads a flight to its end.
func read(ctx context.Context, f *cache.Flight) ([]byte, error) {
	if _, err := f.Head(ctx); err != nil {
		return nil, err
	}
	var all []byte
	for {
		more, err := f.Next(ctx, len(all))
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, more...)
	}
}

// outcome is what one follower saw.
type outcome struct {
	body []byte
	err  error
}

// follow lets n followers of a key read to the end, and gives what they saw. All have
// joined when it returns.
func follow(t *testing.T, fs *cache.Flights, key cache.Key, n int) (wait func() []outcome) {
	t.Helper()
	seen := make([]outcome, n)
	var all sync.WaitGroup
	for i := range n {
		f, lead := fs.Join(key)
		if lead {
			t.Fatal("a follower leads")
		}
		all.Go(func() {
			defer f.Leave()
			seen[i].body, seen[i].err = read(t.Context(), f)
		})
	}
	return func() []outcome { all.Wait(); return seen }
}

func TestAThousandFollowersSeeOneAnswerByteForByte(t *testing.T) {
	var fs cache.Flights
	f, lead := fs.Join(cachetest.Key(1))
	if !lead {
		t.Fatal("the first does not lead")
	}
	early := follow(t, &fs, cachetest.Key(1), 500)
	want := []byte("data: first\n\n")
	f.Publish(&cache.Answer{}, want)
	var late func() []outcome
	for i := range 200 {
		event := fmt.Appendf(nil, "data: %d\n\n", i)
		want = append(want[:len(want):len(want)], event...)
		f.Append(event)
		clear(event) // the flight has a copy
		if i == 100 {
			late = follow(t, &fs, cachetest.Key(1), 500)
		}
	}
	f.End(nil)
	f.Leave()
	for i, o := range append(early(), late()...) {
		if o.err != nil || !bytes.Equal(o.body, want) {
			t.Fatalf("follower %d: %d bytes of %d, %v", i, len(o.body), len(want), o.err)
		}
	}
	if fs.Open() != 0 || f.Readers() != 0 {
		t.Errorf("%d flights, %d readers are left", fs.Open(), f.Readers())
	}
}

func TestWhatWasReadOfAFlightStaysAsItIs(t *testing.T) {
	var fs cache.Flights
	f, _ := fs.Join(cachetest.Key(1))
	f.Publish(&cache.Answer{}, append(make([]byte, 0, 64), "first"...))
	var read [][]byte
	for _, more := range []string{"", " second", " third", string(bytes.Repeat([]byte("x"), 200))} {
		f.Append([]byte(more))
		b, err := f.Next(t.Context(), 0)
		if err != nil || !bytes.Equal(b, f.Body()) {
			t.Fatalf("%q, %v", b, err)
		}
		read = append(read, b)
	}
	_ = append(read[0], "spoilt"...) // a reader's own
	for i, want := range []string{"first", "first second", "first second third"} {
		if string(read[i]) != want {
			t.Errorf("%q, not %q", read[i], want)
		}
	}
	if !bytes.HasPrefix(f.Body(), []byte("first second third")) {
		t.Errorf("%q", f.Body())
	}
}

func TestHowAFlightEndsForThoseWhoFollow(t *testing.T) {
	fault := errors.New("the vendor failed")
	for _, c := range []struct {
		name string
		fly  func(*cache.Flight)
		body string
		errs []error // all of them; nil = none
	}{
		{"whole", func(f *cache.Flight) { f.Publish(&cache.Answer{}, []byte("all")); f.End(nil) }, "all", nil},
		{"empty", func(f *cache.Flight) { f.Publish(&cache.Answer{}, nil); f.End(nil) }, "", nil},
		{"failed before", func(f *cache.Flight) { f.End(fault) }, "", []error{cache.ErrNoAnswer, fault}},
		{"ended without", func(f *cache.Flight) { f.End(nil) }, "", []error{cache.ErrNoAnswer}},
		{"cut", func(f *cache.Flight) { f.Publish(&cache.Answer{}, []byte("ha")); f.Append([]byte("lf")); f.End(fault) }, "half", []error{cache.ErrCut, fault}},
		{"after the end nothing counts", func(f *cache.Flight) {
			f.Publish(&cache.Answer{}, []byte("all"))
			f.End(nil)
			f.Append([]byte("more"))
			f.Publish(&cache.Answer{}, []byte("other"))
			f.End(fault)
		}, "all", nil},
		{"only the first head counts", func(f *cache.Flight) {
			f.Publish(&cache.Answer{}, []byte("one"))
			f.Publish(&cache.Answer{}, []byte("two"))
			f.End(nil)
		}, "one", nil},
		{"bytes without a head are none", func(f *cache.Flight) { f.Append([]byte("x")); f.End(nil) }, "", []error{cache.ErrNoAnswer}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var fs cache.Flights
				f, _ := fs.Join(cachetest.Key(1))
				early := follow(t, &fs, cachetest.Key(1), 3)
				synctest.Wait() // they wait for the head
				late, _ := fs.Join(cachetest.Key(1))
				c.fly(f)
				body, err := read(t.Context(), late)
				late.Leave()
				for i, o := range append(early(), outcome{body, err}) {
					if string(o.body) != c.body || (o.err == nil) != (c.errs == nil) {
						t.Errorf("follower %d: %q, %v", i, o.body, o.err)
					}
					for _, want := range c.errs {
						if !errors.Is(o.err, want) {
							t.Errorf("follower %d: %v is not %v", i, o.err, want)
						}
					}
				}
				if _, lead := fs.Join(cachetest.Key(1)); !lead {
					t.Error("a flight that has ended takes followers")
				}
			})
		})
	}
}

func TestFollowersSeeEachEventAsItComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fs cache.Flights
		f, _ := fs.Join(cachetest.Key(1))
		g, _ := fs.Join(cachetest.Key(1))
		var seen atomic.Int64
		go func() {
			for at := 0; ; {
				b, err := g.Next(t.Context(), at)
				if err != nil {
					return
				}
				at += len(b)
				seen.Store(int64(at))
			}
		}()
		f.Publish(&cache.Answer{}, []byte("0"))
		for i := range 20 {
			synctest.Wait()
			if n := seen.Load(); n != int64(i+1) {
				t.Fatalf("after %d events it has seen %d", i+1, n)
			}
			f.Append([]byte("x"))
		}
		f.End(nil)
		synctest.Wait()
	})
}

func TestAFlightGoesOnUntilAllHaveLeft(t *testing.T) {
	for _, c := range []struct {
		name      string
		followers int
		before    bool // all leave before it is said what happens then
	}{{"the leader alone", 0, false}, {"with followers", 5, false}, {"too late", 2, true}} {
		t.Run(c.name, func(t *testing.T) {
			var fs cache.Flights
			key := cachetest.Key(1)
			f, _ := fs.Join(key)
			alone := 0
			when := func() { f.WhenAlone(func() { alone++ }) }
			if !c.before {
				when()
			}
			for range c.followers {
				fs.Join(key)
			}
			f.Leave() // the leader's caller is the first
			for i := range c.followers {
				if alone != 0 || fs.Open() != 1 {
					t.Fatalf("it is given up while %d follow", c.followers-i)
				}
				f.Leave()
			}
			if c.before {
				when()
			}
			if alone != 1 || fs.Open() != 0 {
				t.Errorf("told %d times, %d flights", alone, fs.Open())
			}
			next, lead := fs.Join(key)
			if !lead {
				t.Fatal("somebody follows a flight that all have left")
			}
			f.End(nil) // of the old one; the new one stays
			if fs.Open() != 1 {
				t.Error("the end of an old flight ended a new one")
			}
			next.End(nil)
		})
	}
}

func TestAFollowerThatLeavesIsNotHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fs cache.Flights
		f, _ := fs.Join(cachetest.Key(1))
		gone := errors.New("the caller hung up")
		for _, published := range []bool{false, true} {
			if published {
				f.Publish(&cache.Answer{}, []byte("x"))
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			g, _ := fs.Join(cachetest.Key(1))
			got := make(chan error, 1)
			go func() { _, err := read(ctx, g); g.Leave(); got <- err }()
			synctest.Wait()
			cancel(gone)
			if err := <-got; !errors.Is(err, gone) {
				t.Errorf("published %v: %v", published, err)
			}
			if f.Readers() != 1 {
				t.Errorf("%d readers", f.Readers())
			}
		}
		f.End(nil)
	})
}

// Whoever comes and goes when, each key has one leader at a time, and a flight that was
// led brings its answer to all who stay.
func TestJoiningLeavingAndEndingAtOnceLosesNobody(t *testing.T) {
	var fs cache.Flights
	var leading [4]atomic.Int32
	var all sync.WaitGroup
	for g := range 16 {
		all.Go(func() {
			for i := range 300 {
				n := (g + i) % len(leading)
				f, lead := fs.Join(cachetest.Key(n))
				if !lead {
					if i%3 != 0 {
						if body, err := read(t.Context(), f); err == nil && string(body) != "answer" {
							t.Errorf("it read %q", body)
						}
					}
					f.Leave()
					continue
				}
				if leading[n].Add(1) != 1 {
					t.Error("two lead at once")
				}
				f.Publish(&cache.Answer{}, []byte("ans"))
				f.Append([]byte("wer"))
				leading[n].Add(-1)
				f.End(nil)
				f.Leave()
			}
		})
	}
	all.Wait()
	if fs.Open() != 0 {
		t.Errorf("%d flights are left", fs.Open())
	}
}

func BenchmarkFlightWithoutFollowers(b *testing.B) {
	var fs cache.Flights
	event := bytes.Repeat([]byte("x"), 100)
	b.ReportAllocs()
	for b.Loop() {
		f, _ := fs.Join(cachetest.Key(1))
		f.Publish(&cache.Answer{}, event)
		for range 50 {
			f.Append(event)
		}
		f.End(nil)
		f.Leave()
	}
}
