package openaichat

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// with makes a request that holds members beside a question.
func with(members string) string {
	return `{"model":"m","messages":[{"role":"user","content":"hi"}],` + members + `}`
}

// said makes a request of some messages.
func said(messages string) string { return `{"model":"m","messages":[` + messages + `]}` }

// asks makes a request whose question is of one part.
func asks(part string) string { return said(`{"role":"user","content":[` + part + `]}`) }

// called makes a request with the call of a tool and its result.
func called(call, result string) string {
	return said(`{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[` + call + `]},{"role":"tool","tool_call_id":"c1",` + result + `}`)
}

const (
	aCall     = `{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}`
	aFunction = `{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}`
)

func answered(members string) string {
	return said(`{"role":"user","content":"hi"},{"role":"assistant",` + members + `},{"role":"user","content":"go on"}`)
}

// fields are the request's fields, of OpenAI's reference
// (https://platform.openai.com/docs/api-reference/chat/create) and of the vendors whose
// additions are understood.
var fields = []dialect.Field{
	{Path: "model", Frame: true},
	{Path: "stream", Frame: true},
	{Path: "stream_options", Frame: true},
	{Path: "messages", Frame: true},
	{Path: "messages[].role", Frame: true},
	{Path: "messages[].content", Frame: true},
	{Path: "messages[].content[].type", Frame: true},
	{Path: "messages[].content[].text", Frame: true},
	{Path: "messages[].content[].image_url", Frame: true},
	{Path: "messages[].content[].input_audio", Frame: true},
	{Path: "messages[].content[].file", Frame: true},
	{Path: "messages[].content[].video_url", Frame: true},
	{Path: "messages[].content[].prompt_cache_breakpoint", Frame: true},
	{Path: "messages[].tool_calls[].function", Frame: true},
	{Path: "messages[].tool_calls[].custom", Frame: true},
	{Path: "tools[].function", Frame: true},
	{Path: "tools[].custom", Frame: true},
	{Path: "tool_choice", Frame: true},
	{Path: "tool_choice.type", Frame: true},
	{Path: "tool_choice.function", Frame: true},
	{Path: "tool_choice.custom", Frame: true},
	{Path: "response_format", Frame: true},
	{Path: "response_format.type", Frame: true},
	{Path: "response_format.json_schema", Frame: true},

	// turns
	{Path: "messages[].role (system)", Feature: llm.FSystem, Example: said(`{"role":"system","content":"be brief"},{"role":"user","content":"hi"}`)},
	{Path: "messages[].role (system, later)", Feature: llm.FSystemLater, Example: said(`{"role":"user","content":"hi"},{"role":"system","content":"be brief"},{"role":"user","content":"go on"}`)},
	{Path: "messages[].role (developer)", Feature: llm.FDeveloper, Example: said(`{"role":"developer","content":"be brief"},{"role":"user","content":"hi"}`)},
	{Path: "messages[].role (assistant, last)", Feature: llm.FAssistantPrefill, Example: said(`{"role":"user","content":"hi"},{"role":"assistant","content":"Well, "}`)},
	{Path: "messages[].name", Feature: llm.FMessageName, Example: said(`{"role":"user","name":"Ann","content":"hi"}`)},
	{Path: "messages[].refusal", Feature: llm.FRefusal, Example: answered(`"refusal":"no"`)},
	{Path: "messages[].content[].refusal", Feature: llm.FRefusal, Example: answered(`"content":[{"type":"refusal","refusal":"no"}]`)},
	{Path: "messages[].audio", Refuse: true, Example: answered(`"audio":{"id":"audio_1"}`), Note: "only its vendor knows what it said"},
	{Path: "messages[].audio.id", Refuse: true},
	{Path: "messages[].annotations", Feature: llm.FCitations, Example: answered(`"content":"x","annotations":[{"type":"url_citation","url_citation":{"url":"https://example.com","title":"t","start_index":0,"end_index":1}}]`)},
	{Path: "messages[].reasoning_content", Feature: llm.FThinking, Example: answered(`"content":"x","reasoning_content":"hm"`)},
	{Path: "messages[].reasoning", Feature: llm.FThinking, Example: answered(`"content":"x","reasoning":"hm"`)},
	{Path: "messages[].reasoning_details", Feature: llm.FThinkingState, Example: answered(`"content":"x","reasoning_details":[{"type":"reasoning.encrypted","data":"abc","index":0}]`), Note: "state that the gateway sealed goes back to the vendor it came from"},
	{Path: "messages[].content[].thinking", Feature: llm.FThinking, Example: answered(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"x"}]`)},
	{Path: "messages[].extra_content.google.thought_signature", Feature: llm.FThinkingState, Example: answered(`"content":"x","extra_content":{"google":{"thought_signature":"abc"}}`)},
	{Path: "messages[].prefix", Feature: llm.FAssistantPrefill, Example: said(`{"role":"user","content":"hi"},{"role":"assistant","content":"Well, ","prefix":true}`)},

	// parts
	{Path: "messages[].content[].image_url.url", Feature: llm.FImageURL, Example: asks(`{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}`)},
	{Path: "messages[].content[].image_url.url (data:)", Feature: llm.FImageData, Example: asks(`{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}`)},
	{Path: "messages[].content[].image_url.detail", Feature: llm.FImageDetail, Example: asks(`{"type":"image_url","image_url":{"url":"https://example.com/a.png","detail":"low"}}`)},
	{Path: "messages[].content[].input_audio.data", Feature: llm.FAudioData, Example: asks(`{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}`)},
	{Path: "messages[].content[].input_audio.format", Feature: llm.FAudioData},
	{Path: "messages[].content[].file.file_data", Feature: llm.FFileData, Example: asks(`{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}}`)},
	{Path: "messages[].content[].file.file_id", Feature: llm.FFileID, Example: asks(`{"type":"file","file":{"file_id":"file-1"}}`)},
	{Path: "messages[].content[].file.filename", Feature: llm.FFileName, Example: asks(`{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}}`)},
	{Path: "messages[].content[].document_url", Feature: llm.FFileURL, Example: asks(`{"type":"document_url","document_url":"https://example.com/a.pdf","document_name":"a.pdf"}`)},
	{Path: "messages[].content[].document_name", Feature: llm.FFileName},
	{Path: "messages[].content[].file_url", Feature: llm.FFileURL, Example: asks(`{"type":"file_url","file_url":{"url":"https://example.com/a.pdf"}}`)},
	{Path: "messages[].content[].file_name", Feature: llm.FFileName},
	{Path: "messages[].content[].video_url.url", Feature: llm.FVideo, Example: asks(`{"type":"video_url","video_url":{"url":"https://example.com/a.mp4"}}`)},
	{Path: "messages[].content[].prompt_cache_breakpoint.mode", Feature: llm.FCache, Example: asks(`{"type":"text","text":"hi","prompt_cache_breakpoint":{"mode":"explicit"}}`)},
	{Path: "messages[].content[].prompt_cache_breakpoint.ttl", Example: asks(`{"type":"text","text":"hi","prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}}`)},
	{Path: "messages[].content[].cache_control", Feature: llm.FCache, Example: asks(`{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}`)},
	{Path: "messages[].content[].cache_control.ttl", Feature: llm.FCacheTTL, Example: asks(`{"type":"text","text":"hi","cache_control":{"type":"ephemeral","ttl":"1h"}}`)},
	{Path: "messages[].cache_control", Feature: llm.FCache, Example: said(`{"role":"user","content":"hi","cache_control":{"type":"ephemeral"}}`)},
	{Path: "messages[].content[].type (other)", Feature: llm.FVendorPart, Example: asks(`{"type":"sketch","sketch":{}}`)},

	// tools in the history
	{Path: "messages[].tool_calls", Feature: llm.FToolCall, Example: called(aCall, `"content":"1"`)},
	{Path: "messages[].tool_calls[].id", Feature: llm.FToolCall},
	{Path: "messages[].tool_calls[].type", Feature: llm.FToolCall},
	{Path: "messages[].tool_calls[].index", Feature: llm.FToolCall, Note: "left out, since the order tells it"},
	{Path: "messages[].tool_calls[].function.name", Feature: llm.FToolCall},
	{Path: "messages[].tool_calls[].function.arguments", Feature: llm.FToolCall},
	{Path: "messages[].tool_calls[].custom.name", Feature: llm.FCustomTool},
	{Path: "messages[].tool_calls[].custom.input", Feature: llm.FCustomTool, Example: called(`{"id":"c1","type":"custom","custom":{"name":"f","input":"x"}}`, `"content":"1"`)},
	{Path: "messages[].tool_calls[].extra_content.google.thought_signature", Feature: llm.FThinkingState, Example: called(`{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"abc"}}}`, `"content":"1"`)},
	{Path: "messages[].tool_calls[].cache_control", Feature: llm.FCache, Example: called(`{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"},"cache_control":{"type":"ephemeral"}}`, `"content":"1"`)},
	{Path: "messages[].function_call", Feature: llm.FToolCall, Example: answered(`"function_call":{"name":"f","arguments":"{}"}`)},
	{Path: "messages[].function_call.name", Feature: llm.FToolCall},
	{Path: "messages[].function_call.arguments", Feature: llm.FToolCall},
	{Path: "messages[].role (tool)", Feature: llm.FToolResult, Example: called(aCall, `"content":"1"`)},
	{Path: "messages[].tool_call_id", Feature: llm.FToolResult},
	{Path: "messages[].content[].image_url (tool)", Feature: llm.FResultMedia, Example: called(aCall, `"content":[{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]`)},

	// tools
	{Path: "tools", Feature: llm.FTools, Example: with(`"tools":[` + aFunction + `]`)},
	{Path: "tools[].type", Feature: llm.FTools},
	{Path: "tools[].function.name", Feature: llm.FTools},
	{Path: "tools[].function.description", Feature: llm.FTools},
	{Path: "tools[].function.parameters", Feature: llm.FTools},
	{Path: "tools[].function.strict", Feature: llm.FToolStrict, Example: with(`"tools":[{"type":"function","function":{"name":"f","strict":true}}]`)},
	{Path: "tools[].cache_control", Feature: llm.FToolCache, Example: with(`"tools":[{"type":"function","function":{"name":"f"},"cache_control":{"type":"ephemeral"}}]`)},
	{Path: "tools[].type (custom)", Feature: llm.FCustomTool, Example: with(`"tools":[{"type":"custom","custom":{"name":"f","format":{"type":"text"}}}]`)},
	{Path: "tools[].custom.name", Feature: llm.FCustomTool},
	{Path: "tools[].custom.description", Feature: llm.FCustomTool},
	{Path: "tools[].custom.format", Feature: llm.FCustomTool},
	{Path: "tools[].custom.format.type", Feature: llm.FCustomTool},
	{Path: "tools[].custom.format.grammar", Feature: llm.FCustomTool},
	{Path: "tools[].custom.format.grammar.definition", Feature: llm.FCustomTool},
	{Path: "tools[].custom.format.grammar.syntax", Feature: llm.FCustomTool},
	{Path: "tools[].type (web_search)", Feature: llm.FWebSearch, Example: with(`"tools":[{"type":"openrouter:web_search"}]`)},
	{Path: "tools[].parameters", Example: with(`"tools":[{"type":"openrouter:web_search","parameters":{"max_results":3}}]`), Note: "of a web search"},
	{Path: "tools[].type (code_interpreter)", Feature: llm.FCode, Example: with(`"tools":[{"type":"code_interpreter"}]`)},
	{Path: "tools[].type (other)", Feature: llm.FBuiltin, Example: with(`"tools":[{"type":"retrieval"}]`)},
	{Path: "functions", Feature: llm.FTools, Example: with(`"functions":[{"name":"f"}]`), Note: "written as tools for others, answered as function_call"},
	{Path: "functions[].name", Feature: llm.FTools},
	{Path: "functions[].description", Feature: llm.FTools},
	{Path: "functions[].parameters", Feature: llm.FTools},
	{Path: "tool_choice (none)", Feature: llm.FChoiceNone, Example: with(`"tool_choice":"none"`)},
	{Path: "tool_choice (required)", Feature: llm.FChoiceRequired, Example: with(`"tool_choice":"required"`)},
	{Path: "tool_choice.function.name", Feature: llm.FChoiceTool, Example: with(`"tools":[` + aFunction + `],"tool_choice":{"type":"function","function":{"name":"f"}}`)},
	{Path: "tool_choice.custom.name", Feature: llm.FChoiceTool},
	{Path: "tool_choice.allowed_tools", Feature: llm.FChoiceAllowed, Example: with(`"tools":[` + aFunction + `],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}}`)},
	{Path: "tool_choice.allowed_tools.mode", Feature: llm.FChoiceAllowed},
	{Path: "tool_choice.allowed_tools.tools", Feature: llm.FChoiceAllowed},
	{Path: "function_call", Feature: llm.FChoiceTool, Example: with(`"functions":[{"name":"f"}],"function_call":{"name":"f"}`)},
	{Path: "function_call.name", Feature: llm.FChoiceTool},
	{Path: "parallel_tool_calls", Feature: llm.FParallel, Example: with(`"parallel_tool_calls":false`)},

	// output
	{Path: "response_format.type (json_object)", Feature: llm.FJSON, Example: with(`"response_format":{"type":"json_object"}`)},
	{Path: "response_format.json_schema.schema", Feature: llm.FSchema, Example: with(`"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object"}}}`)},
	{Path: "response_format.json_schema.name", Frame: true},
	{Path: "response_format.json_schema.description", Feature: llm.FSchemaName, Example: with(`"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{"type":"object"}}}`)},
	{Path: "response_format.json_schema.strict", Feature: llm.FStrict, Example: with(`"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object"}}}`)},
	{Path: "response_format (other)", Example: with(`"response_format":{"type":"grammar","grammar":"x"}`), Note: "grammars and regular expressions of some servers"},

	// settings
	{Path: "max_completion_tokens", Feature: llm.FMaxOutput, Example: with(`"max_completion_tokens":9`)},
	{Path: "max_tokens", Feature: llm.FMaxOutput, Example: with(`"max_tokens":9`)},
	{Path: "stop", Feature: llm.FStop, Example: with(`"stop":["x"]`)},
	{Path: "temperature", Feature: llm.FTemperature, Example: with(`"temperature":0.5`)},
	{Path: "top_p", Feature: llm.FTopP, Example: with(`"top_p":0.5`)},
	{Path: "top_k", Feature: llm.FTopK, Example: with(`"top_k":5`)},
	{Path: "min_p", Feature: llm.FMinP, Example: with(`"min_p":0.1`)},
	{Path: "frequency_penalty", Feature: llm.FFrequencyPenalty, Example: with(`"frequency_penalty":0.5`)},
	{Path: "presence_penalty", Feature: llm.FPresencePenalty, Example: with(`"presence_penalty":0.5`)},
	{Path: "seed", Feature: llm.FSeed, Example: with(`"seed":1`)},
	{Path: "random_seed", Feature: llm.FSeed, Example: with(`"random_seed":1`)},
	{Path: "n", Feature: llm.FN, Example: with(`"n":2`)},
	{Path: "logprobs", Feature: llm.FLogprobs, Example: with(`"logprobs":true`)},
	{Path: "top_logprobs", Feature: llm.FTopLogprobs, Example: with(`"top_logprobs":2`)},
	{Path: "logit_bias", Feature: llm.FLogitBias, Example: with(`"logit_bias":{"1":-100}`)},
	{Path: "user", Feature: llm.FUser, Example: with(`"user":"u"`)},
	{Path: "safety_identifier", Feature: llm.FSafetyID, Example: with(`"safety_identifier":"u"`)},
	{Path: "metadata", Feature: llm.FMetadata, Example: with(`"metadata":{"a":"b"}`)},
	{Path: "service_tier", Feature: llm.FTier, Example: with(`"service_tier":"flex"`)},
	{Path: "store", Feature: llm.FStore, Example: with(`"store":true`)},
	{Path: "prompt_cache_key", Feature: llm.FCacheKey, Example: with(`"prompt_cache_key":"k"`)},
	{Path: "prompt_cache_retention", Feature: llm.FCacheRetention, Example: with(`"prompt_cache_retention":"24h"`)},
	{Path: "prompt_cache_options", Example: with(`"prompt_cache_options":{"mode":"explicit"}`)},
	{Path: "prompt_cache_options.mode"},
	{Path: "prompt_cache_options.ttl"},
	{Path: "verbosity", Feature: llm.FVerbosity, Example: with(`"verbosity":"low"`)},
	{Path: "modalities", Feature: llm.FModalities, Example: with(`"modalities":["text","audio"]`)},
	{Path: "audio", Feature: llm.FAudioOut, Example: with(`"audio":{"voice":"alloy","format":"wav"}`)},
	{Path: "audio.voice", Feature: llm.FAudioOut},
	{Path: "audio.format", Feature: llm.FAudioOut},
	{Path: "prediction", Feature: llm.FPrediction, Example: with(`"prediction":{"type":"content","content":"x"}`)},
	{Path: "prediction.type", Feature: llm.FPrediction},
	{Path: "prediction.content", Feature: llm.FPrediction},
	{Path: "web_search_options", Feature: llm.FSearchOptions, Example: with(`"web_search_options":{}`)},
	{Path: "web_search_options.search_context_size", Feature: llm.FSearchOptions},
	{Path: "web_search_options.user_location", Feature: llm.FSearchOptions},
	{Path: "web_search_options.user_location.type", Feature: llm.FSearchOptions},
	{Path: "web_search_options.user_location.approximate", Feature: llm.FSearchOptions},
	{Path: "web_search_options.user_location.approximate.city", Feature: llm.FSearchOptions},
	{Path: "web_search_options.user_location.approximate.country", Feature: llm.FSearchOptions},
	{Path: "web_search_options.user_location.approximate.region", Feature: llm.FSearchOptions},
	{Path: "web_search_options.user_location.approximate.timezone", Feature: llm.FSearchOptions},
	{Path: "stream_options.include_usage", Feature: llm.FStreamUsage, Example: with(`"stream":true,"stream_options":{"include_usage":true}`)},
	{Path: "stream_options.include_obfuscation", Example: with(`"stream":true,"stream_options":{"include_obfuscation":false}`)},
	{Path: "moderation", Example: with(`"moderation":{"model":"omni-moderation-latest"}`)},
	{Path: "moderation.model"},
	{Path: "moderation.policy"},

	// reasoning
	{Path: "reasoning_effort", Feature: llm.FThinkingEffort, Example: with(`"reasoning_effort":"low"`)},
	{Path: "reasoning_effort (none)", Feature: llm.FThinkingOff, Example: with(`"reasoning_effort":"none"`)},
	{Path: "reasoning.effort", Feature: llm.FThinkingEffort, Example: with(`"reasoning":{"effort":"low"}`)},
	{Path: "reasoning.max_tokens", Feature: llm.FThinkingBudget, Example: with(`"reasoning":{"max_tokens":2000}`)},
	{Path: "reasoning.enabled", Feature: llm.FThinkingEffort, Example: with(`"reasoning":{"enabled":true}`)},
	{Path: "reasoning.exclude", Feature: llm.FThinkingSummary, Example: with(`"reasoning":{"exclude":true}`)},
	{Path: "reasoning.summary", Feature: llm.FThinkingSummary, Example: with(`"reasoning":{"summary":"auto"}`)},
	{Path: "thinking.type", Feature: llm.FThinkingEffort, Example: with(`"thinking":{"type":"enabled"}`)},
	{Path: "thinking.budget_tokens", Feature: llm.FThinkingBudget, Example: with(`"thinking":{"type":"enabled","budget_tokens":2000}`)},
	{Path: "thinking.clear_thinking", Example: with(`"thinking":{"type":"enabled","clear_thinking":false}`)},
	{Path: "enable_thinking", Feature: llm.FThinkingEffort, Example: with(`"enable_thinking":true`)},
	{Path: "thinking_budget", Feature: llm.FThinkingBudget, Example: with(`"thinking_budget":2000`)},

	// what only one vendor has
	{Path: "include_reasoning", Example: with(`"include_reasoning":true`)},
	{Path: "reasoning_format", Example: with(`"reasoning_format":"parsed"`)},
	{Path: "provider", Example: with(`"provider":{"order":["x"]}`)},
	{Path: "models", Example: with(`"models":["x"]`)},
	{Path: "transforms", Example: with(`"transforms":[]`)},
	{Path: "plugins", Example: with(`"plugins":[{"id":"web"}]`)},
	{Path: "usage", Example: with(`"usage":{"include":true}`)},
	{Path: "safe_prompt", Example: with(`"safe_prompt":true`)},
	{Path: "search_settings", Example: with(`"search_settings":{}`)},
	{Path: "search_context_size", Example: with(`"search_context_size":"low"`)},
	{Path: "venice_parameters", Example: with(`"venice_parameters":{}`)},
	{Path: "cache_prompt", Example: with(`"cache_prompt":false`)},
	{Path: "grammar", Example: with(`"grammar":"root ::= \"x\""`)},
	{Path: "chat_template_kwargs", Example: with(`"chat_template_kwargs":{}`)},
	{Path: "repetition_penalty", Example: with(`"repetition_penalty":1.1`)},
}
