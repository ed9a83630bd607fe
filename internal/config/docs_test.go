package config_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/config"
)

func TestTheReferenceIsStableAndItsDocumentsLoad(t *testing.T) {
	docs := config.Docs()
	if !bytes.Equal(docs, config.Docs()) {
		t.Error("two calls differ")
	}
	golden(t, "testdata/docs.golden.md", docs)
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(docs, -1)
	if len(blocks) != 5 {
		t.Fatalf("%d documents", len(blocks))
	}
	for _, b := range blocks {
		src := source(string(b[1]), "OPENAI_API_KEY=k")
		src.Files = memFiles{"anthropic.key": {data: "k", mode: 0o600}}
		mustLoad(t, src)
	}
}

func TestTheReferenceShowsTheDefaults(t *testing.T) {
	got := mustLoad(t, source(string(config.Reference())))
	want := mustLoad(t, source("gateways: {default: }\nproviders: {sandbox: {models: {echo: }}}"))
	if g, w := string(got.Redacted().YAML()), string(want.Redacted().YAML()); g != w {
		t.Errorf("got:\n%s\nwant:\n%s", g, w)
	}
}

func TestEveryFieldIsDocumentedAndItsExampleLoads(t *testing.T) {
	for _, f := range config.Fields() {
		if !strings.HasSuffix(f.Help, ".") || f.Type == "" {
			t.Errorf("%s: no sentence of help (%q), or no type", f.Path, f.Help)
		}
		if f.Example == "" || f.Type == "mapping" && !strings.HasPrefix(f.Example, "{") || strings.Contains(f.Path, "[]") {
			continue
		}
		kind := "sandbox"
		if f.Name == "base_url" {
			kind = "openai-compatible"
		}
		path := strings.Split(strings.NewReplacer("providers.<name>", "providers."+kind, "gateways.<name>", "gateways.default", "models.<name>", "models.echo", "routes.<name>", "routes.fast").Replace(f.Path), ".")
		doc := strings.Join(path, ": {") + ": " + f.Example + strings.Repeat("}", len(path)-1)
		if f.Name != "steps" {
			doc = strings.Replace(doc, "routes: {fast: {", "routes: {fast: {steps: {use: sandbox/echo}, ", 1)
		}
		src := source(doc, "PROVIDER_API_KEY=k", "PROVIDER_KEY_A=k", "PROVIDER_KEY_B=k", "AWS_ACCESS_KEY_ID=k", "AWS_SECRET_ACCESS_KEY=k",
			"AWS_SESSION_TOKEN=k", "AZURE_TENANT_ID=k", "AZURE_CLIENT_ID=k", "AZURE_CLIENT_SECRET=k",
			"SLACK_WEBHOOK_URL=https://hooks.example.com/x", "SMTP_URL=smtp://u:p@mail.example.com", "OIDC_CLIENT_SECRET=k")
		src.Files = memFiles{"corporate-ca.pem": {mode: 0o600}, "service-account.json": {data: `{"type": "service_account"}`, mode: 0o600}}
		takeEverything(&src.Vendors)
		_, problems := config.Load(src)
		inPairs := strings.Contains(f.Path, ".tls.") || strings.Contains(f.Path, ".oidc.") || strings.Contains(f.Path, ".probe.") || strings.Contains(f.Path, ".intent.") || f.Name == "jwt" || strings.HasPrefix(f.Path, "exports.") || strings.HasPrefix(f.Path, "backups.") // testdata/good/callers.yaml, backups.yaml and exports.yaml have them whole
		if err := problems.Err(); err != nil && !inPairs {
			t.Errorf("%s: example is refused: %v\n%s", f.Path, err, doc)
		}
	}
}

func TestNoReservedKeyExists(t *testing.T) {
	fields := map[string]bool{}
	for _, f := range config.Fields() {
		fields[f.Path] = true
	}
	for _, r := range config.ReservedKeys() {
		if fields[r.Path] {
			t.Errorf("%s is reserved and exists", r.Path)
		}
		parent := r.Path[:max(0, strings.LastIndexByte(r.Path, '.'))]
		if p := strings.TrimSuffix(strings.TrimSuffix(parent, ".<name>"), "[]"); p != "" && !fields[p] {
			t.Errorf("%s stands below %s, which does not exist", r.Path, p)
		}
	}
}

func TestTheViewLoadsBackToTheSameView(t *testing.T) {
	for _, file := range documents(t, "testdata/good") {
		src := goldenSource(t, file)
		first := mustLoad(t, src).Redacted().YAML()
		src.Data = first
		if second := mustLoad(t, src).Redacted().YAML(); !bytes.Equal(first, second) {
			t.Errorf("%s: got:\n%s\nwant:\n%s", file, second, first)
		}
	}
}

// takeEverything makes every kind one that takes every part of a credential by itself.
func takeEverything(v *config.Vendors) {
	for i := range v.Kinds {
		k := &v.Kinds[i]
		k.Region, k.Project, k.Fields = &config.Setting{}, &config.Setting{}, nil
		for _, f := range config.Fields() {
			if strings.HasPrefix(f.Path, "providers.<name>.credentials[].") {
				k.Fields = append(k.Fields, config.KindField{Name: f.Name})
			}
		}
	}
}
