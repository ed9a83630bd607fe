package glob_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/glob"
)

func TestPatternsMatchWholeNames(t *testing.T) {
	cases := []struct {
		pattern, name string
		want          bool
	}{
		{"openai/*", "openai/gpt-5", true},
		{"openai/*", "xopenai/gpt-5", false},
		{"*", "", true},
		{"*/gpt-*-mini", "openai/gpt-5-mini", true},
		{"*/gpt-*-mini", "openai/gpt-5-mini-x", false},
		{"a*b*c", "abc", true},
		{"a*b*c", "acb", false},
		{"ab*ba", "aba", false},
		{"exact", "exact", true},
		{"exact", "exactly", false},
		{"", "", true},
		{"", "x", false},
	}
	for _, c := range cases {
		if got := glob.Match(c.pattern, c.name); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}

func TestNoPatternsMatchEverything(t *testing.T) {
	if !glob.Any(nil, "x") || glob.Any([]string{"y"}, "x") || !glob.Any([]string{"y", "x"}, "x") {
		t.Fatal("Any")
	}
}
