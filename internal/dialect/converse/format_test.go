package converse_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// foreign reads a request of this dialect and makes it that of a caller of another one.
func foreign(t testing.TB, body string) *llm.Request {
	t.Helper()
	r, err := codec.ParseRequest([]byte(body))
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	r.Dialect, r.Own = "chat", nil
	return r
}

func format(t testing.TB, r *llm.Request, model string) dialect.Written {
	t.Helper()
	w, err := codec.FormatRequest(nil, r, &dialect.Target{Provider: "p", Model: model})
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(w.Body) {
		t.Fatalf("no JSON: %s", w.Body)
	}
	return w
}

func lostNames(f llm.Features) string {
	var names []string
	for _, x := range f.All() {
		names = append(names, x.String())
	}
	return strings.Join(names, ", ")
}

// TestRequestsFollowTheRulesOfEachModel: testdata/codec/request.txt has cases of "# what"
// with the model, what the caller asks (in this dialect's words, as if in another's),
// what is written, and what is lost. SLUICE_UPDATE=1 writes what comes out.
func TestRequestsFollowTheRulesOfEachModel(t *testing.T) {
	path := filepath.Join("testdata", "codec", "request.txt")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for c := range strings.SplitSeq(string(text), "\n# ") {
		lines := strings.Split(strings.TrimPrefix(strings.TrimSpace(c), "# "), "\n")
		if len(lines) < 3 {
			t.Fatalf("a case is too short: %q", c)
		}
		w := format(t, foreign(t, lines[2]), lines[1])
		got := []string{string(w.Body)}
		if lost := lostNames(w.Lost); lost != "" {
			got = append(got, "lost: "+lost)
		}
		if want := lines[3:]; strings.Join(got, "\n") != strings.Join(want, "\n") && os.Getenv("SLUICE_UPDATE") == "" {
			t.Errorf("%s (%s):\n got %s\nwant %s", lines[0], lines[1], strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
		out.WriteString("# " + strings.Join(append(lines[:3:3], got...), "\n") + "\n\n")
	}
	if os.Getenv("SLUICE_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(strings.TrimSpace(out.String())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func raw(s string) llm.Raw { return llm.Raw(s) }

func textPart(s string) llm.Part { return llm.Part{Kind: llm.Text, Text: raw(`"` + s + `"`)} }

func turn(role llm.Role, parts ...llm.Part) llm.Message { return llm.Message{Role: role, Parts: parts} }

func toolCall(id, name string) llm.Part {
	return llm.Part{Kind: llm.ToolCall, Call: &llm.Call{ID: id, Name: name, Arguments: raw(`"{\"a\":1}"`), Quoted: true}}
}

func toolResult(id, text string) llm.Part {
	return llm.Part{Kind: llm.ToolResult, Result: &llm.Result{ID: id, Parts: []llm.Part{textPart(text)}}}
}

// chat makes a request of another dialect's caller.
func chat(has []llm.Feature, messages ...llm.Message) *llm.Request {
	return &llm.Request{Dialect: "chat", Messages: messages, Has: llm.Of(has...)}
}

const sonnet = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"

func TestTurnsAlternateAndResultsComeFirst(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   []llm.Message
		want string
	}{
		{"a system turn in the middle stands in the user's turn", []llm.Message{
			turn(llm.System, textPart("s1")), turn(llm.Developer, textPart("s2")), turn(llm.User, textPart("u")), turn(llm.System, textPart("s3")), turn(llm.Assistant, textPart("a")), turn(llm.Developer, textPart("s4")), turn(llm.User, textPart("v")),
		}, `{"messages":[{"role":"user","content":[{"text":"u"},{"text":"<system>\ns3\n</system>"}]},{"role":"assistant","content":[{"text":"a"}]},{"role":"user","content":[{"text":"<system>\ns4\n</system>"},{"text":"v"}]}],"system":[{"text":"s1"},{"text":"s2"}]}`},
		{"results of parallel calls are one turn, before any text", []llm.Message{
			turn(llm.User, textPart("u")), turn(llm.Assistant, textPart("a")), turn(llm.Assistant, toolCall("c1", "f"), toolCall("c2", "f")),
			turn(llm.System, textPart("s")), turn(llm.ToolRole, toolResult("c1", "r1"), toolResult("c2", "r2")), turn(llm.User, textPart("v")),
		}, `{"messages":[{"role":"user","content":[{"text":"u"}]},{"role":"assistant","content":[{"text":"a"},{"toolUse":{"toolUseId":"c1","name":"f","input":{"a":1}}},{"toolUse":{"toolUseId":"c2","name":"f","input":{"a":1}}}]},` +
			`{"role":"user","content":[{"toolResult":{"toolUseId":"c1","content":[{"text":"r1"}]}},{"toolResult":{"toolUseId":"c2","content":[{"text":"r2"}]}},{"text":"<system>\ns\n</system>"},{"text":"v"}]}],` +
			`"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}}}}]}}`},
		{"the user speaks first", []llm.Message{turn(llm.Assistant, textPart("hello")), turn(llm.User, textPart("u"))},
			`{"messages":[{"role":"user","content":[{"text":"Begin."}]},{"role":"assistant","content":[{"text":"hello"}]},{"role":"user","content":[{"text":"u"}]}]}`},
		{"blank text is left out, and a turn of nothing else", []llm.Message{turn(llm.User, textPart("u")), turn(llm.Assistant, textPart(` \n`)), turn(llm.User, textPart(""), textPart("v"))},
			`{"messages":[{"role":"user","content":[{"text":"u"},{"text":"v"}]}]}`},
		{"instructions alone", []llm.Message{turn(llm.System, textPart("s"))},
			`{"messages":[{"role":"user","content":[{"text":"s"}]}]}`},
		{"a prefill has no white space at its end", []llm.Message{turn(llm.User, textPart("u")), turn(llm.Assistant, textPart(`so: \n`))},
			`{"messages":[{"role":"user","content":[{"text":"u"}]},{"role":"assistant","content":[{"text":"so:"}]}]}`},
		{"a refusal is text", []llm.Message{turn(llm.User, textPart("u")), turn(llm.Assistant, llm.Part{Kind: llm.Refusal, Text: raw(`"no"`)}), turn(llm.User, textPart("v"))},
			`{"messages":[{"role":"user","content":[{"text":"u"}]},{"role":"assistant","content":[{"text":"no"}]},{"role":"user","content":[{"text":"v"}]}]}`},
	} {
		r := chat([]llm.Feature{llm.FSystemLater}, tt.in...)
		if strings.Contains(tt.want, "toolUse") {
			r.Has = r.Has.With(llm.Of(llm.FToolCall, llm.FToolResult))
			r.Tools = []llm.Tool{{Kind: llm.Function, Name: "f"}}
		}
		if got := format(t, r, sonnet).Body; string(got) != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestIDsAndNamesAreRewrittenAlikeEverywhere(t *testing.T) {
	long := strings.Repeat("n", 70)
	r := chat([]llm.Feature{llm.FToolCall, llm.FTools}, turn(llm.User, textPart("u")), turn(llm.Assistant, toolCall("functions.f:0", "a.b"), toolCall("c2", long)),
		turn(llm.ToolRole, toolResult("functions.f:0", "x"), toolResult("c2", "y")))
	r.Tools = []llm.Tool{{Kind: llm.Function, Name: "a.b"}, {Kind: llm.Function, Name: long}}
	r.Choice = llm.ToolChoice{Mode: "tool", Names: []string{"a.b"}}
	w := format(t, r, sonnet)
	var short string
	for vendor, name := range w.Names {
		if name == "a.b" {
			short = vendor
		}
		if len(vendor) > 64 || strings.Contains(vendor, ".") {
			t.Errorf("the name %q", vendor)
		}
	}
	if len(w.Names) != 2 || strings.Count(string(w.Body), `"`+short+`"`) != 3 {
		t.Errorf("names %v in %s", w.Names, w.Body)
	}
	if strings.Contains(string(w.Body), "functions.f:0") || strings.Count(string(w.Body), `"toolUseId":"call_`) != 2 {
		t.Errorf("ids in %s", w.Body)
	}
	if nova := format(t, r, "amazon.nova-lite-v1:0"); !strings.Contains(string(nova.Body), "functions.f:0") {
		t.Errorf("an id that is allowed was rewritten: %s", nova.Body)
	}
	parsed := &dialect.Call{Names: w.Names}
	a, err := codec.ParseAnswer([]byte(`{"output":{"message":{"content":[{"toolUse":{"toolUseId":"t","name":"`+short+`","input":{}}}]}},"stopReason":"tool_use"}`), parsed)
	if err != nil || a.Choices[0].Parts[0].Call.Name != "a.b" {
		t.Errorf("the name came back as %+v, %v", a, err)
	}
}

func media(kind llm.PartKind, m llm.Media) llm.Part { return llm.Part{Kind: kind, Media: &m} }

func TestMediaAreBytesOfAKnownFormat(t *testing.T) {
	const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	for _, tt := range []struct {
		name string
		part llm.Part
		want string // of the block; "" = refused
	}{
		{"an image's type", media(llm.Image, llm.Media{Type: "image/jpg", Data: []byte("aGk=")}), `{"image":{"format":"jpeg","source":{"bytes":"aGk="}}}`},
		{"an image of unknown type", media(llm.Image, llm.Media{Data: []byte(png)}), `{"image":{"format":"png","source":{"bytes":"` + png + `"}}}`},
		{"an image of the wrong type", media(llm.Image, llm.Media{Type: "application/octet-stream", Data: []byte(png)}), `{"image":{"format":"png","source":{"bytes":"` + png + `"}}}`},
		{"an image that was fetched", media(llm.Image, llm.Media{URL: raw(`"https://a.example/i"`), Type: "image/gif", Data: []byte("aGk=")}), `{"image":{"format":"gif","source":{"bytes":"aGk="}}}`},
		{"an image in S3", media(llm.Image, llm.Media{Type: "image/webp", URL: raw(`"s3://b/k"`)}), `{"image":{"format":"webp","source":{"s3Location":{"uri":"s3://b/k"}}}}`},
		{"an image by URL", media(llm.Image, llm.Media{Type: "image/png", URL: raw(`"https://a.example/i"`)}), ""},
		{"a drawing", media(llm.Image, llm.Media{Type: "image/svg+xml", Data: []byte("aGk=")}), ""},
		{"a document", media(llm.File, llm.Media{Type: "application/pdf", Data: []byte("aGk="), Name: raw(`"Q1  report (final)_v2.pdf"`)}), `{"document":{"format":"pdf","name":"Q1 report (final)-v2","source":{"bytes":"aGk="}}}`},
		{"a text", media(llm.File, llm.Media{Type: "text/plain", Text: raw(`"h\u00e9"`)}), `{"document":{"format":"txt","name":"document-1","source":{"bytes":"aMOp"}}}`},
		{"a document in pieces", media(llm.File, llm.Media{Parts: []llm.Part{textPart("a"), textPart("b")}, Cites: true, Context: raw(`"c"`)}), `{"document":{"format":"txt","name":"document-1","context":"c","citations":{"enabled":true},"source":{"content":[{"text":"a"},{"text":"b"}]}}}`},
		{"a format by the file's name", media(llm.File, llm.Media{Data: []byte("aGk="), Name: raw(`"notes.md"`)}), `{"document":{"format":"md","name":"notes","source":{"bytes":"aGk="}}}`},
		{"an archive", media(llm.File, llm.Media{Type: "application/zip", Data: []byte("UEsDBA==")}), ""},
		{"a sound", media(llm.Audio, llm.Media{Format: "wav", Data: []byte("aGk=")}), `{"audio":{"format":"wav","source":{"bytes":"aGk="}}}`},
		{"a video", media(llm.Video, llm.Media{Type: "video/3gpp", Data: []byte("aGk=")}), `{"video":{"format":"three_gp","source":{"bytes":"aGk="}}}`},
	} {
		w, err := codec.FormatRequest(nil, chat(nil, turn(llm.User, textPart("u"), tt.part)), &dialect.Target{Model: sonnet})
		if tt.want == "" {
			if f, ok := err.(*fault.Fault); !ok || f.Code != fault.UnsupportedParameter {
				t.Errorf("%s: %v, %s", tt.name, err, w.Body)
			}
			continue
		}
		if want := `{"messages":[{"role":"user","content":[{"text":"u"},` + tt.want + `]}]}`; err != nil || string(w.Body) != want {
			t.Errorf("%s: %v\n got %s\nwant %s", tt.name, err, w.Body, want)
		}
	}
}

func TestDocumentsHaveNamesOfTheirOwnAndATextBesideThem(t *testing.T) {
	doc := media(llm.File, llm.Media{Type: "text/csv", Data: []byte("aGk="), Name: raw(`"a.csv"`)})
	none := media(llm.File, llm.Media{Type: "text/csv", Data: []byte("aGk="), Name: raw(`"\u00fc"`)})
	got := string(format(t, chat(nil, turn(llm.User, doc, doc, none)), sonnet).Body)
	for _, want := range []string{`"name":"a"`, `"name":"a-2"`, `"name":"document-3"`, `{"text":"The document is attached."}]}]`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

func TestMediaInTheWrongPlaceAreLeftOutAndSaid(t *testing.T) {
	image := media(llm.Image, llm.Media{Type: "image/png", Data: []byte("aGk=")})
	w := format(t, chat([]llm.Feature{llm.FImageData}, turn(llm.User, textPart("u")), turn(llm.Assistant, image, textPart("a")), turn(llm.User, textPart("v"))), sonnet)
	if strings.Contains(string(w.Body), "image") || !w.Lost.Has(llm.FImageData) {
		t.Errorf("lost %v: %s", lostNames(w.Lost), w.Body)
	}
}

func TestAFileThatAnotherProviderKeepsIsRefused(t *testing.T) {
	file := media(llm.File, llm.Media{FileID: raw(`"file-1"`)})
	_, err := codec.FormatRequest(nil, chat([]llm.Feature{llm.FFileID}, turn(llm.User, textPart("u"), file)), &dialect.Target{Model: sonnet})
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.UnsupportedParameter {
		t.Errorf("%v", err)
	}
}

func TestResultsKeepAllTheirPieces(t *testing.T) {
	res := llm.Part{Kind: llm.ToolResult, Result: &llm.Result{ID: "c1", Name: "f", Error: true, Parts: []llm.Part{textPart("a"), media(llm.Image, llm.Media{Type: "image/png", Data: []byte("aGk=")}), textPart("")}}}
	object := llm.Part{Kind: llm.ToolResult, Result: &llm.Result{ID: "c2", JSON: raw(`{"x":[1]}`)}}
	empty := llm.Part{Kind: llm.ToolResult, Result: &llm.Result{ID: "c3"}}
	r := chat([]llm.Feature{llm.FToolResult, llm.FToolCall}, turn(llm.User, textPart("u")), turn(llm.Assistant, toolCall("c1", "f"), toolCall("c2", "f"), toolCall("c3", "f")), turn(llm.ToolRole, res, object, empty))
	r.Tools = []llm.Tool{{Kind: llm.Function, Name: "f"}}
	want := `{"toolResult":{"toolUseId":"c1","content":[{"text":"a"},{"image":{"format":"png","source":{"bytes":"aGk="}}}],"status":"error"}},{"toolResult":{"toolUseId":"c2","content":[{"json":{"x":[1]}}]}},{"toolResult":{"toolUseId":"c3","content":[{"text":"(no output)"}]}}`
	if got := string(format(t, r, "amazon.nova-pro-v1:0").Body); !strings.Contains(got, want) {
		t.Errorf("got %s", got)
	}
	want = `{"toolResult":{"toolUseId":"c1","content":[{"text":"a"}],"status":"error"}},{"toolResult":{"toolUseId":"c2","content":[{"json":{"x":[1]}}]}},{"toolResult":{"toolUseId":"c3","content":[{"text":"(no output)"}]}},` +
		`{"text":"From the result of f:"},{"image":{"format":"png","source":{"bytes":"aGk="}}}]`
	if got := string(format(t, r, sonnet).Body); !strings.Contains(got, want) {
		t.Errorf("got %s", got)
	}
	w := format(t, r, "meta.llama3-1-70b-instruct-v1:0")
	if strings.Contains(string(w.Body), "status") || !w.Lost.Has(llm.FResultError) {
		t.Errorf("a mark of error that the model does not take: %s", w.Body)
	}
}

func TestArgumentsThatAreNoJSONAreKept(t *testing.T) {
	for arguments, want := range map[string]string{
		`"{\"a\":"`: `"input":{"invalid_json":"{\"a\":"}`, `""`: `"input":{}`, `"{}"`: `"input":{}`, `"[1]"`: `"input":{"invalid_json":"[1]"}`,
	} {
		c := llm.Part{Kind: llm.ToolCall, Call: &llm.Call{ID: "c", Name: "f", Arguments: raw(arguments), Quoted: true}}
		got := string(format(t, chat(nil, turn(llm.User, textPart("u")), turn(llm.Assistant, c)), sonnet).Body)
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s", arguments, got)
		}
	}
}

func TestSeveralAnswersAreRefused(t *testing.T) {
	for n, ok := range map[string]bool{"1": true, "2": false} {
		r := chat(nil, turn(llm.User, textPart("u")))
		r.Set(llm.FN, raw(n))
		_, err := codec.FormatRequest(nil, r, &dialect.Target{Model: sonnet})
		if (err == nil) != ok {
			t.Errorf("n=%s: %v", n, err)
		}
	}
}
