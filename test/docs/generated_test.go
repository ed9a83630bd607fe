package docs_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/ledger"
	"github.com/sluice-gateway/sluice/internal/provider/all"
	"github.com/sluice-gateway/sluice/internal/provider/sandbox"
)

func TestDocumentsThatComeFromTheCodeAreUpToDate(t *testing.T) {
	for path, want := range map[string][]byte{"docs/config.md": config.Docs(), "docs/providers.md": all.Table(), "docs/fidelity.md": ledger.Page(app.Dialects(), all.Forms())} {
		if read(t, path) != string(want) {
			t.Errorf("%s is not what the code says; run make generate", path)
		}
	}
}

func TestEveryErrorCodeIsInTheTableWithItsStatusAndKind(t *testing.T) {
	row := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([0-9]+) \\| ([a-z_]+) \\|")
	found := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(read(t, "docs/errors.md"), -1) {
		found[m[1]] = m[2] + " " + m[3]
	}
	for code, r := range fault.Codes() {
		want := fmt.Sprint(r.Status, " ", r.Kind)
		if found[string(code)] != want {
			t.Errorf("%s: the table says %q, the code %q", code, found[string(code)], want)
		}
		delete(found, string(code))
	}
	for code := range found {
		t.Errorf("%s is in the table and not in the code", code)
	}
}

func TestEveryFieldOfAnEntryIsExplained(t *testing.T) {
	doc := read(t, "docs/records.md")
	for _, of := range []reflect.Type{reflect.TypeFor[gateway.Entry](), reflect.TypeFor[gateway.Attempt]()} {
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			if name != "" && name != "-" && !strings.Contains(doc, "`"+name+"`") {
				t.Errorf("%s is not explained", name)
			}
		}
	}
}

func TestEveryModelOfTheSandboxIsExplained(t *testing.T) {
	doc := read(t, "docs/sandbox.md")
	for _, name := range sandbox.Spec.Models {
		if !strings.Contains(doc, "`sandbox/"+name+"`") && !strings.HasPrefix(name, "error-") {
			t.Errorf("%s is not explained", name)
		}
	}
}

func TestTheTableOfSizesHasTheDefaults(t *testing.T) {
	doc := read(t, "docs/forwarding.md")
	c := config.Default()
	for key, size := range map[string]config.Size{
		"server.max_body.json": c.Server.MaxBody.JSON, "server.max_body.multipart": c.Server.MaxBody.Multipart, "server.max_body.files": c.Server.MaxBody.Files,
	} {
		spaced := regexp.MustCompile(`([0-9])([A-Z])`).ReplaceAllString(size.String(), "$1 $2")
		if !regexp.MustCompile(regexp.QuoteMeta(spaced) + " \\| `" + regexp.QuoteMeta(key)).MatchString(doc) {
			t.Errorf("%s is %s by default, and the table does not say so", key, spaced)
		}
	}
}

func TestTheChangelogAndTheLicenceHaveTheirForm(t *testing.T) {
	if log := read(t, "CHANGELOG.md"); !strings.Contains(log, "\n## [Unreleased]\n") || !strings.Contains(log, "\n[Unreleased]: ") {
		t.Error("CHANGELOG.md has no section Unreleased with a link")
	}
	if text := read(t, "LICENSE"); !strings.Contains(text, "Version 2.0, January 2004") || !strings.Contains(text, "END OF TERMS AND CONDITIONS") {
		t.Error("LICENSE is not the whole Apache License")
	}
}

func TestEveryWordOfTheGlossaryStandsOnceAndInOrder(t *testing.T) {
	last := ""
	for _, m := range regexp.MustCompile(`(?m)^\| \*\*([a-z ]+)\*\* \|`).FindAllStringSubmatch(read(t, "CONTEXT.md"), -1) {
		if m[1] <= last {
			t.Errorf("%q comes after %q", m[1], last)
		}
		last = m[1]
	}
	if last == "" {
		t.Error("there are no words")
	}
}
