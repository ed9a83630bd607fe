package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// The Cohere dialect: https://docs.cohere.com/reference/chat.

type cohereRequest struct {
	Model     string            `json:"model"`
	Messages  []cohereMessage   `json:"messages"`
	Documents []json.RawMessage `json:"documents"`
	Stream    bool              `json:"stream"`
	MaxTokens *int              `json:"max_tokens"`
	Stop      texts             `json:"stop_sequences"`
	Tools     []chatTool        `json:"tools"`
	Choice    string            `json:"tool_choice"`
	Format    struct {
		Type   string          `json:"type"`
		Schema json.RawMessage `json:"json_schema"`
	} `json:"response_format"`
}

type cohereMessage struct {
	Role    string        `json:"role"`
	Content cohereContent `json:"content"`
}

// cohereContent is the content of a message. What a tool found may stand there as a
// document, which counts as its JSON.
type cohereContent []string

func (c *cohereContent) UnmarshalJSON(b []byte) error {
	if b[0] != '[' {
		var plain content
		err := json.Unmarshal(b, &plain)
		*c = plain.texts()
		return err
	}
	var parts []struct {
		Text     *string `json:"text"`
		Document *struct {
			Data json.RawMessage `json:"data"`
		} `json:"document"`
	}
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	for _, p := range parts {
		switch {
		case p.Text != nil:
			*c = append(*c, *p.Text)
		case p.Document != nil:
			*c = append(*c, string(p.Document.Data))
		}
	}
	return nil
}

func cohereChat(x *exchange) *problem {
	var q cohereRequest
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
	r := x.compose(a)
	if q.Stream {
		x.streamCohere(r)
		return nil
	}
	return x.answer(x.newCohereAnswer(r))
}

func (q *cohereRequest) parse() (*ask, *problem) {
	if len(q.Messages) == 0 {
		return nil, missing("messages")
	}
	a := &ask{stop: q.Stop, quiet: q.Choice == "NONE", json: q.Format.Type == "json_object", schema: q.Format.Schema}
	for i, m := range q.Messages {
		t := turn{texts: m.Content}
		switch m.Role {
		case "user":
		case "assistant":
			t.role = assistant
		case "tool":
			t.result = true
		case "system":
			t.role = other
		default:
			param := fmt.Sprintf("messages[%d].role", i)
			return nil, invalid(param, "unknown role "+quote(m.Role)+" in '"+param+"': want system, user, assistant or tool")
		}
		a.say(t)
	}
	for _, d := range q.Documents {
		a.prompt += tokens(string(d))
	}
	for _, t := range q.Tools {
		a.tools = append(a.tools, tool{t.Function.Name, t.Function.Parameters})
	}
	var p *problem
	a.max, p = limit("max_tokens", q.MaxTokens)
	return a, p
}

type cohereAnswer struct {
	ID      string      `json:"id"`
	Message cohereTurn  `json:"message"`
	Finish  string      `json:"finish_reason"`
	Usage   cohereUsage `json:"usage"`
}

type cohereTurn struct {
	Role    string        `json:"role"`
	Content []coherePiece `json:"content,omitempty"`
	Plan    string        `json:"tool_plan,omitempty"`
	Calls   []cohereCall  `json:"tool_calls,omitempty"`
}

// coherePiece is a piece of content; in a stream's deltas it has no type.
type coherePiece struct {
	Type     string  `json:"type,omitempty"`
	Text     *string `json:"text,omitempty"`
	Thinking *string `json:"thinking,omitempty"`
}

type cohereCall struct {
	ID       string           `json:"id,omitempty"`
	Type     string           `json:"type,omitempty"`
	Function chatCallFunction `json:"function"`
}

type cohereUsage struct {
	Billed cohereTokens `json:"billed_units"`
	Tokens cohereTokens `json:"tokens"`
	Cached int          `json:"cached_tokens"`
}

type cohereTokens struct {
	Input     int  `json:"input_tokens"`
	Output    int  `json:"output_tokens"`
	Reasoning *int `json:"reasoning_tokens,omitempty"`
}

// coherePlan is said before every call.
const coherePlan = "I will use the tool to find out."

func (x *exchange) newCohereAnswer(r reply) *cohereAnswer {
	out := &cohereAnswer{ID: x.seed.id("", 0), Finish: cohereFinish(r), Usage: newCohereUsage(r)}
	out.Message.Role = "assistant"
	if r.thought != "" {
		out.Message.Content = append(out.Message.Content, coherePiece{Type: "thinking", Thinking: &r.thought})
	}
	if len(r.calls) > 0 {
		out.Message.Plan = coherePlan
		out.Message.Calls = x.cohereCalls(r)
		return out
	}
	out.Message.Content = append(out.Message.Content, coherePiece{Type: "text", Text: &r.text})
	return out
}

func (x *exchange) cohereCalls(r reply) (out []cohereCall) {
	for i, c := range r.calls {
		out = append(out, cohereCall{ID: x.seed.id(c.name+"_", i), Type: "function", Function: chatCallFunction{c.name, c.args}})
	}
	return out
}

func newCohereUsage(r reply) cohereUsage {
	all := cohereTokens{Input: r.in, Output: r.out}
	if len(r.calls) > 0 {
		all.Output += tokens(coherePlan)
	}
	u := cohereUsage{Billed: all, Tokens: all}
	if r.thinking > 0 {
		u.Tokens.Reasoning = &r.thinking
	}
	return u
}

func cohereFinish(r reply) string {
	switch r.end {
	case outOfTokens:
		return "MAX_TOKENS"
	case toolsCalled:
		return "TOOL_CALL"
	case stoppedAt:
		return "STOP_SEQUENCE"
	}
	return "COMPLETE"
}

// cohereError is https://docs.cohere.com/reference/errors.
func cohereError(p *problem, id string) any {
	return struct {
		ID      string `json:"id"`
		Message string `json:"message"`
	}{id, p.message}
}

// cohereMeta is the usage of what is no conversation.
type cohereMeta struct {
	Version struct {
		Version string `json:"version"`
	} `json:"api_version"`
	Billed map[string]int `json:"billed_units"`
}

func newCohereMeta(unit string, n int) cohereMeta {
	m := cohereMeta{Billed: map[string]int{unit: n}}
	m.Version.Version = "2"
	return m
}

// cohereRerank is https://docs.cohere.com/reference/rerank.
func cohereRerank(x *exchange) *problem {
	var q struct {
		Model     string   `json:"model"`
		Query     string   `json:"query"`
		Documents []string `json:"documents"`
		TopN      *int     `json:"top_n"`
	}
	if p := x.decode(&q); p != nil {
		return p
	}
	switch {
	case q.Query == "":
		return missing("query")
	case len(q.Documents) == 0:
		return missing("documents")
	case q.TopN != nil && *q.TopN < 1:
		return invalid("top_n", "'top_n' must be 1 or more")
	}
	if p := x.use(ranks, q.Model); p != nil {
		return p
	}
	results := make([]ranked, len(q.Documents))
	for i, text := range q.Documents {
		results[i] = ranked{Index: i, Score: likeness(q.Query, text)}
	}
	slices.SortStableFunc(results, func(a, b ranked) int { return cmp.Compare(b.Score, a.Score) })
	if q.TopN != nil {
		results = results[:min(*q.TopN, len(results))]
	}
	return x.answer(struct {
		ID      string     `json:"id"`
		Results []ranked   `json:"results"`
		Meta    cohereMeta `json:"meta"`
	}{x.seed.id("", 0), results, newCohereMeta("search_units", 1)})
}
