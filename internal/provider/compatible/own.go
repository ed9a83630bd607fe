package compatible

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/huggingface"
	"github.com/sluice-gateway/sluice/internal/dialect/ollama"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// hostOnly is the sentence for kinds whose path is keepVersion.
const hostOnly = "base_url may be the host alone: /v1 is then kept."

// own is servers that run on one's own machines, ollama's hosted sister, and the
// generic kind for whatever is not in the table.
var own = []*provider.Spec{
	{
		Name: "gpustack", Title: "GPUStack", Page: "https://docs.gpustack.ai/latest/user-guide/openai-compatible-apis/", AsOf: asOf,
		Env: env("GPUSTACK_API_KEY"), KeyFree: true, Auth: bearer,
		Speaks: chat, Traits: vllmTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings, llm.OpRerank, llm.OpImages, llm.OpSpeech, llm.OpTranscription),
		Quirks: quirks("base_url is your server's, for example http://gpustack/v1.", "usage carries rates and times beside the tokens."),
	},
	{
		Name: "litellm", Aliases: []string{"litellm-proxy"}, Title: "LiteLLM proxy", Page: "https://docs.litellm.ai/docs/simple_proxy", AsOf: asOf,
		Env: env("LITELLM_PROXY_API_KEY"), BaseEnv: "LITELLM_PROXY_API_BASE", KeyFree: true, Auth: bearer, Path: keepVersion,
		Speaks: chatAll, Traits: litellmTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings, llm.OpModerations, llm.OpImages, llm.OpSpeech, llm.OpTranscription, llm.OpRerank, llm.OpFiles, llm.OpBatches, llm.OpResponses),
		Quirks: quirks("base_url is your proxy's; " + hostOnly),
	},
	{
		Name: "llamacpp", Aliases: []string{"llama.cpp", "llama-server"}, Title: "llama.cpp server", Page: "https://github.com/ggml-org/llama.cpp/tree/master/tools/server", AsOf: asOf,
		BaseURL: "http://127.0.0.1:8080/v1", KeyFree: true, Auth: bearer, Path: keepVersion,
		Speaks: chatAll, Traits: llamacppTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings, llm.OpRerank), Classify: llamacppErrors,
		Quirks: quirks(
			hostOnly,
			"What the server was not started for is answered with 500 or 501; neither is retried.",
			"timings stand beside usage."),
	},
	{
		Name: "llamafile", Title: "llamafile", Page: "https://github.com/mozilla-ai/llamafile", AsOf: asOf,
		BaseURL: "http://127.0.0.1:8080/v1", KeyFree: true, Auth: bearer, Path: keepVersion,
		Speaks: chat, Traits: llamacppTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings),
		Quirks: quirks(hostOnly),
	},
	{
		Name: "lm-studio", Aliases: []string{"lmstudio"}, Title: "LM Studio", Page: "https://lmstudio.ai/docs/developer/openai-compat", AsOf: asOf,
		BaseURL: "http://127.0.0.1:1234/v1", KeyFree: true, Auth: bearer, Path: keepVersion,
		Speaks: chatAll, Traits: lmStudioTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings), Catalogue: []string{"lmstudio"},
		Quirks: quirks(hostOnly, "Errors are {error: text}."),
	},
	{
		Name: "localai", Title: "LocalAI", Page: "https://localai.io/features/", AsOf: asOf,
		BaseURL: "http://127.0.0.1:8080/v1", KeyFree: true, Auth: bearer, Path: keepVersion,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpCompletions, llm.OpEmbeddings, llm.OpImages, llm.OpSpeech, llm.OpTranscription, llm.OpRerank),
		Quirks: quirks(hostOnly),
	},
	{
		Name: "mistralrs", Aliases: []string{"mistral.rs"}, Title: "mistral.rs", Page: "https://ericlbuehler.github.io/mistral.rs/reference/openai-compatibility/", AsOf: asOf,
		BaseURL: "http://127.0.0.1:1234/v1", KeyFree: true, Auth: bearer, Path: keepVersion,
		Speaks: chatAnswers, Traits: vllmTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings),
		Quirks: quirks(hostOnly, "stream_options is ignored: usage always comes, in the last chunk together with a choice."),
	},
	{
		Name: "ollama", Title: "Ollama", Page: "https://docs.ollama.com/openai", AsOf: asOf,
		BaseURL: "http://127.0.0.1:11434/v1", BaseEnv: "OLLAMA_BASE_URL", KeyFree: true, Auth: bearer, Path: keepVersion,
		Speaks: chatAll, Traits: ollamaTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings),
		Native: []*dialect.Dialect{ollama.Dialect}, Beside: belowAPI,
		Quirks: quirks(hostOnly, "Reasoning comes as reasoning.", "The native API is reached by /providers/ollama/api/chat and its kin, and metered."),
	},
	{
		Name: "ollama-cloud", Title: "Ollama Cloud", Page: "https://docs.ollama.com/cloud", AsOf: asOf,
		BaseURL: "https://ollama.com/v1", Env: env("OLLAMA_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: ollamaTraits, Operations: ops(),
		Native: []*dialect.Dialect{ollama.Dialect}, Beside: belowAPI,
		Quirks: quirks("Reasoning comes as reasoning.", "The native API is reached by /providers/ollama-cloud/api/chat and its kin, and metered."),
	},
	{
		Name: "openai-compatible", Aliases: []string{"openai-like", "custom"}, Title: "Any OpenAI-compatible server", Page: "https://platform.openai.com/docs/api-reference", AsOf: asOf,
		KeyFree: true, Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpCompletions, llm.OpResponses, llm.OpEmbeddings, llm.OpModerations, llm.OpImages, llm.OpSpeech, llm.OpTranscription, llm.OpVideos, llm.OpRerank, llm.OpFiles, llm.OpBatches),
		Quirks: quirks("base_url is what an OpenAI SDK would be given, /v1 included where there is one; a key is optional."),
	},
	{
		Name: "sglang", Title: "SGLang", Page: "https://docs.sglang.ai/", AsOf: asOf,
		BaseURL: "http://127.0.0.1:30000/v1", KeyFree: true, Auth: bearer, Path: keepVersion,
		Speaks: chat, Traits: sglangTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings, llm.OpRerank),
		Quirks: quirks(hostOnly, "Errors are flat {object, message, type, code}."),
	},
	{
		Name: "tei", Aliases: []string{"text-embeddings-inference"}, Title: "Text Embeddings Inference", Page: "https://huggingface.github.io/text-embeddings-inference/", AsOf: asOf,
		BaseURL: "http://127.0.0.1:8080/v1", KeyFree: true, Auth: bearer, Path: keepVersion, Forms: as(huggingface.TEI),
		Operations: []llm.Operation{llm.OpEmbeddings, llm.OpRerank},
		Quirks:     quirks(hostOnly, "Reranking is /rerank on base_url's host, with texts instead of documents."),
	},
	{
		Name: "tgi", Aliases: []string{"text-generation-inference"}, Title: "Text Generation Inference", Page: "https://huggingface.co/docs/text-generation-inference", AsOf: asOf,
		BaseURL: "http://127.0.0.1:3000/v1", KeyFree: true, Auth: bearer, Path: keepVersion,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpCompletions),
		Quirks: quirks(hostOnly, "Errors are {error: text, error_type}."),
	},
	{
		Name: "vllm", Title: "vLLM", Page: "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html", AsOf: asOf,
		BaseURL: "http://127.0.0.1:8000/v1", KeyFree: true, Auth: bearer, Path: keepVersion,
		Speaks: chatAll, Traits: vllmTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings, llm.OpTranscription, llm.OpRerank),
		Quirks: quirks(hostOnly, "Reasoning comes as reasoning_content or reasoning.", "Errors are flat {object, message, type, code} in older versions."),
	},
}
