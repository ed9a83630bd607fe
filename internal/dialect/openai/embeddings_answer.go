package openai

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// answerEmbeddings writes https://platform.openai.com/docs/api-reference/embeddings/object.
func answerEmbeddings(a *llm.Outcome, c *dialect.OpCall) (dialect.OpAnswer, error) {
	vectors := a.Vectors
	slices.SortStableFunc(vectors, func(v, w llm.Vector) int { return v.Index - w.Index })
	w := jsonout.Writer{B: make([]byte, 0, 256+sizeOf(vectors))}
	w.Begin('{')
	w.Text("object", "list")
	w.Array("data")
	for i := range vectors {
		w.Begin('{')
		w.Text("object", "embedding")
		w.Number("index", int64(vectors[i].Index))
		if err := writeVector(&w, &vectors[i], c.Task.Vectors.Base64); err != nil {
			return dialect.OpAnswer{}, err
		}
		w.End('}')
	}
	w.End(']')
	w.Text("model", modelOf(a, c))
	writeTaskUsage(&w, &a.Usage, a.Estimated)
	w.End('}')
	return dialect.OpAnswer{Body: w.B}, nil
}

func sizeOf(vectors []llm.Vector) (n int) {
	for i := range vectors {
		n += 64 + len(vectors[i].Numbers) + 3*len(vectors[i].Base64)
	}
	return n
}

func writeVector(w *jsonout.Writer, v *llm.Vector, base64 bool) (err error) {
	w.Key("embedding")
	if !base64 {
		w.B, err = dialect.AppendVectorNumbers(w.B, v)
		return err
	}
	w.B = append(w.B, '"')
	w.B, err = dialect.AppendVectorBase64(w.B, v)
	w.B = append(w.B, '"')
	return err
}

// modelOf is the model that an answer names.
func modelOf(a *llm.Outcome, c *dialect.OpCall) string {
	if a.Model != "" {
		return a.Model
	}
	return c.Model
}

// writeTaskUsage writes the usage of operations that have no output to count; nothing
// where nothing is known.
func writeTaskUsage(w *jsonout.Writer, u *llm.Usage, estimated bool) {
	if !u.InputTokens.Known {
		return
	}
	w.Object("usage")
	w.Number("prompt_tokens", u.InputTokens.N)
	w.Number("total_tokens", u.InputTokens.N+u.OutputTokens.Or(0))
	if estimated {
		w.Flag("estimated", true)
	}
	w.End('}')
}
