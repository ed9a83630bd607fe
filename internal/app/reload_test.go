package app_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

const ask = `{"model":"local/m","messages":[]}`

// local configures one provider at an upstream, with a key from a file.
func local(u *testup.Upstream, more string) string {
	return fmt.Sprintf("providers:\n  local: { kind: openai-compatible, base_url: %s/v1, api_key: file:vendor.key, retries: { max: 0 } }\n%s", u.URL, more)
}

// reloading starts a gateway with such a provider, and gives what changes its key.
func reloading(t *testing.T, script func(*testup.Call)) (*testgw.Gateway, *testup.Upstream) {
	t.Helper()
	if script == nil {
		script = func(c *testup.Call) { c.JSON(200, `{"object":"chat.completion","choices":[]}`) }
	}
	u, dir := testup.New(t, script), t.TempDir()
	write(t, dir, "vendor.key", "vendor-key-number-one")
	return testgw.StartWith(t, testgw.Options{Dir: dir, Config: local(u, "")}), u
}

func TestAChangedFileTakesEffectAndABadOneChangesNothing(t *testing.T) {
	g, u := reloading(t, nil)
	g.WriteConfig(local(u, "gateways: { default: {}, team: { models: [\"local/*\"] } }\n"))
	eventually(t, "the new gateway serves", func() bool {
		resp, _ := g.Post("/gateways/team/v1/chat/completions", ask)
		return resp.StatusCode == 200
	})

	g.WriteConfig("providers: {}\ngateways:\n  default: { auht: none }\n  other: { hosts: [7] }\n")
	eventually(t, "the bad file is told of", func() bool { return g.Log.Has("refused") })
	for _, want := range []string{"stays in force", "sluice.yaml:3:", "auht"} {
		if !g.Log.Has(want) {
			t.Errorf("the log does not say %q:\n%s", want, g.Log)
		}
	}
	for path, status := range map[string]int{"/v1/chat/completions": 200, "/gateways/team/v1/chat/completions": 200, "/gateways/other/v1/chat/completions": 404} {
		if resp, b := g.Post(path, ask); resp.StatusCode != status {
			t.Errorf("%s: %d %s", path, resp.StatusCode, b)
		}
	}

	g.WriteConfig(local(u, ""))
	eventually(t, "the gateway is gone again", func() bool {
		resp, _ := g.Post("/gateways/team/v1/chat/completions", ask)
		return resp.StatusCode == 404
	})
}

func TestHangupReadsTheSecretsAgain(t *testing.T) {
	g, u := reloading(t, nil)
	g.Post("/v1/chat/completions", ask)
	if got := u.Last().Header.Get("Authorization"); got != "Bearer vendor-key-number-one" {
		t.Fatal(got)
	}
	write(t, g.Dir, "vendor.key", "vendor-key-number-two\n")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new key is used", func() bool {
		g.Post("/v1/chat/completions", ask)
		return u.Last().Header.Get("Authorization") == "Bearer vendor-key-number-two"
	})
	if g.Log.Has("vendor-key-number") {
		t.Errorf("a secret stands in the log:\n%s", g.Log)
	}
}

func TestSettingsThatNeedARestartAreNamed(t *testing.T) {
	g, u := reloading(t, nil)
	g.WriteConfig(local(u, "storage: { fsync: 1s, spool: { max: 2MiB } }\nserver: { max_connections: 7, max_in_flight: 5 }\ntelemetry: { log_level: debug }\n"))
	eventually(t, "the reload is told of", func() bool { return g.Log.Has("was reloaded") })
	eventually(t, "the last setting is named", func() bool { return strings.Count(g.Log.String(), "next start only") == 4 })
	for _, want := range []string{"storage.fsync", "storage.spool.max", "server.max_connections", "telemetry.log_level"} {
		if !strings.Contains(g.Log.String(), want) {
			t.Errorf("%s is not named:\n%s", want, g.Log)
		}
	}
	if strings.Contains(g.Log.String(), "setting=server.listen") || strings.Contains(g.Log.String(), "setting=storage.url") {
		t.Errorf("what did not change is named:\n%s", g.Log)
	}
}

func TestACallInFlightKeepsTheConfigurationItBeganWith(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	g, u := reloading(t, func(c *testup.Call) {
		close(arrived)
		<-release
		c.JSON(200, `{"object":"chat.completion","choices":[]}`)
	})
	type answer struct {
		status  int
		gateway string
	}
	done := make(chan answer, 1)
	r := g.Request("POST", "/v1/chat/completions", []byte(ask))
	go func() {
		resp, _ := g.Do(r)
		done <- answer{resp.StatusCode, resp.Header.Get("sluice-provider")}
	}()
	<-arrived
	g.WriteConfig("providers: {}\n")
	eventually(t, "it was reloaded", func() bool { return g.Log.Has("was reloaded") })
	if resp, b := g.Post("/v1/chat/completions", ask); resp.StatusCode != 404 {
		t.Errorf("a later call: %d %s", resp.StatusCode, b)
	}
	close(release)
	if got := <-done; got != (answer{200, "local"}) || len(u.Calls()) != 1 {
		t.Errorf("got %+v after %d calls", got, len(u.Calls()))
	}
}
