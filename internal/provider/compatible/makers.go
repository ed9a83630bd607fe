package compatible

import (
	"github.com/sluice-gateway/sluice/internal/dialect/jina"
	"github.com/sluice-gateway/sluice/internal/dialect/mistral"
	"github.com/sluice-gateway/sluice/internal/dialect/perplexity"
	"github.com/sluice-gateway/sluice/internal/dialect/voyage"
	"github.com/sluice-gateway/sluice/internal/dialect/xai"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// makers serve models of their own (those in Asia have a table of their own).
var makers = []*provider.Spec{
	{
		Name: "ai21", Title: "AI21 Labs", Page: "https://docs.ai21.com/docs/jamba-foundation-models", AsOf: asOf,
		BaseURL: "https://api.ai21.com/studio/v1", Env: env("AI21_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: []llm.Operation{llm.OpChat},
	},
	{
		Name: "arcee", Aliases: []string{"arcee-ai"}, Title: "Arcee AI", Page: "https://docs.arcee.ai", AsOf: asOf,
		BaseURL: "https://api.arcee.ai/api/v1", Env: env("ARCEE_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
	},
	{
		Name: "cohere-compat", Title: "Cohere (OpenAI compatibility)", Page: "https://docs.cohere.com/docs/compatibility-api", AsOf: asOf,
		BaseURL: "https://api.cohere.ai/compatibility/v1", Auth: bearer,
		Speaks: chat, Traits: cohereTraits, Operations: []llm.Operation{llm.OpChat, llm.OpEmbeddings},
		StreamUsage: provider.UsageAlways, Catalogue: []string{"cohere"},
		Quirks: quirks(
			"stream_options is refused, so it is never added.",
			"Errors are Cohere's own: {id, message}.",
			"It is never discovered by an environment variable: name the key in the configuration (usually env:COHERE_API_KEY)."),
	},
	{
		Name: "deepseek", Title: "DeepSeek", Page: "https://api-docs.deepseek.com/", AsOf: asOf,
		BaseURL: "https://api.deepseek.com", Env: env("DEEPSEEK_API_KEY"), Auth: bearer,
		Speaks: chatAnswers, Traits: deepseekTraits, Operations: ops(),
		Quirks: quirks(
			"The usage of a stream comes in its last chunk together with a choice.",
			"Cached input stands in prompt_cache_hit_tokens, reasoning in reasoning_content.",
			"An empty account is answered with 402 Insufficient Balance.",
			"Comments (: keep-alive) or blank lines are sent while a call waits for its turn.",
			"Its Anthropic-shaped API is kind anthropic with base_url https://api.deepseek.com/anthropic."),
	},
	{
		Name: "gemini-openai", GenAI: "gcp.gemini", Title: "Google Gemini API (OpenAI compatibility)", Page: "https://ai.google.dev/gemini-api/docs/openai", AsOf: asOf,
		BaseURL: "https://generativelanguage.googleapis.com/v1beta/openai", Auth: bearer,
		Speaks: chat, Traits: geminiTraits, Operations: ops(llm.OpEmbeddings, llm.OpImages),
		Catalogue: []string{"google"},
		Quirks: quirks(
			"Errors are Google's, sometimes in an array of one.",
			"It is never discovered by an environment variable, since kind gemini is: name the key in the configuration."),
	},
	{
		Name: "inception", Aliases: []string{"inceptionlabs"}, Title: "Inception", Page: "https://docs.inceptionlabs.ai/get-started/models", AsOf: asOf,
		BaseURL: "https://api.inceptionlabs.ai/v1", Env: env("INCEPTION_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
	},
	{
		Name: "jina", Aliases: []string{"jina-ai"}, Title: "Jina AI", Page: "https://jina.ai/embeddings/", AsOf: asOf,
		BaseURL: "https://api.jina.ai/v1", Env: env("JINA_API_KEY"), Auth: bearer, Forms: as(jina.Dialect),
		Operations: []llm.Operation{llm.OpEmbeddings, llm.OpRerank},
		Quirks:     quirks("Embeddings and rerank only; both report usage.total_tokens.", "A body that has members of Jina's own (task, late_chunking, embedding_type, normalized, truncate) is forwarded as it is, any other is written anew.", "Errors are {detail}."),
	},
	{
		Name: "llama", Aliases: []string{"meta-llama"}, Title: "Meta Llama API", Page: "https://llama.developer.meta.com/docs/models", AsOf: asOf,
		BaseURL: "https://api.llama.com/compat/v1", Env: env("LLAMA_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
	},
	{
		Name: "mistral", GenAI: "mistral_ai", Aliases: []string{"mistralai", "mistral-ai"}, Title: "Mistral AI", Page: "https://docs.mistral.ai/api/", AsOf: asOf,
		BaseURL: "https://api.mistral.ai/v1", Env: env("MISTRAL_API_KEY"), Auth: bearer, Forms: as(mistral.Dialect),
		Speaks: chat, Traits: mistralTraits, Operations: ops(llm.OpEmbeddings, llm.OpModerations, llm.OpTranscription, llm.OpSpeech, llm.OpFiles),
		StreamUsage: provider.UsageAlways,
		Quirks: quirks(
			"stream_options.include_usage is refused with 422, so it is never added: usage always comes, in the last chunk together with a choice.",
			"Reasoning comes inside content, as an array of parts of type thinking.",
			"Unknown request members are refused with 422.",
			"Errors are flat {object, message, type, code, raw_status_code}, or {detail}.",
			"Moderations have no flagged of their own; dimensions of embeddings are output_dimension.",
			"Batches, FIM, OCR and agents have paths of their own: /providers/mistral/…."),
	},
	{
		Name: "morph", Title: "Morph", Page: "https://docs.morphllm.com/api-reference/introduction", AsOf: asOf,
		BaseURL: "https://api.morphllm.com/v1", Env: env("MORPH_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
	},
	{
		Name: "perplexity", Aliases: []string{"pplx"}, Title: "Perplexity", Page: "https://docs.perplexity.ai/api-reference", AsOf: asOf,
		BaseURL: "https://api.perplexity.ai", Env: env("PERPLEXITY_API_KEY", "PPLX_API_KEY"), Auth: bearer, Forms: as(perplexity.Dialect),
		Speaks: chat, Traits: perplexityTraits, Operations: ops(llm.OpEmbeddings),
		StreamUsage: provider.UsageAlways, Path: perplexityPath,
		Quirks: quirks(
			"Every chunk of a stream holds the usage so far: the last one counts.",
			"Streams end without [DONE].",
			"Chat has no /v1 in its path, the other operations do.",
			"Embeddings are whole numbers of a byte in base64; callers who do not ask for base64_int8 or base64_binary get floats.",
			"Searches and their cost stand in usage beside the tokens."),
	},
	{
		Name: "upstage", Title: "Upstage", Page: "https://developers.upstage.ai/docs/apis/chat", AsOf: asOf,
		BaseURL: "https://api.upstage.ai/v1/solar", Env: env("UPSTAGE_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpEmbeddings),
	},
	{
		Name: "voyage", Aliases: []string{"voyageai", "voyage-ai"}, Title: "Voyage AI", Page: "https://docs.voyageai.com/reference/embeddings-api", AsOf: asOf,
		BaseURL: "https://api.voyageai.com/v1", Env: env("VOYAGE_API_KEY"), Auth: bearer, Forms: as(voyage.Dialect),
		Operations: []llm.Operation{llm.OpEmbeddings, llm.OpRerank}, Catalogue: []string{"voyageai"},
		Quirks: quirks("Embeddings and rerank only; usage has total_tokens alone.", "A body that has members of Voyage's own (input_type, truncation, output_dimension, output_dtype; top_k) is forwarded as it is, any other is written anew.", "Errors are {detail}."),
	},
	{
		Name: "writer", Title: "Writer", Page: "https://dev.writer.com/api-reference/completion-api/chat-completion", AsOf: asOf,
		BaseURL: "https://api.writer.com/v1", Env: env("WRITER_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpCompletions), Path: writerPath,
		Quirks: quirks(
			"Chat is /v1/chat, not /v1/chat/completions.",
			"Chunks of a stream repeat the delta as message; streams end without [DONE]."),
	},
	{
		Name: "xai", GenAI: "x_ai", Aliases: []string{"x-ai", "grok"}, Title: "xAI", Page: "https://docs.x.ai/docs/api-reference", AsOf: asOf,
		BaseURL: "https://api.x.ai/v1", Env: env("XAI_API_KEY"), Auth: bearer, Forms: as(xai.Dialect),
		Speaks: chatAnswers, Traits: xaiTraits, Operations: ops(llm.OpCompletions, llm.OpResponses, llm.OpImages, llm.OpFiles),
		Forward: []string{"X-Grok-Conv-Id"}, Catalogue: []string{"x-ai", "xai"}, Classify: xaiErrors,
		Quirks: quirks(
			"completion_tokens excludes reasoning_tokens; total_tokens includes them.",
			"Errors are flat {code, error}; a wrong key is a 400, which counts as a refused credential.",
			"Batches are filled by calls of their own: /providers/xai/…."),
	},
}
