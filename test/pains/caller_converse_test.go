package pains_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"
)

var converseCaller = &caller{
	name: "converse", path: withModel("/model/", "/converse", "/converse-stream"), body: converseBody, whole: converseWhole, stream: converseStream,
	message: func(o object) string { return str(o["message"]) + str(o["Message"]) },
	forget: func(raw any) any {
		var out []any
		for _, v := range list(raw) {
			if o := v.(object); o["text"] != nil || o["toolUse"] != nil {
				out = append(out, o)
			}
		}
		return out
	},
}

func converseBody(q *question, _ bool) object {
	var m []any
	add := func(role string, content any) { m = append(m, object{"role": role, "content": content}) }
	for _, t := range q.turns {
		switch {
		case t.raw != nil:
			add("assistant", t.raw)
		case t.said != nil:
			add("assistant", []any{object{"text": t.said.text()}})
		case t.user != "":
			add("user", []any{object{"text": t.user}})
		}
		var results []any
		for _, r := range t.results {
			results = append(results, object{"toolResult": object{"toolUseId": r.id, "content": []any{object{"text": r.text}}}})
		}
		if results != nil {
			add("user", results)
		}
	}
	o := object{"messages": m}
	if q.system != "" {
		o["system"] = []any{object{"text": q.system}}
	}
	var tools []any
	for _, t := range q.tools {
		tools = append(tools, object{"toolSpec": object{"name": t.name, "description": "about " + t.name, "inputSchema": object{"json": t.schema}}})
	}
	if tools != nil {
		o["toolConfig"] = object{"tools": tools}
	}
	if q.think {
		o["additionalModelRequestFields"] = object{"thinking": object{"type": "enabled", "budget_tokens": 2048}}
	}
	if q.max > 0 || q.think {
		o["inferenceConfig"] = object{"maxTokens": max(q.max, 4096)}
	}
	return merge(o, q.more)
}

var converseFinish = map[string]string{"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tools", "content_filtered": "filter", "guardrail_intervened": "filter"}

func converseUsage(u any) counts {
	read, write := max(0, number(at(u, "cacheReadInputTokens"))), max(0, number(at(u, "cacheWriteInputTokens")))
	return counts{input: int(number(at(u, "inputTokens")) + read + write), output: int(number(at(u, "outputTokens"))), cached: int(read)}
}

func converseBlocks(all []any) *said {
	s := &said{raw: all}
	for _, v := range all {
		o := v.(object)
		switch {
		case o["reasoningContent"] != nil:
			if r := at(o, "reasoningContent", "reasoningText"); r != nil {
				s.blocks = append(s.blocks, block{kind: thinking, text: str(at(r, "text")), state: str(at(r, "signature"))})
				continue
			}
			data := str(at(o, "reasoningContent", "redactedContent"))
			if _, err := base64.StdEncoding.DecodeString(data); err != nil || data == "" {
				s.problem("redactedContent is no base64: %s", text(o))
			}
			s.blocks = append(s.blocks, block{kind: redacted, state: data})
		case o["text"] != nil:
			s.blocks = append(s.blocks, block{kind: words, text: str(o["text"])})
		case o["toolUse"] != nil:
			if _, ok := at(o, "toolUse", "input").(object); !ok {
				s.problem("the input of a call is no object: %s", text(o))
			}
			s.blocks = append(s.blocks, block{kind: calling, id: str(at(o, "toolUse", "toolUseId")), name: str(at(o, "toolUse", "name")), args: text(at(o, "toolUse", "input"))})
		default:
			s.problem("a block of an unknown kind: %s", text(o))
		}
	}
	return s
}

func converseWhole(t testing.TB, o object) *said {
	s := converseBlocks(list(at(o, "output", "message", "content")))
	s.finish, s.usage, s.ended = converseFinish[str(o["stopReason"])], converseUsage(o["usage"]), true
	if at(o, "output", "message", "role") != "assistant" {
		s.problem("no message: %.300s", text(o))
	}
	return s
}

// converseReader follows
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html.
type converseReader struct {
	*said
	blocks map[int]object
	inputs map[int]string
	shut   map[int]bool
	order  []int
	stop   string
	meta   bool
	begun  bool
}

func converseStream(raw []byte, _ *question) *said {
	r := &converseReader{said: &said{}, blocks: map[int]object{}, inputs: map[int]string{}, shut: map[int]bool{}}
	all, problem := frames(raw)
	if problem != "" {
		r.problem("%s", problem)
	}
	for _, e := range all {
		var o object
		if err := json.Unmarshal([]byte(e.data), &o); err != nil {
			r.problem("event %q with data %.200s", e.name, e.data)
			continue
		}
		if r.failure != "" {
			r.problem("%s follows an error", e.name)
		}
		r.event(e.name, o)
	}
	var blocks []any
	for _, i := range r.order {
		b := r.blocks[i]
		if u, ok := b["toolUse"].(object); ok {
			if r.inputs[i] == "" {
				r.inputs[i] = "{}"
			}
			var v any
			if json.Unmarshal([]byte(r.inputs[i]), &v) != nil && r.failure == "" {
				r.problem("the input of a call: %.200s", r.inputs[i])
			}
			u["input"] = v
		}
		if !r.shut[i] && r.failure == "" {
			r.problem("block %d is not ended", i)
		}
		blocks = append(blocks, b)
	}
	if r.failure == "" && (r.stop == "" || !r.meta) {
		r.problem("the stream has no messageStop or metadata")
	}
	s := converseBlocks(blocks)
	if r.failure != "" {
		s.problems = nil // of calls that were cut
	}
	s.problems = append(r.problems, s.problems...)
	s.usage, s.failure, s.finish, s.ended = r.usage, r.failure, converseFinish[r.stop], r.meta
	return s
}

func (r *converseReader) block(i int) object {
	if r.blocks[i] == nil {
		r.blocks[i], r.order = object{}, append(r.order, i)
	}
	return r.blocks[i]
}

func (r *converseReader) event(name string, o object) {
	i := int(number(o["contentBlockIndex"]))
	if !r.begun && name != "messageStart" && name[0] != '!' {
		r.problem("%s before messageStart", name)
	}
	switch {
	case name[0] == '!':
		r.failure = name[1:] + ": " + str(o["message"])
	case name == "messageStart":
		r.begun = true
	case name == "contentBlockStart":
		if r.blocks[i] != nil || i != len(r.order) {
			r.problem("block %d begins at its wrong place", i)
		}
		merge(r.block(i), o["start"].(object))
	case name == "contentBlockDelta":
		if r.shut[i] || r.stop != "" || i > len(r.order) {
			r.problem("a delta of block %d at its wrong place", i)
		}
		r.delta(i, o["delta"].(object))
	case name == "contentBlockStop":
		if r.blocks[i] == nil || r.shut[i] {
			r.problem("a stop of block %d at its wrong place", i)
		}
		r.shut[i] = true
	case name == "messageStop":
		r.stop = str(o["stopReason"])
	case name == "metadata":
		if r.stop == "" || r.meta {
			r.problem("metadata at its wrong place")
		}
		r.meta, r.usage = true, converseUsage(o["usage"])
	default:
		r.problem("an event %s", name)
	}
}

func (r *converseReader) delta(i int, d object) {
	b := r.block(i)
	switch {
	case d["toolUse"] != nil:
		if b["toolUse"] == nil {
			r.problem("a call's delta without its start")
		}
		r.inputs[i] += str(at(d, "toolUse", "input"))
	case d["text"] != nil:
		if b["toolUse"] != nil || b["reasoningContent"] != nil {
			r.problem("text in a block of another kind")
		}
		b["text"] = str(b["text"]) + str(d["text"])
	case d["reasoningContent"] != nil:
		if b["text"] != nil || b["toolUse"] != nil {
			r.problem("reasoning in a block of another kind")
		}
		c, _ := b["reasoningContent"].(object)
		if c == nil {
			c = object{}
			b["reasoningContent"] = c
		}
		if v := at(d, "reasoningContent", "redactedContent"); v != nil {
			c["redactedContent"] = v
			return
		}
		t, _ := c["reasoningText"].(object)
		if t == nil {
			t = object{"text": ""}
			c["reasoningText"] = t
		}
		t["text"] = str(t["text"]) + str(at(d, "reasoningContent", "text"))
		if v := at(d, "reasoningContent", "signature"); v != nil {
			t["signature"] = str(t["signature"]) + str(v)
		}
	default:
		r.problem("a delta of an unknown kind: %s", text(d))
	}
}
