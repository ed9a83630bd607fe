package openairesponses

import "github.com/sluice-gateway/sluice/internal/llm"

// attachSigns gives the signatures of the assistant's turn that has ended back to what
// they sign: the call that they name, else the call that follows, else the text before;
// one that signs nothing that is left stands alone.
func (p *requestReader) attachSigns() {
	if len(p.signs) == 0 {
		return
	}
	r := p.r
	n := len(r.Messages)
	if n == 0 || r.Messages[n-1].Role != llm.Assistant {
		r.Messages = append(r.Messages, llm.Message{Role: llm.Assistant})
		n++
	}
	parts := r.Messages[n-1].Parts
	rest := p.signs[:0]
	for _, s := range p.signs {
		if i := namedCall(parts, s.state.ID); i >= 0 {
			parts[i].State = append(parts[i].State, s.state)
		} else {
			rest = append(rest, s)
		}
	}
	for _, s := range rest {
		if i := neighbour(parts, &s); i >= 0 {
			parts[i].State = append(parts[i].State, s.state)
		} else {
			parts = append(parts, llm.Part{Kind: llm.Thinking, State: []llm.Opaque{s.state}})
		}
	}
	r.Messages[n-1].Parts = parts
	p.signs = p.signs[:0]
}

// namedCall finds the call with an id, -1 when there is none.
func namedCall(parts []llm.Part, id string) int {
	for i := range parts {
		if c := parts[i].Call; c != nil && id != "" && c.ID == id {
			return i
		}
	}
	return -1
}

// neighbour finds the part beside a signature that it may belong to, -1 when there is none.
func neighbour(parts []llm.Part, s *sign) int {
	if s.at < len(parts) && parts[s.at].Kind == llm.ToolCall && len(parts[s.at].State) == 0 {
		return s.at
	}
	if i := s.at - 1; i >= 0 && i < len(parts) && parts[i].Kind == llm.Text && len(parts[i].State) == 0 {
		return i
	}
	return -1
}
