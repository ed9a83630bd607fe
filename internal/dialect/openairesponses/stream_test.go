package openairesponses_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// told writes events for a caller; it checks the stream's grammar.
func told(t *testing.T, c *dialect.Call, events ...llm.Event) []byte {
	t.Helper()
	f := codec.NewStreamFormatter(c)
	var out []byte
	for i := range events {
		out = f.Format(out, &events[i])
	}
	if why := wellFormed(out); why != "" {
		t.Fatalf("%s\n%s", why, out)
	}
	return out
}

func started() llm.Event { return llm.Event{Kind: llm.Start, ID: "x", Model: "vendor-model"} }

func begin(part int, what llm.PartKind, change ...func(*llm.Event)) llm.Event {
	e := llm.Event{Kind: llm.PartStart, Part: part, What: what}
	for _, f := range change {
		f(&e)
	}
	return e
}

func calls(id, name string) func(*llm.Event) {
	return func(e *llm.Event) { e.CallID, e.CallName = id, name }
}

func state(o llm.Opaque) func(*llm.Event) {
	return func(e *llm.Event) { e.State = []llm.Opaque{o} }
}

func more(part int, what llm.PartKind, text string) llm.Event {
	return llm.Event{Kind: llm.Delta, Part: part, What: what, Text: str(text)}
}

func ended(part int, what llm.PartKind, change ...func(*llm.Event)) llm.Event {
	e := llm.Event{Kind: llm.PartEnd, Part: part, What: what}
	for _, f := range change {
		f(&e)
	}
	return e
}

func finished(finish llm.Finish) llm.Event { return llm.Event{Kind: llm.Finished, Finish: finish} }

var over = llm.Event{Kind: llm.End}

// kinds lists the types of a stream's events.
func kinds(stream []byte) (all []string) {
	for line := range strings.Lines(string(stream)) {
		if name, ok := strings.CutPrefix(line, "event: response."); ok {
			all = append(all, strings.TrimSpace(name))
		}
	}
	return all
}

// final gives the response at the end of a stream.
func final(stream []byte) dialecttest.Object {
	events := strings.Split(strings.TrimSpace(string(stream)), "\n\n")
	_, data, _ := strings.Cut(events[len(events)-1], "data: ")
	return dialecttest.Decode(data).At("response")
}

func TestAStreamOfAllKindsOfParts(t *testing.T) {
	usage := &llm.Usage{InputTokens: llm.Known(10), OutputTokens: llm.Known(7), CacheReadTokens: llm.Known(4), ReasoningTokens: llm.Known(2)}
	out := told(t, aCall(), started(),
		begin(0, llm.Thinking), more(0, llm.Thinking, "hm"), more(0, llm.Thinking, "."), ended(0, llm.Thinking, state(llm.Opaque{Dialect: "messages", Provider: "a", Model: "m", Kind: "signature", Value: "sig"})),
		begin(1, llm.Text), more(1, llm.Text, "I "), more(1, llm.Text, "look."), ended(1, llm.Text),
		begin(2, llm.Text), more(2, llm.Text, " Twice."), ended(2, llm.Text),
		begin(3, llm.ToolCall, calls("c1", "f")), more(3, llm.ToolCall, `{"a":`), more(3, llm.ToolCall, `1}`), ended(3, llm.ToolCall),
		begin(4, llm.ToolCall, calls("c2", "g")), ended(4, llm.ToolCall),
		finished(llm.FinishTools), llm.Event{Kind: llm.UsageEvent, Usage: usage}, over)
	want := strings.Fields(`created in_progress
		output_item.added reasoning_summary_part.added reasoning_summary_text.delta reasoning_summary_text.delta reasoning_summary_text.done reasoning_summary_part.done output_item.done
		output_item.added content_part.added output_text.delta output_text.delta output_text.done content_part.done content_part.added output_text.delta output_text.done content_part.done output_item.done
		output_item.added function_call_arguments.delta function_call_arguments.delta function_call_arguments.done output_item.done
		output_item.added function_call_arguments.delta function_call_arguments.done output_item.done
		completed`)
	if got := kinds(out); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	r := final(out)
	if got := fmt.Sprint(r.At("usage")); got != "map[input_tokens:10 input_tokens_details:map[cached_tokens:4] output_tokens:7 output_tokens_details:map[reasoning_tokens:2] total_tokens:17]" {
		t.Errorf("usage %v", got)
	}
	if r.Text("model") != "vendor-model" || r.Text("id") != "resp_0198c0de000070008000000000000001" || r["created_at"] != 1.7e9 {
		t.Errorf("%v", r)
	}
	g := readStream(out, 1, aCall())
	if g.err != nil || g.wrong != "" {
		t.Fatal(g.err, g.wrong)
	}
	m := meaningOf(&g.answer)
	if m.Text != "I look. Twice." || m.Thinking != "hm." || fmt.Sprint(m.Calls) != `[c1 f {"a":1} c2 g {}]` || m.Finish != "tool_calls" || len(m.State) != 1 {
		t.Errorf("read back: %+v", m)
	}
}

func TestCallsSideBySideAreNotHeldBack(t *testing.T) {
	out := told(t, aCall(), started(), begin(0, llm.Text), more(0, llm.Text, "a"),
		begin(1, llm.ToolCall, calls("c1", "f")), begin(2, llm.ToolCall, calls("c2", "g")),
		more(1, llm.ToolCall, `{"a"`), more(2, llm.ToolCall, `{"b"`), more(0, llm.Text, "b"), more(1, llm.ToolCall, `:1}`), more(2, llm.ToolCall, `:2}`),
		ended(2, llm.ToolCall), ended(1, llm.ToolCall), ended(0, llm.Text), finished(llm.FinishTools), over)
	if got := fmt.Sprint(meaningOf(&readStream(out, len(out), aCall()).answer).Calls); got != `[c1 f {"a":1} c2 g {"b":2}]` {
		t.Errorf("got %s", got)
	}
	var names []string
	for _, item := range final(out).List("output") {
		names = append(names, item.Text("type")+item.Text("name"))
	}
	if got := fmt.Sprint(names); got != "[message function_callf function_callg]" {
		t.Errorf("the output is %s", got)
	}
}

func TestSignedCallsAndRedactedReasoning(t *testing.T) {
	redacted := llm.Opaque{Dialect: "messages", Provider: "a", Model: "m", Kind: "redacted", Value: "xx"}
	sign := llm.Opaque{Dialect: "gemini", Provider: "g", Model: "m", Kind: "thought_signature", Value: "ts"}
	out := told(t, aCall(), started(), begin(0, llm.Thinking, state(redacted)), ended(0, llm.Thinking), begin(1, llm.Thinking), ended(1, llm.Thinking),
		begin(2, llm.ToolCall, calls("c1", "f"), state(sign)), ended(2, llm.ToolCall), begin(3, llm.ToolCall, calls("c2", "f")), ended(3, llm.ToolCall), finished(llm.FinishTools), over)
	items := final(out).List("output")
	var order []string
	for _, item := range items {
		order = append(order, item.Text("type"))
	}
	if got := fmt.Sprint(order); got != "[reasoning reasoning function_call function_call]" {
		t.Fatalf("the output is %s", got)
	}
	if o := dialect.Unwrap(items[0].Text("encrypted_content"), dialect.Responses, ""); o != redacted {
		t.Errorf("the redacted piece is %+v", o)
	}
	sign.ID = "c1"
	if o := dialect.Unwrap(items[1].Text("encrypted_content"), dialect.Responses, ""); o != sign {
		t.Errorf("the signature is %+v", o)
	}
}

func TestCallsComeInTheFormOfTheirTool(t *testing.T) {
	c := aCall()
	c.Request = parsed(t, `{"input":"hi","tools":[{"type":"custom","name":"patch"},{"type":"namespace","name":"mcp","tools":[{"type":"function","name":"read"}]},{"type":"tool_search","execution":"client"}]}`)
	c.Names = map[string]string{"short_1": "mcp__read"}
	out := told(t, c, started(),
		begin(0, llm.ToolCall, calls("c1", "patch")), more(0, llm.ToolCall, `{"input":"*** \`), more(0, llm.ToolCall, `"a\"\n"}`), ended(0, llm.ToolCall),
		begin(1, llm.ToolCall, calls("c2", "short_1")), more(1, llm.ToolCall, `{}`), ended(1, llm.ToolCall),
		begin(2, llm.ToolCall, calls("c3", "tool_search")), more(2, llm.ToolCall, `{"query":"q"}`), ended(2, llm.ToolCall),
		finished(llm.FinishTools), over)
	items := final(out).List("output")
	for i, want := range []string{
		"map[call_id:c1 id:ctc_0198c0de000070008000000000000001_0 input:*** \"a\"\n name:patch status:completed type:custom_tool_call]",
		"map[arguments:{} call_id:c2 id:fc_0198c0de000070008000000000000001_1 name:read namespace:mcp status:completed type:function_call]",
		"map[arguments:map[query:q] call_id:c3 execution:client id:tsc_0198c0de000070008000000000000001_2 status:completed type:tool_search_call]",
	} {
		if got := fmt.Sprint(items[i]); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestSourcesRefusalsAndLogprobs(t *testing.T) {
	cites := more(0, llm.Text, "so")
	cites.Raw = llm.Raw(`[{"token":"so","logprob":-0.5,"bytes":null,"top_logprobs":[]}]`)
	cites.Cites = []llm.Citation{{URL: str("https://a"), Title: str("A"), Start: llm.Known(0), End: llm.Known(2)}, {Title: str("a book")}}
	out := told(t, aCall(), started(), begin(0, llm.Text), cites, ended(0, llm.Text), begin(1, llm.Refusal), more(1, llm.Refusal, "no"), ended(1, llm.Refusal), finished(llm.FinishStop), over)
	item := final(out).List("output")[0]
	want := `[map[annotations:[map[end_index:2 start_index:0 title:A type:url_citation url:https://a]] logprobs:[map[bytes:<nil> logprob:-0.5 token:so top_logprobs:[]]] text:so type:output_text] map[refusal:no type:refusal]]`
	if got := fmt.Sprint(item["content"]); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheEndSaysWhy(t *testing.T) {
	for finish, want := range map[llm.Finish]string{
		llm.FinishStop: "completed <nil>", llm.FinishTools: "completed <nil>", llm.FinishUnknown: "completed <nil>",
		llm.FinishLength: "incomplete map[reason:max_output_tokens]", llm.FinishContext: "incomplete map[reason:max_output_tokens]",
		llm.FinishFilter: "incomplete map[reason:content_filter]", llm.FinishRefusal: "incomplete map[reason:content_filter]",
		llm.FinishPause: "incomplete map[reason:max_output_tokens]", llm.FinishError: "failed <nil>",
	} {
		r := final(told(t, aCall(), started(), finished(finish), over))
		if got := fmt.Sprint(r["status"], " ", r["incomplete_details"]); got != want {
			t.Errorf("%s: %s, want %s", finish, got, want)
		}
	}
}

func TestNothingIsWrittenOfAFailure(t *testing.T) {
	f := codec.NewStreamFormatter(aCall())
	if out := f.Format(nil, &llm.Event{Kind: llm.Fail}); len(out) > 0 {
		t.Errorf("wrote %s", out)
	}
	if out := f.Format(nil, &over); len(out) > 0 {
		t.Errorf("wrote %s after it", out)
	}
}

func TestAResponseRepeatsItsRequest(t *testing.T) {
	c := aCall()
	c.Request = parsed(t, `{"model":"asked","instructions":"be brief","input":"hi","temperature":0.5,"max_output_tokens":50,"truncation":"auto","metadata":{"k":"v"},"parallel_tool_calls":false,"store":true,
		"reasoning":{"effort":"low"},"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}},"verbosity":"low"},"tool_choice":{"type":"function","name":"f"},"tools":[{"type":"function","name":"f","parameters":{"type":"object"}},{"type":"web_search"}]}`)
	a := &llm.Answer{Choices: []llm.Choice{{Parts: []llm.Part{textPart("so")}, Finish: llm.FinishStop}}}
	r := dialecttest.Decode(string(codec.FormatAnswer(nil, a, c)))
	if m := missing(r, requiredMembers...); m != "" {
		t.Errorf("%s is missing", m)
	}
	for member, want := range map[string]string{
		"model": "m", "instructions": "be brief", "temperature": "0.5", "top_p": "1", "max_output_tokens": "50", "truncation": "auto", "metadata": "map[k:v]", "parallel_tool_calls": "false", "store": "false",
		"reasoning": "map[effort:low summary:<nil>]", "text": "map[format:map[description:<nil> name:n schema:map[type:object] strict:false type:json_schema] verbosity:low]",
		"tool_choice": "map[name:f type:function]", "tools": "[map[description:<nil> name:f parameters:map[type:object] strict:true type:function] map[type:web_search]]", "usage": "<nil>", "previous_response_id": "<nil>",
	} {
		if got := fmt.Sprint(r[member]); got != want {
			t.Errorf("%s is %s, want %s", member, got, want)
		}
	}
}

// A stream as the vendor sends it, with several pieces of a summary and parallel calls.
const vendorStream = `event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":7,"status":"in_progress","model":"m-1","output":[]}}

event: response.output_item.added
data: {"type":"response.output_item.added","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}}

event: response.reasoning_summary_part.added
data: {"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}

event: response.reasoning_summary_text.delta
data: {"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"one"}

event: response.reasoning_summary_text.delta
data: {"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":1,"delta":"two"}

event: response.output_item.done
data: {"type":"response.output_item.done","output_index":0,"item":{"id":"rs_1","type":"reasoning","encrypted_content":"gAAA","summary":[{"type":"summary_text","text":"one"},{"type":"summary_text","text":"two"}]}}

event: response.output_item.added
data: {"type":"response.output_item.added","output_index":1,"item":{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":""}}

event: response.output_item.added
data: {"type":"response.output_item.added","output_index":2,"item":{"id":"fc_2","type":"function_call","call_id":"c2","name":"g","arguments":""}}

event: response.function_call_arguments.delta
data: {"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":"{\"a\":1}"}

event: response.function_call_arguments.done
data: {"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":1,"arguments":"{\"a\":1}"}

event: response.function_call_arguments.done
data: {"type":"response.function_call_arguments.done","item_id":"fc_2","output_index":2,"arguments":"{\"b\":2}"}

event: response.output_item.done
data: {"type":"response.output_item.done","output_index":1,"item":{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"}}

event: response.output_item.done
data: {"type":"response.output_item.done","output_index":2,"item":{"id":"fc_2","type":"function_call","call_id":"c2","name":"g","arguments":"{\"b\":2}"}}

event: response.completed
data: {"type":"response.completed","response":{"id":"resp_1","object":"response","created_at":7,"status":"completed","model":"m-1","service_tier":"default","output":[],"usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":1},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":5}}}

`

func TestAVendorsStreamReadsTheSameHoweverItIsCut(t *testing.T) {
	for name, stream := range map[string]string{
		"as the vendor sends it": vendorStream,
		"without event lines, with [DONE]": func() string {
			var b strings.Builder
			for line := range strings.Lines(vendorStream) {
				if !strings.HasPrefix(line, "event:") {
					b.WriteString(line)
				}
			}
			return ": waiting\n\n" + b.String() + "data: [DONE]\n\n"
		}(),
		"with carriage returns": strings.ReplaceAll(vendorStream, "\n", "\r\n"),
	} {
		for _, size := range []int{1, 7, len(stream)} {
			g := readStream([]byte(stream), size, aCall())
			if g.err != nil || g.wrong != "" {
				t.Fatalf("%s in pieces of %d: %v %s", name, size, g.err, g.wrong)
			}
			m := meaningOf(&g.answer)
			if m.Thinking != "one\n\ntwo" || fmt.Sprint(m.Calls) != `[c1 f {"a":1} c2 g {"b":2}]` || m.Finish != "tool_calls" || fmt.Sprint(m.State) != "[gAAA]" ||
				m.Usage.OutputTokens.N != 2 || m.Tier != "default" || m.Model != "m-1" {
				t.Errorf("%s in pieces of %d: %+v", name, size, m)
			}
			want := llm.Opaque{Dialect: "responses", Provider: "p", Model: "m", Kind: "encrypted", ID: "rs_1", Value: "gAAA"}
			if got := g.answer.Choices[0].Parts[0].State[0]; got != want {
				t.Errorf("state %+v", got)
			}
		}
	}
}

func TestACutStreamFails(t *testing.T) {
	whole := strings.Index(vendorStream, "event: response.completed")
	for cut := 0; cut < whole; cut += 37 {
		g := readStream([]byte(vendorStream[:cut]), len(vendorStream), aCall())
		var f *fault.Fault
		if !errors.As(g.err, &f) || f.Code != fault.UpstreamError {
			t.Fatalf("cut at %d: %v", cut, g.err)
		}
	}
}

func TestAFailureInAStreamIsTheVendors(t *testing.T) {
	head, _, _ := strings.Cut(vendorStream, "event: response.output_item.added")
	for name, tail := range map[string]string{
		"error":                    "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"Slow down\",\"param\":null}\n\n",
		"error, an object":         "data: {\"type\":\"error\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"Slow down\"}}\n\n",
		"error, without a type":    "data: {\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"Slow down\"}}\n\n",
		"response.failed":          "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"Slow down\"}}}\n\n",
		"completed, with an error": "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"Slow down\"}}}\n\n",
	} {
		g := readStream([]byte(head+tail), len(vendorStream), aCall())
		var f *fault.Fault
		if !errors.As(g.err, &f) || f.Code != fault.UpstreamRateLimited || !strings.Contains(f.Message, "Slow down") {
			t.Errorf("%s: %v", name, g.err)
		}
	}
}

func TestServersThatSendLessAreUnderstood(t *testing.T) {
	for name, tt := range map[string]struct{ stream, want string }{
		"only the end": {`data: {"type":"response.completed","response":{"id":"r","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"so"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]}}`, "so [c f {}] tool_calls"},
		"items without deltas": {`data: {"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"so"}]}}

data: {"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}}

data: {"type":"response.completed","response":{"status":"completed"}}`, "so [c f {}] tool_calls"},
		"no indices": {`data: {"type":"response.output_item.added","item":{"type":"message","content":[]}}

data: {"type":"response.output_text.delta","delta":"s"}

data: {"type":"response.output_text.delta","delta":"o"}

data: {"type":"response.output_item.done","item":{"type":"message","content":[{"type":"output_text","text":"so"}]}}

data: {"type":"response.output_item.added","item":{"type":"function_call","call_id":"c","name":"f"}}

data: {"type":"response.function_call_arguments.delta","delta":"{}"}

data: {"type":"response.output_item.done","item":{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}}

data: {"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"}}}`, "so [c f {}] length"},
		"the name comes late": {`data: {"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","call_id":"","name":""}}

data: {"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}"}}

data: {"type":"response.completed","response":{"status":"completed"}}`, ` [c f {"a":1}] tool_calls`},
		"no response at the end": {`data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"so"}

data: [DONE]`, "so [] stop"},
		"an older form": {`data: {"object":"response.delta","delta":{"type":"response.start","response":{"id":"r","model":"m"}}}

data: {"object":"response.delta","delta":{"type":"content_part.delta","index":0,"text":"so"}}

data: {"object":"response.delta","delta":{"type":"response.stop"}}`, "so [] stop"},
	} {
		g := readStream([]byte(tt.stream+"\n\n"), len(tt.stream), aCall())
		m := meaningOf(&g.answer)
		if got := fmt.Sprint(m.Text, " ", m.Calls, " ", m.Finish); got != tt.want || g.err != nil || g.wrong != "" {
			t.Errorf("%s: %s %v %s, want %s", name, got, g.err, g.wrong, tt.want)
		}
	}
}
