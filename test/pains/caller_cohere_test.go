package pains_test

import (
	"encoding/json"
	"testing"
)

var cohereCaller = &caller{
	name: "cohere", path: plainPath("/v2/chat"), body: cohereBody, whole: cohereWhole, stream: cohereStream, message: func(o object) string { return str(o["message"]) },
	forget: func(raw any) any {
		o := object{"role": "assistant"}
		var content, calls []any
		for _, p := range list(at(raw, "content")) {
			if at(p, "type") == "text" {
				content = append(content, only(p.(object), "type", "text"))
			}
		}
		for _, c := range list(at(raw, "tool_calls")) {
			calls = append(calls, only(c.(object), "id", "type", "function"))
		}
		if content != nil {
			o["content"] = content
		}
		if calls != nil {
			o["tool_calls"] = calls
		}
		return o
	},
}

func cohereBody(q *question, stream bool) object {
	o := chatBody(&question{model: q.model, system: q.system, turns: q.turns, tools: q.tools, noUsage: true}, stream)
	if q.think {
		o["thinking"] = object{"type": "enabled", "token_budget": 2048}
	}
	if q.max > 0 {
		o["max_tokens"] = q.max
	}
	return merge(o, q.more)
}

var cohereFinish = map[string]string{"COMPLETE": "stop", "STOP_SEQUENCE": "stop", "MAX_TOKENS": "length", "TOOL_CALL": "tools"}

func cohereUsage(u any) counts {
	return counts{input: int(number(at(u, "tokens", "input_tokens"))), output: int(number(at(u, "tokens", "output_tokens"))), cached: int(max(0, number(at(u, "cached_tokens"))))}
}

func cohereMessage(m object) *said {
	s := &said{raw: m}
	for _, p := range list(m["content"]) {
		switch at(p, "type") {
		case "thinking":
			s.blocks = append(s.blocks, block{kind: thinking, text: str(at(p, "thinking"))})
		case "text":
			s.blocks = append(s.blocks, block{kind: words, text: str(at(p, "text"))})
		default:
			s.problem("content: %s", text(p))
		}
	}
	for _, c := range list(m["tool_calls"]) {
		s.blocks = append(s.blocks, block{kind: calling, id: str(at(c, "id")), name: str(at(c, "function", "name")), args: str(at(c, "function", "arguments"))})
	}
	return s
}

func cohereWhole(t testing.TB, o object) *said {
	m, _ := o["message"].(object)
	s := cohereMessage(m)
	s.finish, s.usage, s.ended = cohereFinish[str(o["finish_reason"])], cohereUsage(o["usage"]), true
	if m["role"] != "assistant" || str(o["id"]) == "" {
		s.problem("no answer: %.300s", text(o))
	}
	return s
}

// cohereReader follows https://docs.cohere.com/v2/docs/streaming.
type cohereReader struct {
	*said
	content, calls []any
	open           string // content or tool-call
	finish         string
	begun          bool
}

func cohereStream(raw []byte, _ *question) *said {
	r, done := &cohereReader{said: &said{}}, false
	for _, e := range sse(raw) {
		if e.comment {
			continue
		}
		if e.data == "[DONE]" && (r.ended || r.failure != "") && !done {
			done = true
			continue
		}
		var o object
		if err := json.Unmarshal([]byte(e.data), &o); err != nil || e.name != "" && o["type"] != e.name {
			r.problem("event %q with data %.200s", e.name, e.data)
			continue
		}
		if r.ended || done {
			r.problem("%v follows the end", o["type"])
		}
		r.event(o)
	}
	m := object{"role": "assistant"}
	if r.content != nil {
		m["content"] = r.content
	}
	if r.calls != nil {
		m["tool_calls"] = r.calls
	}
	s := cohereMessage(m)
	s.problems = append(r.problems, s.problems...)
	s.usage, s.failure, s.finish, s.ended = r.usage, r.failure, cohereFinish[r.finish], r.ended
	if s.failure == "" && (!s.ended || !done) {
		s.problem("the stream has no message-end or [DONE]")
	}
	return s
}

func (r *cohereReader) event(o object) {
	i := int(number(o["index"]))
	m, _ := at(o, "delta", "message").(object)
	if !r.begun && o["type"] != "message-start" {
		r.problem("%v before message-start", o["type"])
	}
	switch o["type"] {
	case "message-start":
		r.begun = true
	case "tool-plan-delta":
		r.blocks = append(r.blocks, block{kind: thinking, text: str(m["tool_plan"])})
	case "content-start":
		if r.open != "" || i != len(r.content) {
			r.problem("content-start at its wrong place: %s", text(o))
		}
		r.open, r.content = "content", append(r.content, m["content"])
	case "content-delta":
		if r.open != "content" || i != len(r.content)-1 {
			r.problem("content-delta at its wrong place: %s", text(o))
			return
		}
		c := r.content[i].(object)
		for name, v := range m["content"].(object) {
			if name != "type" {
				c[name] = str(c[name]) + str(v)
			}
		}
	case "content-end", "tool-call-end":
		if r.open == "" || o["type"] != r.open+"-end" {
			r.problem("%v at its wrong place", o["type"])
		}
		r.open = ""
	case "tool-call-start":
		if r.open != "" || i != len(r.calls) {
			r.problem("tool-call-start at its wrong place: %s", text(o))
		}
		r.open, r.calls = "tool-call", append(r.calls, m["tool_calls"])
	case "tool-call-delta":
		if r.open != "tool-call" || i != len(r.calls)-1 {
			r.problem("tool-call-delta at its wrong place: %s", text(o))
			return
		}
		f := at(r.calls, i, "function").(object)
		f["arguments"] = str(f["arguments"]) + str(at(m, "tool_calls", "function", "arguments"))
	case "message-end":
		r.ended, r.finish, r.usage = true, str(at(o, "delta", "finish_reason")), cohereUsage(at(o, "delta", "usage"))
		if r.finish == "ERROR" || at(o, "delta", "error") != nil {
			r.failure = text(o["delta"])
		}
		if r.open != "" && r.failure == "" {
			r.problem("message-end while something is open")
		}
	default:
		r.problem("an event %s", text(o))
	}
}
