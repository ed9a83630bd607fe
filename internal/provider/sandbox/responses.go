package sandbox

import (
	"cmp"
	"encoding/json"
)

func responses(x *exchange) *problem {
	var q responsesRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	a, own, p := x.parseResponses(&q)
	if p != nil {
		return p
	}
	if p := x.use(converse, q.Model); p != nil {
		return p
	}
	r := x.compose(a)
	out := x.newResponse(&q)
	out.end(r, x.outputItems(r))
	if out.Store {
		x.keepResponse(out, own)
	}
	if q.Stream {
		x.streamResponse(out, 0)
		return nil
	}
	return x.answer(out)
}

// inputTokens counts what a response would read.
func inputTokens(x *exchange) *problem {
	var q responsesRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	a, _, p := x.parseResponses(&q)
	if p != nil {
		return p
	}
	if p := x.use(converse, q.Model); p != nil {
		return p
	}
	return x.answer(struct {
		Object string `json:"object"`
		Input  int    `json:"input_tokens"`
	}{"response.input_tokens", a.prompt})
}

// compact gives the input back behind a token that stands for it.
func compact(x *exchange) *problem {
	var q responsesRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	a, own, p := x.parseResponses(&q)
	if p != nil {
		return p
	}
	if p := x.use(converse, q.Model); p != nil {
		return p
	}
	type compaction struct {
		ID        string `json:"id"`
		Type      string `json:"type"`
		Encrypted string `json:"encrypted_content"`
	}
	out := struct {
		ID        string          `json:"id"`
		Object    string          `json:"object"`
		CreatedAt int64           `json:"created_at"`
		Output    []any           `json:"output"`
		Usage     *responsesUsage `json:"usage"`
	}{ID: x.seed.id("resp_", 0), Object: "response.compaction", CreatedAt: epoch, Usage: newResponsesUsage(reply{in: a.prompt})}
	for _, item := range own {
		out.Output = append(out.Output, item)
	}
	out.Output = append(out.Output, compaction{x.seed.id("cmp_", 0), "compaction", x.seed.id("sandbox-", 0)})
	return x.answer(out)
}

// parseResponses gives the ask, with everything said before, and the request's own
// input as items.
func (x *exchange) parseResponses(q *responsesRequest) (*ask, []json.RawMessage, *problem) {
	own, p := inputItems(q.Input)
	if p != nil {
		return nil, nil, p
	}
	history, p := x.history(q.Previous)
	if p != nil {
		return nil, nil, p
	}
	if len(own) == 0 && len(history) == 0 {
		return nil, nil, missing("input")
	}
	a := &ask{single: q.Parallel != nil && !*q.Parallel}
	if q.Instructions != nil {
		a.say(turn{role: other, texts: []string{*q.Instructions}})
	}
	for _, items := range [][]json.RawMessage{history, own} {
		for _, raw := range items {
			if !a.addItem(raw) {
				return nil, nil, invalid("input", "an item of 'input' cannot be read")
			}
		}
	}
	var tools []responsesTool
	if len(q.Tools) > 0 && json.Unmarshal(q.Tools, &tools) != nil {
		return nil, nil, invalid("tools", "'tools' must be a list of tools")
	}
	for _, t := range tools {
		if t.Type == "function" {
			a.tools = append(a.tools, tool{t.Name, t.Parameters})
		}
	}
	var text responsesText
	if len(q.Text) > 0 && json.Unmarshal(q.Text, &text) != nil {
		return nil, nil, invalid("text", "'text' must be an object")
	}
	a.json, a.schema = text.Format.Type == "json_object" || text.Format.Type == "json_schema", text.Format.Schema
	a.quiet, a.tool = toolChoice(q.ToolChoice)
	a.max, p = limit("max_output_tokens", q.MaxOutput)
	return a, own, p
}

// inputItems reads a text or a list of items as a list of items.
func inputItems(raw json.RawMessage) ([]json.RawMessage, *problem) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) == nil {
		return items, nil
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return nil, invalid("input", "'input' must be a text or a list of items")
	}
	type inputText struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	return []json.RawMessage{encode(struct {
		Type    string      `json:"type"`
		Role    string      `json:"role"`
		Content []inputText `json:"content"`
	}{"message", "user", []inputText{{"input_text", text}}})}, nil
}

// addItem adds an item to what has been said; false when it cannot be read.
func (a *ask) addItem(raw json.RawMessage) bool {
	var item responsesItem
	if json.Unmarshal(raw, &item) != nil {
		return false
	}
	t := turn{texts: item.Content.texts()}
	switch {
	case item.Type == "function_call_output":
		t.texts, t.result = item.Output.texts(), true
	case item.Type != "" && item.Type != "message", item.Role == "assistant":
		t.role = assistant
	case item.Role != "user":
		t.role = other
	}
	a.say(t)
	return true
}

// newResponse is the object as it stands at its beginning.
func (x *exchange) newResponse(q *responsesRequest) *response {
	or := func(v json.RawMessage, otherwise string) json.RawMessage {
		if len(v) == 0 || string(v) == "null" {
			return json.RawMessage(otherwise)
		}
		return v
	}
	return &response{
		ID: x.seed.id("resp_", 0), Object: "response", CreatedAt: epoch, Status: "in_progress",
		Background: q.Background, Instructions: q.Instructions, MaxOutput: q.MaxOutput, Model: x.name,
		Output: []any{}, Parallel: q.Parallel == nil || *q.Parallel, Previous: q.Previous,
		Store: q.Store == nil || *q.Store, Truncation: "disabled", Tier: "default",
		MaxCalls: q.MaxCalls, SafetyID: q.SafetyID, CacheKey: q.CacheKey, TopLogprobs: q.TopLogprobs,
		Reasoning:   or(q.Reasoning, `{"effort":null,"summary":null}`),
		Temperature: or(q.Temperature, "1.0"), TopP: or(q.TopP, "1.0"),
		Text:       or(q.Text, `{"format":{"type":"text"}}`),
		ToolChoice: or(q.ToolChoice, `"auto"`), Tools: wholeTools(or(q.Tools, "[]")), Metadata: or(q.Metadata, "{}"),
	}
}

// wholeTools gives functions the members that the caller did not write.
func wholeTools(list json.RawMessage) json.RawMessage {
	var tools []map[string]json.RawMessage
	if json.Unmarshal(list, &tools) != nil {
		return list
	}
	for _, t := range tools {
		for member, otherwise := range map[string]string{"description": "null", "parameters": "null", "strict": "true"} {
			if t[member] == nil && string(t["type"]) == `"function"` {
				t[member] = json.RawMessage(otherwise)
			}
		}
	}
	return encode(tools)
}

// end brings the object to its end.
func (o *response) end(r reply, output []any) {
	o.Status, o.Output, o.Usage = itemStatus(r), output, newResponsesUsage(r)
	if r.end == outOfTokens {
		o.Incomplete = &incompleteDetails{"max_output_tokens"}
	} else {
		at := int64(epoch)
		o.CompletedAt = &at
	}
}

func itemStatus(r reply) string {
	if r.end == outOfTokens {
		return "incomplete"
	}
	return "completed"
}

// outputItems are the items of a reply: thoughts, then calls or a message.
func (x *exchange) outputItems(r reply) []any {
	out := []any{}
	if r.thought != "" {
		out = append(out, &reasoningItem{
			ID: x.seed.id("rs_", 0), Type: "reasoning", Summary: []summaryText{{"summary_text", r.thought}},
			Encrypted: x.seed.id("sandbox-", 0),
		})
	}
	for i, c := range r.calls {
		out = append(out, &callItem{
			ID: x.seed.id("fc_", i), Type: "function_call", Status: "completed",
			CallID: x.seed.id("call_", i), Name: c.name, Arguments: cmp.Or(c.args, "{}"),
		})
	}
	if len(r.calls) == 0 {
		out = append(out, &messageItem{
			ID: x.seed.id("msg_", 0), Type: "message", Status: itemStatus(r), Role: "assistant",
			Content: []outputText{newOutputText(r.text)},
		})
	}
	return out
}
