package pains_test

import (
	"encoding/json"
	"testing"
)

var messagesCaller = &caller{
	name: "messages", path: plainPath("/v1/messages"), body: messagesBody, whole: messagesWhole, stream: messagesStream, message: errorMessage,
	forget: func(raw any) any {
		var out []any
		for _, b := range list(raw) {
			switch o := b.(object); o["type"] {
			case "text":
				out = append(out, only(o, "type", "text"))
			case "tool_use":
				out = append(out, only(o, "type", "id", "name", "input"))
			}
		}
		return out
	},
}

func messagesBody(q *question, stream bool) object {
	m := []any{}
	for _, t := range q.turns {
		switch {
		case t.raw != nil:
			m = append(m, object{"role": "assistant", "content": t.raw})
		case t.said != nil:
			m = append(m, object{"role": "assistant", "content": t.said.text()})
		case t.system != "":
			m = append(m, object{"role": "system", "content": t.system})
		case t.user != "":
			m = append(m, object{"role": "user", "content": t.user})
		}
		var results []any
		for _, r := range t.results {
			results = append(results, object{"type": "tool_result", "tool_use_id": r.id, "content": r.text})
		}
		if results != nil {
			m = append(m, object{"role": "user", "content": results})
		}
	}
	o := object{"model": q.model, "messages": m, "max_tokens": max(q.max, 4096)}
	if q.system != "" {
		o["system"] = q.system
	}
	var tools []any
	for _, t := range q.tools {
		tools = append(tools, object{"name": t.name, "description": "about " + t.name, "input_schema": t.schema})
	}
	if tools != nil {
		o["tools"] = tools
	}
	if q.parallel != nil {
		o["tool_choice"] = object{"type": "auto", "disable_parallel_tool_use": !*q.parallel}
	}
	if q.think {
		o["thinking"] = object{"type": "enabled", "budget_tokens": 2048}
	}
	if stream {
		o["stream"] = true
	}
	return merge(o, q.more)
}

var messagesFinish = map[string]string{"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tools", "refusal": "refusal", "pause_turn": "pause"}

func messagesUsage(u any) counts {
	read, write := max(0, number(at(u, "cache_read_input_tokens"))), max(0, number(at(u, "cache_creation_input_tokens")))
	return counts{input: int(number(at(u, "input_tokens")) + read + write), output: int(number(at(u, "output_tokens"))), cached: int(read)}
}

func messagesWhole(t testing.TB, o object) *said {
	s := messagesBlocks(list(o["content"]))
	s.finish, s.usage, s.ended = messagesFinish[str(o["stop_reason"])], messagesUsage(o["usage"]), true
	if o["type"] != "message" || o["role"] != "assistant" || str(o["id"]) == "" || o["content"] == nil {
		s.problem("no message: %.300s", text(o))
	}
	return s
}

func messagesBlocks(all []any) *said {
	s := &said{raw: all}
	for _, v := range all {
		switch b := v.(object); b["type"] {
		case "thinking":
			if _, ok := b["signature"].(string); !ok {
				s.problem("a thought without signature")
			}
			s.blocks = append(s.blocks, block{kind: thinking, text: str(b["thinking"]), state: str(b["signature"])})
		case "redacted_thinking":
			s.blocks = append(s.blocks, block{kind: redacted, state: str(b["data"])})
		case "text":
			s.blocks = append(s.blocks, block{kind: words, text: str(b["text"])})
		case "tool_use":
			if _, ok := b["input"].(object); !ok {
				s.problem("the input of a call is no object: %s", text(b))
			}
			s.blocks = append(s.blocks, block{kind: calling, id: str(b["id"]), name: str(b["name"]), args: text(b["input"])})
		default:
			s.problem("a block of type %v", b["type"])
		}
	}
	return s
}

// messagesReader follows https://docs.anthropic.com/en/api/messages-streaming.
type messagesReader struct {
	*said
	state  string // what came last: start, block, delta, stop
	open   object
	input  string
	blocks []any
	finish string
}

func messagesStream(raw []byte, _ *question) *said {
	r := &messagesReader{said: &said{}}
	for _, e := range sse(raw) {
		if e.comment {
			continue
		}
		var o object
		if err := json.Unmarshal([]byte(e.data), &o); err != nil || o["type"] != e.name {
			r.problem("event %q with data %.200s", e.name, e.data)
			continue
		}
		if r.failure != "" || r.state == "end" {
			r.problem("something follows the end: %.200s", e.data)
		}
		r.event(o)
	}
	s := messagesBlocks(r.blocks)
	if r.failure != "" {
		s.problems = nil // of blocks that were cut
	}
	s.problems = append(r.problems, s.problems...)
	s.failure, s.usage, s.finish, s.ended = r.failure, r.usage, messagesFinish[r.finish], r.state == "end"
	if s.failure == "" && !s.ended {
		s.problem("the stream has no message_stop")
	}
	return s
}

func (r *messagesReader) event(o object) {
	switch o["type"] {
	case "ping":
	case "error":
		r.failure = text(o["error"])
	case "message_start":
		if r.state != "" || at(o, "message", "usage", "input_tokens") == nil || at(o, "message", "content") == nil || str(at(o, "message", "id")) == "" || str(at(o, "message", "model")) == "" {
			r.problem("message_start: %s", text(o))
		}
		r.state = "start"
	case "content_block_start":
		r.begin(o)
	case "content_block_delta":
		r.delta(o)
	case "content_block_stop":
		if r.open == nil || int(number(o["index"])) != len(r.blocks)-1 {
			r.problem("a stop of no block: %s", text(o))
			return
		}
		r.end()
	case "message_delta":
		if r.open != nil || r.state != "start" {
			r.problem("message_delta at its wrong place (%s)", r.state)
		}
		r.state, r.finish = "delta", str(at(o, "delta", "stop_reason"))
		r.usage = messagesUsage(o["usage"])
		if r.finish == "" {
			r.problem("message_delta: %s", text(o))
		}
	case "message_stop":
		if r.state != "delta" {
			r.problem("message_stop at its wrong place")
		}
		r.state = "end"
	default:
		r.problem("an event of type %v", o["type"])
	}
}

func (r *messagesReader) begin(o object) {
	b, _ := o["content_block"].(object)
	if r.open != nil || r.state != "start" || int(number(o["index"])) != len(r.blocks) {
		r.problem("a block at its wrong place: %s", text(o))
	}
	r.open, r.input = b, ""
	r.blocks = append(r.blocks, b)
}

func (r *messagesReader) end() {
	switch r.open["type"] {
	case "tool_use":
		if r.input == "" {
			r.input = "{}"
		}
		var v any
		if err := json.Unmarshal([]byte(r.input), &v); err != nil {
			r.problem("the input of a call: %.200s", r.input)
		}
		r.open["input"] = v
	case "text":
		if str(r.open["text"]) == "" {
			r.problem("an empty text block")
		}
	}
	r.open = nil
}

var deltaKinds = map[string][3]string{ // of delta: type of the block, member of the delta, member of the block
	"text_delta": {"text", "text", "text"}, "thinking_delta": {"thinking", "thinking", "thinking"}, "signature_delta": {"thinking", "signature", "signature"}, "input_json_delta": {"tool_use", "partial_json", ""},
}

func (r *messagesReader) delta(o object) {
	kind, ok := deltaKinds[str(at(o, "delta", "type"))]
	if !ok || r.open == nil || r.open["type"] != kind[0] || int(number(o["index"])) != len(r.blocks)-1 {
		r.problem("a delta that does not fit its block: %s", text(o))
		return
	}
	v := str(at(o, "delta", kind[1]))
	if kind[2] == "" {
		r.input += v
		return
	}
	r.open[kind[2]] = str(r.open[kind[2]]) + v
}
