package sandbox

import (
	"encoding/json"
	"fmt"
	"math"
)

// Embeddings of the Cohere dialect: https://docs.cohere.com/reference/embed.

type cohereEmbedRequest struct {
	Model     string   `json:"model"`
	InputType string   `json:"input_type"`
	Texts     []string `json:"texts"`
	Images    []string `json:"images"`
	Inputs    []struct {
		Content content `json:"content"`
	} `json:"inputs"`
	Dimension *int     `json:"output_dimension"`
	Types     []string `json:"embedding_types"`
}

// maxCohereInputs is the vendor's own limit.
const maxCohereInputs = 96

func cohereEmbed(x *exchange) *problem {
	var q cohereEmbedRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	size, p := sizeOf("output_dimension", q.Dimension)
	if p != nil {
		return p
	}
	all, n := q.all()
	switch {
	case q.InputType == "":
		return missing("input_type")
	case len(all) == 0:
		return missing("texts")
	case len(all) > maxCohereInputs:
		return invalid("texts", fmt.Sprintf("at most %d inputs at a time", maxCohereInputs))
	}
	if p := x.use(embeds, q.Model); p != nil {
		return p
	}
	if len(q.Types) == 0 {
		q.Types = []string{"float"}
	}
	out := map[string][]json.RawMessage{}
	for _, kind := range q.Types {
		for _, text := range all {
			v := spelt(vector(text, size), kind)
			if v == nil {
				return invalid("embedding_types", "unknown embedding type "+quote(kind)+": want float, int8, uint8, binary, ubinary or base64")
			}
			out[kind] = append(out[kind], v)
		}
	}
	return x.answer(struct {
		ID         string                       `json:"id"`
		Texts      []string                     `json:"texts"`
		Embeddings map[string][]json.RawMessage `json:"embeddings"`
		Meta       cohereMeta                   `json:"meta"`
		Kind       string                       `json:"response_type"`
	}{x.seed.id("", 0), q.Texts, out, newCohereMeta("input_tokens", n), "embeddings_by_type"})
}

// all gives what is to be embedded, and the tokens of its texts; images are free.
func (q *cohereEmbedRequest) all() (all []string, n int) {
	all = append(append(all, q.Texts...), q.Images...)
	for _, text := range q.Texts {
		n += tokens(text)
	}
	for _, in := range q.Inputs {
		texts := in.Content.texts()
		all = append(all, string(encode(texts)))
		n += allTokens(texts)
	}
	return all, n
}

// spelt writes a vector in one of the dialect's types, nil when there is no such type.
func spelt(v []float32, kind string) json.RawMessage {
	switch kind {
	case "float":
		return encode(v)
	case "base64":
		return encode(packed(v))
	case "int8", "uint8":
		return encode(scaled(v, kind == "uint8"))
	case "binary", "ubinary":
		return encode(bits(v, kind == "ubinary"))
	}
	return nil
}

// scaled gives whole numbers from -128 to 127, or from 0 to 255.
func scaled(v []float32, unsigned bool) []int {
	out := make([]int, len(v))
	for i, f := range v {
		out[i] = max(-128, min(127, int(math.Round(float64(f)*127))))
		if unsigned {
			out[i] += 128
		}
	}
	return out
}

// bits packs the signs of eight numbers into one.
func bits(v []float32, unsigned bool) []int {
	out := make([]int, (len(v)+7)/8)
	for i, f := range v {
		if f > 0 {
			out[i/8] |= 1 << (7 - i%8)
		}
	}
	if !unsigned {
		for i := range out {
			out[i] -= 128
		}
	}
	return out
}
