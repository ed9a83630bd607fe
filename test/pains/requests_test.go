package pains_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// Field pains A 4.7.43; wire pitfall 12: schemas that vendors refuse are written as they
// take them.
func TestSchemasThatVendorsRefuseAreRewritten(t *testing.T) {
	s := start(t)
	hard := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": false, "title": "T",
		"$defs": object{"place": object{"type": "object", "properties": object{"name": object{"type": []any{"string", "null"}}}, "additionalProperties": false}},
		"properties": object{
			"where": object{"$ref": "#/$defs/place"}, "kind": object{"const": "a"}, "mode": object{"enum": []any{"x", "y", nil}}, "count": object{"type": "integer", "exclusiveMinimum": 0, "multipleOf": 2},
			"either": object{"oneOf": []any{object{"type": "string"}, object{"type": "number"}}}, "many": object{"type": "array", "items": object{"$ref": "#/$defs/place"}, "uniqueItems": true},
			"free": object{"type": "object", "additionalProperties": object{"type": "string"}}, "any": true,
		},
		"required": []any{"where"},
	}
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		s.up.Script(v.says(hello))
		q := ask(v.asked(), "go")
		q.tools = []tool{{"get_weather", hard}}
		s.must(t, c, q, false)
		body := string(s.up.Last().Body)
		for _, name := range []string{`"where"`, `"either"`, `"many"`, `"count"`} {
			if !strings.Contains(body, name) {
				t.Errorf("%s is gone: %s", name, body)
			}
		}
		valid(t, s.up.Last())
	})
}

// Field pains A 4.7.41; wire pitfall 7: images and several texts in a tool's result reach
// the vendor, in the result where it takes them there, else in the user's turn behind it,
// and an error stays one.
func TestResultsKeepTheirImagesTextsAndErrors(t *testing.T) {
	s := start(t)
	png := base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\nhello"))
	answer := &said{blocks: []block{callOf("call00001", "Lisbon", "")}}
	turnsOf := map[string]func(t *testing.T) object{
		"messages": func(t *testing.T) object {
			return object{"messages": []any{object{"role": "user", "content": "go"}, object{"role": "assistant", "content": history(t, messagesCaller, answer)},
				object{"role": "user", "content": []any{object{"type": "tool_result", "tool_use_id": "call00001", "is_error": true, "content": []any{object{"type": "text", "text": "FIRST"}, object{"type": "image", "source": object{"type": "base64", "media_type": "image/png", "data": png}}, object{"type": "text", "text": "SECOND"}}}}}}}
		},
		"converse": func(t *testing.T) object {
			return object{"messages": []any{object{"role": "user", "content": []any{object{"text": "go"}}}, object{"role": "assistant", "content": history(t, converseCaller, answer)},
				object{"role": "user", "content": []any{object{"toolResult": object{"toolUseId": "call00001", "status": "error", "content": []any{object{"text": "FIRST"}, object{"image": object{"format": "png", "source": object{"bytes": png}}}, object{"text": "SECOND"}}}}}}}}
		},
		"responses": func(t *testing.T) object {
			return object{"input": []any{object{"role": "user", "content": "go"}, list(history(t, responsesCaller, answer))[0],
				object{"type": "function_call_output", "call_id": "call00001", "output": []any{object{"type": "input_text", "text": "FIRST"}, object{"type": "input_image", "image_url": "data:image/png;base64," + png}, object{"type": "input_text", "text": "SECOND"}}}}}
		},
	}
	for name, make := range turnsOf {
		c := callerOf(name)
		for _, v := range vendors {
			if v.dialect == name {
				continue
			}
			t.Run(name+" to "+v.name, func(t *testing.T) {
				s.up.Script(v.says(hello))
				q := ask(v.asked(), "go")
				q.tools, q.more = []tool{cityTool}, make(t)
				r := s.must(t, c, q, false)
				body := string(s.up.Last().Body)
				for _, what := range []string{"FIRST", "SECOND"} {
					if strings.Count(body, what) != 1 {
						t.Errorf("%s stands %d times: %s", what, strings.Count(body, what), body)
					}
				}
				dropped := r.Header.Get("Sluice-Dropped-Params")
				if v.dialect == "cohere" && !strings.Contains(body, png) {
					if dropped == "" {
						t.Error("the image is dropped in silence")
					}
				} else if strings.Count(body, png) != 1 {
					t.Errorf("the image stands %d times: %s", strings.Count(body, png), body)
				}
				if name != "responses" {
					told := strings.Contains(body, `"is_error":true`) || strings.Contains(body, `"status":"error"`) || strings.Contains(body, `"error"`) || strings.Contains(strings.ToLower(body), "error") || dropped != ""
					if !told {
						t.Errorf("nobody says that the tool failed: %s", body)
					}
				}
				if v.dialect != "gemini" || true {
					valid(t, s.up.Last())
				}
			})
		}
	}
}

// Wire pitfall 13: the type of an image is that of its bytes, not of what its caller or
// its name says.
func TestTheTypeOfAnImageIsThatOfItsBytes(t *testing.T) {
	pictures := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/gif")
		_, _ = w.Write([]byte("\x89PNG\r\n\x1a\nhello"))
	}))
	defer pictures.Close()
	s := startWith(t, "gateways:\n  default:\n    media: { networks: [ 127.0.0.0/8 ] }\n")
	for _, v := range []*vendor{converseVendor, geminiVendor} {
		s.up.Script(v.says(hello))
		q := ask(v.asked(), "go")
		q.more = object{"messages": []any{object{"role": "user", "content": []any{object{"type": "image_url", "image_url": object{"url": pictures.URL + "/a.jpg"}}, object{"type": "text", "text": "what?"}}}}}
		s.must(t, chatCaller, q, false)
		body := string(s.up.Last().Body)
		if !strings.Contains(body, `"format":"png"`) && !strings.Contains(body, `"image/png"`) {
			t.Errorf("%s: %s", v.name, body)
		}
	}
}

// Wire pitfall 48; field pain A 4.7.45: empty and missing content of all kinds is
// understood, and no null is made of it.
func TestEmptyContentIsUnderstoodAndNoNullIsAdded(t *testing.T) {
	s := start(t)
	call := []any{object{"id": "call00001", "type": "function", "function": object{"name": "get_weather", "arguments": ""}}}
	for title, assistant := range map[string]object{
		"null":     {"role": "assistant", "content": nil, "tool_calls": call},
		"a text":   {"role": "assistant", "content": "", "tool_calls": call},
		"no parts": {"role": "assistant", "content": []any{}, "tool_calls": call},
		"missing":  {"role": "assistant", "tool_calls": call},
		"nulls":    {"role": "assistant", "content": nil, "refusal": nil, "audio": nil, "function_call": nil, "tool_calls": call, "name": nil},
	} {
		for _, v := range vendors[1:] {
			t.Run(title+" to "+v.name, func(t *testing.T) {
				s.up.Script(v.says(hello))
				q := ask(v.asked(), "go")
				q.tools = []tool{cityTool}
				q.more = object{"temperature": nil, "top_p": nil, "stop": nil, "seed": nil, "response_format": nil, "tool_choice": nil, "user": nil, "n": nil, "logit_bias": nil, "max_tokens": nil}
				q.turns = append(q.turns, turn{raw: assistant, results: []result{{"call00001", "get_weather", ""}}})
				r := s.must(t, chatCaller, q, false)
				if body := string(s.up.Last().Body); strings.Contains(body, "null") {
					t.Errorf("a null is sent: %s", body)
				}
				same(t, "dropped", r.Header.Get("Sluice-Dropped-Params"), "")
				valid(t, s.up.Last())
			})
		}
	}
}

// Wire pitfall 48: several answers where the vendor gives one are refused, not made one.
func TestSeveralAnswersAreNotQuietlyOne(t *testing.T) {
	s := start(t)
	for _, v := range vendors[1:] {
		s.up.Script(v.says(hello))
		q := ask(v.asked(), "go")
		q.more = object{"n": 3}
		r := s.do(t, chatCaller, q, false)
		switch {
		case r.StatusCode == 400 && strings.Contains(chatCaller.message(parse(t, r.raw)), "'n'"):
		case r.StatusCode == 200 && v.dialect == "gemini" && number(at(s.sent(t), "generationConfig", "candidateCount")) == 3:
		case r.StatusCode == 200 && strings.Contains(r.Header.Get("Sluice-Dropped-Params"), "n"):
			t.Errorf("%s: n is dropped, the caller gets one answer", v.name)
		default:
			t.Errorf("%s: %d %s", v.name, r.StatusCode, r.raw)
		}
	}
}

// Wire pitfall 11: choices among tools mean the same at every vendor; none really
// prevents calls, and only one at a time is said.
func TestChoicesAmongToolsMeanTheSame(t *testing.T) {
	s := start(t)
	no := false
	choices := map[string]map[string]any{ // by choice, then by caller
		"required": {"chat": object{"tool_choice": "required"}, "responses": object{"tool_choice": "required"}, "messages": object{"tool_choice": object{"type": "any"}}, "gemini": object{"toolConfig": object{"functionCallingConfig": object{"mode": "ANY"}}}, "cohere": object{"tool_choice": "REQUIRED"}},
		"named":    {"chat": object{"tool_choice": object{"type": "function", "function": object{"name": "get_weather"}}}, "responses": object{"tool_choice": object{"type": "function", "name": "get_weather"}}, "messages": object{"tool_choice": object{"type": "tool", "name": "get_weather"}}, "gemini": object{"toolConfig": object{"functionCallingConfig": object{"mode": "ANY", "allowedFunctionNames": []any{"get_weather"}}}}},
		"none":     {"chat": object{"tool_choice": "none"}, "responses": object{"tool_choice": "none"}, "messages": object{"tool_choice": object{"type": "none"}}, "gemini": object{"toolConfig": object{"functionCallingConfig": object{"mode": "NONE"}}}, "cohere": object{"tool_choice": "NONE"}},
	}
	for choice, byCaller := range choices {
		for name, more := range byCaller {
			for _, v := range vendors {
				if v.dialect == name {
					continue
				}
				t.Run(choice+", "+name+" to "+v.name, func(t *testing.T) {
					s.up.Script(v.says(hello))
					q := ask(v.asked(), "go")
					q.tools, q.more = []tool{cityTool, noArgsTool}, more.(object)
					r := s.must(t, callerOf(name), q, false)
					got, body := choiceOf(v, s.sent(t)), string(s.up.Last().Body)
					want := choice
					switch {
					case choice == "none" && len(toolNames(v, s.sent(t))) == 0:
						got = "none" // there is nothing to call
					case v.dialect == "cohere" && choice == "named" && len(toolNames(v, s.sent(t))) == 1:
						want = "required" // of the only one there is
					case v.dialect == "cohere" && choice == "named" && r.Header.Get("Sluice-Dropped-Params") != "":
						want = got
					}
					if got != want {
						t.Errorf("the vendor is told %q: %s", got, body)
					}
					valid(t, s.up.Last())
				})
			}
		}
	}
	for _, c := range []*caller{chatCaller, responsesCaller, messagesCaller} {
		for _, v := range vendors {
			if c.name == v.dialect {
				continue
			}
			s.up.Script(v.says(hello))
			q := ask(v.asked(), "go")
			q.tools, q.parallel = []tool{cityTool, noArgsTool}, &no
			r := s.must(t, c, q, false)
			body := string(s.up.Last().Body)
			if !strings.Contains(body, `"disable_parallel_tool_use":true`) && !strings.Contains(body, `"parallel_tool_calls":false`) && r.Header.Get("Sluice-Dropped-Params") == "" {
				t.Errorf("%s to %s: one call at a time is dropped in silence: %s", c.name, v.name, body)
			}
		}
	}
}

func choiceOf(v *vendor, o object) string {
	switch v.dialect {
	case "chat", "responses", "cohere":
		if s := str(o["tool_choice"]); s != "" {
			return strings.ToLower(s)
		}
		if o["tool_choice"] != nil {
			return "named"
		}
	case "messages":
		return map[string]string{"any": "required", "tool": "named", "none": "none"}[str(at(o, "tool_choice", "type"))]
	case "gemini":
		f := at(o, "toolConfig", "functionCallingConfig")
		if at(f, "allowedFunctionNames") != nil {
			return "named"
		}
		return map[string]string{"ANY": "required", "NONE": "none"}[str(at(f, "mode"))]
	case "converse":
		choice, _ := at(o, "toolConfig", "toolChoice").(object)
		for name := range choice {
			return map[string]string{"any": "required", "tool": "named"}[name]
		}
	}
	return ""
}

// Field pain B 10: no choice names a tool that is not sent.
func TestAChoiceNamesOnlyToolsThatAreThere(t *testing.T) {
	s := start(t)
	for _, v := range vendors {
		if v.dialect == "messages" {
			continue
		}
		for title, more := range map[string]object{
			"a web search":           {"tools": []any{object{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}, object{"name": "get_weather", "input_schema": cityTool.schema}}, "tool_choice": object{"type": "tool", "name": "web_search"}},
			"only a web search":      {"tools": []any{object{"type": "web_search_20250305", "name": "web_search"}}, "tool_choice": object{"type": "tool", "name": "web_search"}},
			"a tool of the vendor's": {"tools": []any{object{"type": "bash_20250124", "name": "bash"}, object{"name": "get_weather", "input_schema": cityTool.schema}}, "tool_choice": object{"type": "tool", "name": "bash"}},
		} {
			t.Run(title+" to "+v.name, func(t *testing.T) {
				before := len(s.up.Calls())
				s.up.Script(v.says(hello))
				q := ask(v.asked(), "go")
				q.more = more
				r := s.do(t, messagesCaller, q, false)
				if r.StatusCode == 400 && len(s.up.Calls()) == before {
					return
				}
				if r.said == nil {
					t.Fatalf("%d %s", r.StatusCode, r.raw)
				}
				if got := choiceOf(v, s.sent(t)); got == "named" || got == "required" && len(toolNames(v, s.sent(t))) == 0 {
					for _, n := range toolNames(v, s.sent(t)) {
						if n == "web_search" || n == "bash" {
							return
						}
					}
					t.Errorf("the choice %s is for nothing: %s", got, s.up.Last().Body)
				}
				valid(t, s.up.Last())
			})
		}
	}
}

// Wire pitfall 3: what a thinking model refuses does not reach it, and its absence is told.
func TestSamplingThatAThinkingModelRefusesIsLeftOut(t *testing.T) {
	s := start(t)
	for _, test := range []struct {
		c     *caller
		model string
		more  object
		gone  [][]any
	}{
		{messagesCaller, "chat/gpt-5.2", object{"temperature": 0.3, "thinking": object{"type": "enabled", "budget_tokens": 2000}}, [][]any{{"temperature"}}},
		{messagesCaller, "responses/o3", object{"temperature": 0.3, "top_p": 0.5}, [][]any{{"temperature"}, {"top_p"}}},
		{chatCaller, "messages/claude-sonnet-4-5", object{"temperature": 0.3, "reasoning_effort": "high"}, [][]any{{"temperature"}}},
		{geminiCaller, "messages/claude-sonnet-4-5", object{"generationConfig": object{"topK": 4, "thinkingConfig": object{"thinkingBudget": 2000}}}, [][]any{{"top_k"}}},
	} {
		v := map[string]*vendor{"chat": chatVendor, "responses": responsesVendor, "messages": messagesVendor}[strings.Split(test.model, "/")[0]]
		s.up.Script(v.says(hello))
		q := ask(test.model, "go")
		q.more = test.more
		r := s.must(t, test.c, q, false)
		for _, path := range test.gone {
			if at(s.sent(t), path...) != nil {
				t.Errorf("%s to %s: %v is sent: %s", test.c.name, test.model, path, s.up.Last().Body)
			}
		}
		if r.Header.Get("Sluice-Dropped-Params") == "" {
			t.Errorf("%s to %s: nothing is told", test.c.name, test.model)
		}
	}
	s.up.Script(messagesVendor.says(hello))
	q := ask("messages/claude-3-5-haiku-20241022", "go")
	q.more = object{"temperature": 1.7}
	s.must(t, chatCaller, q, false)
	if n := number(s.sent(t)["temperature"]); n > 1 {
		t.Errorf("a temperature of %v reaches Claude", n)
	}
}

// Wire pitfall 19: ids of models stand in the path as they are signed, whatever is in them.
func TestIDsOfModelsStandEscapedInThePath(t *testing.T) {
	s := start(t)
	for id, path := range map[string]string{
		"anthropic.claude-sonnet-4-5-20250929-v1:0":                                         "/converse/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
		"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-v1:0": "/converse/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude-v1%3A0/converse",
	} {
		s.up.Script(converseVendor.says(hello))
		for _, c := range []*caller{chatCaller, messagesCaller, geminiCaller} {
			s.must(t, c, ask("converse/"+id, "go"), false)
			same(t, c.name, s.up.Last().URI, path)
		}
	}
}

// Wire pitfall 42, field pain B 40: pieces of text and of thought are not held back either.
func TestEveryPieceReachesItsCallerBeforeTheNextIsSaid(t *testing.T) {
	const pieces = 20
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		m := &marks{news: make(chan struct{}, 1)}
		var thought, spoken string
		from := 0
		if v != chatVendor {
			for i := range pieces {
				thought += "thought" + mark(i)
			}
			from = pieces
		}
		for i := range pieces {
			spoken += "spoken" + mark(from+i)
		}
		long := &said{blocks: []block{{kind: thinking, text: thought, state: opaque("p")}, {kind: words, text: spoken}}, usage: counts{input: 1, output: 1}}
		events := v.events(v, long)
		s.up.Script(func(call *testup.Call) {
			v.send(call, nil)
			for _, e := range events {
				call.More(e)
				n := -1
				for i := strings.LastIndex(e, "#0"); i >= 4; {
					if _, err := fmt.Sscanf(e[max(0, i-5):], "#%04d#", &n); err != nil {
						n = -1
					}
					break
				}
				if n >= 0 && !strings.Contains(e, mark(from+pieces-1)) && !m.await(n) {
					t.Errorf("piece %d is held back", n)
					return
				}
			}
		})
		q := ask(v.asked(), "go")
		q.think = true
		r := s.watch(t, c, q, m.look)
		if r.said == nil || r.said.text() != spoken {
			t.Errorf("status %d: %.500s", r.StatusCode, r.raw)
		}
	})
}
