package anthropic_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestEveryExampleHoldsItsField(t *testing.T) {
	for _, f := range anthropic.Dialect.Fields {
		if f.Example == "" {
			continue
		}
		r, err := codec.ParseRequest([]byte(f.Example))
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		name := f.Path[strings.LastIndexByte(f.Path, '.')+1:]
		top, _, _ := strings.Cut(f.Path, ".")
		switch {
		case f.Feature != 0 && !r.Has.Has(f.Feature):
			t.Errorf("%s: %s has no %s", f.Path, f.Example, f.Feature)
		case f.Feature == 0 && !owns(r, name) && !owns(r, top) && len(r.Unnamed) == 0:
			t.Errorf("%s: %s keeps no %s", f.Path, f.Example, name)
		}
		if len(r.Unnamed) > 0 && (f.Feature != 0 || !slices.Equal(r.Unnamed, []string{f.Path})) {
			t.Errorf("%s: unnamed %v", f.Path, r.Unnamed)
		}
	}
}

func owns(r *llm.Request, name string) bool {
	is := func(m llm.Member) bool { return m.Name == name }
	found := slices.ContainsFunc(r.Own, is)
	for _, m := range r.Messages {
		found = found || slices.ContainsFunc(m.Own, is)
		for _, p := range m.Parts {
			found = found || slices.ContainsFunc(p.Own, is)
		}
	}
	for _, tool := range r.Tools {
		found = found || slices.ContainsFunc(tool.Own, is)
	}
	return found
}

// walked are the containers whose members are told one by one; of any other field that
// is listed the whole inside is kept with it.
var walked = []string{
	"messages", "messages[].content", "messages[].content[].source", "messages[].content[].content", "messages[].content[].source.content",
	"system", "tools", "thinking", "tool_choice", "output_config", "output_config.format", "output_format", "metadata",
}

func TestEveryFieldOfTheVendorsSchemaIsInTheTable(t *testing.T) {
	text, err := os.ReadFile("testdata/codec/request-fields.txt")
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	for _, f := range anthropic.Dialect.Fields {
		paths[f.Path] = true
	}
	n := 0
	for line := range strings.SplitSeq(string(text), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if n++; !inTable(paths, line) {
			t.Errorf("%s is not in the table", line)
		}
	}
	if n < 100 {
		t.Errorf("only %d fields", n)
	}
}

func inTable(paths map[string]bool, path string) bool {
	if paths[path] || strings.HasPrefix(path, "messages[].content[].content.") {
		return true
	}
	for {
		cut := strings.LastIndexByte(path, '.')
		if cut < 0 {
			return false
		}
		path = strings.TrimSuffix(path[:cut], "[]")
		if slices.Contains(walked, path) {
			return false
		}
		if paths[path] {
			return true
		}
	}
}

func TestEveryAnswersExampleHoldsItsField(t *testing.T) {
	for _, f := range anthropic.Dialect.AnswerFields {
		if f.Example == "" {
			continue
		}
		a, err := codec.ParseAnswer([]byte(f.Example), callOf())
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		if f.Feature == 0 && !slices.ContainsFunc(a.Own, func(m llm.Member) bool { return m.Name == f.Path }) {
			t.Errorf("%s: %s keeps it not", f.Path, f.Example)
		}
	}
}

func TestEveryFeatureThatTheTableNamesIsCarried(t *testing.T) {
	dropped := llm.Of(llm.FCitations, llm.FVendorPart, llm.FBuiltin, llm.FToolExamples) // only this dialect has them in this form
	for _, f := range anthropic.Dialect.Fields {
		if _, ok := anthropic.Dialect.Carries[f.Feature]; !ok && f.Feature != 0 && !dropped.Has(f.Feature) {
			t.Errorf("%s: %s is not carried", f.Path, f.Feature)
		}
	}
}
