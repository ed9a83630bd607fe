package dialect

import "github.com/sluice-gateway/sluice/internal/llm"

// ToolLoop gives what the assistant has said in the turn that the results at the end of a
// conversation answer, whatever else the user says beside them; nil where the conversation
// does not end with results.
func ToolLoop(r *llm.Request) (said []*llm.Part) {
	end := len(r.Messages)
	results := false
	for ; end > 0; end-- {
		m := &r.Messages[end-1]
		if m.Role == llm.Assistant && (results || holds(m)) {
			break
		}
		results = results || m.Role == llm.ToolRole
	}
	if !results {
		return nil
	}
	first := end
	for first > 0 && r.Messages[first-1].Role == llm.Assistant {
		first--
	}
	for i := first; i < end; i++ {
		for n := range r.Messages[i].Parts {
			said = append(said, &r.Messages[i].Parts[n])
		}
	}
	return said
}

// Unsigned reports whether a turn in a tool loop begins with something else than a thought
// with state that may be sent back, as state tells. Claude refuses to think within a budget
// then (https://platform.claude.com/docs/en/build-with-claude/extended-thinking#extended-thinking-with-tool-use).
func Unsigned(said []*llm.Part, state func(*llm.Part) *llm.Opaque) bool {
	for _, p := range said {
		switch {
		case p.Kind == llm.Thinking && state(p) != nil:
			return false
		case p.Kind == llm.ToolCall, p.Kind == llm.Text && !IsBlank(p.Text):
			return true
		}
	}
	return len(said) > 0
}
