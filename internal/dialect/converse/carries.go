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
	llm.FSystemLater:      mapped("text of the user's turn"),
	llm.FDeveloper:        mapped("system; later ones are text of the user's turn"),
	llm.FAssistantPrefill: kept("the last message; where the model takes none, the user says \"Continue.\" after it"),

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
	llm.FVideo:         kept("video; a URL is fetched"),
	llm.FCache:         mapped("cachePoint after the part; Claude (3.5 and later) and Nova"),
	llm.FCacheTTL:      kept("cachePoint.ttl; Claude 4.5 and later"),
	llm.FToolCall:      kept("toolUse; ids and names are rewritten where they break the vendor's rule"),
	llm.FToolResult:    kept("toolResult, all of one turn in one message"),
	llm.FResultMedia:   kept("toolResult.content"),
	llm.FResultError:   kept("toolResult.status; Claude and Nova"),
	llm.FThinking:      mapped("reasoningContent, of what this model has signed; the rest is dropped"),
	llm.FThinkingState: mapped("reasoningContent.reasoningText.signature or redactedContent, where it came from this provider and model; other state is dropped"),
	llm.FRefusal:       mapped("text"),

	llm.FTools:          kept("toolConfig.tools; a history of calls without tools gets those that were called"),
	llm.FToolStrict:     kept("toolSpec.strict; where outputConfig is taken"),
	llm.FToolCache:      mapped("cachePoint after the tool; Claude"),
	llm.FCustomTool:     mapped("a function of one string"),
	llm.FWebSearch:      mapped("systemTool nova_grounding; Nova"),
	llm.FCode:           mapped("systemTool nova_code_interpreter; Nova 2"),
	llm.FChoiceNone:     mapped("the tools are left out; with calls in the history they stay and may be called"),
	llm.FChoiceRequired: mapped("toolChoice.any; not Llama; Claude does not think then"),
	llm.FChoiceTool:     kept("toolChoice.tool; not Llama and Mistral; Claude does not think then"),
	llm.FChoiceAllowed:  mapped("the other tools are left out"),
	llm.FParallel:       mapped("Claude's tool_choice.disable_parallel_tool_use"),

	llm.FJSON:       mapped("asked for in system"),
	llm.FSchema:     kept("outputConfig; for models without it asked for in system"),
	llm.FSchemaName: kept("outputConfig; for models without it in the schema that is asked for in system"),
	llm.FStrict:     mapped("always strict; objects are closed for Claude"),

	llm.FMaxOutput:       kept("inferenceConfig.maxTokens; raised above a budget of thinking"),
	llm.FTemperature:     mapped("inferenceConfig.temperature, at most 1; not for Claude while it thinks"),
	llm.FTopP:            kept("inferenceConfig.topP; for Claude 4.1 and later not beside temperature"),
	llm.FTopK:            mapped("additionalModelRequestFields: Claude's top_k, Nova's inferenceConfig.topK"),
	llm.FStop:            kept("inferenceConfig.stopSequences"),
	llm.FN:               {Fate: dialect.Refused, How: "it gives one answer to a call"},
	llm.FStore:           mapped("nothing is stored: false needs no word, true is dropped"),
	llm.FMetadata:        kept("requestMetadata, up to 16 pairs of the allowed letters"),
	llm.FTier:            mapped("serviceTier: default, priority, flex, reserved"),
	llm.FStreamUsage:     mapped("always there, in metadata"),
	llm.FThinkingEffort:  mapped("additionalModelRequestFields: Claude's budget or effort, Nova 2's reasoningConfig, a word for gpt-oss, Qwen and DeepSeek V3"),
	llm.FThinkingBudget:  mapped("Claude's thinking.budget_tokens; an effort for others"),
	llm.FThinkingSummary: mapped("Claude's thinking.display"),
	llm.FThinkingOff:     mapped("Claude's thinking and Nova 2's reasoningConfig disabled; the lowest effort of gpt-oss"),
}

// answerCarries says what callers of this dialect can be given.
var answerCarries = map[llm.Feature]dialect.Carry{
	llm.AText:          kept("text"),
	llm.AThinking:      kept("reasoningContent.reasoningText.text"),
	llm.AThinkingState: mapped("reasoningContent: signature, or redactedContent where no text is shown, with its origin"),
	llm.AToolCall:      kept("toolUse; several come one after the other"),
	llm.ARefusal:       mapped("text"),
	llm.ACitations:     kept("citationsContent; in streams citation"),
	llm.AMedia:         mapped("image; sound and files at the vendor are left out"),
	llm.AFinish:        kept("stopReason; other vendors' words for it stay where there is none"),
	llm.AStopText:      mapped("additionalModelResponseFields.stop_sequence"),
	llm.AUsage:         kept("usage; 0 where nothing is known"),
	llm.AUsageCache:    kept("usage.cacheReadInputTokens, cacheWriteInputTokens"),
	llm.ATier:          kept("serviceTier"),
	llm.ABlocked:       mapped("stopReason content_filtered"),
}
