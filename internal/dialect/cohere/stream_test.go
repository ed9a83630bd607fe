package cohere_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// stream is the stream in an exchange of testdata.
func stream(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	_, b, _ = bytes.Cut(b, []byte("-- stream --\n"))
	b, _, _ = bytes.Cut(b, []byte("-- report --"))
	return string(b)
}

// spell writes events in short: what a test is about, one a line.
func spell(events []llm.Event) string {
	kinds := map[llm.EventKind]string{llm.Start: "start", llm.PartStart: "+", llm.Delta: "d", llm.PartEnd: "-", llm.Finished: "finished", llm.UsageEvent: "usage", llm.Fail: "fail", llm.End: "end"}
	parts := map[llm.PartKind]string{llm.Text: "text", llm.Thinking: "thinking", llm.ToolCall: "call"}
	var out strings.Builder
	for _, e := range events {
		out.WriteString(kinds[e.Kind])
		switch e.Kind {
		case llm.PartStart, llm.Delta, llm.PartEnd:
			out.WriteString(string(rune('0'+e.Part)) + " " + parts[e.What] + e.CallID + " " + e.CallName + string(e.Text))
			for _, c := range e.Cites {
				out.WriteString(" cites " + string(c.Text) + string(c.Title))
			}
		case llm.Finished:
			out.WriteString(" " + string(e.Finish) + " " + e.Vendor)
		case llm.Start:
			out.WriteString(" " + e.ID)
		case llm.Fail:
			out.WriteString(" " + e.Err.Error())
		}
		out.WriteString("\n")
	}
	return out.String()
}

func TestStreamsAreReadHoweverTheyAreCut(t *testing.T) {
	for name, want := range map[string]string{
		"stream-tools.txt": `start s-made-up
+0 thinking 
d0 thinking "Look"
d0 thinking " it up."
-0 thinking 
+1 callweather_1 weather
d1 call "{\"city\":"
d1 call " \"Oslo\"}"
-1 call 
+2 calltime_2 time
-2 call 
finished tool_calls TOOL_CALL
usage
end
`,
		"stream-cited.txt": `start s-made-up
+0 thinking 
d0 thinking "The document says so."
-0 thinking 
+1 text 
d1 text "It rains"
d1 text  cites "rains""facts"
-1 text 
finished stop COMPLETE
usage
end
`,
		"stream-failed.txt": `start s-made-up
+0 text 
d0 text "It"
-0 text 
usage
fail upstream_error: the model is overloaded
`,
	} {
		t.Run(name, func(t *testing.T) {
			body := stream(t, name)
			whole := feed(call, body, len(body))
			if got := spell(whole); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			for _, size := range []int{1, 7} {
				if got := feed(call, body, size); !reflect.DeepEqual(plain(t, got), plain(t, whole)) {
					t.Errorf("in pieces of %d:\n%s", size, spell(got))
				}
			}
			if got := feed(call, strings.ReplaceAll(body, "\n", "\r\n"), 5); spell(got) != want {
				t.Errorf("with CRLF:\n%s", spell(got))
			}
			nameless := ""
			for line := range strings.Lines(body) {
				if !strings.HasPrefix(line, "event:") {
					nameless += line
				}
			}
			if got := feed(call, nameless, 100); spell(got) != want {
				t.Errorf("without names:\n%s", spell(got))
			}
		})
	}
}

func TestAStreamThatIsCutFails(t *testing.T) {
	body := stream(t, "stream-tools.txt")
	for n := 0; n < strings.Index(body, "event: message-end"); n += 97 {
		events := feed(call, body[:n], 50)
		last := events[len(events)-1]
		f, ok := last.Err.(*fault.Fault)
		if last.Kind != llm.Fail || !ok || f.Kind != fault.Upstream {
			t.Fatalf("cut at %d: %+v", n, last)
		}
	}
}

func TestOddStreamsAreReadForWhatTheyMean(t *testing.T) {
	start := `data: {"type":"message-start","id":"x"}` + "\n\n"
	end := `data: {"type":"message-end","delta":{"finish_reason":"COMPLETE"}}` + "\n\n"
	for name, tt := range map[string]struct{ body, want string }{
		"arguments that are null are none": {
			`data: {"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"a","function":{"name":"f","arguments":""}}}}}` + "\n\n" +
				`data: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"null"}}}}}` + "\n\n" +
				`data: {"type":"tool-call-end","index":0}` + "\n\n",
			"+0 calla f\n-0 call \n"},
		"arguments that only begin with null are kept": {
			`data: {"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"a","function":{"name":"f","arguments":"null"}}}}}` + "\n\n" +
				`data: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"able"}}}}}` + "\n\n",
			"+0 calla f\nd0 call \"null\"\nd0 call \"able\"\n-0 call \n"},
		"a delta without a start": {
			`data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"x"}}}}` + "\n\n" +
				`data: {"type":"content-delta","index":1,"delta":{"message":{"content":{"thinking":"y"}}}}` + "\n\n",
			"+0 text \nd0 text \"x\"\n-0 text \n+1 thinking \nd1 thinking \"y\"\n-1 thinking \n"},
		"text in the start": {
			`data: {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":"x"}}}}` + "\n\n",
			"+0 text \nd0 text \"x\"\n-0 text \n"},
		"a citation of nothing": {
			`data: {"type":"citation-start","index":0,"delta":{"message":{"citations":{"text":"x"}}}}` + "\n\n",
			"+0 text \nd0 text  cites \"x\"\n-0 text \n"},
		"unknown events and empty ones": {
			`data: {"type":"something-new"}` + "\n\n" + `data: {"type":"content-delta"}` + "\n\n" + `data: {"type":"tool-call-delta","index":4}` + "\n\n" + "data: nonsense\n\n" + `event: debug` + "\n" + `data: {"prompt":"x"}` + "\n\n",
			""},
	} {
		t.Run(name, func(t *testing.T) {
			want := "start x\n" + tt.want + "finished stop COMPLETE\nend\n"
			if got := spell(feed(call, start+tt.body+end+"data: [DONE]\n\n", 64)); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

func TestAnErrorInsteadOfAStreamIsAFault(t *testing.T) {
	for _, body := range []string{`data: {"id":"x","message":"too bad"}` + "\n\n", "event: error\n" + `data: {"message":"too bad"}` + "\n\n", `data: {"type":"message-end","delta":{"finish_reason":"ERROR"}}` + "\n\n"} {
		events := feed(call, body, 100)
		if last := events[len(events)-1]; last.Kind != llm.Fail || last.Err.(*fault.Fault).Kind != fault.Upstream {
			t.Errorf("%s: %s", body, spell(events))
		}
	}
}

func TestAStreamComesBackAsItWent(t *testing.T) {
	for _, name := range []string{"stream-tools.txt", "stream-cited.txt"} {
		first := feed(call, stream(t, name), 1<<20)
		written := write(call, first...)
		second := feed(call, written, 1<<20)
		// A call without arguments is given an empty object.
		got := strings.ReplaceAll(spell(second), "d2 call \"{}\"\n", "")
		if got != spell(first) {
			t.Errorf("%s:\n%s\nbecame\n%s", name, spell(first), got)
		}
		checkGrammar(t, written)
	}
}

// checkGrammar holds a stream to what the SDKs expect: one thing open at a time, with
// numbers that rise by one, each event named as its type, and an end.
func checkGrammar(t *testing.T, stream string) {
	t.Helper()
	open, content, calls, cited := "", 0, 0, 0
	name := ""
	lines := strings.Split(strings.TrimSuffix(stream, "\n\n"), "\n")
	for i, line := range lines {
		if v, ok := strings.CutPrefix(line, "event: "); ok {
			name = v
			continue
		}
		if line == "" || line == "data: [DONE]" && i == len(lines)-1 {
			continue
		}
		var e struct {
			Type  string
			Index *int
		}
		if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "data: ")), &e); err != nil || e.Type != name {
			t.Fatalf("%q under the name %q: %v", line, name, err)
		}
		family, step, _ := strings.Cut(strings.Replace(e.Type, "tool-call", "toolcall", 1), "-")
		count := map[string]*int{"content": &content, "toolcall": &calls, "citation": &cited}[family]
		switch {
		case family == "message" && (step == "start") != (i == 1), family == "message" && open != "":
			t.Fatalf("%q with %q open", line, open)
		case count == nil:
		case e.Index == nil || *e.Index != *count:
			t.Fatalf("%q: want index %d", line, *count)
		case family == "citation":
			if step == "end" {
				cited++
			}
		case step == "start":
			if open != "" {
				t.Fatalf("%q with %q open", line, open)
			}
			open = family
		case open != family:
			t.Fatalf("%q with %q open", line, open)
		case step == "end":
			open = ""
			*count++
		}
	}
	if lines[len(lines)-1] != "data: [DONE]" {
		t.Errorf("the stream has no end: %q", lines[len(lines)-1])
	}
}

func ev(kind llm.EventKind, part int, what llm.PartKind, s string) llm.Event {
	e := llm.Event{Kind: kind, Part: part, What: what}
	if kind == llm.PartStart && what == llm.ToolCall {
		e.CallID, e.CallName = "id_"+s, s
	} else if s != "" {
		e.Text = text(s)
	}
	return e
}

func TestCallsThatInterleaveAreWrittenInTurn(t *testing.T) {
	f := codec.NewStreamFormatter(call)
	var out string
	step := func(e llm.Event) string {
		got := string(f.Format(nil, &e))
		out += got
		return got
	}
	step(llm.Event{Kind: llm.Start, ID: "x"})
	step(ev(llm.PartStart, 0, llm.ToolCall, "a"))
	step(ev(llm.PartStart, 1, llm.ToolCall, "b"))
	if got := step(ev(llm.Delta, 0, llm.ToolCall, `{"x"`)); !strings.Contains(got, `"{\"x\""`) {
		t.Errorf("the first call's arguments are held back: %q", got)
	}
	if got := step(ev(llm.Delta, 1, llm.ToolCall, `{"y"`)); got != "" {
		t.Errorf("the second call is written while the first is open: %q", got)
	}
	step(ev(llm.Delta, 0, llm.ToolCall, `:1}`))
	step(ev(llm.PartStart, 2, llm.ToolCall, "c"))
	step(ev(llm.PartEnd, 2, llm.ToolCall, ""))
	if got := step(ev(llm.PartEnd, 0, llm.ToolCall, "")); !strings.Contains(got, `"b"`) || strings.Contains(got, `"c"`) {
		t.Errorf("after the first call come %q", got)
	}
	if got := step(ev(llm.Delta, 1, llm.ToolCall, `:2}`)); got == "" {
		t.Error("the second call is held back when its turn has come")
	}
	step(ev(llm.PartEnd, 1, llm.ToolCall, ""))
	step(llm.Event{Kind: llm.Finished, Finish: llm.FinishTools})
	step(llm.Event{Kind: llm.End})
	checkGrammar(t, out)
	want := "start x\n+0 callid_a a\nd0 call \"{\\\"x\\\"\"\nd0 call \":1}\"\n-0 call \n+1 callid_b b\nd1 call \"{\\\"y\\\"\"\nd1 call \":2}\"\n-1 call \n+2 callid_c c\nd2 call \"{}\"\n-2 call \nfinished tool_calls TOOL_CALL\nend\n"
	if got := spell(feed(call, out, 1000)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestForeignStreamsAreWrittenAsTheVendorWould(t *testing.T) {
	used := llm.Usage{InputTokens: llm.Known(3), OutputTokens: llm.Known(2)}
	out := write(call,
		llm.Event{Kind: llm.Start, Model: "claude"},
		ev(llm.PartStart, 0, llm.Thinking, ""), // redacted: nothing to show
		ev(llm.PartEnd, 0, llm.Thinking, ""),
		ev(llm.PartStart, 1, llm.Thinking, ""),
		ev(llm.Delta, 1, llm.Thinking, "hm"),
		ev(llm.PartStart, 2, llm.Text, ""), // the reasoning is still open
		ev(llm.Delta, 2, llm.Text, "It "),
		ev(llm.PartEnd, 1, llm.Thinking, ""),
		llm.Event{Kind: llm.Delta, Part: 2, What: llm.Text, Text: text("rains"), Raw: llm.Raw(`[{"token":"rai","logprob":-0.5},{"token":"ns","logprob":-1}]`),
			Cites: []llm.Citation{{URL: text("https://e.com"), Title: text("T")}}},
		llm.Event{Kind: llm.PartStart, Choice: 1, What: llm.Text},
		llm.Event{Kind: llm.Delta, Choice: 1, What: llm.Text, Text: text("other")},
		ev(llm.PartEnd, 2, llm.Text, ""),
		llm.Event{Kind: llm.Finished, Finish: llm.FinishStop, Vendor: "end_turn"},
		llm.Event{Kind: llm.UsageEvent, Usage: &used},
		llm.Event{Kind: llm.End},
	)
	checkGrammar(t, out)
	want := []string{
		`{"type":"message-start","id":"0197a0a0-0000-7000-8000-000000000001","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}`,
		`{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}`,
		`{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"hm"}}}}`,
		`{"type":"content-end","index":0}`,
		`{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":""}}}}`,
		`{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"It "}}}}`,
		`{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"rains"}}},"logprobs":{"text":"rains","token_ids":[],"logprobs":[-0.5,-1]}}`,
		`{"type":"citation-start","index":0,"delta":{"message":{"citations":{"sources":[{"type":"document","id":"https://e.com","document":{"id":"https://e.com","title":"T","url":"https://e.com"}}],"content_index":1,"type":"TEXT_CONTENT"}}}}`,
		`{"type":"citation-end","index":0}`,
		`{"type":"content-end","index":1}`,
		`{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":3,"output_tokens":2},"tokens":{"input_tokens":3,"output_tokens":2}}}}`,
		`[DONE]`,
	}
	if got := data(out); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAfterAFailureTheFormatterWritesNothing(t *testing.T) {
	f := codec.NewStreamFormatter(call)
	f.Format(nil, &llm.Event{Kind: llm.Start})
	if got := f.Format(nil, &llm.Event{Kind: llm.Fail, Err: fault.New(fault.UpstreamError, "x")}); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}
