package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
)

const weather = `{"type":"object","properties":{"city":{"type":"string"},"when":{"type":"object","properties":{"day":{"type":"integer","minimum":1}},"required":["day"]},"note":{"type":"string"}},"required":["city","when"]}`

const wantArgs = `{"city":"example city","when":{"day":1}}`

func TestToolsAreCalledAndTheirResultsAnsweredInChat(t *testing.T) {
	tools := `"tools":[{"type":"function","function":{"name":"weather","parameters":` + weather + `}}]`
	a := post(t, "/v1/chat/completions", `{"model":"chat","messages":[{"role":"user","content":"Weather?"}],`+tools+`}`)
	call := dig(t, a.body, "choices", 0, "message", "tool_calls", 0)
	if dig(t, a.body, "choices", 0, "finish_reason") != "tool_calls" || call == nil {
		t.Fatalf("no call in %s", a.body)
	}
	fn := call.(map[string]any)["function"].(map[string]any)
	if fn["name"] != "weather" || fn["arguments"] != wantArgs {
		t.Errorf("called %v", fn)
	}
	id := call.(map[string]any)["id"]
	again := fmt.Sprintf(`{"model":"chat","messages":[{"role":"user","content":"Weather?"},{"role":"assistant","content":null,"tool_calls":%s},{"role":"tool","tool_call_id":"%s","content":"sunny"}],%s}`,
		text(t, []any{call}), id, tools)
	a = post(t, "/v1/chat/completions", again)
	if said, _ := dig(t, a.body, "choices", 0, "message", "content").(string); !strings.Contains(said, "sunny") || !strings.Contains(said, "Weather?") {
		t.Errorf("after the result: %s", a.body)
	}
}

func TestToolsAreCalledAndTheirResultsAnsweredInResponses(t *testing.T) {
	h := handler()
	tools := `"tools":[{"type":"web_search"},{"type":"function","name":"weather","parameters":` + weather + `}]`
	a := postTo(h, "/v1/responses", `{"model":"reason","input":"Weather?",`+tools+`}`)
	if dig(t, a.body, "output", 0, "type") != "reasoning" || dig(t, a.body, "output", 1, "arguments") != wantArgs {
		t.Fatalf("no call in %s", a.body)
	}
	next := fmt.Sprintf(`{"model":"reason","previous_response_id":"%s","input":[{"type":"function_call_output","call_id":"%s","output":"sunny"}],%s}`,
		dig(t, a.body, "id"), dig(t, a.body, "output", 1, "call_id"), tools)
	a = postTo(h, "/v1/responses", next)
	if said, _ := dig(t, a.body, "output", 1, "content", 0, "text").(string); !strings.Contains(said, "sunny") || !strings.Contains(said, "Weather?") {
		t.Errorf("after the result: %s", a.body)
	}
}

func TestToolsAreCalledAndTheirResultsAnsweredInMessages(t *testing.T) {
	tools := `"tools":[{"name":"weather","input_schema":` + weather + `}]`
	a := post(t, "/v1/messages", `{"model":"chat","max_tokens":99,"messages":[{"role":"user","content":"Weather?"}],`+tools+`}`)
	if dig(t, a.body, "stop_reason") != "tool_use" || text(t, dig(t, a.body, "content", 0, "input")) != wantArgs {
		t.Fatalf("no call in %s", a.body)
	}
	next := fmt.Sprintf(`{"model":"chat","max_tokens":99,"messages":[{"role":"user","content":"Weather?"},{"role":"assistant","content":%s},{"role":"user","content":[{"type":"tool_result","tool_use_id":"%s","content":[{"type":"text","text":"sunny"}]}]}],%s}`,
		text(t, dig(t, a.body, "content")), dig(t, a.body, "content", 0, "id"), tools)
	a = post(t, "/v1/messages", next)
	if said, _ := dig(t, a.body, "content", 0, "text").(string); !strings.Contains(said, "sunny") || !strings.Contains(said, "Weather?") {
		t.Errorf("after the result: %s", a.body)
	}
}

func TestToolsAreCalledAndTheirResultsAnsweredInCohere(t *testing.T) {
	tools := `"tools":[{"type":"function","function":{"name":"weather","parameters":` + weather + `}}]`
	a := post(t, "/v2/chat", `{"model":"chat","messages":[{"role":"user","content":"Weather?"}],`+tools+`}`)
	if dig(t, a.body, "finish_reason") != "TOOL_CALL" || dig(t, a.body, "message", "tool_calls", 0, "function", "arguments") != wantArgs {
		t.Fatalf("no call in %s", a.body)
	}
	next := fmt.Sprintf(`{"model":"chat","messages":[{"role":"user","content":"Weather?"},%s,{"role":"tool","tool_call_id":"%s","content":[{"type":"document","document":{"data":{"sky":"sunny"}}}]}],%s}`,
		text(t, dig(t, a.body, "message")), dig(t, a.body, "message", "tool_calls", 0, "id"), tools)
	a = post(t, "/v2/chat", next)
	if said, _ := dig(t, a.body, "message", "content", 0, "text").(string); !strings.Contains(said, "sunny") || !strings.Contains(said, "Weather?") {
		t.Errorf("after the result: %s", a.body)
	}
}

func TestToolsAreCalledAndTheirResultsAnsweredInGemini(t *testing.T) {
	tools := `"tools":[{"functionDeclarations":[{"name":"weather","parametersJsonSchema":` + weather + `}]}]`
	a := post(t, "/v1beta/models/reason:generateContent", `{"contents":[{"role":"user","parts":[{"text":"Weather?"}]}],`+tools+`}`)
	call := dig(t, a.body, "candidates", 0, "content", "parts", 1)
	if call == nil || text(t, dig(t, a.body, "candidates", 0, "content", "parts", 1, "functionCall", "args")) != wantArgs {
		t.Fatalf("no call in %s", a.body)
	}
	if call.(map[string]any)["thoughtSignature"] == nil {
		t.Error("a call after thoughts has no signature")
	}
	next := fmt.Sprintf(`{"contents":[{"role":"user","parts":[{"text":"Weather?"}]},%s,{"role":"user","parts":[{"functionResponse":{"name":"weather","response":{"sky":"sunny"}}}]}],%s}`,
		text(t, dig(t, a.body, "candidates", 0, "content")), tools)
	a = post(t, "/v1beta/models/chat:generateContent", next)
	if said, _ := dig(t, a.body, "candidates", 0, "content", "parts", 0, "text").(string); !strings.Contains(said, "sunny") || !strings.Contains(said, "Weather?") {
		t.Errorf("after the result: %s", a.body)
	}
}

func TestWhetherAndHowOftenAToolIsCalledFollowsTheRequest(t *testing.T) {
	tools := `"tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b"}}]`
	for _, c := range []struct{ name, model, text, more, want string }{
		{"the first by default", "chat", "Go", "", "[a]"},
		{"the named one", "chat", "Go", `"tool_choice":{"type":"function","function":{"name":"b"}},`, "[b]"},
		{"none", "chat", "Go", `"tool_choice":"none",`, "[]"},
		{"two calls when asked twice", "chat", "Do it twice", "", "[a a]"},
		{"one call when parallel ones are off", "chat", "Do it twice", `"parallel_tool_calls":false,`, "[a]"},
		{"none by a model that echoes", "echo", "Go", "", "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := post(t, "/v1/chat/completions", `{"model":"`+c.model+`",`+c.more+`"messages":[{"role":"user","content":"`+c.text+`"}],`+tools+`}`)
			calls, _ := dig(t, a.body, "choices", 0, "message", "tool_calls").([]any)
			names := []string{}
			for i := range calls {
				names = append(names, dig(t, a.body, "choices", 0, "message", "tool_calls", i, "function", "name").(string))
			}
			if fmt.Sprint(names) != c.want {
				t.Errorf("called %v, want %s", names, c.want)
			}
		})
	}
}

func TestExamplesEndForSchemasThatDoNot(t *testing.T) {
	for name, schema := range map[string]string{
		"recursive":      `{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"},"and":{"$ref":"#/$defs/n"}},"required":["next","and"]}}}`,
		"self reference": `{"$ref":"#"}`,
		"huge":           `{"type":"array","minItems":1e9,"items":{"type":"array","minItems":1000,"items":{"type":"array","minItems":1000,"items":{"type":"string","minLength":1000}}}}`,
		"nonsense":       `[1,2]`,
	} {
		t.Run(name, func(t *testing.T) {
			a := post(t, "/v1/chat/completions", `{"model":"json","messages":[{"role":"user","content":"Go"}],"response_format":{"type":"json_schema","json_schema":{"schema":`+schema+`}}}`)
			said, _ := dig(t, a.body, "choices", 0, "message", "content").(string)
			if a.status != 200 || !validJSON(said) || len(said) > 10<<20 {
				t.Errorf("%d, %d bytes: %.200s", a.status, len(said), said)
			}
		})
	}
}
