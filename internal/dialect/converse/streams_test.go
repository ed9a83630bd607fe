package converse_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// wire makes a stream of lines "event data"; a name that ends in Exception is one.
func wire(lines ...string) (stream []byte) {
	for _, line := range lines {
		name, data, _ := strings.Cut(line, " ")
		kind := "event"
		if strings.HasSuffix(name, "Exception") {
			kind = "exception"
		}
		stream = dialect.AppendEventStream(stream, []dialect.EventHeader{{Name: ":" + kind + "-type", Value: name}, {Name: ":message-type", Value: kind}}, []byte(data))
	}
	return stream
}

// tell writes events as short words, to be compared.
func tell(events []llm.Event) (out []string) {
	for _, e := range events {
		s := [...]string{"", "start", "part", "delta", "end", "finished", "usage", "fail", "done"}[e.Kind]
		if e.Kind >= llm.PartStart && e.Kind <= llm.PartEnd {
			s += [...]string{"", " text", " image", " audio", " file", " video", " call", " result", " thinking", " refusal", " vendor"}[e.What] + string(rune('0'+e.Part))
		}
		s += e.CallID + e.CallName + string(e.Text) + string(e.Finish) + string(e.StopText)
		for _, o := range e.State {
			s += "<" + o.Kind + " " + o.Value + " " + o.Provider + ">"
		}
		for _, c := range e.Cites {
			s += "[" + string(c.Title) + string(c.URL) + "]"
		}
		out = append(out, s)
	}
	return out
}

func TestStreamsReadAsTheirEvents(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []string
		want  []string
	}{
		{"an empty block is none, and reasoning comes before its call", []string{
			`messageStart {"role":"assistant"}`, `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":""}}`, `contentBlockStop {"contentBlockIndex":0}`,
			`contentBlockDelta {"contentBlockIndex":1,"delta":{"reasoningContent":{"text":"hm"}}}`, `contentBlockDelta {"contentBlockIndex":1,"delta":{"reasoningContent":{"signature":"c2ln"}}}`, `contentBlockStop {"contentBlockIndex":1}`,
			`contentBlockDelta {"contentBlockIndex":2,"delta":{"reasoningContent":{"redactedContent":"cmVk"}}}`, `contentBlockStop {"contentBlockIndex":2}`,
			`contentBlockStart {"contentBlockIndex":3,"start":{"toolUse":{"toolUseId":"t","name":"f"}}}`, `contentBlockDelta {"contentBlockIndex":3,"delta":{"toolUse":{"input":""}}}`,
			`contentBlockDelta {"contentBlockIndex":3,"delta":{"toolUse":{"input":"{}"}},"p":"abc"}`, `contentBlockStop {"contentBlockIndex":3}`,
			`messageStop {"stopReason":"tool_use"}`, `metadata {"usage":{"inputTokens":1}}`,
		}, []string{"start", "part thinking0", `delta thinking0"hm"`, "delta thinking0<signature c2ln p>", "end thinking0", "part thinking1<redacted cmVk p>", "end thinking1", "part call2tf", `delta call2"{}"`, "end call2", "finishedtool_calls", "usage", "done"}},
		{"without messageStart, stops and usage", []string{
			`contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"a"}}`, `contentBlockDelta {"contentBlockIndex":1,"delta":{"text":"b"}}`,
			`messageStop {"stopReason":"stop_sequence","additionalModelResponseFields":{"delta":{"stop_sequence":"x"}}}`,
		}, []string{"start", "part text0", `delta text0"a"`, "end text0", "part text1", `delta text1"b"`, "end text1", `finishedstop"x"`, "done"}},
		{"a signature without text", []string{
			`messageStart {}`, `contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":""}}}`, `contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"c2ln"}}}`,
			`contentBlockStop {"contentBlockIndex":0}`, `messageStop {"stopReason":"end_turn"}`,
		}, []string{"start", "part thinking0<signature c2ln p>", "end thinking0", "finishedstop", "done"}},
		{"a tool of the vendor's own, citations, a call without arguments", []string{
			`messageStart {}`, `contentBlockStart {"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"s","name":"nova_grounding","type":"server_tool_use"}}}`,
			`contentBlockDelta {"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}`, `contentBlockStop {"contentBlockIndex":0}`,
			`contentBlockStart {"contentBlockIndex":1,"start":{"toolResult":{"toolUseId":"s","type":"x","status":"success"}}}`, `contentBlockDelta {"contentBlockIndex":1,"delta":{"toolResult":[{"json":{}}]}}`, `contentBlockStop {"contentBlockIndex":1}`,
			`contentBlockDelta {"contentBlockIndex":2,"delta":{"text":"a"}}`, `contentBlockDelta {"contentBlockIndex":2,"delta":{"citation":{"title":"t","location":{"web":{"url":"https://a.example"}}}}}`, `contentBlockStop {"contentBlockIndex":2}`,
			`contentBlockStart {"contentBlockIndex":3,"start":{"toolUse":{"toolUseId":"t","name":"f"}}}`, `contentBlockStop {"contentBlockIndex":3}`, `somethingNew {}`,
			`messageStop {"stopReason":"tool_use"}`,
		}, []string{"start", "part vendor0", "end vendor0", "part vendor1", "end vendor1", "part text2", `delta text2"a"`, `delta text2["t""https://a.example"]`, "end text2", "part call3tf", "end call3", "finishedtool_calls", "done"}},
		{"an exception", []string{`messageStart {}`, `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"a"}}`, `throttlingException {"message":"slow down"}`, `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"b"}}`},
			[]string{"start", "part text0", `delta text0"a"`, "fail"}},
		{"a cut", []string{`messageStart {}`, `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"a"}}`}, []string{"start", "part text0", `delta text0"a"`, "fail"}},
		{"nothing", nil, []string{"fail"}},
	} {
		stream := wire(tt.lines...)
		for _, size := range []int{1, 7, 1000} {
			events, err := parseStream(stream, size)
			if got := tell(events); !slices.Equal(got, tt.want) {
				t.Errorf("%s, in pieces of %d:\n got %q\nwant %q (%v)", tt.name, size, got, tt.want, err)
			}
			var f *fault.Fault
			if slices.Contains(tt.want, "fail") && !errors.As(err, &f) {
				t.Errorf("%s: %v is no fault", tt.name, err)
			}
		}
	}
}

func TestAStreamThatIsCutAnywhereFails(t *testing.T) {
	stream := wire(`messageStart {}`, `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"a"}}`, `contentBlockStop {"contentBlockIndex":0}`, `messageStop {"stopReason":"end_turn"}`)
	for n := range len(stream) {
		if _, err := parseStream(stream[:n], 50); err == nil {
			t.Fatalf("cut after %d of %d bytes: no failure", n, len(stream))
		}
	}
	stream[len(stream)/2] ^= 4
	if events, err := parseStream(stream, 50); err == nil || events[len(events)-1].Kind != llm.Fail {
		t.Errorf("a wrong bit: %v", tell(events))
	}
}

func part(kind llm.EventKind, n int, what llm.PartKind, text string) llm.Event {
	e := llm.Event{Kind: kind, Part: n, What: what}
	if text != "" {
		e.Text = raw(text)
	}
	if kind == llm.PartStart && what == llm.ToolCall {
		e.CallID, e.CallName = "t"+string(rune('0'+n)), "f"
	}
	return e
}

func written(events ...llm.Event) []byte {
	f := codec.NewStreamFormatter(call())
	var out []byte
	for i := range events {
		out = f.Format(out, &events[i])
	}
	return out
}

func TestPartsThatInterleaveComeOneAfterTheOther(t *testing.T) {
	const text, tool, think = llm.Text, llm.ToolCall, llm.Thinking
	finish := []llm.Event{{Kind: llm.Finished, Finish: llm.FinishTools}, {Kind: llm.End}}
	for _, tt := range []struct {
		name   string
		events []llm.Event
		want   []string
	}{
		{"parallel calls", []llm.Event{
			part(llm.PartStart, 0, tool, ""), part(llm.PartStart, 1, tool, ""), part(llm.Delta, 0, tool, `"{\"a\""`), part(llm.Delta, 1, tool, `"{\"b\""`), part(llm.Delta, 0, tool, `":1}"`),
			part(llm.Delta, 1, tool, `":2}"`), part(llm.PartEnd, 0, tool, ""), part(llm.PartStart, 2, tool, ""), part(llm.PartEnd, 1, tool, ""), part(llm.PartEnd, 2, tool, ""),
		}, []string{`t0 f |{"a":1}||||`, `t1 f |{"b":2}||||`, `t2 f |||||`}},
		{"calls that all end at last", []llm.Event{
			part(llm.PartStart, 0, text, ""), part(llm.Delta, 0, text, `"x"`), part(llm.PartStart, 1, tool, ""), part(llm.PartStart, 2, tool, ""), part(llm.Delta, 2, tool, `"{}"`), part(llm.Delta, 1, tool, `"{}"`),
			part(llm.PartEnd, 0, text, ""), part(llm.PartEnd, 2, tool, ""), part(llm.PartEnd, 1, tool, ""),
		}, []string{`|x||||`, `t1 f |{}||||`, `t2 f |{}||||`}},
		{"text beside reasoning", []llm.Event{
			part(llm.PartStart, 0, think, ""), part(llm.Delta, 0, think, `"h"`), part(llm.PartStart, 1, text, ""), part(llm.Delta, 1, text, `"x"`), part(llm.Delta, 0, think, `"m"`), part(llm.Delta, 1, text, `"y"`),
			part(llm.PartEnd, 0, think, ""), part(llm.PartEnd, 1, text, ""),
		}, []string{`||h|||`, `|x||||`, `||m|||`, `|y||||`}},
		{"text that goes on beside a call", []llm.Event{
			part(llm.PartStart, 0, text, ""), part(llm.Delta, 0, text, `"x"`), part(llm.PartStart, 1, tool, ""), part(llm.Delta, 0, text, `"y"`), part(llm.Delta, 1, tool, `"{}"`), part(llm.PartEnd, 1, tool, ""), part(llm.PartEnd, 0, text, ""),
		}, []string{`|x||||`, `t1 f |{}||||`, `|y||||`}},
	} {
		c, why := collect(written(append(tt.events, finish...)...))
		if why != "" || !slices.Equal(c.Blocks, tt.want) || c.Stop != "tool_use" {
			t.Errorf("%s: %s\n got %q %s\nwant %q", tt.name, why, c.Blocks, c.Stop, tt.want)
		}
	}
}

func TestTheFirstCallsArgumentsAreNotHeldBack(t *testing.T) {
	f := codec.NewStreamFormatter(call())
	for i, e := range []llm.Event{{Kind: llm.Start}, part(llm.PartStart, 0, llm.ToolCall, ""), part(llm.Delta, 0, llm.ToolCall, `"{"`), part(llm.PartStart, 1, llm.ToolCall, ""), part(llm.Delta, 0, llm.ToolCall, `"}"`)} {
		if out := f.Format(nil, &e); len(out) == 0 && i != 3 {
			t.Errorf("event %d is held back", i)
		}
	}
}

func TestAStreamIsWrittenInTheVendorsOrder(t *testing.T) {
	usage := llm.Usage{InputTokens: llm.Known(12), OutputTokens: llm.Known(3), CacheReadTokens: llm.Known(2)}
	stream := written(llm.Event{Kind: llm.Start, Tier: "flex"}, llm.Event{Kind: llm.UsageEvent, Usage: &llm.Usage{InputTokens: llm.Known(1)}}, part(llm.PartStart, 0, llm.Text, ""), part(llm.Delta, 0, llm.Text, `"h\u00e9"`), part(llm.PartEnd, 0, llm.Text, ""),
		llm.Event{Kind: llm.Finished, Finish: llm.FinishStop, Vendor: "stop"}, llm.Event{Kind: llm.UsageEvent, Usage: &usage}, llm.Event{Kind: llm.End})
	want := []string{
		`messageStart {"role":"assistant"}`, `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"h\u00e9"}}`, `contentBlockStop {"contentBlockIndex":0}`, `messageStop {"stopReason":"end_turn"}`,
		`metadata {"usage":{"inputTokens":10,"outputTokens":3,"totalTokens":15,"cacheReadInputTokens":2},"metrics":{"latencyMs":0},"serviceTier":{"type":"flex"}}`,
	}
	var got []string
	f := dialect.NewEventStream(nil)
	f.Feed(stream, func(e *dialect.Event) { got = append(got, string(e.Name)+" "+string(e.Data)) })
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestAFailureWritesNothingAndOtherChoicesAreLeftOut(t *testing.T) {
	f := codec.NewStreamFormatter(call())
	other := part(llm.PartStart, 0, llm.Text, "")
	other.Choice = 1
	for _, e := range []llm.Event{other, {Kind: llm.Fail, Err: errors.New("x")}} {
		if out := f.Format(nil, &e); len(out) > 0 {
			t.Errorf("%q", out)
		}
	}
}

// TestAnAnswerIsTheSameStreamedOrWhole: what is replayed as a stream and read again says
// the same as the whole answer.
func TestAnAnswerIsTheSameStreamedOrWhole(t *testing.T) {
	body := `{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"hm","signature":"c2ln"}}},{"reasoningContent":{"redactedContent":"cmVk"}},{"text":"a \"b\""},` +
		`{"citationsContent":{"content":[{"text":"c"}],"citations":[{"title":"t","location":{"web":{"url":"https://a.example"}}}]}},{"image":{"format":"png","source":{"bytes":"aGk="}}},` +
		`{"toolUse":{"toolUseId":"t1","name":"f","input":{"x":"é\n"}}},{"toolUse":{"toolUseId":"t2","name":"f","input":{}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3}}`
	a, err := codec.ParseAnswer([]byte(body), call())
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Choices[0].Parts {
		unbind(a.Choices[0].Parts[i].State)
	}
	f := codec.NewStreamFormatter(call())
	var stream []byte
	llm.Replay(a, func(e *llm.Event) { stream = f.Format(stream, e) })
	c, why := collect(stream)
	if why != "" {
		t.Fatal(why)
	}
	want := []string{`||hm|c2ln||`, `||||cmVk|`, `|a "b"||||`, `|c||||{"title":"t","location":{"web":{"url":"https://a.example"}}}`, `t1 f |{"x":"é` + "\\n" + `"}||||`, `t2 f |{}||||`}
	if !reflect.DeepEqual(c.Blocks, want) || c.Stop != "tool_use" {
		t.Errorf("got %q", c.Blocks)
	}
	if !strings.Contains(string(stream), `{"contentBlockIndex":4,"start":{"image":{"format":"png"}}}`) || !strings.Contains(string(stream), `{"image":{"source":{"bytes":"aGk="}}}`) {
		t.Errorf("no image in %q", stream)
	}
}
