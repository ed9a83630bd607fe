// Package mistral is Mistral's form of embeddings, moderation, speech and transcription,
// which share their paths with OpenAI's shape and differ in what they say.
package mistral

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is the form (https://docs.mistral.ai/api/). Members that the vendor does not
// know are refused by it.
var Dialect = openai.Vendor("mistral", map[llm.Operation]*dialect.Op{
	llm.OpEmbeddings:    embeddings.Op(),
	llm.OpModerations:   openai.ModerationOp(formatModeration, readModeration, moderationCarries),
	llm.OpSpeech:        speech,
	llm.OpTranscription: transcription,
})

// embeddings are like OpenAI's, so that what holds no foreign words is forwarded.
var embeddings = &openai.EmbeddingForm{
	Dimensions: "output_dimension", Base64: "base64", Kinds: "output_dtype", KindWords: []string{"int8", "uint8", "binary", "ubinary"},
	Native: func(body []byte) bool {
		return !openai.Has(body, "dimensions", "user") && !openai.HasTokens(body)
	},
	Carries: dialect.Overlay(dialect.VectorCarries, map[llm.Param]dialect.Carry{
		llm.ParamDimensions: {Fate: dialect.Kept, How: "output_dimension, where the model knows it"},
		llm.ParamKinds:      {Fate: dialect.Kept, How: "output_dtype, where the model knows it"},
	}),
}
