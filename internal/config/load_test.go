package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
)

// goldenEnv is the environment of every document in testdata.
func goldenEnv() []string {
	return []string{"OPENAI_API_KEY=sk-open", "ANTHROPIC_A=sk-a", "ANTHROPIC_B=sk-b", "EMPTY=", "ACCOUNT={\"type\": \"service_account\", \"private_key\": \"k\"}", "DATABASE_URL=postgres://u:p@db/sluice", "BROKEN=a\nb", "HOOK=https://hooks.example.com/services/x", "SMTP=smtps://u:p@mail.example.com"}
}

func goldenSource(t *testing.T, file string) config.Source {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	src := source(string(data), goldenEnv()...)
	src.Path = filepath.Base(file)
	src.DataDir = "/data"
	src.Secrets = func(name string) (string, bool, error) { return "sk-stored", name == "kept", nil }
	src.Files = memFiles{
		"/data/key":        {data: "sk-file\n", mode: 0o600},
		"/data/open-key":   {data: "sk-file\n", mode: 0o644},
		"/data/empty":      {mode: 0o600},
		"/data/huge":       {data: "x", mode: 0o600, size: 70 << 10},
		"/data/cert.pem":   {data: "x", mode: 0o600},
		"/data/key.pem":    {data: "x", mode: 0o600},
		"/data/dir":        {mode: os.ModeDir | 0o700},
		"/etc/corp/ca.pem": {data: "x", mode: 0o644},
	}
	return src
}

func TestEveryProblemOfABadDocumentIsReportedWithItsPlace(t *testing.T) {
	for _, file := range documents(t, "testdata/bad") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			cfg, problems := config.Load(goldenSource(t, file))
			if problems.Err() == nil || cfg != nil {
				t.Errorf("accepted, config %v", cfg != nil)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", []byte(problems.Error()+"\n"))
		})
	}
}

func TestAGoodDocumentLoadsCompleteWithDefaults(t *testing.T) {
	for _, file := range documents(t, "testdata/good") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src := goldenSource(t, file)
			cfg, problems := config.Load(src)
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			out := string(cfg.Redacted().YAML())
			if len(problems) > 0 {
				out += "\n# " + strings.ReplaceAll(problems.Error(), "\n", "\n# ") + "\n"
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", []byte(out))
		})
	}
}

func TestNoDocumentAtAllRuns(t *testing.T) {
	cfg := mustLoad(t, source("", "OPENAI_API_KEY=sk-open"))
	if p := cfg.Providers["openai"]; !p.Discovered || len(p.Keys()) != 1 || p.Keys()[0].APIKey.Reveal() != "sk-open" {
		t.Errorf("openai is not discovered: %+v", p)
	}
	if p, ok := cfg.Providers["sandbox"]; !ok || p.Kind != "sandbox" {
		t.Error("no sandbox")
	}
	if len(cfg.Providers) != 2 {
		t.Errorf("providers: %v", reflect.ValueOf(cfg.Providers).MapKeys())
	}
	g := cfg.Gateways["default"]
	if g.Log.Bodies != "full" || g.Log.MaxBody != 64<<10 || g.Log.Retain != 7*24*time.Hour || !reflect.DeepEqual(g.Auth, []string{"key"}) {
		t.Errorf("gateway default: %+v", g)
	}
	if cfg.Server.Listen != ":8080" || cfg.Admin.Listen != "127.0.0.1:8081" || cfg.Storage.URL.Reveal() != "sqlite:sluice.db" {
		t.Errorf("listeners %s %s, store %s", cfg.Server.Listen, cfg.Admin.Listen, cfg.Storage.URL.Reveal())
	}
}

func TestDefaultIsTheConfigurationOfAnEmptyDocument(t *testing.T) {
	src := source("")
	src.Vendors = config.Vendors{}
	got := mustLoad(t, src)
	got.Providers = nil
	if want := config.Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestDiscovery(t *testing.T) {
	tests := []struct {
		name, doc string
		env       []string
		want      string
	}{
		{"finds vendors by their variables", "", []string{"GOOGLE_API_KEY=k", "ANTHROPIC_API_KEY=k"}, "anthropic gemini sandbox"},
		{"is switched off", "discover: false", []string{"GOOGLE_API_KEY=k"}, "sandbox"},
		{"leaves out a kind that is configured under another name", "providers: {mine: {kind: openai, api_key: env:X}}", []string{"X=k", "OPENAI_API_KEY=k"}, "mine sandbox"},
		{"needs the base URL too where the kind has none", "", []string{"AZURE_OPENAI_API_KEY=k"}, "sandbox"},
		{"takes the base URL from its variable", "", []string{"AZURE_OPENAI_API_KEY=k", "AZURE_OPENAI_ENDPOINT=https://x.example.com/"}, "azure-openai sandbox"},
		{"skips a malformed base URL", "", []string{"AZURE_OPENAI_API_KEY=k", "AZURE_OPENAI_ENDPOINT=nonsense"}, "sandbox"},
		{"takes an application's parts in place of a key", "", []string{"AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=c", "AZURE_CLIENT_SECRET=s", "AZURE_OPENAI_ENDPOINT=https://x.example.com"}, "azure-openai sandbox"},
		{"takes no half of an application", "", []string{"AZURE_TENANT_ID=t", "AZURE_CLIENT_SECRET=s", "AZURE_OPENAI_ENDPOINT=https://x.example.com"}, "sandbox"},
		{"needs a region where the kind does", "", []string{"CLOUD_TOKEN=k"}, "sandbox"},
		{"takes the region from its variable", "", []string{"CLOUD_TOKEN=k", "CLOUD_DEFAULT_REGION=eu-1"}, "cloud sandbox"},
		{"skips a malformed region", "", []string{"CLOUD_TOKEN=k", "CLOUD_REGION=evil.example.com/"}, "sandbox"},
		{"does not take a whole cloud's keys for the wish to call models", "", []string{"CLOUD_ID=i", "CLOUD_SECRET=s", "CLOUD_REGION=eu-1", "PLATFORM_PROJECT=p"}, "sandbox"},
		{"skips a key that no header can carry", "", []string{"OPENAI_API_KEY=a\nb"}, "sandbox"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := mustLoad(t, source(tt.doc, tt.env...))
			var names []string
			for _, name := range []string{"anthropic", "azure-openai", "cloud", "gemini", "mine", "ollama", "openai", "sandbox"} {
				if _, ok := cfg.Providers[name]; ok {
					names = append(names, name)
				}
			}
			if got := strings.Join(names, " "); got != tt.want || len(names) != len(cfg.Providers) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAConfiguredProviderTakesItsUsualKeyUnlessDiscoveryIsOff(t *testing.T) {
	cfg := mustLoad(t, source("providers: {openai: {timeouts: {connect: 1s}}}", "OPENAI_API_KEY=k"))
	p := cfg.Providers["openai"]
	if p.APIKey.Reveal() != "k" || p.Discovered || p.Timeouts.Connect != time.Second || p.Timeouts.Total != 15*time.Minute {
		t.Errorf("%+v", p)
	}
	_, problems := config.Load(source("discover: false\nproviders: {openai: {}}", "OPENAI_API_KEY=k"))
	if got, want := problems.Error(), `sluice.yaml:2:21: providers.openai: warning: no credential: write api_key: env:OPENAI_API_KEY, or keep one in the store: sluice credentials add openai`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNoCredentialIsNeededWhereCallersBringTheirOwn(t *testing.T) {
	mustLoad(t, source("providers: {openai: }\ngateways: {byok: {credentials: caller}}"))
}

func TestPrecedenceIsFlagThenEnvironmentThenDocumentThenDefault(t *testing.T) {
	doc := "server: {listen: ':1111', shutdown_grace: 1s}\nadmin: {listen: ':2222'}\n"
	src := source(doc, "SLUICE_LISTEN=:3333", "SLUICE_ADMIN_LISTEN=:4444", "SLUICE_SERVER_MAX_HEADER=128KiB")
	src.Overrides.Listen = ":5555"
	cfg := mustLoad(t, src)
	if cfg.Server.Listen != ":5555" {
		t.Errorf("flag loses: %s", cfg.Server.Listen)
	}
	if cfg.Admin.Listen != ":4444" || cfg.Server.MaxHeader != 128<<10 {
		t.Errorf("environment loses: %s %s", cfg.Admin.Listen, cfg.Server.MaxHeader)
	}
	if cfg.Server.ShutdownGrace != time.Second {
		t.Errorf("document loses: %s", cfg.Server.ShutdownGrace)
	}
}

func TestPathsAreResolvedAgainstTheDataDirectory(t *testing.T) {
	src := source("storage: {url: 'sqlite:a/b.db?mode=x', spool: {dir: /var/spool}}\nproviders: {ollama: {ca_file: ca.pem}}")
	src.DataDir = "/data"
	src.Files = memFiles{"/data/ca.pem": {mode: 0o600}}
	cfg := mustLoad(t, src)
	if got := cfg.Storage.URL.Reveal(); got != "sqlite:/data/a/b.db?mode=x" {
		t.Error(got)
	}
	if cfg.Storage.Spool.Dir != "/var/spool" || cfg.Providers["ollama"].CAFile != "/data/ca.pem" {
		t.Errorf("%s %s", cfg.Storage.Spool.Dir, cfg.Providers["ollama"].CAFile)
	}
}

func TestGatewaysInheritNothingFromEachOther(t *testing.T) {
	cfg := mustLoad(t, source("gateways: {default: {auth: none, log: {bodies: none}}, other: }"))
	if other := cfg.Gateways["other"]; other.Auth[0] != "key" || other.Log.Bodies != "full" {
		t.Errorf("%+v", other)
	}
}
