package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func testLedgerSums(t *testing.T, s *store.Store) {
	from := Epoch().Truncate(time.Hour)
	spent := func(n int, counter string, amount gateway.USD, after time.Duration) *gateway.Entry {
		e := *Entry(n)
		e.Settlements = []gateway.Settlement{settlement(counter, amount, from.Add(after))}
		return &e
	}
	put(t, s, spent(1, "a", 1, 0), spent(2, "a", 2, 14*time.Minute), spent(3, "b", 4, time.Hour))
	put(t, s, spent(1, "a", 1, 0), spent(4, "a", 8, 20*time.Minute)) // the first one again
	put(t, s, spent(5, "a", 16, 2*time.Hour), spent(6, "a", 32, 3*time.Hour), spent(7, "a", 64, -time.Minute))
	var g errgroup.Group // writers that meet
	for i := range 4 {
		g.Go(func() error {
			return s.PutEntries(t.Context(), []*gateway.Entry{spent(10+2*i, "hot", 1, 0), spent(11+2*i, "hot", 1, 0), spent(50, "hot", 1, 0)})
		})
	}
	must(t, g.Wait())
	want := map[string][]gateway.USD{"a": {1 + 2 + 8, 0, 16}, "b": {0, 4, 0}, "hot": {9, 0, 0}}
	got := need(s.SpentByHour(t.Context(), []string{"a", "b", "hot", "nobody"}, from, from.Add(3*time.Hour)))(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	must(t, s.DeleteEntry(t.Context(), ID(1)))
	put(t, s, spent(1, "a", 1, 0)) // whose settlement is there still
	if got := need(s.SpentByHour(t.Context(), []string{"a"}, from, from.Add(time.Hour)))(t); got["a"][0] != 11 {
		t.Errorf("%v", got)
	}
	for n := 1; n > 0; {
		n = need(s.SweepLedger(t.Context(), from.Add(2*time.Hour), 1000))(t)
	}
	if got := need(s.SpentByHour(t.Context(), []string{"a"}, from, from.Add(3*time.Hour)))(t); got["a"][0] != 0 || got["a"][2] != 16 {
		t.Errorf("after sweeping %v", got)
	}
}

func testLeases(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	at := func(minutes int) time.Time { return Epoch().Add(time.Duration(minutes) * time.Minute) }
	for _, c := range []struct {
		name, holder string
		now, until   int
		want         bool
	}{
		{"x", "a", 0, 2, true}, {"x", "b", 1, 3, false}, {"y", "b", 1, 3, true}, {"x", "a", 1, 3, true},
		{"x", "b", 2, 4, false}, {"x", "b", 3, 5, true}, {"x", "b", 4, 4, true}, {"x", "a", 4, 6, true},
	} {
		if got := need(s.Lease(t.Context(), c.name, c.holder, at(c.now), at(c.until)))(t); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
