package token

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// source counts fetches and gives values that last for life.
type source struct {
	calls atomic.Int32
	life  time.Duration
	takes time.Duration
	fail  atomic.Bool
}

var errAway = errors.New("away")

func (s *source) fetch(ctx context.Context) (Value[int], error) {
	n := int(s.calls.Add(1))
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return Value[int]{}, ctx.Err()
	}
	if s.fail.Load() {
		return Value[int]{}, errAway
	}
	return Value[int]{Of: n, Expires: time.Now().Add(s.life)}, nil
}

func TestAHundredCallersShareOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour, takes: time.Second}
		c := New(s.fetch)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if v, err := c.Get(t.Context()); v != 1 || err != nil {
					t.Errorf("got %d, %v", v, err)
				}
			})
		}
		wg.Wait()
		if s.calls.Load() != 1 {
			t.Errorf("%d fetches", s.calls.Load())
		}
	})
}

func TestAValueIsRenewedBeforeItsEndWhileCallersGoOnWithTheOldOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour, takes: 10 * time.Second}
		c := New(s.fetch)
		get(t, c, 1)
		time.Sleep(54 * time.Minute)
		get(t, c, 1)
		if s.calls.Load() != 1 {
			t.Fatal("it was renewed too early")
		}
		time.Sleep(90 * time.Second)
		began := time.Now()
		for range 100 {
			get(t, c, 1)
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("callers waited %s for a renewal", waited)
		}
		synctest.Wait()
		if s.calls.Load() != 2 {
			t.Errorf("%d fetches, want one renewal", s.calls.Load())
		}
		time.Sleep(11 * time.Second)
		get(t, c, 2)
	})
}

func TestAValueThatEndedIsNeverGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Minute}
		c := New(s.fetch)
		get(t, c, 1)
		time.Sleep(time.Minute)
		get(t, c, 2)
		s.fail.Store(true)
		time.Sleep(time.Minute)
		if _, err := c.Get(t.Context()); !errors.Is(err, errAway) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAFailedRenewalCostsNothingWhileTheOldValueIsGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour}
		c := New(s.fetch)
		get(t, c, 1)
		s.fail.Store(true)
		time.Sleep(56 * time.Minute)
		for range 5 {
			get(t, c, 1)
			synctest.Wait()
		}
		if s.calls.Load() != 2 {
			t.Errorf("a broken endpoint was asked %d times in a moment", s.calls.Load()-1)
		}
		s.fail.Store(false)
		time.Sleep(2 * time.Second)
		get(t, c, 1)
		synctest.Wait()
		get(t, c, 3)
	})
}

func TestAFailureIsRememberedForAMomentAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour}
		s.fail.Store(true)
		c := New(s.fetch)
		for range 50 {
			if _, err := c.Get(t.Context()); !errors.Is(err, errAway) {
				t.Fatalf("got %v", err)
			}
		}
		if s.calls.Load() != 1 {
			t.Errorf("%d fetches in a moment", s.calls.Load())
		}
		s.fail.Store(false)
		time.Sleep(failureKept)
		get(t, c, 2)
	})
}

func TestACallerWhoLeavesTakesNothingFromTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour, takes: 10 * time.Second}
		c := New(s.fetch)
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		if _, err := c.Get(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		get(t, c, 1)
		if s.calls.Load() != 1 {
			t.Errorf("%d fetches", s.calls.Load())
		}
	})
}

func TestAFetchThatHangsOrBreaksEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := &source{takes: time.Hour}
		began := time.Now()
		if _, err := New(hangs.fetch).Get(t.Context()); err == nil || time.Since(began) != fetchTimeout {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
		breaks := New(func(context.Context) (Value[int], error) { panic("broken") })
		if _, err := breaks.Get(t.Context()); err == nil {
			t.Error("a panic gave a value")
		}
		late := New(func(context.Context) (Value[int], error) { return Value[int]{Of: 1, Expires: time.Now()}, nil })
		if _, err := late.Get(t.Context()); err == nil {
			t.Error("a value that ended on its way was given")
		}
	})
}

func TestWhatNeverEndsIsFetchedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := New(func(context.Context) (Value[int], error) { n++; return Value[int]{Of: n}, nil })
		get(t, c, 1)
		time.Sleep(10000 * time.Hour)
		get(t, c, 1)
	})
}

func get(t *testing.T, c *Cache[int], want int) {
	t.Helper()
	if v, err := c.Get(t.Context()); v != want || err != nil {
		t.Fatalf("got %d, %v; want %d", v, err, want)
	}
}

func BenchmarkGet(b *testing.B) {
	c := New(func(context.Context) (Value[int], error) {
		return Value[int]{Of: 1, Expires: time.Now().Add(time.Hour)}, nil
	})
	b.ReportAllocs()
	for b.Loop() {
		_, _ = c.Get(b.Context())
	}
}
