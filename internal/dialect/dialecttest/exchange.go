package dialecttest

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// exchange is one file of testdata: lines "name: value" (op, status, and headers of an
// error answer), then sections that begin with a line "-- name --". One of answer,
// stream and error holds the vendor's bytes, the section report what is to be read.
type exchange struct {
	path     string
	text     string
	settings map[string]string
	sections map[string]string
}

func loadExchanges(t *testing.T) (all []*exchange) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no exchanges in testdata/*.txt (%v)", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parseExchange(path, string(text)))
	}
	return all
}

func parseExchange(path, text string) *exchange {
	x := &exchange{path: path, text: text, settings: map[string]string{}, sections: map[string]string{}}
	section := ""
	for line := range strings.SplitAfterSeq(text, "\n") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(name, " --") {
			section = strings.TrimSuffix(name, " --")
			continue
		}
		if section != "" {
			x.sections[section] += line
		} else if name, value, ok := strings.Cut(line, ":"); ok {
			x.settings[name] = strings.TrimSpace(value)
		}
	}
	return x
}

func (x *exchange) name() string { return strings.TrimSuffix(filepath.Base(x.path), ".txt") }

func (x *exchange) op() llm.Operation {
	if op := x.settings["op"]; op != "" {
		return llm.Operation(op)
	}
	return llm.OpChat
}

func (x *exchange) status() int {
	n, _ := strconv.Atoi(x.settings["status"])
	return n
}

// compare checks got against the section report. With SLUICE_UPDATE=1 it writes it
// there instead, for the author to read.
func (x *exchange) compare(t *testing.T, got []byte) {
	t.Helper()
	want := strings.TrimSpace(x.sections["report"])
	if string(bytes.TrimSpace(got)) == want {
		return
	}
	if os.Getenv("SLUICE_UPDATE") == "" {
		t.Errorf("%s:\n got %s\nwant %s", x.path, got, want)
		return
	}
	before, _, _ := strings.Cut(x.text, "-- report --\n")
	if err := os.WriteFile(x.path, append([]byte(before+"-- report --\n"), append(got, '\n')...), 0o644); err != nil {
		t.Fatal(err)
	}
}
