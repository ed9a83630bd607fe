package sandbox

import "encoding/json"

// messageEvent is one event of a stream; each kind has some of the members.
type messageEvent struct {
	Type    string        `json:"type"`
	Message *message      `json:"message,omitempty"`
	Index   *int          `json:"index,omitempty"`
	Block   any           `json:"content_block,omitempty"`
	Delta   any           `json:"delta,omitempty"`
	Usage   *messageUsage `json:"usage,omitempty"`
}

type textDelta struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type thinkingDelta struct {
	Type     string `json:"type"`
	Thinking string `json:"thinking"`
}

type signatureDelta struct {
	Type      string `json:"type"`
	Signature string `json:"signature"`
}

type inputDelta struct {
	Type    string `json:"type"`
	Partial string `json:"partial_json"`
}

type messageDelta struct {
	StopReason *string `json:"stop_reason"`
	StopAt     *string `json:"stop_sequence"`
}

// messageStream writes the events of one message.
type messageStream struct{ *stream }

func (x *exchange) streamMessage(r reply) {
	s := messageStream{x.stream(eventStream)}
	done := x.newMessage(r)
	begun := *done
	begun.Content, begun.StopReason, begun.StopAt = []any{}, nil, nil
	begun.Usage = &messageUsage{Input: r.in, Tier: done.Usage.Tier}
	s.put(messageEvent{Type: "message_start", Message: &begun})
	s.put(messageEvent{Type: "ping"})
	for i, b := range done.Content {
		s.block(i, b)
	}
	s.put(messageEvent{Type: "message_delta", Delta: messageDelta{done.StopReason, done.StopAt}, Usage: done.Usage})
	s.put(messageEvent{Type: "message_stop"})
}

func (s messageStream) put(e messageEvent) { s.event(e.Type, e) }

func (s messageStream) block(i int, block any) {
	start := func(empty any) { s.put(messageEvent{Type: "content_block_start", Index: &i, Block: empty}) }
	delta := func(d any) { s.put(messageEvent{Type: "content_block_delta", Index: &i, Delta: d}) }
	switch b := block.(type) {
	case textBlock:
		start(textBlock{Type: b.Type})
		for p := range s.x.pieces(b.Text) {
			delta(textDelta{"text_delta", p})
		}
	case thinkingBlock:
		start(thinkingBlock{Type: b.Type})
		for p := range s.x.pieces(b.Thinking) {
			delta(thinkingDelta{"thinking_delta", p})
		}
		delta(signatureDelta{"signature_delta", b.Signature})
	case toolUseBlock:
		start(toolUseBlock{b.Type, b.ID, b.Name, json.RawMessage("{}")})
		delta(inputDelta{"input_json_delta", ""})
		for p := range s.x.pieces(string(b.Input)) {
			delta(inputDelta{"input_json_delta", p})
		}
	}
	s.put(messageEvent{Type: "content_block_stop", Index: &i})
}
