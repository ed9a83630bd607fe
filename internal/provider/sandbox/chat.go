package sandbox

import (
	"encoding/json"
	"fmt"
)

// The Chat dialect: https://platform.openai.com/docs/api-reference/chat.

type chatRequest struct {
	Model         string          `json:"model"`
	Messages      []chatMessage   `json:"messages"`
	Stream        bool            `json:"stream"`
	StreamOptions *streamOptions  `json:"stream_options"`
	N             *int            `json:"n"`
	Stop          texts           `json:"stop"`
	MaxTokens     *int            `json:"max_tokens"`
	MaxCompletion *int            `json:"max_completion_tokens"`
	Tools         []chatTool      `json:"tools"`
	ToolChoice    json.RawMessage `json:"tool_choice"`
	Parallel      *bool           `json:"parallel_tool_calls"`
	Format        struct {
		Type       string `json:"type"`
		JSONSchema struct {
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

type chatMessage struct {
	Role      string            `json:"role"`
	Content   content           `json:"content"`
	ToolCalls []json.RawMessage `json:"tool_calls"`
}

type chatTool struct {
	Type     string `json:"type"`
	Function struct {
		Name       string          `json:"name"`
		Parameters json.RawMessage `json:"parameters"`
	} `json:"function"`
}

func chat(x *exchange) *problem {
	var q chatRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	a, p := q.parse()
	if p != nil {
		return p
	}
	n, p := choices(q.N)
	if p != nil {
		return p
	}
	if p := x.use(converse, q.Model); p != nil {
		return p
	}
	r := x.compose(a)
	if p := r.fits(n, 0); p != nil {
		return p
	}
	u := newChatUsage(r, n)
	if q.Stream {
		x.streamChat(r, n, u, q.StreamOptions != nil && q.StreamOptions.IncludeUsage)
		return nil
	}
	return x.answer(x.newChatAnswer(r, n, u))
}

func (q *chatRequest) parse() (*ask, *problem) {
	if len(q.Messages) == 0 {
		return nil, missing("messages")
	}
	a := &ask{stop: q.Stop, single: q.Parallel != nil && !*q.Parallel}
	for i, m := range q.Messages {
		if p := m.addTo(a, i); p != nil {
			return nil, p
		}
	}
	for _, t := range q.Tools {
		if t.Type == "function" {
			a.tools = append(a.tools, tool{t.Function.Name, t.Function.Parameters})
		}
	}
	a.quiet, a.tool = toolChoice(q.ToolChoice)
	a.json = q.Format.Type == "json_object" || q.Format.Type == "json_schema"
	a.schema = q.Format.JSONSchema.Schema
	var p *problem
	if a.max, p = limit("max_tokens", q.MaxTokens); p == nil && q.MaxCompletion != nil {
		a.max, p = limit("max_completion_tokens", q.MaxCompletion)
	}
	return a, p
}

func (m *chatMessage) addTo(a *ask, i int) *problem {
	t := turn{texts: m.Content.texts()}
	switch m.Role {
	case "user":
	case "assistant":
		t.role = assistant
	case "tool", "function":
		t.result = true
	case "system", "developer":
		t.role = other
	default:
		param := fmt.Sprintf("messages[%d].role", i)
		return invalid(param, "unknown role "+quote(m.Role)+" in '"+param+"': want system, developer, user, assistant or tool")
	}
	a.say(t)
	return nil
}

// maxChoices is how many answers one request may ask for.
const maxChoices = 128

func choices(n *int) (int, *problem) {
	switch {
	case n == nil:
		return 1, nil
	case *n < 1 || *n > maxChoices:
		return 0, invalid("n", fmt.Sprintf("'n' must be from 1 to %d", maxChoices))
	}
	return *n, nil
}

// toolChoice reads a choice of Chat or Responses: a word, or a function by name.
func toolChoice(raw json.RawMessage) (quiet bool, name string) {
	var word string
	if json.Unmarshal(raw, &word) == nil {
		return word == "none", ""
	}
	var named struct {
		Name     string `json:"name"`
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}
	if json.Unmarshal(raw, &named) != nil {
		return false, ""
	}
	return false, named.Name + named.Function.Name
}

type chatUsage struct {
	Prompt        int `json:"prompt_tokens"`
	Completion    int `json:"completion_tokens"`
	Total         int `json:"total_tokens"`
	PromptDetails struct {
		Cached int `json:"cached_tokens"`
		Audio  int `json:"audio_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		Reasoning int `json:"reasoning_tokens"`
		Audio     int `json:"audio_tokens"`
		Accepted  int `json:"accepted_prediction_tokens"`
		Rejected  int `json:"rejected_prediction_tokens"`
	} `json:"completion_tokens_details"`
}

// newChatUsage counts the prompt once and each of n choices.
func newChatUsage(r reply, n int) *chatUsage {
	u := &chatUsage{Prompt: r.in, Completion: n * r.out, Total: r.in + n*r.out}
	u.CompletionDetails.Reasoning = n * r.thinking
	return u
}

type chatAnswer struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"`
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	Choices []chatChoice `json:"choices"`
	Usage   *chatUsage   `json:"usage"`
}

type chatChoice struct {
	Index    int       `json:"index"`
	Message  chatReply `json:"message"`
	Logprobs *struct{} `json:"logprobs"`
	Finish   string    `json:"finish_reason"`
}

type chatReply struct {
	Role      string     `json:"role"`
	Content   *string    `json:"content"`
	Reasoning string     `json:"reasoning_content,omitempty"`
	Refusal   *string    `json:"refusal"`
	ToolCalls []chatCall `json:"tool_calls,omitempty"`
}

type chatCall struct {
	Index    *int             `json:"index,omitempty"` // in streams only
	ID       string           `json:"id,omitempty"`
	Type     string           `json:"type,omitempty"`
	Function chatCallFunction `json:"function"`
}

type chatCallFunction struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

func (x *exchange) newChatAnswer(r reply, n int, u *chatUsage) *chatAnswer {
	out := &chatAnswer{ID: x.seed.id("chatcmpl-", 0), Object: "chat.completion", Created: epoch, Model: x.name, Usage: u}
	for i := range n {
		m := chatReply{Role: "assistant", Reasoning: r.thought, ToolCalls: x.chatCalls(r, i)}
		if len(r.calls) == 0 {
			m.Content = &r.text
		}
		out.Choices = append(out.Choices, chatChoice{Index: i, Message: m, Finish: finishReason(r)})
	}
	return out
}

// chatCalls gives the calls of one choice, with ids of their own.
func (x *exchange) chatCalls(r reply, choice int) []chatCall {
	var out []chatCall
	for i, c := range r.calls {
		out = append(out, chatCall{
			ID: x.seed.id("call_", choice*len(r.calls)+i), Type: "function",
			Function: chatCallFunction{c.name, c.args},
		})
	}
	return out
}

func finishReason(r reply) string {
	switch r.end {
	case outOfTokens:
		return "length"
	case toolsCalled:
		return "tool_calls"
	}
	return "stop"
}
