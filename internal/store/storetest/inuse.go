package storetest

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/store"
)

// testInUse holds that a store that is open elsewhere is noticed, and works on after that.
func testInUse(t *testing.T, fresh func(testing.TB) string) {
	url := fresh(t)
	used := func() bool {
		t.Helper()
		return need(store.InUse(t.Context(), url))(t)
	}
	if used() {
		t.Error("in use before anybody opened it")
	}
	s := openOnly(t, url)
	must(t, s.Migrate(t.Context()))
	if !used() {
		t.Error("not in use while it is open")
	}
	put(t, s, Entry(1))
	must(t, s.Close())
	for used() { // a server ends its sessions a moment later
		if err := t.Context().Err(); err != nil {
			t.Fatal("in use after it was closed")
		}
	}
	s = Open(t, url)
	if n := need(s.CountEntries(t.Context(), store.EntryQuery{}))(t); n != 1 {
		t.Errorf("%d entries", n)
	}
}
