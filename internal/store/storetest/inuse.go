package storetest

import (
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/store"
)

// testInUse holds that a store that is open elsewhere is noticed, and works on after that.
func testInUse(t *testing.T, fresh func(testing.TB) string) {
	url := fresh(t)
	used := func() bool {
		t.Helper()
		return need(store.InUse(t.Context(), url))(t)
	}
	// A server ends the sessions of those who have closed a moment later, and other tests have
	// schemas of their own in the same database.
	leaves := func(when string) {
		t.Helper()
		for end := time.Now().Add(time.Minute); used(); <-time.After(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("in use %s", when)
			}
		}
	}
	leaves("before anybody opened it")
	s := openOnly(t, url)
	must(t, s.Migrate(t.Context()))
	if !used() {
		t.Error("not in use while it is open")
	}
	put(t, s, Entry(1))
	must(t, s.Close())
	leaves("after it was closed")
	s = Open(t, url)
	if n := need(s.CountEntries(t.Context(), store.EntryQuery{}))(t); n != 1 {
		t.Errorf("%d entries", n)
	}
}
