package sandbox

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
)

// Embeddings: https://platform.openai.com/docs/api-reference/embeddings.

const (
	dimensions    = 64
	maxDimensions = 3072
	maxInputs     = 2048
)

// input is one text of a request. A list of token numbers stands for itself: its JSON
// is the text, its length the count.
type input struct {
	text   string
	tokens int
}

// parseInput reads a text, a list of texts, a list of token numbers, or a list of such
// lists.
func parseInput(param string, raw json.RawMessage) ([]input, *problem) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, missing(param)
	}
	var one input
	if one.read(raw) {
		return []input{one}, nil
	}
	var many []json.RawMessage
	if json.Unmarshal(raw, &many) != nil || len(many) == 0 || len(many) > maxInputs {
		return nil, invalid(param, fmt.Sprintf("'%s' must be a text, or a list of 1 to %d texts or lists of tokens", param, maxInputs))
	}
	out := make([]input, len(many))
	for i, m := range many {
		if !out[i].read(m) {
			return nil, invalid(param, fmt.Sprintf("'%s[%d]' is neither a text nor a list of tokens", param, i))
		}
	}
	return out, nil
}

func (in *input) read(raw json.RawMessage) bool {
	if raw[0] == '"' {
		err := json.Unmarshal(raw, &in.text)
		in.tokens = tokens(in.text)
		return err == nil
	}
	var numbers []int
	if json.Unmarshal(raw, &numbers) != nil || len(numbers) == 0 {
		return false
	}
	in.text, in.tokens = string(raw), len(numbers)
	return true
}

// vector is the embedding of a text: of length 1, and the same for the same text.
func vector(text string, size int) []float32 {
	h := newSeed("embed", "", []byte(text))
	rnd := rand.New(rand.NewChaCha8(h))
	v := make([]float64, size)
	sum := 0.0
	for i := range v {
		v[i] = rnd.NormFloat64()
		sum += v[i] * v[i]
	}
	out := make([]float32, size)
	for i := range v {
		out[i] = float32(v[i] / math.Sqrt(sum))
	}
	return out
}

// sizeOf settles how many dimensions an embedding has.
func sizeOf(param string, n *int) (int, *problem) {
	switch {
	case n == nil:
		return dimensions, nil
	case *n < 1 || *n > maxDimensions:
		return 0, invalid(param, fmt.Sprintf("'%s' must be from 1 to %d", param, maxDimensions))
	}
	return *n, nil
}

type embeddingRequest struct {
	Model      string          `json:"model"`
	Input      json.RawMessage `json:"input"`
	Format     string          `json:"encoding_format"`
	Dimensions *int            `json:"dimensions"`
}

type embedding struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding"` // numbers, or base64 of little-endian float32
}

type embeddingList struct {
	Object string      `json:"object"`
	Data   []embedding `json:"data"`
	Model  string      `json:"model"`
	Usage  tokenTotal  `json:"usage"`
}

// tokenTotal is the usage of what has no output tokens.
type tokenTotal struct {
	Prompt int `json:"prompt_tokens"`
	Total  int `json:"total_tokens"`
}

func embeddings(x *exchange) *problem {
	var q embeddingRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	inputs, p := parseInput("input", q.Input)
	if p != nil {
		return p
	}
	size, p := sizeOf("dimensions", q.Dimensions)
	if p != nil {
		return p
	}
	if q.Format != "" && q.Format != "float" && q.Format != "base64" {
		return invalid("encoding_format", "'encoding_format' must be float or base64")
	}
	if p := x.use(embeds, q.Model); p != nil {
		return p
	}
	out := embeddingList{Object: "list", Model: x.name}
	for i, in := range inputs {
		e := embedding{Object: "embedding", Index: i, Embedding: vector(in.text, size)}
		if q.Format == "base64" {
			e.Embedding = packed(vector(in.text, size))
		}
		out.Data = append(out.Data, e)
		out.Usage.Prompt += in.tokens
	}
	out.Usage.Total = out.Usage.Prompt
	return x.answer(out)
}

func packed(v []float32) string {
	b := make([]byte, 0, 4*len(v))
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return base64.StdEncoding.EncodeToString(b)
}
