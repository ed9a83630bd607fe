package jsonout_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/jsonout"
)

func TestCommasStandWhereTheyAreDue(t *testing.T) {
	var w jsonout.Writer
	w.Begin('{')
	w.Text("a", "x")
	w.Array("b")
	w.Int(1)
	w.Begin('{')
	w.End('}')
	w.Begin('[')
	w.End(']')
	w.End(']')
	w.MemberIf("none", nil)
	w.TextIf("none", "")
	w.Member("c", nil)
	w.Object("d")
	w.Flag("e", true)
	w.Number("f", -3)
	w.AnyKey("g\"")
	w.Float(0.25)
	w.End('}')
	w.End('}')
	const want = `{"a":"x","b":[1,{},[]],"c":null,"d":{"e":true,"f":-3,"g\"":0.25}}`
	if string(w.B) != want {
		t.Errorf("got  %s\nwant %s", w.B, want)
	}
}

func TestAStringAfterAStringThatEndsLikeABracketHasItsComma(t *testing.T) {
	var w jsonout.Writer
	w.Begin('[')
	for _, s := range []string{"[", "{", ":", ",", " ", "\n"} {
		w.String(s)
	}
	w.End(']')
	var back []string
	if err := json.Unmarshal(w.B, &back); err != nil || len(back) != 6 {
		t.Errorf("%s: %v", w.B, err)
	}
}

func FuzzAStringComesBack(f *testing.F) {
	f.Add("a\"\\\n\x00é\u2028\xff\xc3")
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		if err := json.Unmarshal(jsonout.Quote(s), &back); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(strings.Join(strings.Split(s, ""), ""), "\ufffd"); len([]rune(back)) != len([]rune(s)) {
			t.Errorf("%q came back as %q (%q)", s, back, want)
		}
	})
}

func TestStringsAreJoinedAsTheyStand(t *testing.T) {
	cases := []struct {
		want, sep string
		texts     []string
	}{
		{``, `\n`, nil},
		{`"a"`, `\n`, []string{`"a"`}},
		{`"a\n\u0062"`, `\n`, []string{`"a"`, ``, `"\u0062"`}},
	}
	for _, c := range cases {
		var texts [][]byte
		for _, s := range c.texts {
			texts = append(texts, []byte(s))
		}
		if got := string(jsonout.Join(c.sep, texts...)); got != c.want {
			t.Errorf("%v: %s", c.texts, got)
		}
	}
}

func TestJSONIsPutOnOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		`{"a":"\n"}`:                       `{"a":"\n"}`,
		"{\n\t\"a\": [\r\n1,\r2\n]\n}":     "{ \t\"a\": [  1, 2 ] }",
		"\n\n" + strings.Repeat("x", 100):  "  " + strings.Repeat("x", 100),
		strings.Repeat("y", 70) + "\r\n\r": strings.Repeat("y", 70) + "   ",
	} {
		b := []byte(in)
		if jsonout.OneLine(b); string(b) != want {
			t.Errorf("%q became %q, want %q", in, b, want)
		}
	}
}
