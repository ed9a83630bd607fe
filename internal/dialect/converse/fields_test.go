package converse_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// published lists the members of the vendor's service model, as paths.
func published(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "codec", file))
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		if line[0] != '#' {
			paths = append(paths, line)
		}
	}
	return paths
}

func TestTheLedgerHasEveryPublishedField(t *testing.T) {
	for file, fields := range map[string][]dialect.Field{"request-fields.txt": converse.Dialect.Fields, "answer-fields.txt": converse.Dialect.AnswerFields} {
		have := map[string]bool{}
		for _, f := range fields {
			if have[f.Path] {
				t.Errorf("%s stands there twice", f.Path)
			}
			have[f.Path] = true
		}
		for _, path := range published(t, file) {
			parent := path[:max(0, strings.LastIndexByte(path, '.'))]
			if !have[path] && !(file == "answer-fields.txt" && have[parent]) {
				t.Errorf("%s is not in the ledger", path)
			}
		}
	}
}

func TestTheExamplesHoldWhatTheySay(t *testing.T) {
	for _, f := range converse.Dialect.Fields {
		if f.Example == "" {
			continue
		}
		r, err := codec.ParseRequest([]byte(f.Example))
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		if f.Feature != 0 && !r.Has.Has(f.Feature) {
			t.Errorf("%s: %s has no %v, but %s", f.Path, f.Example, f.Feature, lostNames(r.Has))
		}
		if f.Feature == 0 && !slices.Contains(r.Unnamed, f.Path) && !slices.ContainsFunc(r.Own, func(m llm.Member) bool { return m.Name == f.Path }) {
			t.Errorf("%s: not in %v, %v", f.Path, r.Unnamed, r.Own)
		}
	}
	for _, f := range converse.Dialect.AnswerFields {
		if f.Example != "" {
			if _, err := codec.ParseAnswer([]byte(f.Example), call()); err != nil {
				t.Errorf("%s: %v", f.Path, err)
			}
		}
	}
}

func TestWhatIsKnownIsNotCalledUnknown(t *testing.T) {
	for _, f := range converse.Dialect.Fields {
		if f.Feature == 0 || f.Example == "" || f.Feature == llm.FBuiltin || strings.Contains(f.Path, "searchResult") {
			continue
		}
		unknown := func(path string) bool {
			return !slices.ContainsFunc(converse.Dialect.Fields, func(f dialect.Field) bool { return f.Path == path })
		}
		if r, err := codec.ParseRequest([]byte(f.Example)); err == nil && (slices.ContainsFunc(r.Unnamed, unknown) || len(r.Own) > 0) {
			t.Errorf("%s: %v, %v", f.Path, r.Unnamed, r.Own)
		}
	}
}

func TestUnknownMembersAreNamedWithTheirPath(t *testing.T) {
	body := `{"x0":1,"messages":[{"role":"user","x1":1,"content":[{"text":"u"},{"x2":{}},{"image":{"format":"png","x3":1,"source":{"bytes":"","x4":1}}},` +
		`{"toolUse":{"toolUseId":"t","name":"f","input":{"any":1},"x5":1}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"t","content":[{"x6":1}],"x7":1}}]}],` +
		`"system":[{"x8":1}],"inferenceConfig":{"x9":1},"toolConfig":{"x10":1,"tools":[{"toolSpec":{"name":"f","x11":1,"inputSchema":{"json":{"any":1}}}}]},` +
		`"outputConfig":{"x12":1,"textFormat":{"x13":1,"structure":{"x14":1,"jsonSchema":{"x15":1,"schema":"{}"}}}},"serviceTier":{"x16":1},"additionalModelRequestFields":{"x17":1,"thinking":{"x18":1}}}`
	r, err := codec.ParseRequest([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 19 {
		name := "x" + string(rune('0'+i%10))
		if i >= 10 {
			name = "x1" + string(rune('0'+i-10))
		}
		if !slices.ContainsFunc(r.Unnamed, func(p string) bool { return p == name || strings.HasSuffix(p, "."+name) }) {
			t.Errorf("%s is not in %v", name, r.Unnamed)
		}
	}
	if !slices.Contains(r.Unnamed, "messages[].content[].image.source.x4") || !slices.Contains(r.Unnamed, "messages[].content[].toolResult.content[].x6") {
		t.Errorf("paths %v", r.Unnamed)
	}
}
