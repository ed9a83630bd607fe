package docs_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func place(doc string, b block) string { return doc + ":" + strconv.Itoa(b.line) }

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fenced  = regexp.MustCompile("(?s)```.*?\n```")
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	mark    = regexp.MustCompile("[^a-z0-9 _-]")
)

// anchors are the names that Markdown renderers give to a document's headings.
func anchors(doc string) map[string]bool {
	out := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(doc, ""), -1) {
		name := mark.ReplaceAllString(strings.ToLower(m[1]), "")
		out[strings.ReplaceAll(name, " ", "-")] = true
	}
	return out
}

func TestEveryLinkBetweenDocumentsLeadsSomewhere(t *testing.T) {
	seen := 0
	for _, doc := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(read(t, doc), ""), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			seen++
			file := path.Join(path.Dir(doc), target)
			if target == "" {
				file = doc
			}
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("%s: %s leads nowhere", doc, m[1])
				continue
			}
			if anchor != "" && !anchors(read(t, file))[anchor] {
				t.Errorf("%s: %s: there is no such heading", doc, m[1])
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d links were found", seen)
	}
}

func TestEveryDocumentIsReached(t *testing.T) {
	var all strings.Builder
	for _, doc := range documents(t) {
		all.WriteString(read(t, doc))
	}
	for _, doc := range documents(t) {
		if doc != "README.md" && !strings.Contains(all.String(), path.Base(doc)+")") && !strings.Contains(all.String(), path.Base(doc)+"#") {
			t.Errorf("no document links to %s", doc)
		}
	}
}
