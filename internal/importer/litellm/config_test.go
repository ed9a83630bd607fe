package litellm_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/importer/litellm"
)

var update = flag.Bool("update", false, "write the golden files anew")

func none(string) (string, bool) { return "", false }

func read(t *testing.T, text string) *litellm.Config {
	t.Helper()
	c, err := litellm.Read([]byte(text), none)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// told renders the notes as the command does.
func told(ns litellm.Notes) string {
	var b strings.Builder
	for _, g := range []litellm.Group{litellm.Lost, litellm.Changed, litellm.Todo} {
		b.WriteString(g.String() + ":\n")
		for _, n := range ns.In(g) {
			b.WriteString("  " + n.String() + "\n")
		}
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

// load reads a document as sluice check does, with every variable set that it needs.
func load(t *testing.T, c *litellm.Config) *config.Config {
	t.Helper()
	env := map[string]string{}
	for _, name := range c.Env {
		env[name] = "https://set.example.com/x"
	}
	env["VERTEX_JSON"], env["REDIS_URL"] = `{"type":"service_account"}`, "redis://localhost:6379"
	cfg, problems := config.Load(config.Source{Data: c.Document, Vendors: app.Vendors(), Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
	for _, p := range problems {
		if p.Warning && strings.Contains(p.Message, "hides the model") {
			continue // as it was where the file comes from
		}
		t.Errorf("the document has a problem: %v", p)
	}
	if t.Failed() {
		t.Fatalf("%s", c.Document)
	}
	return cfg
}

func TestWholeConfigurationsBecomeDocumentsWithoutProblems(t *testing.T) {
	for _, name := range []string{"simple", "balanced", "clouds"} {
		t.Run(name, func(t *testing.T) {
			in, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			c := read(t, string(in))
			golden(t, name+".sluice.yaml", string(c.Document))
			golden(t, name+".notes.txt", told(c.Notes)+"Variables: "+strings.Join(c.Env, " ")+"\n")
			load(t, c)
		})
	}
}
