package health_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/health"
)

func TestADrainTakesOutWhatItNames(t *testing.T) {
	ids := []health.ID{{Provider: "p", Model: "m", Credential: "a"}, {Provider: "p", Model: "m", Credential: "b"}, {Provider: "p", Model: "n", Credential: "a"}, {Provider: "q", Model: "m", Credential: "a"}}
	for _, tt := range []struct {
		drain gateway.Drain
		out   string // which of ids
	}{
		{gateway.Drain{Provider: "p"}, "1110"},
		{gateway.Drain{Provider: "p", Model: "m"}, "1100"},
		{gateway.Drain{Provider: "p", Credential: "a"}, "1010"},
		{gateway.Drain{Provider: "p", Model: "m", Credential: "b"}, "0100"},
		{gateway.Drain{Provider: "x"}, "0000"},
	} {
		t.Run(tt.drain.Provider+"/"+tt.drain.Model+"/"+tt.drain.Credential, func(t *testing.T) {
			b, _ := board()
			b.SetDrains([]gateway.Drain{tt.drain})
			out := ""
			for _, id := range ids {
				call(b, id, nil) // a call in flight ends as usual
				if b.Level(id) == health.Drained {
					out += "1"
				} else {
					out += "0"
				}
			}
			if out != tt.out {
				t.Errorf("out are %s, want %s", out, tt.out)
			}
			if diff := cmp.Diff([]gateway.Drain{tt.drain}, b.Drained()); diff != "" {
				t.Error(diff)
			}
			b.SetDrains(nil)
			for _, id := range ids {
				want(t, b, id, health.Healthy)
			}
		})
	}
}

func TestTheListTellsAllInOrder(t *testing.T) {
	b, c := board()
	f := upstream(fault.UpstreamRateLimited, time.Minute)
	f.Upstream = &fault.Answer{Status: 429}
	call(b, other, nil)
	call(b, gpt, f)
	call(b, health.ID{Provider: "o", Model: "z"}, upstream(fault.UpstreamUnreachable, 0))
	b.SetDrains([]gateway.Drain{{Provider: "p", Credential: "b"}})
	got := ""
	for _, s := range b.List() {
		got += fmt.Sprintf("%s/%s/%s %v until %v why %d %d row %d strikes %d: %d of %d, %d\n", s.ID.Provider, s.ID.Model, s.ID.Credential, s.Level, s.Until.Sub(c.now()),
			s.Why, s.Status, s.Row, s.Strikes, s.Failed, s.Calls, s.Stats.Calls)
	}
	none := time.Time{}.Sub(c.now()).String()
	wanted := "o/z/ healthy until " + none + " why 0 0 row 1 strikes 0: 1 of 1, 1\n" +
		fmt.Sprintf("p/m/a cooling until 1m0s why %d 429 row 1 strikes 1: 1 of 1, 2\n", fault.RateLimited) +
		"p/m/b drained until " + none + " why 0 0 row 0 strikes 0: 0 of 1, 2\n"
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Error(diff)
	}
}

// shelf is a store of drains.
type shelf struct {
	mu      sync.Mutex
	all     []gateway.Drain
	version int64
	err     error
	reads   int
}

func (s *shelf) set(all []gateway.Drain, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all, s.err = all, err
	s.version++
}

func (s *shelf) Drains(context.Context) ([]gateway.Drain, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.all, s.err
}

func (s *shelf) DrainsVersion(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version, s.err
}

func TestDrainsAreFollowedWithinASecondAndStayWhileTheStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ctx := new(shelf), t.Context()
		ctx, stop := context.WithCancel(ctx)
		b := health.New(health.Options{})
		f := health.FollowDrains(b, s, slog.New(slog.DiscardHandler))
		done := make(chan struct{})
		go func() { defer close(done); f.Run(ctx) }()
		pass(time.Millisecond)
		s.set([]gateway.Drain{{Provider: "p"}}, nil)
		pass(900 * time.Millisecond)
		want(t, b, gpt, health.Drained)
		s.set(nil, errors.New("away"))
		if err := f.Refresh(ctx); err == nil {
			t.Error("a refresh of what is away succeeded")
		}
		pass(10 * time.Second)
		want(t, b, gpt, health.Drained)
		s.set(nil, nil)
		if err := f.Refresh(ctx); err != nil {
			t.Error(err)
		}
		want(t, b, gpt, health.Healthy)
		reads := s.reads
		pass(time.Minute)
		if s.reads != reads {
			t.Error("it reads all though nothing changed")
		}
		stop()
		<-done
		if err := f.Refresh(ctx); err == nil {
			t.Error("a refresh after the end succeeded")
		}
	})
}
