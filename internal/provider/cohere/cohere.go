// Package cohere is the vendor Cohere as a provider.Spec. It has no behaviour of its
// own: the wire format is in the dialect cohere.
package cohere

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Spec is Cohere. CO_API_URL, which its SDKs read for a base URL, is deliberately not
// read: on a machine where clients are pointed at the gateway it names the gateway.
var Spec = &provider.Spec{
	Name: "cohere", Title: "Cohere",
	Page: "https://docs.cohere.com/reference/about", AsOf: "2026-11-21",
	BaseURL:     "https://api.cohere.com",
	Env:         []string{"CO_API_KEY", "COHERE_API_KEY"},
	Auth:        provider.Auth{Header: "Authorization", Prefix: "Bearer "},
	Speaks:      []dialect.Name{dialect.Cohere},
	Operations:  []llm.Operation{llm.OpChat, llm.OpEmbeddings, llm.OpRerank, llm.OpModels},
	Shape:       provider.HostShape,
	StreamUsage: provider.UsageAlways,
	Quirks: []string{
		"base_url is the host: paths begin with /v2, those of models with /v1.",
		"The v1 API (/v1/chat, /v1/embed, /v1/tokenize and others) is reached under /providers/cohere/v1.",
		"The entry counts what is billed (billed_units), with the tokens that the model processed, the vendor's own template included, as units beside it; callers of other dialects are told the latter.",
		"A trial key that is used up for the month is answered with 429, which counts as a credential that is spent.",
		"498 means a credential that the vendor does not know.",
		"CO_API_URL is not read, since it may point at the gateway itself: set base_url.",
		"The OpenAI-shaped API is kind cohere-compat.",
	},
}
