package app_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/seal"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testpg"
	"github.com/sluice-gateway/sluice/internal/testup"
	"github.com/sluice-gateway/sluice/internal/vault"
)

// Keys of two workspaces beside the default one.
const (
	acmeKey = "sk-sluice-acme-0123456789abcdef"
	bolt    = "sk-sluice-bolt-0123456789abcdef"
)

const askOpenAI = `{"model":"openai/m","messages":[{"role":"user","content":"hi"}]}`

// keeper changes the store of a gateway as another process would.
type keeper struct {
	*vault.Vault
	t     *testing.T
	store *store.Store
	file  string
}

// storeOf opens the store and vault of a data directory, with the workspaces acme and bolt.
func storeOf(t *testing.T, dir, url string) *keeper {
	t.Helper()
	if url == "" {
		url = "sqlite:" + filepath.Join(dir, "sluice.db")
	}
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	ctx, now := t.Context(), time.Now()
	if err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{"acme": acmeKey, "bolt": bolt} {
		if s.CreateWorkspace(ctx, gateway.Workspace{ID: name, Name: name, Created: now}) == nil {
			if err := s.CreateKey(ctx, gateway.Key{ID: "key_" + name, Workspace: name, Name: name, Hash: gateway.HashKey(key), Created: now}); err != nil {
				t.Fatal(err)
			}
		}
	}
	file := filepath.Join(dir, "master.key")
	return &keeper{Vault: vault.New(s, seal.File(file)), t: t, store: s, file: file}
}

func (k *keeper) add(workspace, of, name, secret string) string {
	k.t.Helper()
	c, err := k.Add(k.t.Context(), vault.NewCredential{Workspace: workspace, Provider: of, Name: name, Secret: secret})
	if err != nil {
		k.t.Fatal(err)
	}
	return c.ID
}

// vendor answers every call and remembers with what credential it came.
func vendor(t *testing.T) *testup.Upstream {
	return testup.New(t, func(c *testup.Call) {
		if c.Header.Get("Authorization") == "Bearer sk-vendor-broken" {
			c.JSON(401, `{"error":{"message":"no"}}`)
			return
		}
		c.JSON(200, `{"object":"chat.completion","choices":[{"message":{"role":"assistant","content":"`+strings.TrimPrefix(c.Header.Get("Authorization"), "Bearer ")+`"}}]}`)
	})
}

func openAI(u *testup.Upstream, more string) string {
	return fmt.Sprintf("providers: { openai: { base_url: %s/v1, retries: { max: 0 } %s } }\n", u.URL, more)
}

// asks calls as a key's owner, and gives the vendor's credential, else what was answered.
func asks(g *testgw.Gateway, u *testup.Upstream, key, alias string) string {
	r := g.Request(http.MethodPost, "/v1/chat/completions", []byte(askOpenAI))
	r.Header.Set("Authorization", "Bearer "+key)
	if alias != "" {
		r.Header.Set("sluice-credential", alias)
	}
	resp, b := g.Do(r)
	if resp.StatusCode != 200 {
		return fmt.Sprint(resp.StatusCode, " ", string(b))
	}
	return strings.TrimPrefix(u.Last().Header.Get("Authorization"), "Bearer ")
}

// within waits until something holds, for which a machine that has nothing else to do needs
// less than d.
func within(t *testing.T, d time.Duration, what string, holds func() bool) {
	t.Helper()
	began := time.Now()
	eventually(t, what, holds)
	if took := time.Since(began); took > 20*d {
		t.Errorf("%s only after %v", what, took)
	}
}

func TestCredentialsOfTheStoreServeTheWorkspacesTheyAreFor(t *testing.T) {
	u, dir := vendor(t), t.TempDir()
	g := testgw.StartWith(t, testgw.Options{Dir: dir, Config: openAI(u, "")})
	k := storeOf(t, dir, "")
	if got := asks(g, u, testgw.Key, ""); !strings.Contains(got, "has no credential") {
		t.Fatalf("without any: %s", got)
	}
	if _, err := os.Stat(k.file); err == nil {
		t.Error("a master key was made though nothing is sealed")
	}
	k.add("", "openai", "main", "sk-vendor-shared")
	within(t, time.Second, "a shared credential serves", func() bool { return asks(g, u, testgw.Key, "") == "sk-vendor-shared" })
	acme := k.add("acme", "openai", "own", "sk-vendor-of-acme")
	k.add("acme", "openai", "spare", "sk-vendor-of-acme-too")
	k.add("bolt", "openai", "own", "sk-vendor-broken")
	eventually(t, "acme's keys are known", func() bool { return strings.HasPrefix(asks(g, u, acmeKey, ""), "sk-vendor-of-acme") })
	for range 8 {
		if got := asks(g, u, acmeKey, ""); !strings.HasPrefix(got, "sk-vendor-of-acme") {
			t.Errorf("acme calls with %s", got)
		}
		if got := asks(g, u, testgw.Key, ""); got != "sk-vendor-shared" {
			t.Errorf("others call with %s", got)
		}
		if got := asks(g, u, bolt, ""); got != "sk-vendor-shared" {
			t.Errorf("bolt, whose own does not work, calls with %s", got)
		}
	}
	for _, tt := range []struct{ key, alias, want string }{
		{acmeKey, "spare", "sk-vendor-of-acme-too"}, {acmeKey, "main", "sk-vendor-shared"}, {acmeKey, "own", "sk-vendor-of-acme"},
		{testgw.Key, "own", "has no credential 'own'"}, {bolt, "spare", "has no credential 'spare'"}, {bolt, "own", "upstream_auth"},
	} {
		if got := asks(g, u, tt.key, tt.alias); !strings.Contains(got, tt.want) {
			t.Errorf("%s with %s: %s", tt.key, tt.alias, got)
		}
	}
	if err := k.Remove(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	within(t, time.Second, "a removed credential serves no more", func() bool { return strings.Contains(asks(g, u, acmeKey, "own"), "has no credential") })

	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	again := testgw.StartWith(t, testgw.Options{Dir: dir})
	if got := asks(again, u, acmeKey, ""); got != "sk-vendor-of-acme-too" {
		t.Errorf("after a restart acme calls with %s", got)
	}
	if again.Log.Has("sk-vendor") || g.Log.Has("sk-vendor") {
		t.Error("the log has a secret")
	}
}

func TestAKnownVendorIsThereOnceTheStoreHasItsCredential(t *testing.T) {
	dir := t.TempDir()
	g := testgw.StartWith(t, testgw.Options{Dir: dir})
	k := storeOf(t, dir, "")
	k.add("", "openai", "main", "sk-vendor-shared")
	k.add("", "nonsense", "main", "sk-vendor-other")
	eventually(t, "it is listed", func() bool {
		_, b := g.Do(g.Request(http.MethodGet, "/v1/models", nil))
		return strings.Contains(string(b), `"openai/`)
	})
}

func TestACloudsCredentialIsMadeOfItsParts(t *testing.T) {
	u, dir := testup.New(t, func(c *testup.Call) { c.JSON(200, `{}`) }), t.TempDir()
	g := testgw.StartWith(t, testgw.Options{Dir: dir, Config: "providers: { aws: { kind: bedrock, region: eu-1, base_url: " + u.URL + " } }"})
	k := storeOf(t, dir, "")
	k.add("acme", "aws", "own", `{"access_key_id":"AKIDOFACME","secret_access_key":"secret-of-acme"}`)
	k.add("acme", "aws", "half", `{"access_key_id":"AKIDHALF"}`)
	eventually(t, "calls are signed with it", func() bool {
		r := g.Request(http.MethodGet, "/providers/aws/async-invoke", nil)
		r.Header.Set("Authorization", "Bearer "+acmeKey)
		resp, _ := g.Do(r)
		return resp.StatusCode == 200 && strings.Contains(u.Last().Header.Get("Authorization"), "Credential=AKIDOFACME/")
	})
	if !g.Log.Has("secret_access_key is missing") {
		t.Errorf("the log: %s", g.Log)
	}
}

func TestNoFileOfTheDataDirectoryHoldsASecretInClear(t *testing.T) {
	u, dir := vendor(t), t.TempDir()
	g := testgw.StartWith(t, testgw.Options{Dir: dir, Config: openAI(u, "")})
	k := storeOf(t, dir, "")
	k.add("", "openai", "main", "sk-vendor-marker-0123456789")
	if err := k.SetSecret(t.Context(), "other", "named-marker-0123456789"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it serves", func() bool { return asks(g, u, testgw.Key, "") == "sk-vendor-marker-0123456789" })
	resp, _ := g.Post("/v1/chat/completions", askOpenAI) // the vendor says the key back
	g.Entry(resp.Header.Get("sluice-request-id"))
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "marker-0123456789") {
			t.Errorf("%s holds a secret", filepath.Base(path))
		}
		return err
	})
	if err != nil || files < 4 {
		t.Errorf("%d files, %v", files, err)
	}
	if info, err := os.Stat(k.file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("master key: %v, %v", info, err)
	}
}

func TestAnotherMasterKeyIsToldAndEverythingElseRuns(t *testing.T) {
	u, dir := vendor(t), t.TempDir()
	k := storeOf(t, dir, "")
	k.add("", "openai", "main", "sk-vendor-shared")
	right, err := os.ReadFile(k.file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "master.key", strings.Repeat("0a", 32))
	g := testgw.StartWith(t, testgw.Options{Dir: dir, Config: openAI(u, "")})
	if !g.Log.Has("the master key does not open the stored secrets") || !g.Log.Has("SLUICE_MASTER_KEY") {
		t.Errorf("the log: %s", g.Log)
	}
	if got := asks(g, u, testgw.Key, ""); !strings.Contains(got, "has no credential") {
		t.Errorf("got %s", got)
	}
	if resp, b := g.Post("/v1/chat/completions", `{"model":"sandbox/echo","messages":[{"role":"user","content":"hi"}]}`); resp.StatusCode != 200 {
		t.Errorf("something else: %d %s", resp.StatusCode, b)
	}
	write(t, dir, "master.key", string(right))
	eventually(t, "it serves with the right one", func() bool { return asks(g, u, testgw.Key, "") == "sk-vendor-shared" })
}

func TestKeysAreReplacedWhileCallsRun(t *testing.T) {
	u, dir := vendor(t), t.TempDir()
	k := storeOf(t, dir, "")
	k.add("", "openai", "main", "sk-vendor-shared")
	g := testgw.StartWith(t, testgw.Options{Dir: dir, Config: openAI(u, "")})
	ctx, stop := context.WithCancel(t.Context())
	var calls sync.WaitGroup
	for range 4 {
		calls.Go(func() {
			for ctx.Err() == nil {
				if got := asks(g, u, testgw.Key, ""); got != "sk-vendor-shared" && got != "sk-vendor-second" {
					t.Errorf("a call got %s", got)
					return
				}
			}
		})
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	renew := func() {
		t.Helper()
		if n, err := k.RotateData(t.Context()); err != nil || n != 1 {
			t.Errorf("sealed anew: %d, %v", n, err)
		}
	}
	renew()
	must(k.AdoptMaster(t.Context()))
	must(seal.RotateFile(k.file))
	must(k.AdoptMaster(t.Context()))
	renew()
	must(k.ForgetMasters(t.Context()))
	must(seal.TrimFile(k.file))
	renew()
	k.add("", "openai", "second", "sk-vendor-second")
	within(t, time.Second, "the gateway opens what is new", func() bool { return asks(g, u, testgw.Key, "second") == "sk-vendor-second" })
	stop()
	calls.Wait()
	if g.Log.Has("level=ERROR") {
		t.Errorf("the log: %s", g.Log)
	}
}

func TestAConfigurationNamesSecretsOfTheStore(t *testing.T) {
	u, dir := vendor(t), t.TempDir()
	s := serve(t, dir, nil) // makes the store
	s.listening(t)
	s.stop()
	if err := s.ended(t); err != nil {
		t.Fatal(err)
	}
	k := storeOf(t, dir, "")
	write(t, dir, "sluice.yaml", openAI(u, ", api_key: secret:open"))
	if err := serve(t, dir, nil).ended(t); err == nil || !strings.Contains(err.Error(), "sluice.yaml:1:") || !strings.Contains(err.Error(), "sluice secrets set open") {
		t.Errorf("a missing one: %v", err)
	}
	if err := k.SetSecret(t.Context(), "open", "sk-vendor-one\n"); err != nil {
		t.Fatal(err)
	}
	key := "sk-sluice-third-0123456789abcdef"
	if err := k.store.CreateKey(t.Context(), gateway.Key{ID: "key_third", Workspace: gateway.DefaultWorkspace, Name: "t", Hash: gateway.HashKey(key), Created: time.Now()}); err != nil {
		t.Fatal(err)
	}
	g := testgw.StartWith(t, testgw.Options{Dir: dir})
	if got := asks(g, u, key, ""); got != "sk-vendor-one" {
		t.Errorf("called with %s", got)
	}
	if err := k.SetSecret(t.Context(), "open", "sk-vendor-two"); err != nil {
		t.Fatal(err)
	}
	within(t, time.Second, "a replaced one is used", func() bool { return asks(g, u, key, "") == "sk-vendor-two" })
	if err := k.DeleteSecret(t.Context(), "open"); err != nil {
		t.Fatal(err)
	}
	k.add("", "openai", "new", "sk-vendor-three")
	eventually(t, "credentials change though the document cannot be read again", func() bool { return asks(g, u, key, "new") == "sk-vendor-three" })
	if got := asks(g, u, key, "default"); got != "sk-vendor-two" {
		t.Errorf("a deleted one that is named: %s", got)
	}
	if !g.Log.Has("no secret open is in the store") {
		t.Errorf("the log: %s", g.Log)
	}
}

func TestKnownCredentialsServeWhileTheStoreIsAwayAtTheStart(t *testing.T) {
	pg, u := testpg.Start(t), vendor(t)
	url := pg.Database(t)
	o := testgw.Options{Dir: t.TempDir(), Config: openAI(u, ", headers: {x-team-token: secret:team}"), Env: map[string]string{"SLUICE_STORAGE_URL": url}}
	k := storeOf(t, o.Dir, url)
	k.add("acme", "openai", "own", "sk-vendor-of-acme")
	if err := k.SetSecret(t.Context(), "team", "team-token-1"); err != nil {
		t.Fatal(err)
	}
	known := testgw.StartWith(t, o)
	if err := known.Stop(); err != nil {
		t.Fatal(err)
	}
	k.store.Close()
	pg.Stop()
	g := testgw.StartWith(t, testgw.Options{Dir: o.Dir, Env: o.Env})
	if got := asks(g, u, acmeKey, ""); got != "sk-vendor-of-acme" || u.Last().Header.Get("X-Team-Token") != "team-token-1" {
		t.Errorf("called with %s", got)
	}
	pg.Restart()
	k = storeOf(t, o.Dir, url)
	k.add("acme", "openai", "second", "sk-vendor-second")
	eventually(t, "the store is followed again", func() bool { return asks(g, u, acmeKey, "second") == "sk-vendor-second" })
}

func TestTheMasterKeyOfTheEnvironmentGoesBeforeTheFile(t *testing.T) {
	cfg, problems, err := app.LoadConfig(app.Options{DataDir: t.TempDir(), Env: func(name string) (string, bool) { return strings.Repeat("0a", 32), name == "SLUICE_MASTER_KEY" }})
	if err != nil || problems.Err() != nil || app.MasterFile(cfg) != "" {
		t.Errorf("%v, %v", err, problems)
	}
}
