package config_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	_ "time/tzdata" // zones, whatever the machine has

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/config"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// vendors is a table as the real one gives it, small enough to read.
func vendors() config.Vendors {
	return config.Vendors{
		Kinds: []config.Kind{
			{Name: "openai", Env: []string{"OPENAI_API_KEY"}},
			{Name: "anthropic", Env: []string{"ANTHROPIC_API_KEY"}},
			{Name: "gemini", Env: []string{"GEMINI_API_KEY", "GOOGLE_API_KEY"}},
			{Name: "azure-openai", Aliases: []string{"azure"}, Env: []string{"AZURE_OPENAI_API_KEY"}, BaseEnv: "AZURE_OPENAI_ENDPOINT", NeedsBaseURL: true,
				Fields: []config.KindField{
					{Name: "tenant_id", Env: []string{"AZURE_TENANT_ID"}, With: []string{"client_id", "client_secret"}},
					{Name: "client_id", Env: []string{"AZURE_CLIENT_ID"}},
					{Name: "client_secret", Env: []string{"AZURE_CLIENT_SECRET"}, With: []string{"tenant_id", "client_id"}, Not: []string{"api_key"}},
				}},
			{Name: "cloud", Env: []string{"CLOUD_TOKEN"}, Ambient: true, Region: &config.Setting{Env: []string{"CLOUD_REGION", "CLOUD_DEFAULT_REGION"}, Needed: true},
				Fields: []config.KindField{
					{Name: "access_key_id", Env: []string{"CLOUD_ID"}, With: []string{"secret_access_key"}, Not: []string{"api_key", "profile"}},
					{Name: "secret_access_key", Env: []string{"CLOUD_SECRET"}, With: []string{"access_key_id"}},
					{Name: "session_token", Env: []string{"CLOUD_SESSION"}, With: []string{"access_key_id"}},
					{Name: "profile", Not: []string{"api_key"}}, {Name: "role_arn", Not: []string{"api_key"}}, {Name: "external_id", With: []string{"role_arn"}},
				}},
			{Name: "platform", Ambient: true, Region: &config.Setting{Default: "global"},
				Project: &config.Setting{Env: []string{"PLATFORM_PROJECT"}, Needed: true, NeedlessWith: []string{"api_key", "service_account"}},
				Fields:  []config.KindField{{Name: "service_account", Not: []string{"api_key"}}}},
			{Name: "openai-compatible", NeedsBaseURL: true, KeyFree: true, Generic: true},
			{Name: "ollama", KeyFree: true},
			{Name: "sandbox", KeyFree: true, BuiltIn: true, Synthetic: true},
		},
		Dialects: []string{"chat", "responses", "messages", "gemini"},
		Families: []string{"openai", "anthropic", "gemini"},
		Unbuilt:  []string{"bedrock", "converse"},

		Operations: []string{"chat", "embeddings", "images"},
		Embeds:     func(kind, id string) (embeds, known bool) { return id == "embed", kind == "sandbox" },
		Lists: func(kind, id string) bool {
			return kind == "openai" && slices.Contains([]string{"gpt-5", "gpt-5-mini", "org/gpt"}, id) || kind == "sandbox" && id == "echo"
		},
	}
}

// source is a document with an environment of its own.
func source(doc string, env ...string) config.Source {
	lookup := map[string]string{}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		lookup[name] = value
	}
	return config.Source{
		Path: "sluice.yaml", Data: []byte(doc), Environ: env, Vendors: vendors(),
		Env: func(name string) (string, bool) { v, ok := lookup[name]; return v, ok },
	}
}

func mustLoad(t *testing.T, src config.Source) *config.Config {
	t.Helper()
	cfg, problems := config.Load(src)
	if err := problems.Err(); err != nil {
		t.Fatalf("document is refused:\n%v", err)
	}
	return cfg
}

// refusal gives the problems of a document that must not load.
func refusal(t *testing.T, src config.Source) string {
	t.Helper()
	cfg, problems := config.Load(src)
	if problems.Err() == nil {
		t.Fatalf("document is accepted:\n%s", src.Data)
	}
	if cfg != nil {
		t.Error("a refused document gives a Config")
	}
	return problems.Error()
}

// golden compares with a file, or rewrites it under -update.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(got) {
		t.Errorf("%s differs (go test -update rewrites it); got:\n%s\nwant:\n%s", path, got, want)
	}
}

func documents(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents in %s (%v)", dir, err)
	}
	return files
}

// memFiles are files that exist in memory only.
type memFiles map[string]memFile

type memFile struct {
	data string
	mode fs.FileMode
	size int64 // 0 = of data
}
