package compatible

import (
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// asia is the vendors in Asia, several with one host at home and one abroad. Keys are
// of one host only, so that only one of the two is discovered by the usual variable.
var asia = []*provider.Spec{
	{
		Name: "alibaba", Aliases: []string{"dashscope", "qwen"}, Title: "Alibaba Model Studio (international)", Page: "https://www.alibabacloud.com/help/en/model-studio/models", AsOf: asOf,
		BaseURL: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", Env: env("DASHSCOPE_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: alibabaTraits, Operations: ops(llm.OpEmbeddings), Classify: alibabaErrors,
		Quirks: quirks(
			"Reasoning comes as reasoning_content.",
			"An overdue account is answered with 400 Arrearage, a refused input with data_inspection_failed."),
	},
	{
		Name: "alibaba-cn", Aliases: []string{"dashscope-cn"}, Title: "Alibaba Model Studio (China)", Page: "https://help.aliyun.com/zh/model-studio/models", AsOf: asOf,
		BaseURL: "https://dashscope.aliyuncs.com/compatible-mode/v1", Auth: bearer,
		Speaks: chat, Traits: alibabaTraits, Operations: ops(llm.OpEmbeddings), Classify: alibabaErrors,
		Quirks: quirks("It is never discovered by an environment variable, since DASHSCOPE_API_KEY stands for kind alibaba: name the key in the configuration."),
	},
	{
		Name: "minimax", Title: "MiniMax", Page: "https://platform.minimax.io/docs/guides/quickstart", AsOf: asOf,
		BaseURL: "https://api.minimax.io/v1", Env: env("MINIMAX_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
		Quirks: quirks(
			"base_resp stands beside the answer with a status of its own.",
			"Its Anthropic-shaped API is kind anthropic with base_url https://api.minimax.io/anthropic."),
	},
	{
		Name: "modelscope", Title: "ModelScope API-Inference", Page: "https://modelscope.cn/docs/model-service/API-Inference/intro", AsOf: asOf,
		BaseURL: "https://api-inference.modelscope.cn/v1", Env: env("MODELSCOPE_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
	},
	{
		Name: "moonshot", Aliases: []string{"moonshotai", "kimi"}, Title: "Moonshot AI", Page: "https://platform.moonshot.ai/docs/api/chat", AsOf: asOf,
		BaseURL: "https://api.moonshot.ai/v1", Env: env("MOONSHOT_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: moonshotTraits, Operations: ops(llm.OpFiles), Catalogue: []string{"moonshotai"}, Classify: moonshotErrors,
		Quirks: quirks(
			"Cached input stands in usage.cached_tokens; the usage of a stream comes together with a choice.",
			"An empty account is answered with 429 exceeded_current_quota_error.",
			"Its Anthropic-shaped API is kind anthropic with base_url https://api.moonshot.ai/anthropic."),
	},
	{
		Name: "moonshot-cn", Aliases: []string{"moonshotai-cn"}, Title: "Moonshot AI (China)", Page: "https://platform.moonshot.cn/docs/api/chat", AsOf: asOf,
		BaseURL: "https://api.moonshot.cn/v1", Auth: bearer,
		Speaks: chat, Traits: moonshotTraits, Operations: ops(llm.OpFiles), Catalogue: []string{"moonshotai-cn", "moonshotai"}, Classify: moonshotErrors,
		Quirks: quirks("It is never discovered by an environment variable, since MOONSHOT_API_KEY stands for kind moonshot: name the key in the configuration."),
	},
	{
		Name: "siliconflow", Title: "SiliconFlow", Page: "https://docs.siliconflow.com", AsOf: asOf,
		BaseURL: "https://api.siliconflow.com/v1", Env: env("SILICONFLOW_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: siliconflowTraits, Operations: ops(llm.OpEmbeddings, llm.OpRerank, llm.OpImages, llm.OpSpeech, llm.OpTranscription),
		Quirks: quirks("Errors are flat {code, message, data}."),
	},
	{
		Name: "siliconflow-cn", Title: "SiliconFlow (China)", Page: "https://docs.siliconflow.cn", AsOf: asOf,
		BaseURL: "https://api.siliconflow.cn/v1", Env: env("SILICONFLOW_CN_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: siliconflowTraits, Operations: ops(llm.OpEmbeddings, llm.OpRerank, llm.OpImages, llm.OpSpeech, llm.OpTranscription),
		Quirks: quirks("Errors are flat {code, message, data}."),
	},
	{
		Name: "stepfun", Title: "StepFun", Page: "https://platform.stepfun.com/docs/zh/overview/concept", AsOf: asOf,
		BaseURL: "https://api.stepfun.com/v1", Env: env("STEPFUN_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: usual, Operations: ops(),
		Quirks: quirks("Abroad base_url is https://api.stepfun.ai/v1."),
	},
	{
		Name: "volcengine", Aliases: []string{"ark", "doubao"}, Title: "Volcengine Ark", Page: "https://www.volcengine.com/docs/82379/1330310", AsOf: asOf,
		BaseURL: "https://ark.cn-beijing.volces.com/api/v3", Env: env("ARK_API_KEY", "VOLCENGINE_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: volcengineTraits, Operations: []llm.Operation{llm.OpChat, llm.OpEmbeddings, llm.OpImages}, Classify: volcengineErrors,
		Quirks: quirks("A model is a model id or the id of an endpoint of yours (ep-…).", "A refused text is answered with 400 …SensitiveContentDetected."),
	},
	{
		Name: "zai", Aliases: []string{"z-ai"}, Title: "Z.ai", Page: "https://docs.z.ai/guides/overview/pricing", AsOf: asOf,
		BaseURL: "https://api.z.ai/api/paas/v4", Env: env("ZAI_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: zaiTraits, Operations: []llm.Operation{llm.OpChat, llm.OpImages}, Classify: zhipuErrors,
		Quirks: quirks(
			"The usage of a stream comes together with a choice; reasoning as reasoning_content.",
			"Errors have numbers of their own as text: 1113 is an empty account, 1261 an input too long, 1301 a refused input.",
			"Its Anthropic-shaped API is kind anthropic with base_url https://api.z.ai/api/anthropic."),
	},
	{
		Name: "zai-coding", Aliases: []string{"zai-coding-plan"}, Title: "Z.ai coding plan", Page: "https://docs.z.ai/devpack/overview", AsOf: asOf,
		BaseURL: "https://api.z.ai/api/coding/paas/v4", Auth: bearer,
		Speaks: chat, Traits: zaiTraits, Operations: []llm.Operation{llm.OpChat}, Catalogue: []string{"zai-coding-plan"}, Classify: zhipuErrors,
		Quirks: quirks("It is never discovered by an environment variable, since ZAI_API_KEY stands for kind zai: name the key in the configuration."),
	},
	{
		Name: "zhipu", Aliases: []string{"zhipuai", "bigmodel"}, Title: "Zhipu BigModel", Page: "https://docs.bigmodel.cn/cn/api/introduction", AsOf: asOf,
		BaseURL: "https://open.bigmodel.cn/api/paas/v4", Env: env("ZHIPUAI_API_KEY", "ZHIPU_API_KEY"), Auth: bearer,
		Speaks: chat, Traits: zaiTraits, Operations: []llm.Operation{llm.OpChat, llm.OpEmbeddings, llm.OpImages}, Catalogue: []string{"zhipuai"}, Classify: zhipuErrors,
		Quirks: quirks("Errors have numbers of their own as text: 1113 is an empty account, 1261 an input too long, 1301 a refused input."),
	},
}
