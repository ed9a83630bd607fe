package storetest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func testKeyChange(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	for i := range 4 {
		must(t, s.CreateKey(t.Context(), key(i)))
	}
	t.Run("an update stores what may change and nothing else", func(t *testing.T) { testUpdateKey(t, s) })
	t.Run("a subject means one key that is not revoked", func(t *testing.T) { testSubject(t, s) })
	t.Run("rotation", func(t *testing.T) { testRotate(t, s) })
	t.Run("disabling and enabling", func(t *testing.T) { testDisable(t, s) })
	t.Run("changes of unknown keys are ErrNotFound", func(t *testing.T) {
		nobody := gateway.Key{ID: "nobody"}
		for name, err := range map[string]error{
			"update": s.UpdateKey(t.Context(), nobody), "enable": s.EnableKey(t.Context(), "nobody"), "disable": s.DisableKey(t.Context(), "nobody", Epoch()),
			"rotate": s.RotateKey(t.Context(), "nobody", gateway.HashKey("x"), "", time.Time{}),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: err = %v", name, err)
			}
		}
	})
}

func testUpdateKey(t *testing.T, s *store.Store) {
	before := need(s.KeysVersion(t.Context()))(t)
	must(t, s.DisableKey(t.Context(), key(1).ID, Epoch()))
	until, sample := Epoch().Add(time.Hour), 0.25
	k := gateway.Key{ID: key(1).ID, Workspace: "other", Hint: "other", Hash: gateway.HashKey("other"), Revoked: &until, // none of these may change
		Name: "new", Expires: &until, OwnerKind: gateway.OwnedByApplication, Owner: "app", Tags: []string{"t"}, Gateways: []string{"g"}, Models: []string{"m"},
		Operations: []string{"chat"}, Networks: []string{"::1/128"}, Regions: []string{"eu"}, Limits: []gateway.Rule{rule()}, MaxOutput: 7, Metadata: json.RawMessage(`{"a":1}`), Subject: "CN=1",
		Log: gateway.KeyLog{Bodies: "full", Sample: &sample}}
	must(t, s.UpdateKey(t.Context(), k))
	want := k
	want.Workspace, want.Hint, want.Hash, want.Created, want.Revoked = key(1).Workspace, key(1).Hint, key(1).Hash, key(1).Created, nil
	disabled := Epoch()
	want.Disabled = &disabled
	if diff := cmp.Diff(want, need(s.Key(t.Context(), k.ID))(t)); diff != "" {
		t.Error(diff)
	}
	if v := need(s.KeysVersion(t.Context()))(t); v != before+2 {
		t.Errorf("version %d after %d", v, before)
	}
	if page := need(s.Keys(t.Context(), store.KeyQuery{Owner: "app", Subject: "CN=1"}))(t); len(page.Keys) != 1 {
		t.Errorf("%d keys", len(page.Keys))
	}
}

func testSubject(t *testing.T, s *store.Store) {
	a, b, c := key(10), key(11), key(12)
	a.Subject, b.Subject, c.Subject = "CN=x", "CN=x", "CN=y"
	must(t, s.CreateKey(t.Context(), a))
	must(t, s.CreateKey(t.Context(), c))
	c.Subject = "CN=x"
	for _, err := range []error{s.CreateKey(t.Context(), b), s.UpdateKey(t.Context(), c)} {
		if !errors.Is(err, store.ErrExists) {
			t.Errorf("err = %v", err)
		}
	}
	must(t, s.RevokeKey(t.Context(), a.ID, Epoch()))
	must(t, s.CreateKey(t.Context(), b))
}

func testRotate(t *testing.T, s *store.Store) {
	ctx, id, until := t.Context(), key(2).ID, Epoch().Add(time.Hour)
	before := need(s.KeysVersion(ctx))(t)
	must(t, s.RotateKey(ctx, id, gateway.HashKey("second"), "sk-second", until))
	k := need(s.Key(ctx, id))(t)
	if k.Hash != gateway.HashKey("second") || k.OldHash != key(2).Hash || k.Hint != "sk-second" || k.OldUntil == nil || !k.OldUntil.Equal(until) {
		t.Errorf("%+v", k)
	}
	if v := need(s.KeysVersion(ctx))(t); v != before+1 {
		t.Errorf("version %d after %d", v, before)
	}
	reuse := key(20)
	for _, hash := range []gateway.KeyHash{key(2).Hash, gateway.HashKey("second"), key(3).Hash} {
		reuse.Hash = hash
		for _, err := range []error{s.RotateKey(ctx, id, hash, "", until), s.CreateKey(ctx, reuse)} {
			if !errors.Is(err, store.ErrExists) {
				t.Errorf("a secret that is or was another key's: %v", err)
			}
		}
	}
	must(t, s.RotateKey(ctx, id, gateway.HashKey("third"), "sk-third", time.Time{}))
	if k := need(s.Key(ctx, id))(t); k.Hash != gateway.HashKey("third") || k.OldHash != (gateway.KeyHash{}) || k.OldUntil != nil {
		t.Errorf("%+v", k)
	}
	must(t, s.RevokeKey(ctx, id, Epoch()))
	if err := s.RotateKey(ctx, id, gateway.HashKey("fourth"), "", until); !errors.Is(err, store.ErrRevoked) {
		t.Errorf("err = %v", err)
	}
}

func testDisable(t *testing.T, s *store.Store) {
	ctx, id := t.Context(), key(3).ID
	start := need(s.KeysVersion(ctx))(t)
	for i, step := range []struct {
		change   func() error
		disabled bool
		bumps    int64
	}{
		{func() error { return s.EnableKey(ctx, id) }, false, 0},
		{func() error { return s.DisableKey(ctx, id, Epoch()) }, true, 1},
		{func() error { return s.DisableKey(ctx, id, Epoch().Add(time.Hour)) }, true, 1},
		{func() error { return s.EnableKey(ctx, id) }, false, 2},
	} {
		must(t, step.change())
		k := need(s.Key(ctx, id))(t)
		if (k.Disabled != nil) != step.disabled || k.Usable(Epoch()) == step.disabled || step.disabled && !k.Disabled.Equal(Epoch()) {
			t.Errorf("step %d: disabled %v", i, k.Disabled)
		}
		if v := need(s.KeysVersion(ctx))(t); v != start+step.bumps {
			t.Errorf("step %d: version %d after %d", i, v, start)
		}
	}
	must(t, s.DisableKey(ctx, id, Epoch()))
	yes := true
	page := need(s.Keys(ctx, store.KeyQuery{Disabled: &yes}))(t)
	var names []string
	for _, k := range page.Keys {
		names = append(names, k.ID)
	}
	if got := strings.Join(names, " "); got != key(3).ID+" "+key(1).ID {
		t.Errorf("disabled: %s", got)
	}
}
