package openaichat_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// chunks makes a stream of chunks whose only choice holds the given deltas, the last of
// them with a finish.
func chunks(finish string, deltas ...string) string {
	out := ""
	for i, d := range deltas {
		word := "null"
		if i == len(deltas)-1 && finish != "" {
			word = `"` + finish + `"`
		}
		out += `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,"delta":` + d + `,"finish_reason":` + word + `}]}` + "\n\n"
	}
	return out
}

const done = "data: [DONE]\n\n"

func call(fields, args string) string {
	return `{"tool_calls":[{` + fields + `"function":{` + args + `}}]}`
}

// tell writes events in short: T"x" text, H reasoning, R refusal, C a call with its name,
// "(" and ")" for the beginning and the end of a part.
func tell(events []llm.Event) string {
	var out strings.Builder
	for _, e := range events {
		letter := map[llm.PartKind]string{llm.Text: "T", llm.Thinking: "H", llm.Refusal: "R", llm.ToolCall: "C", llm.Image: "I", llm.Audio: "A"}[e.What]
		at := fmt.Sprintf("%s%d", letter, e.Part)
		if e.Choice > 0 {
			at = fmt.Sprintf("%d/%s", e.Choice, at)
		}
		switch e.Kind {
		case llm.Start:
			fmt.Fprintf(&out, "start %s %s ", e.ID, e.Model)
		case llm.PartStart:
			fmt.Fprintf(&out, "%s(%s ", at, e.CallName)
		case llm.Delta:
			fmt.Fprintf(&out, "%s:%s ", at, e.Text)
			if len(e.Cites) > 0 {
				fmt.Fprintf(&out, "cites %s ", e.Cites[0].URL)
			}
		case llm.PartEnd:
			fmt.Fprintf(&out, "%s) ", at)
		case llm.Finished:
			fmt.Fprintf(&out, "%s/%s ", e.Finish, e.Vendor)
		case llm.UsageEvent:
			fmt.Fprintf(&out, "usage %d+%d ", e.Usage.InputTokens.N, e.Usage.OutputTokens.N)
		case llm.Fail:
			fmt.Fprintf(&out, "FAIL %v", e.Err)
		case llm.End:
			out.WriteString("end")
		}
		for _, o := range e.State {
			fmt.Fprintf(&out, "state %s ", o.Value)
		}
	}
	return out.String()
}

func TestStreamsAreReadWhateverTheHabitsOfTheirVendors(t *testing.T) {
	const text = `start chatcmpl-1 m T0( T0:"a" `
	usage := `data: {"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}` + "\n\n"
	for name, c := range map[string]struct{ stream, want string }{
		"text":                        {chunks("stop", `{"role":"assistant","content":""}`, `{"content":"a"}`, `{}`) + done, text + `T0) stop/stop end`},
		"usage in a chunk of its own": {chunks("stop", `{"content":"a"}`) + usage + done, text + `T0) stop/stop usage 3+4 end`},
		"usage in every chunk, the last one counts": {
			strings.Replace(chunks("", `{"content":"a"}`), `"choices"`, `"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4},"choices"`, 1) + chunks("stop", `{}`) + usage + done, text + `T0) stop/stop usage 3+4 end`},
		"usage in x_groq":                {chunks("stop", `{"content":"a"}`) + `data: {"choices":[],"x_groq":{"usage":{"prompt_tokens":3,"completion_tokens":4}}}` + "\n\n" + done, text + `T0) stop/stop usage 3+4 end`},
		"a finish that is said twice":    {chunks("stop", `{"content":"a"}`) + chunks("stop", `{"role":"assistant","content":""}`) + done, text + `T0) stop/stop end`},
		"no DONE":                        {chunks("stop", `{"content":"a"}`), text + `T0) stop/stop end`},
		"DONE without a finish":          {chunks("", `{"content":"a"}`) + done, text + `T0) stop/ end`},
		"a first chunk without choices":  {`data: {"id":"","model":"","choices":[],"prompt_filter_results":[]}` + "\n\n" + chunks("stop", `{"content":"a"}`) + done, text + `T0) stop/stop end`},
		"text with the finish":           {chunks("length", `{"content":"a"}`) + done, text + `T0) length/length end`},
		"a word that nobody knows":       {chunks("eureka", `{"content":"a"}`) + done, text + `T0) unknown/eureka end`},
		"a cut":                          {chunks("", `{"content":"a"}`), text + `FAIL upstream_error: The provider's stream ended before it was complete.`},
		"nothing at all":                 {``, `FAIL upstream_error: The provider's stream ended before it was complete.`},
		"nothing but DONE":               {done, `FAIL upstream_error: The provider's stream held no answer.`},
		"an error as data":               {chunks("", `{"content":"a"}`) + `data: {"error":{"message":"boom","code":"server_error"}}` + "\n\n" + done, text + `FAIL upstream_error: boom`},
		"an error as an event":           {chunks("", `{"content":"a"}`) + "event: error\n" + `data: {"error":{"message":"boom","type":"invalid_request_error"}}` + "\n\n", text + `FAIL upstream_error: boom`},
		"an error in a choice":           {chunks("", `{"content":"a"}`) + `data: {"choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"code":429,"message":"slow down"}}]}` + "\n\n", text + `T0) FAIL upstream_rate_limited: slow down`},
		"a refusal":                      {chunks("stop", `{"refusal":"n"}`, `{"refusal":"o"}`) + done, `start chatcmpl-1 m R0( R0:"n" R0:"o" R0) stop/stop end`},
		"reasoning, then text":           {chunks("stop", `{"reasoning_content":"h","content":null}`, `{"content":"a"}`) + done, `start chatcmpl-1 m H0( H0:"h" H0) T1( T1:"a" T1) stop/stop end`},
		"reasoning under two names":      {chunks("stop", `{"reasoning_content":"h","reasoning":"h"}`, `{"content":"a"}`) + done, `start chatcmpl-1 m H0( H0:"h" H0) T1( T1:"a" T1) stop/stop end`},
		"reasoning as chunks of content": {chunks("stop", `{"content":[{"type":"thinking","thinking":[{"type":"text","text":"h"}]}]}`, `{"content":[{"type":"text","text":"a"}]}`) + done, `start chatcmpl-1 m H0( H0:"h" H0) T1( T1:"a" T1) stop/stop end`},
		"reasoning in details, signed at its end": {chunks("stop", `{"reasoning":"h","reasoning_details":[{"type":"reasoning.text","text":"h","format":"anthropic-claude-v1","index":0}]}`, `{"reasoning_details":[{"type":"reasoning.text","signature":"s","format":"anthropic-claude-v1","index":0}]}`, `{"content":"a"}`) + done,
			`start chatcmpl-1 m H0( H0:"h" H0) state {"type":"reasoning.text","signature":"s","format":"anthropic-claude-v1","index":0} T1( T1:"a" T1) stop/stop end`},
		"reasoning that is encrypted": {chunks("stop", `{"reasoning":"h","reasoning_details":[{"type":"reasoning.encrypted","data":"d","id":"rs_1","index":0}]}`, `{"content":"a"}`) + done,
			`start chatcmpl-1 m H0( H0:"h" H0) H1( state {"type":"reasoning.encrypted","data":"d","id":"rs_1","index":0} H1) T2( T2:"a" T2) stop/stop end`},
		"a call in pieces": {chunks("tool_calls", `{"content":null}`, call(`"index":0,"id":"c1","type":"function",`, `"name":"f","arguments":""`), call(`"index":0,`, `"arguments":"{\"a\""`), call(`"index":0,`, `"arguments":": 1}"`)) + done,
			`start chatcmpl-1 m C0(f C0:"{\"a\"" C0:": 1}" C0) tool_calls/tool_calls end`},
		"calls in parallel, one after the other": {chunks("tool_calls", call(`"index":0,"id":"c1",`, `"name":"f","arguments":"{\"a\":\"}\"}"`), call(`"index":1,"id":"c2",`, `"name":"g","arguments":""`), call(`"index":1,`, `"arguments":"{}"`)) + done,
			`start chatcmpl-1 m C0(f C0:"{\"a\":\"}\"}" C0) C1(g C1:"{}" C1) tool_calls/tool_calls end`},
		"calls in parallel, by turns": {chunks("tool_calls", call(`"index":0,"id":"c1",`, `"name":"f","arguments":"{"`), call(`"index":1,"id":"c2",`, `"name":"g","arguments":"{"`), call(`"index":0,`, `"arguments":"}"`), call(`"index":1,`, `"arguments":"}"`)) + done,
			`start chatcmpl-1 m C0(f C0:"{" C1(g C1:"{" C0:"}" C1:"}" C0) C1) tool_calls/tool_calls end`},
		"indexes that begin above 0":                  {chunks("tool_calls", call(`"index":1,"id":"c1",`, `"name":"f","arguments":"{}"`)) + done, `start chatcmpl-1 m C0(f C0:"{}" C0) tool_calls/tool_calls end`},
		"no indexes":                                  {chunks("tool_calls", call(`"id":"c1",`, `"name":"f","arguments":"{}"`), call(`"id":"c2",`, `"name":"g","arguments":"{}"`)) + done, `start chatcmpl-1 m C0(f C0:"{}" C0) C1(g C1:"{}" C1) tool_calls/tool_calls end`},
		"all indexes 0":                               {chunks("tool_calls", call(`"index":0,"id":"c1",`, `"name":"f","arguments":"{}"`), call(`"index":0,"id":"c2",`, `"name":"g","arguments":"{}"`)) + done, `start chatcmpl-1 m C0(f C0:"{}" C0) C1(g C1:"{}" C1) tool_calls/tool_calls end`},
		"id and name that repeat":                     {chunks("tool_calls", call(`"index":0,"id":"c1",`, `"name":"f","arguments":"{"`), call(`"index":0,"id":"c1",`, `"name":"f","arguments":"}"`)) + done, `start chatcmpl-1 m C0(f C0:"{" C0:"}" C0) tool_calls/tool_calls end`},
		"empty and null words":                        {chunks("tool_calls", call(`"index":0,"id":"c1",`, `"name":"f","arguments":""`), call(`"index":0,"id":null,`, `"name":null,"arguments":null`), call(`"index":0,"id":"",`, `"name":"","arguments":"{}"`)) + done, `start chatcmpl-1 m C0(f C0:"{}" C0) tool_calls/tool_calls end`},
		"arguments that are an object":                {chunks("tool_calls", call(`"index":0,"id":"c1",`, `"name":"f","arguments":{"a":"b"}`)) + done, `start chatcmpl-1 m C0(f C0:"{\"a\":\"b\"}" C0) tool_calls/tool_calls end`},
		"calls with the word stop":                    {chunks("stop", call(`"index":0,"id":"c1",`, `"name":"f","arguments":"{}"`)) + done, `start chatcmpl-1 m C0(f C0:"{}" C0) tool_calls/stop end`},
		"the older form of a call":                    {chunks("function_call", `{"function_call":{"name":"f","arguments":""}}`, `{"function_call":{"arguments":"{}"}}`) + done, `start chatcmpl-1 m C0(f C0:"{}" C0) tool_calls/function_call end`},
		"an empty call of the older form beside text": {chunks("stop", `{"content":"a","function_call":{"name":"","arguments":""}}`) + done, text + `T0) stop/stop end`},
		"a signature with a call":                     {chunks("tool_calls", `{"tool_calls":[{"index":0,"id":"c1","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]}`) + done, `start chatcmpl-1 m C0(f state s C0:"{}" C0) tool_calls/tool_calls end`},
		"sources":                                     {chunks("stop", `{"content":"a"}`, `{"annotations":[{"type":"url_citation","url_citation":{"url":"https://e.com","title":"t"}}]}`) + done, text + `T0: cites "https://e.com" T0) stop/stop end`},
		"sources beside the choices":                  {chunks("", `{"content":"a"}`) + strings.Replace(chunks("stop", `{}`), `"choices"`, `"citations":["https://e.com"],"choices"`, 1), text + `T0: cites "https://e.com" T0) stop/stop end`},
		"an image":                                    {chunks("stop", `{"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}`) + done, `start chatcmpl-1 m I0( I0) stop/stop end`},
		"a message instead of a delta":                {strings.ReplaceAll(chunks("stop", `{"content":"a"}`), `"delta"`, `"message"`), text + `T0) stop/stop end`},
		"several choices": {`data: {"id":"chatcmpl-1","model":"m","choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}}]}` + "\n\n" + `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n" + `data: {"choices":[{"index":1,"delta":{},"finish_reason":"length"}]}` + "\n\n" + done,
			`start chatcmpl-1 m 1/T0( 1/T0:"b" T0( T0:"a" T0) 1/T0) stop/stop length/length end`},
		"one of several choices is cut": {`data: {"id":"chatcmpl-1","model":"m","choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n", `start chatcmpl-1 m 1/T0( 1/T0:"b" FAIL upstream_error: The provider's stream ended before it was complete.`},
	} {
		t.Run(name, func(t *testing.T) {
			events, why := readStreamCodec([]byte(c.stream), len(c.stream)+1)
			if got := tell(events); strings.TrimSpace(got) != c.want || why != "" {
				t.Errorf("%s\n got %s\nwant %s", why, got, c.want)
			}
			bytewise, _ := readStreamCodec([]byte(c.stream), 1)
			if !reflect.DeepEqual(events, bytewise) && len(events) > 0 && events[len(events)-1].Kind != llm.Fail {
				t.Errorf("byte by byte: %s", tell(bytewise))
			}
			if len(events) == 0 || events[len(events)-1].Kind == llm.Fail {
				return
			}
			for _, asked := range []bool{false, true} {
				r := &llm.Request{}
				if asked {
					r.Has.Add(llm.FStreamUsage)
				}
				if why := checkChunks(writeStream(events, r), asked); why != "" {
					t.Errorf("written again: %s", why)
				}
			}
		})
	}
}

func writeStream(events []llm.Event, r *llm.Request) (out []byte) {
	f := codec.NewStreamFormatter(aCall(r))
	for i := range events {
		out = f.Format(out, &events[i])
	}
	return out
}

func TestACutAnywhereNeverEndsProperly(t *testing.T) {
	whole := chunks("tool_calls", `{"content":"a"}`, call(`"index":0,"id":"c1",`, `"name":"f","arguments":"{}"`))
	for n := range len(whole) - len(`"finish_reason":"tool_calls"}]}`) - 3 {
		events, why := readStreamCodec([]byte(whole[:n]), 7)
		if why != "" || events[len(events)-1].Kind != llm.Fail {
			t.Fatalf("cut after %d: %s %s", n, tell(events), why)
		}
	}
}

// eventsOf makes the events of one choice from parts.
func eventsOf(parts ...llm.Part) (events []llm.Event) {
	llm.Replay(&llm.Answer{ID: "msg_1", Model: "claude", Choices: []llm.Choice{{Parts: parts, Finish: llm.FinishTools}}, Usage: llm.Usage{InputTokens: llm.Known(3), OutputTokens: llm.Known(4), CacheReadTokens: llm.Known(1)}}, func(e *llm.Event) { events = append(events, *e) })
	return events
}

func TestAStreamIsWrittenInChunksAsOpenAIsAre(t *testing.T) {
	head := func(rest string) string {
		return `data: {"id":"chatcmpl-01HTEST","object":"chat.completion.chunk","created":1700000000,"model":"claude","choices":[` + rest + "\n\n"
	}
	delta := func(d string) string {
		return head(`{"index":0,"delta":` + d + `,"logprobs":null,"finish_reason":null}],"usage":null}`)
	}
	signed := llm.Part{Kind: llm.Thinking, Text: raw(`"hm"`), State: []llm.Opaque{{Dialect: "messages", Provider: "p", Model: "m", Kind: "signature", Value: "s"}}}
	seal := dialect.Wrap(&signed.State[0], "chat")
	got := string(writeStream(eventsOf(signed, words("a"), calling("toolu_1", "f", `{"a":1}`), calling("toolu_2", "g", ``)), &llm.Request{Has: llm.Of(llm.FStreamUsage)}))
	want := delta(`{"role":"assistant","content":""}`) +
		delta(`{"reasoning_content":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","format":"unknown","index":0}]}`) +
		delta(`{"reasoning_details":[{"type":"reasoning.text","text":"","signature":"`+seal+`","format":"unknown","index":0}]}`) +
		delta(`{"content":"a"}`) +
		delta(`{"tool_calls":[{"index":0,"id":"toolu_1","type":"function","function":{"name":"f","arguments":""}}]}`) +
		delta(`{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]}`) +
		delta(`{"tool_calls":[{"index":1,"id":"toolu_2","type":"function","function":{"name":"g","arguments":""}}]}`) +
		delta(`{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}`) +
		head(`{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}],"usage":null}`) +
		head(`],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":1}}}`) + done
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if why := checkChunks([]byte(got), true); why != "" {
		t.Error(why)
	}
}

func TestUsageIsToldInAStreamOnlyWhenItWasAskedFor(t *testing.T) {
	if got := string(writeStream(eventsOf(words("a")), &llm.Request{})); strings.Contains(got, "usage") || checkChunks([]byte(got), false) != "" {
		t.Error(got)
	}
}

func TestCallersWhoWroteFunctionsAreAnsweredInTheirForm(t *testing.T) {
	r, err := codec.ParseRequest([]byte(`{"model":"m","messages":[{"role":"user","content":"hi"}],"functions":[{"name":"f"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	events := eventsOf(calling("c1", "f", `{"a":1}`))
	stream := string(writeStream(events, r))
	for _, want := range []string{`{"function_call":{"name":"f","arguments":""}}`, `{"function_call":{"arguments":"{\"a\":1}"}}`, `"finish_reason":"function_call"`} {
		if !strings.Contains(stream, want) {
			t.Errorf("no %s in %s", want, stream)
		}
	}
	whole := string(codec.FormatAnswer(nil, gather(events), aCall(r)))
	if !strings.Contains(whole, `"function_call":{"name":"f","arguments":"{\"a\":1}"}`) || strings.Contains(whole, "tool_calls") {
		t.Error(whole)
	}
}

func TestToolsCalledWithFreeTextReachTheirCallerSo(t *testing.T) {
	r, err := codec.ParseRequest([]byte(`{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"custom","custom":{"name":"f"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	events := eventsOf(calling("c1", "f", `{"input":"a\nb"}`))
	stream := string(writeStream(events, r))
	for _, want := range []string{`"type":"custom","custom":{"name":"f","input":""}`, `"custom":{"input":"a\nb"}`} {
		if !strings.Contains(stream, want) {
			t.Errorf("no %s in %s", want, stream)
		}
	}
	if whole := string(codec.FormatAnswer(nil, gather(events), aCall(r))); !strings.Contains(whole, `{"id":"c1","type":"custom","custom":{"name":"f","input":"a\nb"}}`) {
		t.Error(whole)
	}
}

// TestReasoningStateComesBackThroughACaller lets a caller of this dialect send an answer
// of another's back.
func TestReasoningStateComesBackThroughACaller(t *testing.T) {
	states := []llm.Opaque{
		{Dialect: "messages", Provider: "p", Model: "claude", Kind: "signature", Value: "sig"},
		{Dialect: "messages", Provider: "p", Model: "claude", Kind: "redacted", Value: "blob"},
		{Dialect: "gemini", Provider: "g", Model: "gemini", Kind: "thought_signature", Value: "mark"},
	}
	call := calling("c1", "f", `{}`)
	call.State = states[2:]
	parts := []llm.Part{{Kind: llm.Thinking, Text: raw(`"hm"`), State: states[:1]}, {Kind: llm.Thinking, State: states[1:2]}, words("a"), call}
	for how, answer := range map[string]string{
		"whole":    string(codec.FormatAnswer(nil, &llm.Answer{Choices: []llm.Choice{{Parts: parts}}}, aCall(nil))),
		"streamed": string(codec.FormatAnswer(nil, regather(t, parts), aCall(nil))),
	} {
		message := answer[strings.Index(answer, `"message":`)+len(`"message":`) : strings.Index(answer, `,"logprobs"`)]
		r, err := codec.ParseRequest([]byte(`{"messages":[{"role":"user","content":"hi"},` + message + `,{"role":"tool","tool_call_id":"c1","content":"1"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		got := r.Messages[1].Parts
		if len(got) != 4 || !reflect.DeepEqual(got[0].State, states[:1]) || string(got[0].Text) != `"hm"` || !reflect.DeepEqual(got[1].State, states[1:2]) || got[1].Text != nil || !reflect.DeepEqual(got[3].State, states[2:]) {
			t.Errorf("%s: %+v", how, got)
		}
		if r.Messages[2].Parts[0].Result.Name != "f" {
			t.Errorf("%s: a result does not know its call", how)
		}
	}
}

// regather streams parts to a caller and gives what a caller puts together, as a vendor
// of the dialect would have said it.
func regather(t *testing.T, parts []llm.Part) *llm.Answer {
	t.Helper()
	stream := writeStream(eventsOf(parts...), &llm.Request{})
	events, why := readStreamCodec(stream, len(stream))
	if why != "" {
		t.Fatal(why)
	}
	a := gather(events)
	for i := range a.Choices[0].Parts { // what a caller has no name for
		for n := range a.Choices[0].Parts[i].State {
			o := &a.Choices[0].Parts[i].State[n]
			if o.Kind == "thought_signature" {
				*o = dialect.Unwrap(o.Value, "chat", o.Kind)
			}
			o.Provider = map[bool]string{true: "", false: o.Provider}[o.Kind == "details"]
		}
	}
	return a
}

func TestAnswersReadAsTheyShould(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"blank lines before it":     {"\n\n \n" + holds(`"content":"a"`, "stop"), `T:"a" stop`},
		"an error in it":            {`{"error":{"message":"boom","code":429}}`, `upstream_rate_limited: boom`},
		"an error in a choice":      {`{"choices":[{"index":0,"message":{"content":""},"error":{"message":"boom","code":502}}]}`, `upstream_error: boom`},
		"no JSON":                   {`<html>`, `upstream_error: The provider's answer is no JSON object.: a JSON object was expected (at byte 0)`},
		"no choices":                {`{"choices":[]}`, `upstream_error: The provider's answer holds no choices.`},
		"null content":              {holds(`"content":null`, "stop"), `stop`},
		"empty members everywhere":  {holds(`"content":"","audio":{"data":"","id":"","transcript":""},"function_call":{"name":"","arguments":""},"tool_calls":[{"custom":{"name":"","input":""},"function":{"name":"f","arguments":""},"id":"c1","type":"function"}]`, ""), `C:f  tool_calls`},
		"a call without an id":      {holds(`"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]`, "stop"), `C:f "{}" tool_calls`},
		"reasoning and its details": {holds(`"content":"a","reasoning":"h","reasoning_details":[{"type":"reasoning.summary","summary":"h","index":0},{"type":"reasoning.encrypted","data":"d","index":1}]`, "stop"), `H:"h" {"type":"reasoning.summary","index":0} H: {"type":"reasoning.encrypted","data":"d","index":1} T:"a" stop`},
		"thinking among content":    {holds(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"h"},{"type":"text","text":"m"}]},{"type":"text","text":"a"}]`, "stop"), `H:"hm" T:"a" stop`},
		"a refusal":                 {holds(`"content":null,"refusal":"no"`, "stop"), `R:"no" stop`},
		"a signature of the text":   {holds(`"content":"a","extra_content":{"google":{"thought_signature":"s"}}`, "stop"), `T:"a" s stop`},
	} {
		a, err := codec.ParseAnswer([]byte(c.body), aCall(nil))
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = tellAnswer(a)
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

func holds(message, finish string) string {
	return `{"id":"1","model":"m","choices":[{"index":0,"message":{"role":"assistant",` + message + `},"finish_reason":"` + finish + `"}]}`
}

func tellAnswer(a *llm.Answer) (out string) {
	for _, p := range a.Choices[0].Parts {
		switch p.Kind {
		case llm.Text:
			out += "T:" + string(p.Text) + " "
		case llm.Thinking:
			out += "H:" + string(p.Text) + " "
		case llm.Refusal:
			out += "R:" + string(p.Text) + " "
		case llm.ToolCall:
			out += "C:" + p.Call.Name + " " + strings.Trim(string(p.Call.Arguments), " ") + " "
			if p.Call.ID == "" {
				out += "without an id "
			}
		}
		for _, o := range p.State {
			out += o.Value + " "
		}
	}
	return strings.ReplaceAll(out, `f "" `, "f  ") + string(a.Choices[0].Finish)
}
