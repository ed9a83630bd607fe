package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func key(i int) gateway.Key {
	return gateway.Key{ID: fmt.Sprintf("key_%03d", i), Workspace: gateway.DefaultWorkspace, Name: fmt.Sprintf("name %d", i%3), Hint: "sk-sluice-ab12…",
		Hash: gateway.HashKey(fmt.Sprint("secret", i)), Created: Epoch().Add(time.Duration(i/2) * time.Second)}
}

func testKeys(t *testing.T, fresh func(testing.TB) string) {
	t.Run("a key comes back as it was made", func(t *testing.T) {
		s := Open(t, fresh(t))
		until := Epoch().Add(time.Hour)
		full := key(1)
		full.Expires, full.Gateways, full.Models, full.Operations = &until, []string{"default", "a*"}, []string{"openai/*"}, []string{"chat"}
		full.Disabled, full.OwnerKind, full.Owner, full.Tags, full.Networks = &until, gateway.OwnedByUser, "Zoë", []string{"a", "b"}, []string{"10.0.0.0/8"}
		full.Regions = []string{"eu", "us-east-1"}
		full.Limits, full.MaxOutput, full.Subject = []gateway.Rule{rule()}, 512, "CN=app"
		full.OldHash, full.OldUntil = gateway.HashKey("older"), &until
		full.Metadata = json.RawMessage(`{"team":"a"}`)
		sample := 0.0
		full.Log = gateway.KeyLog{Bodies: "metadata", Sample: &sample}
		for _, want := range []gateway.Key{full, key(2)} {
			must(t, s.CreateKey(t.Context(), want))
			if want.Gateways == nil {
				want.Gateways, want.Models, want.Operations = []string{}, []string{}, []string{}
				want.Tags, want.Networks, want.Regions, want.Limits = []string{}, []string{}, []string{}, []gateway.Rule{}
			}
			if diff := cmp.Diff(want, need(s.Key(t.Context(), want.ID))(t)); diff != "" {
				t.Error(diff)
			}
		}
	})
	t.Run("a taken id or secret, an unknown workspace", func(t *testing.T) {
		s := Open(t, fresh(t))
		must(t, s.CreateKey(t.Context(), key(1)))
		sameID, sameSecret, lost := key(2), key(3), key(4)
		sameID.ID, sameSecret.Hash, lost.Workspace = key(1).ID, key(1).Hash, "nowhere"
		before := need(s.KeysVersion(t.Context()))(t)
		for want, k := range map[error]gateway.Key{store.ErrExists: sameSecret, store.ErrNotFound: lost} {
			if err := s.CreateKey(t.Context(), k); !errors.Is(err, want) {
				t.Errorf("err = %v, want %v", err, want)
			}
		}
		if err := s.CreateKey(t.Context(), sameID); !errors.Is(err, store.ErrExists) {
			t.Errorf("err = %v", err)
		}
		if n := len(need(s.AllKeys(t.Context()))(t)); n != 1 {
			t.Errorf("%d keys", n)
		}
		if v := need(s.KeysVersion(t.Context()))(t); v != before {
			t.Error("a refused change raised the version")
		}
	})
	t.Run("revoking", func(t *testing.T) { testRevoke(t, Open(t, fresh(t))) })
	t.Run("last use", func(t *testing.T) {
		s := Open(t, fresh(t))
		calls := some(0, 6)
		for i, e := range calls {
			e.KeyID = []string{"key_a", "key_b", ""}[i%3]
		}
		put(t, s, calls...)
		want := map[string]time.Time{"key_a": calls[3].Time, "key_b": calls[4].Time}
		if diff := cmp.Diff(want, need(s.LastUse(t.Context(), []string{"key_a", "key_b", "key_c"}))(t)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("lists", func(t *testing.T) { testKeyLists(t, Open(t, fresh(t))) })
}

// rule has something in every kind of field.
func rule() gateway.Rule {
	return gateway.Rule{Name: "r", Per: []gateway.Per{"key", "metadata.team"}, Unit: gateway.UnitCost, When: "true",
		Windows: []gateway.Window{{Max: 5_000_000_000, Period: gateway.Month, Zone: "Europe/Berlin"}, {Max: 1, Span: time.Hour, Fixed: true, Burst: 2}},
		Over:    gateway.Over{Do: gateway.OverQueue, Wait: time.Second, Max: 3}, Outage: gateway.OutageDeny, ExemptKeys: []string{"a*"}, Fit: true, Alert: []int{50, 100}}
}

func testRevoke(t *testing.T, s *store.Store) {
	must(t, s.CreateKey(t.Context(), key(1)))
	made := need(s.KeysVersion(t.Context()))(t)
	must(t, s.RevokeKey(t.Context(), key(1).ID, Epoch()))
	revoked := need(s.KeysVersion(t.Context()))(t)
	if revoked <= made {
		t.Errorf("version %d after %d", revoked, made)
	}
	must(t, s.RevokeKey(t.Context(), key(1).ID, Epoch().Add(time.Hour)))
	if v := need(s.KeysVersion(t.Context()))(t); v != revoked {
		t.Error("revoking again raised the version")
	}
	k := need(s.Key(t.Context(), key(1).ID))(t)
	if k.Revoked == nil || !k.Revoked.Equal(Epoch()) || k.Usable(Epoch()) {
		t.Errorf("revoked %v", k.Revoked)
	}
	if err := s.RevokeKey(t.Context(), "nobody", Epoch()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
	if _, err := s.Key(t.Context(), "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
}

func testKeyLists(t *testing.T, s *store.Store) {
	must(t, s.CreateWorkspace(t.Context(), gateway.Workspace{ID: "b", Name: "B", Created: Epoch()}))
	for i := range 9 {
		k := key(i)
		if i >= 7 {
			k.Workspace = "b"
		}
		must(t, s.CreateKey(t.Context(), k))
	}
	must(t, s.RevokeKey(t.Context(), key(3).ID, Epoch()))
	must(t, s.DisableKey(t.Context(), key(4).ID, Epoch()))
	ending, until := need(s.Key(t.Context(), key(5).ID))(t), Epoch().Add(time.Hour)
	ending.Expires, ending.Owner, ending.Tags = &until, "Ann_50%", []string{"Nightly"}
	must(t, s.UpdateKey(t.Context(), ending))
	yes, no := true, false
	for name, c := range map[string]struct {
		q    store.KeyQuery
		want string
	}{
		"all":       {store.KeyQuery{}, "876543210"},
		"workspace": {store.KeyQuery{Workspace: "b"}, "87"},
		"name":      {store.KeyQuery{Name: "name 1"}, "741"},
		"revoked":   {store.KeyQuery{Revoked: &yes}, "3"},
		"valid":     {store.KeyQuery{Revoked: &no, Workspace: "default"}, "654210"},
		"active":    {store.KeyQuery{State: store.KeyActive, Now: until}, "876210"},
		"not over":  {store.KeyQuery{State: store.KeyActive, Now: Epoch(), Workspace: "default"}, "65210"},
		"expired":   {store.KeyQuery{State: store.KeyExpired, Now: until}, "5"},
		"is off":    {store.KeyQuery{State: store.KeyDisabled, Now: until}, "4"},
		"is gone":   {store.KeyQuery{State: store.KeyRevoked, Now: until}, "3"},
		"search":    {store.KeyQuery{Search: "NAME 1"}, "741"},
		"by owner":  {store.KeyQuery{Search: "ann_50%"}, "5"},
		"by tag":    {store.KeyQuery{Search: "night"}, "5"},
		"by id":     {store.KeyQuery{Search: "key_007"}, "7"},
		"no globs":  {store.KeyQuery{Search: "name%1"}, ""},
		"no marks":  {store.KeyQuery{Search: "name_1"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var seen strings.Builder
			for c.q.Limit = 2; ; {
				page := need(s.Keys(t.Context(), c.q))(t)
				for _, k := range page.Keys {
					seen.WriteString(k.ID[len(k.ID)-1:])
				}
				if c.q.Cursor = page.Next; c.q.Cursor == "" {
					break
				}
			}
			if seen.String() != c.want {
				t.Errorf("got %s, want %s", seen.String(), c.want)
			}
		})
	}
	if n := len(need(s.AllKeys(t.Context()))(t)); n != 9 {
		t.Errorf("%d keys in all", n)
	}
	for _, cursor := range []string{"%", "bm8", "MSBv"} {
		_, err := s.Keys(t.Context(), store.KeyQuery{Cursor: cursor})
		if want := cursor != "MSBv"; errors.Is(err, store.ErrBadCursor) != want {
			t.Errorf("%s: err = %v", cursor, err)
		}
	}
}

func testWorkspaces(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	if w := need(s.Workspace(t.Context(), gateway.DefaultWorkspace))(t); w.Name != "default" {
		t.Errorf("%+v", w)
	}
	before := need(s.KeysVersion(t.Context()))(t)
	for i := range 4 {
		must(t, s.CreateWorkspace(t.Context(), gateway.Workspace{ID: fmt.Sprint("w", i), Name: "Team", Created: Epoch().Add(time.Duration(i/2) * time.Second)}))
	}
	if v := need(s.KeysVersion(t.Context()))(t); v <= before {
		t.Error("the version did not rise")
	}
	if err := s.CreateWorkspace(t.Context(), gateway.Workspace{ID: "w1"}); !errors.Is(err, store.ErrExists) {
		t.Errorf("err = %v", err)
	}
	if _, err := s.Workspace(t.Context(), "w9"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
	var seen []string
	for cursor := ""; ; {
		page := need(s.Workspaces(t.Context(), cursor, 2))(t)
		for _, w := range page.Workspaces {
			seen = append(seen, w.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if !slices.Equal(seen, []string{"w3", "w2", "w1", "w0", "default"}) {
		t.Errorf("%v", seen)
	}
	t.Run("change", func(t *testing.T) { testUpdateWorkspace(t, s) })
	t.Run("deletion", func(t *testing.T) { testDeleteWorkspace(t, s) })
}

func testUpdateWorkspace(t *testing.T, s *store.Store) {
	ctx := t.Context()
	before := need(s.KeysVersion(ctx))(t)
	must(t, s.CreateWorkspace(ctx, gateway.Workspace{ID: "fenced", Name: "Fenced", Regions: []string{"eu"}}))
	must(t, s.UpdateWorkspace(ctx, gateway.Workspace{ID: "w0", Name: "Other", Regions: []string{"us-east-1", "ap"}}))
	if w := need(s.Workspace(ctx, "w0"))(t); w.Name != "Other" || !slices.Equal(w.Regions, []string{"us-east-1", "ap"}) {
		t.Errorf("%+v", w)
	}
	want := map[string][]string{"fenced": {"eu"}, "w0": {"us-east-1", "ap"}}
	if diff := cmp.Diff(want, need(s.WorkspaceRegions(ctx))(t)); diff != "" {
		t.Error(diff)
	}
	must(t, s.UpdateWorkspace(ctx, gateway.Workspace{ID: "w0", Name: "Team"}))
	must(t, s.DeleteWorkspace(ctx, "fenced"))
	if all := need(s.WorkspaceRegions(ctx))(t); len(all) != 0 {
		t.Errorf("%v", all)
	}
	if v := need(s.KeysVersion(ctx))(t); v != before+4 {
		t.Errorf("version %d after %d", v, before)
	}
	if err := s.UpdateWorkspace(ctx, gateway.Workspace{ID: "nobody", Name: "x"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
}

func testDeleteWorkspace(t *testing.T, s *store.Store) {
	ctx := t.Context()
	refused := func(why string) {
		t.Helper()
		if err := s.DeleteWorkspace(ctx, "w0"); !errors.Is(err, store.ErrNotEmpty) || !strings.Contains(err.Error(), why) {
			t.Errorf("err = %v, want %s", err, why)
		}
	}
	k := key(1)
	k.Workspace = "w0"
	must(t, s.CreateKey(ctx, k))
	refused("keys")
	if c := need(s.Contents(ctx, "w0"))(t); c != (store.WorkspaceContents{Keys: 1}) {
		t.Errorf("contents %+v", c)
	}
	must(t, s.RevokeKey(ctx, k.ID, Epoch()))
	must(t, s.CreateCredential(ctx, gateway.Credential{ID: "crd", Workspace: "w0"}))
	refused("credentials")
	must(t, s.DeleteCredential(ctx, "crd"))
	e := Entry(1)
	e.Workspace = "w0"
	put(t, s, e)
	refused("entries")
	must(t, s.DeleteEntry(ctx, e.ID))
	must(t, s.CreateUser(ctx, user(1)))
	must(t, s.PutMember(ctx, gateway.Member{Workspace: "w0", User: user(1).ID, Role: gateway.Owner}))
	must(t, s.CreateToken(ctx, gateway.Token{ID: "tok", Workspace: "w0", Role: gateway.Viewer}))
	must(t, s.PutObject(ctx, object("file", "w0"), Epoch()))

	before := need(s.KeysVersion(ctx))(t)
	must(t, s.DeleteWorkspace(ctx, "w0"))
	if v := need(s.KeysVersion(ctx))(t); v <= before {
		t.Error("the version did not rise")
	}
	for name, err := range map[string]error{
		"workspace": errOf(s.Workspace(ctx, "w0")), "again": s.DeleteWorkspace(ctx, "w0"), "key": errOf(s.Key(ctx, k.ID)),
		"token": errOf(s.Token(ctx, "tok")), "object": errOf(s.Object(ctx, "vendor", "file")),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
	if m := need(s.MembershipsOf(ctx, user(1).ID))(t); len(m) > 0 {
		t.Errorf("%+v", m)
	}
	if err := s.DeleteWorkspace(ctx, gateway.DefaultWorkspace); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("err = %v", err)
	}
}
