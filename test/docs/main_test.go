package docs_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/config"
)

const root = "../.."

// binary is the gateway, built once for all tests.
var binary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "sluice-docs-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "sluice")
	build := exec.Command("go", "build", "-o", binary, "./cmd/sluice")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "the binary does not build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// documents lists every Markdown file of the repository, relative to its root.
func documents(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*.md", "deploy/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, filepath.ToSlash(rel))
		}
	}
	if len(out) < 20 {
		t.Fatalf("only %d documents were found: %v", len(out), out)
	}
	return out
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))
}

// block is one fenced block of a document.
type block struct {
	line     int    // of the fence
	language string // behind the fence
	mark     string // of the HTML comment directly before, without <!-- and -->
	text     string
}

// blocks gives the fenced blocks of a document, in order.
func blocks(doc string) []block {
	var out []block
	var open *block
	mark := ""
	for i, line := range strings.Split(doc, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case open != nil && isFence:
			out, open = append(out, *open), nil
		case open != nil:
			open.text += line + "\n"
		case isFence:
			open, mark = &block{line: i + 1, language: fence, mark: mark}, ""
		case strings.HasPrefix(line, "<!-- ") && strings.HasSuffix(line, " -->"):
			mark = strings.TrimSuffix(strings.TrimPrefix(line, "<!-- "), " -->")
		case strings.TrimSpace(line) != "":
			mark = ""
		}
	}
	return out
}

// environment answers for every variable, so that documents can be loaded anywhere.
func environment(except ...string) func(string) (string, bool) {
	known := map[string]bool{}
	for _, name := range append(config.EnvNames(), except...) {
		known[name] = true
	}
	return func(name string) (string, bool) {
		switch {
		case known[name]:
			return "", false
		case name == "DATABASE_URL":
			return "postgres://sluice@db.example/sluice", true
		}
		return "a-secret-of-no-importance", true
	}
}
