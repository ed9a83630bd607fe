package openaichat_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestExamplesOfFieldsAreWhatTheLedgerSays(t *testing.T) {
	for _, f := range openaichat.Dialect.Fields {
		if f.Example == "" {
			continue
		}
		r, err := codec.ParseRequest([]byte(f.Example))
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		if f.Feature != 0 && !r.Has.Has(f.Feature) {
			t.Errorf("%s: %s is not seen in %s", f.Path, f.Feature, f.Example)
		}
		if f.Refuse && len(r.Refuse) == 0 {
			t.Errorf("%s: it is not refused", f.Path)
		}
		if f.Feature == 0 && !f.Frame && !named(r, f.Path) {
			t.Errorf("%s: it is among neither %v nor %v", f.Path, r.Unnamed, r.Own)
		}
	}
}

// published are the fields of requests in OpenAI's reference, as its Go SDK (v3.96.0)
// has them.
var published = strings.Fields(`
messages model frequency_penalty logprobs max_completion_tokens max_tokens n presence_penalty prompt_cache_key safety_identifier seed store
temperature top_logprobs top_p parallel_tool_calls user audio audio.format audio.voice logit_bias metadata modalities moderation moderation.model moderation.policy
prompt_cache_retention reasoning_effort service_tier stop stream stream_options stream_options.include_usage stream_options.include_obfuscation verbosity
function_call function_call.name functions functions[].name functions[].description functions[].parameters prediction prediction.type prediction.content
prompt_cache_options prompt_cache_options.mode prompt_cache_options.ttl response_format response_format.type response_format.json_schema
response_format.json_schema.name response_format.json_schema.description response_format.json_schema.schema response_format.json_schema.strict
tool_choice tool_choice.type tool_choice.function tool_choice.function.name tool_choice.custom tool_choice.custom.name tool_choice.allowed_tools tool_choice.allowed_tools.mode
tool_choice.allowed_tools.tools tools tools[].type tools[].function tools[].function.name tools[].function.description tools[].function.parameters tools[].function.strict
tools[].custom tools[].custom.name tools[].custom.description tools[].custom.format tools[].custom.format.type tools[].custom.format.grammar
tools[].custom.format.grammar.definition tools[].custom.format.grammar.syntax web_search_options web_search_options.search_context_size web_search_options.user_location
web_search_options.user_location.type web_search_options.user_location.approximate web_search_options.user_location.approximate.city
web_search_options.user_location.approximate.country web_search_options.user_location.approximate.region web_search_options.user_location.approximate.timezone
messages[].role messages[].content messages[].name messages[].refusal messages[].audio messages[].audio.id messages[].function_call messages[].function_call.name
messages[].function_call.arguments messages[].tool_calls messages[].tool_calls[].id messages[].tool_calls[].type messages[].tool_calls[].function
messages[].tool_calls[].function.name messages[].tool_calls[].function.arguments messages[].tool_calls[].custom messages[].tool_calls[].custom.name
messages[].tool_calls[].custom.input messages[].tool_call_id messages[].content[].type messages[].content[].text messages[].content[].refusal
messages[].content[].image_url messages[].content[].image_url.url messages[].content[].image_url.detail messages[].content[].input_audio
messages[].content[].input_audio.data messages[].content[].input_audio.format messages[].content[].file messages[].content[].file.file_data
messages[].content[].file.file_id messages[].content[].file.filename messages[].content[].prompt_cache_breakpoint
messages[].content[].prompt_cache_breakpoint.mode messages[].content[].prompt_cache_breakpoint.ttl`)

func TestEveryPublishedFieldStandsInTheLedger(t *testing.T) {
	known := map[string]bool{}
	for _, f := range openaichat.Dialect.Fields {
		known[f.Path] = true
	}
	for _, path := range published {
		if !known[path] {
			t.Errorf("%s is missing", path)
		}
	}
}

func named(r *llm.Request, path string) bool {
	path, _, _ = strings.Cut(path, " (")
	return slices.ContainsFunc(r.Unnamed, func(p string) bool { return p == path })
}

func TestFeaturesOfTheLedgerAreOfTheRightSide(t *testing.T) {
	d := openaichat.Dialect
	for _, f := range d.Fields {
		if f.Feature >= llm.AText {
			t.Errorf("%s means %s, of answers", f.Path, f.Feature)
		}
	}
	for f, c := range d.Carries {
		if f >= llm.AText || c.How == "" {
			t.Errorf("%s: %+v", f, c)
		}
	}
	for f, c := range d.AnswerCarries {
		if f < llm.AText || c.How == "" {
			t.Errorf("%s: %+v", f, c)
		}
	}
}

func TestExamplesOfAnswersAreRead(t *testing.T) {
	for _, f := range openaichat.Dialect.AnswerFields {
		if f.Example == "" {
			continue
		}
		a, err := codec.ParseAnswer([]byte(f.Example), aCall(nil))
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		if !answerHas(a, f.Feature) {
			t.Errorf("%s: %s is not read from %s", f.Path, f.Feature, f.Example)
		}
	}
}

func answerHas(a *llm.Answer, f llm.Feature) bool {
	c := &a.Choices[0]
	has := func(ok func(*llm.Part) bool) bool {
		return slices.ContainsFunc(c.Parts, func(p llm.Part) bool { return ok(&p) })
	}
	of := func(kinds ...llm.PartKind) bool {
		return has(func(p *llm.Part) bool { return slices.Contains(kinds, p.Kind) })
	}
	switch f {
	case llm.AText:
		return of(llm.Text)
	case llm.AThinking:
		return of(llm.Thinking)
	case llm.AThinkingState:
		return has(func(p *llm.Part) bool { return len(p.State) > 0 })
	case llm.AToolCall:
		return of(llm.ToolCall)
	case llm.ARefusal:
		return of(llm.Refusal)
	case llm.ACitations:
		return has(func(p *llm.Part) bool { return len(p.Cites) > 0 && p.Cites[0].URL != nil })
	case llm.AMedia:
		return of(llm.Image, llm.Audio)
	case llm.ALogprobs:
		return c.Logprobs != nil
	case llm.AFinish:
		return c.Finish != ""
	case llm.AStopText:
		return c.StopText != nil
	case llm.AUsage:
		return a.Usage.InputTokens.Known
	case llm.AUsageCache:
		return a.Usage.CacheReadTokens.Known
	case llm.AUsageReasoning:
		return a.Usage.ReasoningTokens.Known
	case llm.ATier:
		return a.Tier != ""
	case llm.AModel:
		return a.Model != ""
	case llm.AID:
		return a.ID != ""
	case llm.ACreated:
		return a.Created != 0
	case llm.AChoices:
		return len(a.Choices) == 2
	}
	return false
}

// understanding are targets that understand all that a caller of the dialect may write.
func understanding(example string) dialect.Target {
	to := dialect.Target{Model: "m", Stream: strings.Contains(example, `"stream":true`)}
	to.Traits.CacheMarks = strings.Contains(example, "cache_control")
	for member, how := range map[string]string{`"reasoning":{`: "object", `"thinking":{`: "thinking", "enable_thinking": "enable_thinking", "thinking_budget": "enable_thinking"} {
		if strings.Contains(example, member) {
			to.Traits.Reasoning = how
		}
	}
	for _, member := range []string{"reasoning", "reasoning_content", "reasoning_details"} {
		if strings.Contains(example, `"`+member+`":"`) || strings.Contains(example, `"`+member+`":[`) {
			to.Traits.EchoReasoning = member
		}
	}
	if strings.Contains(example, `"type":"thinking"`) {
		to.Traits.EchoReasoning = "content"
	}
	for _, form := range []string{"document_url", "file_url"} {
		if strings.Contains(example, `"type":"`+form) {
			to.Traits.Files = form
		}
	}
	return to
}

func TestARequestOfTheDialectComesBackAsItWasRead(t *testing.T) {
	var examples []string
	for _, f := range openaichat.Dialect.Fields {
		examples = append(examples, f.Example)
	}
	examples = append(examples, rich...)
	for _, example := range examples {
		if example == "" {
			continue
		}
		to := understanding(example)
		first, err := codec.ParseRequest([]byte(example))
		if err != nil {
			t.Fatalf("%v: %s", err, example)
		}
		w, err := codec.FormatRequest(nil, first, &to)
		if err != nil || !json.Valid(w.Body) {
			t.Errorf("%v: %s became %s", err, example, w.Body)
			continue
		}
		again, err := codec.ParseRequest(w.Body)
		if err != nil {
			t.Errorf("%v: %s became %s", err, example, w.Body)
			continue
		}
		if first.Stream { // usage is always asked for
			again.Has = again.Has.Without(llm.Of(llm.FStreamUsage)).With(llm.Features{})
			first.Has = first.Has.Without(llm.Of(llm.FStreamUsage))
			first.Settings, again.Settings = nil, nil
		}
		slices.Sort(first.Unnamed)
		slices.Sort(again.Unnamed)
		if !reflect.DeepEqual(first, again) {
			t.Errorf("%s\nbecame %s\n%+v\n%+v", example, w.Body, first, again)
		}
		if twice, _ := codec.FormatRequest(nil, first, &to); string(twice.Body) != string(w.Body) {
			t.Errorf("written twice it differs: %s and %s", w.Body, twice.Body)
		}
	}
}

// rich are requests that hold much at once.
var rich = []string{
	`{"model":"m","messages":[{"role":"system","content":[{"type":"text","text":"a"},{"type":"text","text":"b","cache_control":{"type":"ephemeral","ttl":"1h"}}]},{"role":"user","name":"Ann","content":[{"type":"text","text":"look: \"\\u00e9\\n"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1.0e2}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"},"x":1}}]},{"role":"tool","tool_call_id":"c1","content":"1"},{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"2"},{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]},{"role":"user","content":"so?"}],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}},{"type":"function","function":{"name":"g"}}],"tool_choice":"auto","parallel_tool_calls":true,"stop":["a","b"],"max_completion_tokens":7,"temperature":1,"logit_bias":{"5":-1},"foo":{"bar":[1,2]}}`,
	`{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"x","reasoning_details":[{"type":"reasoning.summary","summary":"s","format":"openai-responses-v1","index":0,"id":"rs_1"},{"type":"reasoning.encrypted","data":"gAAA","id":"rs_1","format":"openai-responses-v1","index":1}]},{"role":"user","content":"go on"}],"reasoning":{"effort":"low","foo":1}}`,
	`{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"1"}],"functions":[{"name":"f","parameters":{"type":"object"},"x":1}],"function_call":"auto"}`,
	`{"model":"m","messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"number"}}},"strict":false,"x":1},"y":2},"stream":true,"stream_options":{"include_usage":true,"z":3}}`,
	`{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"custom","custom":{"name":"f","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"x"}}}},{"type":"web_search","x":1}],"tool_choice":{"type":"custom","custom":{"name":"f"}}}`,
	`{"model":"m","messages":[{"role":"user","content":"hi"}],"tool_choice":{"type":"special","special":1}}`,
	`{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"x","reasoning":{"odd":1}},{"role":"user","content":"hi"}],"tool_choice":{"type":"none"}}`,
}

func TestWhatIsMalformedIsNamed(t *testing.T) {
	for body, want := range map[string]string{
		``:                               "The body must be a JSON object.",
		`[]`:                             "The body must be a JSON object.",
		`{`:                              "The body is not a well-formed JSON object: malformed JSON: the text ends too early (at byte 1).",
		`{"model":"m"}`:                  "messages must be an array of messages, and is missing.",
		`{"messages":7}`:                 "messages must be an array of messages.",
		`{"messages":[7]}`:               "messages[0] must be an object.",
		`{"messages":[{"content":"x"}]}`: "messages[0].role must be a string, and is missing.",
		`{"messages":[{"role":"cook"}]}`: "messages[0].role must be system, developer, user, assistant or tool.",
		`{"messages":[{"role":7}]}`:      "messages[0].role must be a string.",
		`{"messages":[{"role":"user","content":"a"},{"role":"user","content":7}]}`:                                "messages[1].content must be a string or an array of parts.",
		`{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":7}]}]}`:          "messages[0].content[1].text must be a string.",
		`{"messages":[{"role":"user","content":[7]}]}`:                                                            "messages[0].content[0] must be an object.",
		`{"messages":[{"role":"user","content":[{}]}]}`:                                                           "messages[0].content[0].type must be a string, and is missing.",
		`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":1}}]}]}`:                   "messages[0].content[0].image_url.url must be a string.",
		`{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}`:                                         "messages[0].content[0].image_url.url must be a string, and is missing.",
		`{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]}`:                      "messages[0].content[0].input_audio.data must be a string, and is missing.",
		`{"messages":[{"role":"user","content":[{"type":"file","file":{}}]}]}`:                                    "messages[0].content[0].file must be an object with file_data or file_id.",
		`{"messages":[{"role":"assistant","tool_calls":[{"id":"1","function":{}}]}]}`:                             "messages[0].tool_calls[0].function.name must be a string, and is missing.",
		`{"messages":[{"role":"assistant","tool_calls":{}}]}`:                                                     "messages[0].tool_calls must be an array.",
		`{"messages":[],"tools":[{"type":"function","function":{"name":"a","parameters":[]}}]}`:                   "tools[0].function.parameters must be a JSON schema.",
		`{"messages":[],"tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{}}]}`: "tools[1].function.name must be a string, and is missing.",
		`{"messages":[],"tools":[{}]}`:                                                                            "tools[0].type must be a string, and is missing.",
		`{"messages":[],"tool_choice":"sometimes"}`:                                                               "tool_choice must be auto, none, required or an object.",
		`{"messages":[],"max_tokens":"many"}`:                                                                     "max_tokens must be a whole number.",
		`{"messages":[],"temperature":"hot"}`:                                                                     "temperature must be a number.",
		`{"messages":[],"n":1.5}`:                                                                                 "n must be a whole number.",
		`{"messages":[],"stop":7}`:                                                                                "stop must be a string or an array of strings.",
		`{"messages":[],"stop":[7]}`:                                                                              "stop must be a string.",
		`{"messages":[],"stream":"yes"}`:                                                                          "stream must be true or false.",
		`{"messages":[],"response_format":"json"}`:                                                                "response_format must be an object.",
		`{"messages":[],"response_format":{"type":"json_schema"}}`:                                                "response_format.json_schema.schema must be a JSON schema, and is missing.",
		`{"messages":[],"reasoning_effort":3}`:                                                                    "reasoning_effort must be a string.",
		`{"messages":[],"metadata":"x"}`:                                                                          "metadata must be an object.",
		`{"messages":[],"stream_options":7}`:                                                                      "stream_options must be an object.",
	} {
		_, err := codec.ParseRequest([]byte(body))
		if err == nil || err.Error() != "invalid_request: "+want {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

func TestBytesCannotBreakOutOfTheirString(t *testing.T) {
	for _, part := range []string{
		`{"type":"input_audio","input_audio":{"data":"AA\",\"x\":\"","format":"wav"}}`,
		`{"type":"image_url","image_url":{"url":"data:image/png;base64,AA\"},\"x\":{\""}}`,
		`{"type":"image_url","image_url":{"url":"data:image/\"x\";base64,AAAA"}}`,
		`{"type":"file","file":{"filename":"a","file_data":"AA\",\"x\":\""}}`,
		`{"type":"input_audio","input_audio":{"data":"AAAA\nAAAA","format":"wav"}}`,
		`{"type":"image_url","image_url":{"url":"data:image\/png;base64,AAAA\r\nAA\u0001"}}`,
	} {
		r, err := codec.ParseRequest([]byte(`{"messages":[{"role":"user","content":[` + part + `]}]}`))
		if err != nil {
			continue
		}
		r.Dialect = "messages"
		w, err := codec.FormatRequest(nil, r, &dialect.Target{Model: "m"})
		if err == nil && (!json.Valid(w.Body) || strings.Contains(string(w.Body), `"x":`)) {
			t.Errorf("%s became %s", part, w.Body)
		}
	}
}
