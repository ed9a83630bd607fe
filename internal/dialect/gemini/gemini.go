// Package gemini is the dialect of the Gemini API: its paths, how its answers and
// streams report usage, how its errors look, and how its conversations map to llm and
// back.
//
// It knows no provider: Google's two clouds, which speak it with small differences, are
// read alike.
package gemini

import (
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is the Gemini dialect. Facts as of 2026-08-19, from https://ai.google.dev/api.
//
// KeepAlive is nil because nothing may be sent: google.golang.org/genai fails a stream
// at the first event that does not begin with "data:", a comment included.
var Dialect = &dialect.Dialect{
	Name:         dialect.Gemini,
	Family:       "gemini",
	Endpoints:    endpoints(),
	Claims:       claims,
	FormatModels: formatModels,
	FormatModel:  formatModel,
	// https://ai.google.dev/gemini-api/docs/files: a resumable upload goes on at this URL.
	BackURLs:          map[string]string{"X-Goog-Upload-Url": "upload_id"},
	NewMeter:          func(op llm.Operation) dialect.Meter { return &meter{op: op} },
	ParseError:        parseError,
	FormatError:       formatError,
	FormatStreamError: formatStreamError,
	Digest: []string{
		"usageMetadata", "modelVersion", "responseId", "promptFeedback.blockReason", "error",
		"candidates.*.finishReason", "candidates.*.groundingMetadata.webSearchQueries",
		"candidates.*.content.parts.*.inlineData.mimeType", "candidates.*.content.parts.*.functionCall.name",
		"predictions.*.mimeType", "predictions.*.embeddings.statistics.token_count",
		"metadata.billableCharacterCount",
	},
	StreamQuery:   "alt=sse",
	InlineMedia:   needsBytes,
	Codec:         codec{},
	Ceiling:       &dialect.Ceiling{Read: []string{"generationConfig.maxOutputTokens", "generation_config.max_output_tokens", "generationConfig.max_output_tokens", "generation_config.maxOutputTokens"}, Write: "generationConfig.maxOutputTokens", Times: "generationConfig.candidateCount"},
	Ops:           ops,
	Fields:        fields,
	Carries:       carries,
	AnswerFields:  answerFields,
	AnswerCarries: answerCarries,
}

// claims: every SDK of Google's sends headers of this family.
func claims(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "X-Goog-") {
			return true
		}
	}
	return false
}
