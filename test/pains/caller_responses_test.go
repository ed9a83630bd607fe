package pains_test

import (
	"encoding/json"
	"strings"
	"testing"
)

var responsesCaller = &caller{
	name: "responses", path: plainPath("/v1/responses"), body: responsesBody, whole: responsesWhole, stream: responsesStream, message: errorMessage,
	forget: func(raw any) any {
		var out []any
		for _, v := range list(raw) {
			switch o := v.(object); o["type"] {
			case "message":
				out = append(out, object{"type": "message", "role": "assistant", "content": []any{only(at(o, "content", 0).(object), "type", "text")}})
			case "function_call":
				out = append(out, only(o, "type", "call_id", "name", "arguments"))
			}
		}
		return out
	},
}

func responsesBody(q *question, stream bool) object {
	var input []any
	for _, t := range q.turns {
		switch {
		case t.raw != nil:
			input = append(input, list(t.raw)...)
		case t.said != nil:
			input = append(input, object{"role": "assistant", "content": t.said.text()})
		case t.system != "":
			input = append(input, object{"role": "system", "content": t.system})
		case t.user != "":
			input = append(input, object{"role": "user", "content": t.user})
		}
		for _, r := range t.results {
			input = append(input, object{"type": "function_call_output", "call_id": r.id, "output": r.text})
		}
	}
	o := object{"model": q.model, "input": input, "store": false}
	if q.system != "" {
		o["instructions"] = q.system
	}
	var tools []any
	for _, t := range q.tools {
		tools = append(tools, object{"type": "function", "name": t.name, "description": "about " + t.name, "parameters": t.schema, "strict": false})
	}
	if tools != nil {
		o["tools"] = tools
	}
	if q.parallel != nil {
		o["parallel_tool_calls"] = *q.parallel
	}
	if q.think {
		o["reasoning"], o["include"] = object{"effort": "medium", "summary": "auto"}, []any{"reasoning.encrypted_content"}
	}
	if q.max > 0 {
		o["max_output_tokens"] = q.max
	}
	if stream {
		o["stream"] = true
	}
	return merge(o, q.more)
}

func responsesWhole(t testing.TB, o object) *said {
	s := responsesItems(list(o["output"]))
	u := o["usage"]
	s.usage = counts{int(number(at(u, "input_tokens"))), int(number(at(u, "output_tokens"))), int(number(at(u, "input_tokens_details", "cached_tokens"))), int(number(at(u, "output_tokens_details", "reasoning_tokens")))}
	s.ended = true
	switch o["status"] {
	case "completed":
		s.finish = s.ending()
	case "incomplete":
		s.finish = map[string]string{"max_output_tokens": "length", "content_filter": "filter"}[str(at(o, "incomplete_details", "reason"))]
	default:
		s.problem("status %v", o["status"])
	}
	if o["object"] != "response" || str(o["id"]) == "" || str(o["model"]) == "" {
		s.problem("no response: %.300s", text(o))
	}
	return s
}

func responsesItems(all []any) *said {
	s := &said{raw: all}
	for _, v := range all {
		switch o := v.(object); o["type"] {
		case "reasoning":
			if o["summary"] == nil {
				s.problem("a reasoning item without summary: %s", text(o))
			}
			shown := ""
			for _, p := range list(o["summary"]) {
				shown += str(at(p, "text"))
			}
			if shown == "" {
				for _, p := range list(o["content"]) {
					shown += str(at(p, "text"))
				}
			}
			s.blocks = append(s.blocks, block{kind: thinking, text: shown, state: str(o["encrypted_content"])})
		case "message":
			for _, p := range list(o["content"]) {
				s.blocks = append(s.blocks, block{kind: words, text: str(at(p, "text"))})
			}
		case "function_call":
			s.blocks = append(s.blocks, block{kind: calling, id: str(o["call_id"]), name: str(o["name"]), args: str(o["arguments"])})
		default:
			s.problem("an item of type %v", o["type"])
		}
		if str(at(v, "id")) == "" {
			s.problem("an item without id: %s", text(v))
		}
	}
	return s
}

// responsesReader follows https://platform.openai.com/docs/api-reference/responses-streaming.
type responsesReader struct {
	*said
	items  []object       // added, by output_index
	done   map[int]object // items that are done
	parts  map[string]string
	final  object
	next   int
	closed bool
}

func responsesStream(raw []byte, _ *question) *said {
	r := &responsesReader{said: &said{}, done: map[int]object{}, parts: map[string]string{}}
	for _, e := range sse(raw) {
		if e.comment {
			continue
		}
		var o object
		if err := json.Unmarshal([]byte(e.data), &o); err != nil || o["type"] != e.name {
			r.problem("event %q with data %.200s", e.name, e.data)
			continue
		}
		if int(number(o["sequence_number"])) != r.next {
			r.problem("sequence_number is %v, not %d", o["sequence_number"], r.next)
		}
		r.next++
		r.event(o)
	}
	if r.final == nil {
		if r.failure != "" && !r.closed {
			r.problem("the stream ends without response.failed")
		}
		if r.failure == "" {
			r.problem("the stream has no end")
		}
		out := &said{problems: r.problems, failure: r.failure}
		if deltas := r.deltas(); deltas != "" {
			out.blocks = append(out.blocks, block{kind: words, text: deltas})
		}
		return out
	}
	s := responsesWhole(nil, r.final)
	s.problems = append(r.problems, s.problems...)
	s.failure = r.failure
	if len(r.done) != len(r.items) || len(list(r.final["output"])) != len(r.items) {
		s.problem("%d items were added, %d done, the end has %d", len(r.items), len(r.done), len(list(r.final["output"])))
	}
	for i, o := range list(r.final["output"]) {
		if text(r.done[i]) != text(o) {
			s.problem("item %d is done as %s and ends as %s", i, text(r.done[i]), text(o))
		}
	}
	return s
}

func (r *responsesReader) deltas() (all string) {
	for k, v := range r.parts {
		if strings.Contains(k, "output_text") {
			all += v
		}
	}
	return all
}

func (r *responsesReader) event(o object) {
	kind := strings.TrimPrefix(str(o["type"]), "response.")
	if r.closed {
		r.problem("%s follows the end", kind)
	}
	at0 := int(number(o["output_index"]))
	switch kind {
	case "created", "in_progress":
		if at(o, "response", "id") == nil || r.items != nil {
			r.problem("%s: %.200s", kind, text(o))
		}
	case "completed", "incomplete":
		r.final, _ = o["response"].(object)
		r.closed = true
	case "failed":
		if at(o, "response", "status") != "failed" || at(o, "response", "error", "message") == nil {
			r.problem("response.failed: %s", text(o))
		}
		r.closed = true
		r.failure += text(o)
	case "error":
		r.failure += text(o)
	case "output_item.added":
		if at0 != len(r.items) {
			r.problem("item %d is added as %d", len(r.items), at0)
		}
		item, _ := o["item"].(object)
		r.items = append(r.items, item)
	case "output_item.done":
		item, _ := o["item"].(object)
		if at0 < 0 || at0 >= len(r.items) || r.items[at0]["id"] != item["id"] || r.done[at0] != nil {
			r.problem("done without added: %s", text(o))
		}
		r.done[at0] = item
	case "content_part.added", "reasoning_summary_part.added":
		if _, twice := r.parts[r.key(o, kind)]; twice {
			r.problem("a part is added twice")
		}
		r.parts[r.key(o, kind)] = ""
	case "content_part.done", "reasoning_summary_part.done", "output_text.annotation.added":
	default:
		r.piece(kind, o)
	}
}

// key names what a delta belongs to.
func (r *responsesReader) key(o object, kind string) string {
	kind, _, _ = strings.Cut(kind, ".")
	kind = map[string]string{"content_part": "output_text", "reasoning_summary_part": "reasoning_summary_text"}[kind] + map[string]string{"output_text": "output_text", "reasoning_summary_text": "reasoning_summary_text", "reasoning_text": "output_text", "refusal": "output_text"}[kind]
	return text([]any{kind, o["output_index"], o["content_index"], o["summary_index"]})
}

func (r *responsesReader) piece(kind string, o object) {
	what, step, _ := strings.Cut(kind, ".")
	i := int(number(o["output_index"]))
	if i < 0 || i >= len(r.items) || r.items[i]["id"] != o["item_id"] || r.done[i] != nil {
		r.problem("%s of no open item: %s", kind, text(o))
		return
	}
	key := r.key(o, kind)
	if what == "function_call_arguments" {
		key = text([]any{what, i})
	} else if _, ok := r.parts[key]; !ok {
		r.problem("%s before its part was added", kind)
	}
	if step == "delta" {
		r.parts[key] += str(o["delta"])
		return
	}
	whole := str(o["text"])
	if what == "function_call_arguments" {
		whole = str(o["arguments"])
	}
	if whole != r.parts[key] {
		r.problem("%s says %q, the deltas said %q", kind, whole, r.parts[key])
	}
}
