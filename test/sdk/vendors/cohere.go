package vendors

import (
	"encoding/json"
	"net/http"
	"strings"
)

// readCohere reads a request of https://docs.cohere.com/reference/chat.
func readCohere(r *reader, o object) {
	r.only("request", o, "model", "messages", "stream", "tools", "tool_choice", "strict_tools", "documents", "citation_options", "response_format", "safety_mode", "max_tokens", "stop_sequences",
		"temperature", "seed", "frequency_penalty", "presence_penalty", "k", "p", "logprobs", "thinking", "priority", "return_prompt")
	r.needs("request", o, "model", "messages")
	r.stream, _ = o["stream"].(bool)
	for _, t := range o.list("tools") {
		r.only("tool", t, "type", "function")
		r.only("function", t.at("function"), "name", "description", "parameters")
		r.tool("tools", t.at("function").text("name"), t.at("function")["parameters"])
	}
	switch o["tool_choice"] {
	case "REQUIRED":
		r.forced = "*"
	case "NONE", nil:
	default:
		r.refuse("the tool_choice %v", o["tool_choice"])
	}
	f := o.at("response_format")
	r.only("response_format", f, "type", "json_schema", "schema")
	if f.text("type") == "json_schema" {
		r.refuse("the response_format json_schema")
	}
	r.schema = f.has("json_schema") || f.has("schema")
	r.only("thinking", o.at("thinking"), "type", "token_budget")
	r.thinks = o.at("thinking").text("type") == "enabled"
	for _, m := range o.list("messages") {
		r.cohereMessage(m)
	}
	r.order(byID)
}

func (r *reader) cohereMessage(m object) {
	t := turn{}
	switch role := m.text("role"); role {
	case "system":
		r.only(role, m, "role", "content")
		return
	case "user":
		r.only(role, m, "role", "content")
		t.user = r.cohereText(m["content"])
	case "assistant":
		r.only(role, m, "role", "content", "tool_calls", "tool_plan", "citations")
		if t.said = r.cohereText(m["content"]); t.said == "" && !m.has("tool_calls") {
			r.refuse("an assistant's message with neither text nor calls")
		}
		for _, c := range m.list("tool_calls") {
			r.only("tool call", c, "id", "type", "function")
			f := c.at("function")
			if !json.Valid([]byte(f.text("arguments"))) {
				r.refuse("the arguments of %s are no JSON: %q", f.text("name"), f.text("arguments"))
			}
			t.calls = append(t.calls, call{id: c.text("id"), name: f.text("name"), args: f.text("arguments")})
		}
	case "tool":
		r.only(role, m, "role", "content", "tool_call_id")
		last := r.sameTurn(func(t *turn) bool { return len(t.results) > 0 })
		last.results = append(last.results, result{m.text("tool_call_id"), r.cohereText(m["content"])})
		return
	default:
		r.refuse("a message of role %q", role)
	}
	r.turns = append(r.turns, t)
}

func (r *reader) cohereText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	var b strings.Builder
	all, _ := v.([]any)
	for _, p := range all {
		o := objectOf(p)
		switch kind := o.text("type"); kind {
		case "text":
			b.WriteString(o.text("text"))
		case "document":
			b.WriteString(jsonText(o.at("document")["data"]))
		case "thinking", "image_url":
		default:
			r.refuse("a part of type %q", kind)
		}
	}
	return b.String()
}

func cohereFinish(s *say) string {
	if len(s.calls) > 0 {
		return "TOOL_CALL"
	}
	return "COMPLETE"
}

func sayCohere(w http.ResponseWriter, a *ask, s *say) {
	usage := object{"billed_units": object{"input_tokens": 12, "output_tokens": 9}, "tokens": object{"input_tokens": 14, "output_tokens": 9}, "cached_tokens": 4}
	if a.stream {
		streamCohere(newStream(w), s, usage)
		return
	}
	m := object{"role": "assistant"}
	var content []object
	if s.thought != "" {
		content = append(content, object{"type": "thinking", "thinking": s.thought})
	}
	if s.text != "" {
		content = append(content, object{"type": "text", "text": s.text})
	}
	if content != nil {
		m["content"] = content
	}
	var calls []object
	for _, c := range s.calls {
		calls = append(calls, object{"id": c.id, "type": "function", "function": object{"name": c.name, "arguments": c.args}})
	}
	if calls != nil {
		m["tool_calls"] = calls
	}
	writeJSON(w, http.StatusOK, object{"id": "c14c80c3-18eb-4519-9460-6c92edd8cfb4", "finish_reason": cohereFinish(s), "message": m, "usage": usage})
}

func streamCohere(out stream, s *say, usage object) {
	message := func(o object) object { return object{"message": o} }
	out.event("message-start", object{"id": "29f14a5a-11de-4cae-9800-25e4747408ea", "delta": message(object{"role": "assistant", "content": []object{}, "tool_plan": "", "tool_calls": []object{}, "citations": []object{}})})
	n := 0
	content := func(kind, text string) {
		if text == "" {
			return
		}
		out.event("content-start", object{"index": n, "delta": message(object{"content": object{"type": kind, kind: ""}})})
		for _, p := range pieces(text) {
			out.event("content-delta", object{"index": n, "delta": message(object{"content": object{kind: p}})})
		}
		out.event("content-end", object{"index": n})
		n++
	}
	content("thinking", s.thought)
	content("text", s.text)
	for i, c := range s.calls {
		out.event("tool-call-start", object{"index": i, "delta": message(object{"tool_calls": object{"id": c.id, "type": "function", "function": object{"name": c.name, "arguments": ""}}})})
		for _, p := range pieces(c.args) {
			out.event("tool-call-delta", object{"index": i, "delta": message(object{"tool_calls": object{"function": object{"arguments": p}}})})
		}
		out.event("tool-call-end", object{"index": i})
	}
	out.event("message-end", object{"delta": object{"finish_reason": cohereFinish(s), "usage": usage}})
}

func failCohere(w http.ResponseWriter, status int, text string) {
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "7")
	}
	writeJSON(w, status, object{"id": "e1", "message": text})
}
