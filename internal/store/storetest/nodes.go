package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// testEraseLate puts entries that were recorded before and after their user was erased.
func testEraseLate(t *testing.T, s *store.Store) {
	const user = "jane \"o'hara\""
	now := time.Now().UTC().Truncate(time.Microsecond)
	put(t, s, Entry(20)) // the erasures are known, and there is none
	must(t, s.CreateErasure(t.Context(), gateway.Erasure{ID: "ers_1", Workspace: "default", User: user, UserHash: gateway.HashUser("ers_1", user), Created: now, State: gateway.ErasureWaiting}))
	job := need(s.ClaimErasure(t.Context(), now, now.Add(time.Minute)))(t)
	made := func(n int, user, workspace string, at time.Time) *gateway.Entry {
		e := withBodies(Entry(n))
		e.Time, e.LastTime, e.User, e.Workspace, e.Session = at, at, user, workspace, "his session"
		e.Settlements = []gateway.Settlement{{Rule: "r", Counter: ID(n), Values: "user=" + user, Amount: 7, Time: at}}
		return e
	}
	before, after := now.Add(-time.Hour), now.Add(time.Second)
	put(t, s, made(9, user, "default", before))
	if e := need(s.Entry(t.Context(), ID(9)))(t); e.User != user { // by his name the job finds what else is to be erased
		t.Errorf("before the job has come to it: %+v", e)
	}
	job.Step, job.User = "files", ""
	must(t, s.SaveErasure(t.Context(), job, now.Add(time.Minute)))
	put(t, s, made(0, user, "default", before), made(1, "john", "default", before), made(2, user, "other", before), made(3, user, "default", after))
	for n, want := range []string{"", "john", user, user} {
		e := need(s.Entry(t.Context(), ID(n)))(t)
		if e.User != want || (want == "") != (e.Bodies == nil) || (want == "") != (e.Session == "") {
			t.Errorf("entry %d is %+v", n, e)
		}
	}
	for _, c := range need(s.Counters(t.Context(), "", 10))(t) {
		if gone := c.Counter == ID(0); c.Counter != ID(9) && gone != (c.Values == "user=(erased)") {
			t.Errorf("%+v", c)
		}
	}
}

func testNodes(t *testing.T, s *store.Store) {
	at := Epoch()
	must(t, s.SeeNode(t.Context(), "a", at, time.Time{}))
	must(t, s.SeeNode(t.Context(), "b", at.Add(-time.Minute), time.Time{}))
	must(t, s.SeeNode(t.Context(), "gone", at.Add(-time.Hour), time.Time{}))
	must(t, s.SeeNode(t.Context(), "a", at.Add(time.Second), at.Add(-30*time.Minute)))
	for _, id := range []string{"ers_1", "ers_2"} {
		must(t, s.CreateErasure(t.Context(), gateway.Erasure{ID: id, User: "jane", Created: at, State: gateway.ErasureWaiting}))
	}
	if asked := need(s.AskedOf(t.Context(), "a", "spool", "nodes"))(t); len(asked) != 0 {
		t.Errorf("asked before any step: %+v", asked)
	}
	job := need(s.ClaimErasure(t.Context(), at, at.Add(time.Minute)))(t)
	job.Step = "spool"
	must(t, s.SaveErasure(t.Context(), job, at.Add(time.Minute)))
	if asked := need(s.AskedOf(t.Context(), "a", "spool", "nodes"))(t); len(asked) != 1 || asked[0].ID != job.ID || asked[0].User != "jane" {
		t.Errorf("asked: %+v", asked)
	}
	silent := func(wantHere, wantAway []string) {
		t.Helper()
		here, away, err := s.SilentNodes(t.Context(), job.ID, "spool", at)
		if err != nil || !slices.Equal(here, wantHere) || !slices.Equal(away, wantAway) {
			t.Errorf("silent: %v and %v, %v", here, away, err)
		}
	}
	silent([]string{"a"}, []string{"b"})
	for range 2 {
		must(t, s.AnswerErasure(t.Context(), job.ID, "spool", "a"))
	}
	silent(nil, []string{"b"})
	if asked := need(s.AskedOf(t.Context(), "a", "spool"))(t); len(asked) != 0 {
		t.Errorf("asked again: %+v", asked)
	}
	must(t, s.LeaveNode(t.Context(), "b"))
	silent(nil, nil)
}
