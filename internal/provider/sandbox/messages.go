package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// The Messages dialect: https://platform.claude.com/docs/en/api/messages.

type messagesRequest struct {
	Model      string         `json:"model"`
	MaxTokens  *int           `json:"max_tokens"`
	Messages   []chatMessage  `json:"messages"`
	System     content        `json:"system"`
	Stream     bool           `json:"stream"`
	Stop       texts          `json:"stop_sequences"`
	Tools      []messagesTool `json:"tools"`
	ToolChoice struct {
		Type   string `json:"type"`
		Name   string `json:"name"`
		Single bool   `json:"disable_parallel_tool_use"`
	} `json:"tool_choice"`
	Output struct {
		Format messagesFormat `json:"format"`
	} `json:"output_config"`
	OldFormat messagesFormat `json:"output_format"`
}

type messagesFormat struct {
	Type   string          `json:"type"`
	Schema json.RawMessage `json:"schema"`
}

type messagesTool struct {
	Type   string          `json:"type"` // "" or "custom": the caller's own
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"input_schema"`
}

func messages(x *exchange) *problem {
	var q messagesRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	if q.MaxTokens == nil {
		return invalid("max_tokens", "max_tokens: Field required")
	}
	a, p := q.parse()
	if p != nil {
		return p
	}
	if p := x.use(converse, q.Model); p != nil {
		return p
	}
	r := x.compose(a)
	if q.Stream {
		x.streamMessage(r)
		return nil
	}
	return x.answer(x.newMessage(r))
}

func countTokens(x *exchange) *problem {
	var q messagesRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	a, p := q.parse()
	if p != nil {
		return p
	}
	if p := x.use(converse, q.Model); p != nil {
		return p
	}
	return x.answer(struct {
		Input int `json:"input_tokens"`
	}{a.prompt})
}

func (q *messagesRequest) parse() (*ask, *problem) {
	if len(q.Messages) == 0 {
		return nil, invalid("messages", "messages: at least one message is required")
	}
	a := &ask{stop: q.Stop, single: q.ToolChoice.Single, quiet: q.ToolChoice.Type == "none", tool: q.ToolChoice.Name}
	a.say(turn{role: other, texts: q.System.texts()})
	for i, m := range q.Messages {
		if !a.addMessage(m) {
			return nil, invalid("messages", fmt.Sprintf("messages.%d.role: unknown role %s, want user or assistant", i, quote(m.Role)))
		}
	}
	for _, t := range q.Tools {
		if t.Type == "" || t.Type == "custom" {
			a.tools = append(a.tools, tool{t.Name, t.Schema})
		}
	}
	for _, f := range []messagesFormat{q.Output.Format, q.OldFormat} {
		if f.Type == "json_schema" {
			a.json, a.schema = true, f.Schema
		}
	}
	var p *problem
	a.max, p = limit("max_tokens", q.MaxTokens)
	return a, p
}

// addMessage adds a message: its tool results, which come first, then its texts.
func (a *ask) addMessage(m chatMessage) bool {
	who := user
	switch m.Role {
	case "user":
	case "assistant":
		who = assistant
	case "system":
		who = other
	default:
		return false
	}
	results, ok := m.Content.results()
	if ok {
		a.say(turn{role: user, texts: results, result: true})
	}
	if t := m.Content.texts(); len(t) > 0 || !ok {
		a.say(turn{role: who, texts: t})
	}
	return true
}

type message struct {
	ID         string        `json:"id"`
	Type       string        `json:"type"`
	Role       string        `json:"role"`
	Model      string        `json:"model"`
	Content    []any         `json:"content"`
	StopReason *string       `json:"stop_reason"`
	StopAt     *string       `json:"stop_sequence"`
	Usage      *messageUsage `json:"usage"`
}

type messageUsage struct {
	Input      int    `json:"input_tokens"`
	CacheWrite int    `json:"cache_creation_input_tokens"`
	CacheRead  int    `json:"cache_read_input_tokens"`
	Output     int    `json:"output_tokens"`
	Tier       string `json:"service_tier"`
}

// textBlock, thinkingBlock and toolUseBlock are what a message is made of.
type textBlock struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type thinkingBlock struct {
	Type      string `json:"type"`
	Thinking  string `json:"thinking"`
	Signature string `json:"signature"`
}

type toolUseBlock struct {
	Type  string          `json:"type"`
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
}

func (x *exchange) newMessage(r reply) *message {
	m := &message{
		ID: x.seed.id("msg_", 0), Type: "message", Role: "assistant", Model: x.name, Content: x.blocks(r),
		Usage: &messageUsage{Input: r.in, Output: r.out, Tier: "standard"},
	}
	m.end(r)
	return m
}

func (m *message) end(r reply) {
	reason := "end_turn"
	switch r.end {
	case outOfTokens:
		reason = "max_tokens"
	case toolsCalled:
		reason = "tool_use"
	case stoppedAt:
		reason, m.StopAt = "stop_sequence", &r.stop
	}
	m.StopReason = &reason
}

// blocks are the content blocks of a reply; no text has no block.
func (x *exchange) blocks(r reply) []any {
	out := []any{}
	if r.thought != "" {
		out = append(out, thinkingBlock{"thinking", r.thought, x.signature()})
	}
	if r.text != "" {
		out = append(out, textBlock{"text", r.text})
	}
	for i, c := range r.calls {
		out = append(out, toolUseBlock{"tool_use", x.seed.id("toolu_", i), c.name, json.RawMessage(c.args)})
	}
	return out
}

// signature is the opaque proof that goes with thoughts.
func (x *exchange) signature() string {
	c := x.seed.child("signature", 0)
	return base64.StdEncoding.EncodeToString(c[:])
}
