// Package azure is Azure OpenAI as a provider.Spec: its two surfaces and their paths.
// It does not fetch Entra ID tokens: a credential is a resource key.
package azure

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Spec is Azure OpenAI.
var Spec = &provider.Spec{
	Name: "azure", Aliases: []string{"azure-openai"}, Title: "Azure OpenAI",
	Page: "https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle", AsOf: "2026-11-21",
	Env:     []string{"AZURE_OPENAI_API_KEY"},
	BaseEnv: "AZURE_OPENAI_ENDPOINT",
	Auth:    provider.Auth{Header: "Api-Key"},
	Forward: []string{"X-Ms-Client-Request-Id", "X-Ms-Oai-Image-Generation-Deployment"},
	Speaks:  []dialect.Name{dialect.Responses, dialect.Chat},
	Operations: []llm.Operation{
		llm.OpChat, llm.OpCompletions, llm.OpResponses, llm.OpEmbeddings, llm.OpImages,
		llm.OpSpeech, llm.OpTranscription, llm.OpVideos, llm.OpFiles, llm.OpBatches, llm.OpModels,
	},
	Shape:       provider.OpenAIShape,
	StreamUsage: provider.UsageOnRequest,
	Path:        path,
	Quirks: []string{
		"base_url is https://RESOURCE.openai.azure.com (or …/openai/v1); models are the names of your deployments.",
		"Without api_version the v1 surface is called (/openai/v1/…), which needs none.",
		"With api_version (for example 2024-10-21) the classic surface is called: /openai/deployments/MODEL/…?api-version=….",
		"base_url https://RESOURCE.services.ai.azure.com/models with an api_version reaches the model inference API.",
		"Streams begin with a chunk without choices that holds prompt_filter_results.",
		"A filtered prompt is answered with 400 content_filter and the categories under innererror.",
	},
}
