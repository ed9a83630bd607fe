package anthropic

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func kept(how string) dialect.Carry   { return dialect.Carry{Fate: dialect.Kept, How: how} }
func mapped(how string) dialect.Carry { return dialect.Carry{Fate: dialect.Mapped, How: how} }

// carries says how a request of another dialect is expressed. Where a model is named
// "newer", those of Claude 4.7 and later are meant; see rules.
var carries = map[llm.Feature]dialect.Carry{
	llm.FSystem:           kept("system"),
	llm.FSystemLater:      mapped("a text <system>…</system> in the user's turn where it stood"),
	llm.FDeveloper:        mapped("like a system turn"),
	llm.FAssistantPrefill: mapped("the last message, its trailing white space cut; models that refuse it (4.6 and later, and any that thinks) are told to go on, and it is dropped"),

	llm.FImageURL:    kept("image.source.url"),
	llm.FImageData:   kept("image.source.data"),
	llm.FImageFile:   kept("image.source.file_id, with the beta header of files"),
	llm.FAudioData:   {Fate: dialect.Refused, How: "audio is not taken"},
	llm.FVideo:       {Fate: dialect.Refused, How: "video is not taken"},
	llm.FFileURL:     kept("document.source.url"),
	llm.FFileData:    mapped("document.source.data for PDF; files of text become plain text; other types are refused"),
	llm.FFileID:      kept("document.source.file_id, with the beta header of files"),
	llm.FFileText:    kept("document.source of type text or content"),
	llm.FFileName:    kept("document.title"),
	llm.FFileContext: kept("document.context"),
	llm.FFileCites:   kept("document.citations.enabled"),
	llm.FFound:       mapped("search_result; text of its title, source and words for models of other makers, and in the results of tools that failed"),

	llm.FCache:         kept("cache_control; of more than four marks the last four, the others are dropped"),
	llm.FCacheTTL:      mapped("cache_control.ttl; an hour after a mark of five minutes becomes five minutes, and is dropped"),
	llm.FToolCall:      kept("tool_use; arguments that are no JSON object are wrapped, ids the vendor refuses are rewritten"),
	llm.FToolResult:    kept("tool_result, first in the user's turn"),
	llm.FResultMedia:   kept("blocks in tool_result.content"),
	llm.FResultError:   kept("tool_result.is_error"),
	llm.FThinking:      mapped("thinking, if its signature came from this provider and model; without one it is left out and is dropped"),
	llm.FThinkingState: mapped("thinking.signature and redacted_thinking.data of this provider and model; other state is dropped"),
	llm.FRefusal:       mapped("text"),

	llm.FTools:          kept("tools; a root schema that is no object is mended, names the vendor refuses are rewritten"),
	llm.FToolStrict:     mapped("tools[].strict with the schema rewritten to the vendor's subset; models before 4.5 (but 4.1) get none"),
	llm.FToolCache:      kept("tools[].cache_control"),
	llm.FCustomTool:     mapped("a tool with one member, input, a string"),
	llm.FWebSearch:      mapped("web_search_20250305"),
	llm.FSearchAllowed:  kept("allowed_domains of the web search"),
	llm.FSearchBlocked:  kept("blocked_domains of the web search; dropped beside a list of domains to keep to"),
	llm.FSearchPlace:    kept("user_location of the web search"),
	llm.FCode:           mapped("code_execution_20250825"),
	llm.FChoiceNone:     kept("tool_choice none"),
	llm.FChoiceRequired: mapped("tool_choice any; thinking is off then, and is dropped if it was asked for. Models that refuse to be forced (5.5, Fable, Mythos) are left to choose, and it is dropped"),
	llm.FChoiceTool:     mapped("tool_choice tool; as with any"),
	llm.FChoiceAllowed:  mapped("only the tools named are sent"),
	llm.FParallel:       kept("tool_choice.disable_parallel_tool_use"),

	llm.FJSON:       mapped("the system prompt asks for one JSON object"),
	llm.FSchema:     mapped("output_config.format with the schema rewritten to the vendor's subset (closed objects, no limits, oneOf as anyOf); earlier models (before 4.5, but 4.1) are made to call a tool with the schema, whose input is given as the answer's text; models of other makers, and those that have tools of their own, are asked in the system prompt, and so is every model where the schema holds itself"),
	llm.FStrict:     mapped("as the schema itself: where it is sent, it is obeyed"),
	llm.FSchemaName: mapped("the description of the schema, or of the tool that stands for it"),

	llm.FMaxOutput:       mapped("max_tokens, at most what the model can write; without it that limit itself is sent, since the vendor wants a number"),
	llm.FTemperature:     mapped("temperature, above 1 as 1; dropped for newer models and with thinking, which take none but 1"),
	llm.FTopP:            mapped("top_p; dropped for newer models, with thinking below 0.95, and beside temperature from 4.1 on"),
	llm.FTopK:            mapped("top_k; dropped for newer models and with thinking"),
	llm.FStop:            mapped("stop_sequences; those of nothing but white space are dropped"),
	llm.FN:               {Fate: dialect.Refused, How: "it gives one answer to a call"},
	llm.FUser:            mapped("metadata.user_id, up to 256 characters"),
	llm.FSafetyID:        mapped("metadata.user_id, before the end user's"),
	llm.FTier:            mapped("service_tier: auto and priority as auto, default as standard_only; others are dropped"),
	llm.FStore:           mapped("nothing is stored: false needs no word, true is dropped"),
	llm.FSearchOptions:   mapped("web_search_20250305, with where the user is"),
	llm.FStreamUsage:     mapped("usage always stands in the stream"),
	llm.FThinkingEffort:  mapped("thinking adaptive with output_config.effort from 4.6 on (minimal as low; xhigh as max on 4.6); before that a budget: minimal 1024, low 2048, medium 8192, high 24576, above 32768 tokens, at most three quarters of max_tokens; dropped where that is less than 1024"),
	llm.FThinkingBudget:  mapped("thinking.budget_tokens, at least 1024; one that max_tokens leaves no room for becomes three quarters of that, or where that is less than 1024 there is no thinking, and it is dropped; newer models get an effort: up to 2048 low, 8192 medium, 24576 high, else max"),
	llm.FThinkingSummary: mapped("thinking.display: none as omitted, any other as summarized"),
	llm.FThinkingOff:     mapped("thinking is not asked for, or disabled where it is on by itself; Sonnet 5.5 gets between_tools; Opus 5.5, Fable and Mythos cannot, and it is dropped"),
}

// answerCarries says what a caller of this dialect can be given.
var answerCarries = map[llm.Feature]dialect.Carry{
	llm.AText:           kept("text"),
	llm.AThinking:       kept("thinking"),
	llm.AThinkingState:  mapped("thinking.signature, or redacted_thinking.data where no text belongs to it, in an envelope that says where it came from; state of a call stands before it"),
	llm.AToolCall:       kept("tool_use; arguments that a limit cut are left cut in a stream, and kept whole in a member of their own elsewhere"),
	llm.ARefusal:        mapped("text, and stop_reason refusal"),
	llm.ACitations:      mapped("citations: a page of the web, and what has no URL as a search result of the caller's, whose indices are not known and 0"),
	llm.AFinish:         kept("stop_reason, what was filtered as refusal; an unknown one keeps the vendor's word"),
	llm.AStopText:       kept("stop_sequence"),
	llm.AUsage:          kept("usage; input without cached tokens, as the dialect counts"),
	llm.AUsageCache:     kept("usage.cache_read_input_tokens, cache_creation_input_tokens and cache_creation by lifetime"),
	llm.AUsageReasoning: kept("usage.output_tokens_details.thinking_tokens"),
	llm.ATier:           mapped("usage.service_tier: standard, priority, batch, and default as standard; others are left out"),
	llm.AModel:          kept("model"),
	llm.AID:             mapped("id, made from the gateway's own id of the call"),
	llm.ABlocked:        mapped("stop_reason refusal, no content"),
}
