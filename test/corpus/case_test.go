package corpus_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recording is one recorded exchange.
type recording struct {
	Name    string `json:"case"` // vendor/kind/name
	Vendor  string `json:"provider"`
	API     string `json:"api"`
	Status  int    `json:"status"`
	Framing string `json:"framing"`

	request request
	header  [][2]string
	body    []byte
}

// request is what was recorded of a request.
type request struct {
	Method     string            `json:"method"`
	Path       string            `json:"path"`
	Query      [][2]string       `json:"query"`
	Headers    map[string]string `json:"headers"`
	Body       json.RawMessage   `json:"body"`
	BodyText   string            `json:"body_text"`
	BodyBase64 string            `json:"body_base64"`
	Available  bool              `json:"body_available"`
}

// load reads every recording. It skips the test where there are none: they are no part
// of the repository.
func load(t *testing.T) []*recording {
	t.Helper()
	root := os.Getenv("SLUICE_CORPUS")
	if root == "" {
		root = "../../../shared/corpus"
	}
	f, err := os.Open(filepath.Join(root, "MANIFEST.jsonl"))
	if err != nil {
		t.Skipf("no recorded traffic: set SLUICE_CORPUS to its folder (%v)", err)
	}
	defer f.Close()
	var all []*recording
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		r := &recording{}
		if err := json.Unmarshal(lines.Bytes(), r); err != nil {
			t.Fatal(err)
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
	readJSON(t, filepath.Join(dir, "request.json"), &r.request)
	readJSON(t, filepath.Join(dir, "response.json"), &response)
	r.header = response.Headers
	for name, v := range r.request.Headers { // some recorders kept the next line as well
		r.request.Headers[name], _, _ = strings.Cut(strings.TrimSpace(v), "\n")
	}
	var err error
	if r.body, err = os.ReadFile(filepath.Join(dir, "body.raw")); err != nil {
		t.Fatal(err)
	}
	for strings.HasPrefix(r.request.Path, "//") { // a base URL that ended in a slash
		r.request.Path = r.request.Path[1:]
	}
	r.request.Path = strings.ReplaceAll(r.request.Path, "<GOOGLE_CLOUD_LOCATION>", "global") // the host is the global one's
}

func readJSON(t *testing.T, name string, v any) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// sent is the recorded request's body and content type; nil when none was kept.
func (r *recording) sent() (body []byte, contentType string) {
	q := &r.request
	contentType = q.Headers["content-type"]
	encoded, inText := strings.CutPrefix(q.BodyText, "base64:")
	switch {
	case len(q.Body) > 0:
		return q.Body, "application/json"
	case q.BodyBase64 != "":
		encoded = q.BodyBase64
	case !inText && q.BodyText != "":
		return []byte(q.BodyText), contentType
	case !inText:
		return nil, ""
	}
	body, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, ""
	}
	return body, contentType
}

// streams reports whether the answer is a stream of events.
func (r *recording) streams() bool {
	return r.Framing == "sse" || r.Framing == "eventstream" || r.Framing == "ndjson"
}

// contentType is the answer's.
func (r *recording) contentType() string {
	for _, h := range r.header {
		if strings.EqualFold(h[0], "content-type") {
			return h[1]
		}
	}
	return ""
}

// rawQuery is the recorded query as a client would write it.
func (r *recording) rawQuery() string {
	var parts []string
	for _, p := range r.request.Query {
		parts = append(parts, url.QueryEscape(p[0])+"="+url.QueryEscape(p[1]))
	}
	return strings.Join(parts, "&")
}

// query gives a parameter of the recorded request.
func (r *recording) query(name string) string {
	for _, p := range r.request.Query {
		if p[0] == name {
			return p[1]
		}
	}
	return ""
}

// seed makes what is chosen at random for a recording the same in every run.
func (r *recording) seed() uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(r.Name))
	return h.Sum64()
}
