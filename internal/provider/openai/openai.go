// Package openai is the vendor OpenAI as a provider.Spec. It has no behaviour of its
// own: the wire format is in the dialects chat, responses and openai.
package openai

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Spec is OpenAI. OPENAI_BASE_URL is deliberately not read: on a machine where clients
// are pointed at the gateway it names the gateway itself.
var Spec = &provider.Spec{
	Name: "openai", Title: "OpenAI",
	Page: "https://platform.openai.com/docs/api-reference", AsOf: "2026-11-21",
	BaseURL: "https://api.openai.com/v1",
	Env:     []string{"OPENAI_API_KEY"},
	Auth:    provider.Auth{Header: "Authorization", Prefix: "Bearer "},
	Speaks:  []dialect.Name{dialect.Responses, dialect.Chat},
	Operations: []llm.Operation{
		llm.OpChat, llm.OpCompletions, llm.OpResponses, llm.OpEmbeddings, llm.OpModerations,
		llm.OpImages, llm.OpSpeech, llm.OpTranscription, llm.OpVideos,
		llm.OpFiles, llm.OpBatches, llm.OpModels, llm.OpRealtime, llm.OpCountTokens,
	},
	// What the price catalogue does not list.
	Models:      []string{"dall-e-2", "dall-e-3", "gpt-4o-mini-tts", "omni-moderation-latest", "text-moderation-latest", "tts-1", "tts-1-hd"},
	Shape:       provider.OpenAIShape,
	StreamUsage: provider.UsageOnRequest,
	Quirks: []string{
		"OPENAI_BASE_URL is not read, since it usually points at the gateway itself: set base_url.",
		"An empty account answers 429 insufficient_quota, which is no rate limit and is not retried on the same credential.",
	},
}
