package converse_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestARequestComesBackFromItsOwnFormAsItWas(t *testing.T) {
	for _, f := range converse.Dialect.Fields {
		if f.Example == "" {
			continue
		}
		for _, model := range []string{sonnet, "amazon.nova-lite-v1:0", "meta.llama3-1-70b-instruct-v1:0", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"} {
			if why := requestDiffers([]byte(f.Example), model); why != "" {
				t.Errorf("%s (%s): %s", f.Path, model, why)
			}
			sameTwice(t, f.Example, model)
		}
	}
}

// sameTwice: Parse(Format(x)) == x, and the same request gives the same bytes.
func sameTwice(t *testing.T, body, model string) {
	t.Helper()
	r, err := codec.ParseRequest([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	to := &dialect.Target{Provider: "p", Model: model}
	one, err := codec.FormatRequest(nil, r, to)
	if err != nil {
		t.Fatal(err)
	}
	two, _ := codec.FormatRequest(nil, r, to)
	if string(one.Body) != string(two.Body) {
		t.Errorf("two forms of one request: %s %s", one.Body, two.Body)
	}
	back, err := codec.ParseRequest(one.Body)
	if err != nil {
		t.Fatalf("%v: %s", err, one.Body)
	}
	if !reflect.DeepEqual(back, r) {
		a, _ := json.Marshal(r)
		b, _ := json.Marshal(back)
		t.Errorf("was\n%s\nis\n%s", a, b)
	}
}

func TestMalformedRequestsNameWhatIsWrong(t *testing.T) {
	for body, param := range map[string]string{
		`[]`:                             "",
		`{"messages":{}}`:                "messages",
		`{"messages":[{"role":"tool"}]}`: "messages[0].role",
		`{"messages":[{"content":[]}]}`:  "messages[0].role",
		`{"messages":[{"role":"user","content":"hi"}]}`:                                               "messages[0].content",
		`{"messages":[{"role":"user","content":[{"text":"a"},{"text":7}]}]}`:                          "messages[0].content[1].text",
		`{"messages":[{"role":"user","content":[{"image":{"source":{"bytes":[1]}}}]}]}`:               "messages[0].content[0].image.source.bytes",
		`{"messages":[{"role":"user","content":[{"toolResult":{"content":[]}}]}]}`:                    "messages[0].content[0].toolResult.toolUseId",
		`{"messages":[{"role":"user","content":[]},{"role":"assistant","content":[{"toolUse":{}}]}]}`: "messages[1].content[0].toolUse",
		`{"system":[{"text":{}}]}`:                                                             "system[0].text",
		`{"inferenceConfig":{"maxTokens":"many"}}`:                                             "inferenceConfig.maxTokens",
		`{"inferenceConfig":{"temperature":"hot"}}`:                                            "inferenceConfig.temperature",
		`{"inferenceConfig":{"stopSequences":"x"}}`:                                            "inferenceConfig.stopSequences",
		`{"toolConfig":{"tools":[{"toolSpec":{"inputSchema":{}}}]}}`:                           "toolConfig.tools[].toolSpec.name",
		`{"outputConfig":{"textFormat":{"structure":{"jsonSchema":{"schema":"no schema"}}}}}`:  "outputConfig.textFormat.structure.jsonSchema.schema",
		`{"additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":"x"}}}`: "additionalModelRequestFields.thinking.budget_tokens",
	} {
		_, err := codec.ParseRequest([]byte(body))
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != fault.InvalidRequest || f.Param != param || !strings.Contains(f.Message, param) {
			t.Errorf("%s: %v, at %q", body, err, param)
		}
	}
}

func TestNullIsAbsent(t *testing.T) {
	body := `{"messages":[{"role":"user","content":[{"text":"u","image":null},{"toolResult":{"toolUseId":"t","content":null,"status":null}}]}],"system":null,"inferenceConfig":{"maxTokens":null,"temperature":null,"stopSequences":null},` +
		`"toolConfig":null,"outputConfig":null,"serviceTier":null,"requestMetadata":null,"guardrailConfig":null,"performanceConfig":null,"additionalModelRequestFields":null,"whatever":null}`
	r, err := codec.ParseRequest([]byte(body))
	if err != nil || len(r.Own)+len(r.Unnamed)+len(r.Settings)+len(r.Refuse) > 0 || r.Has != llm.Of(llm.FToolResult, llm.FImageData) && r.Has != llm.Of(llm.FToolResult) {
		t.Errorf("%v: %+v (%s)", err, r, lostNames(r.Has))
	}
}

func TestWhatCannotBeLeftOutIsSaid(t *testing.T) {
	r, err := codec.ParseRequest([]byte(`{"guardrailConfig":{"guardrailIdentifier":"g"},"promptVariables":{"a":{"text":"b"}},"messages":[]}`))
	if err != nil || !reflect.DeepEqual(r.Refuse, []string{"guardrailConfig", "promptVariables"}) {
		t.Errorf("%v: %v", err, r.Refuse)
	}
}

func TestResultsOfOneTurnAreOneTurnOfTools(t *testing.T) {
	r, err := codec.ParseRequest([]byte(`{"messages":[{"role":"user","content":[{"text":"u"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"a","name":"f","input":{}}},{"toolUse":{"toolUseId":"b","name":"g","input":{}}}]},` +
		`{"role":"user","content":[{"toolResult":{"toolUseId":"a","content":[]}},{"toolResult":{"toolUseId":"b","content":[],"status":"error"}},{"text":"v"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var roles []llm.Role
	for _, m := range r.Messages {
		roles = append(roles, m.Role)
	}
	if !reflect.DeepEqual(roles, []llm.Role{llm.User, llm.Assistant, llm.ToolRole, llm.User}) {
		t.Fatalf("roles %v", roles)
	}
	if p := r.Messages[2].Parts; len(p) != 2 || p[0].Result.Name != "f" || p[1].Result.Name != "g" || !p[1].Result.Error {
		t.Errorf("results %+v", p)
	}
}

func TestStopReasonsGoBothWays(t *testing.T) {
	for word, finish := range map[string]llm.Finish{
		"end_turn": llm.FinishStop, "stop_sequence": llm.FinishStop, "max_tokens": llm.FinishLength, "tool_use": llm.FinishTools, "content_filtered": llm.FinishFilter,
		"guardrail_intervened": llm.FinishFilter, "malformed_tool_use": llm.FinishError, "malformed_model_output": llm.FinishError, "model_context_window_exceeded": llm.FinishContext,
		"something_new": llm.FinishUnknown,
	} {
		a, err := codec.ParseAnswer([]byte(`{"output":{"message":{"content":[]}},"stopReason":"`+word+`"}`), call())
		if err != nil || a.Choices[0].Finish != finish {
			t.Errorf("%s: %v, %+v", word, err, a)
			continue
		}
		if out := string(codec.FormatAnswer(nil, a, call())); !strings.Contains(out, `"stopReason":"`+word+`"`) {
			t.Errorf("%s came back as %s", word, out)
		}
	}
	for _, c := range []struct {
		choice llm.Choice
		want   string
	}{
		{llm.Choice{Finish: llm.FinishStop, Vendor: "stop"}, "end_turn"}, {llm.Choice{Finish: llm.FinishStop, Vendor: "stop", StopText: raw(`"x"`)}, "stop_sequence"},
		{llm.Choice{Finish: llm.FinishTools, Vendor: "tool_calls"}, "tool_use"}, {llm.Choice{Finish: llm.FinishLength, Vendor: "MAX_TOKENS"}, "max_tokens"},
		{llm.Choice{Finish: llm.FinishRefusal, Vendor: "refusal"}, "content_filtered"}, {llm.Choice{Finish: llm.FinishPause, Vendor: "pause_turn"}, "max_tokens"},
		{llm.Choice{Finish: llm.FinishStop, Vendor: "stop", Parts: []llm.Part{{Kind: llm.Refusal, Text: raw(`"no"`)}}}, "content_filtered"},
		{llm.Choice{Finish: llm.FinishUnknown, Vendor: "eos"}, "eos"}, {llm.Choice{}, "end_turn"},
	} {
		out := string(codec.FormatAnswer(nil, &llm.Answer{Choices: []llm.Choice{c.choice}}, call()))
		if !strings.Contains(out, `"stopReason":"`+c.want+`"`) || c.choice.StopText != nil && !strings.Contains(out, `{"stop_sequence":"x"}`) {
			t.Errorf("%+v: %s", c.choice, out)
		}
	}
	if out := string(codec.FormatAnswer(nil, &llm.Answer{Blocked: "SAFETY"}, call())); !strings.Contains(out, "content_filtered") {
		t.Errorf("a blocked answer: %s", out)
	}
}

func TestUsageExcludesTheCache(t *testing.T) {
	u := llm.Usage{InputTokens: llm.Known(130), OutputTokens: llm.Known(7), CacheReadTokens: llm.Known(100), CacheWriteTokens: llm.Known(20), ReasoningTokens: llm.Known(3)}
	u.SetUnit(llm.UnitCacheWrite1h, 5)
	out := string(codec.FormatAnswer(nil, &llm.Answer{Usage: u}, call()))
	want := `"usage":{"inputTokens":10,"outputTokens":7,"totalTokens":137,"cacheReadInputTokens":100,"cacheWriteInputTokens":20,"cacheDetails":[{"ttl":"1h","inputTokens":5},{"ttl":"5m","inputTokens":15}]}`
	if !strings.Contains(out, want) {
		t.Errorf("got %s", out)
	}
	a, err := codec.ParseAnswer([]byte(out), call())
	u.ReasoningTokens = llm.Count{}
	if err != nil || !reflect.DeepEqual(a.Usage, u) {
		t.Errorf("%v: %+v", err, a.Usage)
	}
}

func TestAnErrorInASuccessfulAnswerIsAFault(t *testing.T) {
	_, err := codec.ParseAnswer([]byte(`{"message":"Too many requests","__type":"ThrottlingException"}`), call())
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != fault.RateLimited {
		t.Errorf("got %v", err)
	}
}

// states are blobs as other dialects' readers give them.
func foreignParts() []llm.Part {
	blob := func(dialect, kind, id, value string) []llm.Opaque {
		return []llm.Opaque{{Dialect: dialect, Provider: "far", Model: "m-1", Kind: kind, ID: id, Value: value}}
	}
	signed := toolCall("c1", "f")
	signed.State = blob("gemini", "thought_signature", "", "c2lnMQ==")
	last := textPart("done")
	last.State = blob("gemini", "thought_signature", "", "c2lnMg==")
	return []llm.Part{
		{Kind: llm.Thinking, Text: raw(`"hm"`), State: blob("messages", "signature", "", "c2ln")},
		{Kind: llm.Thinking, State: blob("responses", "encrypted", "rs_1", "ZW5j")},
		{Kind: llm.Thinking, State: blob("messages", "redacted", "", "cmVk")},
		last, signed, toolCall("c2", "f"),
	}
}

func TestForeignReasoningStateComesBackWithItsOrigin(t *testing.T) {
	parts := foreignParts()
	a := &llm.Answer{Choices: []llm.Choice{{Parts: parts, Finish: llm.FinishTools}}}
	whole := codec.FormatAnswer(nil, a, call())
	var o struct {
		Output struct{ Message json.RawMessage }
	}
	if err := json.Unmarshal(whole, &o); err != nil {
		t.Fatal(err)
	}
	checkState(t, "whole", string(o.Output.Message), parts)

	var stream []byte
	f := codec.NewStreamFormatter(call())
	llm.Replay(a, func(e *llm.Event) { stream = f.Format(stream, e) })
	checkState(t, "streamed", rebuilt(t, stream), parts)
}

// checkState reads an assistant's message as the caller sends it back.
func checkState(t *testing.T, what, message string, want []llm.Part) {
	t.Helper()
	body := []byte(`{"messages":[{"role":"user","content":[{"text":"u"}]},` + message + `]}`)
	if !dialect.HoldsEnvelope(body) {
		t.Errorf("%s: no envelope in %s", what, body)
	}
	r, err := codec.ParseRequest(body)
	if err != nil {
		t.Fatal(err)
	}
	got := r.Messages[1].Parts
	if len(got) != len(want) {
		t.Fatalf("%s: %d parts of %d in %s", what, len(got), len(want), body)
	}
	for i := range got {
		if got[i].Kind != want[i].Kind || !reflect.DeepEqual(got[i].State, want[i].State) {
			t.Errorf("%s: part %d is %+v, want %+v", what, i, got[i], want[i])
		}
	}
	w, err := codec.FormatRequest(nil, r, &dialect.Target{Provider: "p", Model: sonnet})
	if err != nil || strings.Contains(string(w.Body), "reasoningContent") || strings.Contains(string(w.Body), `{"text":""}`) {
		t.Errorf("%s: state of another provider was sent: %v %s", what, err, w.Body)
	}
}

// rebuilt makes of a stream the message that an SDK makes of it.
func rebuilt(t *testing.T, stream []byte) string {
	t.Helper()
	c, why := collect(stream)
	if why != "" {
		t.Fatal(why)
	}
	var blocks []string
	for _, b := range c.Blocks {
		f := strings.Split(b, "|") // tool, text, thinking, signature, redacted, citations
		switch {
		case f[0] != "":
			name := strings.Fields(f[0])
			blocks = append(blocks, `{"toolUse":{"toolUseId":"`+name[0]+`","name":"`+name[1]+`","input":`+f[1]+`}}`)
		case f[4] != "":
			blocks = append(blocks, `{"reasoningContent":{"redactedContent":"`+f[4]+`"}}`)
		case f[2]+f[3] != "":
			blocks = append(blocks, `{"reasoningContent":{"reasoningText":{"text":"`+f[2]+`","signature":"`+f[3]+`"}}}`)
		default:
			blocks = append(blocks, `{"text":"`+f[1]+`"}`)
		}
	}
	return `{"role":"assistant","content":[` + strings.Join(blocks, ",") + `]}`
}

func TestStateOfTheSameModelIsSentAndThatOfAnotherIsNot(t *testing.T) {
	thinking := llm.Part{Kind: llm.Thinking, Text: raw(`"hm"`), State: []llm.Opaque{{Dialect: "converse", Provider: "aws", Model: sonnet, Kind: "signature", Value: "c2ln"}}}
	r := chat([]llm.Feature{llm.FThinking, llm.FThinkingState}, turn(llm.User, textPart("u")), turn(llm.Assistant, thinking, textPart("a")), turn(llm.User, textPart("v")))
	for _, tt := range []struct {
		to   dialect.Target
		sent bool
	}{{dialect.Target{Provider: "aws", Model: sonnet}, true}, {dialect.Target{Provider: "aws", Model: "us.anthropic.claude-opus-4-1-20250805-v1:0"}, false}, {dialect.Target{Provider: "aws2", Model: sonnet}, false}} {
		w, err := codec.FormatRequest(nil, r, &tt.to)
		if err != nil || strings.Contains(string(w.Body), `"signature":"c2ln"`) != tt.sent || w.Lost.Has(llm.FThinkingState) == tt.sent {
			t.Errorf("%+v: %v, lost %s, %s", tt.to, err, lostNames(w.Lost), w.Body)
		}
	}
}

func TestTheOwnCallersThinkingIsMutedWhenItsStateIsLost(t *testing.T) {
	w := dialect.Wrap(&llm.Opaque{Dialect: "gemini", Provider: "g", Model: "m", Kind: "thought_signature", ID: "t", Value: "x"}, dialect.Converse)
	body := `{"messages":[{"role":"user","content":[{"text":"u"}]},{"role":"assistant","content":[{"reasoningContent":{"redactedContent":"` + w + `"}},{"toolUse":{"toolUseId":"t","name":"f","input":{}}}]},` +
		`{"role":"user","content":[{"toolResult":{"toolUseId":"t","content":[{"text":"r"}]}}]}],"additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":1024},"top_k":3}}`
	r, err := codec.ParseRequest([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Messages[1].Parts[0].State; len(r.Messages[1].Parts) != 1 || len(s) != 1 || s[0].Kind != "thought_signature" {
		t.Errorf("parts %+v", r.Messages[1].Parts)
	}
	out, err := codec.FormatRequest(nil, r, &dialect.Target{Provider: "aws", Model: sonnet})
	if err != nil || strings.Contains(string(out.Body), "thinking") || !strings.Contains(string(out.Body), `{"top_k":3}`) || strings.Contains(string(out.Body), "redacted") {
		t.Errorf("%v: %s", err, out.Body)
	}
}
