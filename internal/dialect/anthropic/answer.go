package anthropic

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// answering is what reading an answer has to know of the call.
type answering struct {
	call   *dialect.Call
	byTool bool // the input of a tool is the answer: see answersByTool
}

func newAnswering(c *dialect.Call) answering {
	return answering{call: c, byTool: wantsSchema(c.Request) && answersByTool(c.Request, rulesOf(c.Model))}
}

// isAnswer reports whether a tool is the one whose input is the answer.
func (r *answering) isAnswer(name string) bool { return r.byTool && name == answerToolName }

// ParseAnswer implements dialect.Codec.
func (codec) ParseAnswer(body []byte, c *dialect.Call) (*llm.Answer, error) {
	r := newAnswering(c)
	return r.message(body)
}

// message reads https://platform.claude.com/docs/en/api/messages#response.
func (r *answering) message(body []byte) (*llm.Answer, error) {
	a := &llm.Answer{Choices: make([]llm.Choice, 1)}
	choice := &a.Choices[0]
	var t tally
	var kind []byte
	content := false
	err := jsonscan.Members(body, func(key, v []byte) bool {
		switch string(key) {
		case "type":
			kind = text(v)
		case "role":
		case "id":
			set(&a.ID, v)
		case "model":
			set(&a.Model, v)
		case "content":
			content = true
			choice.Parts = r.parts(v)
		case "stop_reason":
			set(&choice.Vendor, v)
		case "stop_sequence":
			if v[0] == '"' {
				choice.StopText = v
			}
		case "usage":
			t.read(v, false)
		default:
			if !jsonscan.IsNull(v) {
				a.Own = append(a.Own, member(key, v))
			}
		}
		return true
	})
	switch {
	case string(kind) == "error":
		return nil, parseError(statusOf(jsonscan.Get(body, "error", "type")), nil, body)
	case err != nil || !content:
		return nil, fault.New(fault.UpstreamError, "The provider's answer is no message.").With(err)
	}
	choice.Finish = r.finish(choice.Vendor, hasCall(choice.Parts))
	a.Usage, a.Tier = t.usage(), t.tier
	return a, nil
}

func hasCall(parts []llm.Part) bool {
	for i := range parts {
		if parts[i].Kind == llm.ToolCall {
			return true
		}
	}
	return false
}

// finish reads https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons.
func (r *answering) finish(word string, called bool) llm.Finish {
	switch word {
	case "end_turn", "stop_sequence":
		return llm.FinishStop
	case "max_tokens":
		return llm.FinishLength
	case "tool_use":
		if r.byTool && !called {
			return llm.FinishStop
		}
		return llm.FinishTools
	case "pause_turn":
		return llm.FinishPause
	case "refusal":
		return llm.FinishRefusal
	case "model_context_window_exceeded":
		return llm.FinishContext
	case "":
		if called {
			return llm.FinishTools
		}
	}
	return llm.FinishUnknown
}

func (r *answering) parts(list []byte) []llm.Part {
	all := make([]llm.Part, 0, 1) // mostly
	_ = jsonscan.Elements(list, func(v []byte) bool {
		var b block
		if b.cut(v) {
			all = append(all, r.part(&b))
		}
		return true
	})
	return all
}

// part reads one block of an answer.
func (r *answering) part(b *block) llm.Part {
	switch string(b.kind) {
	case "text":
		return llm.Part{Kind: llm.Text, Text: quoted(b.have[bText]), Cites: readCitations(b.have[bCitations])}
	case "thinking":
		return llm.Part{Kind: llm.Thinking, Text: shown(b.have[bThinking]), State: r.state("signature", b.have[bSignature])}
	case "redacted_thinking":
		return llm.Part{Kind: llm.Thinking, State: r.state("redacted", b.have[bData])}
	case "tool_use":
		return r.toolUse(b)
	}
	return llm.Part{Kind: llm.Vendor, Raw: b.raw}
}

func quoted(v []byte) llm.Raw {
	if len(v) < 2 || v[0] != '"' {
		return llm.Raw(`""`)
	}
	return v
}

// shown gives a thought's text, nil where nothing of it is shown.
func shown(v []byte) llm.Raw {
	if len(v) <= 2 || v[0] != '"' {
		return nil
	}
	return v
}

func (r *answering) state(kind string, v []byte) []llm.Opaque {
	if len(text(v)) == 0 {
		return nil
	}
	value, _ := jsonscan.String(v)
	return []llm.Opaque{r.opaque(kind, value)}
}

func (r *answering) opaque(kind, value string) llm.Opaque {
	return llm.Opaque{Dialect: own, Provider: r.call.Provider, Model: r.call.Model, Kind: kind, Value: value}
}

func (r *answering) toolUse(b *block) llm.Part {
	c := &llm.Call{Arguments: b.have[bInput]}
	set(&c.ID, b.have[bID])
	set(&c.Name, b.have[bName])
	if r.isAnswer(c.Name) {
		return llm.Part{Kind: llm.Text, Text: jsonout.Quote(string(c.Arguments))}
	}
	c.Name = r.call.ToolName(c.Name)
	return llm.Part{Kind: llm.ToolCall, Call: c}
}
