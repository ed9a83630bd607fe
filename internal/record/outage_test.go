package record_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
)

func TestAStoreThatIsAwayFor30sLosesNothingAndSlowsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l logs
		store := newStore()
		r := open(t, record.Options{Dir: t.TempDir(), Store: store, Logger: l.logger()})
		n := 0
		load := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); n++ {
				began := time.Now()
				r.Append(entry(n))
				if time.Since(began) != 0 {
					t.Fatal("Append waited")
				}
				<-time.After(20 * time.Millisecond)
			}
		}
		load(time.Second)
		store.set(away)
		load(30 * time.Second)
		if !r.Room() || !r.Stats().StoreAway || len(pendingIDs(r)) < 1490 {
			t.Errorf("room %v, stats %+v", r.Room(), r.Stats())
		}
		store.set(nil)
		load(6 * time.Second)
		advance(time.Second)
		if store.len() != n || r.Depth() != 0 {
			t.Errorf("%d entries in the store, want %d", store.len(), n)
		}
		if l.count("takes no log entries") != 1 || l.count("takes log entries again") != 1 || len(l.lines) != 2 {
			t.Errorf("log lines %q", l.lines)
		}
	})
}

func TestASlowStoreGetsFullBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		store.before = func(context.Context) { <-time.After(2 * time.Second) }
		r := open(t, record.Options{Dir: t.TempDir(), Store: store, MaxMemory: 1 << 20})
		for n := range 4000 {
			r.Append(entry(n))
			<-time.After(time.Millisecond)
		}
		flush(t, r)
		if store.len() != 4000 || store.puts > 14 || store.largest != record.BatchEntries {
			t.Errorf("%d entries in %d batches, the largest %d", store.len(), store.puts, store.largest)
		}
	})
}

func TestAStoreThatHangsIsGivenUpAndAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		var hang atomic.Bool
		hang.Store(true)
		store.before = func(ctx context.Context) {
			if hang.Load() {
				<-ctx.Done()
			}
		}
		r := open(t, record.Options{Dir: t.TempDir(), Store: store})
		r.Append(entry(1))
		r.Append(entry(2))
		advance(time.Minute)
		hang.Store(false)
		advance(time.Minute)
		if store.len() != 2 {
			t.Errorf("%d entries", store.len())
		}
	})
}

// refuse makes a store that fails on batches with any of these entries.
func refuse(ids ...string) func([]*gateway.Entry) error {
	return func(entries []*gateway.Entry) error {
		for _, e := range entries {
			if slices.Contains(ids, e.ID) {
				return errors.New("value too long for type character varying(64)")
			}
		}
		return nil
	}
}

func TestAPoisonEntryIsSetAsideAndBlocksNobody(t *testing.T) {
	for name, poison := range map[string][]string{
		"first":       {uuid(0)},
		"middle":      {uuid(333)},
		"last":        {uuid(999)},
		"neighbours":  {uuid(500), uuid(501), uuid(502)},
		"far between": {uuid(10), uuid(990)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var l logs
				dir, store := t.TempDir(), newStore()
				store.set(refuse(poison...))
				r := open(t, record.Options{Dir: dir, Store: store, Logger: l.logger()})
				for n := range 1000 {
					r.Append(entry(n))
				}
				for n := 1000; n < 2000; n++ {
					r.Append(entry(n))
					<-time.After(20 * time.Millisecond)
				}
				advance(time.Minute)
				bad, _ := filepath.Glob(filepath.Join(dir, "bad", "*.spool"))
				if store.len() != 2000-len(poison) || r.Depth() != 0 || len(bad) != len(poison) {
					t.Errorf("store %d, depth %d, bad %v", store.len(), r.Depth(), bad)
				}
				if got := r.Stats(); got.Bad != int64(len(poison)) || got.BadBytes == 0 {
					t.Errorf("stats %+v", got)
				}
				if l.count("set aside") != len(poison) || len(l.lines) > 4*len(poison) {
					t.Errorf("log lines %q", l.lines)
				}
			})
		})
	}
}

func TestNoEntryIsSetAsideWhileTheStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		store.set(away)
		r := open(t, record.Options{Dir: t.TempDir(), Store: store})
		for n := range 300 {
			r.Append(entry(n))
		}
		advance(time.Hour)
		if r.Stats().Bad != 0 || r.Depth() != 300 {
			t.Fatalf("stats %+v", r.Stats())
		}
		store.set(nil)
		advance(10 * time.Second)
		if store.len() != 300 {
			t.Errorf("store %d", store.len())
		}
	})
}

func TestAnEntryThatIsAloneIsNeverSetAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		store.set(refuse(uuid(1)))
		r := open(t, record.Options{Dir: t.TempDir(), Store: store})
		r.Append(entry(1))
		advance(time.Hour)
		if r.Stats().Bad != 0 || r.Depth() != 1 {
			t.Errorf("stats %+v", r.Stats())
		}
	})
}

func TestADamagedRecordIsSetAsideAndTheOthersStored(t *testing.T) {
	dir, store := t.TempDir(), newStore()
	r := open(t, record.Options{Dir: dir, Store: store, Paused: true})
	for n := range 5 {
		r.Append(entry(n))
	}
	pendingIDs(r)
	path := segments(t, dir)[0]
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	r.Pause(false)
	flush(t, r)
	if store.len() != 4 || r.Stats().Bad != 1 {
		t.Errorf("store %d, bad %d", store.len(), r.Stats().Bad)
	}
}

// TestAppendedEqualsStoredUnderRandomFailures runs the recorder through failures of the
// store, pauses and restarts, orderly or not.
func TestAppendedEqualsStoredUnderRandomFailures(t *testing.T) {
	for seed := range uint64(3) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			dir, store := t.TempDir(), newStore()
			dice := rand.New(rand.NewPCG(seed, 2)) // of the store, under its lock
			flaky := func([]*gateway.Entry) error {
				if dice.IntN(3) == 0 {
					return errAway
				}
				return nil
			}
			n := 0
			for range 8 {
				store.set([]func([]*gateway.Entry) error{nil, away, flaky}[rnd.IntN(3)])
				r := open(t, record.Options{Dir: dir, Store: store, MaxBytes: 8 << 20, MaxMemory: int64(1+rnd.IntN(64)) << 10, Paused: rnd.IntN(4) == 0})
				for range rnd.IntN(400) {
					r.Append(withBodies(entry(n), rnd.IntN(3000)))
					n++
					if rnd.IntN(10) == 0 {
						advance(time.Duration(rnd.IntN(300)) * time.Millisecond)
					}
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(500))*time.Millisecond)
				if err := r.Close(ctx); err != nil {
					t.Error(err)
				}
				cancel()
			}
			store.set(nil)
			r := open(t, record.Options{Dir: dir, Store: store})
			flush(t, r)
			if store.len() != n || store.changed != 0 || r.Stats().Bad != 0 {
				t.Errorf("seed %d: %d entries in the store, want %d; changed %d", seed, store.len(), n, store.changed)
			}
		})
	}
}
