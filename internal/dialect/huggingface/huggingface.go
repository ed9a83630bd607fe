// Package huggingface is Hugging Face's form of embeddings and reranking: pipelines of
// its inference service, and the routes of Text Embeddings Inference.
package huggingface

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Inference is the form of the inference service
// (https://huggingface.co/docs/inference-providers/tasks/feature-extraction).
var Inference = openai.Vendor("huggingface", map[llm.Operation]*dialect.Op{
	llm.OpEmbeddings: {Format: formatFeatures, Read: readFeatures, Carries: featureCarries, Items: &dialect.Items{Give: []string{""}}},
})

// TEI is the form of Text Embeddings Inference for what it has no route of OpenAI's shape
// (https://huggingface.github.io/text-embeddings-inference/).
var TEI = openai.Vendor("tei", map[llm.Operation]*dialect.Op{llm.OpRerank: teiRerank.Op()})

var featureCarries = dialect.Overlay(dialect.VectorCarries, map[llm.Param]dialect.Carry{
	llm.ParamTruncate:  {Fate: dialect.Mapped, How: "truncate and truncation_direction"},
	llm.ParamNormalize: {Fate: dialect.Kept, How: "normalize"},
})

// formatFeatures asks for the features of texts. The path names the model.
func formatFeatures(t *llm.Task, _ *dialect.Target) (o dialect.OpOrder, err error) {
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	w.Array("inputs")
	for i := range t.Inputs {
		w.Raw(dialect.InputText(&t.Inputs[i]))
	}
	w.End(']')
	if v := t.Asked(llm.ParamNormalize); v != nil {
		w.Member("normalize", v)
	}
	if how, ok := jsonscan.String(t.Asked(llm.ParamTruncate)); ok {
		w.Flag("truncate", how != "none")
		if how == "start" {
			w.Text("truncation_direction", "left")
		}
	}
	w.End('}')
	o.Path, o.Root, o.Body = "/hf-inference/models/{model}/pipeline/feature-extraction", true, w.B
	return o, nil
}

// readFeatures reads an array of vectors. Models that are not made for embeddings give
// one for every token instead.
func readFeatures(r *dialect.OpReply, c *dialect.OpCall) (*llm.Outcome, error) {
	a := &llm.Outcome{}
	bad := false
	err := jsonscan.Elements(r.Body, func(one []byte) bool {
		if _, number := jsonscan.Float(one); number && len(c.Task.Inputs) == 1 && len(a.Vectors) == 0 {
			a.Vectors = []llm.Vector{{Numbers: r.Body}}
			return false
		}
		nested := false
		bad = jsonscan.Elements(one, func(n []byte) bool { nested = len(n) > 0 && n[0] == '['; return false }) != nil || nested
		a.Vectors = append(a.Vectors, llm.Vector{Index: len(a.Vectors), Numbers: one})
		return !bad
	})
	if err != nil || bad {
		return nil, dialect.Unreadable("it has no vector for each text; the model may not be one for embeddings")
	}
	return a, nil
}

var teiRerank = &openai.RerankForm{
	Path: "/rerank", Root: true, Documents: "texts", NoModel: true,
	Truncate: func(how string) (string, llm.Raw) {
		switch how {
		case "none":
			return "truncate", llm.Raw("false")
		case "end":
			return "truncate", llm.Raw("true")
		}
		return "", nil
	},
	Carries: dialect.Overlay(dialect.RankCarries, map[llm.Param]dialect.Carry{
		llm.ParamTruncate: {Fate: dialect.Kept, How: "truncate"},
	}),
}
