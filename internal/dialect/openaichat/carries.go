package openaichat

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func keeps(how string) dialect.Carry   { return dialect.Carry{Fate: dialect.Kept, How: how} }
func maps(how string) dialect.Carry    { return dialect.Carry{Fate: dialect.Mapped, How: how} }
func refuses(how string) dialect.Carry { return dialect.Carry{Fate: dialect.Refused, How: how} }

// carries says how chat completions express what a request asks for. What one vendor
// of the dialect lacks is told call by call.
var carries = map[llm.Feature]dialect.Carry{
	llm.FSystem:           keeps("messages of the role system, in order"),
	llm.FSystemLater:      keeps("a message of the role system where it stood"),
	llm.FDeveloper:        maps("role developer at OpenAI, system elsewhere"),
	llm.FAssistantPrefill: maps("prefix at Mistral; elsewhere the turn is sent, and the model begins a new one"),

	llm.FImageURL:      keeps("image_url"),
	llm.FImageData:     maps("image_url with a data: URI"),
	llm.FImageFile:     refuses("images have no file ids in this dialect"),
	llm.FImageDetail:   keeps("image_url.detail"),
	llm.FAudioData:     keeps("input_audio"),
	llm.FFileURL:       maps("fetched and sent as file_data; as a URL at vendors that take one"),
	llm.FFileData:      keeps("file.file_data; a file of text as a part of text"),
	llm.FFileID:        keeps("file.file_id"),
	llm.FFileText:      maps("a part of text, after the document's name"),
	llm.FFileName:      keeps("file.filename; before the text of a document that is text"),
	llm.FFound:         maps("text: title, source, and what it says"),
	llm.FVideo:         keeps("video_url, at vendors that take it; OpenAI does not"),
	llm.FCache:         maps("cache_control at vendors that have it, prompt_cache_breakpoint at OpenAI's newer models"),
	llm.FCacheTTL:      maps("cache_control.ttl"),
	llm.FToolCall:      keeps("tool_calls; arguments as text"),
	llm.FToolResult:    keeps("a message of the role tool for each result"),
	llm.FResultMedia:   maps("moved to the user's message that follows"),
	llm.FThinking:      maps("reasoning_content, reasoning or content, at vendors that take it back"),
	llm.FThinkingState: maps("reasoning_details or thought_signature, where it came from this provider and model; other state is dropped"),
	llm.FRefusal:       keeps("refusal; a text where a vendor lacks it"),

	llm.FTools:          keeps("tools; names of more than 64 letters are rewritten and restored"),
	llm.FToolStrict:     keeps("function.strict, where the schema obeys strict mode"),
	llm.FToolCache:      maps("tools[].cache_control at vendors that have it"),
	llm.FCustomTool:     maps("type custom at OpenAI; elsewhere a function with one argument, input, whose calls are turned back"),
	llm.FWebSearch:      maps("web_search_options, with OpenAI's search models"),
	llm.FSearchPlace:    maps("web_search_options.user_location, with OpenAI's search models"),
	llm.FChoiceNone:     keeps("tool_choice none; where a vendor lacks it the tools are left out, unless they were called before"),
	llm.FChoiceRequired: keeps("tool_choice required"),
	llm.FChoiceTool:     keeps("tool_choice with the function's name"),
	llm.FChoiceAllowed:  maps("allowed_tools at OpenAI; elsewhere only the allowed tools are sent"),
	llm.FParallel:       keeps("parallel_tool_calls"),

	llm.FJSON:       keeps("response_format json_object"),
	llm.FSchema:     keeps("response_format json_schema; words in the instructions where a vendor lacks it"),
	llm.FSchemaName: keeps("json_schema.description; in the schema where that is asked for in words"),
	llm.FStrict:     keeps("json_schema.strict, where the schema obeys strict mode"),

	llm.FMaxOutput:        keeps("max_completion_tokens at OpenAI, max_tokens elsewhere; no more than the model gives"),
	llm.FTemperature:      keeps("temperature; reasoning models of OpenAI's refuse it"),
	llm.FTopP:             keeps("top_p; as temperature"),
	llm.FTopK:             keeps("top_k at vendors that have it"),
	llm.FFrequencyPenalty: keeps("frequency_penalty"),
	llm.FPresencePenalty:  keeps("presence_penalty"),
	llm.FSeed:             keeps("seed; random_seed at Mistral; OpenAI takes 64 bits"),
	llm.FStop:             keeps("stop: four sequences; empty ones are dropped"),
	llm.FN:                keeps("n"),
	llm.FLogprobs:         keeps("logprobs"),
	llm.FTopLogprobs:      keeps("top_logprobs"),
	llm.FUser:             keeps("user; a digest of more than 64 letters"),
	llm.FSafetyID:         maps("safety_identifier at OpenAI, user elsewhere"),
	llm.FMetadata:         keeps("metadata; OpenAI takes it with store only"),
	llm.FTier:             keeps("service_tier"),
	llm.FStore:            keeps("store"),
	llm.FCacheKey:         keeps("prompt_cache_key; a digest of more than 64 letters"),
	llm.FCacheRetention:   keeps("prompt_cache_retention"),
	llm.FVerbosity:        keeps("verbosity"),
	llm.FModalities:       keeps("modalities; images at vendors that make them"),
	llm.FThinkingEffort:   keeps("reasoning_effort, reasoning, thinking or enable_thinking, by vendor; the nearest word that the model takes"),
	llm.FThinkingBudget:   maps("reasoning.max_tokens or thinking_budget; elsewhere an effort: low below 4096, medium below 16384, else high"),
	llm.FThinkingSummary:  maps("reasoning.exclude at vendors that have it"),
	llm.FThinkingOff:      keeps("reasoning_effort none and its like; the least effort where a model cannot do without"),
}

// answerCarries says how chat completions express what an answer holds.
var answerCarries = map[llm.Feature]dialect.Carry{
	llm.AText:           keeps("message.content; several texts are joined"),
	llm.AThinking:       keeps("message.reasoning_content"),
	llm.AThinkingState:  maps("message.reasoning_details and tool_calls[].extra_content, sealed"),
	llm.AToolCall:       keeps("message.tool_calls; function_call for callers who wrote functions"),
	llm.ARefusal:        keeps("message.refusal"),
	llm.ACitations:      maps("message.annotations: URL, title and place; sources that are no page of the web are left out"),
	llm.AMedia:          keeps("message.audio, and message.images as OpenRouter has them; what is a file at the vendor is left out"),
	llm.ALogprobs:       keeps("choices[].logprobs"),
	llm.AFinish:         maps("finish_reason: the five words of the dialect, content_filter for what was refused, length for a turn that pauses; an unknown one is kept"),
	llm.AUsage:          keeps("usage; in streams when it was asked for"),
	llm.AUsageCache:     keeps("usage.prompt_tokens_details"),
	llm.AUsageReasoning: keeps("usage.completion_tokens_details"),
	llm.ATier:           keeps("service_tier"),
	llm.AModel:          keeps("model"),
	llm.AID:             maps("chatcmpl- and the gateway's request id"),
	llm.ACreated:        keeps("created; the time of the call where the vendor does not tell"),
	llm.AChoices:        keeps("choices"),
	llm.ABlocked:        maps("a choice without content that finished with content_filter"),
}

// needsBytes reports whether a media that its caller gave by URL must be fetched: the
// dialect takes images by URL, but neither audio nor documents.
func needsBytes(m *llm.Media) bool {
	switch {
	case strings.HasPrefix(m.Type, "image/"), strings.HasPrefix(m.Type, "video/"):
		return false
	case m.Type != "" || m.Format != "" || m.Name != nil:
		return true
	}
	url, _ := jsonscan.String(m.URL)
	url, _, _ = strings.Cut(url, "?")
	switch strings.ToLower(url[strings.LastIndexByte(url, '.')+1:]) {
	case "pdf", "txt", "md", "csv", "html", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "mp3", "wav":
		return true
	}
	return false
}
