package sandbox

// The stream of the Cohere dialect: https://docs.cohere.com/docs/streaming.

type cohereEvent struct {
	ID    string       `json:"id,omitempty"`
	Type  string       `json:"type"`
	Index *int         `json:"index,omitempty"`
	Delta *cohereDelta `json:"delta,omitempty"`
}

type cohereDelta struct {
	Message any          `json:"message,omitempty"`
	Finish  string       `json:"finish_reason,omitempty"`
	Usage   *cohereUsage `json:"usage,omitempty"`
}

// cohereStart is the empty turn with which a stream begins.
type cohereStart struct {
	Role      string     `json:"role"`
	Content   []struct{} `json:"content"`
	Plan      string     `json:"tool_plan"`
	Calls     []struct{} `json:"tool_calls"`
	Citations []struct{} `json:"citations"`
}

type cohereStream struct {
	*stream
	content int // pieces of content so far
}

func (s *cohereStream) send(kind string, index *int, message any) {
	e := cohereEvent{Type: kind, Index: index}
	if message != nil {
		e.Delta = &cohereDelta{Message: message}
	}
	s.event(kind, e)
}

func (x *exchange) streamCohere(r reply) {
	s := &cohereStream{stream: x.stream(eventStream)}
	none := []struct{}{}
	start := cohereStart{Role: "assistant", Content: none, Calls: none, Citations: none}
	s.event("message-start", cohereEvent{ID: x.seed.id("", 0), Type: "message-start", Delta: &cohereDelta{Message: start}})
	if r.thought != "" {
		s.piece("thinking", r.thought)
	}
	if len(r.calls) == 0 {
		s.piece("text", r.text)
	} else {
		s.plan()
	}
	for i, c := range x.cohereCalls(r) {
		s.call(i, c)
	}
	u := newCohereUsage(r)
	s.event("message-end", cohereEvent{Type: "message-end", Delta: &cohereDelta{Finish: cohereFinish(r), Usage: &u}})
	s.raw("data: [DONE]\n\n")
}

// newCoherePiece makes a piece of content whose member is the kind's.
func newCoherePiece(kind, text string) coherePiece {
	if kind == "thinking" {
		return coherePiece{Thinking: &text}
	}
	return coherePiece{Text: &text}
}

// piece sends a piece of content.
func (s *cohereStream) piece(kind, text string) {
	type content struct {
		Content coherePiece `json:"content"`
	}
	index := s.content
	s.content++
	first := newCoherePiece(kind, "")
	first.Type = kind
	s.send("content-start", &index, content{first})
	for part := range s.x.pieces(text) {
		s.send("content-delta", &index, content{newCoherePiece(kind, part)})
	}
	s.send("content-end", &index, nil)
}

func (s *cohereStream) plan() {
	type plan struct {
		Plan string `json:"tool_plan"`
	}
	for _, part := range pieces(coherePlan, 0) {
		s.send("tool-plan-delta", nil, plan{part})
	}
}

// call sends a call, its arguments in pieces.
func (s *cohereStream) call(index int, c cohereCall) {
	type calls struct {
		Calls cohereCall `json:"tool_calls"`
	}
	args := c.Function.Arguments
	c.Function.Arguments = ""
	s.send("tool-call-start", &index, calls{c})
	for _, part := range pieces(args, 0) {
		s.send("tool-call-delta", &index, calls{cohereCall{Function: chatCallFunction{Arguments: part}}})
	}
	s.send("tool-call-end", &index, nil)
}
