package privacy_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/privacy"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// mortal is a store of a process that dies after some calls.
type mortal struct {
	*store.Store
	left int
	die  context.CancelFunc
}

var errDead = errors.New("dead")

func (m *mortal) live() error {
	if m.left--; m.left < 0 {
		m.die()
		return errDead
	}
	return nil
}

func (m *mortal) SaveErasure(ctx context.Context, e *gateway.Erasure, until time.Time) error {
	if err := m.live(); err != nil {
		return err
	}
	return m.Store.SaveErasure(ctx, e, until)
}

func (m *mortal) EraseEntries(ctx context.Context, e *gateway.Erasure, until time.Time, _ int) ([]string, error) {
	if err := m.live(); err != nil {
		return nil, err
	}
	return m.Store.EraseEntries(ctx, e, until, 2)
}

func (m *mortal) EraseLedger(ctx context.Context, p store.Person) (int, error) {
	if err := m.live(); err != nil {
		return 0, err
	}
	return m.Store.EraseLedger(ctx, p)
}

func (m *mortal) Compact(ctx context.Context) error {
	if err := m.live(); err != nil {
		return err
	}
	return m.Store.Compact(ctx)
}

func TestAnErasureGoesOnWhereverTheProcessDied(t *testing.T) {
	s := storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "s.db"))
	const user, others = "u-mallory", "u-mallory-2"
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	ids := []string{}
	for i := range 7 {
		e := &gateway.Entry{ID: storetest.ID(i), Time: now, LastTime: now, Count: 1, Gateway: "default", Workspace: "default", User: user, Session: "his",
			Cost:        gateway.Cost{USD: 5, Known: true},
			Bodies:      &gateway.Bodies{Request: gateway.Body{ContentType: "text/plain", Bytes: []byte("his words")}},
			Settlements: []gateway.Settlement{{Rule: "r", Counter: "c", Values: "user=" + user, Amount: 5, Time: now}}}
		if i == 6 {
			e.User, e.Settlements[0].Values = others, "user="+others
		}
		if err := s.PutEntries(t.Context(), []*gateway.Entry{e}); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID)
	}
	job := gateway.Erasure{ID: "ers_1", User: user, UserHash: gateway.HashUser("ers_1", user), Created: now, State: gateway.ErasureWaiting}
	if err := s.CreateErasure(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	var e gateway.Erasure
	for lives := 1; e.State != gateway.ErasureDone; lives++ {
		if lives > 30 {
			t.Fatalf("it never ends: %+v", e)
		}
		ctx, die := context.WithCancel(t.Context())
		m := &mortal{Store: s, left: lives, die: die}
		now = now.Add(time.Hour) // beyond any lease
		eraser := privacy.New(privacy.Config{
			Store: m, Node: "n", Spool: func(context.Context) error { return nil }, SetAside: func(string, string) (int, int, error) { return 0, 0, nil }, CompactCache: func(context.Context) error { return nil }, PurgeCache: func(context.Context, string) error { return nil }, ForgetStream: func(string) bool { return false },
			Sign: func(_ context.Context, id, hash string) (string, error) { return "signed " + id + hash, nil }, Clock: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			eraser.Run(ctx)
		}()
		for hangs := time.Now().Add(time.Minute); e.State != gateway.ErasureDone && ctx.Err() == nil; {
			if time.Now().After(hangs) {
				t.Fatalf("life %d neither ends nor dies: %+v", lives, e)
			}
			eraser.Wake()
			var err error
			if e, err = s.Erasure(t.Context(), job.ID); err != nil {
				t.Fatal(err)
			}
		}
		die()
		<-ended
	}
	if e.Counts["entries"] != 6 || e.Counts["bodies"] != 6 || e.User != "" || e.Hash != e.Digest() || e.Signature != "signed ers_1"+e.Hash || e.Finished == nil {
		t.Errorf("%+v", e)
	}
	for i, id := range ids {
		left, err := s.Entry(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if mine := i < 6; mine && (left.User != "" || left.Session != "" || left.Bodies != nil) || !mine && (left.User != others || left.Bodies == nil) || left.Cost.USD != 5 {
			t.Errorf("%d: %+v", i, left)
		}
	}
	spent, err := s.Spent(t.Context(), "c", now.AddDate(-1, 0, 0))
	if err != nil || spent != 35 {
		t.Errorf("spent %v, %v", spent, err)
	}
	all, err := s.Counters(t.Context(), "", 100)
	if err != nil || len(all) != 1 || all[0].Values != "user=(erased)" {
		t.Errorf("%+v, %v", all, err)
	}
}
