package converse

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// answerFields lists what a vendor of the dialect may answer
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax).
func answerFields() []dialect.Field {
	const at = "output.message.content[]."
	return slices.Concat([]dialect.Field{
		{Path: "output", Frame: true}, {Path: "output.message", Frame: true}, {Path: "output.message.role", Frame: true}, {Path: "output.message.content", Frame: true},
		{Path: at + "text", Feature: llm.AText, Example: answer(`{"text":"hi"}`, "")},
		{Path: at + "reasoningContent", Feature: llm.AThinking}, {Path: at + "reasoningContent.reasoningText", Feature: llm.AThinking},
		{Path: at + "reasoningContent.reasoningText.text", Feature: llm.AThinking, Example: answer(`{"reasoningContent":{"reasoningText":{"text":"so"}}}`, "")},
		{Path: at + "reasoningContent.reasoningText.signature", Feature: llm.AThinkingState, Example: answer(`{"reasoningContent":{"reasoningText":{"text":"so","signature":"c2ln"}}}`, "")},
		{Path: at + "reasoningContent.redactedContent", Feature: llm.AThinkingState, Example: answer(`{"reasoningContent":{"redactedContent":"c2ln"}}`, "")},
		{Path: at + "toolUse", Feature: llm.AToolCall, Example: answer(exampleCall, "")},
		{Path: at + "toolUse.toolUseId", Feature: llm.AToolCall}, {Path: at + "toolUse.name", Feature: llm.AToolCall}, {Path: at + "toolUse.input", Feature: llm.AToolCall},
		{Path: at + "toolUse.type", Feature: llm.AVendorPart, Example: answer(`{"toolUse":{"toolUseId":"t1","name":"f","input":{},"type":"server_tool_use"}}`, "")}, {Path: at + "toolResult", Feature: llm.AVendorPart},
		{Path: at + "citationsContent", Feature: llm.ACitations, Example: answer(`{"citationsContent":{"content":[{"text":"so"}],"citations":[{"title":"t","location":{"web":{"url":"https://a.example"}}}]}}`, "")},
		{Path: at + "image", Feature: llm.AMedia, Example: answer(`{"image":{"format":"png","source":{"bytes":"aGk="}}}`, "")},
		{Path: at + "audio", Feature: llm.AMedia}, {Path: at + "video", Feature: llm.AMedia}, {Path: at + "document", Feature: llm.AMedia},
		{Path: at + "guardContent"}, {Path: at + "cachePoint"}, {Path: at + "searchResult"},
		{Path: "stopReason", Feature: llm.AFinish, Example: answer("", "")},
		{Path: "usage", Feature: llm.AUsage, Example: answer("", `,"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3}`)},
		{Path: "usage.inputTokens", Feature: llm.AUsage}, {Path: "usage.outputTokens", Feature: llm.AUsage}, {Path: "usage.totalTokens", Feature: llm.AUsage},
		{Path: "usage.cacheReadInputTokens", Feature: llm.AUsageCache, Example: answer("", `,"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":7,"cacheReadInputTokens":4}`)},
		{Path: "usage.cacheWriteInputTokens", Feature: llm.AUsageCache},
		{Path: "usage.cacheDetails", Feature: llm.AUsageCache}, {Path: "usage.cacheDetails[].ttl", Feature: llm.AUsageCache}, {Path: "usage.cacheDetails[].inputTokens", Feature: llm.AUsageCache},
		{Path: "usage.serverToolUsage", Feature: llm.AUsage},
		{Path: "serviceTier", Feature: llm.ATier}, {Path: "serviceTier.type", Feature: llm.ATier, Example: answer("", `,"serviceTier":{"type":"flex"}`)},
		{Path: "additionalModelResponseFields", Example: answer("", `,"additionalModelResponseFields":{"x":1}`)},
		{Path: "additionalModelResponseFields.stop_sequence", Feature: llm.AStopText, Example: answer("", `,"additionalModelResponseFields":{"stop_sequence":"x"}`)},
		{Path: "metrics"}, {Path: "metrics.latencyMs"},
		{Path: "trace"}, {Path: "trace.guardrail"}, {Path: "trace.promptRouter"}, {Path: "trace.promptRouter.invokedModelId"},
		{Path: "performanceConfig"}, {Path: "performanceConfig.latency"},
	})
}

func answer(block, more string) string {
	return `{"output":{"message":{"role":"assistant","content":[` + block + `]}},"stopReason":"end_turn"` + more + `}`
}
