package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// testArrivalsRecent checks that a process which has just stored entries gives exports what
// one sees that has not, whoever changed them meanwhile.
func testArrivalsRecent(t *testing.T, fresh func(testing.TB) string) {
	url, ctx := fresh(t), t.Context()
	writer, other := Open(t, url), Open(t, url)
	must(t, writer.SeeExports(ctx, []string{"a"}, Epoch(), time.Time{}))
	count := func(n, count int) *gateway.Entry {
		e := Entry(n)
		e.Status, e.Count = 429, count
		return e
	}
	odd := Entry(4)
	odd.Time = time.Now().In(time.FixedZone("", 3600))
	person := Entry(30)
	person.User = "ann"
	for name, c := range map[string]struct {
		put    []*gateway.Entry
		before func(s *store.Store)
		change func(s *store.Store)
		then   []*gateway.Entry
	}{
		"nothing happens":  {put: []*gateway.Entry{Entry(1), Entry(2), count(3, 7), odd}},
		"one is deleted":   {put: []*gateway.Entry{Entry(11), Entry(12)}, change: func(s *store.Store) { must(t, s.DeleteEntry(ctx, ID(11))) }},
		"they are swept":   {put: []*gateway.Entry{Entry(21), Entry(22)}, change: func(s *store.Store) { need(s.DeleteEntries(ctx, store.EntryQuery{Model: "m-1"}, 10))(t) }},
		"a user is erased": {put: []*gateway.Entry{person, Entry(32)}, change: func(s *store.Store) { erase(t, s, "ann") }},
		"one is rated": {put: []*gateway.Entry{Entry(41)}, change: func(s *store.Store) {
			must(t, s.PutFeedback(ctx, gateway.Feedback{EntryID: ID(41), Workspace: "default", Feedback: "up", At: Epoch()}))
		}},
		"one was rated before": {put: []*gateway.Entry{Entry(51)}, before: func(s *store.Store) {
			must(t, s.PutFeedback(ctx, gateway.Feedback{EntryID: ID(51), Workspace: "default", Feedback: "up", At: Epoch()}))
		}},
		"some are there":           {put: []*gateway.Entry{Entry(61), Entry(62)}, then: []*gateway.Entry{Entry(62), Entry(63)}},
		"more come from elsewhere": {put: []*gateway.Entry{Entry(71)}, change: func(s *store.Store) { must(t, s.PutEntries(ctx, []*gateway.Entry{Entry(72)})) }, then: []*gateway.Entry{Entry(73)}},
	} {
		for who, by := range map[string]*store.Store{"here": writer, "elsewhere": other} {
			if c.before != nil {
				c.before(by)
			}
			after := need(writer.Export(ctx, "a"))(t).Last
			need(writer.Arrivals(ctx, after, 1))(t) // somebody exports here
			must(t, writer.PutEntries(ctx, c.put))
			if c.change != nil {
				c.change(by)
			}
			if c.then != nil {
				must(t, writer.PutEntries(ctx, c.then))
			}
			got, want := arrivalsFrom(ctx, t, writer, after), arrivalsFrom(ctx, t, other, after)
			if len(got) != len(want) || len(want) == 0 {
				t.Fatalf("%s %s: %v instead of %v", name, who, numbersAndIDs(got), numbersAndIDs(want))
			}
			for i := range want {
				if got[i].Number != want[i].Number || got[i].ID != want[i].ID || (got[i].Doc == nil) != (want[i].Doc == nil) || !bytes.Equal(got[i].Doc, want[i].Doc) || !timeIs(got[i]) {
					t.Errorf("%s %s: %d %s\n%s\ninstead of %d %s\n%s", name, who, got[i].Number, got[i].ID, got[i].Doc, want[i].Number, want[i].ID, want[i].Doc)
				}
			}
			for _, e := range append(c.put, append(c.then, Entry(72))...) { // for the other one
				_ = writer.DeleteEntry(ctx, e.ID) // it may be gone
			}
		}
	}
}

// timeIs reports whether an arrival says no other time than its document.
func timeIs(a gateway.Arrival) bool {
	var said struct{ Time time.Time }
	return a.Time.IsZero() || json.Unmarshal(a.Doc, &said) == nil && a.Time == said.Time
}

// arrivalsFrom gives all behind a number, a few at a time.
func arrivalsFrom(ctx context.Context, t *testing.T, s *store.Store, after int64) (all []gateway.Arrival) {
	t.Helper()
	for {
		some := need(s.Arrivals(ctx, after, 2))(t)
		if len(some) == 0 {
			return all
		}
		all, after = append(all, some...), some[len(some)-1].Number
	}
}

// erase erases a user's entries.
func erase(t *testing.T, s *store.Store, user string) {
	t.Helper()
	job := &gateway.Erasure{ID: "era_" + time.Now().Format("150405.000000000"), Created: Epoch(), User: user, State: gateway.ErasureRunning, Counts: map[string]int{}}
	must(t, s.CreateErasure(t.Context(), *job))
	for len(need(s.EraseEntries(t.Context(), job, Epoch().Add(time.Minute), 10))(t)) > 0 {
	}
	now := Epoch()
	job.Finished, job.State = &now, gateway.ErasureDone
	must(t, s.SaveErasure(t.Context(), job, now))
}
