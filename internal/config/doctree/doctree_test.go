package doctree_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

func TestScalarsFollowTheCoreSchemaOfYAML12(t *testing.T) {
	for text, want := range map[string]doctree.Kind{
		"": doctree.Null, "~": doctree.Null, "null": doctree.Null, "nUll": doctree.Text, "true": doctree.Bool, "False": doctree.Bool,
		"yes": doctree.Text, "on": doctree.Text, "17": doctree.Int, "017": doctree.Int, "0o17": doctree.Int, "0x1F": doctree.Int, "1_000": doctree.Text,
		"1e3": doctree.Float, "-.5": doctree.Float, "1.": doctree.Float, ".inf": doctree.Float, "1.2.3": doctree.Text, "12:30": doctree.Text,
		"2026-01-01": doctree.Text, "!!str 5": doctree.Text, "'5'": doctree.Text, `"true"`: doctree.Text, "!!int '5'": doctree.Int, "! 5": doctree.Text,
	} {
		n, problems := doctree.Parse([]byte("k: " + text + "\n"))
		if len(problems) > 0 || n.Get("k") == nil {
			t.Errorf("%q: %v", text, problems)
			continue
		}
		if got := n.Get("k").Kind; got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func TestValuesKnowWhereTheyStand(t *testing.T) {
	n, problems := doctree.Parse([]byte("\xef\xbb\xbfa:\r\n  é: {ü: 1, \"b c\": [x, y]}\r\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	m := n.Get("a").Get("é")
	if got := m.Members[0].Value.Pos; got != (doctree.Pos{Line: 2, Col: 10}) {
		t.Errorf("ü's value at %v", got)
	}
	if got := m.Members[1].Pos; got != (doctree.Pos{Line: 2, Col: 13}) {
		t.Errorf("b c at %v", got)
	}
	if got := m.Get("b c").Items[1].Pos; got != (doctree.Pos{Line: 2, Col: 24}) {
		t.Errorf("y at %v", got)
	}
}

func TestColonsInKeysAndValuesAreTextWhereYAMLSaysSo(t *testing.T) {
	n, problems := doctree.Parse([]byte("m:8b: {\"o/x:1\": env:A, 'y':1, \"z\":2, u: http://h:1/, l: ['env:A']}\nl: [env:A, a:b]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	const want = `{"m:8b":{"o/x:1":"env:A","y":1,"z":2,"u":"http://h:1/","l":["env:A"]},"l":["env:A","a:b"]}`
	if got := string(n.AppendJSON(nil)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMergesGiveWayToWhatIsWritten(t *testing.T) {
	n, problems := doctree.Parse([]byte("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  c: 3\n  <<: [*x, *y]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got := string(n.Get("z").AppendJSON(nil)); got != `{"c":3,"a":1,"b":1}` {
		t.Error(got)
	}
}

func TestWhatIsNoDocumentIsRefused(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"two documents", "a: 1\n---\nb: 2\n", "3:1: : a second document"},
		{"not UTF-8", "a: \xff", "1:4: : the document is not UTF-8"},
		{"control character", "a: b\nc: \x00", "2:4: : control character U+0000"},
		{"duplicate key", "a: 1\nb: {c: 1, c: 2}", "2:11: b.c: this key was already given on line 2"},
		{"unclosed", "a: [1", "1:4: : not valid YAML"},
		{"alias of nothing", "a: *x", "1:4: a: this alias names no anchor"},
		{"alias of itself", "a: &x [*x]", "1:8: a[0]: this alias names no anchor"},
		{"key that is a list", "? [a]\n: 1", "2:1: : not valid YAML"},
		{"key that is an alias of a list", "a: &x [1]\n*x : 1", "2:1: : a key must be plain text"},
		{"plain key with a colon in braces", "a: {m:8b: {c: 5}}", "1:6: : in braces, quote keys and list items"},
		{"list item with a colon in braces", "a: {b: [c:d]}", "1:10: : in braces, quote keys and list items"},
		{"no space after a colon in braces", "a: {b: 1, c:d}", "1:12: : in braces, quote keys and list items"},
		{"merge of a number", "<<: 1", "1:5: <<: a merge takes a mapping"},
		{"tag of one's own", "a: !secret x", "1:4: a: tags of one's own"},
		{"too large", strings.Repeat("#", doctree.MaxBytes+1), "0:0: : the document has 4194305 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := doctree.Parse([]byte(tt.doc))
			if len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), tt.want) {
				t.Errorf("got %v, want %s", problems, tt.want)
			}
		})
	}
}

func TestHostileDocumentsAreRefusedInBoundedTime(t *testing.T) {
	laughs := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	deep := "d0: &d0 [x]\n"
	for i := 1; i < 100; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1)
		deep += fmt.Sprintf("d%d: &d%d [*d%d]\n", i, i, i-1)
	}
	// Enough to be refused for what it is, and little enough to pass the bound of words.
	repeat := func(s string) string { return strings.Repeat(s, 20_000) }
	for name, doc := range map[string]string{
		"billion laughs": laughs, "deep aliases": deep,
		"brackets": repeat("["), "braces": repeat("{a: "), "dashes": repeat("- "), "questions": repeat("? "), "keys": repeat("a: 1\n"),
		"tags": repeat("!a "), "anchors": repeat("&a "), "aliases": repeat("*a "), "colons": repeat("a: "), "closing": repeat("]"), "documents": repeat("---\n"),
		"directives": repeat("%YAML 1.2\n"), "quotes": repeat("'' "), "pipes": repeat("|\n"), "commas": "[" + repeat(",")[1:], "entries": "a:\n" + repeat("- b\n")[3:],
		"flow pairs": "[" + repeat("a: b, ")[1:], "merge keys": repeat("<<: "), "tag lines": repeat("!a\n"), "anchor lines": repeat("&a\n"), "dash lines": repeat("-\n"), "carriage returns": repeat("\r"),
	} {
		began := time.Now()
		if _, problems := doctree.Parse([]byte(doc)); len(problems) == 0 && name != "carriage returns" {
			t.Errorf("%s: accepted", name)
		}
		if took := time.Since(began); took > 50*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func TestWhatIsWrittenReadsBack(t *testing.T) {
	const doc = `{"a": "5", "b": 5, "c": "", "d": "x: y", "e": [true, "true", null, "a\nb", "- x", "é", " s", "#"], "f:": {"g": {}}, "h": {"i": {"j": "env:X"}}, "~": 1}`
	n, problems := doctree.Parse([]byte(doc))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	again, problems := doctree.Parse(n.AppendYAML(nil))
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, n.AppendYAML(nil))
	}
	want, got := n.AppendJSON(nil), again.AppendJSON(nil)
	if string(got) != string(want) || !json.Valid(got) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// FuzzParse holds: any input is read without panic, and what is read is written so
// that it reads back the same.
func FuzzParse(f *testing.F) {
	for _, dir := range []string{"../testdata/bad/", "../testdata/good/"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			f.Fatal(err)
		}
		for _, e := range entries {
			if data, err := os.ReadFile(dir + e.Name()); err == nil {
				f.Add(data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		n, problems := doctree.Parse(doc)
		if len(problems) > 0 || n.Kind != doctree.Map || len(n.Members) == 0 {
			return
		}
		text := n.AppendYAML(nil)
		again, problems := doctree.Parse(text)
		if len(problems) > 0 {
			t.Fatalf("refused: %v\n%s", problems, text)
		}
		if got, want := string(again.AppendJSON(nil)), string(n.AppendJSON(nil)); got != want {
			t.Errorf("got %s\nwant %s\n%s", got, want, text)
		}
	})
}
