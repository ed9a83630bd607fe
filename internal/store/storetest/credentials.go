package storetest

import (
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

func testCredentials(t *testing.T, fresh func(testing.TB) string) {
	s, ctx := Open(t, fresh(t)), t.Context()
	credential := func(i int, workspace string) gateway.Credential {
		return gateway.Credential{ID: fmt.Sprint("crd_", i), Workspace: workspace, Provider: "vendor", Name: fmt.Sprint("n", i), Weight: i, Hint: "ab",
			Created: Epoch().Add(time.Duration(i/2) * time.Second), Changed: Epoch(), Sealed: []byte{0, 255, byte(i)}}
	}
	version := need(s.CredentialsVersion(ctx))(t)
	rose := func(want bool) {
		t.Helper()
		v := need(s.CredentialsVersion(ctx))(t)
		if v > version != want {
			t.Errorf("version %d after %d", v, version)
		}
		version = v
	}
	for i, workspace := range []string{"", "default", "", "default"} {
		must(t, s.CreateCredential(ctx, credential(i, workspace)))
		rose(true)
	}
	taken, elsewhere, lost := credential(7, ""), credential(8, "default"), credential(9, "nowhere")
	taken.Name, elsewhere.Name = "n0", "n0"
	if err := s.CreateCredential(ctx, taken); !errors.Is(err, store.ErrExists) {
		t.Errorf("err = %v", err)
	}
	for _, err := range []error{s.CreateCredential(ctx, lost), s.UpdateCredential(ctx, gateway.Credential{ID: "x"}), s.DeleteCredential(ctx, "x"), errOf(s.Credential(ctx, "x"))} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
	}
	rose(false)
	must(t, s.CreateCredential(ctx, elsewhere))
	shared, mine := "", "default"
	for want, q := range map[string]store.CredentialQuery{"crd_8 crd_3 crd_2 crd_1 crd_0": {}, "crd_2 crd_0": {Workspace: &shared},
		"crd_8": {Workspace: &mine, Name: "n0"}, "": {Provider: "other"}} {
		got := collect(t, func(cursor string) ([]string, string) {
			q.Cursor, q.Limit = cursor, 2
			page := need(s.Credentials(ctx, q))(t)
			return namesOf(page.Credentials, func(c gateway.Credential) string { return c.ID }), page.Next
		})
		if got != want {
			t.Errorf("%+v: %s, want %s", q, got, want)
		}
	}
	want := credential(1, "default")
	want.Name, want.Weight, want.Hint, want.Changed = "new", 5, "cd", Epoch().Add(time.Hour)
	change := want
	change.Sealed, change.Workspace = nil, "other"
	must(t, s.UpdateCredential(ctx, change)) // keeps the secret
	rose(true)
	if diff := cmp.Diff(want, need(s.Credential(ctx, want.ID))(t)); diff != "" {
		t.Error(diff)
	}
	must(t, s.SwapSealed(ctx, want.ID, want.Sealed, []byte("anew")))
	rose(true)
	if err := s.SwapSealed(ctx, want.ID, want.Sealed, []byte("late")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
	if got := need(s.Credential(ctx, want.ID))(t); string(got.Sealed) != "anew" {
		t.Errorf("%q", got.Sealed)
	}
	must(t, s.DeleteCredential(ctx, want.ID))
	rose(true)
	ids := namesOf(need(s.AllCredentials(ctx))(t), func(c gateway.Credential) string { return c.ID })
	if slices.Sort(ids); strings.Join(ids, " ") != "crd_0 crd_2 crd_3 crd_8" {
		t.Error(ids)
	}
}
