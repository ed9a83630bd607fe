package vendors

import (
	"encoding/json"
	"net/http"
	"strings"
)

// readChat reads a request of https://platform.openai.com/docs/api-reference/chat/create,
// and what OpenRouter adds to it.
func readChat(r *reader, o object) {
	r.only("request", o, "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop", "seed", "n", "tools", "tool_choice",
		"parallel_tool_calls", "response_format", "reasoning_effort", "reasoning", "user", "metadata", "store", "service_tier", "prompt_cache_key", "safety_identifier", "verbosity",
		"frequency_penalty", "presence_penalty", "logprobs", "top_logprobs", "modalities", "provider", "include_reasoning", "usage")
	r.needs("request", o, "model", "messages")
	r.stream, _ = o["stream"].(bool)
	if o.has("stream_options") && !r.stream {
		r.refuse("stream_options without stream")
	}
	r.thinks = o.text("reasoning_effort") != "" || o.has("reasoning")
	for _, t := range o.list("tools") {
		f := t.at("function")
		r.only("tool", t, "type", "function", "cache_control")
		r.only("function", f, "name", "description", "parameters", "strict")
		r.tool("tools", f.text("name"), f["parameters"])
	}
	r.forced = chatForced(o["tool_choice"])
	if o.has("tool_choice") && len(r.tools) == 0 {
		r.refuse("tool_choice without tools")
	}
	if f := o.at("response_format"); f != nil {
		r.schema = f.text("type") == "json_schema"
		if r.schema {
			r.needs("response_format.json_schema", f.at("json_schema"), "name", "schema")
		}
	}
	for _, m := range o.list("messages") {
		r.chatMessage(m)
	}
	r.order(byID)
	r.extras = o
}

func chatForced(choice any) string {
	if choice == "required" {
		return "*"
	}
	return objectOf(choice).at("function").text("name")
}

func (r *reader) chatMessage(m object) {
	t := turn{}
	switch role := m.text("role"); role {
	case "system", "developer":
		r.only(role+" message", m, "role", "content", "name")
		r.chatContent(role, m["content"])
		return
	case "user":
		r.only("user message", m, "role", "content", "name")
		t.user = r.chatContent(role, m["content"])
		if t.user == "" {
			r.refuse("a user message without text")
		}
	case "assistant":
		r.only("assistant message", m, "role", "content", "name", "refusal", "audio", "tool_calls", "reasoning", "reasoning_content", "reasoning_details", "parsed")
		t.said = r.chatContent(role, m["content"])
		r.chatCalls(&t, m)
		if t.said == "" && len(t.calls) == 0 {
			r.refuse("an assistant message with neither text nor calls")
		}
	case "tool":
		r.only("tool message", m, "role", "content", "tool_call_id", "name")
		if last := len(r.turns) - 1; last >= 0 && len(r.turns[last].results) > 0 {
			r.turns[last].results = append(r.turns[last].results, result{m.text("tool_call_id"), r.chatContent(role, m["content"])})
			return
		}
		t.results = []result{{m.text("tool_call_id"), r.chatContent(role, m["content"])}}
	default:
		r.refuse("a message of role %q", role)
	}
	r.turns = append(r.turns, t)
}

func (r *reader) chatContent(role string, v any) string {
	switch v := v.(type) {
	case nil:
		if role != "assistant" {
			r.refuse("a %s message without content", role)
		}
	case string:
		return v
	case []any:
		var b strings.Builder
		for _, p := range v {
			o := objectOf(p)
			switch kind := o.text("type"); kind {
			case "text":
				r.only("text part", o, "type", "text", "cache_control")
				b.WriteString(o.text("text"))
			case "image_url", "input_audio", "file", "refusal":
			default:
				r.refuse("a %s message with a part of type %q", role, kind)
			}
		}
		return b.String()
	}
	return ""
}

func (r *reader) chatCalls(t *turn, m object) {
	for _, c := range m.list("tool_calls") {
		r.only("tool call", c, "id", "type", "function", "index")
		f := c.at("function")
		if !json.Valid([]byte(f.text("arguments"))) {
			r.refuse("the arguments of %s are no JSON: %q", f.text("name"), f.text("arguments"))
		}
		t.calls = append(t.calls, call{id: c.text("id"), name: f.text("name"), args: f.text("arguments")})
	}
	for _, d := range m.list("reasoning_details") {
		t.states = append(t.states, d.text("signature"), d.text("data"))
	}
}

func chatFinish(s *say) string {
	if len(s.calls) > 0 {
		return "tool_calls"
	}
	return "stop"
}

func (s *say) chatDetails() any {
	if s.thought == "" {
		return nil
	}
	return []object{{"type": "reasoning.text", "text": s.thought, "signature": s.state, "format": "anthropic-claude-v1", "index": 0}}
}

func sayChat(w http.ResponseWriter, a *ask, s *say) {
	usage := object{"prompt_tokens": 14, "completion_tokens": 9, "total_tokens": 23, "prompt_tokens_details": object{"cached_tokens": 4}, "completion_tokens_details": object{"reasoning_tokens": 3}}
	head := func(kind string) object {
		return object{"id": "chatcmpl-1", "object": kind, "created": 1700000000, "model": a.extras["model"]}
	}
	if a.stream {
		streamChat(newStream(w), a, s, head, usage)
		return
	}
	m := object{"role": "assistant", "content": s.text, "refusal": nil}
	if len(s.calls) > 0 {
		m["content"] = nil
		var calls []object
		for _, c := range s.calls {
			calls = append(calls, object{"id": c.id, "type": "function", "function": object{"name": c.name, "arguments": c.args}})
		}
		m["tool_calls"] = calls
	}
	if s.thought != "" {
		m["reasoning"], m["reasoning_details"] = s.thought, s.chatDetails()
	}
	o := head("chat.completion")
	o["choices"], o["usage"] = []object{{"index": 0, "message": m, "logprobs": nil, "finish_reason": chatFinish(s)}}, usage
	writeJSON(w, http.StatusOK, o)
}

func streamChat(out stream, a *ask, s *say, head func(string) object, usage object) {
	send := func(delta object, finish any) {
		o := head("chat.completion.chunk")
		o["choices"] = []object{{"index": 0, "delta": delta, "finish_reason": finish}}
		out.data(o)
	}
	send(object{"role": "assistant", "content": ""}, nil)
	if s.thought != "" {
		for _, p := range pieces(s.thought) {
			send(object{"reasoning": p, "reasoning_details": []object{{"type": "reasoning.text", "text": p, "format": "anthropic-claude-v1", "index": 0}}}, nil)
		}
		send(object{"reasoning_details": []object{{"type": "reasoning.text", "signature": s.state, "format": "anthropic-claude-v1", "index": 0}}}, nil)
	}
	for _, p := range pieces(s.text) {
		send(object{"content": p}, nil)
	}
	for i, c := range s.calls {
		send(object{"tool_calls": []object{{"index": i, "id": c.id, "type": "function", "function": object{"name": c.name, "arguments": ""}}}}, nil)
		for _, p := range pieces(c.args) {
			send(object{"tool_calls": []object{{"index": i, "function": object{"arguments": p}}}}, nil)
		}
	}
	send(object{}, chatFinish(s))
	if a.extras.at("stream_options")["include_usage"] == true {
		o := head("chat.completion.chunk")
		o["choices"], o["usage"] = []object{}, usage
		out.data(o)
	}
	_, _ = out.w.Write([]byte("data: [DONE]\n\n"))
}

func failChat(w http.ResponseWriter, status int, text string) {
	kind := "invalid_request_error"
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "7")
		kind = "rate_limit_error"
	}
	writeJSON(w, status, object{"error": object{"message": text, "type": kind, "param": nil, "code": nil}})
}
