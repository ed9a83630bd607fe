// Package jina is Jina AI's form of embeddings and reranking, which share their paths
// with OpenAI's shape and differ in what they say.
package jina

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Dialect is the form (https://api.jina.ai/redoc).
var Dialect = openai.Vendor("jina", map[llm.Operation]*dialect.Op{
	llm.OpEmbeddings: embeddings.Op(),
	llm.OpRerank:     rerank.Op(),
})

var own = []string{"task", "late_chunking", "embedding_type", "normalized", "truncate"}

var embeddings = &openai.EmbeddingForm{
	Dimensions: "dimensions", Kinds: "embedding_type", KindWords: []string{"binary", "ubinary"},
	Purpose: "task", Word: word, Truncate: truncate, Images: true,
	Flags: map[llm.Param]string{llm.ParamNormalize: "normalized", llm.ParamLate: "late_chunking"},
	Native: func(body []byte) bool {
		return openai.Has(body, own...) && !openai.Has(body, "encoding_format", "user") && !openai.HasTokens(body)
	},
	Carries: dialect.Overlay(dialect.VectorCarries, map[llm.Param]dialect.Carry{
		llm.ParamDimensions: {Fate: dialect.Kept, How: "dimensions"},
		llm.ParamKinds:      {Fate: dialect.Kept, How: "embedding_type: binary, ubinary"},
		llm.ParamPurpose:    {Fate: dialect.Mapped, How: "task, for models that have tasks"},
		llm.ParamTruncate:   {Fate: dialect.Mapped, How: "truncate, which cuts the end"},
		llm.ParamNormalize:  {Fate: dialect.Kept, How: "normalized"},
		llm.ParamLate:       {Fate: dialect.Kept, How: "late_chunking"},
		llm.ParamImages:     {Fate: dialect.Kept, How: "input[].image, where the model takes images"},
	}),
}

// word gives the task; the models of the second generation and those for images have none.
func word(model, purpose string) (string, bool) {
	if strings.Contains(model, "-v2") || strings.Contains(model, "clip") {
		return "", false
	}
	switch purpose {
	case llm.PurposeQuery, llm.PurposeQuestion, llm.PurposeFact:
		return "retrieval.query", true
	case llm.PurposeDocument:
		return "retrieval.passage", true
	case llm.PurposeSimilarity:
		return "text-matching", true
	case llm.PurposeCode:
		if strings.Contains(model, "-v3") {
			return "retrieval.query", true
		}
		return "code.query", true
	case llm.PurposeClasses:
		return third(model, "classification")
	case llm.PurposeClusters:
		return third(model, "separation")
	}
	return "", false
}

// third gives a task that only the third generation has.
func third(model, task string) (string, bool) {
	if strings.Contains(model, "-v3") {
		return task, true
	}
	return "", false
}

func truncate(how string) (string, llm.Raw) {
	switch how {
	case "none":
		return "truncate", llm.Raw("false")
	case "end":
		return "truncate", llm.Raw("true")
	}
	return "", nil
}

// rerank is the usual form but for callers who say top_k. Documents are given back
// unless one says that they shall not.
var rerank = &openai.RerankForm{
	Top: "top_n", Objects: true, Fixed: `,"return_documents":false`,
	Native: func(body []byte) bool { return !openai.SaysTopK(body) },
	Carries: dialect.Overlay(dialect.RankCarries, map[llm.Param]dialect.Carry{
		llm.ParamTop:     {Fate: dialect.Kept, How: "top_n"},
		llm.ParamObjects: {Fate: dialect.Kept, How: "documents"},
		llm.ParamImages:  {Fate: dialect.Kept, How: "documents[].image, where the model takes images"},
	}),
}
