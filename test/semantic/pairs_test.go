package semantic_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
)

// pair is two prompts.
type pair struct {
	A    string `json:"a"`
	B    string `json:"b"`
	Kind string `json:"kind,omitempty"` // how they differ
	Line int    `json:"-"`
}

// seen reports whether what the guard got wrong on the pair was looked at.
func (p pair) seen() bool { return p.Line%2 == 0 }

func load(t *testing.T, name string) (out []pair) {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		p := pair{Line: n}
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil || p.A == "" || p.B == "" {
			t.Fatalf("%s:%d: %v", name, n, err)
		}
		out = append(out, p)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(out) < 300 {
		t.Fatalf("%s has only %d pairs", name, len(out))
	}
	return out
}

// share is how many of some pairs are of a kind.
type share struct{ some, all int }

func (s *share) count(is bool) {
	s.all++
	if is {
		s.some++
	}
}

func (s share) percent() float64 { return 100 * float64(s.some) / float64(max(s.all, 1)) }

// halves are the two halves of a set: looked at, and not.
type halves [2]share

func (h *halves) count(p pair, is bool) {
	i := 1
	if p.seen() {
		i = 0
	}
	h[i].count(is)
}

func (h halves) both() share { return share{h[0].some + h[1].some, h[0].all + h[1].all} }
