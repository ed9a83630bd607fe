// Package voyage is Voyage AI's form of embeddings and reranking, which share their paths
// with OpenAI's shape and differ in what they say.
package voyage

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is the form (https://docs.voyageai.com/reference/embeddings-api).
var Dialect = openai.Vendor("voyage", map[llm.Operation]*dialect.Op{
	llm.OpEmbeddings: embeddings.Op(),
	llm.OpRerank:     rerank.Op(),
})

// maxTexts is how many texts one call may have.
const maxTexts = 1000

// own are members that only this form has, foreign those that it refuses.
var (
	own     = []string{"input_type", "truncation", "output_dimension", "output_dtype"}
	foreign = []string{"dimensions", "user"}
)

var embeddings = &openai.EmbeddingForm{
	Most: maxTexts, Dimensions: "output_dimension", Base64: "base64",
	Kinds: "output_dtype", KindWords: []string{"int8", "uint8", "binary", "ubinary"},
	Purpose: "input_type", Word: word, Truncate: truncation,
	Native: func(body []byte) bool {
		return openai.Has(body, own...) && !openai.Has(body, foreign...) && !openai.HasTokens(body)
	},
	Carries: dialect.Overlay(dialect.VectorCarries, map[llm.Param]dialect.Carry{
		llm.ParamDimensions: {Fate: dialect.Kept, How: "output_dimension"},
		llm.ParamKinds:      {Fate: dialect.Kept, How: "output_dtype"},
		llm.ParamPurpose:    {Fate: dialect.Mapped, How: "input_type: query or document; questions, facts and queries for code are queries, anything else is dropped"},
		llm.ParamTruncate:   {Fate: dialect.Mapped, How: "truncation, which cuts the end"},
	}),
}

func word(_, purpose string) (string, bool) {
	switch purpose {
	case llm.PurposeQuery, llm.PurposeQuestion, llm.PurposeFact, llm.PurposeCode:
		return "query", true
	case llm.PurposeDocument:
		return "document", true
	}
	return "", false
}

func truncation(how string) (string, llm.Raw) {
	switch how {
	case "none":
		return "truncation", llm.Raw("false")
	case "end":
		return "truncation", llm.Raw("true")
	}
	return "", nil
}

// rerank: https://docs.voyageai.com/reference/reranker-api. The list of its answers is
// called data.
var rerank = &openai.RerankForm{
	Top: "top_k", Truncate: truncation,
	Native: func(body []byte) bool { return openai.SaysTopK(body) && !openai.Has(body, "top_n") },
	Carries: dialect.Overlay(dialect.RankCarries, map[llm.Param]dialect.Carry{
		llm.ParamTop:      {Fate: dialect.Kept, How: "top_k"},
		llm.ParamTruncate: {Fate: dialect.Kept, How: "truncation"},
	}),
}
