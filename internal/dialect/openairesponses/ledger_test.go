package openairesponses_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestEachExampleHoldsItsField(t *testing.T) {
	for _, f := range openairesponses.Dialect.Fields {
		switch {
		case f.Frame:
			continue
		case f.Example == "":
			t.Errorf("%s has no example", f.Path)
			continue
		}
		r, err := codec.ParseRequest([]byte(f.Example))
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		name, _, _ := strings.Cut(f.Path, " (")
		own := slices.ContainsFunc(r.Own, func(m llm.Member) bool { return m.Name == name })
		switch {
		case f.Feature != 0 && !r.Has.Has(f.Feature):
			t.Errorf("%s: the example does not make use of it", f.Path)
		case f.Refuse && !slices.ContainsFunc(r.Refuse, func(p string) bool { return strings.HasPrefix(p, strings.TrimSuffix(name, "[]")) }):
			t.Errorf("%s is not refused: %v", f.Path, r.Refuse)
		case !f.Refuse && f.Feature == 0 && !own && !slices.Contains(r.Unnamed, f.Path):
			t.Errorf("%s is neither own nor unnamed: %v %v", f.Path, r.Own, r.Unnamed)
		}
	}
}

func TestEachAnswerExampleHoldsItsField(t *testing.T) {
	for _, f := range openairesponses.Dialect.AnswerFields {
		if f.Example == "" {
			continue
		}
		if _, err := codec.ParseAnswer([]byte(f.Example), aCall()); err != nil {
			t.Errorf("%s: %v", f.Path, err)
		}
	}
}

// TestThePublishedFieldsAreInTheTable holds the table against the paths of the vendor's
// published types, of which testdata has the names.
func TestThePublishedFieldsAreInTheTable(t *testing.T) {
	known := map[string]bool{}
	for _, f := range openairesponses.Dialect.Fields {
		path, _, _ := strings.Cut(f.Path, " (")
		for p := path; p != ""; {
			known[p] = true
			p = p[:max(strings.LastIndexByte(p, '.'), 0)]
		}
	}
	text, err := os.ReadFile("testdata/codec/published.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		path, covered, _ := strings.Cut(strings.TrimSpace(line), " = ")
		if path == "" || path[0] == '#' {
			continue
		}
		if covered == "" {
			covered = path
		}
		if !known[covered] && !slices.ContainsFunc(openairesponses.Dialect.Fields, func(f dialect.Field) bool { return f.Path == covered }) {
			t.Errorf("%s (as %s) is not in the table", path, covered)
		}
	}
}

func TestItIsSaidHowEachFeatureIsCarried(t *testing.T) {
	for f, c := range openairesponses.Dialect.Carries {
		if c.How == "" {
			t.Errorf("%v: %v %q", f, c.Fate, c.How)
		}
	}
}
