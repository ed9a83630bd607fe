package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func testDrains(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	if all := need(s.Drains(ctx))(t); len(all) != 0 {
		t.Errorf("a new store has %v", all)
	}
	version := need(s.DrainsVersion(ctx))(t)
	drain := func(model, credential, reason string) gateway.Drain {
		return gateway.Drain{Provider: "p", Model: model, Credential: credential, Reason: reason, By: "usr_1", Time: Epoch()}
	}
	for _, d := range []gateway.Drain{drain("m", "", "slow"), drain("", "", "outage"), drain("", "a", "leaked\x00"), drain("m", "a", "x")} {
		must(t, s.PutDrain(ctx, d))
	}
	again := drain("m", "", "slower")
	again.Time = Epoch().Add(time.Second)
	must(t, s.PutDrain(ctx, again))
	want := []gateway.Drain{drain("", "", "outage"), drain("", "a", "leaked\ufffd"), again, drain("m", "a", "x")}
	if diff := cmp.Diff(want, need(s.Drains(ctx))(t)); diff != "" {
		t.Error(diff)
	}
	if v := need(s.DrainsVersion(ctx))(t); v != version+5 {
		t.Errorf("the version rose by %d", v-version)
	}
	must(t, s.DeleteDrain(ctx, "p", "", ""))
	for _, err := range []error{s.DeleteDrain(ctx, "p", "", ""), s.DeleteDrain(ctx, "q", "m", "a")} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
	}
	if diff := cmp.Diff(want[1:], need(s.Drains(ctx))(t)); diff != "" {
		t.Error(diff)
	}
	if v := need(s.DrainsVersion(ctx))(t); v != version+6 {
		t.Errorf("the version rose by %d; a refused change counts", v-version)
	}
}
