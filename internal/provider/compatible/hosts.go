package compatible

import (
	"github.com/sluice-gateway/sluice/internal/dialect/huggingface"
	"github.com/sluice-gateway/sluice/internal/dialect/nvidia"
	"github.com/sluice-gateway/sluice/internal/dialect/together"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// hosts serve models of others, or pass calls on to those who do.
var hosts = []*provider.Spec{
	{
		Name: "baseten", Title: "Baseten", Page: "https://docs.baseten.co/inference/model-apis/overview", AsOf: asOf,
		BaseURL: "https://inference.baseten.co/v1", Env: env("BASETEN_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: basetenTraits, Operations: ops(),
		Quirks: quirks("Every chunk of a stream may hold the usage so far: the last one counts."),
	},
	{
		Name: "bedrock-mantle", GenAI: "aws.bedrock", Title: "Amazon Bedrock (OpenAI compatibility)", Page: "https://docs.aws.amazon.com/bedrock/latest/userguide/", AsOf: asOf,
		Auth: bearer, Env: env("AWS_BEARER_TOKEN_BEDROCK"),
		Speaks: chatAnswers, Traits: mantleTraits, Operations: ops(llm.OpResponses), Catalogue: []string{"aws", "amazon-bedrock"},
		Quirks: quirks("base_url is https://bedrock-mantle.REGION.api.aws/v1; a key is a Bedrock API key, no signature is made."),
	},
	{
		Name: "cerebras", Title: "Cerebras", Page: "https://inference-docs.cerebras.ai/api-reference/chat-completions", AsOf: asOf,
		BaseURL: "https://api.cerebras.ai/v1", Env: env("CEREBRAS_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: cerebrasTraits, Operations: ops(llm.OpCompletions),
		Quirks: quirks("Reasoning comes as reasoning; time_info stands beside usage."),
	},
	{
		Name: "chutes", Title: "Chutes", Page: "https://chutes.ai/docs", AsOf: asOf,
		BaseURL: "https://llm.chutes.ai/v1", Env: env("CHUTES_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpCompletions),
	},
	{
		Name: "clarifai", Title: "Clarifai", Page: "https://docs.clarifai.com/compute/inference/", AsOf: asOf,
		BaseURL: "https://api.clarifai.com/v2/ext/openai/v1", Env: env("CLARIFAI_PAT"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
		Quirks: quirks("A model is named by its full Clarifai URL."),
	},
	{
		Name: "crusoe", Title: "Crusoe", Page: "https://docs.crusoecloud.com/managed-inference/overview", AsOf: asOf,
		BaseURL: "https://api.inference.crusoecloud.com/v1", Env: env("CRUSOE_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
	},
	{
		Name: "databricks", Title: "Databricks model serving", Page: "https://docs.databricks.com/aws/en/machine-learning/foundation-models/", AsOf: asOf,
		Env: env("DATABRICKS_TOKEN"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: []llm.Operation{llm.OpChat, llm.OpCompletions, llm.OpEmbeddings},
		Quirks: quirks("base_url is https://WORKSPACE/serving-endpoints; models are the names of your endpoints.", "Errors are {error_code, message}."),
	},
	{
		Name: "deepinfra", Title: "DeepInfra", Page: "https://deepinfra.com/docs/openai_api", AsOf: asOf,
		BaseURL: "https://api.deepinfra.com/v1/openai", Env: env("DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN"), Auth: bearer,
		Speaks: chat, Traits: deepinfraTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings, llm.OpImages, llm.OpSpeech, llm.OpTranscription),
		Quirks: quirks("usage carries estimated_cost.", "Errors may be {detail}."),
	},
	{
		Name: "digitalocean", Title: "DigitalOcean Gradient AI", Page: "https://docs.digitalocean.com/products/gradient-ai-platform/", AsOf: asOf,
		BaseURL: "https://inference.do-ai.run/v1", Env: env("DIGITALOCEAN_ACCESS_TOKEN"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
	},
	{
		Name: "doubleword", Title: "Doubleword", Page: "https://docs.doubleword.ai/", AsOf: asOf,
		BaseURL: "https://api.doubleword.ai/v1", Env: env("DOUBLEWORD_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpEmbeddings),
		Quirks: quirks("The usage of a stream may come with a choice or without.", "A wrong key is answered with 403."),
	},
	{
		Name: "featherless", Aliases: []string{"featherless-ai"}, Title: "Featherless AI", Page: "https://featherless.ai/docs/overview", AsOf: asOf,
		BaseURL: "https://api.featherless.ai/v1", Env: env("FEATHERLESS_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpCompletions),
	},
	{
		Name: "fireworks", Aliases: []string{"fireworks-ai"}, Title: "Fireworks AI", Page: "https://docs.fireworks.ai/api-reference/introduction", AsOf: asOf,
		BaseURL: "https://api.fireworks.ai/inference/v1", Env: env("FIREWORKS_API_KEY"), Auth: bearer,
		Speaks: chatAnswers, Traits: fireworksTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings, llm.OpRerank, llm.OpResponses),
		Forward: []string{"X-Session-Affinity"}, Catalogue: []string{"fireworks", "fireworks-ai"},
		Quirks: quirks("Images and audio have hosts and paths of their own."),
	},
	{
		Name: "friendli", Aliases: []string{"friendliai"}, Title: "FriendliAI", Page: "https://friendli.ai/docs/guides/serverless_endpoints/introduction", AsOf: asOf,
		BaseURL: "https://api.friendli.ai/serverless/v1", Env: env("FRIENDLI_TOKEN"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpCompletions),
	},
	{
		Name: "github-models", Title: "GitHub Models", Page: "https://docs.github.com/en/github-models", AsOf: asOf,
		BaseURL: "https://models.github.ai/inference", Auth: bearer,
		Speaks: chat, Traits: usual, Operations: []llm.Operation{llm.OpChat, llm.OpEmbeddings}, Classify: githubErrors,
		Quirks: quirks(
			"Models are named publisher/model.",
			"The free tier has input limits of its own, far below a model's context: 413 tokens_limit_reached.",
			"It is never discovered by an environment variable, since GITHUB_TOKEN is set for other reasons: name the token in the configuration."),
	},
	{
		Name: "groq", Title: "Groq", Page: "https://console.groq.com/docs/api-reference", AsOf: asOf,
		BaseURL: "https://api.groq.com/openai/v1", Env: env("GROQ_API_KEY"), Auth: bearer,
		Speaks: chatAnswers, Traits: groqTraits, Operations: ops(llm.OpSpeech, llm.OpTranscription, llm.OpFiles, llm.OpBatches),
		Quirks: quirks(
			"Usage also stands in x_groq of the last chunk with a choice.",
			"A request over the tokens per minute alone is answered with 413, which counts as a rate limit that waiting does not help.",
			"A malformed tool call ends a stream with an error event after 200.",
			"base_url holds /openai/v1: native paths may be written with or without it."),
	},
	{
		Name: "heroku", Title: "Heroku Managed Inference", Page: "https://devcenter.heroku.com/articles/heroku-inference", AsOf: asOf,
		BaseURL: "https://us.inference.heroku.com/v1", Env: env("INFERENCE_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: []llm.Operation{llm.OpChat, llm.OpEmbeddings},
		Quirks: quirks("A key belongs to one model; in Europe base_url is https://eu.inference.heroku.com/v1."),
	},
	{
		Name: "huggingface", Aliases: []string{"hf"}, Title: "Hugging Face Inference Providers", Page: "https://huggingface.co/docs/inference-providers", AsOf: asOf,
		BaseURL: "https://router.huggingface.co/v1", Env: env("HF_TOKEN"), Auth: bearer, Forms: as(huggingface.Inference),
		Speaks: chatAnswers, Traits: usual, Operations: ops(llm.OpEmbeddings), Forward: []string{"X-Hf-Bill-To"}, Beside: besideRouter,
		Quirks: quirks(
			"A model may name who serves it: org/model:provider; answers have the shape of that provider.",
			"Spent credits are answered with 402.",
			"retry-after may stand on successful answers and means nothing there.",
			"What one host offers by itself is reached by its name: /providers/huggingface/hf-inference/models/MODEL, …/fal-ai/…, …/together/v1/….",
			"Embeddings are asked of the pipeline feature-extraction of hf-inference, on base_url's host."),
	},
	{
		Name: "hyperbolic", Title: "Hyperbolic", Page: "https://docs.hyperbolic.xyz", AsOf: asOf,
		BaseURL: "https://api.hyperbolic.xyz/v1", Env: env("HYPERBOLIC_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpCompletions),
	},
	{
		Name: "inference-net", Aliases: []string{"inference"}, Title: "Inference.net", Page: "https://inference.net/models", AsOf: asOf,
		BaseURL: "https://inference.net/v1", Env: env("INFERENCE_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(), Catalogue: []string{"inference"},
	},
	{
		Name: "io-net", Aliases: []string{"ionet"}, Title: "io.net Intelligence", Page: "https://io.net/docs/guides/intelligence/io-intelligence", AsOf: asOf,
		BaseURL: "https://api.intelligence.io.solutions/api/v1", Env: env("IOINTELLIGENCE_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
	},
	{
		Name: "nebius", Title: "Nebius Token Factory", Page: "https://docs.tokenfactory.nebius.com/", AsOf: asOf,
		BaseURL: "https://api.tokenfactory.nebius.com/v1", Env: env("NEBIUS_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: nebiusTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings),
	},
	{
		Name: "novita", Aliases: []string{"novita-ai"}, Title: "Novita AI", Page: "https://novita.ai/docs/guides/introduction", AsOf: asOf,
		BaseURL: "https://api.novita.ai/openai", Env: env("NOVITA_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: novitaTraits, Operations: ops(llm.OpCompletions),
	},
	{
		Name: "nscale", Title: "Nscale", Page: "https://docs.nscale.com/", AsOf: asOf,
		BaseURL: "https://inference.api.nscale.com/v1", Env: env("NSCALE_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
	},
	{
		Name: "nvidia", Aliases: []string{"nvidia-nim", "nim"}, Title: "NVIDIA NIM", Page: "https://docs.api.nvidia.com/nim/", AsOf: asOf,
		BaseURL: "https://integrate.api.nvidia.com/v1", Env: env("NVIDIA_API_KEY"), Auth: bearer, Forms: as(nvidia.Dialect),
		Speaks: chat, Traits: usual, Operations: ops(llm.OpCompletions, llm.OpEmbeddings),
		Quirks: quirks("Some embedding models want input_type in the body.", "Errors may be {status, title, detail}."),
	},
	{
		Name: "openrouter", Title: "OpenRouter", Page: "https://openrouter.ai/docs/api-reference/overview", AsOf: asOf,
		BaseURL: "https://openrouter.ai/api/v1", Env: env("OPENROUTER_API_KEY"), Auth: bearer,
		Speaks: chatAll, Traits: openrouterTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings, llm.OpRerank, llm.OpSpeech, llm.OpTranscription),
		Forward: []string{"Http-Referer", "X-Title", "X-Openrouter-Title", "X-Openrouter-Metadata",
			"X-Openrouter-Cache", "X-Openrouter-Cache-Ttl", "X-Openrouter-Cache-Clear"},
		StreamUsage: provider.UsageAlways,
		Quirks: quirks(
			"Usage always comes, with its cost, in the last chunk together with a choice that repeats finish_reason.",
			"Streams hold comments (: OPENROUTER PROCESSING), plain answers leading blank lines, while a call waits.",
			"A failure after that is an error object in a 200 answer or an error event.",
			"Empty credit is answered with 402; a flagged input with 403."),
	},
	{
		Name: "ovhcloud", Aliases: []string{"ovh"}, Title: "OVHcloud AI Endpoints", Page: "https://www.ovhcloud.com/en/public-cloud/ai-endpoints/catalog/", AsOf: asOf,
		BaseURL: "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1", Env: env("OVHCLOUD_API_KEY", "OVH_AI_ENDPOINTS_ACCESS_TOKEN"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpEmbeddings),
	},
	{
		Name: "poe", Title: "Poe", Page: "https://creator.poe.com/docs/external-applications/openai-compatible-api", AsOf: asOf,
		BaseURL: "https://api.poe.com/v1", Env: env("POE_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
	},
	{
		Name: "requesty", Title: "Requesty", Page: "https://docs.requesty.ai/", AsOf: asOf,
		BaseURL: "https://router.requesty.ai/v1", Env: env("REQUESTY_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpEmbeddings),
	},
	{
		Name: "sambanova", Title: "SambaNova", Page: "https://docs.sambanova.ai/", AsOf: asOf,
		BaseURL: "https://api.sambanova.ai/v1", Env: env("SAMBANOVA_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpEmbeddings, llm.OpTranscription),
		Quirks: quirks("usage carries timings and rates beside the tokens."),
	},
	{
		Name: "scaleway", Title: "Scaleway Generative APIs", Page: "https://www.scaleway.com/en/docs/generative-apis/", AsOf: asOf,
		BaseURL: "https://api.scaleway.ai/v1", Env: env("SCALEWAY_API_KEY", "SCW_SECRET_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(llm.OpEmbeddings),
	},
	{
		Name: "snowflake", Aliases: []string{"snowflake-cortex"}, Title: "Snowflake Cortex", Page: "https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api", AsOf: asOf,
		Env: env("SNOWFLAKE_CORTEX_PAT"), Auth: bearer,
		Speaks: chat, Traits: snowflakeTraits, Operations: []llm.Operation{llm.OpChat},
		Quirks: quirks("base_url is https://ACCOUNT.snowflakecomputing.com/api/v2/cortex/v1; a key is a programmatic access token.", "Plain answers may have an empty id and finish_reason.", "Errors are {message, request_id}."),
	},
	{
		Name: "synthetic", Title: "Synthetic", Page: "https://synthetic.new/pricing", AsOf: asOf,
		BaseURL: "https://api.synthetic.new/openai/v1", Env: env("SYNTHETIC_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
	},
	{
		Name: "together", Aliases: []string{"togetherai", "together-ai"}, Title: "Together AI", Page: "https://docs.together.ai/reference/chat-completions-1", AsOf: asOf,
		BaseURL: "https://api.together.xyz/v1", Env: env("TOGETHER_API_KEY", "TOGETHER_AI_API_KEY"), Auth: bearer, Forms: as(together.Dialect),
		Speaks: chat, Traits: togetherTraits, Operations: ops(llm.OpCompletions, llm.OpEmbeddings, llm.OpImages, llm.OpSpeech, llm.OpTranscription, llm.OpRerank, llm.OpFiles, llm.OpBatches),
		Catalogue: []string{"together", "togetherai"},
		Quirks: quirks(
			"finish_reason may be eos; the last chunk may hold text, finish and usage at once.",
			"retry-after may stand on successful answers and means nothing there."),
	},
	{
		Name: "venice", Aliases: []string{"veniceai", "venice-ai"}, Title: "Venice", Page: "https://docs.venice.ai", AsOf: asOf,
		BaseURL: "https://api.venice.ai/api/v1", Env: env("VENICE_API_KEY", "VENICE_AI_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: veniceTraits, Operations: ops(llm.OpEmbeddings, llm.OpImages, llm.OpSpeech, llm.OpTranscription),
		Quirks: quirks("Errors are {error: text}."),
	},
	{
		Name: "vercel", Aliases: []string{"vercel-ai-gateway"}, Title: "Vercel AI Gateway", Page: "https://vercel.com/docs/ai-gateway/openai-compat", AsOf: asOf,
		BaseURL: "https://ai-gateway.vercel.sh/v1", Env: env("AI_GATEWAY_API_KEY"), Auth: bearer,
		Speaks: chatAll, Traits: vercelTraits, Operations: ops(llm.OpEmbeddings),
		Quirks: quirks("Models are named maker/model.", "The usage of a stream comes together with a choice and carries its cost."),
	},
	{
		Name: "vultr", Title: "Vultr Serverless Inference", Page: "https://api.vultrinference.com/", AsOf: asOf,
		BaseURL: "https://api.vultrinference.com/v1", Env: env("VULTR_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
	},
	{
		Name: "wandb", Aliases: []string{"weights-and-biases"}, Title: "W&B Inference", Page: "https://docs.wandb.ai/inference", AsOf: asOf,
		BaseURL: "https://api.inference.wandb.ai/v1", Env: env("WANDB_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
		Quirks: quirks("Use is booked on a project by the header OpenAI-Project: set it under headers."),
	},
	{
		Name: "workers-ai", Aliases: []string{"cloudflare-workers-ai"}, Title: "Cloudflare Workers AI", Page: "https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/", AsOf: asOf,
		Env: env("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY"), Auth: bearer,
		Speaks: chatAll, Traits: usual, Operations: []llm.Operation{llm.OpChat, llm.OpEmbeddings},
		Catalogue: []string{"cloudflare", "cloudflare-workers-ai"}, Classify: workersErrors, Beside: besideWorkers,
		Quirks: quirks(
			"base_url is https://api.cloudflare.com/client/v4/accounts/ACCOUNT/ai/v1.",
			"The native API is reached by /providers/workers-ai/run/@cf/MAKER/MODEL (/ai/run/… is the same) and …/ai/models/search.",
			"Errors are {success: false, errors: [{code, message}]}; code 3036 is a spent allowance, which waiting does not help."),
	},
}
