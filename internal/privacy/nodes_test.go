package privacy_test

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/privacy"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// parts are what nodes did of an erasure.
type parts struct {
	mu   sync.Mutex
	list []string
	bad  string        // the node whose spool cannot be emptied
	good chan struct{} // closed when it can
}

func (p *parts) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, text)
}

func (p *parts) has(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.list, text)
}

// runNode runs the eraser of a node until the function that it gives is called.
func runNode(s *store.Store, name string, p *parts, clock func() time.Time) (e *privacy.Eraser, stop func()) {
	e = privacy.New(privacy.Config{
		Store: s, Node: name,
		Spool: func(ctx context.Context) error {
			if p.bad == name {
				select {
				case <-p.good:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			p.note("spool of " + name)
			return nil
		},
		SetAside: func(user, workspace string) (int, int, error) {
			p.note("aside of " + name + ": " + user)
			return 1, 0, nil
		},
		CompactCache: func(context.Context) error { p.note("cache of " + name); return nil },
		PurgeCache:   func(context.Context, string) error { return nil }, ForgetStream: func(string) bool { return false },
		Sign: func(context.Context, string, string) (string, error) { return "signed", nil }, Clock: clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); e.Run(ctx) }()
	return e, func() { cancel(); <-done }
}

func askErasure(t *testing.T, s *store.Store, id, user string) {
	t.Helper()
	err := s.CreateErasure(t.Context(), gateway.Erasure{ID: id, User: user, UserHash: gateway.HashUser(id, user), Created: time.Now(), State: gateway.ErasureWaiting})
	if err != nil {
		t.Fatal(err)
	}
}

func awaitErasure(t *testing.T, s *store.Store, id string, holds func(*gateway.Erasure) bool) gateway.Erasure {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(2 * time.Minute); ; {
		e, err := s.Erasure(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if holds(&e) {
			return e
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("it stands as %+v", e)
		}
	}
}

func isDone(e *gateway.Erasure) bool { return e.State == gateway.ErasureDone }

func TestEveryNodeDoesItsPartOfAnErasureBeforeItIsDone(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "s.db"))
	p := &parts{bad: "b", good: make(chan struct{})}
	_, stopB := runNode(s, "b", p, time.Now)
	defer stopB()
	a, stopA := runNode(s, "a", p, time.Now)
	defer stopA()
	must(t, s.SeeNode(t.Context(), "b", time.Now(), time.Time{})) // b is known before the job begins
	askErasure(t, s, "ers_1", "jane")
	a.Wake()
	awaitErasure(t, s, "ers_1", func(e *gateway.Erasure) bool { return e.Step == "spool" && p.has("spool of a") })
	close(p.good)
	e := awaitErasure(t, s, "ers_1", isDone)
	for _, want := range []string{"spool of a", "aside of a: jane", "spool of b", "aside of b: jane", "cache of a", "cache of b"} {
		if !p.has(want) {
			t.Errorf("missing: %s of %v", want, p.list)
		}
	}
	if e.Counts["nodes_away"] != 0 || e.User != "" || e.Hash != e.Digest() {
		t.Errorf("%+v", e)
	}
}

func TestANodeThatIsAwayIsToldInTheReceiptAndNotWaitedFor(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "s.db"))
	p := &parts{}
	now := time.Now()
	must(t, s.SeeNode(t.Context(), "dead", now.Add(-time.Minute), time.Time{}))
	must(t, s.SeeNode(t.Context(), "left", now, time.Time{}))
	must(t, s.LeaveNode(t.Context(), "left"))
	a, stop := runNode(s, "a", p, time.Now)
	defer stop()
	askErasure(t, s, "ers_1", "jane")
	a.Wake()
	if e := awaitErasure(t, s, "ers_1", isDone); e.Counts["nodes_away"] != 1 {
		t.Errorf("%+v", e)
	}
}

// It says who has not answered, and ends when that node is taken for away.
func TestANodeThatDiedIsWaitedForAWhile(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "s.db"))
	began := time.Now()
	must(t, s.SeeNode(t.Context(), "dying", began.Add(10*time.Minute), time.Time{}))
	var mu sync.Mutex
	ahead := time.Duration(0)
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(ahead) }
	p := &parts{}
	a, stop := runNode(s, "a", p, clock)
	defer stop()
	askErasure(t, s, "ers_1", "jane")
	a.Wake()
	awaitErasure(t, s, "ers_1", func(e *gateway.Erasure) bool {
		here, away, err := s.SilentNodes(t.Context(), "ers_1", "spool", began)
		return err == nil && p.has("spool of a") && e.Step == "spool" && slices.Equal(here, []string{"dying"}) && len(away) == 0
	})
	mu.Lock()
	ahead = 11 * time.Minute
	mu.Unlock()
	e := awaitErasure(t, s, "ers_1", isDone)
	if e.Counts["nodes_away"] != 1 || strings.Contains(e.Error, "dying") {
		t.Errorf("%+v", e)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A process that was killed and began anew is one node, not one that is there and another
// that is away.
func TestWhoWasKilledIsNotAwayOnceItsDirectoryHasAnother(t *testing.T) {
	s := storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	now := time.Now()
	for _, killed := range []string{"n1", "stranger"} {
		if err := s.SeeNode(t.Context(), killed, now.Add(-time.Hour), now.Add(-24*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	e := privacy.New(privacy.Config{
		Store: s, Node: "n2", Before: "n1", Spool: func(context.Context) error { return nil }, SetAside: func(string, string) (int, int, error) { return 0, 0, nil },
		CompactCache: func(context.Context) error { return nil }, PurgeCache: func(context.Context, string) error { return nil }, ForgetStream: func(string) bool { return false },
		Sign: func(context.Context, string, string) (string, error) { return "signed", nil }, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	askErasure(t, s, "ers_1", "ann")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); e.Run(ctx) }()
	defer func() { cancel(); <-done }()
	if job := awaitErasure(t, s, "ers_1", isDone); job.Counts["nodes_away"] != 1 { // the stranger
		t.Errorf("%v", job.Counts)
	}
}
