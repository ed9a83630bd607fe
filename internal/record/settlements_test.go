package record_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
)

func settlement(counter string, amount gateway.USD, at time.Time) gateway.Settlement {
	return gateway.Settlement{Rule: "gateway/default/budgets[0]", Counter: counter, Values: "workspace=default", Amount: amount, Time: at}
}

// spent adds up what the store was given of a counter.
func (s *memStore) spent(counter string) (sum gateway.USD) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		for _, one := range e.Settlements {
			if one.Counter == counter {
				sum += one.Amount
			}
		}
	}
	return sum
}

// paying makes an entry that takes 1 << n from "a" and something from another counter.
func paying(n int) *gateway.Entry {
	e := entry(n)
	e.Time = e.Time.Add(time.Duration(n) * time.Hour)
	e.Settlements = []gateway.Settlement{settlement("other", 1<<40, e.Time), settlement("a", 1<<n, e.Time)}
	return e
}

func wantPending(t *testing.T, r *record.Recorder, since time.Time, want gateway.USD, entries ...string) {
	t.Helper()
	sum, ids := r.PendingSpent("a", since)
	if sum != want || len(ids) != len(entries) {
		t.Errorf("%d pending of %v, want %d of %v", sum, ids, want, entries)
	}
	for _, id := range entries {
		if !ids[id] {
			t.Errorf("%s is not among %v", id, ids)
		}
	}
}

func TestPendingSpentIsWhatTheStoreDoesNotHave(t *testing.T) {
	dir, store := t.TempDir(), newStore()
	store.set(away)
	for restart := range 3 {
		r := open(t, record.Options{Dir: dir, Store: store})
		r.Append(paying(restart))
		r.Append(entry(100 + restart)) // pays nothing
		want, ids := gateway.USD(0), []string(nil)
		for n := range restart + 1 {
			want, ids = want+1<<n, append(ids, uuid(n))
		}
		wantPending(t, r, time.Time{}, want, ids...)
		wantPending(t, r, paying(restart).Time, 1<<restart, uuid(restart))
		wantPending(t, r, paying(restart+1).Time, 0)
		if restart == 2 {
			store.set(nil)
			flush(t, r)
			wantPending(t, r, time.Time{}, 0)
		}
		closeNow(t, r)
	}
	if sum := store.spent("a"); sum != 7 {
		t.Errorf("the store got %d", sum)
	}
}

func TestPendingSpentKnowsWhatThePartlyDrainedSegmentStillHas(t *testing.T) {
	dir, store := t.TempDir(), newStore()
	r := open(t, record.Options{Dir: dir, Store: store})
	for n := range 4 {
		r.Append(paying(n))
	}
	flush(t, r)
	store.set(away)
	long := paying(4)
	long.Settlements[0].Values = strings.Repeat("x", 100_000) // beyond the first look
	odd := paying(5)
	odd.ID = "no uuid"
	r.Append(long)
	r.Append(odd)
	closeNow(t, r)
	r = open(t, record.Options{Dir: dir, Store: store})
	wantPending(t, r, time.Time{}, 16+32, uuid(4), "no uuid")
}

func TestPendingSpentKnowsWhatTheDiskRefused(t *testing.T) {
	store := newStore()
	store.set(away)
	var refuse atomic.Bool
	refuse.Store(true)
	r := open(t, record.Options{Dir: t.TempDir(), Store: store}.WithCreate(func(path string) (record.File, error) {
		if refuse.Load() {
			return nil, os.ErrPermission
		}
		return record.CreateFile(path)
	}))
	r.Append(paying(3))
	wantPending(t, r, time.Time{}, 8, uuid(3))
	refuse.Store(false) // so that it can be closed
}

func TestARefusedCallThatHasCostMoneyIsNotAggregated(t *testing.T) {
	store := newStore()
	r := open(t, record.Options{Dir: t.TempDir(), Store: store})
	const calls = 10 * record.FloodEach
	for n := range calls {
		e := entry(n)
		e.Status, e.ErrorCode, e.Settlements = 429, "rate_limited", []gateway.Settlement{settlement("a", 1, e.Time)}
		r.Refuse(e)
	}
	flush(t, r)
	if sum := store.spent("a"); sum != calls {
		t.Errorf("the store got %d of %d", sum, calls)
	}
}

func TestASpoolOfTheVersionBeforeSettlementsIsRead(t *testing.T) {
	name, content := spooled(t, 3) // entries without settlements are written as that version did
	if n := strings.Count(string(content), "\x01\x24"+uuid(0)[:8]); n != 3 {
		t.Fatalf("%d records of version 1", n)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, record.Options{Dir: dir, Store: newStore(), Paused: true})
	if got := fmt.Sprint(len(pendingIDs(r))); got != "3" {
		t.Errorf("%s pending", got)
	}
}
