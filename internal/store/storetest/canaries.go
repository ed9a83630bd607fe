package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store"
)

func testCanaries(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	version := need(s.CanariesVersion(ctx))(t)
	c := gateway.CanaryState{Place: "r/steps[0]", Fingerprint: "f", Since: Epoch(), Why: "it began\x00", Changed: Epoch()}
	for i, want := range []bool{true, false} { // of two that begin it, one does
		if got := need(s.SwapCanary(ctx, c))(t); got != want {
			t.Errorf("insert %d: %v", i, got)
		}
	}
	c.Version = 1
	back := c
	back.Stage, back.RolledBack, back.By, back.Changed = 2, true, "admin", Epoch().Add(time.Second)
	for i, want := range []bool{true, false} {
		if got := need(s.SwapCanary(ctx, back))(t); got != want {
			t.Errorf("update %d: %v", i, got)
		}
	}
	other := c
	other.Fingerprint, other.Version = "g", 0
	need(s.SwapCanary(ctx, other))(t)
	back.Version, other.Version, back.Why, other.Why = 2, 1, "it began\ufffd", "it began\ufffd"
	if diff := cmp.Diff([]gateway.CanaryState{back, other}, need(s.Canaries(ctx))(t)); diff != "" {
		t.Error(diff)
	}
	if v := need(s.CanariesVersion(ctx))(t); v != version+3 {
		t.Errorf("the version rose by %d; a lost race counts", v-version)
	}
}

func testOutcomes(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	var all []*gateway.Entry
	score := 0.5
	for i := range 40 {
		e := Entry(i)
		if e.Provider = "vendor"; len(e.Attempts) == 0 {
			e.Provider, e.Model = "", "" // refused
		}
		switch i % 4 {
		case 0:
			e.Route, e.Metadata, e.Score = "r", []byte(`{"shadow_of":"`+ID(i-1)+`"}`), &score
		case 1:
			e.Route, e.Workspace, e.Metadata = "other", "team", []byte(`{"shadow_of":7}`)
		}
		all = append(all, e)
	}
	all[4].Attempts = append(slices.Clone(all[4].Attempts), all[4].Attempts...)
	all[4].Attempts[0].Fault, all[4].Attempts[0].Cost = "timeout", gateway.Cost{}
	must(t, s.PutEntries(ctx, all))
	ask := func(q store.OutcomeQuery) (ids []string, found []*gateway.Outcome, cut bool) {
		if q.Most == 0 {
			q.Most = 100
		}
		cut = need(s.Outcomes(ctx, q, func(o *gateway.Outcome) { ids, found = append(ids, o.ID), append(found, o) }))(t)
		return ids, found, cut
	}
	if ids, _, cut := ask(store.OutcomeQuery{}); len(ids) != 38 || cut || ids[0] != ID(38) || ids[37] != ID(0) {
		t.Errorf("all: %d, cut %v", len(ids), cut)
	}
	if ids, _, cut := ask(store.OutcomeQuery{Most: 3}); len(ids) != 3 || !cut || ids[2] != ID(36) {
		t.Errorf("the newest: %v, cut %v", ids, cut)
	}
	if ids, _, cut := ask(store.OutcomeQuery{Routes: []string{"r", "other"}, Workspace: "team", From: all[5].Time, To: all[9].Time}); len(ids) != 1 || ids[0] != ID(5) || cut {
		t.Errorf("some: %v", ids)
	}
	if ids, _, _ := ask(store.OutcomeQuery{Within: []string{"team"}, Routes: []string{"r"}}); ids != nil {
		t.Errorf("none: %v", ids)
	}
	_, found, _ := ask(store.OutcomeQuery{Routes: []string{"r"}, From: all[4].Time, To: all[5].Time})
	trial := gateway.Trial{Provider: "vendor", Model: "m-4", LatencyMS: llm.Known(900), FirstByteMS: llm.Known(180), Cost: all[4].Attempts[1].Cost}
	trial.Usage.Input, trial.Usage.Output = llm.Known(404), llm.Known(64)
	failed := trial
	failed.Fault, failed.Cost = "timeout", gateway.Cost{}
	want := []*gateway.Outcome{{ID: ID(4), ShadowOf: ID(3), Status: 200, Cache: "off", Stream: true, Score: &score, LatencyMS: llm.Known(904), Count: 1, Attempts: []gateway.Trial{failed, trial}}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if ids, _, cut := ask(store.OutcomeQuery{Routes: []string{"r"}, Among: 9}); !slices.Equal(ids, []string{ID(36), ID(32)}) || !cut {
		t.Errorf("among the newest: %v, cut %v", ids, cut)
	}
	if ids, _, cut := ask(store.OutcomeQuery{Routes: []string{"r"}, All: true, Among: 50}); len(ids) != 10 || cut {
		t.Errorf("refused ones too: %v, cut %v", ids, cut)
	}
	if _, found, _ := ask(store.OutcomeQuery{Routes: []string{"other"}, Most: 1}); found[0].ShadowOf != "" {
		t.Errorf("%+v", found[0])
	}
}
