package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// by gives a call of a key from an address at a time after the epoch.
func by(n int, key, ip string, after time.Duration) *gateway.Entry {
	e := *Entry(n)
	e.ID, e.Time, e.KeyID, e.ClientIP, e.Status = IDAt(Epoch().Add(after), n), Epoch().Add(after), key, ip, 200
	return &e
}

func testForbidden(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	refused := func(n int, key string, count int, after time.Duration) *gateway.Entry {
		e := by(n, key, "192.0.2.1", after)
		e.Status, e.ErrorCode, e.Count = 403, "forbidden", count
		return e
	}
	put(t, s, refused(1, "a", 1, 0), refused(2, "a", 40, time.Minute), refused(3, "", 2, 0), by(4, "a", "192.0.2.1", 0), refused(5, "b", 1, 10*time.Minute))
	for i := range 60 {
		put(t, s, refused(100+i, fmt.Sprint("many-", i), 1, time.Hour))
	}
	q := store.KeyCountQuery{From: Epoch(), To: Epoch().Add(5 * time.Minute), ByKey: true}
	if diff := cmp.Diff(map[string]float64{"a": 41, "": 2}, need(s.Forbidden(t.Context(), q))(t)); diff != "" {
		t.Error(diff)
	}
	q.ByKey = false
	if diff := cmp.Diff(map[string]float64{"": 43}, need(s.Forbidden(t.Context(), q))(t)); diff != "" {
		t.Error(diff)
	}
	q.Key = "b"
	if got := need(s.Forbidden(t.Context(), q))(t); got[""] != 0 {
		t.Errorf("none in this time: %v", got)
	}
	all := need(s.Forbidden(t.Context(), store.KeyCountQuery{From: Epoch().Add(time.Hour), To: Epoch().Add(2 * time.Hour)}))(t)
	few := need(s.Forbidden(t.Context(), store.KeyCountQuery{From: Epoch().Add(time.Hour), To: Epoch().Add(2 * time.Hour), ByKey: true}))(t)
	if all[""] != 60 || len(few) != 50 {
		t.Errorf("%v together, %d keys", all, len(few))
	}
}

func testNewNetworks(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	const day = 24 * time.Hour
	n := 0
	look := func(after time.Duration, of store.KeyCountQuery, want map[string]float64, calls ...[2]string) {
		t.Helper()
		for _, c := range calls {
			n++
			put(t, s, by(n, c[0], c[1], after-time.Minute))
		}
		of.From, of.To = Epoch().Add(after-5*time.Minute), Epoch().Add(after)
		if diff := cmp.Diff(want, need(s.NewNetworks(t.Context(), of))(t)); diff != "" {
			t.Errorf("after %s: %s", after, diff)
		}
	}
	byKey, none := store.KeyCountQuery{ByKey: true}, map[string]float64{}
	look(time.Hour, byKey, none, [2]string{"a", "192.0.2.1"}, [2]string{"b", "198.51.100.7"}, [2]string{"", "203.0.113.1"}, [2]string{"a", ""})
	look(2*time.Hour, byKey, none, [2]string{"a", "203.0.113.9"}) // the key is not known for a day yet
	look(2*day, byKey, none, [2]string{"a", "192.0.2.200"})       // the same network
	look(2*day+time.Hour, byKey, map[string]float64{"a": 3, "b": 1}, [2]string{"a", "10.1.2.3"}, [2]string{"a", "10.1.2.4"}, [2]string{"a", "2001:db8:1::1"}, [2]string{"b", "10.1.2.3"})
	look(2*day+time.Hour+time.Minute, store.KeyCountQuery{}, map[string]float64{"": 4}) // still within the window
	look(2*day+time.Hour+2*time.Minute, store.KeyCountQuery{ByKey: true, Key: "b"}, map[string]float64{"b": 1})
	look(2*day+time.Hour+2*time.Minute, store.KeyCountQuery{Gateway: "another"}, none)                                                               // which has none of these calls
	look(2*day+2*time.Hour, byKey, none, [2]string{"a", "10.1.2.3"})                                                                                 // not new any more
	look(3*day, byKey, map[string]float64{"default/default": 2}, [2]string{"", "10.7.1.1"}, [2]string{"", "10.7.1.2"}, [2]string{"", "203.0.113.1"}) // without a key
	for _, want := range []int{3, 3, 0} {                                                                                                            // what is younger than 30 days stays
		if n := need(s.ForgetNetworks(t.Context(), Epoch().Add(33*day), 3))(t); n != want {
			t.Errorf("%d networks were forgotten, want %d", n, want)
		}
	}
	look(33*day, byKey, map[string]float64{"a": 2}, [2]string{"a", "10.1.2.3"}, [2]string{"a", "192.0.2.1"}) // new again after 30 days
}

// However many addresses there are, none is lost, and calls that share an entry all count.
func testManyNewNetworks(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	put(t, s, by(1, "a", "192.0.2.1", 0))
	q := store.KeyCountQuery{From: Epoch().Add(-time.Minute), To: Epoch().Add(time.Minute)}
	need(s.NewNetworks(t.Context(), q))(t)
	const many = 6000
	at := 48 * time.Hour
	all := make([]*gateway.Entry, many)
	for i := range all {
		all[i] = by(10+i, "a", fmt.Sprintf("10.%d.%d.7", i/250, i%250), at)
	}
	all[5].Count = 4
	put(t, s, all...)
	q.From, q.To = Epoch().Add(at-time.Minute), Epoch().Add(at+time.Minute)
	if got := need(s.NewNetworks(t.Context(), q))(t); got[""] != many+3 {
		t.Errorf("%v of %d calls", got, many+3)
	}
}

func testNetworks(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	a, b, c, d := by(1, "a", "192.0.2.1", 0), by(2, "a", "192.0.2.99", time.Minute), by(3, "b", "2001:db8:1::7", 0), by(4, "a", "192.0.2.1", time.Hour)
	b.Status, b.Count = 502, 3
	c.Status, c.ErrorCode = 429, "rate_limited" // which is no error
	put(t, s, a, b, c, d, by(5, "a", "", 0))
	q := store.NetworkQuery{From: Epoch(), To: Epoch().Add(15 * time.Minute)}
	got := need(s.Networks(t.Context(), q))(t)
	one, two := got["192.0.2.0/24"], got["2001:db8:1::/48"]
	if len(got) != 2 || one == nil || two == nil {
		t.Fatalf("%v", got)
	}
	if n := one.Numbers; n[analytics.Requests] != 4 || n[analytics.Errors] != 3 || n[analytics.InputTokens] == 0 || n[analytics.OutputTokens] != 128 || n[analytics.Cost] == 0 {
		t.Errorf("%v", n)
	}
	if n := two.Numbers; n[analytics.Requests] != 1 || n[analytics.Errors] != 0 {
		t.Errorf("%v", n)
	}
	q.Top = 1
	if got := need(s.Networks(t.Context(), q))(t); len(got) != 1 || got["192.0.2.0/24"] == nil {
		t.Errorf("the one with the most: %v", got)
	}
	q.Key, q.Top = "b", 0
	if got := need(s.Networks(t.Context(), q))(t); len(got) != 1 || got["2001:db8:1::/48"] == nil {
		t.Errorf("of one key: %v", got)
	}
}
