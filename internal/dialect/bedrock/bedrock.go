// Package bedrock is the form of models of Amazon Bedrock that are called by InvokeModel:
// embeddings, reranking and images, each maker's in its own words.
package bedrock

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// invoke is the path of
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html.
const invoke = "/model/{model}/invoke"

// The forms, by whose model it is. Entries call them by these names.
var (
	titan       = form("bedrock-titan", llm.OpEmbeddings, titanEmbeddings)
	titanImages = form("bedrock-titan-image", llm.OpEmbeddings, titanMultimodal)
	cohereThird = form("bedrock-cohere", llm.OpEmbeddings, cohereEmbeddings("NONE", "START", "END"))
	cohereLater = form("bedrock-cohere", llm.OpEmbeddings, cohereEmbeddings("NONE", "LEFT", "RIGHT"))
	cohereRanks = form("bedrock-cohere", llm.OpRerank, rerank(`,"api_version":2`))
	amazonRanks = form("bedrock-amazon", llm.OpRerank, rerank(""))
	canvasForm  = form("bedrock-canvas", llm.OpImages, canvas)
	stableForm  = form("bedrock-stability", llm.OpImages, stability)
	none        = &dialect.Dialect{Name: "bedrock", Family: "bedrock"}
)

// Forms lists one of each kind.
func Forms() []*dialect.Dialect {
	return []*dialect.Dialect{titan, titanImages, cohereThird, cohereRanks, amazonRanks, canvasForm, stableForm}
}

// form makes the dialect of one model's operation. What was used stands in the header of
// the answer, so that no meter reads it from the body.
func form(name dialect.Name, op llm.Operation, o *dialect.Op) *dialect.Dialect {
	d := converse.Dialect
	return &dialect.Dialect{
		Name: name, Family: d.Family, ParseError: d.ParseError, FormatError: d.FormatError,
		Ops: map[llm.Operation]*dialect.Op{op: o},
	}
}

// Form gives the form of a model's operation; nil = as Converse's own operations have it.
// An operation that the model has not is in none of the forms given.
func Form(op llm.Operation, model string) *dialect.Dialect {
	switch op {
	case llm.OpEmbeddings:
		return embeddingForm(model)
	case llm.OpRerank:
		switch {
		case strings.Contains(model, "cohere.rerank"):
			return cohereRanks
		case strings.Contains(model, "amazon.rerank"):
			return amazonRanks
		}
		return none
	case llm.OpImages:
		switch {
		case strings.Contains(model, "nova-canvas"), strings.Contains(model, "titan-image"):
			return canvasForm
		case strings.Contains(model, "stability.sd3"), strings.Contains(model, "stability.stable-image"):
			return stableForm
		}
		return none
	case llm.OpCountTokens:
		if !counts(model) {
			return none
		}
	}
	return nil
}

func embeddingForm(model string) *dialect.Dialect {
	switch {
	case strings.Contains(model, "titan-embed-image"):
		return titanImages
	case strings.Contains(model, "titan-embed"):
		return titan
	case strings.Contains(model, "cohere.embed-v4"):
		return cohereLater
	case strings.Contains(model, "cohere.embed"):
		return cohereThird
	}
	return none
}

// counts reports models whose tokens the vendor counts
// (https://docs.aws.amazon.com/bedrock/latest/userguide/count-tokens.html).
func counts(model string) bool { return strings.Contains(model, "anthropic.claude") }

// spent reads the tokens that the vendor tells in the header of its answer.
func spent(r *dialect.OpReply) (u llm.Usage) {
	u.InputTokens = headerCount(r, "X-Amzn-Bedrock-Input-Token-Count")
	u.OutputTokens = headerCount(r, "X-Amzn-Bedrock-Output-Token-Count")
	if u.OutputTokens.N == 0 {
		u.OutputTokens = llm.Count{}
	}
	return u
}
