package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/config"
)

func TestADocumentFromElsewhereRefersToWhatItMayOnly(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	for _, path := range []string{filepath.Join(dir, "a.key"), filepath.Join(dir, "master.key"), filepath.Join(other, "b.key")} {
		if err := os.WriteFile(path, []byte("vendor-key"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(other, "b.key"), filepath.Join(dir, "link.key")); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"KEY": "vendor-key", "SLUICE_ADMIN_TOKEN": "0123456789abcdef"}
	load := func(ref string) string {
		_, problems := config.Load(config.Source{
			Data: []byte("providers: { a: { kind: openai, api_key: '" + ref + "' } }"), DataDir: dir, Foreign: true,
			Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }, Vendors: config.Vendors{Kinds: []config.Kind{{Name: "openai"}}},
		})
		if err := problems.Err(); err != nil {
			return err.Error()
		}
		return ""
	}
	for ref, want := range map[string]string{
		"env:KEY": "", "file:a.key": "", "file:" + dir + "/a.key": "",
		"env:SLUICE_ADMIN_TOKEN": "own variables", "file:master.key": "own files", "file:link.key": "SLUICE_SECRET_DIRS",
		"file:" + other + "/b.key": "SLUICE_SECRET_DIRS", "file:../b.key": "SLUICE_SECRET_DIRS", "file:/etc/passwd": "SLUICE_SECRET_DIRS", "hidden:plain": "not kept",
	} {
		if got := load(ref); got != "" && want == "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", ref, got, want)
		}
	}
	env["SLUICE_SECRET_DIRS"] = "/nowhere, " + other
	for _, ref := range []string{"file:" + other + "/b.key", "file:link.key"} {
		if got := load(ref); got != "" {
			t.Errorf("%s: %s", ref, got)
		}
	}
}

func TestSecretsInPlainAreTakenOutOfADocument(t *testing.T) {
	const text = `# mine
shared: { url: redis://me:geheim@127.0.0.1:1/0 } # one
storage: { url: "postgres://127.0.0.1/x?password=geheim2" }
alerts: { channels: [ { name: a, webhook: "https://hooks.example.com/g\u0065heim3" } ] }
`
	for _, c := range []struct{ text, starts string }{{text, "# Shown with its defaults"}, {strings.ReplaceAll(text, `\u0065`, "e"), "# mine\nshared: { url: hidden:plain } # one\n"}} {
		cfg, problems := config.Load(config.Source{Data: []byte(c.text)})
		if cfg == nil {
			t.Fatal(problems)
		}
		shown := string(cfg.Conceal([]byte(c.text)))
		if strings.Contains(shown, "geheim") || strings.Contains(shown, `heim3`) || !strings.HasPrefix(shown, c.starts) {
			t.Errorf("shown:\n%s", shown)
		}
	}
	const plain = "shared: { url: redis://127.0.0.1:1/0 }\nalerts: { channels: [ { name: a, webhook: https://hooks.example.com } ] }\n"
	cfg, problems := config.Load(config.Source{Data: []byte(plain), Foreign: true})
	if cfg == nil || string(cfg.Conceal([]byte(plain))) != plain {
		t.Errorf("what is no secret is refused or hidden: %v", problems)
	}
}

func TestTheSchemaHasEveryKeyOfTheReference(t *testing.T) {
	b, err := json.Marshal(config.Schema())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range config.Fields() {
		if !strings.Contains(string(b), `"`+f.Name+`":{"description":`) {
			t.Errorf("%s is missing", f.Path)
		}
	}
	if len(b) > 400_000 {
		t.Errorf("the schema has %d bytes", len(b))
	}
}

func TestDifferingNamesSingleSettings(t *testing.T) {
	load := func(text string) *config.Config {
		cfg, problems := config.Load(config.Source{Data: []byte(text)})
		if cfg == nil {
			t.Fatal(problems)
		}
		return cfg
	}
	a := load("shared: { url: redis://a:1 }")
	b := load("shared: { url: redis://b:1 }\nserver: { tls: {}, trusted_proxies: [10.0.0.0/8], max_body: { json: 1MiB } }\nadmin: { url: 'https://x' }\ngateways: { x: {} }\n")
	if got := strings.Join(config.Differing(a, b), " "); got != "shared.url server.trusted_proxies server.max_body.json admin.url" {
		t.Error(got)
	}
	if got := config.Differing(b, b); got != nil {
		t.Error(got)
	}
}
