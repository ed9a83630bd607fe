package record_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
)

func refused(n int, ip string) *gateway.Entry {
	return &gateway.Entry{ID: uuid(n), Time: time.Now(), Gateway: "default", Status: 401, ErrorCode: "unauthenticated", ClientIP: ip}
}

func TestAFewRefusalsAreEntriesOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		r := open(t, record.Options{Dir: t.TempDir(), Store: store})
		for n := range record.FloodEach {
			r.Refuse(refused(n, "203.0.113.9"))
		}
		advance(time.Minute)
		if store.len() != record.FloodEach || store.get(uuid(3)).Count != 1 {
			t.Errorf("%d entries", store.len())
		}
	})
}

func TestAFloodFromOneNetworkSharesOneEntryPerWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		r := open(t, record.Options{Dir: t.TempDir(), Store: store})
		const calls = 9000
		var last time.Time
		for n := range calls {
			last = time.Now()
			r.Refuse(refused(n, fmt.Sprintf("203.0.113.%d", n%250)))
			advance(time.Millisecond)
		}
		advance(1100 * time.Millisecond)
		shared := store.get(uuid(record.FloodEach))
		if store.len() != record.FloodEach+1 || shared == nil {
			t.Fatalf("%d entries", store.len())
		}
		if shared.Count != calls-record.FloodEach || !shared.LastTime.Equal(last) {
			t.Errorf("count %d, want %d; last time %v, want %v", shared.Count, calls-record.FloodEach, shared.LastTime, last)
		}
		if got := r.Stats().Collapsed; got != calls-record.FloodEach-1 {
			t.Errorf("collapsed %d", got)
		}
	})
}

func TestAFloodIsDurableWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, record.Options{Dir: t.TempDir(), Store: newStore(), Paused: true})
		for n := range 500 {
			r.Refuse(refused(n, "203.0.113.9"))
		}
		advance(1100 * time.Millisecond)
		e, ok := r.PendingEntry(uuid(record.FloodEach))
		if !ok || e.Count != 500-record.FloodEach {
			t.Fatalf("pending %+v", e)
		}
		if ids := pendingIDs(r); len(ids) != record.FloodEach+1 {
			t.Errorf("%d entries are listed, want each once: %d", len(ids), record.FloodEach+1)
		}
	})
}

func TestCloseSettlesAFlood(t *testing.T) {
	store := newStore()
	r := open(t, record.Options{Dir: t.TempDir(), Store: store})
	for n := range 100 {
		r.Refuse(refused(n, "2001:db8::1"))
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := store.get(uuid(record.FloodEach)); e == nil || e.Count != 100-record.FloodEach {
		t.Errorf("shared entry %+v", e)
	}
}

func TestAFloodFromEverywhereIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		r := open(t, record.Options{Dir: t.TempDir(), Store: store})
		const calls = 20000
		for n := range calls {
			r.Refuse(refused(n, fmt.Sprintf("%d.%d.%d.1", 1+n>>16, n>>8&255, n&255)))
		}
		advance(time.Minute)
		total := 0
		for _, e := range store.entries {
			total += e.Count
		}
		if total != calls {
			t.Errorf("%d calls are counted, want %d", total, calls)
		}
		if most := record.FloodSingles + record.FloodAggregates + 1; store.len() > most {
			t.Errorf("%d entries, want at most %d", store.len(), most)
		}
	})
}

func TestRefusalsThatDifferDoNotShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		r := open(t, record.Options{Dir: t.TempDir(), Store: store})
		for n := range 200 {
			e := refused(n, "203.0.113.9")
			if n%2 == 1 {
				e.Status, e.ErrorCode, e.KeyID = 429, "rate_limited", "key_1"
			}
			r.Refuse(e)
		}
		advance(2 * time.Second)
		for _, e := range store.entries {
			if e.Count > 1 && e.Count != 100-record.FloodEach {
				t.Errorf("%d: count %d", e.Status, e.Count)
			}
		}
		if want := 2 * (record.FloodEach + 1); store.len() != want {
			t.Errorf("%d entries, want %d", store.len(), want)
		}
	})
}
