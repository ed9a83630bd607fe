package follow_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/follow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is what is followed.
type source struct {
	mu      sync.Mutex
	version int64
	reads   int
	away    error
}

func (s *source) set(version int64, away error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version, s.away = version, away
}

func (s *source) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

func (s *source) Version(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version, s.away
}

func (s *source) Read(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.away
}

func TestChangesAreReadOnceAndSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, said := &source{version: 1}, new(strings.Builder)
		f := follow.New(follow.Source{Name: "things", Version: s.Version, Read: s.Read}, slog.New(slog.NewTextHandler(said, nil)))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { f.Run(ctx); close(done) }()
		time.Sleep(10 * follow.Every)
		if n := s.count(); n != 1 {
			t.Errorf("%d reads of what did not change", n)
		}
		s.set(2, nil)
		time.Sleep(follow.Every + time.Millisecond)
		if n := s.count(); n != 2 {
			t.Errorf("%d reads after a change", n)
		}
		if err := f.Refresh(ctx); err != nil || s.count() != 3 {
			t.Errorf("%v, %d reads when it is asked for", err, s.count())
		}
		s.set(3, errors.New("gone"))
		time.Sleep(5 * follow.Every)
		if err := f.Refresh(ctx); err == nil {
			t.Error("what could not be read was said to be effective")
		}
		s.set(3, nil)
		time.Sleep(5 * follow.Every)
		stop()
		<-done
		if n := s.count(); n != 4 || strings.Count(said.String(), "cannot be read") != 1 || strings.Count(said.String(), "can be read again") != 1 {
			t.Errorf("%d reads, and it said %s", n, said)
		}
		if err := f.Refresh(ctx); err == nil {
			t.Error("a follower that has ended refreshes")
		}
	})
}
