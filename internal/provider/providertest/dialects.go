package providertest

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
)

// dialects are those that vendors' cases may be of.
func dialects() []*dialect.Dialect {
	return []*dialect.Dialect{openaichat.Dialect, openairesponses.Dialect, openai.Dialect, anthropic.Dialect, gemini.Dialect, cohere.Dialect}
}
