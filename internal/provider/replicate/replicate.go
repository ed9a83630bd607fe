// Package replicate is Replicate as a provider.Spec. Its API is its own: what it offers
// is reached below /providers and passes untouched.
package replicate

import (
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Spec is Replicate.
var Spec = &provider.Spec{
	Name: "replicate", Title: "Replicate",
	Page: "https://replicate.com/docs/reference/http", AsOf: "2026-11-21",
	BaseURL:    "https://api.replicate.com/v1",
	Env:        []string{"REPLICATE_API_TOKEN"},
	Auth:       provider.Auth{Header: "Authorization", Prefix: "Bearer "},
	Operations: []llm.Operation{llm.OpPassthrough},
	Shape:      provider.OpenAIShape,
	Quirks: []string{
		"The predictions API is reached below /providers/replicate: /v1/predictions, /v1/models/OWNER/NAME/predictions, /v1/deployments/….",
		"It has no conversations in OpenAI's shape, so that nothing is translated and no tokens are counted; metrics.predict_time stands in its answers.",
		"A prediction belongs to the account: every caller who may use this provider can read all of them.",
		"urls.stream leads to another host, which the account's token does not pass by way of this gateway.",
		"Prefer: wait holds the answer back until the prediction is done, at most a minute.",
	},
}
