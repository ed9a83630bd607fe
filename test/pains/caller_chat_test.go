package pains_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

var chatCaller = &caller{
	name: "chat", path: plainPath("/v1/chat/completions"), body: chatBody, whole: chatWhole, stream: chatStream, message: errorMessage,
	forget: func(raw any) any {
		o := only(raw.(object), "role", "content")
		var calls []any
		for _, c := range list(at(raw, "tool_calls")) {
			calls = append(calls, only(c.(object), "id", "type", "function"))
		}
		if calls != nil {
			o["tool_calls"] = calls
		}
		return o
	},
}

func chatBody(q *question, stream bool) object {
	var m []any
	if q.system != "" {
		m = append(m, object{"role": "system", "content": q.system})
	}
	for _, t := range q.turns {
		switch {
		case t.raw != nil:
			m = append(m, t.raw)
		case t.said != nil:
			m = append(m, object{"role": "assistant", "content": t.said.text()})
		case t.system != "":
			m = append(m, object{"role": "system", "content": t.system})
		case t.user != "":
			m = append(m, object{"role": "user", "content": t.user})
		}
		for _, r := range t.results {
			m = append(m, object{"role": "tool", "tool_call_id": r.id, "content": r.text})
		}
	}
	o := object{"model": q.model, "messages": m}
	var tools []any
	for _, t := range q.tools {
		tools = append(tools, object{"type": "function", "function": object{"name": t.name, "description": "about " + t.name, "parameters": t.schema}})
	}
	if tools != nil {
		o["tools"] = tools
	}
	if q.parallel != nil {
		o["parallel_tool_calls"] = *q.parallel
	}
	if q.think {
		o["reasoning_effort"] = "medium"
	}
	if q.max > 0 {
		o["max_completion_tokens"] = q.max
	}
	if stream {
		o["stream"] = true
		if !q.noUsage {
			o["stream_options"] = object{"include_usage": true}
		}
	}
	return merge(o, q.more)
}

func chatUsage(u any) counts {
	return counts{int(number(at(u, "prompt_tokens"))), int(number(at(u, "completion_tokens"))), int(max(0, number(at(u, "prompt_tokens_details", "cached_tokens")))), int(max(0, number(at(u, "completion_tokens_details", "reasoning_tokens"))))}
}

var chatFinish = map[string]string{"stop": "stop", "length": "length", "tool_calls": "tools", "content_filter": "filter"}

func chatWhole(t testing.TB, o object) *said {
	m, _ := at(o, "choices", 0, "message").(object)
	s := chatMessage(m)
	s.finish, s.usage, s.ended = chatFinish[str(at(o, "choices", 0, "finish_reason"))], chatUsage(o["usage"]), true
	if o["object"] != "chat.completion" || str(m["role"]) != "assistant" || number(o["created"]) < 1 || str(o["id"]) == "" {
		s.problem("no chat.completion: %.300s", text(o))
	}
	return s
}

// chatMessage reads a whole message, which is also what a stream's deltas make.
func chatMessage(m object) *said {
	s := &said{raw: m}
	if r := str(m["reasoning_content"]); r != "" {
		s.blocks = append(s.blocks, block{kind: thinking, text: r})
	}
	if c := str(m["content"]); c != "" {
		s.blocks = append(s.blocks, block{kind: words, text: c})
	}
	for _, c := range list(m["tool_calls"]) {
		s.blocks = append(s.blocks, block{kind: calling, id: str(at(c, "id")), name: str(at(c, "function", "name")), args: str(at(c, "function", "arguments"))})
		if !json.Valid([]byte(str(at(c, "function", "arguments")))) {
			s.problem("arguments are no JSON: %.200s", text(c))
		}
	}
	return s
}

// chatReader puts the chunks of a stream together, as the SDKs' accumulators do.
type chatReader struct {
	said   *said
	m      object
	calls  []any
	finish string
	usage  bool
	begun  bool
	id     string
}

func chatStream(raw []byte, asked *question) *said {
	r := &chatReader{said: &said{}, m: object{"role": "assistant", "content": nil}}
	done := false
	for _, e := range sse(raw) {
		switch {
		case e.comment:
		case done:
			r.said.problem("something follows [DONE]: %.200s", e.data)
		case e.data == "[DONE]":
			done = true
		default:
			r.chunk(e)
		}
	}
	if r.calls != nil {
		r.m["tool_calls"] = r.calls
	}
	s := chatMessage(r.m)
	if r.said.failure != "" {
		s.problems = nil // of calls that were cut
	}
	s.problems = append(r.said.problems, s.problems...)
	s.failure, s.usage, s.ended, s.finish = r.said.failure, r.said.usage, done, chatFinish[r.finish]
	if s.failure == "" && (!done || r.finish == "") {
		s.problem("the stream ends without a finish or [DONE]")
	}
	if s.failure == "" && r.usage == asked.noUsage {
		s.problem("usage told: %v, asked for: %v", r.usage, !asked.noUsage)
	}
	return s
}

func (r *chatReader) chunk(e event) {
	var o object
	if err := json.Unmarshal([]byte(e.data), &o); err != nil {
		r.said.problem("a chunk is no JSON: %.200s", e.data)
		return
	}
	if o["error"] != nil {
		r.said.failure = text(o["error"])
		return
	}
	if r.said.failure != "" {
		r.said.problem("something follows an error")
	}
	if r.id == "" {
		r.id = str(o["id"])
	}
	if o["object"] != "chat.completion.chunk" || str(o["id"]) == "" || str(o["id"]) != r.id || str(o["model"]) == "" {
		r.said.problem("the head of a chunk: %.200s", e.data)
	}
	choices := list(o["choices"])
	if u := o["usage"]; u != nil {
		if len(choices) > 0 || r.usage {
			r.said.problem("usage beside choices, or twice: %.200s", e.data)
		}
		r.usage, r.said.usage = true, chatUsage(u)
		return
	}
	if len(choices) == 0 {
		r.said.problem("a chunk without choices or usage")
	}
	for _, c := range choices {
		r.choice(c.(object))
	}
}

func (r *chatReader) choice(c object) {
	d, _ := c["delta"].(object)
	if !r.begun && str(d["role"]) != "assistant" {
		r.said.problem("the first chunk has no role: %s", text(c))
	}
	r.begun = true
	says := without(d, "role")
	if r.finish != "" && (len(says) > 0 || c["finish_reason"] != nil) {
		r.said.problem("something follows the finish: %s", text(c))
	}
	r.finish += str(c["finish_reason"])
	for _, name := range []string{"content", "reasoning_content", "refusal"} {
		if v := str(d[name]); v != "" {
			r.m[name] = str(r.m[name]) + v
			if name == "reasoning_content" && r.m["content"] != nil {
				r.said.problem("reasoning after text")
			}
		}
	}
	if all := list(d["reasoning_details"]); len(all) > 0 {
		r.m["reasoning_details"] = append(slices.Clip(list(r.m["reasoning_details"])), all...)
	}
	for name, v := range says {
		if !slices.Contains([]string{"content", "reasoning_content", "refusal", "reasoning_details", "tool_calls", "reasoning"}, name) {
			r.m[name] = v
		}
	}
	for _, call := range list(d["tool_calls"]) {
		r.call(call.(object))
	}
}

func (r *chatReader) call(c object) {
	i := int(number(c["index"]))
	switch {
	case i < 0 || i > len(r.calls):
		r.said.problem("the index of a call: %s", text(c))
		return
	case i == len(r.calls):
		if str(c["id"]) == "" || str(at(c, "function", "name")) == "" || c["type"] != "function" {
			r.said.problem("the first delta of a call: %s", text(c))
		}
		r.calls = append(r.calls, merge(without(c, "index", "function"), object{"function": object{"name": at(c, "function", "name"), "arguments": str(at(c, "function", "arguments"))}}))
		return
	case str(at(c, "function", "name")) != "" || c["id"] != nil:
		r.said.problem("a call is named twice: %s", text(c))
	}
	o := r.calls[i].(object)
	f := o["function"].(object)
	f["arguments"] = str(f["arguments"]) + str(at(c, "function", "arguments"))
	for name, v := range without(c, "index", "function", "id", "type") {
		if o[name] != nil {
			r.said.problem("%s comes twice", name)
		}
		o[name] = v
	}
}

var _ = fmt.Sprint
