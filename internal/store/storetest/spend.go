package storetest

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// strewn makes n random entries over four days, some of unknown cost, some with
// settlements under one of two rules for all they cost.
func strewn(n int) []*gateway.Entry {
	r := rand.New(rand.NewPCG(7, 11))
	pick := func(names ...string) string { return names[r.IntN(len(names))] }
	entries := make([]*gateway.Entry, n)
	for i := range entries {
		e := Entry(i)
		e.Time = Epoch().Add(time.Duration(r.Int64N(int64(96 * time.Hour))))
		e.ID = IDAt(e.Time, i)
		e.Workspace, e.KeyID, e.User, e.Gateway = pick("default", "a", "b"), pick("", "k1", "k2", "k3"), pick("", "u\x00", "Zoë"), pick("default", "g2")
		e.Provider, e.Model = pick("", "p1", "p2"), pick("", "m1", "m2", "'; --")
		e.Metadata = []byte(pick("", `{"team":"red"}`, `{"a":"team","team":"blue"}`, `{"team":null}`, `{"x":{"team":"no"}}`, `{"team":7}`, `{"team":`))
		e.Cost = gateway.Cost{}
		if r.IntN(5) > 0 {
			e.Cost = gateway.Cost{USD: gateway.USD(r.Int64N(9_999_999_999)), Known: true}
			e.Settlements = []gateway.Settlement{{Rule: pick("r1", "r2"), Counter: "c", Amount: e.Cost.USD, Time: e.Time}}
		}
		if e.Count = 1; !e.Cost.Known && r.IntN(3) == 0 {
			e.Count = 1 + r.IntN(9)
		}
		entries[i] = e
	}
	return entries
}

func testSpend(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	entries := strewn(2000)
	for batch := entries; len(batch) > 0; batch = batch[min(len(batch), 500):] {
		put(t, s, batch[:min(len(batch), 500)]...)
	}
	var want store.SpendRow
	for _, e := range entries {
		want.Calls += int64(e.Count)
		want.Cost += e.Cost.USD
		if !e.Cost.Known {
			want.Unknown += int64(e.Count)
		}
	}
	t.Run("by any dimensions it adds up to the entries' sum", func(t *testing.T) {
		sets := [][]store.Dimension{nil, {store.ByWorkspace, store.ByKey, store.ByUser, store.ByTeam, store.ByGateway, store.ByProvider, store.ByModel, store.ByDay}}
		for _, d := range store.Dimensions() {
			sets = append(sets, []store.Dimension{d})
		}
		for _, by := range sets {
			var got store.SpendRow
			rows := need(s.Spend(t.Context(), store.SpendQuery{By: by}))(t)
			for _, row := range rows {
				got.Cost, got.Calls, got.Unknown = got.Cost+row.Cost, got.Calls+row.Calls, got.Unknown+row.Unknown
			}
			ofRule := len(by) > 0 && by[0] == store.ByRule // counts settlements, which what is unknown has none of
			if got.Cost != want.Cost || !ofRule && (got.Calls != want.Calls || got.Unknown != want.Unknown) {
				t.Errorf("by %v: %+v, want %+v", by, got, want)
			}
		}
	})
	t.Run("rows are what the entries say", func(t *testing.T) { testSpendRows(t, s, entries) })
	t.Run("filters and limit", func(t *testing.T) { testSpendFilters(t, s, entries) })
	t.Run("an unknown dimension is refused", func(t *testing.T) {
		if _, err := s.Spend(t.Context(), store.SpendQuery{By: []store.Dimension{"1; --"}}); !errors.Is(err, store.ErrBadFilter) {
			t.Errorf("err = %v", err)
		}
	})
}

func testSpendRows(t *testing.T, s *store.Store, entries []*gateway.Entry) {
	teams := map[string]string{`{"team":"red"}`: "red", `{"a":"team","team":"blue"}`: "blue", `{"team":7}`: "7"}
	want := map[string]gateway.USD{}
	for _, e := range entries {
		want[e.Time.Format(time.DateOnly)+" "+teams[string(e.Metadata)]] += e.Cost.USD
	}
	got := map[string]gateway.USD{}
	day, cost := "9999", gateway.USD(0)
	for _, row := range need(s.Spend(t.Context(), store.SpendQuery{By: []store.Dimension{store.ByTeam, store.ByDay}}))(t) {
		got[row.Values[1]+" "+row.Values[0]] = row.Cost
		if row.Values[1] > day || row.Values[1] == day && row.Cost > cost {
			t.Errorf("%v is out of order", row)
		}
		day, cost = row.Values[1], row.Cost
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func testSpendFilters(t *testing.T, s *store.Store, entries []*gateway.Entry) {
	from, to := Epoch().Add(10*time.Hour), Epoch().Add(50*time.Hour)
	for name, c := range map[string]struct {
		q  store.SpendQuery
		is func(*gateway.Entry) bool
	}{
		"time": {store.SpendQuery{From: from, To: to}, func(e *gateway.Entry) bool { return !e.Time.Before(from) && e.Time.Before(to) }},
		"rule time": {store.SpendQuery{From: from, Rule: "r1"}, func(e *gateway.Entry) bool {
			return !e.Time.Before(from) && len(e.Settlements) > 0 && e.Settlements[0].Rule == "r1"
		}},
		"workspace": {store.SpendQuery{Workspace: "a", Gateway: "g2"}, func(e *gateway.Entry) bool { return e.Workspace == "a" && e.Gateway == "g2" }},
		"key":       {store.SpendQuery{KeyID: "k1", User: "Zoë"}, func(e *gateway.Entry) bool { return e.KeyID == "k1" && e.User == "Zoë" }},
		"model":     {store.SpendQuery{Model: "'; --", Provider: "p1"}, func(e *gateway.Entry) bool { return e.Model == "'; --" && e.Provider == "p1" }},
		"team":      {store.SpendQuery{Team: "red"}, func(e *gateway.Entry) bool { return string(e.Metadata) == `{"team":"red"}` }},
	} {
		t.Run(name, func(t *testing.T) {
			var want gateway.USD
			for _, e := range entries {
				if c.is(e) {
					want += e.Cost.USD
				}
			}
			if rows := need(s.Spend(t.Context(), c.q))(t); len(rows) != 1 || rows[0].Cost != want || want == 0 {
				t.Errorf("%+v, want %v", rows, want)
			}
		})
	}
	all := need(s.Spend(t.Context(), store.SpendQuery{By: []store.Dimension{store.ByModel}}))(t)
	some := need(s.Spend(t.Context(), store.SpendQuery{By: []store.Dimension{store.ByModel}, Limit: 2}))(t)
	if diff := cmp.Diff(all[:2], some); diff != "" {
		t.Error(diff)
	}
	if rows := need(s.Spend(t.Context(), store.SpendQuery{Model: "none"}))(t); len(rows) != 1 || rows[0].Cost != 0 || rows[0].Calls != 0 {
		t.Errorf("%+v", rows)
	}
}
