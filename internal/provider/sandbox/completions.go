package sandbox

import "encoding/json"

// The legacy completion: https://platform.openai.com/docs/api-reference/completions.

type completionRequest struct {
	Model         string          `json:"model"`
	Prompt        json.RawMessage `json:"prompt"`
	Stream        bool            `json:"stream"`
	StreamOptions *streamOptions  `json:"stream_options"`
	N             *int            `json:"n"`
	Stop          texts           `json:"stop"`
	MaxTokens     *int            `json:"max_tokens"`
}

type completion struct {
	ID      string             `json:"id"`
	Object  string             `json:"object"`
	Created int64              `json:"created"`
	Model   string             `json:"model"`
	Choices []completionChoice `json:"choices"`
	Usage   json.RawMessage    `json:"usage,omitempty"`
}

type completionChoice struct {
	Text     string    `json:"text"`
	Index    int       `json:"index"`
	Logprobs *struct{} `json:"logprobs"`
	Finish   *string   `json:"finish_reason"`
}

func completions(x *exchange) *problem {
	var q completionRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	prompts, p := parseInput("prompt", q.Prompt)
	if p != nil {
		return p
	}
	n, p := choices(q.N)
	if p != nil {
		return p
	}
	most, p := limit("max_tokens", q.MaxTokens)
	if p != nil {
		return p
	}
	if p := x.use(converse, q.Model); p != nil {
		return p
	}
	var replies []reply
	size := 0
	for _, in := range prompts {
		a := &ask{stop: q.Stop, max: most}
		a.say(turn{texts: []string{in.text}})
		a.prompt = in.tokens
		r := x.compose(a)
		if p := r.fits(n, size); p != nil {
			return p
		}
		size += n * len(r.text)
		replies = append(replies, r)
	}
	if q.Stream {
		x.streamCompletion(replies, n, q.StreamOptions != nil && q.StreamOptions.IncludeUsage)
		return nil
	}
	return x.answer(x.completion(replies, n))
}

func (x *exchange) newCompletion() completion {
	return completion{ID: x.seed.id("cmpl-", 0), Object: "text_completion", Created: epoch, Model: x.name}
}

func (x *exchange) completion(replies []reply, n int) completion {
	out := x.newCompletion()
	out.Usage = completionUsage(replies, n)
	for i := range len(replies) * n {
		r := replies[i/n]
		finish := finishReason(r)
		out.Choices = append(out.Choices, completionChoice{Text: r.text, Index: i, Finish: &finish})
	}
	return out
}

func completionUsage(replies []reply, n int) json.RawMessage {
	var all reply
	for _, r := range replies {
		all.in += r.in
		all.out += n * r.out
		all.thinking += n * r.thinking
	}
	return encode(newChatUsage(all, 1))
}

func (x *exchange) streamCompletion(replies []reply, n int, usage bool) {
	s := x.stream(eventStream)
	chunk := x.newCompletion()
	if usage {
		chunk.Usage = json.RawMessage("null")
	}
	send := func(c completionChoice) {
		chunk.Choices = []completionChoice{c}
		s.event("", chunk)
	}
	for i := range len(replies) * n {
		r := replies[i/n]
		finish := finishReason(r)
		for p := range x.pieces(r.text) {
			send(completionChoice{Text: p, Index: i})
		}
		send(completionChoice{Index: i, Finish: &finish})
	}
	if usage {
		chunk.Choices, chunk.Usage = []completionChoice{}, completionUsage(replies, n)
		s.event("", chunk)
	}
	s.raw("data: [DONE]\n\n")
}
