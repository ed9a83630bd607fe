package converse

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func kept(how string) dialect.Carry   { return dialect.Carry{Fate: dialect.Kept, How: how} }
func mapped(how string) dialect.Carry { return dialect.Carry{Fate: dialect.Mapped, How: how} }

// carries says how requests of other dialects are expressed. What a family of models
// does not take is left out and said so.
var carries = map[llm.Feature]dialect.Carry{
	llm.FSystem:           kept("system"),
	llm.FSystemLater:      mapped("<system>…</system> in the user's turn where it stood"),
	llm.FDeveloper:        mapped("like a system turn"),
	llm.FAssistantPrefill: kept("the last message; where the model takes none, it is told to go on after it"),

	llm.FImageURL:      mapped("fetched and sent as bytes; s3:// as s3Location"),
	llm.FImageData:     kept("image.source.bytes; png, jpeg, gif, webp, others are refused"),
	llm.FImageFile:     mapped("s3Location of an s3:// id; ids of other vendors are refused"),
	llm.FAudioData:     kept("audio"),
	llm.FFileURL:       mapped("fetched and sent as bytes; s3:// as s3Location"),
	llm.FFileData:      kept("document.source.bytes; a turn of documents alone gets a text"),
	llm.FFileID:        mapped("s3Location of an s3:// id; ids of other vendors are refused"),
	llm.FFileText:      mapped("document.source.bytes, format txt"),
	llm.FFileName:      mapped("document.name, in the letters that are allowed, made unique"),
	llm.FFileContext:   kept("document.context"),
	llm.FFileCites:     kept("document.citations"),
	llm.FFound:         mapped("searchResult for Claude; text of its title, source and words for others, and in the results of tools that failed"),
	llm.FVideo:         kept("video; a URL is fetched"),
	llm.FCache:         mapped("cachePoint after the part; Claude (3.5 and later) and Nova"),
	llm.FCacheTTL:      kept("cachePoint.ttl; Claude 4.5 and later"),
	llm.FToolCall:      mapped("toolUse; ids and names are rewritten where they break the vendor's rule; in words where no tool may be called"),
	llm.FToolResult:    mapped("toolResult, all of one turn in one message; in words where no tool may be called"),
	llm.FResultMedia:   mapped("toolResult.content; in the user's turn where the result is told in words"),
	llm.FResultError:   mapped("toolResult.status; Claude and Nova; in words where the result is"),
	llm.FThinking:      mapped("reasoningContent, of what this model has signed; the rest is dropped"),
	llm.FThinkingState: mapped("reasoningContent.reasoningText.signature or redactedContent, where it came from this provider and model; other state is dropped"),
	llm.FRefusal:       mapped("text, and stopReason content_filtered"),

	llm.FTools:          kept("toolConfig.tools; without any, calls of the history are told in words"),
	llm.FToolStrict:     kept("toolSpec.strict; where outputConfig is taken"),
	llm.FToolCache:      mapped("cachePoint after the tool; Claude"),
	llm.FCustomTool:     mapped("a function of one string"),
	llm.FWebSearch:      mapped("systemTool nova_grounding; Nova"),
	llm.FCode:           mapped("systemTool nova_code_interpreter; Nova 2"),
	llm.FChoiceNone:     mapped("the tools are left out, and calls of the history are told in words"),
	llm.FChoiceRequired: mapped("toolChoice.any; not Llama; Claude does not think then"),
	llm.FChoiceTool:     kept("toolChoice.tool; not Llama and Mistral; Claude does not think then"),
	llm.FChoiceAllowed:  mapped("the other tools are left out"),
	llm.FParallel:       mapped("Claude's tool_choice.disable_parallel_tool_use"),

	llm.FJSON:       mapped("asked for in system"),
	llm.FSchema:     kept("outputConfig; for models without it asked for in system"),
	llm.FSchemaName: kept("outputConfig; for models without it in the schema that is asked for in system"),
	llm.FStrict:     mapped("always strict; objects are closed for Claude"),

	llm.FMaxOutput:       kept("inferenceConfig.maxTokens; not for Nova 2 at high effort"),
	llm.FTemperature:     mapped("inferenceConfig.temperature, at most 1; not for Claude while it thinks"),
	llm.FTopP:            kept("inferenceConfig.topP; for Claude 4.1 and later not beside temperature"),
	llm.FTopK:            mapped("additionalModelRequestFields: Claude's top_k, Nova's inferenceConfig.topK"),
	llm.FStop:            kept("inferenceConfig.stopSequences"),
	llm.FN:               {Fate: dialect.Refused, How: "it gives one answer to a call"},
	llm.FStore:           mapped("nothing is stored: false needs no word, true is dropped"),
	llm.FMetadata:        kept("requestMetadata, up to 16 pairs of the allowed letters"),
	llm.FTier:            mapped("serviceTier: default, priority, flex, reserved"),
	llm.FStreamUsage:     mapped("always there, in metadata"),
	llm.FThinkingEffort:  mapped("additionalModelRequestFields: Claude's effort from 4.6 on, before that a budget (minimal 1024, low 2048, medium 8192, high 24576, above 32768 tokens, at most three quarters of maxTokens; dropped where that is less than 1024), Nova 2's reasoningConfig, a word for gpt-oss, Qwen and DeepSeek V3"),
	llm.FThinkingBudget:  mapped("Claude's thinking.budget_tokens, at least 1024; one that maxTokens leaves no room for becomes three quarters of that, or where that is less than 1024 there is no thinking, and it is dropped; an effort for others"),
	llm.FThinkingSummary: mapped("Claude's thinking.display"),
	llm.FThinkingOff:     mapped("Claude's thinking and Nova 2's reasoningConfig disabled; the lowest effort of gpt-oss"),
}

// answerCarries says what callers of this dialect can be given.
var answerCarries = map[llm.Feature]dialect.Carry{
	llm.AText:          kept("text"),
	llm.AThinking:      kept("reasoningContent.reasoningText.text"),
	llm.AThinkingState: mapped("reasoningContent: signature, or redactedContent where no text is shown, with its origin"),
	llm.AToolCall:      kept("toolUse; several come one after the other"),
	llm.ARefusal:       mapped("text, and stopReason content_filtered"),
	llm.ACitations:     kept("citationsContent; in streams citation"),
	llm.AMedia:         mapped("image; sound and files at the vendor are left out"),
	llm.AFinish:        kept("stopReason; what was refused is content_filtered, a turn that pauses max_tokens; other vendors' words stay where there is none"),
	llm.AStopText:      mapped("additionalModelResponseFields.stop_sequence"),
	llm.AUsage:         kept("usage; 0 where nothing is known"),
	llm.AUsageCache:    kept("usage.cacheReadInputTokens, cacheWriteInputTokens"),
	llm.ATier:          kept("serviceTier"),
	llm.ABlocked:       mapped("stopReason content_filtered"),
}
