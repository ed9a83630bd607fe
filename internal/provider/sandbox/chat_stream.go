package sandbox

import "encoding/json"

type chatChunk struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"`
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	Choices []chatChange `json:"choices"`
	// Usage is absent unless asked for; then it is null but in the last chunk.
	Usage json.RawMessage `json:"usage,omitempty"`
}

type chatChange struct {
	Index    int       `json:"index"`
	Delta    chatDelta `json:"delta"`
	Logprobs *struct{} `json:"logprobs"`
	Finish   *string   `json:"finish_reason"`
}

type chatDelta struct {
	Role      string     `json:"role,omitempty"`
	Content   *string    `json:"content,omitempty"`
	Reasoning string     `json:"reasoning_content,omitempty"`
	ToolCalls []chatCall `json:"tool_calls,omitempty"`
}

// chatStream writes the chunks of one answer.
type chatStream struct {
	*stream
	chunk  chatChunk
	change [1]chatChange
}

// streamChat sends one choice after the other, the usage (when asked for) in a chunk of
// its own without choices, and [DONE].
func (x *exchange) streamChat(r reply, n int, u *chatUsage, usage bool) {
	s := &chatStream{stream: x.stream(eventStream)}
	s.chunk = chatChunk{ID: x.seed.id("chatcmpl-", 0), Object: "chat.completion.chunk", Created: epoch, Model: x.name}
	if usage {
		s.chunk.Usage = json.RawMessage("null")
	}
	for i := range n {
		s.choice(i, r)
	}
	if usage {
		s.chunk.Choices, s.chunk.Usage = []chatChange{}, encode(u)
		s.event("", &s.chunk)
	}
	s.raw("data: [DONE]\n\n")
}

func (s *chatStream) choice(i int, r reply) {
	empty, finish := "", finishReason(r)
	first := chatDelta{Role: "assistant"}
	if len(r.calls) == 0 {
		first.Content = &empty
	}
	s.delta(i, first, nil)
	for p := range s.x.pieces(r.thought) {
		s.delta(i, chatDelta{Reasoning: p}, nil)
	}
	if len(r.calls) == 0 {
		for p := range s.x.pieces(r.text) {
			s.delta(i, chatDelta{Content: &p}, nil)
		}
	}
	for j, c := range s.x.chatCalls(r, i) {
		s.call(i, j, c)
	}
	s.delta(i, chatDelta{}, &finish)
}

// call sends a tool call: its name first, its arguments after it.
func (s *chatStream) call(choice, j int, c chatCall) {
	args := c.Function.Arguments
	c.Index, c.Function.Arguments = &j, ""
	s.delta(choice, chatDelta{ToolCalls: []chatCall{c}}, nil)
	for p := range s.x.pieces(args) {
		s.delta(choice, chatDelta{ToolCalls: []chatCall{{Index: &j, Function: chatCallFunction{Arguments: p}}}}, nil)
	}
}

func (s *chatStream) delta(choice int, d chatDelta, finish *string) {
	s.change[0] = chatChange{Index: choice, Delta: d, Finish: finish}
	s.chunk.Choices = s.change[:]
	s.event("", &s.chunk)
}
