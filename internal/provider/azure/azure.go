// Package azure is Azure OpenAI as a provider.Spec: its two surfaces and their paths, its
// keys, and the tokens of Entra ID that may stand for one.
package azure

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Spec is Azure OpenAI.
var Spec = &provider.Spec{
	Name: "azure", GenAI: "azure.ai.openai", Aliases: []string{"azure-openai"}, Title: "Azure OpenAI",
	Page: "https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle", AsOf: "2026-11-21",
	Env:     []string{"AZURE_OPENAI_API_KEY"},
	BaseEnv: "AZURE_OPENAI_ENDPOINT",
	Auth:    provider.Auth{Header: "Api-Key"},
	Fields: []provider.Field{
		{Name: "tenant_id", Env: []string{"AZURE_TENANT_ID"}, With: []string{"client_id"}, Not: []string{"api_key"}},
		{Name: "client_id", Env: []string{"AZURE_CLIENT_ID"}, Not: []string{"api_key"}},
		{Name: "client_secret", Env: []string{"AZURE_CLIENT_SECRET"}, With: []string{"tenant_id", "client_id"}, Not: []string{"api_key"}},
	},
	Ambient:   true,
	NewSigner: newSigner,
	Forward:   []string{"X-Ms-Client-Request-Id", "X-Ms-Oai-Image-Generation-Deployment"},
	Speaks:    []dialect.Name{dialect.Responses, dialect.Chat},
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
		"A credential is a key of the resource (api_key), or an application of Entra ID: tenant_id, client_id and client_secret.",
		"Without client_secret the machine's own identity is used: workload identity where AZURE_FEDERATED_TOKEN_FILE is set, else the managed identity, a user-assigned one by its client_id; without any credential the system-assigned one.",
		"AZURE_AUTHORITY_HOST names another host of tokens than the public cloud's.",
		"Streams begin with a chunk without choices that holds prompt_filter_results.",
		"A filtered prompt is answered with 400 content_filter and the categories under innererror.",
	},
}
