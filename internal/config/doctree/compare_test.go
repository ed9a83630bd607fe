package doctree_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

func TestCompareTellsWhereTreesDiffer(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"", "", ""},
		{"a: 1 # x", "{a: 1}", ""},
		{"", "a: 1", "a -/1"},
		{"a: 1", "", "a 1/-"},
		{"a: {b: 1, c: 2}", "a: {c: 2, b: 3}", "a.b 1/3"},
		{"a: [1, 2]", "a: [1]", "a[1] 2/-"},
		{"a: [{x: 1}]", "a: [{x: 1, 'y.z': 2}, 3]", `a[0]["y.z"] -/2, a[1] -/3`},
		{"a: 1", "a: '1'", "a 1/1"},
		{"a: {b: 1}", "a: 2", "a /2"},
		{"a: null", "a: 2", "a null/2"},
	} {
		a, _ := doctree.Parse([]byte(c.a))
		b, _ := doctree.Parse([]byte(c.b))
		var got []string
		for _, ch := range doctree.Compare(a, b) {
			got = append(got, fmt.Sprintf("%s %s/%s", ch.Path, text(ch.Before), text(ch.After)))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%q, %q: %s, want %s", c.a, c.b, s, c.want)
		}
	}
}

func text(n *doctree.Node) string {
	if n == nil {
		return "-"
	}
	return n.Text
}
