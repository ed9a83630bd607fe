package bedrock

import (
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// titanEmbeddings: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html.
var titanEmbeddings = &dialect.Op{
	Format: formatTitan, Read: readTitan,
	Carries: dialect.Overlay(dialect.VectorCarries, map[llm.Param]dialect.Carry{
		llm.ParamDimensions: {Fate: dialect.Kept, How: "dimensions; the first version has none"},
		llm.ParamNormalize:  {Fate: dialect.Kept, How: "normalize; the first version has none"},
	}),
}

// formatTitan writes the one text that a call may have.
func formatTitan(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	if err := dialect.AtMost(t, to, 1); err != nil {
		return o, err
	}
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	w.Member("inputText", dialect.InputText(&t.Inputs[0]))
	for _, p := range [...]struct {
		param  llm.Param
		member string
	}{{llm.ParamDimensions, "dimensions"}, {llm.ParamNormalize, "normalize"}} {
		v := t.Asked(p.param)
		switch {
		case v == nil:
		case strings.Contains(to.Model, "titan-embed-text-v1"), strings.Contains(to.Model, "titan-embed-g1"):
			o.Lost = append(o.Lost, p.param)
		default:
			w.Member(p.member, v)
		}
	}
	w.End('}')
	o.Path, o.Body = invoke, w.B
	return o, nil
}

// titanMultimodal: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html.
var titanMultimodal = &dialect.Op{
	Format: formatMultimodal, Read: readTitan,
	Inline: func(*llm.Media) bool { return true },
	Carries: dialect.Overlay(dialect.VectorCarries, map[llm.Param]dialect.Carry{
		llm.ParamDimensions: {Fate: dialect.Kept, How: "embeddingConfig.outputEmbeddingLength"},
		llm.ParamImages:     {Fate: dialect.Kept, How: "inputImage"},
	}),
}

func formatMultimodal(t *llm.Task, to *dialect.Target) (o dialect.OpOrder, err error) {
	if err := dialect.AtMost(t, to, 1); err != nil {
		return o, err
	}
	w := jsonout.Writer{B: make([]byte, 0, 256)}
	w.Begin('{')
	in := &t.Inputs[0]
	if text := dialect.InputText(in); len(text) > 2 {
		w.Member("inputText", text)
	}
	images := 0
	for i := range in.Parts {
		if m := in.Parts[i].Media; m != nil {
			if images++; images > 1 {
				return o, dialect.Unsupported(to, "input", "it takes one image at a time")
			}
			w.Key("inputImage")
			w.B = append(append(append(w.B, '"'), m.Data...), '"')
		}
	}
	if v := t.Asked(llm.ParamDimensions); v != nil {
		w.Object("embeddingConfig")
		w.Member("outputEmbeddingLength", v)
		w.End('}')
	}
	w.End('}')
	o.Path, o.Body = invoke, w.B
	return o, nil
}

func readTitan(r *dialect.OpReply, _ *dialect.OpCall) (*llm.Outcome, error) {
	a := &llm.Outcome{Usage: spent(r)}
	if n, ok := jsonscan.Int(jsonscan.Get(r.Body, "inputTextTokenCount")); ok {
		a.Usage.InputTokens = llm.Known(n)
	}
	numbers := jsonscan.Get(r.Body, "embedding")
	if numbers == nil {
		numbers = jsonscan.Get(r.Body, "embeddingsByType", "float")
	}
	v, err := dialect.ReadVector(0, llm.KindFloat, numbers)
	if err != nil {
		if text, ok := jsonscan.String(jsonscan.Get(r.Body, "message")); ok && text != "" {
			return nil, dialect.Unreadable(text)
		}
		return nil, err
	}
	a.Vectors = []llm.Vector{v}
	return a, nil
}

// cohereEmbeddings: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html.
func cohereEmbeddings(whole, start, end string) *dialect.Op {
	f := cohere.EmbedForm{
		Path: invoke, Cuts: map[string]string{"none": whole, "start": start, "end": end},
		Read: func(r *dialect.OpReply, c *dialect.OpCall) (*llm.Outcome, error) {
			a, err := cohere.ReadEmbeddings(r, c)
			if err == nil && !a.Usage.InputTokens.Known {
				a.Usage = spent(r)
			}
			return a, err
		},
	}
	return f.Op()
}

// rerank: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-rerank.html.
func rerank(fixed string) *dialect.Op {
	f := openai.RerankForm{
		Path: invoke, NoModel: true, Top: "top_n", Fixed: fixed,
		Carries: dialect.Overlay(dialect.RankCarries, map[llm.Param]dialect.Carry{
			llm.ParamTop: {Fate: dialect.Kept, How: "top_n"},
		}),
	}
	return f.Op()
}

func headerCount(r *dialect.OpReply, name string) llm.Count {
	n, err := strconv.ParseInt(r.Header(name), 10, 64)
	if err != nil || n < 0 {
		return llm.Count{}
	}
	return llm.Known(n)
}
