package cli_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/cli"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testpg"
)

const priced = `
providers:
  sandbox: { models: { echo: { price: { input: 3, output: 15 }, max_output: 100 } } }
gateways:
  default:
    budgets: [ { name: pocket, per: key, cost: 1000.00/month } ]
`

// busy has calls made and keys changed until the returned function is called.
func busy(t *testing.T, g *testgw.Gateway) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	var began sync.WaitGroup
	until := func(do func(n int) error) {
		began.Add(1)
		wg.Go(func() {
			for n := 0; ; n++ {
				if err := do(n); err != nil {
					t.Error(err)
				}
				if n == 0 {
					began.Done()
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	until(func(n int) error {
		resp, err := http.DefaultClient.Do(g.Request(http.MethodPost, "/v1/chat/completions", fmt.Appendf(nil, `{"model":"sandbox/echo","messages":[{"role":"user","content":"number %d"}]}`, n)))
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	})
	until(func(n int) error {
		if code := g.AdminPost("/api/v1/keys", fmt.Sprintf(`{"name":"k%d"}`, n), nil); code != http.StatusCreated {
			return fmt.Errorf("key: %d", code)
		}
		return nil
	})
	began.Wait()
	return sync.OnceFunc(func() { close(done); wg.Wait() })
}

// timeless leaves out what time alone changes.
var timeless = cmp.FilterPath(func(p cmp.Path) bool {
	i, ok := p.Last().(cmp.MapIndex)
	return ok && i.Key().String() == "reset_s"
}, cmp.Ignore())

// shown is what a gateway says of what a backup must keep.
func shown(g *testgw.Gateway) map[string]any {
	all := map[string]any{}
	for _, path := range []string{"keys?limit=500", "workspaces", "budgets", "spend", "credentials", "audit?to=2020-01-01T00:00:00Z"} {
		var v any
		g.AdminGet("/api/v1/"+path, &v)
		all[path] = v
	}
	return all
}

func TestABackupTakenUnderLoadServesAsTheGatewayDid(t *testing.T) {
	g := testgw.Start(t, priced)
	x, dir := beside(t, g), t.TempDir()
	x.env["SLUICE_BACKUP_PASSPHRASE"] = "a passphrase that is long"
	if code := g.AdminPost("/api/v1/credentials", `{"provider":"sandbox","name":"kept","api_key":"vendor-secret-0123456789"}`, nil); code != http.StatusCreated {
		t.Fatal(code)
	}
	stop := busy(t, g)
	t.Cleanup(stop)
	during, after, sealed := filepath.Join(dir, "during.tar.zst"), filepath.Join(dir, "after.tar.zst"), filepath.Join(dir, "sealed.age")
	x.ok("backup", during, "--entries")
	stop()
	x.ok("backup", after, "--entries")
	want := shown(g)
	x.ok("backup", sealed, "--entries", "--encrypt", "--with-master-key", "--data", g.Dir)
	if info, err := os.Stat(after); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if out := x.ok("backup", "verify", after); !strings.Contains(out, "it can be restored") || !strings.Contains(out, "audit_head") {
		t.Error(out)
	}
	x.fails(cli.ExitFailure, "exists already", "backup", after)

	t.Run("of a moment under load", func(t *testing.T) {
		into := t.TempDir()
		if out := x.ok("restore", during, "--data", into); !strings.Contains(out, "missing: the master key") {
			t.Error(out)
		}
		serves(t, testgw.StartWith(t, testgw.Options{Dir: into, Config: priced}))
	})
	t.Run("into PostgreSQL", func(t *testing.T) {
		into, url := t.TempDir(), testpg.Start(t).Database(t)
		config := priced + "storage: { url: '" + url + "' }\n"
		if err := os.WriteFile(filepath.Join(into, "sluice.yaml"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		if out := x.ok("restore", sealed, "--data", into); !strings.Contains(out, "the master key is in ") || strings.Contains(out, "missing") {
			t.Error(out)
		}
		started := testgw.StartWith(t, testgw.Options{Dir: into, Config: config})
		if diff := cmp.Diff(want, shown(started), timeless); diff != "" {
			t.Error(diff)
		}
		serves(t, started)
		x.fails(cli.ExitFailure, "the store is not fresh", "restore", after, "--data", into)
	})
	t.Run("into SQLite", func(t *testing.T) {
		into := t.TempDir()
		x.ok("restore", after, "--data", into)
		started := testgw.StartWith(t, testgw.Options{Dir: into, Config: priced})
		if diff := cmp.Diff(want, shown(started), timeless); diff != "" {
			t.Error(diff)
		}
		serves(t, started)
	})
}

// serves makes a call with the key of the gateway that was backed up, and proves its audit log.
func serves(t *testing.T, g *testgw.Gateway) {
	t.Helper()
	if resp, b := g.Post("/v1/chat/completions", `{"model":"sandbox/echo","messages":[{"role":"user","content":"hi"}]}`); resp.StatusCode != http.StatusOK {
		t.Errorf("%d %s", resp.StatusCode, b)
	}
	if out := beside(t, g).ok("audit", "verify"); !strings.Contains(out, "nothing was altered or removed") {
		t.Error(out)
	}
	if out := beside(t, g).ok("audit", "list", "--action", "backup."); !strings.Contains(out, "backup.restore") || !strings.Contains(out, "backup.create") {
		t.Error(out)
	}
}

func TestBackupsThatCannotBeAreRefused(t *testing.T) {
	x := newTerminal(t)
	dir := t.TempDir()
	file, into := filepath.Join(dir, "a.tar.zst"), filepath.Join(dir, "new")
	x.fails(cli.ExitUsage, "needs --encrypt", "backup", file, "--with-master-key")
	x.fails(cli.ExitUsage, "with --entries", "backup", file, "--since", "1d")
	x.fails(cli.ExitUsage, "neither a time", "backup", file, "--entries", "--since", "yesterday")
	x.fails(cli.ExitFailure, "set SLUICE_BACKUP_PASSPHRASE", "backup", file, "--encrypt")
	x.fails(cli.ExitFailure, "no such file", "backup", filepath.Join(dir, "none", "a"))
	x.fails(cli.ExitFailure, "no such file", "restore", file, "--data", into)
	x.env["SLUICE_BACKUP_PASSPHRASE"] = "short"
	x.fails(cli.ExitFailure, "12 characters", "backup", file, "--encrypt")
	delete(x.env, "SLUICE_BACKUP_PASSPHRASE")
	archive := x.ok("backup", "-", "--entries", "--since", "30d")
	for what, text := range map[string]string{"it was cut or changed": archive[:len(archive)-9], "this is no backup of Sluice": "something"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		x.fails(cli.ExitFailure, what, "restore", file, "--data", into)
		x.fails(cli.ExitFailure, what, "backup", "verify", file)
	}
	if _, err := os.Stat(filepath.Join(into, "sluice.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was refused made a store: %v", err)
	}
	if parts, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(parts) > 0 {
		t.Error(parts)
	}
	x.fails(cli.ExitFailure, "no regular file", "restore", dir, "--data", into)
}

func TestAStoreIsBackedUpWithoutAGateway(t *testing.T) {
	s := &shell{t: t, dir: t.TempDir()}
	s.want("Created", "", "keys", "create", "k", "--offline")
	file := filepath.Join(t.TempDir(), "a.tar.zst")
	s.want("backed up", "", "backup", file, "--offline")
	into := &shell{t: t, dir: filepath.Join(t.TempDir(), "new")}
	into.want("not in it: the calls", "", "restore", file)
	into.want(" k ", "", "keys", "list", "--offline")
}

func TestAHalfRestoredStoreIsNotServed(t *testing.T) {
	s := &shell{t: t, dir: t.TempDir()}
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(s.dir, "sluice.db"))
	if err != nil {
		t.Fatal(err)
	}
	stopped := errors.New("stopped")
	if err := st.Restore(t.Context(), 1, func(*store.Loader) error { return stopped }); !errors.Is(err, stopped) {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	s.refused("a restore into this store did not come to its end", "", "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
	s.refused("run sluice restore again", "", "keys", "list", "--offline")
}
