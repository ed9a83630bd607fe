package compatible

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// The ways in which vendors differ from OpenAI in what chat requests may hold. They
// count for requests that are written for the vendor; what a caller wrote in the
// vendor's own dialect passes as it is.

// openAIOnly are features that OpenAI alone has. Some vendors pass over such members,
// others refuse the call.
var openAIOnly = llm.Of(llm.FStore, llm.FMetadata, llm.FPrediction, llm.FVerbosity, llm.FCacheKey, llm.FCacheRetention,
	llm.FSearchOptions, llm.FModalities, llm.FAudioOut, llm.FTier)

// usual is what nearly all servers of this form have in common: max_tokens, the role
// system, and nothing of OpenAI's alone. Most of them pass over what they do not know.
var usual = dialect.Traits{MaxTokens: true, NoDeveloper: true, Lacks: openAIOnly}

// lacking is usual without some more features.
func lacking(fs ...llm.Feature) llm.Features { return openAIOnly.With(llm.Of(fs...)) }

var (
	// Open models' servers have their samplers, and take reasoning back.

	// https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html#extra-parameters,
	// https://docs.vllm.ai/en/latest/features/reasoning_outputs.html
	vllmTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, TopK: true, MinP: true, EchoReasoning: "reasoning", Lacks: openAIOnly}
	// https://docs.sglang.ai/basic_usage/openai_api_completions.html
	sglangTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, TopK: true, MinP: true, EchoReasoning: "reasoning_content", Lacks: openAIOnly}
	// https://github.com/ggml-org/llama.cpp/tree/master/tools/server#post-v1chatcompletions-openai-compatible-chat-completions-api
	llamacppTraits = sglangTraits
	// https://docs.ollama.com/openai#supported-features: neither tool_choice nor logit_bias nor n
	ollamaTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "reasoning",
		Lacks: lacking(llm.FLogitBias, llm.FN, llm.FUser, llm.FChoiceNone, llm.FChoiceRequired, llm.FChoiceTool, llm.FParallel)}
	// https://lmstudio.ai/docs/developer/openai-compat/chat-completions
	lmStudioTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, TopK: true, Lacks: openAIOnly}
	// https://docs.litellm.ai/docs/completion/input: it knows them all, and cache marks
	litellmTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "reasoning_content", CacheMarks: true}

	// https://docs.mistral.ai/api/#tag/chat: unknown members are refused with 422; tool ids
	// are nine letters or digits; https://docs.mistral.ai/capabilities/reasoning
	mistralTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "content", Files: "document_url", Seed: "random_seed",
		NoUsageOption: true, StrictTurns: true, ShortToolIDs: true, Efforts: "none high",
		Lacks: lacking(llm.FLogprobs, llm.FTopLogprobs, llm.FLogitBias, llm.FUser, llm.FSafetyID)}
	// https://api-docs.deepseek.com/api/create-chat-completion and /guides/thinking_mode:
	// JSON of any schema only; reasoning_content goes back in tool loops
	deepseekTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, NoSchema: true, NoParallel: true, Reasoning: "thinking", EchoReasoning: "reasoning_content",
		Lacks: lacking(llm.FSeed, llm.FN, llm.FLogitBias, llm.FUser, llm.FSafetyID)}
	// https://docs.cohere.com/docs/compatibility-api#unsupported-parameters
	cohereTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, NoUsageOption: true, NoParallel: true, Efforts: "none high",
		Lacks: lacking(llm.FUser, llm.FSafetyID, llm.FN, llm.FLogitBias, llm.FTopLogprobs, llm.FChoiceTool)}
	// https://ai.google.dev/gemini-api/docs/openai: unknown members are refused
	geminiTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, NoParallel: true, Efforts: "none minimal low medium high",
		Lacks: lacking(llm.FLogitBias, llm.FLogprobs, llm.FTopLogprobs, llm.FUser, llm.FSafetyID, llm.FToolStrict)}
	// https://docs.perplexity.ai/api-reference/chat-completions-post: no tools; turns
	// alternate; files by https://docs.perplexity.ai/guides/file-attachments
	perplexityTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, TopK: true, NoUsageOption: true, NoParallel: true, Files: "file_url", Efforts: "minimal low medium high",
		Lacks: openAIOnly.Without(llm.Of(llm.FSearchOptions)).With(llm.Of(llm.FTools, llm.FStop, llm.FSeed, llm.FN, llm.FLogprobs, llm.FTopLogprobs, llm.FLogitBias,
			llm.FUser, llm.FSafetyID, llm.FChoiceNone, llm.FChoiceRequired, llm.FChoiceTool, llm.FJSON, llm.FThinkingOff))}
	// https://docs.x.ai/docs/api-reference#chat-completions, https://docs.x.ai/docs/guides/reasoning
	xaiTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "reasoning_content", Lacks: lacking(llm.FLogitBias, llm.FFrequencyPenalty, llm.FPresencePenalty, llm.FStop)}

	// https://console.groq.com/docs/openai#currently-unsupported-openai-features,
	// https://console.groq.com/docs/api-reference#chat-create
	groqTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "reasoning",
		Lacks: openAIOnly.Without(llm.Of(llm.FTier)).With(llm.Of(llm.FLogprobs, llm.FTopLogprobs, llm.FLogitBias, llm.FN, llm.FMessageName))}
	// https://inference-docs.cerebras.ai/resources/openai#currently-unsupported-openai-features
	cerebrasTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "reasoning",
		Lacks: lacking(llm.FFrequencyPenalty, llm.FPresencePenalty, llm.FLogitBias, llm.FN, llm.FMessageName)}
	// https://docs.together.ai/docs/inference/chat/reasoning, https://docs.together.ai/reference/chat-completions-1
	togetherTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, TopK: true, MinP: true, EchoReasoning: "reasoning", Efforts: "low medium high", Lacks: lacking(llm.FThinkingOff, llm.FUser, llm.FSafetyID)}
	// https://docs.fireworks.ai/guides/reasoning, https://docs.fireworks.ai/api-reference/post-chatcompletions
	fireworksTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, TopK: true, MinP: true, EchoReasoning: "reasoning_content", Lacks: openAIOnly}
	// https://docs.baseten.co/inference/model-apis/overview
	basetenTraits = fireworksTraits
	// https://deepinfra.com/docs/openai_api
	deepinfraTraits = fireworksTraits
	// https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion
	novitaTraits = fireworksTraits
	// https://docs.tokenfactory.nebius.com/api-reference
	nebiusTraits = vllmTraits

	// https://openrouter.ai/docs/api-reference/overview: what a model lacks is passed over;
	// https://openrouter.ai/docs/use-cases/reasoning-tokens, /features/prompt-caching and
	// /features/multimodal/pdfs
	openrouterTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "reasoning_details", Reasoning: "object", CacheMarks: true, Files: "file", TopK: true, MinP: true,
		Lacks: llm.Of(llm.FStore, llm.FCacheRetention, llm.FSearchOptions)}
	// https://vercel.com/docs/ai-gateway/sdks-and-apis/openai-chat-completions/reasoning
	vercelTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "reasoning_details", Reasoning: "object", CacheMarks: true, Lacks: openAIOnly}
	// https://docs.venice.ai/api-reference/api-spec: reasoning_content goes back as it came
	veniceTraits = sglangTraits

	// https://platform.moonshot.ai/docs/api/chat: a forced choice is refused while the model
	// thinks, and its newer models fix what is sampled
	moonshotTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "reasoning_content", Reasoning: "thinking", NoParallel: true,
		Lacks: lacking(llm.FThinkingEffort, llm.FChoiceRequired, llm.FChoiceTool, llm.FTemperature, llm.FTopP, llm.FN, llm.FFrequencyPenalty, llm.FPresencePenalty,
			llm.FSeed, llm.FLogprobs, llm.FTopLogprobs, llm.FLogitBias, llm.FToolStrict).Without(llm.Of(llm.FCacheKey))}
	// https://www.alibabacloud.com/help/en/model-studio/qwen-api-via-openai-chat-completions,
	// https://www.alibabacloud.com/help/en/model-studio/context-cache: explicit marks
	alibabaTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "reasoning_content", Reasoning: "enable_thinking", CacheMarks: true, TopK: true,
		Lacks: lacking(llm.FLogitBias, llm.FUser, llm.FSafetyID, llm.FChoiceRequired)}
	// https://docs.z.ai/api-reference/llm/chat-completion: tool_choice is auto alone, JSON
	// of any schema only
	zaiTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, NoSchema: true, NoParallel: true, NoUsageOption: true, EchoReasoning: "reasoning_content", Reasoning: "thinking", Efforts: "low high max",
		Lacks: lacking(llm.FChoiceNone, llm.FChoiceRequired, llm.FChoiceTool, llm.FMessageName, llm.FFrequencyPenalty, llm.FPresencePenalty, llm.FSeed, llm.FN,
			llm.FLogprobs, llm.FTopLogprobs, llm.FLogitBias, llm.FUser, llm.FSafetyID, llm.FToolStrict)}
	// https://www.volcengine.com/docs/82379/1494384
	volcengineTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "reasoning_content", Reasoning: "thinking", Efforts: "minimal low medium high",
		Lacks: openAIOnly.Without(llm.Of(llm.FTier)).With(llm.Of(llm.FSeed, llm.FN, llm.FUser, llm.FSafetyID))}
	// https://docs.siliconflow.com/en/api-reference/chat-completions/chat-completions
	siliconflowTraits = dialect.Traits{MaxTokens: true, NoDeveloper: true, EchoReasoning: "reasoning_content", Reasoning: "enable_thinking", TopK: true, MinP: true, NoParallel: true, Lacks: openAIOnly}

	// https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api
	snowflakeTraits = dialect.Traits{NoDeveloper: true, Reasoning: "object", EchoReasoning: "reasoning_details", CacheMarks: true, Lacks: openAIOnly}
	// https://docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html
	mantleTraits = dialect.Traits{NoDeveloper: true, Lacks: openAIOnly.Without(llm.Of(llm.FTier))}
)
