package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/sluice-gateway/sluice/internal/config"
)

const marker = "MARKER-4f1d"

func TestASecretShowsInNoRendering(t *testing.T) {
	for _, s := range []config.Secret{config.NewSecret(marker, "env:X"), config.NewSecret(marker, "")} {
		holder := struct {
			Public  config.Secret
			private config.Secret
			Ptr     *config.Secret
		}{s, s, &s}
		var b bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
			fmt.Fprintf(&b, verb+"\n"+verb+"\n"+verb+"\n", s, holder, &holder)
		}
		b.WriteString(s.String() + s.GoString() + fmt.Sprint(s.LogValue()))
		j, err := json.Marshal(holder)
		if err != nil {
			t.Fatal(err)
		}
		y, err := yaml.Marshal(holder)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(j)
		b.Write(y)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "s", s, "h", holder)
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "s", s, "h", holder)
		hex := fmt.Sprintf("%x", marker)
		if strings.Contains(b.String(), marker) || strings.Contains(b.String(), hex) {
			t.Errorf("the secret shows:\n%s", b.String())
		}
		if s.Reveal() != marker {
			t.Error("Reveal does not")
		}
	}
}

// everySecret holds the marker wherever a secret can stand, by reference and in plain.
const everySecret = `
providers:
  openai:    { api_key: env:S }
  anthropic: { credentials: [ {name: a, api_key: file:s}, {name: b, api_key: env:S} ] }
  ollama:
    headers: { x-plain: MARKER-4f1d, authorization: env:S }
    proxy: http://user:MARKER-4f1d@proxy.example.com:1
storage: { url: "postgres://u:MARKER-4f1d@db/x?password=MARKER-4f1d" }
`

func TestALoadedConfigurationShowsNoSecret(t *testing.T) {
	src := source(everySecret, "S="+marker, "SLUICE_KEY="+marker+marker, "SLUICE_ADMIN_TOKEN="+marker+marker, "GEMINI_API_KEY="+marker)
	src.Files = memFiles{"s": {data: marker, mode: 0o644}}
	cfg, problems := config.Load(src)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if got := cfg.Providers["anthropic"].Credentials[0].APIKey.Reveal(); got != marker {
		t.Fatalf("the secret is not read: %q", got)
	}
	var b bytes.Buffer
	b.WriteString(problems.Error())
	b.Write(cfg.Redacted().YAML())
	j, err := json.Marshal(cfg.Redacted())
	if err != nil || !json.Valid(j) {
		t.Fatalf("view is no JSON: %v\n%s", err, j)
	}
	b.Write(j)
	raw, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(raw)
	fmt.Fprintf(&b, "%v %+v %#v", cfg, cfg, cfg)
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "cfg", cfg)
	if i := strings.Index(b.String(), marker); i >= 0 {
		t.Errorf("a secret shows: …%s", b.String()[max(0, i-80):min(b.Len(), i+30)])
	}
	for _, want := range []string{"env:S", "file:s", "postgres://db/x", "http://proxy.example.com:1"} {
		if !strings.Contains(string(cfg.Redacted().YAML()), want) {
			t.Errorf("the view lacks %s:\n%s", want, cfg.Redacted().YAML())
		}
	}
}

func TestAProblemShowsNoSecretThatStandsInPlain(t *testing.T) {
	for _, doc := range []string{
		"providers: {openai: {api_key: MARKER-4f1d}}",
		"providers: {openai: {api_key: [MARKER-4f1d]}}",
		"providers: {openai: {api_key: {MARKER-4f1d: 1}}}",
		"providers: {openai: {api_key: 'secret:MARKER-4f1d'}}",
		"providers: {openai: {api_key: 'env:MARKER-4f1d'}}",
		"providers: {openai: MARKER-4f1d}",
		"providers: {openai: {credentials: MARKER-4f1d}}",
		"providers: {openai: {credentials: [MARKER-4f1d]}}",
		"providers: {openai: {credentials: [{name: a, api_key: MARKER-4f1d}]}}",
		"providers: {ollama: {headers: {authorization: MARKER-4f1d}}}",
		"providers: {ollama: {headers: MARKER-4f1d}}",
		"providers: {ollama: {headers: {x-y: \"MARKER-4f1d\\nx\"}}}",
		"providers: {ollama: {base_url: 'https://u:MARKER-4f1d@h/v1'}}",
		"providers: {ollama: {base_url: 'MARKER-4f1d'}}",
		"providers: {ollama: {proxy: 'ftp://u:MARKER-4f1d@h'}}",
		"storage: {url: 'mysql://u:MARKER-4f1d@h'}",
		"providers: {openai: {api_key: MARKER-4f1d, api_key: MARKER-4f1d}}",
		"providers: {openai: {api_key: 'MARKER-4f1d}}",
		"providers: {openai: {api_key: @MARKER-4f1d}}",
		"providers: {openai: {api_key: !MARKER x}}",
		"providers:\n  openai:\n    api_key: MARKER-4f1d: x",
		"providers:\n  openai:\n   api_key: MARKER-4f1d\n  x",
		"shared: {url: 'redis://u:MARKER-4f1d@h/x'}",
		"shared: {url: 'http://u:MARKER-4f1d@h'}",
		"alerts: {channels: [{slack: 'https://hooks.example.com/MARKER-4f1d'}]}",
		"alerts: {channels: [{webhook: 'ftp://hooks.example.com/MARKER-4f1d'}]}",
		"alerts: {channels: [{webhook: 'https://u:MARKER-4f1d@hooks.example.com'}]}",
		"alerts: {channels: [{email: {to: a@b, from: a@b, smtp: 'smtp://u:MARKER-4f1d@h/x'}}]}",
		"admin: {oidc: {client_secret: MARKER-4f1d}}",
	} {
		if got := refusal(t, source(doc)); strings.Contains(got, "MARKER") {
			t.Errorf("%s\nshows it: %s", doc, got)
		}
	}
}

func TestASecretFileIsReadWithCare(t *testing.T) {
	src := source("providers: {openai: {api_key: file:key}}")
	src.DataDir = "/data"
	src.Files = memFiles{"/data/key": {data: "sk-1\r\n", mode: 0o604}}
	cfg, problems := config.Load(src)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if got := cfg.Providers["openai"].APIKey.Reveal(); got != "sk-1" {
		t.Errorf("got %q", got)
	}
	want := "sluice.yaml:1:31: providers.openai.api_key: warning: everybody on this machine can read /data/key; chmod 600 it"
	if got := problems.Warnings().Error(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
