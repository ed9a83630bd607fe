package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cli"
)

const dynamicRoute = `{"name": "support", "elements": [
  {"id": "s", "type": "start", "outputs": {"next": {"elementId": "m"}}},
  {"id": "m", "type": "model", "properties": {"provider": "openai", "model": "gpt-5", "timeout": TIMEOUT}, "outputs": {}}]}`

func TestDynamicRoutesBecomeADocumentThatPassesTheCheck(t *testing.T) {
	dir := t.TempDir()
	x := &terminal{t: t, env: map[string]string{"SLUICE_DATA": dir, "OPENAI_API_KEY": "k"}}
	for name, timeout := range map[string]string{"exact.json": "0", "lossy.json": "100", "bad.json": "}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Replace(dynamicRoute, "TIMEOUT", timeout, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "sluice.yaml")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"exact.json"}, cli.ExitOK, "use: openai/gpt-5"},
		{[]string{"exact.json", "--strict"}, cli.ExitOK, "use: openai/gpt-5"},
		{[]string{"lossy.json"}, cli.ExitOK, "timeouts.first_byte: 100ms"},
		{[]string{"lossy.json", "--out", out, "--strict"}, cli.ExitWarned, "nothing was written"},
		{[]string{"bad.json", "--out", out}, cli.ExitFailure, "is no JSON"},
		{[]string{"none.json"}, cli.ExitFailure, "none.json"},
		{nil, cli.ExitUsage, "accepts 1 arg"},
		{[]string{"exact.json", "--out", out}, cli.ExitOK, "Wrote"},
		{[]string{"exact.json", "--out", out}, cli.ExitFailure, "--force"},
	} {
		args := []string{"import", "cloudflare"}
		for _, a := range c.args {
			if strings.HasSuffix(a, ".json") {
				a = filepath.Join(dir, a)
			}
			args = append(args, a)
		}
		code, stdout, errs := x.run(args...)
		if code != c.code || !strings.Contains(stdout+errs, c.want) {
			t.Errorf("%v: %d\n%s\n%s", c.args, code, stdout, errs)
		}
	}
	if code, stdout, errs := x.run("check"); code != cli.ExitOK {
		t.Errorf("%s\n%s", stdout, errs)
	}
}
