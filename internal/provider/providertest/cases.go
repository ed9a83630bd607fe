package providertest

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// section is one section of a vendor's file.
type section struct {
	kind  string
	attrs map[string]string
	body  []byte
}

// load reads a vendor's cases.
func load(t *testing.T, kind string) []section {
	t.Helper()
	name := "testdata/" + kind + ".txt"
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("a vendor needs cases of its own: %v", err)
	}
	var out []section
	for line := range strings.Lines(string(raw)) {
		text := strings.TrimRight(line, "\n")
		if head, ok := strings.CutPrefix(text, "-- "); ok && strings.HasSuffix(head, " --") {
			out = append(out, open(t, name, strings.TrimSuffix(head, " --")))
			continue
		}
		if len(out) > 0 {
			last := &out[len(out)-1]
			last.body = append(last.body, line...)
		} else if text != "" && text[0] != '#' {
			t.Fatalf("%s: %q stands in no section", name, text)
		}
	}
	for i := range out {
		out[i].body = trim(out[i].kind, out[i].body)
	}
	return out
}

func open(t *testing.T, file, head string) section {
	words := strings.Fields(head)
	s := section{kind: words[0], attrs: map[string]string{}}
	for _, w := range words[1:] {
		k, v, ok := strings.Cut(w, "=")
		if !ok {
			t.Fatalf("%s: %q is no attribute", file, w)
		}
		s.attrs[k] = v
	}
	return s
}

// trim removes the line end that only closes the section; a stream keeps its blank lines.
func trim(kind string, body []byte) []byte {
	if kind == "stream" || kind == "failed" {
		return body
	}
	return []byte(strings.TrimRight(string(body), "\n"))
}

// header is the attributes that are headers: those with a capital.
func (s *section) header() http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	for k, v := range s.attrs {
		if k[0] >= 'A' && k[0] <= 'Z' {
			h.Set(k, v)
		}
	}
	return h
}

func (s *section) lines() []string {
	if len(s.body) == 0 {
		return nil
	}
	return strings.Split(string(s.body), "\n")
}
