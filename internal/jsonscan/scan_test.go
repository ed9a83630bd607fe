package jsonscan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

var want = []string{"model", "stream", "user"}

func TestScanFindsWantedMembersWhateverTheSpacing(t *testing.T) {
	for _, tt := range []struct{ name, doc, model, stream string }{
		{"plain", `{"model":"a","stream":true}`, `"a"`, `true`},
		{"spaced", " \r\n\t{ \"stream\" :\ttrue\n,\n\"model\" : \"a\" } \n", `"a"`, `true`},
		{"escaped name", `{"mod\u0065l":"a"}`, `"a"`, ``},
		{"nested names do not count", `{"x":{"model":"b"},"y":[{"model":"c"}],"model":"a"}`, `"a"`, ``},
		{"escaped quotes", `{"x":"\"model\":\"b\\","model":"a\\\""}`, `"a\\\""`, ``},
		{"numbers that fit nowhere", `{"x":1e400,"model":-0.0E+999}`, `-0.0E+999`, ``},
		{"invalid UTF-8", "{\"x\":\"\xff\xfe\",\"model\":\"a\"}", `"a"`, ``},
		{"control characters in a string", "{\"x\":\"a\nb\x00\",\"model\":\"a\"}", `"a"`, ``},
		{"unwanted twice", `{"x":1,"x":2,"model":"a"}`, `"a"`, ``},
		{"empty name", `{"":1,"model":"a"}`, `"a"`, ``},
		{"deepest", `{"x":` + strings.Repeat("[", 511) + strings.Repeat("]", 511) + `,"model":"a"}`, `"a"`, ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spans := make([]jsonscan.Span, len(want))
			if err := jsonscan.ScanObject([]byte(tt.doc), want, spans); err != nil {
				t.Fatal(err)
			}
			if got := string(spans[0].Of([]byte(tt.doc))); got != tt.model {
				t.Errorf("model = %q, want %q", got, tt.model)
			}
			if got := string(spans[1].Of([]byte(tt.doc))); got != tt.stream {
				t.Errorf("stream = %q, want %q", got, tt.stream)
			}
		})
	}
}

func TestScanSaysWhereAMemberCanBePutIn(t *testing.T) {
	for _, tt := range []struct {
		doc    string
		inside int
		empty  bool
	}{
		{`{}`, 1, true}, {` { } `, 2, true}, {"\n{\"a\":1}", 2, false},
	} {
		var d jsonscan.Doc
		if err := d.Scan([]byte(tt.doc), nil, nil); err != nil {
			t.Fatal(err)
		}
		if d.Inside != tt.inside || d.Empty != tt.empty {
			t.Errorf("%q: %+v", tt.doc, d)
		}
	}
}

func TestScanNamesTheProblemAndItsPlace(t *testing.T) {
	for _, tt := range []struct {
		name, doc string
		reason    jsonscan.Reason
		offset    int
		says      string
	}{
		{"empty", ``, jsonscan.NotObject, 0, "empty"},
		{"array", ` [1]`, jsonscan.NotObject, 1, "object"},
		{"BOM", "\xEF\xBB\xBF{}", jsonscan.ByteOrder, 0, "byte order mark"},
		{"cut", `{"a":1`, jsonscan.Malformed, 6, "too early"},
		{"cut in a string", `{"a":"x`, jsonscan.Malformed, 5, "closing quote"},
		{"cut in a name", `{"a`, jsonscan.Malformed, 1, "closing quote"},
		{"cut after a backslash", `{"a":"\"`, jsonscan.Malformed, 5, "closing quote"},
		{"trailing comma", `{"a":1,}`, jsonscan.Malformed, 7, "name"},
		{"no comma", `{"a":1 "b":2}`, jsonscan.Malformed, 7, "comma"},
		{"no colon", `{"a" 1}`, jsonscan.Malformed, 5, "colon"},
		{"no value", `{"a":}`, jsonscan.Malformed, 5, "value"},
		{"bare name", `{a:1}`, jsonscan.Malformed, 1, "name"},
		{"trailing garbage", `{"a":1} x`, jsonscan.Malformed, 8, "follows"},
		{"two objects", `{}{}`, jsonscan.Malformed, 2, "follows"},
		{"mixed brackets", `{"a":[1}}`, jsonscan.Malformed, 7, "match"},
		{"comment inside", `{"a":[/*]*/]}`, jsonscan.Malformed, 6, "no JSON value"},
		{"too deep", `{"a":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}`, jsonscan.TooDeep, 5 + 511, "512"},
		{"twice", `{"model":1,"model":2}`, jsonscan.DuplicateKey, 11, `"model" appears twice`},
		{"twice, once escaped", `{"model":1,"\u006dodel":2}`, jsonscan.DuplicateKey, 11, `"model" appears twice`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := jsonscan.ScanObject([]byte(tt.doc), want, make([]jsonscan.Span, len(want)))
			var e *jsonscan.Error
			if !errors.As(err, &e) {
				t.Fatalf("error = %v", err)
			}
			if e.Reason != tt.reason || e.Offset != tt.offset || !strings.Contains(e.Error(), tt.says) {
				t.Errorf("got reason %d offset %d %q, want %d %d %q", e.Reason, e.Offset, e.Error(), tt.reason, tt.offset, tt.says)
			}
		})
	}
}

func TestGetFollowsAPath(t *testing.T) {
	doc := []byte("\n\n {\"a\":{\"b\\u0063\":[1],\"d\":null},\"a\":2}  ")
	for path, want := range map[string]string{"a.bc": "[1]", "a.d": "null", "a.x": "", "a.d.e": "", "": ""} {
		if got := string(jsonscan.Get(doc, strings.Split(path, ".")...)); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	if got := jsonscan.Get([]byte(`{"a":1,"b"`), "a"); string(got) != "1" {
		t.Errorf("before the malformed part: %q", got)
	}
}

func TestMembersAndElementsStopWhenAsked(t *testing.T) {
	n := 0
	if err := jsonscan.Members([]byte(`{"a":1,"b":2`), func(_, _ []byte) bool { n++; return false }); err != nil || n != 1 {
		t.Errorf("members: %d, %v", n, err)
	}
	var got []string
	err := jsonscan.Elements([]byte(` [ 1, "x" ,{},[ ] ]`), func(v []byte) bool { got = append(got, string(v)); return true })
	if err != nil || strings.Join(got, "|") != `1|"x"|{}|[ ]` {
		t.Errorf("elements: %v, %v", got, err)
	}
	if err := jsonscan.Elements([]byte(`[1,]`), func([]byte) bool { return true }); err == nil {
		t.Error("a trailing comma passed")
	}
}

func TestIntTakesWholeNumbersHoweverWritten(t *testing.T) {
	for raw, want := range map[string]any{
		"0": 0, "12": 12, "-7": -7, "12.0": 12, "1e3": 1000, "1.5e1": 15, "-0": 0, "9223372036854775807": 9223372036854775807,
		"1.5": nil, "": nil, "01": nil, "1.": nil, "1e": nil, "null": nil, `"1"`: nil, "9223372036854775808": nil, "1e400": nil, "--1": nil, "0x1": nil,
	} {
		n, ok := jsonscan.Int([]byte(raw))
		if want == nil && ok || want != nil && (!ok || n != int64(want.(int))) {
			t.Errorf("Int(%q) = %d, %v", raw, n, ok)
		}
	}
}

func TestStringResolvesEscapes(t *testing.T) {
	for raw, want := range map[string]string{
		`"a"`: "a", `"\u00e9\n\"\\\/"`: "é\n\"\\/", `"\ud83d\ude00"`: "😀", `"\ud83d"`: "\uFFFD", `"\ud83dx"`: "\uFFFDx", `""`: "",
	} {
		if got, ok := jsonscan.String([]byte(raw)); !ok || got != want {
			t.Errorf("String(%s) = %q, %v", raw, got, ok)
		}
	}
	for _, raw := range []string{``, `"`, `1`, `"\"`, `"\x"`, `"\u12"`, `"a"b"`, `"\n"b"`} {
		if got, ok := jsonscan.String([]byte(raw)); ok {
			t.Errorf("String(%s) = %q", raw, got)
		}
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	doc := chatBody(4 << 10)
	spans := make([]jsonscan.Span, len(want))
	if n := testing.AllocsPerRun(100, func() {
		var d jsonscan.Doc
		if d.Scan(doc, want, spans) != nil || jsonscan.Get(doc, "metadata", "app") == nil {
			t.Fatal("not found")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzScanObjectAgreesWithEncodingJSON(f *testing.F) {
	for _, s := range []string{`{"model":"a","stream":true}`, `{"mod\u0065l":1e400}`, `{"x":[{"y":"\\\""}],"user":null}`, `{"model":1,"model":2}`, `{}`, "{\"a\":\"\xff\"}", `{"a":[}`, "\xEF\xBB\xBF{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		spans := make([]jsonscan.Span, len(want))
		err := jsonscan.ScanObject(doc, want, spans)
		var members map[string]json.RawMessage
		if json.Unmarshal(doc, &members) != nil || members == nil {
			return
		}
		if err != nil {
			var e *jsonscan.Error
			if !errors.As(err, &e) || e.Reason != jsonscan.DuplicateKey && e.Reason != jsonscan.TooDeep {
				t.Fatalf("%q: %v", doc, err)
			}
			return
		}
		for i, name := range want {
			if got := spans[i].Of(doc); string(got) != string(members[name]) {
				t.Fatalf("%q: %s = %q, want %q", doc, name, got, members[name])
			}
			if got := jsonscan.Get(doc, name); string(got) != string(members[name]) {
				t.Fatalf("%q: Get %s = %q, want %q", doc, name, got, members[name])
			}
		}
	})
}

func FuzzStringAgreesWithEncodingJSON(f *testing.F) {
	f.Add([]byte(`"\ud83d\ude00\n"`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, ok := jsonscan.String(raw)
		var want string
		if len(raw) == 0 || raw[0] != '"' || raw[len(raw)-1] != '"' || json.Unmarshal(raw, &want) != nil {
			return
		}
		if !ok || strings.ToValidUTF8(got, "\uFFFD") != strings.ToValidUTF8(want, "\uFFFD") && !strings.Contains(want, "\uFFFD") {
			t.Fatalf("%q = %q, %v; want %q", raw, got, ok, want)
		}
	})
}

// chatBody makes a conversation of about n bytes with escapes such as prompts have.
func chatBody(n int) []byte {
	var b strings.Builder
	b.WriteString(`{"messages":[`)
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `{"role":"user","content":"%s"},`, strings.Repeat(`Say \"hello\" to the world.\nThen stop and wait for the next line of the text. `, 8))
	}
	b.WriteString(`{"role":"user","content":"end"}],"temperature":0.7,"metadata":{"app":"x"},"stream":true,"model":"gpt"}`)
	return []byte(b.String())
}

func BenchmarkScanObject(b *testing.B) {
	for _, size := range []int{1 << 10, 20 << 10, 200 << 10} {
		doc := chatBody(size)
		spans := make([]jsonscan.Span, len(want))
		b.Run(fmt.Sprintf("%dKB", size>>10), func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if err := jsonscan.ScanObject(doc, want, spans); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A string's end is looked for among eight bytes at a time.
func TestAStringEndsAtItsQuoteWhereverThatStands(t *testing.T) {
	for n := range 80 {
		for _, filler := range []string{"a", "\xff", "\x80", "!", "#", "]", "\x01"} {
			text := strings.Repeat(filler, n)
			for _, tail := range []string{"", `\"`, `\\`, `\\\"`, `\"\\aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`} {
				value := `"` + text + tail + `"`
				if got := jsonscan.Get([]byte(`{"x":`+value+`,"y":"z"}`), "x"); string(got) != value {
					t.Fatalf("%q came back as %q", value, got)
				}
			}
			if got := jsonscan.Get([]byte(`{"x":"`+text), "x"); got != nil {
				t.Fatalf("%q has an end in %q", text, got)
			}
		}
	}
}

func TestPlainIsTheTextOfAStringWithoutEscapes(t *testing.T) {
	for raw, want := range map[string]string{`""`: "", `"a b"`: "a b", `"ä"`: "ä"} {
		if got, ok := jsonscan.Plain([]byte(raw)); !ok || string(got) != want {
			t.Errorf("%s gave %q %v", raw, got, ok)
		}
	}
	for _, raw := range []string{"", `"`, "null", "12", `"a\n"`, `"a"b"`, `"a`, `a"`} {
		if got, ok := jsonscan.Plain([]byte(raw)); ok {
			t.Errorf("%s gave %q", raw, got)
		}
	}
}
