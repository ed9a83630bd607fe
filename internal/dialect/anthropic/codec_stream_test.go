package anthropic_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// script writes events in short: each is kind, part and what there is to say.
func script(steps ...string) (events []llm.Event) {
	kinds := map[string]llm.PartKind{"text": llm.Text, "think": llm.Thinking, "call": llm.ToolCall, "custom": llm.ToolCall, "vendor": llm.Vendor}
	what := map[int]llm.PartKind{}
	for _, s := range steps {
		f := strings.SplitN(s, " ", 3)
		n := 0
		if len(f) > 1 {
			n, _ = strconv.Atoi(f[1])
		}
		e := llm.Event{Part: n, What: what[n]}
		switch f[0] {
		case "start":
			e.Kind, e.Model = llm.Start, "gpt"
		case "text", "think", "call", "custom", "vendor":
			e.Kind, e.What = llm.PartStart, kinds[f[0]]
			what[n] = e.What
			switch e.What {
			case llm.ToolCall:
				e.CallID, e.CallName, e.Custom = "id"+f[1], "f"+f[1], f[0] == "custom"
			case llm.Vendor:
				e.Raw = llm.Raw(f[2])
			}
		case "+":
			e.Kind, e.Text = llm.Delta, llm.Raw(f[2])
		case "state":
			e.Kind, e.State = llm.Delta, []llm.Opaque{{Dialect: "messages", Kind: "signature", Value: f[2]}}
		case "-":
			e.Kind = llm.PartEnd
		case "stop":
			e.Kind, e.Finish = llm.Finished, llm.FinishTools
		case "usage":
			e.Kind, e.Usage = llm.UsageEvent, &llm.Usage{InputTokens: llm.Known(7), OutputTokens: llm.Known(int64(n))}
		case "end":
			e.Kind = llm.End
		}
		events = append(events, e)
	}
	return events
}

// shorthand tells a stream's events in a word each.
func shorthand(t *testing.T, stream []byte) string {
	t.Helper()
	if _, err := gathered(stream); err != nil {
		t.Errorf("%v in\n%s", err, stream)
	}
	var out []string
	for _, e := range split(stream) {
		var o object
		unmarshal(t, []byte(e.data), &o)
		word := strings.TrimPrefix(strings.TrimPrefix(e.name, "content_block_"), "message_")
		if n := o.count("index"); n.Known {
			word += strconv.FormatInt(n.N, 10)
		}
		b, d := o.object("content_block"), o.object("delta")
		for _, more := range []string{b.text("type"), b.text("id"), d.text("text"), d.text("thinking"), d.text("partial_json"), d.text("signature")} {
			if more != "" {
				word += ":" + more
			}
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

func TestBlocksNeverInterleave(t *testing.T) {
	cases := []struct {
		name  string
		steps []string
		want  string
	}{
		{"a text", []string{"text 0", `+ 0 "a"`, `+ 0 ""`, `+ 0 "b"`, "- 0"}, "start0:text delta0:a delta0:b stop0"},
		{"an empty text is no block", []string{"text 0", `+ 0 ""`, "- 0", "call 1", "- 1"}, "start0:tool_use:id1 stop0"},
		{"a thought is signed before its end", []string{"think 0", `+ 0 "a"`, "state 0 S", "- 0"}, "start0:thinking delta0:a delta0:S stop0"},
		{"a thought that is not shown", []string{"think 0", "state 0 S", "- 0"}, "start0:thinking delta0:S stop0"},
		{"a thought without a state", []string{"think 0", `+ 0 "a"`, "- 0", "text 1", `+ 1 "b"`, "- 1"}, "start0:thinking delta0:a stop0 start1:text delta1:b stop1"},
		{"parallel calls, one after the other, though none has ended", []string{"call 0", `+ 0 "{\"a\":"`, `+ 0 "\"}\"}"`, "call 1", `+ 1 "{}"`, "- 0", "- 1"},
			`start0:tool_use:id0 delta0:{"a": delta0:"}"} stop0 start1:tool_use:id1 delta1:{} stop1`},
		{"parallel calls mixed up: the first one flows", []string{"call 0", "call 1", `+ 0 "{\"a\""`, `+ 1 "{\"b\""`, `+ 0 ":1}"`, `+ 1 ":2}"`, "- 0", "- 1"},
			`start0:tool_use:id0 delta0:{"a" delta0::1} stop0 start1:tool_use:id1 delta1:{"b" delta1::2} stop1`},
		{"three of them", []string{"call 0", `+ 0 "{"`, "call 1", `+ 1 "{}"`, "call 2", `+ 2 "[1]"`, "text 3", `+ 3 "t"`, `+ 0 "}"`, "- 0", "- 1", "- 2", "- 3"},
			"start0:tool_use:id0 delta0:{ delta0:} stop0 start1:tool_use:id1 delta1:{} stop1 start2:tool_use:id2 delta2:[1] stop2 start3:text delta3:t stop3"},
		{"calls without arguments", []string{"call 0", "call 1", "- 1", "- 0"}, "start0:tool_use:id0 stop0 start1:tool_use:id1 stop1"},
		{"a text that goes on after a call", []string{"text 0", `+ 0 "a"`, "call 1", `+ 1 "{}"`, `+ 0 "b"`, "- 0", "- 1"},
			"start0:text delta0:a stop0 start1:tool_use:id1 delta1:{} stop1 start2:text delta2:b stop2"},
		{"what nobody ended", []string{"call 0", `+ 0 "{}"`, "call 1", `+ 1 "{}"`}, "start0:tool_use:id0 delta0:{} stop0 start1:tool_use:id1 delta1:{} stop1"},
		{"a block of this dialect's own tools", []string{`vendor 0 {"type":"server_tool_use","id":"s","name":"n","input":{}}`, "- 0", `vendor 1 {"type":"web_search_call"}`, "- 1"}, "start0:server_tool_use:s stop0"},
		{"no arguments, in a word", []string{"call 0", `+ 0 "null"`, "- 0"}, "start0:tool_use:id0 stop0"},
		{"a call with free text", []string{"custom 0", `+ 0 "a \"b\"\n"`, `+ 0 "c"`, "call 1", "- 0", "- 1"}, `start0:tool_use:id0 delta0:{"input":" delta0:a \"b\"\n delta0:c delta0:"} stop0 start1:tool_use:id1 stop1`},
		{"a block of this dialect's own on several lines", []string{"vendor 0 {\n\"type\": \"server_tool_use\",\r\n \"id\":\"s\"}", "- 0"}, "start0:server_tool_use:s stop0"},
		{"a delta that nothing announced", []string{`+ 0 "{}"`}, "start0:text delta0:{} stop0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			steps := append(append([]string{"start"}, c.steps...), "stop", "usage 3", "end")
			got := shorthand(t, formatAll(script(steps...)))
			if want := "start " + c.want + " delta stop"; got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
		})
	}
}

func TestUsageStandsAtTheEndAndAtTheStartIfItIsKnown(t *testing.T) {
	late := string(formatAll(script("start", "text 0", `+ 0 "a"`, "- 0", "stop", "usage 3", "end")))
	if !strings.Contains(late, `"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}`) {
		t.Errorf("at the start: %s", late)
	}
	if !strings.HasSuffix(late, `"delta":{"stop_reason":"tool_use","stop_sequence":null,"stop_details":null},"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":3}}`+"\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n") {
		t.Errorf("at the end: %s", late)
	}
	early := string(formatAll(script("start", "usage 1", "text 0", `+ 0 "a"`, "- 0", "stop", "usage 3", "end")))
	if head, _, _ := strings.Cut(early, "\n\n"); !strings.Contains(head, `"input_tokens":7`) {
		t.Errorf("known at once: %s", head)
	}
}

func TestAFailureWritesNothingMore(t *testing.T) {
	f := codec.NewStreamFormatter(callOf())
	var out []byte
	for _, e := range script("start", "text 0", `+ 0 "a"`) {
		out = f.Format(out, &e)
	}
	n := len(out)
	for _, e := range append([]llm.Event{{Kind: llm.Fail, Err: errors.New("x")}}, script(`+ 0 "b"`, "- 0", "stop", "end")...) {
		out = f.Format(out, &e)
	}
	if len(out) != n {
		t.Errorf("after the failure: %s", out[n:])
	}
	other := codec.NewStreamFormatter(callOf())
	if out := other.Format(nil, &llm.Event{Kind: llm.Delta, Choice: 1, Text: llm.Raw(`"x"`)}); len(out) != 0 {
		t.Errorf("another alternative: %s", out)
	}
}

// parseAll reads a stream of bare data.
func parseAll(data ...string) (events []llm.Event) {
	p := codec.NewStreamParser(callOf())
	for _, d := range data {
		events = append(events, p.Parse(nil, nil, []byte(d))...)
	}
	return append(events, p.End(nil)...)
}

// sketch tells events in a word each.
func sketch(events []llm.Event) string {
	var out []string
	for _, e := range events {
		word := [...]string{"", "start", "begin", "+", "end", "finish", "usage", "FAIL", "over"}[e.Kind]
		if e.Kind >= llm.PartStart && e.Kind <= llm.PartEnd {
			word += strconv.Itoa(e.Part)
		}
		if e.What != 0 && e.Kind == llm.PartStart {
			word += "/" + [...]string{"", "text", "", "", "", "", "call", "", "think", "", "vendor"}[e.What]
		}
		word += string(e.Text) + string(e.Raw)
		for _, s := range e.State {
			word += "!" + s.Kind + "=" + s.Value
		}
		if len(e.Cites) > 0 {
			word += "@" + string(e.Cites[0].URL)
		}
		if e.Kind == llm.Finished {
			word += ":" + string(e.Finish)
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

func TestStreamsAreRead(t *testing.T) {
	const start = `{"type":"message_start","message":{"id":"msg_1","model":"x","usage":{"input_tokens":3,"output_tokens":1}}}`
	const finish, stop = `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":5}}`, `{"type":"message_stop"}`
	block := func(b string) string { return `{"type":"content_block_start","index":0,"content_block":` + b + `}` }
	delta := func(d string) string { return `{"type":"content_block_delta","index":0,"delta":` + d + `}` }
	const ended = `{"type":"content_block_stop","index":0}`
	cases := []struct {
		name string
		data []string
		want string
	}{
		{"a text", []string{block(`{"type":"text","text":""}`), `{"type":"ping"}`, delta(`{"type":"text_delta","text":"a"}`), delta(`{"type":"text_delta","text":""}`), ended}, `begin0/text +0"a" end0`},
		{"a text that begins with words", []string{block(`{"type":"text","text":"a"}`), ended}, `begin0/text +0"a" end0`},
		{"a thought and its signature in pieces", []string{block(`{"type":"thinking","thinking":"","signature":""}`), delta(`{"type":"thinking_delta","thinking":"h"}`), delta(`{"type":"signature_delta","signature":"S"}`), delta(`{"type":"signature_delta","signature":"T"}`), ended},
			`begin0/think +0"h" end0!signature=ST`},
		{"a redacted one", []string{block(`{"type":"redacted_thinking","data":"D"}`), ended}, `begin0/think!redacted=D end0`},
		{"a call", []string{block(`{"type":"tool_use","id":"t","name":"f","input":{}}`), delta(`{"type":"input_json_delta","partial_json":""}`), delta(`{"type":"input_json_delta","partial_json":"{\"a\":1}"}`), ended}, `begin0/call +0"{\"a\":1}" end0`},
		{"a call that is whole", []string{block(`{"type":"tool_use","id":"t","name":"f","input":{"a":1}}`), ended}, `begin0/call +0"{\"a\":1}" end0`},
		{"a call without arguments", []string{block(`{"type":"tool_use","id":"t","name":"f","input":{}}`), ended}, `begin0/call end0`},
		{"the vendor's own tool comes whole", []string{block(`{"type":"server_tool_use","id":"s","name":"n","input":{}}`), delta(`{"type":"input_json_delta","partial_json":"{\"q\":"}`), delta(`{"type":"input_json_delta","partial_json":"1}"}`), ended},
			`begin0/vendor{"type":"server_tool_use","id":"s","name":"n","input":{"q":1}} end0`},
		{"a compaction", []string{block(`{"type":"compaction","content":null}`), delta(`{"type":"compaction_delta","content":"so \"far\""}`), ended}, `begin0/vendor{"type":"compaction","content":"so \"far\""} end0`},
		{"sources", []string{block(`{"type":"text","text":"","citations":[]}`), delta(`{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"u"}}`), ended}, `begin0/text +0@"u" end0`},
		{"a delta without a beginning", []string{delta(`{"type":"text_delta","text":"a"}`), ended}, `begin0/text +0"a" end0`},
		{"a block that nobody ended", []string{block(`{"type":"text","text":""}`), delta(`{"type":"text_delta","text":"a"}`)}, `begin0/text +0"a" end0`},
		{"what nobody knows", []string{`{"type":"news"}`, delta(`{"type":"news_delta"}`), `[DONE]`, `{`, ``}, ``},
	}
	for _, c := range cases {
		got := sketch(parseAll(append(append([]string{start, start}, c.data...), finish, stop, ended)...))
		want := strings.TrimSpace("start usage "+c.want) + " finish:stop usage over"
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, want)
		}
	}
}

func TestAStreamThatDoesNotComeToItsEndFails(t *testing.T) {
	const start = `{"type":"message_start","message":{"id":"msg_1","model":"x"}}`
	for name, data := range map[string][]string{
		"cut":               {start, `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}`},
		"empty":             {},
		"overloaded":        {start, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, `{"type":"message_stop"}`},
		"an error at first": {`{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}`},
	} {
		events := parseAll(data...)
		last := events[len(events)-1]
		var f *fault.Fault
		if last.Kind != llm.Fail || !errors.As(last.Err, &f) {
			t.Errorf("%s: %s", name, sketch(events))
			continue
		}
		if name == "an error at first" && f.Kind != fault.RateLimited || name == "overloaded" && f.Message != "Overloaded" {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestAWholeMessageInOneEvent(t *testing.T) {
	got := sketch(parseAll(`{"type":"message","id":"msg_1","model":"x","content":[{"type":"thinking","thinking":"h","signature":"S"},{"type":"text","text":"a"}],"stop_reason":"max_tokens","usage":{"input_tokens":1,"output_tokens":2}}`))
	if got != `start begin0/think +0"h" end0!signature=S begin1/text +1"a" end1 finish:length usage over` {
		t.Errorf("%s", got)
	}
	paused := sketch(parseAll(`{"type":"message_start","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":1}}]}}`, `{"type":"message_stop"}`))
	if paused != `start begin0/call +0"{\"a\":1}" end0 finish:tool_calls over` {
		t.Errorf("a message that begins with blocks: %s", paused)
	}
}
