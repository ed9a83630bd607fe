package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func settlement(counter string, amount gateway.USD, at time.Time) gateway.Settlement {
	return gateway.Settlement{Rule: "gateway/default/budgets[0]", Counter: counter, Values: "workspace=default", Amount: amount, Time: at}
}

func testLedger(t *testing.T, fresh func(testing.TB) string) {
	t.Run("settlements come with their entry, once", func(t *testing.T) {
		s := Open(t, fresh(t))
		e := Entry(1)
		e.Settlements = []gateway.Settlement{settlement("b", 5, e.Time), settlement("a", 7, e.Time), settlement("b", 2, e.Time)}
		put(t, s, e)
		put(t, s, e, Entry(2))
		want := []gateway.Settlement{settlement("a", 7, e.Time), settlement("b", 7, e.Time)}
		if diff := cmp.Diff(want, need(s.Settlements(t.Context(), e.ID))(t)); diff != "" {
			t.Error(diff)
		}
		must(t, s.DeleteEntry(t.Context(), e.ID))
		if sum := need(s.Spent(t.Context(), "b", time.Time{}))(t); sum != 7 {
			t.Errorf("deleting an entry gave money back: %d", sum)
		}
	})
	t.Run("spent since, and beside what a spool holds", func(t *testing.T) { testSpent(t, Open(t, fresh(t))) })
	t.Run("spent between times", func(t *testing.T) {
		s := Open(t, fresh(t))
		from := Epoch().Truncate(time.Hour)
		e := Entry(1)
		for i, minute := range []int{-1, 0, 14, 15, 59, 60, 120} {
			one := *e
			one.ID, one.Settlements = ID(i+1), []gateway.Settlement{settlement("a", gateway.USD(1<<i), from.Add(time.Duration(minute)*time.Minute)), settlement("other", 1000, from)}
			put(t, s, &one)
		}
		edges := []time.Time{from, from.Add(15 * time.Minute), from.Add(time.Hour), from.Add(2 * time.Hour)}
		if diff := cmp.Diff([]gateway.USD{2 + 4, 8 + 16, 32}, need(s.SpentBetween(t.Context(), "a", edges))(t)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("sums are those of the ledger, whatever comes twice", func(t *testing.T) { testLedgerSums(t, Open(t, fresh(t))) })
	t.Run("any number in a batch", func(t *testing.T) {
		s := Open(t, fresh(t))
		batch := some(0, 300)
		var want gateway.USD
		for i, e := range batch {
			for n := range i % 4 {
				amount := gateway.USD(i*1_000_003 + n)
				e.Settlements = append(e.Settlements, settlement(fmt.Sprint("c", n), amount, e.Time))
				want += amount
			}
		}
		put(t, s, batch...)
		var sum gateway.USD
		for n := range 3 {
			sum += need(s.Spent(t.Context(), fmt.Sprint("c", n), Epoch()))(t)
		}
		if sum != want {
			t.Errorf("spent %v, want %v", sum, want)
		}
	})
	t.Run("sweeping", func(t *testing.T) {
		s := Open(t, fresh(t))
		batch := some(0, 30)
		for _, e := range batch {
			e.Settlements = []gateway.Settlement{settlement("a", 1, e.Time)}
		}
		put(t, s, batch...)
		for _, want := range []int{8, 2, 0} {
			if n := need(s.SweepLedger(t.Context(), Epoch().Add(10*time.Millisecond), 8))(t); n != want {
				t.Errorf("swept %d, want %d", n, want)
			}
		}
		if sum := need(s.Spent(t.Context(), "a", time.Time{}))(t); sum != 20 {
			t.Errorf("%d left", sum)
		}
	})
}

func testSpent(t *testing.T, s *store.Store) {
	batch := some(0, 10)
	for i, e := range batch {
		e.Settlements = []gateway.Settlement{settlement("a", 1<<i, e.Time), settlement("other", 1<<40, e.Time)}
	}
	batch[9].Settlements[0].Amount = -3 // something given back
	put(t, s, batch...)
	since := batch[4].Time
	if sum := need(s.Spent(t.Context(), "a", since))(t); sum != 16+32+64+128+256-3 {
		t.Errorf("spent %d", sum)
	}
	if sum := need(s.Spent(t.Context(), "nobody", since))(t); sum != 0 {
		t.Errorf("spent %d", sum)
	}
	for want, beside := range map[gateway.USD][]int{16 + 32 + 64 + 128 + 256 - 3: nil, 16 + 32 + 128 + 256 - 3: {6}, 32 + 64 + 128 + 256: {2, 4, 9, 77}} {
		ids := map[string]bool{}
		for _, i := range beside {
			ids[ID(i)] = true
		}
		if sum := need(s.SpentBeside(t.Context(), "a", since, ids))(t); sum != want {
			t.Errorf("beside %v: %d, want %d", beside, sum, want)
		}
	}
}
