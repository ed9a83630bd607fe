package translate_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recording is one recorded answer of a vendor.
type recording struct {
	Name    string `json:"case"`
	Vendor  string `json:"provider"`
	API     string `json:"api"`
	Kind    string `json:"kind"`
	Status  int    `json:"status"`
	Framing string `json:"framing"`

	header  [][2]string
	body    []byte
	dialect string
	path    string
}

// stream reports whether the answer came as a stream.
func (r *recording) stream() bool {
	return strings.Contains(r.path, ":streamGenerateContent") || r.Framing == "sse" || r.Framing == "eventstream" || r.Framing == "ndjson" || strings.HasSuffix(r.Kind, "-stream")
}

// dialects says which dialect a recorded API speaks.
var dialects = map[string]string{
	"chat": "chat", "responses": "responses", "messages": "messages", "anthropic-messages": "messages",
	"generate": "gemini", "converse": "converse", "chat-v2": "cohere",
}

// load reads every recording of a conversation. It skips the test where there are none.
func load(t *testing.T) (all []*recording) {
	t.Helper()
	root := os.Getenv("SLUICE_CORPUS")
	if root == "" {
		root = "../../../../../shared/corpus"
	}
	f, err := os.Open(filepath.Join(root, "MANIFEST.jsonl"))
	if err != nil {
		t.Skipf("no recorded traffic: set SLUICE_CORPUS to its folder (%v)", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		r := &recording{}
		if err := json.Unmarshal(lines.Bytes(), r); err != nil {
			t.Fatal(err)
		}
		if r.dialect = dialects[r.API]; r.dialect == "" {
			continue
		}
		r.read(t, filepath.Join(root, r.Name))
		all = append(all, r)
	}
	if err := lines.Err(); err != nil || len(all) == 0 {
		t.Fatalf("the list of recordings is empty or broken: %v", err)
	}
	return all
}

func (r *recording) read(t *testing.T, dir string) {
	t.Helper()
	var response struct {
		Headers [][2]string `json:"headers"`
	}
	var request struct {
		Path string `json:"path"`
	}
	for name, v := range map[string]any{"response.json": &response, "request.json": &request} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = json.Unmarshal(raw, v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r.header, r.path = response.Headers, request.Path
	var err error
	if r.body, err = os.ReadFile(filepath.Join(dir, "body.raw")); err != nil {
		t.Fatal(err)
	}
}

// events gives the data of a stream's events, with their names.
func (r *recording) events() (all []event) {
	text := strings.ReplaceAll(strings.ReplaceAll(string(r.body), "\r\n", "\n"), "\r", "\n")
	for block := range strings.SplitSeq(text, "\n\n") {
		e := event{}
		var data []string
		for line := range strings.SplitSeq(block, "\n") {
			if v, ok := strings.CutPrefix(line, "data:"); ok {
				data = append(data, strings.TrimPrefix(v, " "))
			} else if v, ok := strings.CutPrefix(line, "event:"); ok {
				e.name = strings.TrimSpace(v)
			}
		}
		if len(data) > 0 {
			e.o = parse([]byte(strings.Join(data, "\n")))
			e.raw = strings.Join(data, "\n")
			all = append(all, e)
		}
	}
	return all
}

type event struct {
	name string
	o    object
	raw  string
}
