package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func numbersAndIDs(all []gateway.Arrival) (out []string) {
	for _, a := range all {
		out = append(out, fmt.Sprintf("%d %s %v", a.Number, a.ID, a.Doc != nil))
	}
	return out
}

func testArrivals(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	put := func(n ...int) {
		t.Helper()
		var all []*gateway.Entry
		for _, i := range n {
			all = append(all, Entry(i))
		}
		if err := s.PutEntries(ctx, all); err != nil {
			t.Fatal(err)
		}
	}
	put(1) // nobody wants it
	old := Epoch()
	if err := s.SeeExports(ctx, []string{"a", "b"}, old, time.Time{}); err != nil {
		t.Fatal(err)
	}
	put(7, 8)
	put(2, 3) // late ones have smaller ids
	put(8, 9) // one of them is there already
	want := []string{"1 " + ID(7) + " true", "2 " + ID(8) + " true", "3 " + ID(2) + " true", "4 " + ID(3) + " true", "5 " + ID(9) + " true"}
	if diff := cmp.Diff(want, numbersAndIDs(need(s.Arrivals(ctx, 0, 100))(t))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[1:3], numbersAndIDs(need(s.Arrivals(ctx, 1, 2))(t))); diff != "" {
		t.Error("from the middle of a transaction to the middle of another:", diff)
	}
	if err := s.DeleteEntry(ctx, ID(2)); err != nil {
		t.Fatal(err)
	}
	want[2] = "3 " + ID(2) + " false"
	if diff := cmp.Diff(want[2:], numbersAndIDs(need(s.Arrivals(ctx, 2, 1000))(t))); diff != "" {
		t.Error("after a deletion:", diff)
	}
	if got := need(s.Arrivals(ctx, 5, 10))(t); len(got) != 0 {
		t.Errorf("behind the end: %v", got)
	}
	testForgetting(t, s, want)
}

func testForgetting(t *testing.T, s *store.Store, want []string) {
	ctx, now := t.Context(), Epoch()
	for name, to := range map[string]int64{"a": 5, "b": 2} {
		if !need(s.HoldExport(ctx, name, "n", now, now.Add(time.Hour)))(t) {
			t.Fatal("not held")
		}
		if err := s.AdvanceExport(ctx, name, "n", gateway.ExportStep{From: 0, To: to, Sent: to}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		need(s.ForgetArrivals(ctx, 1))(t)
	}
	if diff := cmp.Diff(want[2:], numbersAndIDs(need(s.Arrivals(ctx, 0, 10))(t))); diff != "" {
		t.Error("what one export still needs stays:", diff)
	}
	later := now.Add(time.Hour)
	if err := s.SeeExports(ctx, []string{"a"}, later, later); err != nil { // b is gone
		t.Fatal(err)
	}
	for need(s.ForgetArrivals(ctx, 1))(t) > 0 {
	}
	if got := need(s.Arrivals(ctx, 0, 10))(t); len(got) != 0 {
		t.Errorf("what all have passed stays: %v", numbersAndIDs(got))
	}
	if err := s.SeeExports(ctx, nil, later, later.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := s.PutEntries(ctx, []*gateway.Entry{Entry(50)}); err != nil {
		t.Fatal(err)
	}
	if got := need(s.Arrivals(ctx, 0, 10))(t); len(got) != 0 {
		t.Errorf("without exports entries are numbered: %v", numbersAndIDs(got))
	}
}

// Whatever writers do at the same time, who reads up to the end and goes on from there
// sees every entry once.
func testArrivalsTogether(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	if err := s.SeeExports(ctx, []string{"a"}, Epoch(), time.Time{}); err != nil {
		t.Fatal(err)
	}
	const writers, rounds = 4, 15
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range rounds {
				if err := s.PutEntries(ctx, []*gateway.Entry{Entry(1000 - 2*(i*writers+w)), Entry(1001 - 2*(i*writers+w))}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	var seen []string
	var at int64
	for end := false; ; {
		got := need(s.Arrivals(ctx, at, 7))(t)
		for _, a := range got {
			if a.Number != at+1 || a.Doc == nil {
				t.Fatalf("after %d comes %d (there: %v)", at, a.Number, a.Doc != nil)
			}
			at, seen = a.Number, append(seen, a.ID)
		}
		if end && len(got) == 0 {
			break
		}
		select {
		case <-done:
			end = true
		default:
		}
	}
	slices.Sort(seen)
	if len(seen) != 2*writers*rounds || len(slices.Compact(seen)) != len(seen) {
		t.Errorf("%d were seen", len(seen))
	}
}

func testExports(t *testing.T, fresh func(testing.TB) string) {
	s, ctx, now := Open(t, fresh(t)), t.Context(), Epoch()
	if _, err := s.Export(ctx, "a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown one: %v", err)
	}
	if err := s.PauseExport(ctx, "a", true, "ann"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("pausing an unknown one: %v", err)
	}
	if err := s.SeeExports(ctx, []string{"a"}, now, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutEntries(ctx, []*gateway.Entry{Entry(1), Entry(2), Entry(3)}); err != nil {
		t.Fatal(err)
	}
	until := now.Add(time.Minute)
	for _, c := range []struct {
		holder   string
		at       time.Time
		expected bool
	}{{"n1", now, true}, {"n2", now, false}, {"n1", now.Add(time.Second), true}, {"n2", until, true}, {"n1", until, false}} {
		if got := need(s.HoldExport(ctx, "a", c.holder, c.at, c.at.Add(time.Minute-time.Second)))(t); got != c.expected {
			t.Errorf("%s at %v: %v", c.holder, c.at, got)
		}
	}
	aside := []gateway.SetAside{{EntryID: ID(3), Time: now, Reason: "too\x00 long"}}
	step := gateway.ExportStep{From: 0, To: 3, Sent: 2, Filtered: 1, Deleted: 1, SetAside: aside, Time: now, Until: until}
	for _, wrong := range []struct {
		holder string
		from   int64
	}{{"n1", 0}, {"n2", 1}} {
		bad := step
		bad.From = wrong.from
		if err := s.AdvanceExport(ctx, "a", wrong.holder, bad); !errors.Is(err, store.ErrNotHolder) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	if err := s.ExportFailed(ctx, "a", "n1", "x", now, until); !errors.Is(err, store.ErrNotHolder) {
		t.Errorf("a failure of another: %v", err)
	}
	if err := s.ExportFailed(ctx, "a", "n2", "it is away", now, until); err != nil {
		t.Fatal(err)
	}
	if e := need(s.Export(ctx, "a"))(t); !e.Failing || e.Lag() != 3 || e.Oldest.IsZero() {
		t.Errorf("failing: %+v", e)
	}
	if err := errors.Join(s.AdvanceExport(ctx, "a", "n2", step), s.PauseExport(ctx, "a", true, "ann"), s.LeaveExport(ctx, "a", "n1")); err != nil {
		t.Fatal(err)
	}
	want := gateway.ExportState{Name: "a", Created: now, Passed: 3, Last: 3, Holder: "n2", Until: until, Paused: true, PausedBy: "ann",
		Sent: 2, Filtered: 1, Deleted: 1, SetAside: 1, Failures: 1, LastSent: now, Error: "it is away", ErrorTime: now}
	if diff := cmp.Diff([]gateway.ExportState{want}, need(s.Exports(ctx))(t)); diff != "" {
		t.Error(diff)
	}
	aside[0].Reason = "too\ufffd long"
	if diff := cmp.Diff(aside, need(s.SetAside(ctx, "a", 10))(t)); diff != "" {
		t.Error(diff)
	}
	if err := errors.Join(s.DeleteEntry(ctx, ID(3)), s.LeaveExport(ctx, "a", "n2")); err != nil {
		t.Fatal(err)
	}
	if left := need(s.SetAside(ctx, "a", 10))(t); len(left) > 0 {
		t.Errorf("a deleted entry stays set aside: %v", left)
	}
	if e := need(s.Export(ctx, "a"))(t); e.Holder != "" {
		t.Errorf("held by %q after it was left", e.Holder)
	}
}
