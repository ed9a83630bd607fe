package export_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf is a store of one export that nodes can lose sight of.
type shelf struct {
	mu    sync.Mutex
	st    gateway.ExportState
	blind string // the node that does not reach it
	lost  string // what the last failure said
	holds int    // how often somebody wanted to hold it
	most  int64  // that waited when somebody looked
}

var errBlind = errors.New("the store cannot be reached")

// at locks the store for a node.
func (s *shelf) at(node string) (unlock func(), err error) {
	s.mu.Lock()
	if node == s.blind {
		s.mu.Unlock()
		return nil, errBlind
	}
	return s.mu.Unlock, nil
}

func (s *shelf) HoldExport(_ context.Context, _, node string, now, until time.Time) (bool, error) {
	unlock, err := s.at(node)
	if err != nil {
		return false, err
	}
	defer unlock()
	s.holds++
	if s.st.Holder != node && s.st.Until.After(now) {
		return false, nil
	}
	s.st.Holder, s.st.Until = node, until
	return true, nil
}

func (s *shelf) LeaveExport(_ context.Context, _, node string) error {
	unlock, err := s.at(node)
	if err != nil {
		return err
	}
	defer unlock()
	if s.st.Holder == node {
		s.st.Holder, s.st.Until = "", time.Time{}
	}
	return nil
}

func (s *shelf) AdvanceExport(_ context.Context, _, node string, step gateway.ExportStep) error {
	unlock, err := s.at(node)
	if err != nil {
		return err
	}
	defer unlock()
	if s.st.Holder != node || s.st.Passed != step.From {
		return errors.New("another node works for it")
	}
	s.st.Passed, s.st.Until = step.To, step.Until
	return nil
}

func (s *shelf) ExportFailed(_ context.Context, _, _, reason string, _, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = reason
	return nil
}

func (s *shelf) Export(context.Context, string) (gateway.ExportState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most = max(s.most, s.st.Lag())
	return s.st, nil
}

func (s *shelf) Exports(ctx context.Context) ([]gateway.ExportState, error) {
	st, err := s.Export(ctx, "")
	return []gateway.ExportState{st}, err
}

func (s *shelf) Arrivals(_ context.Context, after int64, limit int) (all []gateway.Arrival, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := after + 1; n <= s.st.Last && len(all) < limit; n++ {
		all = append(all, gateway.Arrival{Number: n, ID: fmt.Sprint(n), Doc: fmt.Appendf(nil, `{"id":"%d","time":"2026-01-01T00:00:00Z"}`, n)})
	}
	return all, nil
}

func (s *shelf) SeeExports(context.Context, []string, time.Time, time.Time) error { return nil }
func (s *shelf) ForgetArrivals(context.Context, int) (int, error)                 { return 0, nil }

func (s *shelf) stand() gateway.ExportState { st, _ := s.Export(context.Background(), ""); return st }

func (s *shelf) hide(node string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blind = node
}

// slow is a sink that takes its time; all that nodes send stands in one list.
type slow struct {
	node  string
	takes time.Duration
	all   *sent
	err   error
}

type sent struct {
	mu   sync.Mutex
	list []string
}

// sofar gives what was sent.
func (s *sent) sofar() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

func (s *sent) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, text)
}

func (s *slow) Send(ctx context.Context, rows []export.Row) error {
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return export.Failed("it did not answer in time")
	}
	if s.err != nil {
		return s.err
	}
	for _, r := range rows {
		s.all.note(s.node + r.ID)
	}
	return nil
}

func (s *slow) Close() error { return nil }

// runNode runs the exports of a node until the test ends.
func runNode(t *testing.T, store export.Store, s *slow) { runSink(t, store, s.node, 1, s) }

// runSink is runNode for another sink, and batches of some rows.
func runSink(t *testing.T, store export.Store, node string, rows int, s export.Sink) {
	x := export.New(export.Options{Store: store, Node: node, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Bodies: func(context.Context, string, bool) (json.RawMessage, error) { return nil, nil }})
	x.Set([]*export.Spec{{Name: "out", Kind: "test", Fingerprint: "1", Rows: rows, Bytes: 1 << 20, Timeout: time.Minute,
		Open: func() (export.Sink, error) { return s, nil }}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); x.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

func TestWhoSendsKeepsTheExportHoweverLongItTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, all := &shelf{}, &sent{}
		store.st.Last = 3
		runNode(t, store, &slow{node: "a", takes: 50 * time.Second, all: all})
		time.Sleep(time.Second)
		runNode(t, store, &slow{node: "b", all: all})
		time.Sleep(5 * time.Minute)
		if want := []string{"a1", "a2", "a3"}; !slices.Equal(all.sofar(), want) || store.stand().Holder != "a" {
			t.Errorf("sent %v, held by %q", all.sofar(), store.stand().Holder)
		}
	})
}

func TestWhoWaitsForASinkKeepsTheExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, all := &shelf{}, &sent{}
		store.st.Last = 1
		runNode(t, store, &slow{node: "a", all: all, err: &export.Away{Reason: "busy", Wait: 10 * time.Minute}})
		time.Sleep(time.Second)
		runNode(t, store, &slow{node: "b", all: all})
		time.Sleep(8 * time.Minute)
		if len(all.sofar()) > 0 || store.stand().Holder != "a" {
			t.Errorf("sent %v, held by %q", all.sofar(), store.stand().Holder)
		}
	})
}

// A node that loses sight of the store is taken for dead; what it was sending comes twice,
// and no more.
func TestAnotherNodeGoesOnSoonAfterOneIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, all := &shelf{}, &sent{}
		store.st.Last = 3
		runNode(t, store, &slow{node: "a", takes: 50 * time.Second, all: all})
		time.Sleep(time.Second)
		runNode(t, store, &slow{node: "b", all: all})
		time.Sleep(10 * time.Second)
		store.hide("a")
		silent := time.Now()
		for store.stand().Holder != "b" {
			time.Sleep(100 * time.Millisecond)
			if time.Since(silent) > 13*time.Second {
				t.Fatal("nobody goes on")
			}
		}
		t.Logf("the other node goes on after %s", time.Since(silent))
		time.Sleep(3 * time.Second)
		store.hide("")
		time.Sleep(5 * time.Minute)
		if want := []string{"b1", "b2", "b3"}; !slices.Equal(all.sofar(), want) {
			t.Errorf("sent %v: the node that lost the export went on sending", all.sofar())
		}
	})
}

func TestWhatASinkSaysOfAFailureIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, all := &shelf{}, &sent{}
		store.st.Last = 1
		runNode(t, store, &slow{node: "a", all: all, err: export.Failed("a%s", strings.Repeat("é", 1<<19))})
		time.Sleep(10 * time.Second)
		store.mu.Lock()
		defer store.mu.Unlock()
		if n := len(store.lost); n == 0 || n > 400 || !utf8.ValidString(store.lost) {
			t.Errorf("%d bytes are kept: %q", n, store.lost)
		}
	})
}
