package privacy_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/privacy"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func TestKeysAreDestroyedAsOftenAsItTakesAndThereIsAReceipt(t *testing.T) {
	s := storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "s.db"))
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for n, workspace := range []string{"acme", "acme", "other"} {
		if err := s.AddBodyKey(t.Context(), gateway.BodyKey{ID: gateway.BodyKeyID{byte(n)}, Workspace: workspace, Created: now, Sealed: []byte("sealed")}); err != nil {
			t.Fatal(err)
		}
	}
	counts, err := s.HeldUnderKeys(t.Context(), "acme")
	if err != nil || counts["keys"] != 2 {
		t.Fatalf("%v, %v", counts, err)
	}
	if err := s.CreateErasure(t.Context(), gateway.Erasure{ID: "ers_1", Kind: gateway.ErasureOfKeys, Workspace: "acme", Created: now, State: gateway.ErasureWaiting, Counts: counts}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	failures, forgot, purged := 1, 0, []string{}
	ctx, cancel := context.WithCancel(t.Context())
	eraser := privacy.New(privacy.Config{
		Store: s, Spool: func(context.Context) error { return errors.New("the spool is not asked") }, CompactCache: func(context.Context) error { return nil }, ForgetStream: func(string) bool { return false },
		PurgeCache: func(_ context.Context, workspace string) error {
			mu.Lock()
			defer mu.Unlock()
			purged = append(purged, workspace)
			return nil
		},
		DestroyKeys: func(ctx context.Context, workspace string) error {
			mu.Lock()
			defer mu.Unlock()
			if failures--; failures >= 0 {
				return errors.New("the store is away")
			}
			_, err := s.DestroyBodyKeys(ctx, workspace, now)
			return err
		},
		ForgetKeys: func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			forgot++
			return nil
		},
		Sign: func(_ context.Context, id, hash string) (string, error) { return "signed " + id + hash, nil },
		Clock: func() time.Time { // beyond any lease
			mu.Lock()
			defer mu.Unlock()
			now = now.Add(time.Hour)
			return now
		},
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	var wg sync.WaitGroup
	wg.Go(func() { eraser.Run(ctx) })
	var e gateway.Erasure
	for hangs := time.Now().Add(time.Minute); e.State != gateway.ErasureDone; eraser.Wake() {
		if e, err = s.Erasure(t.Context(), "ers_1"); err != nil || time.Now().After(hangs) {
			t.Fatalf("%+v, %v", e, err)
		}
	}
	cancel()
	wg.Wait()
	if e.Kind != gateway.ErasureOfKeys || e.Counts["keys"] != 2 || e.Counts["cache_purges"] != 1 || e.Hash != e.Digest() || e.Signature != "signed ers_1"+e.Hash || len(purged) != 1 || purged[0] != "acme" || forgot != 1 {
		t.Errorf("%+v, purged %v, forgotten %d times", e, purged, forgot)
	}
	changed := e
	changed.Kind = ""
	if changed.Digest() == e.Hash {
		t.Error("the receipt does not say what it is of")
	}
	left, err := s.HeldUnderKeys(t.Context(), "other")
	if err != nil || left["keys"] != 1 {
		t.Errorf("another workspace: %v, %v", left, err)
	}
}
