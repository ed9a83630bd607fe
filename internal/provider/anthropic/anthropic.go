// Package anthropic is the vendor Anthropic as a provider.Spec. It has no behaviour of
// its own: the wire format is in the dialect messages.
package anthropic

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Spec is Anthropic. ANTHROPIC_BASE_URL is deliberately not read: on a machine where
// clients are pointed at the gateway it names the gateway itself.
var Spec = &provider.Spec{
	Name: "anthropic", Title: "Anthropic",
	Page: "https://platform.claude.com/docs/en/api/overview", AsOf: "2026-11-21",
	BaseURL: "https://api.anthropic.com",
	Env:     []string{"ANTHROPIC_API_KEY"},
	Auth:    provider.Auth{Header: "X-Api-Key"},
	// https://platform.claude.com/docs/en/api/versioning
	Headers: []provider.Header{{Name: "Anthropic-Version", Value: "2023-06-01"}},
	Speaks:  []dialect.Name{dialect.Messages},
	Operations: []llm.Operation{
		llm.OpChat, llm.OpCompletions, llm.OpCountTokens, llm.OpBatches, llm.OpFiles, llm.OpModels,
	},
	Shape:       provider.HostShape,
	StreamUsage: provider.UsageAlways,
	Quirks: []string{
		"base_url is the host: paths begin with /v1.",
		"anthropic-version: 2023-06-01 is sent when the caller names none.",
		"ANTHROPIC_BASE_URL is not read, since it usually points at the gateway itself: set base_url.",
		"Overload is answered with 529 overloaded_error.",
	},
}
