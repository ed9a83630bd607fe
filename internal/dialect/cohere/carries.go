package cohere

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func kept(how string) dialect.Carry    { return dialect.Carry{Fate: dialect.Kept, How: how} }
func mapped(how string) dialect.Carry  { return dialect.Carry{Fate: dialect.Mapped, How: how} }
func refused(how string) dialect.Carry { return dialect.Carry{Fate: dialect.Refused, How: how} }

// carries says what the dialect can express as the target. What is not here has no
// place in it.
var carries = map[llm.Feature]dialect.Carry{
	llm.FSystem:           kept("messages[].role=system, all of them as one first turn"),
	llm.FSystemLater:      mapped("<system>…</system> in a turn of the user, since only the first turn may be the system's"),
	llm.FDeveloper:        mapped("as system turns"),
	llm.FAssistantPrefill: mapped("the last turn as it is; whether it is continued is up to the model"),

	llm.FImageURL:    kept("messages[].content[].image_url.url"),
	llm.FImageData:   kept("a data: URI in messages[].content[].image_url.url"),
	llm.FImageDetail: kept("messages[].content[].image_url.detail"),
	llm.FImageFile:   refused("images are taken by URL or as bytes"),
	llm.FAudioData:   refused("audio is not taken"),
	llm.FVideo:       refused("video is not taken"),
	llm.FFileURL:     refused("documents are taken as text"),
	llm.FFileID:      refused("documents are taken as text"),
	llm.FFileData:    mapped("text files as documents; any other kind is refused"),
	llm.FFileText:    mapped("documents[].data.text; in the turn's text where JSON is asked for"),
	llm.FFileName:    mapped("documents[].data.title"),
	llm.FFileContext: mapped("documents[].data.context"),
	llm.FFound:       mapped("as a document of text, with its title and source"),
	llm.FFileCites:   mapped("documents are always cited"),

	llm.FToolCall:    kept("messages[].tool_calls"),
	llm.FToolResult:  kept("messages[].role=tool"),
	llm.FResultMedia: mapped("documents of text as document; images in a turn of the user after the results"),
	llm.FResultError: mapped(`{"error": text} as the content`),
	llm.FThinking:    mapped("messages[].content[].thinking for models that reason; else, before tool calls, tool_plan"),
	llm.FRefusal:     mapped("text, and finish_reason ERROR"),

	llm.FTools:          kept("tools[].function"),
	llm.FCustomTool:     mapped("a function of one string, input"),
	llm.FToolStrict:     mapped("strict_tools, when all tools are strict and each object of their parameters requires one; limits are left out of these then"),
	llm.FChoiceNone:     kept("tool_choice: NONE"),
	llm.FChoiceRequired: kept("tool_choice: REQUIRED"),
	llm.FChoiceTool:     mapped("tool_choice: REQUIRED, and only that tool is offered"),
	llm.FChoiceAllowed:  mapped("only those tools are offered"),

	llm.FJSON:       mapped("response_format.type; beside tools, which rule that out, asked for in words"),
	llm.FSchema:     mapped("response_format.json_schema, rewritten to the vendor's subset (no limits, oneOf as anyOf); asked for in words beside tools, and where the root or an object in it requires nothing, it holds itself or has allOf"),
	llm.FSchemaName: mapped("the schema's own description"),
	llm.FStrict:     mapped("a schema is always followed strictly; dropped where it is asked for in words"),

	llm.FMaxOutput:        kept("max_tokens"),
	llm.FTemperature:      mapped("temperature, at most 1"),
	llm.FTopP:             mapped("p, from 0.01 to 0.99"),
	llm.FTopK:             mapped("k, at most 500"),
	llm.FSeed:             kept("seed, unless negative or of more than 64 bits"),
	llm.FStop:             mapped("stop_sequences, the first five; those of nothing but spaces are dropped"),
	llm.FFrequencyPenalty: mapped("frequency_penalty, from 0 to 1"),
	llm.FPresencePenalty:  mapped("presence_penalty, from 0 to 1, unless there is a frequency penalty"),
	llm.FLogprobs:         kept("logprobs"),
	llm.FN:                refused("it gives one answer to a call"),
	llm.FStreamUsage:      mapped("usage always stands in message-end"),

	llm.FThinkingBudget: kept("thinking.token_budget, for models that reason"),
	llm.FThinkingEffort: mapped("thinking.type, and for little effort a thinking.token_budget"),
	llm.FThinkingOff:    kept("thinking.type: disabled"),
}

// answerCarries says what a caller of the dialect can be given.
var answerCarries = map[llm.Feature]dialect.Carry{
	llm.AText:           kept("message.content[].text"),
	llm.AThinking:       kept("message.content[].thinking"),
	llm.AToolCall:       kept("message.tool_calls"),
	llm.ARefusal:        mapped("text, and finish_reason ERROR"),
	llm.ACitations:      mapped("message.citations, each source as a document"),
	llm.ALogprobs:       mapped("logprobs, without ids of tokens and without alternatives"),
	llm.AFinish:         mapped("finish_reason, the nearest of the vendor's six: ERROR for what was refused or filtered, MAX_TOKENS for a turn that pauses"),
	llm.AStopText:       mapped("finish_reason: STOP_SEQUENCE"),
	llm.AUsage:          kept("usage.billed_units and usage.tokens"),
	llm.AUsageCache:     kept("usage.cached_tokens; what was written to a cache is not told"),
	llm.AUsageReasoning: kept("usage.tokens.reasoning_tokens"),
	llm.AID:             kept("id"),
	llm.ABlocked:        mapped("finish_reason: ERROR"),
}
