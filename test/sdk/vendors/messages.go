package vendors

import (
	"net/http"
	"regexp"
)

// readMessages reads a request of https://platform.claude.com/docs/en/api/messages.
func readMessages(r *reader, o object) {
	r.only("request", o, "model", "messages", "max_tokens", "system", "stream", "temperature", "top_p", "top_k", "stop_sequences", "tools", "tool_choice", "thinking", "metadata",
		"service_tier", "output_config", "output_format", "cache_control", "context_management", "container", "mcp_servers")
	r.needs("request", o, "model", "messages", "max_tokens")
	if r.header.Get("anthropic-version") == "" {
		r.refuse("the header anthropic-version is missing")
	}
	r.stream, _ = o["stream"].(bool)
	for _, t := range o.list("tools") {
		r.only("tool", t, "name", "description", "input_schema", "cache_control", "type", "strict", "eager_input_streaming", "input_examples", "defer_loading")
		if t.text("type") == "" || t.text("type") == "custom" {
			r.tool("tools", t.text("name"), t["input_schema"])
		}
	}
	choice := o.at("tool_choice")
	r.only("tool_choice", choice, "type", "name", "disable_parallel_tool_use")
	switch choice.text("type") {
	case "any":
		r.forced = "*"
	case "tool":
		r.forced = choice.text("name")
	}
	if choice != nil && len(r.tools) == 0 {
		r.refuse("tool_choice without tools")
	}
	r.only("output_config", o.at("output_config"), "effort", "format", "task_budget")
	r.schema = o.at("output_config", "format").text("type") == "json_schema" || o.at("output_format").text("type") == "json_schema"
	r.messagesThinking(o)
	var roles []string
	for _, m := range o.list("messages") {
		r.only("message", m, "role", "content")
		roles = append(roles, m.text("role"))
		r.messagesMessage(m)
	}
	r.alternate(roles, "user", "assistant")
	r.order(byID)
	r.extras = o
}

// messagesThinking checks https://platform.claude.com/docs/en/build-with-claude/extended-thinking.
func (r *reader) messagesThinking(o object) {
	t := o.at("thinking")
	r.only("thinking", t, "type", "budget_tokens", "display")
	switch t.text("type") {
	case "enabled":
		if budget := t.number("budget_tokens"); budget < 1024 || budget >= o.number("max_tokens") {
			r.refuse("budget_tokens is %v with max_tokens %v", budget, o["max_tokens"])
		}
	case "adaptive":
	case "disabled", "":
		return
	}
	r.thinks = true
	if n, ok := o["temperature"]; ok && n != 1.0 {
		r.refuse("a temperature with thinking")
	}
	if r.forced != "" {
		r.refuse("a forced tool with thinking")
	}
}

var messagesID = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// messagesPlain takes a message that is only text.
func (r *reader) messagesPlain(role, text string) {
	t := turn{said: text}
	if role == "user" {
		t = turn{user: text}
	}
	if text == "" {
		r.refuse("an empty message")
	}
	r.turns = append(r.turns, t)
}

func (r *reader) messagesMessage(m object) {
	if s, ok := m["content"].(string); ok {
		r.messagesPlain(m.text("role"), s)
		return
	}
	t := turn{}
	blocks := m.list("content")
	if len(blocks) == 0 {
		r.refuse("a message without content")
	}
	for _, b := range blocks {
		r.messagesBlock(&t, m.text("role"), b)
	}
	if t.user == "" && len(t.results) == 0 && m.text("role") == "user" {
		r.refuse("a user's message without text or results")
	}
	r.turns = append(r.turns, t)
}

func (r *reader) messagesBlock(t *turn, role string, b object) {
	switch kind := b.text("type"); kind {
	case "text":
		r.only("text", b, "type", "text", "cache_control", "citations")
		if b.text("text") == "" {
			r.refuse("an empty text block")
		}
		if role == "user" {
			t.user += b.text("text")
		} else {
			t.said += b.text("text")
		}
	case "tool_use":
		r.only(kind, b, "type", "id", "name", "input", "cache_control", "caller")
		if _, ok := b["input"].(map[string]any); !ok {
			r.refuse("the input of %s is no object", b.text("name"))
		}
		if !messagesID.MatchString(b.text("id")) {
			r.refuse("the id %q of a call", b.text("id"))
		}
		t.calls = append(t.calls, call{id: b.text("id"), name: b.text("name"), args: jsonText(b["input"])})
	case "tool_result":
		r.only(kind, b, "type", "tool_use_id", "content", "is_error", "cache_control")
		if t.user != "" {
			r.refuse("a result after text")
		}
		t.results = append(t.results, result{b.text("tool_use_id"), r.blocksText(b["content"])})
	case "thinking":
		r.only(kind, b, "type", "thinking", "signature")
		if t.said != "" || len(t.calls) > 0 {
			r.refuse("thinking after text or calls")
		}
		t.states = append(t.states, b.text("signature"))
	case "redacted_thinking":
		t.states = append(t.states, b.text("data"))
	case "image", "document", "search_result":
	default:
		r.refuse("a block of type %q", kind)
	}
}

// blocksText gives the text of a result: a string, or blocks.
func (r *reader) blocksText(v any) (text string) {
	if s, ok := v.(string); ok {
		return s
	}
	all, _ := v.([]any)
	for _, b := range all {
		text += objectOf(b).text("text")
	}
	return text
}

func (s *say) stopReason() string {
	if len(s.calls) > 0 {
		return "tool_use"
	}
	return "end_turn"
}

func (s *say) blocks() (all []object) {
	if s.thought != "" {
		all = append(all, object{"type": "thinking", "thinking": s.thought, "signature": s.state})
	}
	if s.text != "" {
		all = append(all, object{"type": "text", "text": s.text})
	}
	for _, c := range s.calls {
		all = append(all, object{"type": "tool_use", "id": c.id, "name": c.name, "input": objectFrom(c.args)})
	}
	return all
}

func sayMessages(w http.ResponseWriter, a *ask, s *say) {
	usage := object{"input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4, "output_tokens": 9, "service_tier": "standard"}
	body := object{"id": "msg_1", "type": "message", "role": "assistant", "model": a.extras["model"], "content": s.blocks(), "stop_reason": s.stopReason(), "stop_sequence": nil, "usage": usage}
	if !a.stream {
		writeJSON(w, http.StatusOK, body)
		return
	}
	out := newStream(w)
	body["content"], body["stop_reason"] = []object{}, nil
	body["usage"] = object{"input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4, "output_tokens": 1}
	out.event("message_start", object{"message": body})
	out.event("ping", object{})
	for i, b := range s.blocks() {
		streamBlock(out, i, b)
	}
	out.event("message_delta", object{"delta": object{"stop_reason": s.stopReason(), "stop_sequence": nil}, "usage": object{"output_tokens": 9}})
	out.event("message_stop", object{})
}

func streamBlock(out stream, i int, b object) {
	delta := func(kind, name, text string) {
		out.event("content_block_delta", object{"index": i, "delta": object{"type": kind, name: text}})
	}
	start := func(o object) { out.event("content_block_start", object{"index": i, "content_block": o}) }
	switch b["type"] {
	case "thinking":
		start(object{"type": "thinking", "thinking": "", "signature": ""})
		for _, p := range pieces(b.text("thinking")) {
			delta("thinking_delta", "thinking", p)
		}
		delta("signature_delta", "signature", b.text("signature"))
	case "text":
		start(object{"type": "text", "text": ""})
		for _, p := range pieces(b.text("text")) {
			delta("text_delta", "text", p)
		}
	default:
		start(object{"type": "tool_use", "id": b["id"], "name": b["name"], "input": object{}})
		delta("input_json_delta", "partial_json", "")
		for _, p := range pieces(jsonText(b["input"])) {
			delta("input_json_delta", "partial_json", p)
		}
	}
	out.event("content_block_stop", object{"index": i})
}

func failMessages(w http.ResponseWriter, status int, text string) {
	kind := "invalid_request_error"
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "7")
		kind = "rate_limit_error"
	}
	writeJSON(w, status, object{"type": "error", "error": object{"type": kind, "message": text}, "request_id": "req_1"})
}
