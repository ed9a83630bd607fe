package sandbox

import "strings"

// Anthropic's legacy completion: https://platform.claude.com/docs/en/api/completions.

type completeRequest struct {
	Model     string `json:"model"`
	Prompt    string `json:"prompt"`
	MaxTokens *int   `json:"max_tokens_to_sample"`
	Stop      texts  `json:"stop_sequences"`
	Stream    bool   `json:"stream"`
}

type completeAnswer struct {
	Type       string  `json:"type"`
	ID         string  `json:"id"`
	Completion string  `json:"completion"`
	StopReason *string `json:"stop_reason"`
	Stop       *string `json:"stop"`
	Model      string  `json:"model"`
}

func complete(x *exchange) *problem {
	var q completeRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	if q.Prompt == "" || q.MaxTokens == nil {
		return invalid("prompt", "prompt and max_tokens_to_sample: Field required")
	}
	a := &ask{stop: q.Stop, prompt: tokens(q.Prompt)}
	a.turns = []turn{{texts: []string{lastHuman(q.Prompt)}}}
	var p *problem
	if a.max, p = limit("max_tokens_to_sample", q.MaxTokens); p != nil {
		return p
	}
	if p := x.use(converse, q.Model); p != nil {
		return p
	}
	r := x.compose(a)
	out := completeAnswer{Type: "completion", ID: x.seed.id("compl_", 0), Model: x.name}
	if !q.Stream {
		out.end(r)
		out.Completion = r.text
		return x.answer(out)
	}
	s := x.stream(eventStream)
	for piece := range x.pieces(r.text) {
		out.Completion = piece
		s.event("completion", out)
	}
	out.Completion = ""
	out.end(r)
	s.event("completion", out)
	return nil
}

func (c *completeAnswer) end(r reply) {
	reason := "stop_sequence"
	switch r.end {
	case outOfTokens:
		reason = "max_tokens"
	case stoppedAt:
		c.Stop = &r.stop
	}
	c.StopReason = &reason
}

// lastHuman is what the human said last in a prompt of "\n\nHuman:" and
// "\n\nAssistant:" turns.
func lastHuman(prompt string) string {
	if i := strings.LastIndex(prompt, "Human:"); i >= 0 {
		prompt = prompt[i+len("Human:"):]
	}
	text, _, _ := strings.Cut(prompt, "\n\nAssistant:")
	return strings.TrimSpace(text)
}
