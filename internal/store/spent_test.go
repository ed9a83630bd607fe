package store_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

const counter = "00112233445566778899aabbccddeeff"

// forgetful is a store whose answers get lost now and then, after it has done its work.
type forgetful struct {
	*store.Store
	puts atomic.Int64
}

func (f *forgetful) PutEntries(ctx context.Context, entries []*gateway.Entry) error {
	err := f.Store.PutEntries(ctx, entries)
	if f.puts.Add(1)%4 == 1 {
		return errors.Join(err, errors.New("connection reset"))
	}
	return err
}

// spent adds up what a counter has taken, wherever that is.
func spent(t *testing.T, s *store.Store, r *record.Recorder) gateway.USD {
	t.Helper()
	pending, ids := r.PendingSpent(counter, storetest.Epoch())
	stored, err := s.SpentBeside(t.Context(), counter, storetest.Epoch(), ids)
	if err != nil {
		t.Fatal(err)
	}
	return pending + stored
}

func TestSpoolAndStoreTogetherNeverMissOrCountTwice(t *testing.T) {
	s, dir := storetest.Open(t, freshSQLite(t)), t.TempDir()
	open := func() *record.Recorder {
		r, err := record.Open(record.Options{Dir: dir, Store: &forgetful{Store: s}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r, want := open(), gateway.USD(0)
	for i := range 900 {
		e := storetest.Entry(i)
		e.Settlements = []gateway.Settlement{{Rule: "r", Counter: counter, Amount: gateway.USD(1_000_003 * i), Time: e.Time}}
		want += e.Settlements[0].Amount
		r.Append(e)
		if i%20 == 0 {
			if got := spent(t, s, r); got != want {
				t.Fatalf("after %d entries %v, want %v", i, got, want)
			}
		}
		if i%300 == 299 {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if err := r.Close(ctx); err != nil {
				t.Error(err)
			}
			cancel()
			r = open()
			if got := spent(t, s, r); got != want {
				t.Fatalf("after a restart %v, want %v", got, want)
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := errors.Join(r.Flush(ctx), r.Close(ctx)); err != nil {
		t.Error(err)
	}
	if got, err := s.Spent(t.Context(), counter, storetest.Epoch()); err != nil || got != want {
		t.Errorf("in the end %v, %v, want %v", got, err, want)
	}
}
