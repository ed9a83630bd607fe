package openairesponses

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func kept(how string) dialect.Carry   { return dialect.Carry{Fate: dialect.Kept, How: how} }
func mapped(how string) dialect.Carry { return dialect.Carry{Fate: dialect.Mapped, How: how} }

// carries is what the dialect can express as a target.
var carries = map[llm.Feature]dialect.Carry{
	llm.FSystem:      kept("input items of the role system"),
	llm.FSystemLater: kept("input items of the role system, where they stood"),
	llm.FDeveloper:   kept("input items of the role developer"),

	llm.FAssistantPrefill: {How: "the turn is sent, and the model begins a new one"},

	llm.FImageURL:      kept("input_image.image_url"),
	llm.FImageData:     kept("input_image.image_url as a data URI"),
	llm.FImageFile:     kept("input_image.file_id, for ids of this vendor; others are refused"),
	llm.FImageDetail:   kept("input_image.detail"),
	llm.FAudioData:     kept("input_audio, which few models take"),
	llm.FVideo:         {Fate: dialect.Refused, How: "video is not taken"},
	llm.FFileURL:       kept("input_file.file_url"),
	llm.FFileData:      kept("input_file.file_data"),
	llm.FFileID:        kept("input_file.file_id, for ids of this vendor; others are refused"),
	llm.FFileText:      mapped("an input_text with the name before it"),
	llm.FFileName:      kept("input_file.filename; before the text of a document that is text; not with a URL"),
	llm.FFileContext:   mapped("text before that of the document; of other documents it is left out"),
	llm.FFound:         mapped("text: title, source, and what it says"),
	llm.FCache:         mapped("prompt_cache_breakpoint, at most four, for models that know it; the others cache by themselves"),
	llm.FToolCall:      kept("function_call and custom_tool_call items"),
	llm.FToolResult:    kept("function_call_output and custom_tool_call_output items"),
	llm.FResultMedia:   kept("parts of output; a document that is text becomes text"),
	llm.FThinking:      mapped("summary, with state that the target itself has made; without, only for providers that take reasoning back as text"),
	llm.FThinkingState: mapped("encrypted_content, where it came from this provider and model; other state is dropped"),
	llm.FRefusal:       kept("refusal parts"),
	llm.FCitations:     mapped("url_citation annotations; sources that are no page of the web are left out"),

	llm.FTools:          kept("function tools, not strict unless they say so"),
	llm.FToolStrict:     kept("tools[].strict, where the schema obeys strict mode"),
	llm.FCustomTool:     kept("custom tools"),
	llm.FWebSearch:      mapped("the tool web_search with its own settings"),
	llm.FSearchAllowed:  kept("filters.allowed_domains of the web search"),
	llm.FSearchBlocked:  kept("filters.blocked_domains of the web search"),
	llm.FSearchPlace:    kept("user_location of the web search"),
	llm.FCode:           mapped("the tool code_interpreter in a container of its own"),
	llm.FChoiceNone:     kept("tool_choice"),
	llm.FChoiceRequired: kept("tool_choice"),
	llm.FChoiceTool:     kept("tool_choice.name"),
	llm.FChoiceAllowed:  kept("tool_choice of the type allowed_tools"),
	llm.FParallel:       kept("parallel_tool_calls"),

	llm.FJSON:       kept("text.format json_object"),
	llm.FSchema:     kept("text.format json_schema"),
	llm.FSchemaName: kept("text.format.description"),
	llm.FStrict:     kept("text.format.strict, where the schema obeys strict mode"),

	llm.FMaxOutput:       mapped("max_output_tokens, at most what the model gives; fewer than 16 become 16, and that is told as dropped"),
	llm.FTemperature:     kept("temperature, for models that take it"),
	llm.FTopP:            kept("top_p, for models that take it"),
	llm.FLogprobs:        mapped("include message.output_text.logprobs, for models that take it"),
	llm.FTopLogprobs:     kept("top_logprobs, for models that take it"),
	llm.FN:               {Fate: dialect.Refused, How: "it gives one answer to a call"},
	llm.FUser:            kept("user"),
	llm.FSafetyID:        kept("safety_identifier"),
	llm.FMetadata:        kept("metadata"),
	llm.FTier:            kept("service_tier"),
	llm.FStore:           kept("store; where the caller does not say and the model reasons it is false, so that reasoning can go on without the vendor's memory"),
	llm.FCacheKey:        kept("prompt_cache_key"),
	llm.FCacheRetention:  kept("prompt_cache_retention"),
	llm.FVerbosity:       kept("text.verbosity"),
	llm.FSearchOptions:   mapped("the tool web_search with search_context_size and user_location"),
	llm.FStreamUsage:     mapped("usage always stands in the stream"),
	llm.FThinkingEffort:  mapped("reasoning.effort, in the nearest word that the model knows"),
	llm.FThinkingBudget:  mapped("reasoning.effort: low up to 4096 tokens, medium up to 16384, else high"),
	llm.FThinkingSummary: kept("reasoning.summary"),
	llm.FThinkingOff:     mapped("reasoning.effort none, for models that can; the others reason as little as they can"),
}

// answerFields are the members of an answer that mean something to others.
var answerFields = []dialect.Field{
	{Path: "object", Frame: true},
	{Path: "output", Frame: true},
	{Path: "output[].type", Frame: true},
	{Path: "output[].role", Frame: true},
	{Path: "output[].id", Frame: true},
	{Path: "output[].status", Frame: true},
	{Path: "id", Feature: llm.AID, Example: answered + `]}`},
	{Path: "model", Feature: llm.AModel, Example: answered + `]}`},
	{Path: "created_at", Feature: llm.ACreated, Example: answered + `]}`},
	{Path: "service_tier", Feature: llm.ATier, Example: answered + `],"service_tier":"default"}`},
	{Path: "status", Feature: llm.AFinish, Example: answered + `]}`},
	{Path: "incomplete_details.reason", Feature: llm.AFinish, Example: answered + `],"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}`},
	{Path: "error", Frame: true, Note: "becomes an error in the caller's dialect"},
	{Path: "output[].content[].text", Feature: llm.AText, Example: answered + `{"type":"message","content":[{"type":"output_text","text":"so","annotations":[]}]}]}`},
	{Path: "output[].content[].annotations", Feature: llm.ACitations, Example: answered + `{"type":"message","content":[{"type":"output_text","text":"so","annotations":[{"type":"url_citation","url":"https://example.com","title":"t","start_index":0,"end_index":2}]}]}]}`},
	{Path: "output[].content[].logprobs", Feature: llm.ALogprobs, Example: answered + `{"type":"message","content":[{"type":"output_text","text":"so","annotations":[],"logprobs":[{"token":"so","logprob":-0.1,"bytes":[115,111],"top_logprobs":[]}]}]}]}`},
	{Path: "output[].content[].refusal", Feature: llm.ARefusal, Example: answered + `{"type":"message","content":[{"type":"refusal","refusal":"no"}]}]}`},
	{Path: "output[].phase"},
	{Path: "output[] (reasoning).summary", Feature: llm.AThinking, Example: answered + `{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]}]}`, Note: "or content"},
	{Path: "output[] (reasoning).encrypted_content", Feature: llm.AThinkingState, Example: answered + `{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"}]}`},
	{Path: "output[] (function_call)", Feature: llm.AToolCall, Example: answered + `{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]}`, Note: "likewise custom_tool_call"},
	{Path: "output[] (image_generation_call).result", Feature: llm.AMedia, Example: answered + `{"type":"image_generation_call","id":"ig_1","result":"iVBORw0KGgo="}]}`},
	{Path: "output[] (items of hosted tools)", Feature: llm.AVendorPart, Example: answered + `{"type":"web_search_call","id":"ws_1","status":"completed"}]}`},
	{Path: "usage", Feature: llm.AUsage, Example: answered + `],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}`},
	{Path: "usage.input_tokens_details.cached_tokens", Feature: llm.AUsageCache, Example: answered + `],"usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":1},"output_tokens":2,"total_tokens":5}}`},
	{Path: "usage.output_tokens_details.reasoning_tokens", Feature: llm.AUsageReasoning, Example: answered + `],"usage":{"input_tokens":3,"output_tokens":2,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":5}}`},
	{Path: "completed_at"},
	{Path: "background"},
	{Path: "billing"},
	{Path: "moderation"},
	{Path: "conversation"},
	{Path: "prompt_cache_diagnostics"},
	{Path: "settings of the request", Frame: true, Note: "the response repeats them"},
}

const answered = `{"id":"resp_1","object":"response","created_at":1700000000,"model":"m","status":"completed","output":[`

// answerCarries is what a caller of the dialect can be given.
var answerCarries = map[llm.Feature]dialect.Carry{
	llm.AText:           kept("output_text parts"),
	llm.AThinking:       kept("the summary of reasoning items"),
	llm.AThinkingState:  mapped("encrypted_content of reasoning items, sealed with its origin; that of a call stands in an item before it"),
	llm.AToolCall:       kept("function_call and custom_tool_call items"),
	llm.ARefusal:        kept("refusal parts"),
	llm.ACitations:      mapped("url_citation annotations; sources that are no page of the web are left out"),
	llm.AMedia:          mapped("images as image_generation_call items; sound and files at the vendor are left out"),
	llm.ALogprobs:       kept("output_text.logprobs"),
	llm.AFinish:         mapped("status and incomplete_details.reason: content_filter for what was refused, max_output_tokens for a turn that pauses"),
	llm.AUsage:          kept("usage"),
	llm.AUsageCache:     kept("usage.input_tokens_details"),
	llm.AUsageReasoning: kept("usage.output_tokens_details"),
	llm.ATier:           kept("service_tier"),
	llm.AModel:          kept("model"),
	llm.AID:             mapped("id is made by the gateway: no vendor has stored the response"),
	llm.ACreated:        kept("created_at"),
	llm.ABlocked:        mapped("status incomplete for content_filter, without output"),
}
