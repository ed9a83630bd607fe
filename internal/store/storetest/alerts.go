package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func testAlerts(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	at := func(minute int) time.Time { return Epoch().Add(time.Duration(minute) * time.Minute) }
	alert := func(i int) gateway.Alert {
		return gateway.Alert{ID: fmt.Sprint("alt_", i), Rule: "r", Counter: "c", Values: "key=a", Workspace: "default", Period: "2026-03", Threshold: i,
			Payload: []byte(`{"a":1}`), Created: at(i), NextTry: at(i)}
	}
	for i := range 4 {
		if fresh := need(s.RaiseAlert(ctx, alert(i)))(t); !fresh {
			t.Errorf("alert %d is not new", i)
		}
	}
	again := alert(2)
	again.ID = "alt_9"
	if fresh := need(s.RaiseAlert(ctx, again))(t); fresh {
		t.Error("raised twice")
	}
	due := func(now int) string {
		alerts := need(s.DueAlerts(ctx, at(now), 10*time.Minute, 50))(t)
		return fmt.Sprint(namesOf(alerts, func(a gateway.Alert) string { return a.ID }))
	}
	if got := due(2); got != "[alt_0 alt_1 alt_2]" {
		t.Error(got)
	}
	if got := due(2); got != "[]" {
		t.Errorf("leased twice: %s", got)
	}
	must(t, s.AlertDelivered(ctx, "alt_0", at(3)))
	must(t, s.AlertFailed(ctx, "alt_1", "connection refused", at(5)))
	if got := due(5); got != "[alt_3 alt_1]" {
		t.Error(got)
	}
	if got := due(60); got != "[alt_2 alt_1 alt_3]" {
		t.Errorf("after the leases: %s", got)
	}
	must(t, s.AlertReached(ctx, "alt_1", []string{"ops", "slack"}))
	must(t, s.AlertDelivered(ctx, "alt_1", at(61)))
	no, delivered := false, at(61)
	want := alert(1)
	want.NextTry, want.Tries, want.Reached, want.Delivered = at(70), 1, []string{"ops", "slack"}, &delivered
	page := need(s.Alerts(ctx, store.AlertQuery{Workspace: "default", Rule: "r"}))(t)
	if diff := cmp.Diff(want, page.Alerts[2]); diff != "" {
		t.Error(diff)
	}
	waiting := collect(t, func(cursor string) ([]string, string) {
		page := need(s.Alerts(ctx, store.AlertQuery{Delivered: &no, Cursor: cursor, Limit: 1}))(t)
		return namesOf(page.Alerts, func(a gateway.Alert) string { return a.ID }), page.Next
	})
	if waiting != "alt_3 alt_2" {
		t.Error(waiting)
	}
	for _, err := range []error{s.AlertReached(ctx, "x", nil), s.AlertDelivered(ctx, "x", at(0)), s.AlertFailed(ctx, "x", "", at(0))} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
	}
	must(t, s.AlertFailed(ctx, "alt_2", "given up", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)))
	if n := need(s.DeleteAlerts(ctx, at(61)))(t); n != 2 {
		t.Errorf("deleted %d", n)
	}
}

func testRaises(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	raise := func(i int) gateway.Raise {
		return gateway.Raise{ID: fmt.Sprint("rse_", i), Rule: "r", Counter: "c", Values: "v", Workspace: "default", Amount: 5 * gateway.Dollar, By: "usr_1", Reason: "launch",
			Created: Epoch().Add(time.Duration(i) * time.Second), Until: Epoch().Add(time.Hour)}
	}
	version := need(s.RaisesVersion(ctx))(t)
	for i := range 3 {
		must(t, s.CreateRaise(ctx, raise(i)))
	}
	if err := s.CreateRaise(ctx, raise(1)); !errors.Is(err, store.ErrExists) {
		t.Errorf("err = %v", err)
	}
	must(t, s.EndRaise(ctx, "rse_1", Epoch()))
	must(t, s.EndRaise(ctx, "rse_1", Epoch().Add(time.Minute))) // cannot lengthen it again
	if err := s.EndRaise(ctx, "x", Epoch()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
	if v := need(s.RaisesVersion(ctx))(t); v != version+4 {
		t.Errorf("version %d after %d", v, version)
	}
	if diff := cmp.Diff(raise(2), need(s.Raise(ctx, "rse_2"))(t)); diff != "" {
		t.Error(diff)
	}
	if valid := need(s.ValidRaises(ctx, Epoch().Add(time.Second)))(t); len(valid) != 2 {
		t.Errorf("%+v", valid)
	}
	got := collect(t, func(cursor string) ([]string, string) {
		page := need(s.Raises(ctx, store.RaiseQuery{Workspace: "default", Rule: "r", Cursor: cursor, Limit: 2}))(t)
		return namesOf(page.Raises, func(r gateway.Raise) string { return r.ID }), page.Next
	})
	if got != "rse_2 rse_1 rse_0" {
		t.Error(got)
	}
}
