package pairs_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// thoughts are answers of each vendor that call a tool after reasoning, with the state
// that must come back with it. SIG is the state of one turn, N the turn's number.
var thoughts = map[dialect.Name]string{
	dialect.Chat: `{"id":"cN","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,
		"reasoning_details":[{"type":"reasoning.encrypted","data":"SIG","format":"openai-responses-v1","index":0}],"tool_calls":[{"id":"callN","type":"function","function":{"name":"now","arguments":"{}"}}]}}]}`,
	dialect.Responses: `{"id":"rN","object":"response","created_at":1,"model":"m","status":"completed","output":[{"type":"reasoning","id":"rsN","summary":[{"type":"summary_text","text":"hm N"}],"encrypted_content":"SIG"},
		{"type":"function_call","id":"fcN","call_id":"callN","name":"now","arguments":"{}","status":"completed"}]}`,
	dialect.Messages: `{"id":"mN","type":"message","role":"assistant","model":"m","stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1},"content":[
		{"type":"thinking","thinking":"hm N","signature":"SIG"},{"type":"redacted_thinking","data":"SIG"},{"type":"text","text":"so N"},{"type":"tool_use","id":"callN","name":"now","input":{}}]}`,
	dialect.Gemini: `{"responseId":"gN","modelVersion":"m","candidates":[{"index":0,"finishReason":"STOP","content":{"role":"model","parts":[{"text":"hm N","thought":true},
		{"functionCall":{"name":"now","args":{}},"thoughtSignature":"SIG"}]}}]}`,
	dialect.Converse: `{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"hm N","signature":"SIG"}}},{"reasoningContent":{"redactedContent":"SIG"}},
		{"toolUse":{"toolUseId":"callN","name":"now","input":{}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2},"metrics":{"latencyMs":1}}`,
}

// homes are the vendors' models that the reasoning comes from and goes back to.
var homes = map[dialect.Name]dialect.Target{
	dialect.Chat:      {Model: "openai/gpt-5.2", Traits: dialect.Traits{EchoReasoning: "reasoning_details", Reasoning: "object"}},
	dialect.Responses: {Model: "gpt-5.2"},
	dialect.Messages:  {Model: "claude-sonnet-4-5"},
	dialect.Gemini:    {Model: "gemini-3-pro-preview"},
	dialect.Converse:  {Model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0"},
}

// TestReasoningComesHome lets a vendor answer a caller of each dialect twice with
// reasoning and a call of a tool, and the caller send back what it was given.
func TestReasoningComesHome(t *testing.T) {
	all := conversing(t)
	for _, vendor := range all {
		home, ok := homes[vendor.Name]
		if !ok {
			continue
		}
		home.Provider = "somewhere"
		for _, caller := range all {
			at := string(caller.Name + "-" + vendor.Name)
			r, err := caller.Codec.ParseRequest(conversation(t, caller, vendor, &home))
			if err != nil {
				t.Fatalf("%s: %v", at, err)
			}
			if caller != vendor {
				r = dialect.Unmarked(r)
			}
			w, err := vendor.Codec.FormatRequest(nil, r, &home)
			if err != nil {
				t.Errorf("%s: %v", at, err)
				continue
			}
			checkGolden(t, at, filepath.Join("testdata", "home", at+".json"), w.Body)
			foreign := vendor != caller && vendor.Name != dialect.Chat // which is not its own vendor's form here
			if err := dialecttest.CheckRequest(vendor.Name, w.Body); err != nil && foreign {
				t.Errorf("%s: %v", at, err)
			}
			for n := 1; n <= 2; n++ {
				if is := strings.Contains(string(w.Body), signature(n)); is != (caller.Name != dialect.Cohere) {
					t.Errorf("%s: is the state of turn %d there: %v: %s", at, n, is, w.Body)
				}
			}
			if w.Lost.Has(llm.FThinkingState) {
				t.Errorf("%s: the state is told as lost: %s", at, w.Body)
			}
		}
	}
}

func signature(n int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "the state of turn %d", n))
}

// conversation is what a caller sends after two answers of a vendor's.
func conversation(t *testing.T, caller, vendor *dialect.Dialect, home *dialect.Target) []byte {
	t.Helper()
	turns := []any{asked(caller.Name)}
	for n := 1; n <= 2; n++ {
		c := &dialect.Call{
			ID: fmt.Sprintf("0198c0de-0000-7000-8000-00000000000%d", n), Provider: home.Provider, Model: home.Model, Asked: "m",
			Time: time.Unix(1700000000, 0), Request: &llm.Request{Dialect: string(caller.Name)},
		}
		body := strings.NewReplacer("SIG", signature(n), "N\"", fmt.Sprint(n, `"`)).Replace(thoughts[vendor.Name])
		a, err := vendor.Codec.ParseAnswer([]byte(body), c)
		if err != nil {
			t.Fatalf("%s: %v", vendor.Name, err)
		}
		turns = append(turns, answered(caller.Name, dialecttest.Decode(string(caller.Codec.FormatAnswer(nil, a, c))))...)
	}
	whole := map[string]any{"model": "m", "tools": offered[caller.Name]}
	switch caller.Name {
	case dialect.Responses:
		whole["input"] = turns
	case dialect.Gemini:
		whole = map[string]any{"contents": turns, "tools": offered[caller.Name], "generationConfig": map[string]any{"thinkingConfig": map[string]any{"thinkingLevel": "HIGH"}}}
	case dialect.Converse:
		whole = map[string]any{"messages": turns, "toolConfig": map[string]any{"tools": offered[caller.Name]}, "additionalModelRequestFields": thinks}
	case dialect.Messages:
		whole["messages"], whole["max_tokens"], whole["thinking"] = turns, 9000, thinks["thinking"]
	case dialect.Chat:
		whole["messages"], whole["reasoning_effort"] = turns, "high"
	default:
		whole["messages"] = turns
	}
	out, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var thinks = map[string]any{"thinking": map[string]any{"type": "enabled", "budget_tokens": 4000}}

// offered is the tool in each dialect.
var offered = map[dialect.Name]json.RawMessage{
	dialect.Chat:      json.RawMessage(`[{"type":"function","function":{"name":"now","parameters":{"type":"object","properties":{}}}}]`),
	dialect.Responses: json.RawMessage(`[{"type":"function","name":"now","parameters":{"type":"object","properties":{}},"strict":false}]`),
	dialect.Messages:  json.RawMessage(`[{"name":"now","input_schema":{"type":"object","properties":{}}}]`),
	dialect.Gemini:    json.RawMessage(`[{"functionDeclarations":[{"name":"now"}]}]`),
	dialect.Converse:  json.RawMessage(`[{"toolSpec":{"name":"now","inputSchema":{"json":{"type":"object","properties":{}}}}}]`),
	dialect.Cohere:    json.RawMessage(`[{"type":"function","function":{"name":"now","parameters":{"type":"object","properties":{}}}}]`),
}

// asked is the first turn of the user's.
func asked(caller dialect.Name) any {
	switch caller {
	case dialect.Gemini:
		return json.RawMessage(`{"role":"user","parts":[{"text":"What time is it?"}]}`)
	case dialect.Converse:
		return json.RawMessage(`{"role":"user","content":[{"text":"What time is it?"}]}`)
	}
	return json.RawMessage(`{"role":"user","content":"What time is it?"}`)
}

// answered are the turns that a caller makes of an answer with one call: the answer as
// it came, and the result.
func answered(caller dialect.Name, a dialecttest.Object) []any {
	result := func(form, id string) json.RawMessage {
		return json.RawMessage(strings.ReplaceAll(form, "ID", id))
	}
	switch caller {
	case dialect.Responses:
		var items []any
		id := ""
		for _, item := range a.List("output") {
			items, id = append(items, item), id+item.Text("call_id")
		}
		return append(items, result(`{"type":"function_call_output","call_id":"ID","output":"noon"}`, id))
	case dialect.Messages:
		id := ""
		for _, b := range a.List("content") {
			if b.Text("type") == "tool_use" {
				id = b.Text("id")
			}
		}
		return []any{map[string]any{"role": "assistant", "content": a["content"]}, result(`{"role":"user","content":[{"type":"tool_result","tool_use_id":"ID","content":"noon"}]}`, id)}
	case dialect.Gemini:
		return []any{a.List("candidates")[0].At("content"), result(`{"role":"user","parts":[{"functionResponse":{"name":"now","response":{"output":"noon"}}}]}`, "")}
	case dialect.Converse:
		id := ""
		for _, b := range a.At("output", "message").List("content") {
			id += b.At("toolUse").Text("toolUseId")
		}
		return []any{a.At("output", "message"), result(`{"role":"user","content":[{"toolResult":{"toolUseId":"ID","content":[{"text":"noon"}]}}]}`, id)}
	}
	message := a.At("message")
	if caller == dialect.Chat {
		message = a.List("choices")[0].At("message")
	}
	return []any{message, result(`{"role":"tool","tool_call_id":"ID","content":"noon"}`, message.List("tool_calls")[0].Text("id"))}
}
