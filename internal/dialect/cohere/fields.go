package cohere

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Requests that examples are made of: what stands before the member, and after it.
const (
	hello   = `{"model":"m","messages":[{"role":"user","content":"hi"}]`
	calling = `{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}`
	tooled  = hello + `,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]`
)

// with is the smallest request with further members.
func with(members string) string { return hello + "," + members + "}" }

// fields are the request's members of https://docs.cohere.com/reference/chat, as in the
// vendor's SDK cohere-ai 8.1.0, and what its pages tell beside them.
var fields = []dialect.Field{
	{Path: "model", Frame: true},
	{Path: "stream", Frame: true},
	{Path: "messages", Frame: true},
	{Path: "messages[].role", Frame: true},
	{Path: "messages[].role", Feature: llm.FSystem, Example: `{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"hi"}]}`},
	{Path: "messages[].role", Feature: llm.FSystemLater, Example: `{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"system","content":"be brief"},{"role":"user","content":"go on"}]}`},
	{Path: "messages[].role", Feature: llm.FAssistantPrefill, Example: `{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"So"}]}`},
	{Path: "messages[].content", Frame: true},
	{Path: "messages[].content[].type", Frame: true},
	{Path: "messages[].content[].text", Frame: true},
	{Path: "messages[].content[].thinking", Feature: llm.FThinking, Example: `{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"yes"}]},{"role":"user","content":"why"}]}`},
	{Path: "messages[].content[].image_url", Frame: true},
	{Path: "messages[].content[].image_url.url", Feature: llm.FImageURL, Example: `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}]}`},
	{Path: "messages[].content[].image_url.url", Feature: llm.FImageData, Example: `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}`},
	{Path: "messages[].content[].image_url.detail", Feature: llm.FImageDetail, Example: `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/a.png","detail":"low"}}]}]}`},
	{Path: "messages[].content[].document", Feature: llm.FToolResult, Example: calling + `,{"role":"tool","tool_call_id":"c","content":[{"type":"document","document":{"data":{"text":"x"}}}]}]}`, Note: "what a tool found reaches other dialects as text"},
	{Path: "messages[].content[].document.data", Feature: llm.FToolResult},
	{Path: "messages[].content[].document.id", Feature: llm.FToolResult},
	{Path: "messages[].tool_plan", Feature: llm.FThinking, Example: `{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_plan":"look","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"x"}]}`, Note: "the plan for the tools counts as reasoning"},
	{Path: "messages[].tool_calls", Feature: llm.FToolCall, Example: calling + `,{"role":"tool","tool_call_id":"c","content":"x"}]}`},
	{Path: "messages[].tool_calls[].id", Feature: llm.FToolCall},
	{Path: "messages[].tool_calls[].type", Feature: llm.FToolCall},
	{Path: "messages[].tool_calls[].function", Feature: llm.FToolCall},
	{Path: "messages[].tool_calls[].function.name", Feature: llm.FToolCall},
	{Path: "messages[].tool_calls[].function.arguments", Feature: llm.FToolCall},
	{Path: "messages[].tool_call_id", Feature: llm.FToolResult, Example: calling + `,{"role":"tool","tool_call_id":"c","content":"x"}]}`},
	{Path: "messages[].citations", Feature: llm.FCitations, Example: `{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"yes","citations":[{"start":0,"end":3,"text":"yes","sources":[{"type":"document","id":"d"}]}]},{"role":"user","content":"why"}]}`},
	{Path: "messages[].citations[].start", Feature: llm.FCitations},
	{Path: "messages[].citations[].end", Feature: llm.FCitations},
	{Path: "messages[].citations[].text", Feature: llm.FCitations},
	{Path: "messages[].citations[].sources", Feature: llm.FCitations},
	{Path: "messages[].citations[].content_index", Feature: llm.FCitations},
	{Path: "messages[].citations[].type", Feature: llm.FCitations},

	{Path: "tools", Feature: llm.FTools, Example: tooled + `}`},
	{Path: "tools[].type", Feature: llm.FTools},
	{Path: "tools[].function", Feature: llm.FTools},
	{Path: "tools[].function.name", Feature: llm.FTools},
	{Path: "tools[].function.description", Feature: llm.FTools},
	{Path: "tools[].function.parameters", Feature: llm.FTools},
	{Path: "strict_tools", Feature: llm.FToolStrict, Example: tooled + `,"strict_tools":true}`},
	{Path: "tool_choice", Feature: llm.FChoiceRequired, Example: tooled + `,"tool_choice":"REQUIRED"}`},
	{Path: "tool_choice", Feature: llm.FChoiceNone, Example: tooled + `,"tool_choice":"NONE"}`},

	{Path: "documents", Feature: llm.FFileText, Example: with(`"documents":["text"]`), Note: "other dialects get them as documents before what the user said last"},
	{Path: "documents", Feature: llm.FFileCites, Example: with(`"documents":["text"]`)},
	{Path: "documents[].data", Feature: llm.FFileText},
	{Path: "documents[].data.title", Feature: llm.FFileName, Example: with(`"documents":[{"data":{"title":"t","text":"x"}}]`)},
	{Path: "documents[].id", Example: with(`"documents":[{"id":"d","data":{"text":"x"}}]`)},
	{Path: "citation_options", Frame: true},
	{Path: "citation_options.mode", Example: with(`"citation_options":{"mode":"FAST"}`)},

	{Path: "response_format", Frame: true},
	{Path: "response_format.type", Feature: llm.FJSON, Example: with(`"response_format":{"type":"json_object"}`)},
	{Path: "response_format.json_schema", Feature: llm.FSchema, Example: with(`"response_format":{"type":"json_object","json_schema":{"type":"object"}}`)},

	{Path: "thinking", Frame: true},
	{Path: "thinking.type", Feature: llm.FThinkingEffort, Example: with(`"thinking":{"type":"enabled"}`)},
	{Path: "thinking.type", Feature: llm.FThinkingOff, Example: with(`"thinking":{"type":"disabled"}`)},
	{Path: "thinking.token_budget", Feature: llm.FThinkingBudget, Example: with(`"thinking":{"type":"enabled","token_budget":500}`)},

	{Path: "max_tokens", Feature: llm.FMaxOutput, Example: with(`"max_tokens":9`)},
	{Path: "stop_sequences", Feature: llm.FStop, Example: with(`"stop_sequences":["x"]`)},
	{Path: "temperature", Feature: llm.FTemperature, Example: with(`"temperature":0.5`)},
	{Path: "p", Feature: llm.FTopP, Example: with(`"p":0.5`)},
	{Path: "k", Feature: llm.FTopK, Example: with(`"k":5`)},
	{Path: "seed", Feature: llm.FSeed, Example: with(`"seed":5`)},
	{Path: "frequency_penalty", Feature: llm.FFrequencyPenalty, Example: with(`"frequency_penalty":0.5`)},
	{Path: "presence_penalty", Feature: llm.FPresencePenalty, Example: with(`"presence_penalty":0.5`)},
	{Path: "logprobs", Feature: llm.FLogprobs, Example: with(`"logprobs":true`)},
	{Path: "safety_mode", Example: with(`"safety_mode":"STRICT"`)},
	{Path: "priority", Example: with(`"priority":5`)},
	{Path: "raw_prompting", Refuse: true, Example: with(`"raw_prompting":true`), Note: "others have no way to send a prompt as it is"},
}

// Answers that examples are made of.
const (
	answered = `{"id":"1","finish_reason":"COMPLETE","message":{"role":"assistant",`
	yes      = `"content":[{"type":"text","text":"yes"}]`
)

// answerFields are the answer's members, likewise.
var answerFields = []dialect.Field{
	{Path: "id", Feature: llm.AID, Example: answered + yes + `}}`},
	{Path: "message", Frame: true},
	{Path: "message.role", Frame: true},
	{Path: "message.content", Feature: llm.AText, Example: answered + yes + `}}`},
	{Path: "message.content[].type", Frame: true},
	{Path: "message.content[].text", Feature: llm.AText},
	{Path: "message.content[].thinking", Feature: llm.AThinking, Example: answered + `"content":[{"type":"thinking","thinking":"hm"}]}}`},
	{Path: "message.tool_plan", Feature: llm.AThinking, Example: answered + `"tool_plan":"look","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}}`},
	{Path: "message.tool_calls", Feature: llm.AToolCall, Example: answered + `"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}}`},
	{Path: "message.tool_calls[].id", Feature: llm.AToolCall},
	{Path: "message.tool_calls[].type", Feature: llm.AToolCall},
	{Path: "message.tool_calls[].function.name", Feature: llm.AToolCall},
	{Path: "message.tool_calls[].function.arguments", Feature: llm.AToolCall},
	{Path: "message.citations", Feature: llm.ACitations, Example: answered + yes + `,"citations":[{"start":0,"end":3,"text":"yes","sources":[{"type":"document","id":"d"}]}]}}`},
	{Path: "message.citations[].start", Feature: llm.ACitations},
	{Path: "message.citations[].end", Feature: llm.ACitations},
	{Path: "message.citations[].text", Feature: llm.ACitations},
	{Path: "message.citations[].sources", Feature: llm.ACitations, Note: "of several sources other dialects get the first; url and title come from the caller's own document"},
	{Path: "message.citations[].content_index", Feature: llm.ACitations},
	{Path: "message.citations[].type", Feature: llm.ACitations},
	{Path: "finish_reason", Feature: llm.AFinish, Example: answered + yes + `}}`},
	{Path: "logprobs", Feature: llm.ALogprobs, Example: answered + yes + `},"logprobs":[{"text":"yes","token_ids":[1],"logprobs":[-0.5]}]}`},
	{Path: "logprobs[].text", Feature: llm.ALogprobs},
	{Path: "logprobs[].logprobs", Feature: llm.ALogprobs},
	{Path: "logprobs[].token_ids"},
	{Path: "usage", Feature: llm.AUsage, Example: answered + yes + `},"usage":{"billed_units":{"input_tokens":1,"output_tokens":2}}}`},
	{Path: "usage.billed_units.input_tokens", Note: "what is billed is less than what the model processed; other dialects are told the latter, and the cost is that of the former"},
	{Path: "usage.billed_units.output_tokens"},
	{Path: "usage.billed_units.search_units"},
	{Path: "usage.billed_units.classifications"},
	{Path: "usage.tokens.input_tokens", Feature: llm.AUsage},
	{Path: "usage.tokens.output_tokens", Feature: llm.AUsage},
	{Path: "usage.tokens.reasoning_tokens", Feature: llm.AUsageReasoning, Example: answered + yes + `},"usage":{"tokens":{"input_tokens":9,"output_tokens":5,"reasoning_tokens":2}}}`},
	{Path: "usage.cached_tokens", Feature: llm.AUsageCache, Example: answered + yes + `},"usage":{"tokens":{"input_tokens":9,"output_tokens":2},"cached_tokens":4}}`},
}
