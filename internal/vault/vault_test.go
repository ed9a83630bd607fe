package vault_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/seal"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/vault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	first  = strings.Repeat("a", 64)
	second = strings.Repeat("b", 64)
)

func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateWorkspace(t.Context(), gateway.Workspace{ID: "acme", Name: "acme", Created: time.Now()}); err != nil {
		t.Fatal(err)
	}
	return s
}

func add(t *testing.T, v *vault.Vault, workspace, name, secret string) gateway.Credential {
	t.Helper()
	c, err := v.Add(t.Context(), vault.NewCredential{Workspace: workspace, Provider: "p", Name: name, Weight: 2, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func read(t *testing.T, v *vault.Vault) *vault.Contents {
	t.Helper()
	c, err := v.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatIsAddedIsReadByAnotherProcess(t *testing.T) {
	s := open(t)
	v := vault.New(s, seal.Text(first))
	add(t, v, "acme", "own", "key-of-acme")
	add(t, v, "", "z", `{"api_key":"k","region":"r"}`)
	c := add(t, v, "", "a", "sk-0123456789abcdef0123456789abcdef\r\n")
	if c.Hint != "sk-01234…" || c.Weight != 2 || !strings.HasPrefix(c.ID, "crd_") {
		t.Errorf("%+v", c)
	}
	if err := v.SetSecret(t.Context(), "named", "value\n"); err != nil {
		t.Fatal(err)
	}
	got := read(t, vault.New(s, seal.Text(first)))
	if want := `[{a  sk-0123456789abcdef0123456789abcdef 2 map[]} {z  k 2 map[region:r]} {own acme key-of-acme 2 map[]}]`; fmt.Sprint(got.Credentials["p"]) != want {
		t.Errorf("got %v", got.Credentials["p"])
	}
	if got.Secrets["named"] != "value" || len(got.Secrets) != 1 || fmt.Sprint(got.Shared()) != "[p]" {
		t.Errorf("%v %v", got.Secrets, got.Shared())
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, got) + fmt.Sprintf(verb, v); strings.Contains(text, "value") || strings.Contains(text, "key") || strings.Contains(text, "aaaa") {
			t.Errorf("%s prints %s", verb, text)
		}
	}
	if list, err := v.List(t.Context(), nil, ""); err != nil || len(list) != 3 {
		t.Errorf("listed %v, %v", list, err)
	}
	if list, err := v.Secrets(t.Context()); err != nil || len(list) != 1 || list[0].Name != "named" {
		t.Errorf("listed %v, %v", list, err)
	}
}

func TestWhatCannotBeIsRefusedWithoutItsSecret(t *testing.T) {
	v, ctx := vault.New(open(t), seal.Text(first)), t.Context()
	add(t, v, "", "taken", "k")
	spec := &provider.Spec{Name: "kind", Fields: []provider.Field{{Name: "account"}}}
	for what, n := range map[string]vault.NewCredential{
		"no provider": {Name: "a", Secret: "MARKER"}, "a name": {Provider: "p", Name: "A b", Secret: "MARKER"}, "a weight": {Provider: "p", Name: "a", Weight: 1001, Secret: "MARKER"},
		"nothing": {Provider: "p", Name: "a", Secret: " \n"}, "no parts": {Provider: "p", Name: "a", Secret: "{}"}, "size": {Provider: "p", Name: "a", Secret: strings.Repeat("MARKER", 20_000)},
		"parts": {Provider: "p", Name: "a", Secret: `{"other":"MARKER"}`, Spec: spec}, "no text": {Provider: "p", Name: "a", Secret: "MARKER\xff"},
	} {
		if _, err := v.Add(ctx, n); !errors.Is(err, vault.ErrInvalid) || strings.Contains(err.Error(), "MARKER") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for want, n := range map[error]vault.NewCredential{
		store.ErrExists: {Provider: "p", Name: "taken", Secret: "k"}, store.ErrNotFound: {Provider: "p", Name: "a", Workspace: "nobody", Secret: "k"},
	} {
		if _, err := v.Add(ctx, n); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if err := v.SetSecret(ctx, "Bad Name", "k"); !errors.Is(err, vault.ErrInvalid) {
		t.Error(err)
	}
}

func TestACredentialIsChangedInPartAndRemoved(t *testing.T) {
	v, ctx := vault.New(open(t), seal.Text(first)), t.Context()
	c := add(t, v, "", "a", "old-secret-0123456789")
	name, weight, secret := "b", 9, "new-secret-0123456789"
	if got, err := v.Update(ctx, c.ID, vault.Change{Name: &name, Weight: &weight}); err != nil || got.Hint != c.Hint || got.Name != "b" {
		t.Fatal(got, err)
	}
	if got := read(t, v).Credentials["p"][0]; got.Key != "old-secret-0123456789" || got.Weight != 9 {
		t.Errorf("%+v", got)
	}
	if got, err := v.Update(ctx, c.ID, vault.Change{Secret: &secret}); err != nil || got.Hint != "new-s…" {
		t.Fatal(got, err)
	}
	if got := read(t, v).Credentials["p"][0]; got.Key != secret || got.Name != "b" {
		t.Errorf("%+v", got)
	}
	if err := v.SetSecret(ctx, "named", "one"); err != nil {
		t.Fatal(err)
	}
	all, err := v.List(ctx, nil, "")
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if err := errors.Join(v.SetSecret(ctx, "named", "two"), v.Remove(ctx, c.ID)); err != nil {
		t.Fatal(err)
	}
	if got := read(t, v); got.Secrets["named"] != "two" || len(got.Credentials) != 0 {
		t.Errorf("%v", got.Secrets)
	}
	if err := v.DeleteSecret(ctx, "named"); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{v.DeleteSecret(ctx, "named"), v.Remove(ctx, c.ID)} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
	}
}

func TestADamagedRowDoesNotHinderTheOthers(t *testing.T) {
	s, ctx := open(t), t.Context()
	v := vault.New(s, seal.Text(first))
	a, b := add(t, v, "", "a", "key-a"), add(t, v, "", "b", "key-b")
	row, err := s.Credential(ctx, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	if row, err = s.Credential(ctx, a.ID); err != nil { // that of another row opens nowhere
		t.Fatal(err)
	}
	row.ID, row.Name = b.ID, "b"
	if err := s.UpdateCredential(ctx, row); err != nil {
		t.Fatal(err)
	}
	got := read(t, v)
	if len(got.Credentials["p"]) != 1 || len(got.Closed) != 1 || !strings.Contains(got.Closed[0].Error(), b.ID) {
		t.Errorf("%v, %v", got.Credentials, got.Closed)
	}
	if n, err := v.RotateData(ctx); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestACopyOpensWithoutTheStoreAndOnlyWithTheKey(t *testing.T) {
	v, ctx := vault.New(open(t), seal.Text(first)), t.Context()
	empty, err := v.Copy(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := vault.ReadCopy(ctx, empty, seal.Text(second)); err != nil || len(got.Credentials) != 0 {
		t.Error(got, err)
	}
	add(t, v, "acme", "a", "MARKER-1")
	if err := v.SetSecret(ctx, "named", "MARKER-2"); err != nil {
		t.Fatal(err)
	}
	b, err := v.Copy(ctx)
	if err != nil || strings.Contains(string(b), "MARKER") {
		t.Fatal(err)
	}
	if got, err := vault.ReadCopy(ctx, b, seal.Text(second+","+first)); err != nil || !got.Equal(read(t, v)) {
		t.Error(err)
	}
	if _, err := vault.ReadCopy(ctx, b, seal.Text(second)); !errors.Is(err, seal.ErrWrongMaster) {
		t.Error(err)
	}
	if _, err := vault.ReadCopy(ctx, b[:len(b)/2], seal.Text(first)); err == nil {
		t.Error("half a copy is taken")
	}
}

func TestWhatWasRemovedIsGoneThoughNothingOpens(t *testing.T) {
	s, ctx := open(t), t.Context()
	v := vault.New(s, seal.Text(first))
	add(t, v, "", "a", "key-a")
	b := add(t, v, "", "b", "key-b")
	before := read(t, v)
	if err := v.Remove(ctx, b.ID); err != nil {
		t.Fatal(err)
	}
	locked := vault.New(s, seal.Text(second))
	if _, err := locked.Read(ctx); !errors.Is(err, seal.ErrWrongMaster) {
		t.Error(err)
	}
	left, err := locked.Remaining(ctx, before)
	if err != nil || len(left.Credentials["p"]) != 1 || left.Credentials["p"][0].Name != "a" || len(before.Credentials["p"]) != 2 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestKeysAreReplacedWhileOthersReadAndWrite(t *testing.T) {
	s, ctx := open(t), t.Context()
	v := vault.New(s, seal.Text(first))
	for i := range 4 {
		add(t, v, "", fmt.Sprint("n", i), fmt.Sprint("key-", i))
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		other := vault.New(s, seal.Text(first))
		for i := range 30 {
			got, err := other.Read(ctx)
			if err != nil || len(got.Closed) > 0 || len(got.Credentials["p"]) != 4 {
				t.Errorf("%v, %v", got, err)
			}
			if err := other.SetSecret(ctx, "named", fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		}
	})
	for range 5 {
		if n, err := v.RotateData(ctx); err != nil || n < 4 || n > 5 {
			t.Errorf("sealed anew %d, %v", n, err)
		}
	}
	wg.Wait()
	if got := read(t, vault.New(s, seal.Text(first))); got.Secrets["named"] != "29" || len(got.Credentials["p"]) != 4 {
		t.Errorf("%v", got)
	}
}
