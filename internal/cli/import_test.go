package cli_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cli"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

// importing is a folder with a LiteLLM proxy's files.
func importing(t *testing.T) (dir string, x *terminal) {
	t.Helper()
	dir = t.TempDir()
	sum := sha256.Sum256([]byte("sk-of-litellm"))
	for name, text := range map[string]string{
		"config.yaml": "model_list:\n  - model_name: gpt-5\n    litellm_params: {model: openai/gpt-5, api_key: os.environ/OPENAI_API_KEY}\nlitellm_settings: {drop_params: true}\n",
		"cached.yaml": "model_list:\n  - model_name: gpt-5\n    litellm_params: {model: openai/gpt-5}\nlitellm_settings: {cache: true}\n",
		"bad.yaml":    "model_list:\n  - model_name: gpt-5\n",
		"keys.json":   `[{"token": "` + hex.EncodeToString(sum[:]) + `", "key_name": "sk-...ellm", "key_alias": "shop", "rpm_limit": 3}]`,
		"bad.json":    `[{"token": "sk-in-plain-text-secret"}]`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, &terminal{t: t, env: map[string]string{"SLUICE_DATA": dir}}
}

func TestAnImportPrintsADocumentAndShowsKeysWithoutTouchingTheStore(t *testing.T) {
	dir, x := importing(t)
	code, out, errs := x.run("import", "litellm", "--config", dir+"/config.yaml", "--keys", dir+"/keys.json")
	if code != cli.ExitOK || !strings.Contains(out, "api_key: env:OPENAI_API_KEY") || !strings.Contains(errs, "1 key would be imported") || !strings.Contains(errs, "shop") {
		t.Errorf("%d\n%s\n%s", code, out, errs)
	}
	if _, err := os.Stat(filepath.Join(dir, "sluice.db")); err == nil {
		t.Error("there is a store")
	}
}

func TestAnImportedDocumentPassesTheCheck(t *testing.T) {
	dir, x := importing(t)
	x.env["OPENAI_API_KEY"] = "k"
	if code, _, errs := x.run("import", "litellm", "--config", dir+"/config.yaml", "--out", dir+"/sluice.yaml"); code != cli.ExitOK {
		t.Fatal(errs)
	}
	if code, out, errs := x.run("check"); code != cli.ExitOK {
		t.Errorf("%s\n%s", out, errs)
	}
	if code, _, errs := x.run("import", "litellm", "--config", dir+"/config.yaml", "--out", dir+"/sluice.yaml"); code != cli.ExitFailure || !strings.Contains(errs, "--force") {
		t.Errorf("%d %s", code, errs)
	}
}

func TestAnImportWritesNothingWhenItFails(t *testing.T) {
	cases := map[string]struct {
		args []string
		code int
		want string
	}{
		"a bad configuration":  {[]string{"--config", "bad.yaml", "--out", "new.yaml"}, cli.ExitFailure, "line 2: model_list[0].litellm_params: is missing"},
		"bad keys":             {[]string{"--config", "config.yaml", "--out", "new.yaml", "--keys", "bad.json", "--apply"}, cli.ExitFailure, "line 1: token"},
		"strict with warnings": {[]string{"--config", "cached.yaml", "--out", "new.yaml", "--strict"}, cli.ExitWarned, "litellm_settings.cache"},
		"no workspace":         {[]string{"--config", "config.yaml", "--out", "new.yaml", "--keys", "keys.json", "--apply", "--workspace", "gone"}, cli.ExitFailure, "gone"},
		"no file":              {[]string{"--config", "none.yaml"}, cli.ExitFailure, "none.yaml"},
		"nothing asked":        {nil, cli.ExitUsage, "--config or --keys is needed"},
		"apply without keys":   {[]string{"--config", "config.yaml", "--apply"}, cli.ExitUsage, "--apply"},
		"an unset variable":    {[]string{"--keys", "env:GONE"}, cli.ExitFailure, "GONE is not set"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir, x := importing(t)
			args := []string{"import", "litellm"}
			for _, a := range c.args {
				if strings.HasSuffix(a, ".yaml") || strings.HasSuffix(a, ".json") {
					a = filepath.Join(dir, a)
				}
				args = append(args, a)
			}
			code, _, errs := x.run(args...)
			if code != c.code || !strings.Contains(errs, c.want) || strings.Contains(errs, "plain-text-secret") {
				t.Errorf("%d\n%s", code, errs)
			}
			if _, err := os.Stat(filepath.Join(dir, "new.yaml")); err == nil {
				t.Error("something was written")
			}
		})
	}
}

func TestAStrictImportWithoutWarningsSucceeds(t *testing.T) {
	dir, x := importing(t)
	if code, _, errs := x.run("import", "litellm", "--config", dir+"/config.yaml", "--strict"); code != cli.ExitOK {
		t.Errorf("%d %s", code, errs)
	}
}

func TestAnImportedKeyOpensARunningGateway(t *testing.T) {
	dir, x := importing(t)
	for _, want := range []string{"Imported 1 key; 0 there", "Imported 0 keys; 1 there"} {
		if code, _, errs := x.run("import", "litellm", "--keys", dir+"/keys.json", "--apply"); code != cli.ExitOK || !strings.Contains(errs, want) {
			t.Fatalf("%d %s", code, errs)
		}
	}
	g := testgw.StartWith(t, testgw.Options{Dir: dir})
	for n, want := range []int{200, 200, 200, 429} {
		r := g.Request("POST", "/v1/chat/completions", []byte(`{"model":"sandbox/echo","messages":[{"role":"user","content":"hi"}]}`))
		r.Header.Set("Authorization", "Bearer sk-of-litellm")
		if resp, b := g.Do(r); resp.StatusCode != want {
			t.Errorf("call %d: %d %s", n, resp.StatusCode, b)
		}
	}
}
