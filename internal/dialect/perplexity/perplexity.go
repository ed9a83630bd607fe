// Package perplexity is Perplexity's form of embeddings, whose vectors are whole numbers
// in base64.
package perplexity

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is the form (https://docs.perplexity.ai/api-reference/embeddings-post).
var Dialect = openai.Vendor("perplexity", map[llm.Operation]*dialect.Op{llm.OpEmbeddings: embeddings.Op()})

var embeddings = &openai.EmbeddingForm{
	Most: 512, Dimensions: "dimensions", Stored: "int8", KindWords: []string{"int8"},
	Native: func(body []byte) bool {
		format, _ := jsonscan.String(jsonscan.Get(body, "encoding_format"))
		return format == "base64_int8" || format == "base64_binary"
	},
	Carries: dialect.Overlay(dialect.VectorCarries, map[llm.Param]dialect.Carry{
		llm.ParamDimensions: {Fate: dialect.Kept, How: "dimensions"},
		llm.ParamBase64:     {Fate: dialect.Mapped, How: "vectors come as whole numbers from -128 to 127; the gateway makes floats of them"},
		llm.ParamKinds:      {Fate: dialect.Kept, How: "int8"},
	}),
}
