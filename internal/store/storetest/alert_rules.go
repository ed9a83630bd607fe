package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func testAlertStates(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	figure := 0.5
	st := gateway.AlertState{Rule: "errors", Looked: Epoch(), Episode: "e1", Since: Epoch(), Number: 1, Last: "alt_1",
		Series: []gateway.AlertSeries{{Value: "gpt", State: "firing", Since: Epoch(), Figure: &figure}}}
	raise := gateway.Alert{ID: "alt_1", Rule: "alerts/errors", Counter: "e1", Workspace: "team", Period: "x", Threshold: 1, Payload: []byte(`{}`),
		Created: Epoch(), NextTry: Epoch(), State: "firing", Severity: "critical", Muted: true}
	if !need(s.SwapAlertState(ctx, st, &raise))(t) || need(s.SwapAlertState(ctx, st, nil))(t) {
		t.Error("the first state is stored once")
	}
	st.Version = 1
	want := []gateway.AlertState{st}
	if diff := cmp.Diff(want, need(s.AlertStates(ctx))(t)); diff != "" {
		t.Error(diff)
	}
	second := raise
	second.ID, second.Threshold, second.State, second.Preceding, second.Created = "alt_2", 2, "resolved", "alt_1", Epoch().Add(time.Minute)
	if !need(s.SwapAlertState(ctx, st, &second))(t) {
		t.Error("the state of this version is not replaced")
	}
	third := second
	third.ID, third.Threshold = "alt_3", 3
	if need(s.SwapAlertState(ctx, st, &third))(t) {
		t.Error("a state that another has replaced was replaced")
	}
	page := need(s.Alerts(ctx, store.AlertQuery{Rule: "alerts/errors"}))(t)
	if got := namesOf(page.Alerts, func(a gateway.Alert) string { return a.ID }); len(got) != 2 {
		t.Errorf("alerts %v: an alert goes with its state", got)
	}
	page = need(s.Alerts(ctx, store.AlertQuery{State: "firing", From: Epoch(), To: Epoch().Add(time.Minute)}))(t)
	if len(page.Alerts) != 1 || page.Alerts[0].Severity != "critical" || !page.Alerts[0].Muted {
		t.Errorf("%+v", page.Alerts)
	}
	must(t, s.DeleteAlertState(ctx, "errors"))
	if left := need(s.AlertStates(ctx))(t); len(left) != 0 {
		t.Errorf("%+v", left)
	}
}

func testAlertMutes(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	m := gateway.AlertMute{ID: "mut_1", Rule: "alerts/errors", Value: "gpt", Workspace: "team", By: "ann", Reason: "known", Created: Epoch(), Until: Epoch().Add(time.Hour)}
	must(t, s.CreateAlertMute(ctx, m))
	if diff := cmp.Diff([]gateway.AlertMute{m}, need(s.AlertMutes(ctx, []string{"team"}, Epoch()))(t)); diff != "" {
		t.Error(diff)
	}
	if others := need(s.AlertMutes(ctx, []string{"other"}, Epoch()))(t); len(others) != 0 {
		t.Errorf("another workspace's: %+v", others)
	}
	must(t, s.EndAlertMute(ctx, "mut_1", Epoch().Add(time.Minute)))
	must(t, s.EndAlertMute(ctx, "mut_1", Epoch().Add(30*time.Minute))) // cannot lengthen it again
	if got := need(s.AlertMute(ctx, "mut_1"))(t); !got.Until.Equal(Epoch().Add(time.Minute)) {
		t.Errorf("%+v", got)
	}
	if left := need(s.AlertMutes(ctx, nil, Epoch().Add(time.Minute)))(t); len(left) != 0 {
		t.Errorf("%+v", left)
	}
	if err := s.EndAlertMute(ctx, "x", Epoch()); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	at := func(minute int) time.Time { return Epoch().Add(time.Duration(minute) * time.Minute) }
	for i, c := range []struct {
		holder string
		now    int
		want   bool
	}{{"a", 0, true}, {"b", 1, false}, {"a", 1, true}, {"b", 2, false}, {"b", 3, true}, {"a", 3, false}} {
		if got := need(s.LeaseAlerts(ctx, c.holder, at(c.now), at(c.now+2)))(t); got != c.want {
			t.Errorf("lease %d: %v", i, got)
		}
	}
}
