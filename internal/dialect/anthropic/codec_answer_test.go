package anthropic_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestUsageIsCountedAsTheDialectDoes(t *testing.T) {
	a := &llm.Answer{Tier: "default", Usage: llm.Usage{InputTokens: llm.Known(100), CacheReadTokens: llm.Known(60), CacheWriteTokens: llm.Known(30), OutputTokens: llm.Known(9), ReasoningTokens: llm.Known(4)}}
	a.Usage.SetUnit(llm.UnitCacheWrite1h, 10)
	a.Usage.SetUnit(llm.UnitSearches, 2)
	got := string(codec.FormatAnswer(nil, a, callOf()))
	want := `"usage":{"input_tokens":10,"cache_creation_input_tokens":30,"cache_read_input_tokens":60,"cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":10},"output_tokens":9,"output_tokens_details":{"thinking_tokens":4},"server_tool_use":{"web_search_requests":2,"web_fetch_requests":0},"service_tier":"standard"}}`
	if !strings.HasSuffix(got, want) {
		t.Errorf("%s", got)
	}
	back, err := codec.ParseAnswer([]byte(got), callOf())
	if err != nil || !reflect.DeepEqual(back.Usage, a.Usage) {
		t.Errorf("read again: %+v, %v", back.Usage, err)
	}
	empty := string(codec.FormatAnswer(nil, &llm.Answer{}, callOf()))
	if empty != `{"id":"msg_req1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"end_turn","stop_sequence":null,"stop_details":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}` {
		t.Errorf("nothing is known: %s", empty)
	}
}

func TestFinishesHaveTheirWords(t *testing.T) {
	call := []llm.Part{{Kind: llm.ToolCall, Call: &llm.Call{ID: "a", Name: "f"}}}
	cases := []struct {
		choice llm.Choice
		want   string
	}{
		{llm.Choice{Finish: llm.FinishStop}, `"end_turn","stop_sequence":null`},
		{llm.Choice{Finish: llm.FinishStop, StopText: llm.Raw(`"END"`)}, `"stop_sequence","stop_sequence":"END"`},
		{llm.Choice{Finish: llm.FinishStop, Parts: call}, `"tool_use"`},
		{llm.Choice{Finish: llm.FinishLength}, `"max_tokens"`},
		{llm.Choice{Finish: llm.FinishTools, Parts: call}, `"tool_use"`},
		{llm.Choice{Finish: llm.FinishFilter}, `"refusal"`},
		{llm.Choice{Finish: llm.FinishRefusal}, `"refusal"`},
		{llm.Choice{Finish: llm.FinishPause}, `"pause_turn"`},
		{llm.Choice{Finish: llm.FinishContext}, `"model_context_window_exceeded"`},
		{llm.Choice{Finish: llm.FinishUnknown, Vendor: "eos"}, `"eos"`},
		{llm.Choice{Finish: llm.FinishError}, `"end_turn"`},
	}
	for _, c := range cases {
		a := &llm.Answer{Choices: []llm.Choice{c.choice}}
		if got := string(codec.FormatAnswer(nil, a, callOf())); !strings.Contains(got, `"stop_reason":`+c.want) {
			t.Errorf("%+v: %s", c.choice, got)
		}
		var events []llm.Event
		llm.Replay(a, func(e *llm.Event) { events = append(events, *e) })
		if got := string(formatAll(events)); !strings.Contains(got, `"stop_reason":`+c.want) {
			t.Errorf("%+v in a stream: %s", c.choice, got)
		}
	}
	blocked := string(codec.FormatAnswer(nil, &llm.Answer{Blocked: "SAFETY"}, callOf()))
	if !strings.Contains(blocked, `"content":[],"stop_reason":"refusal"`) {
		t.Errorf("blocked: %s", blocked)
	}
	for word, want := range map[string]llm.Finish{
		"end_turn": llm.FinishStop, "stop_sequence": llm.FinishStop, "max_tokens": llm.FinishLength, "tool_use": llm.FinishTools, "pause_turn": llm.FinishPause,
		"refusal": llm.FinishRefusal, "model_context_window_exceeded": llm.FinishContext, "compaction": llm.FinishUnknown,
	} {
		a, err := codec.ParseAnswer([]byte(`{"type":"message","content":[],"stop_reason":"`+word+`"}`), callOf())
		if err != nil || a.Choices[0].Finish != want || a.Choices[0].Vendor != word {
			t.Errorf("%s: %+v, %v", word, a, err)
		}
	}
}

func TestPartsOfOtherVendorsHaveTheirPlace(t *testing.T) {
	a := &llm.Answer{ID: "chatcmpl-1", Model: "gpt", Choices: []llm.Choice{{Parts: []llm.Part{
		{Kind: llm.Text, Text: llm.Raw(`""`)},
		{Kind: llm.Text, Text: llm.Raw(`"see"`), Cites: []llm.Citation{{URL: llm.Raw(`"https://a"`), Title: llm.Raw(`"A"`), Start: llm.Known(0), End: llm.Known(3)}}},
		{Kind: llm.Refusal, Text: llm.Raw(`"no"`)},
		{Kind: llm.Vendor, Raw: llm.Raw(`{"type":"web_search_call","id":"ws"}`)},
		{Kind: llm.Vendor, Raw: llm.Raw(`{"type":"web_search_tool_result","tool_use_id":"s","content":[]}`)},
		{Kind: llm.ToolCall, Call: &llm.Call{Name: "f", Arguments: llm.Raw(`"{\"a\":1}"`), Quoted: true}},
		{Kind: llm.ToolCall, Call: &llm.Call{ID: "x", Name: "g", Quoted: true, Arguments: llm.Raw(`"{\"a\":"`)}},
	}}}}
	var whole object
	unmarshal(t, codec.FormatAnswer(nil, a, callOf()), &whole)
	want := `[{"citations":[{"cited_text":"","encrypted_index":"","title":"A","type":"web_search_result_location","url":"https://a"}],"text":"see","type":"text"},{"text":"no","type":"text"},` +
		`{"content":[],"tool_use_id":"s","type":"web_search_tool_result"},{"id":"` + callOf().MadeID(0, 5) + `","input":{"a":1},"name":"f","type":"tool_use"},{"id":"x","input":{"invalid_json":"{\"a\":"},"name":"g","type":"tool_use"}]`
	if got := render(whole["content"]); got != want || whole["id"] != "msg_req1" {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestAnAnswerThatIsAnErrorOrNone(t *testing.T) {
	_, err := codec.ParseAnswer([]byte(`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`), callOf())
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != fault.Upstream || f.Message != "Overloaded" {
		t.Errorf("%v", err)
	}
	for _, body := range []string{``, `[]`, `{"choices":[]}`, `{"content":[`} {
		if _, err := codec.ParseAnswer([]byte(body), callOf()); !errors.As(err, &f) || f.Code != fault.UpstreamError {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestNamesThatWereRewrittenComeBack(t *testing.T) {
	c := callOf()
	c.Names = map[string]string{"a_b_1": "a.b"}
	a, err := codec.ParseAnswer([]byte(`{"type":"message","content":[{"type":"tool_use","id":"t","name":"a_b_1","input":{}}]}`), c)
	if err != nil || a.Choices[0].Parts[0].Call.Name != "a.b" || a.Choices[0].Finish != llm.FinishTools {
		t.Errorf("%+v, %v", a, err)
	}
	p := codec.NewStreamParser(c)
	events := p.Parse(nil, []byte("content_block_start"), []byte(`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"a_b_1","input":{}}}`))
	if len(events) != 1 || events[0].CallName != "a.b" {
		t.Errorf("%+v", events)
	}
}

// schemaRequest asks for an answer of a schema.
func schemaRequest(t *testing.T, tools string) *llm.Request {
	return elsewhere(t, `{"max_tokens":99,`+tools+`"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"n":{"type":"number"}}}}},`+talk+`}`)
}

func TestAnEarlierModelAnswersASchemaByATool(t *testing.T) {
	const model = "claude-3-7-sonnet-20250219"
	r := schemaRequest(t, "")
	w := formatted(t, r, model)
	want := `"tools":[{"name":"answer_in_json","input_schema":{"type":"object","properties":{"n":{"type":"number"}}}}],"tool_choice":{"type":"tool","name":"answer_in_json"}`
	if !strings.Contains(string(w.Body), want) || strings.Contains(string(w.Body), "output_config") {
		t.Fatalf("%s", w.Body)
	}
	c := callOf()
	c.Model, c.Request = model, r
	a, err := codec.ParseAnswer([]byte(`{"type":"message","content":[{"type":"tool_use","id":"t","name":"answer_in_json","input":{"n":1}}],"stop_reason":"tool_use"}`), c)
	if err != nil || len(a.Choices[0].Parts) != 1 || string(a.Choices[0].Parts[0].Text) != `"{\"n\":1}"` || a.Choices[0].Finish != llm.FinishStop {
		t.Errorf("%+v, %v", a.Choices, err)
	}
	p := codec.NewStreamParser(c)
	said := ""
	var last llm.Event
	for _, data := range []string{
		`{"type":"message_start","message":{"id":"msg_1","model":"x"}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"answer_in_json","input":{}}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"n\""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":":1}"}}`,
		`{"type":"content_block_stop","index":0}`, `{"type":"message_delta","delta":{"stop_reason":"tool_use"}}`, `{"type":"message_stop"}`,
	} {
		for _, e := range p.Parse(nil, nil, []byte(data)) {
			if e.Kind == llm.Delta && e.What == llm.Text {
				said += string(e.Text[1 : len(e.Text)-1])
			}
			if e.Kind == llm.Finished {
				last = e
			}
		}
	}
	if said != `{\"n\":1}` || last.Finish != llm.FinishStop {
		t.Errorf("streamed %s, %+v", said, last)
	}
}

func TestWhereNoSchemaIsKnownItIsAskedForInWords(t *testing.T) {
	const tool = `"tools":[{"name":"f","input_schema":{"type":"object"}}],`
	w := formatted(t, schemaRequest(t, tool), "claude-3-7-sonnet-20250219")
	if !strings.Contains(string(w.Body), `"system":[{"type":"text","text":"Answer with one JSON value`) || !strings.Contains(string(w.Body), `\"n\":{\"type\":\"number\"}`) || strings.Contains(string(w.Body), "answer_in_json") {
		t.Errorf("beside tools: %s", w.Body)
	}
	w = formatted(t, schemaRequest(t, ""), "glm-5")
	if !strings.Contains(string(w.Body), `"text":"Answer with one JSON value`) {
		t.Errorf("another maker's: %s", w.Body)
	}
	r := elsewhere(t, `{"system":"S","max_tokens":9,`+talk+`}`)
	r.Output.Kind = "json"
	if w = formatted(t, r, "claude-opus-5"); !strings.Contains(string(w.Body), `"system":[{"type":"text","text":"S"},{"type":"text","text":"Answer with one JSON object`) {
		t.Errorf("any object: %s", w.Body)
	}
	a, err := codec.ParseAnswer([]byte(`{"type":"message","content":[{"type":"tool_use","id":"t","name":"answer_in_json","input":{"n":1}}]}`), &dialect.Call{Model: "claude-opus-5", Request: r})
	if err != nil || a.Choices[0].Parts[0].Kind != llm.ToolCall {
		t.Errorf("a caller's tool of that name: %+v, %v", a, err)
	}
}
