// Package nvidia is NVIDIA NIM's form of embeddings: OpenAI's, with a word for what
// vectors are for that some models must be told.
package nvidia

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is the form (https://docs.nvidia.com/nim/nemo-retriever/text-embedding/latest/reference.html).
var Dialect = openai.Vendor("nvidia", map[llm.Operation]*dialect.Op{llm.OpEmbeddings: embeddings.Op()})

var embeddings = &openai.EmbeddingForm{
	Dimensions: "dimensions", Float: "float", Base64: "base64", Purpose: "input_type",
	Word: func(_, purpose string) (string, bool) {
		switch purpose {
		case llm.PurposeQuery, llm.PurposeQuestion, llm.PurposeFact, llm.PurposeCode:
			return "query", true
		}
		return "passage", purpose == llm.PurposeDocument
	},
	Truncate: func(how string) (string, llm.Raw) { return "truncate", jsonout.Quote(strings.ToUpper(how)) },
	Flags:    map[llm.Param]string{llm.ParamUser: "user"},
	Native:   func(body []byte) bool { return openai.Has(body, "input_type", "truncate") },
	Carries: dialect.Overlay(dialect.VectorCarries, map[llm.Param]dialect.Carry{
		llm.ParamDimensions: {Fate: dialect.Kept, How: "dimensions, where the model knows it"},
		llm.ParamBase64:     {Fate: dialect.Kept, How: "encoding_format: base64"},
		llm.ParamPurpose:    {Fate: dialect.Mapped, How: "input_type: query or passage, passage where nothing is said; similarity, classes and clusters are dropped"},
		llm.ParamTruncate:   {Fate: dialect.Kept, How: "truncate"},
		llm.ParamUser:       {Fate: dialect.Kept, How: "user"},
	}),
}
