// Package gemini is Google's Gemini API as a provider.Spec. It has no behaviour of its
// own: the wire format is in the dialect gemini. Vertex AI is another kind.
package gemini

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Spec is the Gemini API.
var Spec = &provider.Spec{
	Name: "gemini", GenAI: "gcp.gemini", Aliases: []string{"google", "google-ai-studio"}, Title: "Google Gemini API",
	Page: "https://ai.google.dev/api", AsOf: "2026-11-21",
	BaseURL: "https://generativelanguage.googleapis.com",
	Env:     []string{"GEMINI_API_KEY", "GOOGLE_API_KEY"},
	Auth:    provider.Auth{Header: "X-Goog-Api-Key"},
	Speaks:  []dialect.Name{dialect.Gemini},
	Operations: []llm.Operation{
		llm.OpChat, llm.OpEmbeddings, llm.OpCountTokens, llm.OpImages, llm.OpSpeech, llm.OpTranscription, llm.OpFiles, llm.OpCached, llm.OpBatches, llm.OpModels,
	},
	Shape:       provider.HostShape,
	StreamUsage: provider.UsageAlways,
	Catalogue:   []string{"google"},
	Quirks: []string{
		"base_url is the host: paths begin with /v1beta or /v1.",
		"A wrong key is answered with 400 API_KEY_INVALID, which counts as a refused credential.",
		"The wait after a 429 stands in the body (google.rpc.RetryInfo), not in a header.",
		"Errors of streams are JSON, sometimes in an array, under content-type text/event-stream.",
	},
}
