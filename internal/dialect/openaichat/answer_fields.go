package openaichat

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// holds makes an answer whose message holds members, and beside gives further members
// of the choice, each with a comma before it.
func holds(members, beside string) string {
	return `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant",` + members + `},"finish_reason":"stop"` + beside + `}]}`
}

// tells makes an answer with further members of its own.
func tells(members string) string {
	return `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}],` + members + `}`
}

// answerFields are the fields of answers, of OpenAI's reference
// (https://platform.openai.com/docs/api-reference/chat/object) and of other vendors.
var answerFields = []dialect.Field{
	{Path: "object", Frame: true},
	{Path: "id", Feature: llm.AID, Example: holds(`"content":"x"`, "")},
	{Path: "created", Feature: llm.ACreated, Example: holds(`"content":"x"`, "")},
	{Path: "model", Feature: llm.AModel, Example: holds(`"content":"x"`, "")},
	{Path: "choices", Feature: llm.AChoices, Example: `{"choices":[{"index":0,"message":{"content":"x"},"finish_reason":"stop"},{"index":1,"message":{"content":"y"},"finish_reason":"stop"}]}`},
	{Path: "choices[].index", Frame: true},
	{Path: "choices[].message", Frame: true},
	{Path: "choices[].message.role", Frame: true},
	{Path: "choices[].logprobs", Frame: true},
	{Path: "usage", Frame: true},
	{Path: "choices[].message.content", Feature: llm.AText, Example: holds(`"content":"x"`, "")},
	{Path: "choices[].message.refusal", Feature: llm.ARefusal, Example: holds(`"refusal":"no"`, "")},
	{Path: "choices[].message.reasoning_content", Feature: llm.AThinking, Example: holds(`"content":"x","reasoning_content":"hm"`, "")},
	{Path: "choices[].message.reasoning", Feature: llm.AThinking, Example: holds(`"content":"x","reasoning":"hm"`, "")},
	{Path: "choices[].message.content[].thinking", Feature: llm.AThinking, Example: holds(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"x"}]`, "")},
	{Path: "choices[].message.reasoning_details", Feature: llm.AThinkingState, Example: holds(`"content":"x","reasoning_details":[{"type":"reasoning.encrypted","data":"abc","index":0}]`, "")},
	{Path: "choices[].message.extra_content.google.thought_signature", Feature: llm.AThinkingState, Example: holds(`"content":"x","extra_content":{"google":{"thought_signature":"abc"}}`, "")},
	{Path: "choices[].message.tool_calls", Feature: llm.AToolCall, Example: holds(`"content":null,"tool_calls":[`+aCall+`]`, "")},
	{Path: "choices[].message.tool_calls[].id", Feature: llm.AToolCall},
	{Path: "choices[].message.tool_calls[].type", Feature: llm.AToolCall},
	{Path: "choices[].message.tool_calls[].function", Feature: llm.AToolCall},
	{Path: "choices[].message.tool_calls[].custom", Feature: llm.AToolCall},
	{Path: "choices[].message.tool_calls[].extra_content.google.thought_signature", Feature: llm.AThinkingState},
	{Path: "choices[].message.function_call", Feature: llm.AToolCall, Example: holds(`"content":null,"function_call":{"name":"f","arguments":"{}"}`, "")},
	{Path: "choices[].message.annotations", Feature: llm.ACitations, Example: holds(`"content":"x","annotations":[{"type":"url_citation","url_citation":{"url":"https://example.com","title":"t","start_index":0,"end_index":1}}]`, "")},
	{Path: "choices[].message.audio", Feature: llm.AMedia, Example: holds(`"content":null,"audio":{"id":"audio_1","data":"AAAA","expires_at":1,"transcript":"x"}`, "")},
	{Path: "choices[].message.images", Feature: llm.AMedia, Example: holds(`"content":"x","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]`, "")},
	{Path: "choices[].finish_reason", Feature: llm.AFinish, Example: holds(`"content":"x"`, "")},
	{Path: "choices[].logprobs.content", Feature: llm.ALogprobs, Example: holds(`"content":"x"`, `,"logprobs":{"content":[{"token":"x","logprob":-1,"bytes":[120],"top_logprobs":[]}],"refusal":null}`)},
	{Path: "choices[].logprobs.refusal"},
	{Path: "choices[].stop_reason", Feature: llm.AStopText, Example: holds(`"content":"x"`, `,"stop_reason":"END"`)},
	{Path: "choices[].matched_stop", Feature: llm.AStopText, Example: holds(`"content":"x"`, `,"matched_stop":"END"`)},
	{Path: "choices[].native_finish_reason"},
	{Path: "choices[].content_filter_results"},
	{Path: "usage.prompt_tokens", Feature: llm.AUsage, Example: tells(`"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}`)},
	{Path: "usage.completion_tokens", Feature: llm.AUsage},
	{Path: "usage.total_tokens", Feature: llm.AUsage},
	{Path: "usage.prompt_tokens_details.cached_tokens", Feature: llm.AUsageCache, Example: tells(`"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":1}}`)},
	{Path: "usage.prompt_tokens_details.cache_write_tokens", Feature: llm.AUsageCache},
	{Path: "usage.prompt_tokens_details.audio_tokens", Feature: llm.AUsage},
	{Path: "usage.completion_tokens_details.reasoning_tokens", Feature: llm.AUsageReasoning, Example: tells(`"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,"completion_tokens_details":{"reasoning_tokens":2}}`)},
	{Path: "usage.completion_tokens_details.audio_tokens", Feature: llm.AUsage},
	{Path: "usage.completion_tokens_details.accepted_prediction_tokens"},
	{Path: "usage.completion_tokens_details.rejected_prediction_tokens"},
	{Path: "usage.cost"},
	{Path: "x_groq.usage", Feature: llm.AUsage},
	{Path: "service_tier", Feature: llm.ATier, Example: tells(`"service_tier":"default"`)},
	{Path: "citations", Feature: llm.ACitations, Example: tells(`"citations":["https://example.com"]`)},
	{Path: "search_results", Feature: llm.ACitations, Example: tells(`"search_results":[{"title":"t","url":"https://example.com"}]`)},
	{Path: "system_fingerprint"},
	{Path: "prompt_filter_results"},
	{Path: "metadata"},
	{Path: "moderation"},
}
