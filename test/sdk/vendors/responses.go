package vendors

import (
	"encoding/json"
	"net/http"
	"slices"
)

// readResponses reads a request of
// https://platform.openai.com/docs/api-reference/responses/create.
func readResponses(r *reader, o object) {
	r.only("request", o, "model", "input", "instructions", "stream", "stream_options", "max_output_tokens", "max_tool_calls", "temperature", "top_p", "top_logprobs", "tools", "tool_choice",
		"parallel_tool_calls", "text", "reasoning", "include", "store", "metadata", "user", "service_tier", "prompt_cache_key", "safety_identifier", "truncation", "previous_response_id", "background")
	r.needs("request", o, "model", "input")
	r.stream, _ = o["stream"].(bool)
	r.thinks = o.has("reasoning")
	r.only("reasoning", o.at("reasoning"), "effort", "summary", "generate_summary")
	for _, t := range o.list("tools") {
		if t.text("type") == "function" {
			r.only("tool", t, "type", "name", "description", "parameters", "strict")
			r.tool("tools", t.text("name"), t["parameters"])
		}
	}
	if r.forced = objectOf(o["tool_choice"]).text("name"); o["tool_choice"] == "required" {
		r.forced = "*"
	}
	r.only("text", o.at("text"), "format", "verbosity")
	if f := o.at("text", "format"); f.text("type") == "json_schema" {
		r.only("text.format", f, "type", "name", "schema", "strict", "description")
		r.needs("text.format", f, "name", "schema")
		r.schema = true
	}
	if s, ok := o["input"].(string); ok {
		r.turns = []turn{{user: s}}
	}
	for _, item := range o.list("input") {
		r.responsesItem(item, o["store"] == false)
	}
	r.order(byID)
	r.extras = o
}

func (r *reader) responsesItem(item object, stateless bool) {
	kind := item.text("type")
	if kind == "" && item.has("role") {
		kind = "message"
	}
	switch kind {
	case "message":
		r.responsesMessage(item)
	case "function_call":
		r.only(kind, item, "type", "id", "call_id", "name", "arguments", "status")
		if !json.Valid([]byte(item.text("arguments"))) {
			r.refuse("the arguments of %s are no JSON: %q", item.text("name"), item.text("arguments"))
		}
		t := r.sameTurn(func(t *turn) bool { return len(t.results) == 0 && t.user == "" })
		t.calls = append(t.calls, call{id: item.text("call_id"), name: item.text("name"), args: item.text("arguments")})
	case "function_call_output":
		r.only(kind, item, "type", "id", "call_id", "output", "status")
		t := r.sameTurn(func(t *turn) bool { return len(t.results) > 0 })
		t.results = append(t.results, result{item.text("call_id"), r.responsesText(kind, item["output"], "input_text")})
	case "reasoning":
		r.only(kind, item, "type", "id", "summary", "content", "encrypted_content", "status")
		if _, ok := item["summary"].([]any); !ok {
			r.refuse("a reasoning item without a summary")
		}
		if stateless && !item.has("encrypted_content") {
			r.refuse("a reasoning item that is not stored, without encrypted_content")
		}
		r.turns = append(r.turns, turn{states: []string{item.text("encrypted_content")}})
	default:
		r.refuse("an input item of type %q", kind)
	}
}

// sameTurn gives the last turn, when it fits, or a new one.
func (r *reader) sameTurn(fits func(*turn) bool) *turn {
	if n := len(r.turns); n > 0 && fits(&r.turns[n-1]) {
		return &r.turns[n-1]
	}
	r.turns = append(r.turns, turn{})
	return &r.turns[len(r.turns)-1]
}

func (r *reader) responsesMessage(m object) {
	r.only("message", m, "type", "role", "content", "id", "status", "phase")
	switch role := m.text("role"); role {
	case "user":
		r.turns = append(r.turns, turn{user: r.responsesText(role, m["content"], "input_text")})
	case "assistant":
		t := r.sameTurn(func(t *turn) bool { return len(t.states) > 0 && len(t.calls) == 0 })
		t.said = r.responsesText(role, m["content"], "output_text")
	case "system", "developer":
		r.responsesText(role, m["content"], "input_text")
	default:
		r.refuse("a message of role %q", role)
	}
}

func (r *reader) responsesText(where string, v any, kind string) (text string) {
	if s, ok := v.(string); ok {
		return s
	}
	all, ok := v.([]any)
	if !ok {
		r.refuse("%s: content is neither text nor an array", where)
	}
	for _, p := range all {
		o := objectOf(p)
		switch got := o.text("type"); {
		case got == kind:
			text += o.text("text")
		case slices.Contains([]string{"input_image", "input_file", "refusal"}, got):
		default:
			r.refuse("%s: a part of type %q", where, got)
		}
	}
	return text
}

// output gives the items of an answer.
func (s *say) output(a *ask) (items []object) {
	if s.thought != "" {
		o := object{"id": "rs_1", "type": "reasoning", "summary": []object{{"type": "summary_text", "text": s.thought}}}
		if includes, _ := a.extras["include"].([]any); slices.Contains(includes, any("reasoning.encrypted_content")) {
			o["encrypted_content"] = s.state
		}
		items = append(items, o)
	}
	if s.text != "" {
		items = append(items, object{"id": "msg_1", "type": "message", "status": "completed", "role": "assistant",
			"content": []object{{"type": "output_text", "text": s.text, "annotations": []object{}, "logprobs": []object{}}}})
	}
	for _, c := range s.calls {
		items = append(items, object{"id": "fc_" + c.id, "type": "function_call", "status": "completed", "call_id": c.id, "name": c.name, "arguments": c.args})
	}
	return items
}

func sayResponses(w http.ResponseWriter, a *ask, s *say) {
	body := func(status string, output []object) object {
		o := object{"id": "resp_1", "object": "response", "created_at": 1700000000, "status": status, "background": false, "error": nil, "incomplete_details": nil, "instructions": a.extras["instructions"],
			"max_output_tokens": nil, "model": a.extras["model"], "output": output, "parallel_tool_calls": true, "previous_response_id": nil, "reasoning": object{"effort": nil, "summary": nil},
			"store": true, "temperature": 1, "text": object{"format": object{"type": "text"}}, "tool_choice": "auto", "tools": []object{}, "top_p": 1, "truncation": "disabled", "usage": nil, "user": nil, "metadata": object{}}
		if status == "completed" {
			o["completed_at"] = 1700000001
			o["usage"] = object{"input_tokens": 14, "input_tokens_details": object{"cached_tokens": 4}, "output_tokens": 9, "output_tokens_details": object{"reasoning_tokens": 3}, "total_tokens": 23}
		}
		return o
	}
	items := s.output(a)
	if !a.stream {
		writeJSON(w, http.StatusOK, body("completed", items))
		return
	}
	out, n := newStream(w), 0
	send := func(kind string, o object) {
		o["sequence_number"] = n
		n++
		out.event(kind, o)
	}
	send("response.created", object{"response": body("in_progress", []object{})})
	send("response.in_progress", object{"response": body("in_progress", []object{})})
	for i, item := range items {
		streamItem(send, i, item)
	}
	send("response.completed", object{"response": body("completed", items)})
}

// streamItem sends one item as the vendor does: added, its parts, done.
func streamItem(send func(string, object), i int, item object) {
	begun := object{}
	for name, v := range item {
		begun[name] = v
	}
	part := func(kind string, more object) {
		more["output_index"], more["item_id"] = i, item["id"]
		send(kind, more)
	}
	switch item["type"] {
	case "reasoning":
		begun["summary"] = []object{}
		send("response.output_item.added", object{"output_index": i, "item": begun})
		text := item["summary"].([]object)[0].text("text")
		part("response.reasoning_summary_part.added", object{"summary_index": 0, "part": object{"type": "summary_text", "text": ""}})
		for _, p := range pieces(text) {
			part("response.reasoning_summary_text.delta", object{"summary_index": 0, "delta": p})
		}
		part("response.reasoning_summary_text.done", object{"summary_index": 0, "text": text})
		part("response.reasoning_summary_part.done", object{"summary_index": 0, "part": object{"type": "summary_text", "text": text}})
	case "message":
		begun["status"], begun["content"] = "in_progress", []object{}
		send("response.output_item.added", object{"output_index": i, "item": begun})
		whole := item["content"].([]object)[0]
		part("response.content_part.added", object{"content_index": 0, "part": object{"type": "output_text", "text": "", "annotations": []object{}, "logprobs": []object{}}})
		for _, p := range pieces(whole.text("text")) {
			part("response.output_text.delta", object{"content_index": 0, "delta": p, "logprobs": []object{}})
		}
		part("response.output_text.done", object{"content_index": 0, "text": whole["text"], "logprobs": []object{}})
		part("response.content_part.done", object{"content_index": 0, "part": whole})
	default:
		begun["status"], begun["arguments"] = "in_progress", ""
		send("response.output_item.added", object{"output_index": i, "item": begun})
		for _, p := range pieces(item.text("arguments")) {
			part("response.function_call_arguments.delta", object{"delta": p})
		}
		part("response.function_call_arguments.done", object{"arguments": item["arguments"], "name": item["name"]})
	}
	send("response.output_item.done", object{"output_index": i, "item": item})
}
