// Package vertex is the form of Google Cloud's embeddings, whose models are asked for
// predictions where the vendor's own API has operations for them.
package vertex

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var (
	predicted = form("vertex-predict", &dialect.Op{
		Format: formatPredict, Read: readPredict, Carries: predictCarries,
		Items: &dialect.Items{Give: []string{"predictions"}, Counts: []string{"metadata.billableCharacterCount"}},
	})
	embedded = form("vertex-embed", &dialect.Op{Format: formatEmbed, Read: gemini.ReadEmbeddings, Carries: gemini.EmbedCarries, Inline: func(*llm.Media) bool { return true }})
)

// Forms lists both.
func Forms() []*dialect.Dialect { return []*dialect.Dialect{predicted, embedded} }

func form(name dialect.Name, op *dialect.Op) *dialect.Dialect {
	d := gemini.Dialect
	return &dialect.Dialect{
		Name: name, Family: d.Family, NewMeter: d.NewMeter, ParseError: d.ParseError, FormatError: d.FormatError, Digest: d.Digest,
		Ops: map[llm.Operation]*dialect.Op{llm.OpEmbeddings: op},
	}
}

// Form gives the form of a model's operation; nil = as the Gemini API has it. Requests in
// paths of the Gemini API's are not known here for embeddings, whatever the model.
func Form(op llm.Operation, model string) *dialect.Dialect {
	switch {
	case op != llm.OpEmbeddings:
		return nil
	case strings.HasPrefix(model, "gemini-embedding-2"):
		return embedded
	}
	return predicted
}

var predictCarries = dialect.Overlay(dialect.VectorCarries, map[llm.Param]dialect.Carry{
	llm.ParamDimensions: {Fate: dialect.Kept, How: "parameters.outputDimensionality"},
	llm.ParamPurpose:    {Fate: dialect.Kept, How: "instances[].task_type"},
	llm.ParamTitle:      {Fate: dialect.Kept, How: "instances[].title"},
	llm.ParamTruncate:   {Fate: dialect.Mapped, How: "parameters.autoTruncate, which cuts the end"},
})

// formatPredict writes
// https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api.
func formatPredict(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	most := 250
	if strings.HasPrefix(to.Model, "gemini-embedding") {
		most = 1
	}
	if err := dialect.AtMost(t, to, most); err != nil {
		return o, err
	}
	purpose, _ := jsonscan.String(t.Asked(llm.ParamPurpose))
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	w.Array("instances")
	for i := range t.Inputs {
		w.Begin('{')
		w.Member("content", dialect.InputText(&t.Inputs[i]))
		w.TextIf("task_type", gemini.TaskType(purpose))
		w.MemberIf("title", t.Asked(llm.ParamTitle))
		w.End('}')
	}
	w.End(']')
	o.Lost = parameters(&w, t)
	w.End('}')
	o.Path, o.Body = "/v1beta/models/{model}:predict", w.B
	return o, nil
}

func parameters(w *jsonout.Writer, t *llm.Task) (lost []llm.Param) {
	dimensions := t.Asked(llm.ParamDimensions)
	how, _ := jsonscan.String(t.Asked(llm.ParamTruncate))
	if how == "start" {
		lost, how = append(lost, llm.ParamTruncate), ""
	}
	if dimensions == nil && how == "" {
		return lost
	}
	w.Object("parameters")
	w.MemberIf("outputDimensionality", dimensions)
	if how != "" {
		w.Flag("autoTruncate", how == "end")
	}
	w.End('}')
	return lost
}

func readPredict(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
	a := &llm.Outcome{}
	var bad error
	err := jsonscan.Elements(jsonscan.Get(r.Body, "predictions"), func(one []byte) bool {
		var v llm.Vector
		v, bad = dialect.ReadVector(len(a.Vectors), llm.KindFloat, jsonscan.Get(one, "embeddings", "values"))
		a.Vectors = append(a.Vectors, v)
		return bad == nil
	})
	if err != nil {
		bad = dialect.Unreadable("it has no predictions")
	}
	return a, bad
}

// formatEmbed writes a call for one embedding.
func formatEmbed(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	if err := dialect.AtMost(t, to, 1); err != nil {
		return o, err
	}
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	o.Lost = gemini.WriteEmbed(&w, t, &t.Inputs[0], to.Model)
	w.End('}')
	o.Path, o.Body = "/v1beta/models/{model}:embedContent", w.B
	return o, nil
}
