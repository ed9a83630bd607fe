package cohere_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// answers are whole answers of the dialect.
var answers = []string{
	`{"id":"1","message":{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"It \u00e4 rains"}],"citations":[{"start":3,"end":8,"text":"rains","sources":[{"type":"document","id":"doc:0","document":{"id":"doc:0","title":"T","text":"x"}}],"content_index":1,"type":"TEXT_CONTENT"}]},"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":900,"output_tokens":20},"tokens":{"input_tokens":1400,"output_tokens":26,"reasoning_tokens":12},"cached_tokens":1100}}`,
	`{"id":"2","message":{"role":"assistant","tool_plan":"Look.","tool_calls":[{"id":"f_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"g_2","type":"function","function":{"name":"g","arguments":"{}"}}]},"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":5,"output_tokens":2}}}`,
	`{"id":"3","message":{"role":"assistant","content":[{"type":"text","text":"so"}]},"finish_reason":"STOP_SEQUENCE","usage":{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":500,"output_tokens":4},"cached_tokens":448},"logprobs":[{"text":"so","token_ids":[],"logprobs":[-0.25]}]}`,
	`{"id":"4","message":{"role":"assistant","content":[]},"finish_reason":"TIMEOUT"}`,
}

func parseAnswer(t testing.TB, body string) *llm.Answer {
	t.Helper()
	a, err := codec.ParseAnswer([]byte(body), call)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return a
}

func TestAnAnswerComesBackAsItWent(t *testing.T) {
	for _, body := range answers {
		a := parseAnswer(t, body)
		written := string(codec.FormatAnswer(nil, a, call))
		sameJSON(t, written, body)
		if again := parseAnswer(t, written); !reflect.DeepEqual(plain(t, a), plain(t, again)) {
			t.Errorf("%s\nbecame %s", body, written)
		}
	}
}

func TestWhatIsWrittenIsAppended(t *testing.T) {
	if got := string(codec.FormatAnswer([]byte("head"), parseAnswer(t, answers[3]), call)); !strings.HasPrefix(got, `head{"id"`) {
		t.Errorf("got %s", got)
	}
	w, err := codec.FormatRequest([]byte("head"), parse(t, everything), target)
	if err != nil || !json.Valid(w.Body) {
		t.Errorf("got %s, %v", w.Body, err)
	}
}

func TestAnAnswerIsReadIntoNeutralWords(t *testing.T) {
	c := *call
	c.Names = map[string]string{"f": "mcp.f"}
	a, err := codec.ParseAnswer([]byte(`{"id":"1","message":{"role":"assistant","tool_plan":"Look.","content":[{"type":"text","text":"ok"}],"tool_calls":[{"type":"function","function":{"name":"f","arguments":"null"}}]},"finish_reason":"TOOL_CALL","logprobs":[{"text":"ok","token_ids":[1,2],"logprobs":[-0.5,-0.25]},{"text":"!","token_ids":[3],"logprobs":[-1e-7]}],"usage":{"tokens":{"input_tokens":9,"output_tokens":5,"reasoning_tokens":2},"cached_tokens":4},"new":1}`), &c)
	if err != nil {
		t.Fatal(err)
	}
	got := a.Choices[0]
	if len(got.Parts) != 3 || got.Parts[0].Kind != llm.Thinking || got.Parts[1].Kind != llm.Text || got.Parts[2].Kind != llm.ToolCall {
		t.Fatalf("%+v", got.Parts)
	}
	if call := got.Parts[2].Call; call.Name != "mcp.f" || !strings.HasPrefix(call.ID, "call_") || string(dialect.ArgumentsObject(call)) != "{}" {
		t.Errorf("call %+v", call)
	}
	if got.Finish != llm.FinishTools || got.Vendor != "TOOL_CALL" || len(a.Own) != 1 || a.Model != "" {
		t.Errorf("%+v", a)
	}
	sameJSON(t, string(got.Logprobs), `[{"token":"ok","logprob":-0.75,"bytes":null,"top_logprobs":[]},{"token":"!","logprob":-1e-7,"bytes":null,"top_logprobs":[]}]`)
	want := llm.Usage{InputTokens: llm.Known(9), OutputTokens: llm.Known(5), CacheReadTokens: llm.Known(4), ReasoningTokens: llm.Known(2)}
	if !reflect.DeepEqual(a.Usage, want) {
		t.Errorf("usage %+v", a.Usage)
	}
}

// What a call costs is what is billed, and of the cache only what must have been
// billed; callers are told what the model processed.
func TestUsageIsWhatIsBilledAndWhatWasProcessed(t *testing.T) {
	for _, tt := range []struct {
		name, usage       string
		billed, processed llm.Usage
	}{
		{"nothing", `{}`, llm.Usage{}, llm.Usage{}},
		{"nulls and nonsense", `{"billed_units":null,"tokens":{"input_tokens":-1,"output_tokens":"x"}}`, llm.Usage{}, llm.Usage{}},
		{"the template alone was cached", `{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":500,"output_tokens":2},"cached_tokens":448}`,
			llm.Usage{InputTokens: llm.Known(5), OutputTokens: llm.Known(2), Units: map[string]float64{"processed_input_tokens": 500, "processed_cached_tokens": 448}},
			llm.Usage{InputTokens: llm.Known(500), OutputTokens: llm.Known(2), CacheReadTokens: llm.Known(448), Units: map[string]float64{"billed_input_tokens": 5}}},
		{"more than the template was", `{"billed_units":{"input_tokens":100,"output_tokens":2},"tokens":{"input_tokens":150,"output_tokens":2},"cached_tokens":140}`,
			llm.Usage{InputTokens: llm.Known(100), OutputTokens: llm.Known(2), CacheReadTokens: llm.Known(90), Units: map[string]float64{"processed_input_tokens": 150, "processed_cached_tokens": 140}},
			llm.Usage{InputTokens: llm.Known(150), OutputTokens: llm.Known(2), CacheReadTokens: llm.Known(140), Units: map[string]float64{"billed_input_tokens": 100}}},
		{"nothing was", `{"billed_units":{"input_tokens":100,"output_tokens":2},"tokens":{"input_tokens":100,"output_tokens":2},"cached_tokens":0}`,
			llm.Usage{InputTokens: llm.Known(100), OutputTokens: llm.Known(2), CacheReadTokens: llm.Known(0)},
			llm.Usage{InputTokens: llm.Known(100), OutputTokens: llm.Known(2), CacheReadTokens: llm.Known(0)}},
		{"reasoning is a part of the output", `{"billed_units":{"input_tokens":1,"output_tokens":5},"tokens":{"input_tokens":1,"output_tokens":9,"reasoning_tokens":7}}`,
			llm.Usage{InputTokens: llm.Known(1), OutputTokens: llm.Known(5), ReasoningTokens: llm.Known(5), Units: map[string]float64{"processed_output_tokens": 9}},
			llm.Usage{InputTokens: llm.Known(1), OutputTokens: llm.Known(9), ReasoningTokens: llm.Known(7), Units: map[string]float64{"billed_output_tokens": 5}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := `{"message":{"role":"assistant"},"finish_reason":"COMPLETE","usage":` + tt.usage + `}`
			if a := parseAnswer(t, body); !reflect.DeepEqual(a.Usage, tt.processed) {
				t.Errorf("processed %+v, want %+v", a.Usage, tt.processed)
			}
			m := cohereMeter()
			m.Answer("application/json", []byte(body))
			if got := m.Report().Usage; !reflect.DeepEqual(got, tt.billed) {
				t.Errorf("billed %+v, want %+v", got, tt.billed)
			}
		})
	}
}

func TestAnAnswerThatFailedIsAFault(t *testing.T) {
	for _, body := range []string{`{"id":"x","message":"internal server error"}`, `{"id":"x","finish_reason":"ERROR","message":{"role":"assistant"}}`, `{"id":"x","message":{"content":7}}`, `[]`, ``, `{"id":`} {
		a, err := codec.ParseAnswer([]byte(body), call)
		if f, ok := err.(*fault.Fault); !ok || f.Kind != fault.Upstream || a != nil {
			t.Errorf("%s: %v %v", body, a, err)
		}
	}
}

func TestForeignAnswersAreWrittenAsTheVendorWould(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		a          llm.Answer
	}{
		{"reasoning, text, calls, citations", `{"id":"msg_1","message":{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"yes"}],"tool_calls":[{"id":"toolu_1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}}],"citations":[{"start":0,"end":3,"text":"yes","sources":[{"type":"document","id":"https://e.com","document":{"id":"https://e.com","title":"T","url":"https://e.com"}}],"content_index":1,"type":"TEXT_CONTENT"}]},"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":10,"output_tokens":5},"tokens":{"input_tokens":10,"output_tokens":5,"reasoning_tokens":2},"cached_tokens":4}}`,
			llm.Answer{ID: "msg_1", Choices: []llm.Choice{{Finish: llm.FinishTools, Vendor: "tool_use", Parts: []llm.Part{
				{Kind: llm.Thinking, Text: text("hm"), State: []llm.Opaque{{Dialect: "messages", Kind: "signature", Value: "x"}}},
				{Kind: llm.Thinking, State: []llm.Opaque{{Dialect: "messages", Kind: "redacted", Value: "y"}}},
				{Kind: llm.Text, Text: text("yes"), Cites: []llm.Citation{{URL: text("https://e.com"), Title: text("T"), Text: text("yes"), Start: llm.Known(0), End: llm.Known(3), Raw: llm.Raw(`{"type":"x"}`)}}},
				{Kind: llm.ToolCall, Call: &llm.Call{ID: "toolu_1", Name: "f", Arguments: llm.Raw(`{"a": 1}`)}},
			}}}, Usage: llm.Usage{InputTokens: llm.Known(10), OutputTokens: llm.Known(5), CacheReadTokens: llm.Known(4), ReasoningTokens: llm.Known(2)}}},
		{"a refusal, alternatives, no id", `{"id":"0197a0a0-0000-7000-8000-000000000001","message":{"role":"assistant","content":[{"type":"text","text":"no"}]},"finish_reason":"ERROR"}`,
			llm.Answer{Choices: []llm.Choice{{Finish: llm.FinishRefusal, Parts: []llm.Part{{Kind: llm.Refusal, Text: text("no")}}}, {Parts: []llm.Part{{Kind: llm.Text, Text: text("other")}}}}}},
		{"a call without id or arguments", `{"id":"x","message":{"role":"assistant","tool_calls":[{"id":"` + call.MadeID(0, 0) + `","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"TOOL_CALL"}`,
			llm.Answer{ID: "x", Choices: []llm.Choice{{Finish: llm.FinishTools, Parts: []llm.Part{{Kind: llm.ToolCall, Call: &llm.Call{Name: "f"}}}}}}},
		{"blocked", `{"id":"x","message":{"role":"assistant","content":[]},"finish_reason":"ERROR"}`,
			llm.Answer{ID: "x", Blocked: "SAFETY"}},
	} {
		t.Run(tt.name, func(t *testing.T) { sameJSON(t, string(codec.FormatAnswer(nil, &tt.a, call)), tt.want) })
	}
}

func TestFinishesAreTheNearestOfTheVendorsSix(t *testing.T) {
	for finish, want := range map[llm.Finish]string{
		llm.FinishStop: "COMPLETE", llm.FinishLength: "MAX_TOKENS", llm.FinishTools: "TOOL_CALL", llm.FinishFilter: "ERROR", llm.FinishRefusal: "ERROR",
		llm.FinishPause: "MAX_TOKENS", llm.FinishContext: "MAX_TOKENS", llm.FinishError: "ERROR", llm.FinishUnknown: "COMPLETE",
	} {
		a := llm.Answer{Choices: []llm.Choice{{Finish: finish, Vendor: "eos", Parts: []llm.Part{{Kind: llm.Text, Text: text("x")}}}}}
		var got struct {
			Finish string `json:"finish_reason"`
		}
		if err := json.Unmarshal(codec.FormatAnswer(nil, &a, call), &got); err != nil || got.Finish != want {
			t.Errorf("%s becomes %q, want %q", finish, got.Finish, want)
		}
	}
	stopped := llm.Answer{Choices: []llm.Choice{{Finish: llm.FinishStop, Vendor: "stop_sequence", StopText: text("END")}}}
	if got := string(codec.FormatAnswer(nil, &stopped, call)); !strings.Contains(got, `"STOP_SEQUENCE"`) {
		t.Errorf("got %s", got)
	}
	for word, want := range map[string]llm.Finish{"COMPLETE": llm.FinishStop, "STOP_SEQUENCE": llm.FinishStop, "MAX_TOKENS": llm.FinishLength, "TOOL_CALL": llm.FinishTools, "ERROR": llm.FinishError, "TIMEOUT": llm.FinishError, "ERROR_TOXIC": llm.FinishFilter, "ERROR_LIMIT": llm.FinishContext, "NEW": llm.FinishUnknown} {
		a := parseAnswer(t, `{"message":{"role":"assistant","content":[{"type":"text","text":"x"}]},"finish_reason":"`+word+`"}`)
		if got := a.Choices[0]; got.Finish != want || got.Vendor != word {
			t.Errorf("%s is read as %s (%s)", word, got.Finish, got.Vendor)
		}
	}
}
