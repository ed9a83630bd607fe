package jsonscan_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

func TestAFormMatchesWhatDiffersInItsStringAlone(t *testing.T) {
	text := []byte(`{"type":"x","delta":{"text":"x"},"n":1}`)
	var f jsonscan.Form
	if f.Match(text) != nil {
		t.Fatal("a form that has learned nothing matches")
	}
	f.Learn(text, jsonscan.Get(text, "delta", "text"))
	for _, c := range []struct{ text, want string }{
		{`{"type":"x","delta":{"text":"x"},"n":1}`, `"x"`},
		{`{"type":"x","delta":{"text":""},"n":1}`, `""`},
		{`{"type":"x","delta":{"text":"a \"quote\" and \\"},"n":1}`, `"a \"quote\" and \\"`},
		{`{"type":"x","delta":{"text":"x"},"n":2}`, ""},
		{`{"type":"y","delta":{"text":"x"},"n":1}`, ""},
		{`{"type":"x","delta":{"text":"x","text":"y"},"n":1}`, ""},
		{`{"type":"x","delta":{"text":"x"},"n":1} `, ""},
		{`{"type":"x","delta":{"text":"x`, ""},
		{`{"type":"x","delta":{"text":`, ""},
		{``, ""},
	} {
		if got := f.Match([]byte(c.text)); string(got) != c.want {
			t.Errorf("%s: got %s", c.text, got)
		}
	}
}

func TestAFormIsLearnedOfAStringInItsTextOnly(t *testing.T) {
	text := []byte(`{"a":1,"b":"x"}`)
	for _, value := range [][]byte{nil, text[5:6], []byte(`"x"`)[:0]} {
		var f jsonscan.Form
		f.Learn(text, value)
		if f.Match(text) != nil {
			t.Errorf("learned from %q", value)
		}
	}
	var f jsonscan.Form
	f.Learn(text, jsonscan.Get(text, "b"))
	f.Learn(text, jsonscan.Get(text, "a"))
	if f.Match(text) != nil {
		t.Error("what was learned before is still there")
	}
}

func FuzzAFormGivesWhatReadingWouldGive(f *testing.F) {
	f.Add(`{"a":"x","b":["y",{"c":"z"}]}`, `{"a":"u","b":["y",{"c":"z"}]}`)
	f.Add(`{"b":"x"}`, `{"b":"\\\""}`)
	f.Fuzz(func(t *testing.T, one, other string) {
		for _, name := range []string{"a", "b"} {
			var form jsonscan.Form
			form.Learn([]byte(one), nil)
			text := []byte(one)
			form.Learn(text, jsonscan.Get(text, name))
			if got := form.Match([]byte(other)); got != nil && string(jsonscan.Get([]byte(other), name)) != string(got) {
				t.Fatalf("%s of %q as in %q: %q", name, other, one, got)
			}
		}
	})
}
