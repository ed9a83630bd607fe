package scripted

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// Recorded is one recorded exchange with a vendor. A request asks for it by holding
// "corpus:<name>;" anywhere in its body.
type Recorded struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Stream bool   `json:"stream"`
	Status int    `json:"status"`

	Body []byte `json:"-"`

	header http.Header
}

// Corpus adds up to each wanted recordings of every kind of a vendor, and gives them.
// It skips the test where there is no corpus.
func (u *Upstream) Corpus(t *testing.T, vendor string, each int, want func(*Recorded) bool, apis ...string) []*Recorded {
	t.Helper()
	findCorpus(t)
	count := map[string]int{}
	var added []*Recorded
	for _, c := range dialecttest.Corpus(t, apis...) {
		r := &Recorded{Name: c.Name, Kind: c.Kind, Stream: c.Framing == "sse", Status: c.Status, Body: c.Body, header: c.Header}
		if c.Provider != vendor || count[c.Kind] == each || !want(r) {
			continue
		}
		count[c.Kind]++
		u.corpus[r.Name] = r
		added = append(added, r)
	}
	if len(added) == 0 {
		t.Fatalf("the corpus has no case of %s %v", vendor, apis)
	}
	return added
}

// findCorpus says where the recordings are, since this module lies deeper in the tree
// than the one that they stand beside.
func findCorpus(t *testing.T) {
	if os.Getenv("SLUICE_CORPUS") != "" {
		return
	}
	dir, err := filepath.Abs("../../../../shared/corpus")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SLUICE_CORPUS", dir)
}

// Recordings lists what Corpus has added, by name.
func (u *Upstream) Recordings() []*Recorded {
	out := []*Recorded{}
	for _, r := range u.corpus {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *Recorded) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (u *Upstream) recorded(c *testup.Call) *Recorded {
	_, rest, found := bytes.Cut(c.Body, []byte("corpus:"))
	if !found {
		return nil
	}
	name, _, _ := bytes.Cut(rest, []byte(";"))
	return u.corpus[string(name)]
}

// replay answers with the recording; a stream goes out in pieces that respect no event.
func (r *Recorded) replay(c *testup.Call) {
	for name, values := range r.header {
		switch strings.ToLower(name) {
		case "content-length", "content-type", "content-encoding":
		default:
			c.Set(name, values[0])
		}
	}
	contentType := r.header.Get("Content-Type")
	if contentType == "" {
		contentType = map[bool]string{true: "text/event-stream", false: "application/json"}[r.Stream]
	}
	if !r.Stream || r.Status != 200 {
		c.Answer(r.Status, contentType, r.Body)
		return
	}
	var pieces []string
	for chunk := range slices.Chunk(r.Body, 777) {
		pieces = append(pieces, string(chunk))
	}
	c.Stream(nil, pieces...)
}
