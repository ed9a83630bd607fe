package cohere

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// answerEmbed writes an answer with the kinds of vectors that the caller asked for.
func answerEmbed(a *llm.Outcome, c *dialect.OpCall) (dialect.OpAnswer, error) {
	w := jsonout.Writer{B: make([]byte, 0, 512)}
	w.Begin('{')
	w.Text("id", orID(a, c))
	w.Object("embeddings")
	wanted := c.Task.Vectors.Kinds
	if len(wanted) == 0 {
		wanted = []string{llm.KindFloat}
	}
	for _, kind := range wanted {
		if err := writeKind(&w, a, kind); err != nil {
			return dialect.OpAnswer{}, err
		}
	}
	w.End('}')
	w.Array("texts")
	for i := range c.Task.Inputs {
		if text := c.Task.Inputs[i].Plain(); text != nil {
			w.Raw(text)
		}
	}
	w.End(']')
	writeMeta(&w, &a.Usage)
	w.Text("response_type", "embeddings_by_type")
	w.End('}')
	return dialect.OpAnswer{Body: w.B}, nil
}

func orID(a *llm.Outcome, c *dialect.OpCall) string {
	if a.ID != "" {
		return a.ID
	}
	return c.ID
}

func writeKind(w *jsonout.Writer, a *llm.Outcome, kind string) (err error) {
	stored := kind
	if kind == llm.KindBase64 {
		stored = llm.KindFloat
	}
	vectors := slices.Clone(a.Vectors)
	slices.SortStableFunc(vectors, func(v, w llm.Vector) int { return v.Index - w.Index })
	w.Array(kind)
	for i := range vectors {
		v := &vectors[i]
		if v.Kind != stored && !(v.Kind == "" && stored == llm.KindFloat) {
			continue
		}
		w.Begin('[')
		w.B = w.B[:len(w.B)-1]
		if kind != llm.KindBase64 {
			if w.B, err = dialect.AppendVectorNumbers(w.B, v); err != nil {
				return err
			}
			continue
		}
		w.B = append(w.B, '"')
		if w.B, err = dialect.AppendVectorBase64(w.B, v); err != nil {
			return err
		}
		w.B = append(w.B, '"')
	}
	w.End(']')
	return nil
}

// writeMeta writes the meta of answers that are no conversation.
func writeMeta(w *jsonout.Writer, u *llm.Usage) {
	w.Object("meta")
	w.Object("api_version")
	w.Text("version", "2")
	w.End('}')
	units, ranked := u.Units[llm.UnitSearchUnits]
	if u.InputTokens.Known || ranked {
		w.Object("billed_units")
		number(w, "input_tokens", u.InputTokens)
		if ranked {
			w.Key("search_units")
			w.Float(units)
		}
		w.End('}')
	}
	w.End('}')
}
