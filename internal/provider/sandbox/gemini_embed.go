package sandbox

import "fmt"

type geminiEmbedRequest struct {
	Content    geminiContent `json:"content"`
	Dimensions *int          `json:"outputDimensionality"`
}

type geminiVector struct {
	Values []float32 `json:"values"`
}

// embed gives the vector of a content and its tokens.
func (q *geminiEmbedRequest) embed() (v geminiVector, used int, p *problem) {
	size, p := sizeOf("outputDimensionality", q.Dimensions)
	if p != nil {
		return v, 0, p
	}
	all := q.Content.texts()
	if len(all) == 0 {
		return v, 0, invalid("content", "content: a part with text is required")
	}
	return geminiVector{vector(texts(all).join(), size)}, allTokens(all), nil
}

func geminiEmbed(x *exchange, model string) *problem {
	var q geminiEmbedRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	v, used, p := q.embed()
	if p != nil {
		return p
	}
	if p := x.use(embeds, model); p != nil {
		return p
	}
	return x.answer(struct {
		Embedding geminiVector `json:"embedding"`
		Usage     geminiUsage  `json:"usageMetadata"`
	}{v, geminiUsage{Prompt: used, Total: used}})
}

func geminiEmbedMany(x *exchange, model string) *problem {
	var q struct {
		Requests []geminiEmbedRequest `json:"requests"`
	}
	if p := x.decode(&q); p != nil {
		return p
	}
	if n := len(q.Requests); n == 0 || n > maxInputs {
		return invalid("requests", fmt.Sprintf("requests: from 1 to %d requests are allowed", maxInputs))
	}
	out := struct {
		Embeddings []geminiVector `json:"embeddings"`
		Usage      geminiUsage    `json:"usageMetadata"`
	}{}
	for i := range q.Requests {
		v, used, p := q.Requests[i].embed()
		if p != nil {
			return p
		}
		out.Embeddings = append(out.Embeddings, v)
		out.Usage.Prompt += used
		out.Usage.Total += used
	}
	if p := x.use(embeds, model); p != nil {
		return p
	}
	return x.answer(out)
}
