package record_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
)

func TestPendingIsNewestFirstOverMemoryDiskAndRestarts(t *testing.T) {
	dir, store := t.TempDir(), newStore()
	order := rand.Perm(3000)
	var r *record.Recorder
	for i, n := range order {
		if i%1000 == 0 {
			if r != nil {
				closeNow(t, r)
			}
			r = open(t, record.Options{Dir: dir, Store: store, MaxBytes: 8 << 20, Paused: true})
		}
		r.Append(entry(n))
	}
	ids := pendingIDs(r)
	if len(ids) != 3000 || ids[0] != uuid(2999) || !slices.IsSortedFunc(ids, func(a, b string) int { return -compare(a, b) }) {
		t.Fatalf("%d ids, first %v", len(ids), ids[0])
	}
	var page []string
	r.PendingBefore(uuid(1500), func(e *gateway.Entry) bool {
		page = append(page, e.ID)
		return len(page) < 3
	})
	if want := []string{uuid(1499), uuid(1498), uuid(1497)}; !slices.Equal(page, want) {
		t.Errorf("page %v, want %v", page, want)
	}
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestPendingEntryComesWithItsBodies(t *testing.T) {
	dir := t.TempDir()
	for restart := range 2 {
		r := open(t, record.Options{Dir: dir, Store: newStore(), Paused: true})
		if restart == 0 {
			r.Append(withBodies(entry(1), 100_000))
			r.Append(entry(2))
			odd := entry(3)
			odd.ID = "no uuid at all"
			r.Append(odd)
		}
		e, ok := r.PendingEntry(uuid(1))
		if !ok || len(e.Bodies.Request.Bytes) != 100_000 {
			t.Fatalf("entry %+v", e)
		}
		if _, ok := r.PendingEntry("no uuid at all"); !ok {
			t.Error("an entry whose id is no UUID is not found")
		}
		if _, ok := r.PendingEntry(uuid(9)); ok {
			t.Error("an entry that never was is found")
		}
		if got := pendingIDs(r); len(got) != 3 {
			t.Errorf("pending %v", got)
		}
		closeNow(t, r)
	}
}

func TestPendingShowsNothingThatTheStoreHas(t *testing.T) {
	r := open(t, record.Options{Dir: t.TempDir(), Store: newStore()})
	for n := range 100 {
		r.Append(entry(n))
	}
	flush(t, r)
	if ids := pendingIDs(r); len(ids) != 0 {
		t.Errorf("pending %v", ids)
	}
	if _, ok := r.PendingEntry(uuid(1)); ok {
		t.Error("found")
	}
}

func TestOpenIsFastWithABigSpool(t *testing.T) {
	const n = 20_000
	dir := t.TempDir()
	r := open(t, record.Options{Dir: dir, Store: newStore(), Paused: true})
	for i := range n {
		r.Append(entry(i))
	}
	closeNow(t, r)
	began := time.Now()
	r = open(t, record.Options{Dir: dir, Store: newStore(), Paused: true})
	opened := time.Since(began)
	first := ""
	r.Pending(func(e *gateway.Entry) bool { first = e.ID; return false })
	if r.Depth() != n || first != uuid(n-1) {
		t.Errorf("depth %d, first %s", r.Depth(), first)
	}
	// 100,000 entries in one second; fifty times that is allowed for a busy machine.
	if limit := 50 * time.Second * n / 100_000; opened > limit {
		t.Errorf("opening took %v, at most %v is good", opened, limit)
	}
	t.Logf("%d entries: open %v, first of the list %v", n, opened, time.Since(began)-opened)
}
