package auth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/follow"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

var errAway = errors.New("connection refused")

// source is a set of keys that can go away or hang.
type source struct {
	mu      sync.Mutex
	keys    []*gateway.Key
	version int64
	err     error
	hang    bool
	reads   int // of all keys
}

func (s *source) change(keys ...*gateway.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.version = keys, s.version+1
}

func (s *source) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *source) read() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

func (s *source) KeysVersion(ctx context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hang {
		s.mu.Unlock()
		<-ctx.Done()
		s.mu.Lock()
		return 0, ctx.Err()
	}
	return s.version, s.err
}

func (s *source) AllKeys(context.Context) ([]*gateway.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.keys, s.err
}

func keyOf(secret string) *gateway.Key {
	return &gateway.Key{ID: secret, Hash: gateway.HashKey(secret)}
}

// following runs a follower until the test ends.
func following(t *testing.T, src *source, saved func([]*gateway.Key)) (*auth.Keys, *follow.Follower, *bytes.Buffer) {
	t.Helper()
	keys, said := new(auth.Keys), new(bytes.Buffer)
	f := auth.Follow(keys, src, saved, slog.New(slog.NewTextHandler(said, nil)))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { f.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	synctest.Wait()
	return keys, f, said
}

// pass lets time pass, and the follower come to rest.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestAChangeIsSeenWithinTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{}
		src.change(keyOf("first"))
		keys, _, _ := following(t, src, nil)
		if keys.Find("first", time.Now()) == nil {
			t.Fatal("the keys are not read at the start")
		}
		src.change(keyOf("second"))
		pass(follow.Every)
		if keys.Find("second", time.Now()) == nil || keys.Find("first", time.Now()) != nil {
			t.Error("a change was not seen within the interval")
		}
		if follow.Every >= time.Second {
			t.Error("the contract promises less than a second")
		}
	})
}

func TestWhatDidNotChangeIsNotReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, saved := &source{}, 0
		src.change(keyOf("first"))
		following(t, src, func([]*gateway.Key) { saved++ })
		pass(20 * follow.Every)
		if src.read() != 1 || saved != 1 {
			t.Errorf("read %d times, saved %d times", src.read(), saved)
		}
	})
}

func TestARefreshIsInForceBeforeItReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{}
		var saved []*gateway.Key
		keys, f, _ := following(t, src, func(k []*gateway.Key) { saved = k })
		src.change(keyOf("new"))
		began := time.Now()
		if err := f.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if keys.Find("new", time.Now()) == nil || len(saved) != 1 || time.Since(began) != 0 {
			t.Errorf("known %d, saved %d, after %s", keys.Len(), len(saved), time.Since(began))
		}
	})
}

func TestARefreshReadsEvenWhereTheVersionStayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{}
		keys, f, _ := following(t, src, nil)
		src.keys = []*gateway.Key{keyOf("unnumbered")}
		if err := f.Refresh(t.Context()); err != nil || keys.Len() != 1 {
			t.Errorf("%d keys, %v", keys.Len(), err)
		}
	})
}

func TestARefreshTellsThatTheSourceIsAwayAndWhenTheCallerGaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{}
		_, f, _ := following(t, src, nil)
		src.fail(errAway)
		if err := f.Refresh(t.Context()); !errors.Is(err, errAway) {
			t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		idle := auth.Follow(new(auth.Keys), src, nil, slog.New(slog.DiscardHandler)) // does not run
		if err := idle.Refresh(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestASourceThatIsAwayKeepsTheKeysAndIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{}
		src.change(keyOf("kept"))
		keys, _, said := following(t, src, nil)
		for round := 1; round <= 2; round++ {
			src.fail(errAway)
			pass(10 * follow.Every)
			if keys.Find("kept", time.Now()) == nil {
				t.Fatal("the keys were lost with their source")
			}
			if n := strings.Count(said.String(), "stay in force"); n != round {
				t.Errorf("round %d: said %d times:\n%s", round, n, said)
			}
			src.fail(nil)
			pass(10 * follow.Every)
			if n := strings.Count(said.String(), "can be read again"); n != round {
				t.Errorf("round %d: back again said %d times:\n%s", round, n, said)
			}
		}
		src.change(keyOf("later"))
		pass(follow.Every)
		if keys.Find("later", time.Now()) == nil {
			t.Error("a change after the outage was not seen")
		}
	})
}

func TestASourceThatHangsIsGivenUpAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{}
		src.change(keyOf("kept"))
		keys, _, said := following(t, src, nil)
		src.mu.Lock()
		src.hang = true
		src.mu.Unlock()
		pass(5 * time.Second)
		if keys.Len() != 1 || !strings.Contains(said.String(), "deadline exceeded") {
			t.Errorf("%d keys; said:\n%s", keys.Len(), said)
		}
		src.mu.Lock()
		src.hang = false
		src.mu.Unlock()
		src.change(keyOf("later"))
		pass(3 * time.Second)
		if keys.Find("later", time.Now()) == nil {
			t.Error("it did not come back")
		}
	})
}
