package storetest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func withBodies(e *gateway.Entry) *gateway.Entry {
	e.Bodies = &gateway.Bodies{Request: gateway.Body{ContentType: "text/plain", Bytes: []byte("hello " + e.ID), Size: 6}}
	return e
}

func listed(t *testing.T, s *store.Store, q store.EntryQuery) []string {
	t.Helper()
	q.Limit = 500
	return ids(need(s.ListEntries(t.Context(), q))(t).Entries)
}

func testDeletion(t *testing.T, fresh func(testing.TB) string) {
	t.Run("one entry with its bodies", func(t *testing.T) {
		s := Open(t, fresh(t))
		put(t, s, withBodies(Entry(1)), withBodies(Entry(2)))
		must(t, s.DeleteEntry(t.Context(), ID(1)))
		if err := s.DeleteEntry(t.Context(), ID(1)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
		put(t, s, Entry(1))
		if e := need(s.Entry(t.Context(), ID(1)))(t); e.Bodies != nil {
			t.Error("its bodies stayed")
		}
		if e := need(s.Entry(t.Context(), ID(2)))(t); e.Bodies == nil {
			t.Error("another's bodies went")
		}
	})
	t.Run("all that match, in steps", func(t *testing.T) {
		s := Open(t, fresh(t))
		put(t, s, some(0, 100)...)
		n := need(s.DeleteEntries(t.Context(), store.EntryQuery{Model: "m-3", Limit: 1, Cursor: "ignored"}, 7))(t)
		if n != 20 {
			t.Errorf("deleted %d", n)
		}
		if left := listed(t, s, store.EntryQuery{}); len(left) != 80 {
			t.Errorf("%d left", len(left))
		}
	})
	t.Run("entries by age and gateway", func(t *testing.T) { testSweepEntries(t, Open(t, fresh(t))) })
	t.Run("entries by age and workspace", func(t *testing.T) { testSweepWorkspace(t, Open(t, fresh(t))) })
	t.Run("one user, and nobody else", func(t *testing.T) { testErase(t, Open(t, fresh(t))) })
	t.Run("networks of a user", func(t *testing.T) { testEraseNetworks(t, Open(t, fresh(t))) })
	t.Run("a user whose entries come late", func(t *testing.T) { testEraseLate(t, Open(t, fresh(t))) })
	t.Run("the nodes' parts of an erasure", func(t *testing.T) { testNodes(t, Open(t, fresh(t))) })
	t.Run("bodies by age and gateway", func(t *testing.T) { testSweepBodies(t, Open(t, fresh(t))) })
}

// days makes one entry a day for two gateways, with bodies.
func days(n int) []*gateway.Entry {
	var entries []*gateway.Entry
	for i := range n {
		for j, g := range []string{"default", "other"} {
			e := withBodies(Entry(2*i + j))
			e.Time = Epoch().AddDate(0, 0, i)
			e.ID, e.Gateway = IDAt(e.Time, 2*i+j), g
			entries = append(entries, e)
		}
	}
	return entries
}

func testSweepEntries(t *testing.T, s *store.Store) {
	put(t, s, days(10)...)
	sweep := func(gatewayName string, day, step int) int {
		t.Helper()
		return need(s.SweepEntries(t.Context(), gatewayName, Epoch().AddDate(0, 0, day), step))(t)
	}
	for _, c := range []struct {
		gateway         string
		day, step, want int
	}{
		{"default", 5, 2, 2}, {"default", 5, 2, 2}, {"default", 5, 2, 1}, {"default", 5, 2, 0},
		{"other", 3, 100, 3}, {"other", 3, 100, 0}, {"unknown", 9, 100, 0}, {"default", 6, 100, 1},
	} {
		if n := sweep(c.gateway, c.day, c.step); n != c.want {
			t.Errorf("sweep of %s before day %d took %d, want %d", c.gateway, c.day, n, c.want)
		}
	}
	if a, b := len(listed(t, s, store.EntryQuery{Gateway: "default"})), len(listed(t, s, store.EntryQuery{Gateway: "other"})); a != 4 || b != 7 {
		t.Errorf("%d and %d left", a, b)
	}
	put(t, s, days(1)...) // arrives late, after everything of its time was swept
	if n := sweep("default", 6, 100); n != 1 {
		t.Errorf("the latecomer stayed: %d", n)
	}
}

func testSweepBodies(t *testing.T, s *store.Store) {
	all := days(6)
	put(t, s, all...)
	for _, want := range []int{2, 2, 0} {
		if n := need(s.SweepBodies(t.Context(), "other", Epoch().AddDate(0, 0, 4), 2))(t); n != want {
			t.Errorf("took %d, want %d", n, want)
		}
	}
	var kept []string
	for _, e := range all {
		if need(s.Entry(t.Context(), e.ID))(t).Bodies != nil {
			kept = append(kept, e.ID)
		}
	}
	var want []string
	for _, e := range all {
		if e.Gateway == "default" || e.Time.Sub(Epoch()) >= 4*24*time.Hour {
			want = append(want, e.ID)
		}
	}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Error(diff)
	}
}

func testSweepWorkspace(t *testing.T, s *store.Store) {
	must(t, s.CreateWorkspace(t.Context(), gateway.Workspace{ID: "acme", Name: "Acme", Created: Epoch(), RetainS: 3600}))
	own := need(s.WorkspaceRetention(t.Context()))(t)
	if len(own) != 1 || own["acme"] != time.Hour {
		t.Errorf("retention: %v", own)
	}
	all := some(0, 6)
	for i, e := range all {
		e.Workspace = []string{"acme", "default"}[i%2]
	}
	put(t, s, all...)
	if n := need(s.SweepWorkspace(t.Context(), "acme", Epoch().AddDate(1, 0, 0), 100))(t); n != 3 {
		t.Errorf("%d are gone", n)
	}
	if left := listed(t, s, store.EntryQuery{}); len(left) != 3 {
		t.Errorf("left: %v", left)
	}
}

func testErase(t *testing.T, s *store.Store) {
	users := []string{"jane", "jane smith", "jane-2", "o'hara %_!", "r&d \"bob\" <b>"}
	for i, user := range users {
		value := "gateway/default/month user=" + user
		state := gateway.AlertState{Rule: "r" + ID(i), Series: []gateway.AlertSeries{{Value: value}}, Told: []string{value}}
		if swapped := need(s.SwapAlertState(t.Context(), state, nil))(t); !swapped {
			t.Fatal("not stored")
		}
		must(t, s.CreateAlertMute(t.Context(), gateway.AlertMute{ID: "mut_" + ID(i), Rule: "r", Value: value, Workspace: "default", Created: Epoch(), Until: Epoch().Add(time.Hour)}))
	}
	var all []*gateway.Entry
	for i, user := range users {
		e := withBodies(Entry(i))
		e.User, e.Workspace = user, "default"
		e.Settlements = []gateway.Settlement{{Rule: "r", Counter: user, Values: "user=" + user, Amount: 7, Time: e.Time}}
		name := need(json.Marshal(user))(t)
		inner := string(name[1 : len(name)-1])
		batch := object("batch-"+ID(i), "default")
		batch.Kind, batch.Hold = "batch", `{"user":`+string(name)+`,"claims":[{"values":"user=`+inner+`"},{"values":"key=k, user=`+inner+`, metadata.user=`+inner+`"}]}`
		must(t, s.PutObject(t.Context(), batch, Epoch()))
		all = append(all, e)
	}
	put(t, s, all...)
	for i, user := range users {
		id := "ers_" + ID(i)
		must(t, s.CreateErasure(t.Context(), gateway.Erasure{ID: id, User: user, Created: Epoch(), State: gateway.ErasureWaiting}))
		job := need(s.ClaimErasure(t.Context(), Epoch(), Epoch().Add(time.Minute)))(t)
		if job == nil || job.ID != id {
			t.Fatalf("claimed %+v", job)
		}
		if other := need(s.ClaimErasure(t.Context(), Epoch(), Epoch().Add(time.Minute)))(t); other != nil {
			t.Errorf("claimed twice: %+v", other)
		}
		held := need(s.HeldOf(t.Context(), store.Person{User: user}))(t)
		if held["entries"] != 1 || held["bodies"] != 1 || held["ledger"] != 1 {
			t.Errorf("held of %s: %v", user, held)
		}
		if done := need(s.EraseEntries(t.Context(), job, Epoch().Add(time.Minute), 10))(t); len(done) != 1 || job.Counts["bodies"] != 1 {
			t.Errorf("%v, %v", done, job.Counts)
		}
		if n := need(s.EraseLedger(t.Context(), store.Person{User: user}))(t); n != 5 {
			t.Errorf("%d of the ledger, a state, a mute and, twice, a batch", n)
		}
		for j, other := range users {
			e := need(s.Entry(t.Context(), ID(j)))(t)
			if gone := j <= i; gone && (e.User != "" || e.Bodies != nil) || !gone && (e.User != other || e.Bodies == nil) {
				t.Errorf("after %s: %+v", user, e)
			}
		}
		job.Finished, job.State, job.User = &job.Created, gateway.ErasureDone, ""
		must(t, s.SaveErasure(t.Context(), job, Epoch()))
	}
	for _, c := range need(s.Counters(t.Context(), "", 10))(t) {
		if c.Values != "user=(erased)" {
			t.Errorf("%+v", c)
		}
	}
	for _, st := range need(s.AlertStates(t.Context()))(t) {
		if gone := "gateway/default/month user=(erased)"; st.Version != 2 || st.Series[0].Value != gone || st.Told[0] != gone {
			t.Errorf("%+v", st)
		}
	}
	for _, m := range need(s.AlertMutes(t.Context(), nil, Epoch()))(t) {
		if m.Value != "gateway/default/month user=(erased)" {
			t.Errorf("%+v", m)
		}
	}
	for i, user := range users {
		o := need(s.ObjectByID(t.Context(), "batch-"+ID(i), "batch"))(t)
		var hold struct {
			User   string
			Claims []struct{ Values string }
		}
		must(t, json.Unmarshal([]byte(o.Hold), &hold))
		if hold.User != "(erased)" || hold.Claims[0].Values != "user=(erased)" || hold.Claims[1].Values != "key=k, user=(erased), metadata.user="+user {
			t.Errorf("%s", o.Hold)
		}
	}
	must(t, s.Compact(t.Context()))
	if page := need(s.Erasures(t.Context(), nil, "", 10))(t); len(page.Erasures) != len(users) || page.Erasures[0].User != "" {
		t.Errorf("%+v", page)
	}
}

// A network that a key was used from stays where others' calls tell of it too, and goes where
// only the erased ones did; those of a user's own keys go all.
func testEraseNetworks(t *testing.T, s *store.Store) {
	made := func(n int, user, key, ip string) *gateway.Entry {
		e := by(n, key, ip, 0)
		e.User, e.Workspace = user, "default"
		return e
	}
	put(t, s, made(1, "jane", "a", "192.0.2.1"), made(2, "john", "a", "192.0.2.200"), made(3, "jane", "a", "198.51.100.7"), made(4, "john", "b", "198.51.100.9"),
		made(5, "jane", "a", "2001:db8:1::7"), made(6, "john", "a", "2001:db8:2::7"), made(7, "jane", "", "203.0.113.5"), made(8, "john", "a", "203.0.113.5"))
	key := gateway.Key{ID: "jane-s", Name: "x", Workspace: "default", OwnerKind: gateway.OwnedByUser, Owner: "jane", Created: Epoch()}
	must(t, s.CreateKey(t.Context(), key))
	put(t, s, made(9, "john", "jane-s", "192.0.2.77"))
	q := store.KeyCountQuery{From: Epoch().Add(-time.Minute), To: Epoch().Add(time.Minute)}
	need(s.NewNetworks(t.Context(), q))(t)
	job := &gateway.Erasure{ID: "ers_1", User: "jane", Created: Epoch(), State: gateway.ErasureWaiting}
	must(t, s.CreateErasure(t.Context(), *job))
	job = need(s.ClaimErasure(t.Context(), Epoch(), Epoch().Add(time.Minute)))(t)
	need(s.EraseEntries(t.Context(), job, Epoch().Add(time.Minute), 100))(t)
	if job.Counts["networks"] != 3 { // of a: 198.51.100, 2001:db8:1; without a key: 203.0.113
		t.Errorf("%v", job.Counts)
	}
	if n := need(s.EraseNetworks(t.Context(), store.Person{User: "jane", Workspace: "another"}))(t); n != 0 {
		t.Errorf("%d in another workspace", n)
	}
	if n := need(s.EraseNetworks(t.Context(), store.Person{User: "jane"}))(t); n != 1 {
		t.Errorf("%d of his own keys", n)
	}
	// What is left is known already, what is gone is new.
	later := 48 * time.Hour
	for i, e := range []*gateway.Entry{by(20, "a", "192.0.2.3", later), by(21, "a", "198.51.100.3", later), by(22, "a", "2001:db8:1::9", later), by(23, "a", "2001:db8:2::9", later), by(24, "b", "198.51.100.3", later)} {
		e.Count = 1 << i
		put(t, s, e)
	}
	got := need(s.NewNetworks(t.Context(), store.KeyCountQuery{From: Epoch().Add(later - time.Minute), To: Epoch().Add(later + time.Minute)}))(t)
	if got[""] != 2+4 {
		t.Errorf("new: %v", got)
	}
}
