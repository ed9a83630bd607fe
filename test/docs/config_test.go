package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/config"
)

// load reads a document as the gateway would and fails on any problem, warnings included.
func load(t *testing.T, name, document string, files ...string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "sluice.yaml")
	write(t, path, document)
	for _, f := range files {
		text := "a-secret-of-no-importance\n"
		if strings.HasSuffix(f, ".json") {
			text = `{"type": "service_account", "project_id": "p"}`
		}
		write(t, filepath.Join(dir, f), text)
	}
	_, problems, err := app.LoadConfig(app.Options{ConfigPath: path, DataDir: dir, Env: environment(baseURLs()...)})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", name, strings.ReplaceAll(p.Error(), path, name))
	}
}

// baseURLs are variables that hold no key; nobody has set them here.
func baseURLs() []string {
	var names []string
	for _, k := range app.Vendors().Kinds {
		if k.BaseEnv != "" {
			names = append(names, k.BaseEnv)
		}
		for _, s := range []*config.Setting{k.Region, k.Project} {
			if s != nil {
				names = append(names, s.Env...)
			}
		}
	}
	return names
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestEveryExampleLoads(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "examples/*.yaml"))
	if err != nil || len(files) < 6 {
		t.Fatalf("%d examples: %v", len(files), err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) { load(t, name, read(t, "examples/"+name), "openai.key", "service-account.json") })
	}
}

func TestEveryConfigurationInTheDocumentsLoads(t *testing.T) {
	seen := 0
	for _, doc := range documents(t) {
		for _, b := range blocks(read(t, doc)) {
			mark, with, _ := strings.Cut(b.mark, " ")
			if mark != "config" {
				if b.language == "yaml" && doc != "docs/config.md" {
					t.Errorf("%s:%d: a block of yaml is not held by <!-- config -->", doc, b.line)
				}
				continue
			}
			seen++
			var files []string
			if list, ok := strings.CutPrefix(with, "files="); ok {
				files = strings.Split(list, ",")
			}
			load(t, place(doc, b), b.text, files...)
		}
	}
	if seen < 5 {
		t.Errorf("only %d blocks were found", seen)
	}
}

func TestTheConfigurationForKubernetesLoads(t *testing.T) {
	_, rest, ok := strings.Cut(read(t, "deploy/kubernetes.yaml"), "sluice.yaml: |\n")
	document, _, end := strings.Cut(rest, "---\n")
	if !ok || !end {
		t.Fatal("there is no sluice.yaml in it")
	}
	load(t, "deploy/kubernetes.yaml", strings.ReplaceAll(document, "\n    ", "\n")[4:])
}
