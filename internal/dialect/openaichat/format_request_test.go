package openaichat_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func raw(s string) llm.Raw { return llm.Raw(s) }

func words(s string) llm.Part {
	b, _ := json.Marshal(s) // a string always marshals
	return llm.Part{Kind: llm.Text, Text: b}
}

func setTo(f llm.Feature, v string) llm.Setting { return llm.Setting{Feature: f, Value: raw(v)} }

func settings(all ...llm.Setting) []llm.Setting { return all }

func saidBy(role llm.Role, parts ...llm.Part) llm.Message {
	return llm.Message{Role: role, Parts: parts}
}

func calling(id, name, args string) llm.Part {
	return llm.Part{Kind: llm.ToolCall, Call: &llm.Call{ID: id, Name: name, Arguments: raw(args)}}
}

func resulting(id, name string, parts ...llm.Part) llm.Part {
	return llm.Part{Kind: llm.ToolResult, Result: &llm.Result{ID: id, Name: name, Parts: parts}}
}

func picture(url string) llm.Part {
	return llm.Part{Kind: llm.Image, Media: &llm.Media{URL: raw(url)}}
}

// foreign makes a request of another dialect's caller.
func foreign(has llm.Features, messages ...llm.Message) *llm.Request {
	return &llm.Request{Dialect: "messages", Messages: messages, Has: has}
}

var hi = saidBy(llm.User, words("hi"))

// elsewhere are the traits that servers of this form mostly have.
var elsewhere = dialect.Traits{MaxTokens: true, NoDeveloper: true}

func with(change func(*dialect.Traits)) dialect.Traits {
	t := elsewhere
	change(&t)
	return t
}

func TestRequestsAreWrittenAsTheirTargetsTakeThem(t *testing.T) {
	yes, no := true, false
	openSchema := raw(`{"type":"object","properties":{"a":{"type":"string"}}}`)
	closed := raw(`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`)
	mine := llm.Opaque{Dialect: "chat", Provider: "p", Model: "m", Kind: "details", Value: `{"type":"reasoning.text","signature":"s","index":0}`}
	theirs := llm.Opaque{Dialect: "messages", Provider: "x", Model: "y", Kind: "signature", Value: "s"}
	signed := llm.Opaque{Dialect: "chat", Provider: "p", Model: "gemini-3-pro", Kind: "thought_signature", Value: "sig"}
	marked := words("long")
	marked.Cache = "1h"
	loop := func(state ...llm.Opaque) []llm.Message {
		thought := llm.Part{Kind: llm.Thinking, Text: raw(`"hm"`), State: state}
		return []llm.Message{hi, saidBy(llm.Assistant, thought, calling("c1", "f", `{}`)), saidBy(llm.ToolRole, resulting("c1", "f", words("1")))}
	}
	cases := []struct {
		name   string
		r      *llm.Request
		model  string
		stream bool
		traits dialect.Traits
		facts  dialect.Facts
		want   string // the body without model and the plain question
		lost   []llm.Feature
	}{
		{name: "a developer's turn stays one at OpenAI", r: foreign(llm.Features{}, saidBy(llm.Developer, words("a")), hi),
			want: `"messages":[{"role":"developer","content":"a"},{"role":"user","content":"hi"}]`},
		{name: "a developer's turn is a system turn elsewhere, and turns of one role are one", traits: elsewhere,
			r:    foreign(llm.Features{}, saidBy(llm.System, words("a")), saidBy(llm.Developer, words("b")), hi, hi),
			want: `"messages":[{"role":"system","content":"a\n\nb"},{"role":"user","content":"hi\n\nhi"}]`},
		{name: "a later system turn stays where it stood", r: foreign(llm.Features{}, hi, saidBy(llm.System, words("a")), hi),
			want: `"messages":[{"role":"user","content":"hi"},{"role":"system","content":"a"},{"role":"user","content":"hi"}]`},
		{name: "several texts are one", r: foreign(llm.Features{}, saidBy(llm.User, words("a"), words("b"))), want: `"messages":[{"role":"user","content":"a\n\nb"}]`},
		{name: "parallel results are a message each, and their images the user's",
			r: foreign(llm.Features{}, hi, saidBy(llm.Assistant, words("ok"), calling("c1", "f", `{"a":1}`), calling("c2", "g", ``)),
				saidBy(llm.ToolRole, resulting("c1", "f", words("1"), picture(`"https://e.com/a.png"`)), resulting("c2", "g", words("2"))), saidBy(llm.User, words("so?"))),
			want: `"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"ok","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]},` +
				`{"role":"tool","tool_call_id":"c1","content":"1"},{"role":"tool","tool_call_id":"c2","content":"2"},` +
				`{"role":"user","content":[{"type":"text","text":"From the result of f:"},{"type":"image_url","image_url":{"url":"https://e.com/a.png"}},{"type":"text","text":"so?"}]}]`},
		{name: "a result that is an object is its text", r: foreign(llm.Features{}, saidBy(llm.ToolRole, llm.Part{Kind: llm.ToolResult, Result: &llm.Result{ID: "c1", JSON: raw(`{"a": 1}`)}})),
			want: `"messages":[{"role":"tool","tool_call_id":"c1","content":"{\"a\": 1}"}]`},
		{name: "calls without ids are given some that their results find", r: foreign(llm.Features{}, saidBy(llm.Assistant, calling("", "f", `{}`), calling("", "g", `{}`)), saidBy(llm.ToolRole, resulting("", "g", words("2")), resulting("", "f", words("1")))),
			want: `"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"call_2","type":"function","function":{"name":"g","arguments":"{}"}}]},{"role":"tool","tool_call_id":"call_2","content":"2"},{"role":"tool","tool_call_id":"call_1","content":"1"}]`},
		{name: "a strict vendor has short ids, an answer between a result and the user, and a mark on a last turn",
			traits: with(func(t *dialect.Traits) { t.StrictTurns, t.ShortToolIDs, t.EchoReasoning = true, true, "content" }),
			r:      foreign(llm.Features{}, saidBy(llm.Assistant, llm.Part{Kind: llm.Thinking, Text: raw(`"hm"`)}, words("x"), calling("toolu_0123456789", "f", `{}`)), saidBy(llm.ToolRole, resulting("toolu_0123456789", "f", words("1"))), hi, saidBy(llm.Assistant, words("So "))),
			want: `"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"x"}],"tool_calls":[{"id":"f1bd58e10","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"f1bd58e10","content":"1"},` +
				`{"role":"assistant","content":"Done."},{"role":"user","content":"hi"},{"role":"assistant","content":"So ","prefix":true}]`},
		{name: "reasoning is left out where it may not be sent", r: foreign(llm.Features{}, loop(theirs)...), lost: []llm.Feature{llm.FThinking, llm.FThinkingState},
			want: `"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"1"}]`},
		{name: "reasoning goes back as text where a vendor wants it", traits: with(func(t *dialect.Traits) { t.EchoReasoning = "reasoning_content" }), r: foreign(llm.Features{}, loop(theirs)...), lost: []llm.Feature{llm.FThinkingState},
			want: `"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"1"}]`},
		{name: "a turn that calls tools has the member even when nothing is known", traits: with(func(t *dialect.Traits) { t.EchoReasoning = "reasoning_content" }), r: foreign(llm.Features{}, saidBy(llm.Assistant, calling("c1", "f", `{}`))),
			want: `"messages":[{"role":"assistant","content":null,"reasoning_content":" ","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}]`},
		{name: "a vendor's own reasoning goes back as it came", model: "m", traits: with(func(t *dialect.Traits) { t.EchoReasoning = "reasoning_details" }), r: foreign(llm.Features{}, loop(mine)...),
			want: `"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.text","signature":"s","index":0,"text":"hm"}],"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"1"}]`},
		{name: "another model's reasoning goes as plain text", model: "m2", traits: with(func(t *dialect.Traits) { t.EchoReasoning = "reasoning_details" }), r: foreign(llm.Features{}, loop(mine)[1]), lost: []llm.Feature{llm.FThinkingState},
			want: `"messages":[{"role":"assistant","content":null,"reasoning":"hm","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}]`},
		{name: "a signature goes back with its call", model: "gemini-3-pro", traits: elsewhere, r: foreign(llm.Features{}, saidBy(llm.Assistant, llm.Part{Kind: llm.ToolCall, Call: &llm.Call{ID: "c1", Name: "f"}, State: []llm.Opaque{signed}}, calling("c2", "g", `{}`))),
			want: `"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"sig"}}},{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]}]`},
		{name: "a signature that is lost is replaced where it must be there", model: "gemini-3-pro", traits: elsewhere, r: foreign(llm.Features{}, saidBy(llm.Assistant, llm.Part{Kind: llm.ToolCall, Call: &llm.Call{ID: "c1", Name: "f"}, State: []llm.Opaque{theirs}}, calling("c2", "g", `{}`))), lost: []llm.Feature{llm.FThinkingState},
			want: `"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"skip_thought_signature_validator"}}},{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]}]`},
		{name: "cache marks where they are known", traits: with(func(t *dialect.Traits) { t.CacheMarks = true }), r: foreign(llm.Features{}, saidBy(llm.User, marked)),
			want: `"messages":[{"role":"user","content":[{"type":"text","text":"long","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]`},
		{name: "a mark on a result stands on its text, not on the message", traits: with(func(t *dialect.Traits) { t.CacheMarks = true }), r: foreign(llm.Features{}, saidBy(llm.ToolRole, llm.Part{Kind: llm.ToolResult, Cache: "5m", Result: &llm.Result{ID: "c1", Parts: []llm.Part{words("1")}}})),
			want: `"messages":[{"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"1","cache_control":{"type":"ephemeral"}}]}]`},
		{name: "cache marks of OpenAI's newer models", model: "gpt-5.6-sol", r: foreign(llm.Features{}, saidBy(llm.User, marked)), lost: []llm.Feature{llm.FCacheTTL},
			want: `"messages":[{"role":"user","content":[{"type":"text","text":"long","prompt_cache_breakpoint":{"mode":"explicit"}}]}]`},
		{name: "cache marks are left out elsewhere", r: foreign(llm.Features{}, saidBy(llm.User, marked)), lost: []llm.Feature{llm.FCache}, want: `"messages":[{"role":"user","content":"long"}]`},
		{name: "a document that is text is text", r: foreign(llm.Features{}, saidBy(llm.User, llm.Part{Kind: llm.File, Media: &llm.Media{Text: raw(`"body"`), Name: raw(`"a.txt"`)}}, llm.Part{Kind: llm.File, Media: &llm.Media{Data: []byte("aGk="), Type: "text/plain"}})),
			want: `"messages":[{"role":"user","content":[{"type":"text","text":"a.txt\n\nbody"},{"type":"text","text":"hi"}]}]`},
		{name: "a PDF has a name", r: foreign(llm.Features{}, saidBy(llm.User, llm.Part{Kind: llm.File, Media: &llm.Media{Data: []byte("JVBERi0="), Type: "application/pdf"}})),
			want: `"messages":[{"role":"user","content":[{"type":"file","file":{"filename":"document.pdf","file_data":"data:application/pdf;base64,JVBERi0="}}]}]`},
		{name: "documents by URL under a vendor's name", traits: with(func(t *dialect.Traits) { t.Files = "document_url" }), r: foreign(llm.Features{}, saidBy(llm.User, llm.Part{Kind: llm.File, Media: &llm.Media{URL: raw(`"https://e.com/a.pdf"`)}})),
			want: `"messages":[{"role":"user","content":[{"type":"document_url","document_url":"https://e.com/a.pdf"}]}]`},
		{name: "audio has its format", r: foreign(llm.Features{}, saidBy(llm.User, llm.Part{Kind: llm.Audio, Media: &llm.Media{Data: []byte("AAAA"), Type: "audio/mpeg"}})),
			want: `"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"mp3"}}]}]`},
		{name: "a refusal of the history", r: foreign(llm.Features{}, saidBy(llm.Assistant, llm.Part{Kind: llm.Refusal, Text: raw(`"no"`)}), hi), want: `"messages":[{"role":"assistant","content":null,"refusal":"no"},{"role":"user","content":"hi"}]`},
		{name: "a refusal is a text elsewhere", traits: elsewhere, r: foreign(llm.Features{}, saidBy(llm.Assistant, llm.Part{Kind: llm.Refusal, Text: raw(`"no"`)}), hi), want: `"messages":[{"role":"assistant","content":"no"},{"role":"user","content":"hi"}]`},

		{name: "the ceiling at OpenAI", r: &llm.Request{MaxOutput: llm.Known(5)}, want: `"max_completion_tokens":5`},
		{name: "the ceiling elsewhere, no higher than the model's", traits: elsewhere, facts: dialect.Facts{MaxOutput: 3}, r: &llm.Request{MaxOutput: llm.Known(5)}, lost: []llm.Feature{llm.FMaxOutput}, want: `"max_tokens":3`},
		{name: "usage is asked for in streams", stream: true, r: &llm.Request{}, want: `"stream":true,"stream_options":{"include_usage":true}`},
		{name: "unless asking is refused", stream: true, traits: with(func(t *dialect.Traits) { t.NoUsageOption = true }), r: &llm.Request{}, want: `"stream":true`},
		{name: "reasoning models refuse sampling", model: "gpt-5-mini", lost: []llm.Feature{llm.FTemperature, llm.FTopP, llm.FStop, llm.FPresencePenalty},
			r: &llm.Request{Stop: []llm.Raw{raw(`"x"`)}, Settings: settings(setTo(llm.FTemperature, "0.5"), setTo(llm.FTopP, "0.5"), setTo(llm.FPresencePenalty, "1"), setTo(llm.FSeed, "1"))}, want: `"seed":1`},
		{name: "but not while they do not reason", model: "gpt-5.2", r: &llm.Request{Thinking: llm.Reasoning{Mode: "off"}, Settings: settings(setTo(llm.FTemperature, "0.5"))}, want: `"temperature":0.5,"reasoning_effort":"none"`},
		{name: "a model that is known to refuse it gets no temperature", facts: dialect.Facts{Known: true, Reasoning: true}, r: &llm.Request{Settings: settings(setTo(llm.FTemperature, "0.5"))}, lost: []llm.Feature{llm.FTemperature}},
		{name: "a vendor's name of the seed", traits: with(func(t *dialect.Traits) { t.Seed = "random_seed" }), r: &llm.Request{Settings: settings(setTo(llm.FSeed, "1"))}, want: `"random_seed":1`},
		{name: "top_k where it is known", traits: with(func(t *dialect.Traits) { t.TopK = true }), r: &llm.Request{Settings: settings(setTo(llm.FTopK, "1"), setTo(llm.FMinP, "0.1"))}, lost: []llm.Feature{llm.FMinP}, want: `"top_k":1`},
		{name: "what a vendor lacks is left out", traits: with(func(t *dialect.Traits) { t.Lacks = llm.Of(llm.FStore) }), r: &llm.Request{Settings: settings(setTo(llm.FStore, "true"))}, lost: []llm.Feature{llm.FStore}},
		{name: "the safety identifier is a user elsewhere", traits: elsewhere, r: &llm.Request{Settings: settings(setTo(llm.FSafetyID, `"u"`))}, want: `"user":"u"`},
		{name: "a user that is too long is its digest", r: &llm.Request{Settings: settings(setTo(llm.FUser, `"`+strings.Repeat("u", 65)+`"`))}, want: `"user":"f20e249d15fa4b9f44ba21d154f62e1efa76ddfdce5d25139a33a4787cee5a8b"`},
		{name: "metadata without store is refused by OpenAI", r: &llm.Request{Settings: settings(setTo(llm.FMetadata, `{"a":"b"}`))}, lost: []llm.Feature{llm.FMetadata}},
		{name: "four stop sequences and no more", traits: elsewhere, r: &llm.Request{Stop: []llm.Raw{raw(`"1"`), raw(`"2"`), raw(`"3"`), raw(`"4"`), raw(`"5"`)}}, lost: []llm.Feature{llm.FStop}, want: `"stop":["1","2","3","4"]`},

		{name: "an effort is the nearest that the model takes", model: "o3", r: &llm.Request{Thinking: llm.Reasoning{Mode: "on", Effort: "xhigh"}}, want: `"reasoning_effort":"high"`},
		{name: "the least effort of a model that cannot do without", model: "gpt-5", r: &llm.Request{Thinking: llm.Reasoning{Mode: "off"}}, lost: []llm.Feature{llm.FThinkingOff}, want: `"reasoning_effort":"minimal"`},
		{name: "a budget is an effort", model: "gpt-5.1", r: &llm.Request{Thinking: llm.Reasoning{Mode: "on", Budget: llm.Known(8000)}}, want: `"reasoning_effort":"medium"`},
		{name: "a model that does not reason is not asked", model: "gpt-4o", r: &llm.Request{Thinking: llm.Reasoning{Mode: "on", Budget: llm.Known(8000)}}, lost: []llm.Feature{llm.FThinkingEffort, llm.FThinkingBudget}},
		{name: "nor told not to", model: "gpt-4o", r: &llm.Request{Thinking: llm.Reasoning{Mode: "off"}}},
		{name: "adaptive reasoning is the model's own way", model: "gpt-5.2", r: &llm.Request{Thinking: llm.Reasoning{Mode: "adaptive"}}},
		{name: "reasoning by object", traits: with(func(t *dialect.Traits) { t.Reasoning = "object" }), r: &llm.Request{Thinking: llm.Reasoning{Mode: "on", Budget: llm.Known(8000), Summary: "none"}}, want: `"reasoning":{"max_tokens":8000,"exclude":true}`},
		{name: "reasoning by switch and effort", traits: with(func(t *dialect.Traits) { t.Reasoning, t.Efforts = "thinking", "low high max" }), r: &llm.Request{Thinking: llm.Reasoning{Mode: "on", Effort: "medium"}}, want: `"thinking":{"type":"enabled"},"reasoning_effort":"high"`},
		{name: "reasoning switched off", traits: with(func(t *dialect.Traits) { t.Reasoning = "thinking" }), r: &llm.Request{Thinking: llm.Reasoning{Mode: "off"}}, want: `"thinking":{"type":"disabled"}`},
		{name: "reasoning by budget", traits: with(func(t *dialect.Traits) { t.Reasoning = "enable_thinking" }), r: &llm.Request{Thinking: llm.Reasoning{Mode: "on", Effort: "low"}}, want: `"enable_thinking":true,"thinking_budget":2048`},
		{name: "a vendor's two efforts", traits: with(func(t *dialect.Traits) { t.Efforts = "none high" }), r: &llm.Request{Thinking: llm.Reasoning{Mode: "on", Effort: "low"}}, want: `"reasoning_effort":"high"`},
		{name: "gpt-oss cannot do without reasoning", model: "openai/gpt-oss-120b", traits: elsewhere, r: &llm.Request{Thinking: llm.Reasoning{Mode: "off"}}, lost: []llm.Feature{llm.FThinkingOff}, want: `"reasoning_effort":"low"`},
		{name: "grok-4 refuses the member", model: "grok-4", traits: elsewhere, r: &llm.Request{Thinking: llm.Reasoning{Mode: "on", Effort: "low"}}, lost: []llm.Feature{llm.FThinkingEffort}},

		{name: "a tool without a schema has one", r: &llm.Request{Tools: []llm.Tool{{Kind: llm.Function, Name: "f"}}}, want: `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]`},
		{name: "a strict schema that strict mode takes", r: &llm.Request{Tools: []llm.Tool{{Kind: llm.Function, Name: "f", Parameters: closed, Strict: &yes}}}, want: `"tools":[{"type":"function","function":{"name":"f","parameters":` + string(closed) + `,"strict":true}}]`},
		{name: "one that it would refuse", r: &llm.Request{Tools: []llm.Tool{{Kind: llm.Function, Name: "f", Parameters: openSchema, Strict: &yes}}}, lost: []llm.Feature{llm.FToolStrict}, want: `"tools":[{"type":"function","function":{"name":"f","parameters":` + string(openSchema) + `}}]`},
		{name: "a choice without tools is none", r: &llm.Request{Choice: llm.ToolChoice{Mode: "required", Parallel: &no}}},
		{name: "allowed tools at OpenAI", r: &llm.Request{Tools: []llm.Tool{{Kind: llm.Function, Name: "f", Parameters: closed}, {Kind: llm.Function, Name: "g", Parameters: closed}}, Choice: llm.ToolChoice{Mode: "allowed_required", Names: []string{"g"}}},
			want: `"tools":[{"type":"function","function":{"name":"f","parameters":` + string(closed) + `}},{"type":"function","function":{"name":"g","parameters":` + string(closed) + `}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}}`},
		{name: "elsewhere the others are left out", traits: elsewhere, r: &llm.Request{Tools: []llm.Tool{{Kind: llm.Function, Name: "f", Parameters: closed}, {Kind: llm.Function, Name: "g", Parameters: closed}}, Choice: llm.ToolChoice{Mode: "allowed_required", Names: []string{"g"}}},
			want: `"tools":[{"type":"function","function":{"name":"g","parameters":` + string(closed) + `}}],"tool_choice":"required"`},
		{name: "no call where a vendor cannot be told so", traits: with(func(t *dialect.Traits) { t.Lacks = llm.Of(llm.FChoiceNone) }), r: &llm.Request{Tools: []llm.Tool{{Kind: llm.Function, Name: "f"}}, Choice: llm.ToolChoice{Mode: "none"}}},
		{name: "one tool, and not in parallel", r: &llm.Request{Tools: []llm.Tool{{Kind: llm.Function, Name: "f", Parameters: closed}}, Choice: llm.ToolChoice{Mode: "tool", Names: []string{"f"}, Parallel: &no}},
			want: `"tools":[{"type":"function","function":{"name":"f","parameters":` + string(closed) + `}}],"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false`},
		{name: "a tool called with free text is a function elsewhere", traits: elsewhere, r: &llm.Request{Tools: []llm.Tool{{Kind: llm.Custom, Name: "f", Vendor: raw(`{"type":"custom","name":"f"}`)}}},
			want: `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"input":{"type":"string","description":"The whole input of the tool, as plain text."}},"required":["input"],"additionalProperties":false}}}]`},
		{name: "and itself at OpenAI", r: &llm.Request{Tools: []llm.Tool{{Kind: llm.Custom, Name: "f", Vendor: raw(`{"type":"custom","name":"f","format":{"type":"grammar","syntax":"lark","definition":"x"}}`)}}},
			want: `"tools":[{"type":"custom","custom":{"name":"f","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"x"}}}}]`},
		{name: "a search by OpenAI's search models", model: "gpt-4o-search-preview", r: &llm.Request{Tools: []llm.Tool{{Kind: llm.WebSearch}}}, want: `"web_search_options":{}`},
		{name: "and by no others", r: &llm.Request{Tools: []llm.Tool{{Kind: llm.WebSearch}}}, lost: []llm.Feature{llm.FWebSearch}},
		{name: "a schema has a name", r: &llm.Request{Output: llm.OutputFormat{Kind: "schema", Schema: closed, Strict: &yes}}, want: `"response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":` + string(closed) + `,"strict":true}}`},
		{name: "any JSON", r: &llm.Request{Output: llm.OutputFormat{Kind: "json"}}, want: `"response_format":{"type":"json_object"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			plain := c.r.Messages == nil
			if c.r.Dialect == "" {
				c.r.Dialect = "messages"
			}
			if plain {
				c.r.Messages = []llm.Message{hi}
			}
			if c.model == "" {
				c.model = "deployed"
			}
			w, err := codec.FormatRequest(nil, c.r, &dialect.Target{Provider: "p", Model: c.model, Stream: c.stream, Traits: c.traits, Facts: c.facts})
			if err != nil {
				t.Fatal(err)
			}
			want := `{"model":"` + c.model + `",`
			if plain {
				want += `"messages":[{"role":"user","content":"hi"}],`
			}
			want = strings.TrimSuffix(want+c.want, ",") + "}"
			if string(w.Body) != want {
				t.Errorf("\n got %s\nwant %s", w.Body, want)
			}
			if w.Lost != llm.Of(c.lost...) {
				t.Errorf("lost %v, want %v", w.Lost.All(), c.lost)
			}
		})
	}
}

func TestASchemaIsToldInWordsWhereItCannotBeAskedFor(t *testing.T) {
	r := foreign(llm.Features{}, saidBy(llm.System, words("be brief")), hi)
	r.Output = llm.OutputFormat{Kind: "schema", Schema: raw(`{"type":"object"}`)}
	w, err := codec.FormatRequest(nil, r, &dialect.Target{Model: "m", Traits: with(func(t *dialect.Traits) { t.NoSchema = true })})
	if err != nil || !strings.Contains(string(w.Body), `"content":"Answer with one JSON object and nothing else. It must match this JSON schema: {\"type\":\"object\"}"`) || !strings.Contains(string(w.Body), `"response_format":{"type":"json_object"}`) {
		t.Errorf("%v: %s", err, w.Body)
	}
}

func TestNamesOfToolsThatAreTooLongComeBack(t *testing.T) {
	long := "mcp.server/" + strings.Repeat("tool", 20)
	r := foreign(llm.Features{}, hi, saidBy(llm.Assistant, calling("c1", long, `{}`)))
	r.Tools = []llm.Tool{{Kind: llm.Function, Name: long}}
	r.Choice = llm.ToolChoice{Mode: "tool", Names: []string{long}}
	w, err := codec.FormatRequest(nil, r, &dialect.Target{Model: "m"})
	if err != nil || len(w.Names) != 1 {
		t.Fatal(err, w.Names)
	}
	for short, name := range w.Names {
		if name != long || len(short) > 64 || strings.Count(string(w.Body), `"name":"`+short+`"`) != 3 {
			t.Errorf("%q for %q in %s", short, name, w.Body)
		}
		c := aCall(r)
		c.Names = w.Names
		a, err := codec.ParseAnswer([]byte(`{"choices":[{"message":{"tool_calls":[{"id":"c2","function":{"name":"`+short+`","arguments":"{}"}}]}}]}`), c)
		if err != nil || a.Choices[0].Parts[0].Call.Name != long {
			t.Errorf("%v: %+v", err, a)
		}
	}
}

func TestWhatATargetCannotTakeIsRefused(t *testing.T) {
	for what, p := range map[string]llm.Part{
		"video":             {Kind: llm.Video, Media: &llm.Media{URL: raw(`"https://e.com/a.mp4"`)}},
		"documents by URL":  {Kind: llm.File, Media: &llm.Media{URL: raw(`"https://e.com/a.pdf"`)}},
		"audio by URL":      {Kind: llm.Audio, Media: &llm.Media{URL: raw(`"https://e.com/a.mp3"`)}},
		"images by file id": {Kind: llm.Image, Media: &llm.Media{FileID: raw(`"file_1"`)}},
	} {
		_, err := codec.FormatRequest(nil, foreign(llm.Features{}, saidBy(llm.User, p)), &dialect.Target{Provider: "p", Model: "m"})
		f, ok := err.(*fault.Fault)
		if !ok || f.Code != fault.UnsupportedParameter || !strings.Contains(f.Message, what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
