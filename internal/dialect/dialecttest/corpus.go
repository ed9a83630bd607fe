package dialecttest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Case is one recorded exchange of the corpus.
type Case struct {
	Name     string `json:"case"` // provider/kind/name
	Provider string `json:"provider"`
	API      string `json:"api"`
	Kind     string `json:"kind"`
	Framing  string `json:"framing"`
	Status   int    `json:"status"`
	Header   http.Header
	Body     []byte
}

// Corpus loads the recorded exchanges of some APIs. It skips the test where there is no
// corpus: the recordings are no part of the repository. SLUICE_CORPUS says where they
// are, else they are looked for in ../shared/corpus beside the repository.
func Corpus(t *testing.T, apis ...string) []*Case {
	t.Helper()
	root := corpusRoot(t)
	f, err := os.Open(filepath.Join(root, "MANIFEST.jsonl"))
	if err != nil {
		t.Skipf("no corpus of recorded exchanges (set SLUICE_CORPUS to run this test): %v", err)
	}
	defer f.Close()
	var all []*Case
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		c := &Case{}
		if err := json.Unmarshal(lines.Bytes(), c); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(apis, c.API) {
			c.load(t, root)
			all = append(all, c)
		}
	}
	if len(all) == 0 || lines.Err() != nil {
		t.Fatalf("the corpus has no case of %v (%v)", apis, lines.Err())
	}
	return all
}

func corpusRoot(t *testing.T) string {
	if root := os.Getenv("SLUICE_CORPUS"); root != "" {
		return root
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return filepath.Join(dir, "..", "shared", "corpus")
}

func (c *Case) load(t *testing.T, root string) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(root, c.Name, "body.raw"))
	if err != nil {
		t.Fatal(err)
	}
	c.Body = body
	text, err := os.ReadFile(filepath.Join(root, c.Name, "response.json"))
	if err != nil {
		t.Fatal(err)
	}
	var response struct {
		Headers [][2]string `json:"headers"`
	}
	if err := json.Unmarshal(text, &response); err != nil {
		t.Fatal(err)
	}
	c.Header = http.Header{}
	for _, h := range response.Headers {
		c.Header.Add(h[0], h[1])
	}
}

// Events gives the data of a stream's events, by a plain reading of its lines.
func (c *Case) Events() (data []string) {
	text := strings.ReplaceAll(strings.ReplaceAll(string(c.Body), "\r\n", "\n"), "\r", "\n")
	for event := range strings.SplitSeq(text, "\n\n") {
		var lines []string
		for line := range strings.SplitSeq(event, "\n") {
			if value, ok := strings.CutPrefix(line, "data:"); ok {
				lines = append(lines, strings.TrimPrefix(value, " "))
			}
		}
		if len(lines) > 0 {
			data = append(data, strings.Join(lines, "\n"))
		}
	}
	return data
}

// Table collects what became of the cases. The zero Table is ready to use.
type Table struct {
	rows map[string]*row
}

type row struct {
	cases  int
	failed []string
}

// Add counts a case; why says what is wrong with it, "" = nothing.
func (tb *Table) Add(c *Case, why string) {
	if tb.rows == nil {
		tb.rows = map[string]*row{}
	}
	name := c.Provider + " " + c.API
	if tb.rows[name] == nil {
		tb.rows[name] = &row{}
	}
	r := tb.rows[name]
	r.cases++
	if why != "" {
		r.failed = append(r.failed, c.Name+": "+why)
	}
}

// Report prints the table and fails the test when a case failed.
func (tb *Table) Report(t *testing.T) {
	t.Helper()
	var out strings.Builder
	var total row
	for _, name := range slices.Sorted(maps.Keys(tb.rows)) {
		r := tb.rows[name]
		fmt.Fprintf(&out, "%-32s %5d cases %5d passed\n", name, r.cases, r.cases-len(r.failed))
		for _, why := range r.failed {
			fmt.Fprintf(&out, "    %s\n", why)
		}
		total.cases += r.cases
		total.failed = append(total.failed, r.failed...)
	}
	fmt.Fprintf(&out, "%-32s %5d cases %5d passed", "all", total.cases, total.cases-len(total.failed))
	t.Log("\n" + out.String())
	if len(total.failed) > 0 {
		t.Errorf("%d of %d cases failed", len(total.failed), total.cases)
	}
}
