package dialect_test

import (
	"encoding/json"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func quoted(t *testing.T, s string) llm.Raw {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestACustomToolIsToldAsAFunctionOfOneText(t *testing.T) {
	tool := llm.Tool{
		Kind: llm.Custom, Name: "patch", Description: llm.Raw(`"Edits files."`),
		Vendor: llm.Raw(`{"type":"custom","name":"patch","description":"Edits files.","format":{"type":"grammar","syntax":"lark","definition":"start: \"x\""}}`),
	}
	f := dialect.FunctionOf(&tool)
	var description string
	if err := json.Unmarshal(f.Description, &description); err != nil {
		t.Fatal(err)
	}
	want := "Edits files.\n\nThe input must match this grammar (lark):\nstart: \"x\""
	if f.Kind != llm.Function || f.Name != "patch" || description != want || !json.Valid(f.Parameters) {
		t.Errorf("got %+v, description %q", f, description)
	}
	plain := llm.Tool{Kind: llm.Function, Name: "f"}
	if got := dialect.FunctionOf(&plain); got.Kind != llm.Function || got.Parameters != nil {
		t.Errorf("a function changed: %+v", got)
	}
}

func TestTheFreeTextOfACallSurvivesBeingWrapped(t *testing.T) {
	call := &llm.Call{ID: "c", Name: "patch", Custom: true, Arguments: llm.Raw(`"a \"b\"\n\u00e9\ud83d\ude00"`)}
	whole := dialect.ArgumentsObject(call)
	var object struct{ Input string }
	if err := json.Unmarshal(whole, &object); err != nil || object.Input != "a \"b\"\né😀" {
		t.Fatalf("wrapped as %s: %v", whole, err)
	}
	var text string
	if err := json.Unmarshal(dialect.ArgumentsText(call), &text); err != nil || text != string(whole) {
		t.Errorf("as text %q: %v", text, err)
	}
	for name, back := range map[string]llm.Call{
		"object": {Arguments: whole}, "text": {Arguments: dialect.ArgumentsText(call), Quoted: true}, "custom": *call,
	} {
		if got := dialect.CustomInput(&back); string(got) != string(call.Arguments) {
			t.Errorf("%s: %s comes back as %s", name, call.Arguments, got)
		}
	}
}

func TestOnlyCustomToolsOfTheRequestAreCalledFreely(t *testing.T) {
	r := &llm.Request{Tools: []llm.Tool{{Kind: llm.Function, Name: "f"}, {Kind: llm.Custom, Name: "c"}}, Has: llm.Of(llm.FTools, llm.FCustomTool)}
	if dialect.CalledFreely(nil, "c") || dialect.CalledFreely(r, "f") || dialect.CalledFreely(r, "x") || !dialect.CalledFreely(r, "c") {
		t.Error("wrong")
	}
}

// feed gives what a stream makes of arguments that come in pieces of some runes.
func feed(t *testing.T, arguments string, size int) string {
	t.Helper()
	var s dialect.CustomStream
	out := []byte{'"'}
	runes := []rune(arguments)
	for len(runes) > 0 {
		n := min(size, len(runes))
		out = s.Feed(out, quoted(t, string(runes[:n])))
		runes = runes[n:]
	}
	out = append(s.End(out), '"')
	var text string
	if err := json.Unmarshal(out, &text); err != nil {
		t.Fatalf("%q in pieces of %d gives %s: %v", arguments, size, out, err)
	}
	return text
}

func TestTheFreeTextOfAStreamedCallComesInPieces(t *testing.T) {
	for arguments, want := range map[string]string{
		`{"input":"*** Begin\n\"x\" é \u00e9 \ud83d\ude00 😀 \\ \/"}`: "*** Begin\n\"x\" é é 😀 😀 \\ /",
		"{ \"input\" : \"a\nb\" }":                                   "a\nb",
		`{"input":""}`:                                               "",
		`{}`:                                                         "",
		``:                                                           "",
		`{"input":"half \ud83d`:                                      "half \ufffd",
		`{"input":"half \ud83dé"}`:                                   "half \ufffdé",
		`{"input":"half \ud83d\n"}`:                                  "half \ufffd\n",
		`{"input":"no \x escape"}`:                                   `no \x escape`,
		`{"input":"cut \u00`:                                         "cut ",
		`{"patch":"x \"y\""}`:                                        `{"patch":"x \"y\""}`,
		"*** Begin":                                                  "*** Begin",
		`{"input":{"a":1}}`:                                          `{"input":{"a":1}}`,
		`{"inp`:                                                      `{"inp`,
		`{"input":"a","more":"b"}`:                                   "a",
		`{"input":"\u0041\u00zz"}`:                                   `A\u00zz`,
	} {
		for size := 1; size < 12; size++ {
			if got := feed(t, arguments, size); got != want {
				t.Errorf("%q in pieces of %d gives %q, want %q", arguments, size, got, want)
			}
		}
	}
}
