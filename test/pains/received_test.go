package pains_test

import (
	"fmt"
	"strings"
	"testing"
)

// received reads the conversation that a vendor got: what the assistant said before,
// turn by turn, and what tools gave.
type received struct {
	turns   [][]block
	results []result
	order   []string // roles, one a message or item
}

func readReceived(t testing.TB, v *vendor, o object) *received {
	t.Helper()
	r := &received{}
	switch v.dialect {
	case "chat":
		r.chat(o)
	case "responses":
		r.responses(o)
	case "messages":
		r.messages(o)
	case "gemini":
		r.gemini(o)
	case "converse":
		r.converse(o)
	case "cohere":
		r.cohere(o)
	}
	return r
}

// say adds blocks to the assistant's turn; fresh says that a new one begins.
func (r *received) say(fresh bool, all ...block) {
	if fresh {
		r.turns = append(r.turns, nil)
	}
	last := &r.turns[len(r.turns)-1]
	*last = append(*last, all...)
}

func (r *received) chat(o object) {
	for _, m := range list(o["messages"]) {
		r.order = append(r.order, str(at(m, "role")))
		switch at(m, "role") {
		case "assistant":
			r.say(true)
			if s := str(at(m, "reasoning_content")); s != "" {
				r.say(false, block{kind: thinking, text: s})
			}
			for _, d := range list(at(m, "reasoning_details")) {
				switch at(d, "type") {
				case "reasoning.encrypted":
					r.say(false, block{kind: redacted, state: str(at(d, "data"))})
				default:
					r.say(false, block{kind: thinking, text: str(at(d, "text")), state: str(at(d, "signature"))})
				}
			}
			if s := contentText(at(m, "content")); s != "" {
				r.say(false, block{kind: words, text: s})
			}
			for _, c := range list(at(m, "tool_calls")) {
				r.say(false, block{kind: calling, id: str(at(c, "id")), name: str(at(c, "function", "name")), args: str(at(c, "function", "arguments"))})
			}
		case "tool":
			r.results = append(r.results, result{id: str(at(m, "tool_call_id")), text: contentText(at(m, "content"))})
		}
	}
}

// contentText is the text of a string or of parts.
func contentText(v any) (s string) {
	if s, ok := v.(string); ok {
		return s
	}
	for _, p := range list(v) {
		s += str(at(p, "text"))
	}
	return s
}

func (r *received) responses(o object) {
	saying := false
	for _, item := range list(o["input"]) {
		kind := str(at(item, "type"))
		if kind == "" || kind == "message" {
			kind = str(at(item, "role"))
		}
		r.order = append(r.order, kind)
		switch kind {
		case "assistant", "reasoning", "function_call":
			var b block
			switch kind {
			case "assistant":
				b = block{kind: words, text: contentText(at(item, "content"))}
			case "reasoning":
				b = block{kind: thinking, text: contentText(at(item, "summary")), state: str(at(item, "encrypted_content")), id: str(at(item, "id"))}
			default:
				b = block{kind: calling, id: str(at(item, "call_id")), name: str(at(item, "name")), args: str(at(item, "arguments"))}
			}
			r.say(!saying, b)
			saying = true
			continue
		case "function_call_output":
			r.results = append(r.results, result{id: str(at(item, "call_id")), text: contentText(at(item, "output"))})
		}
		saying = false
	}
}

func (r *received) messages(o object) {
	for _, m := range list(o["messages"]) {
		role := str(at(m, "role"))
		r.order = append(r.order, role)
		if role == "assistant" {
			r.say(true)
			if s, ok := at(m, "content").(string); ok {
				r.say(false, block{kind: words, text: s})
			}
			r.say(false, messagesBlocks(list(at(m, "content"))).blocks...)
			continue
		}
		for _, b := range list(at(m, "content")) {
			if at(b, "type") == "tool_result" {
				r.results = append(r.results, result{id: str(at(b, "tool_use_id")), text: contentText(at(b, "content"))})
			}
		}
	}
}

func (r *received) gemini(o object) {
	for _, c := range list(o["contents"]) {
		role := str(at(c, "role"))
		r.order = append(r.order, role)
		if role == "model" {
			r.say(true, geminiParts(list(at(c, "parts"))).blocks...)
			continue
		}
		for _, p := range list(at(c, "parts")) {
			if f := at(p, "functionResponse"); f != nil {
				r.results = append(r.results, result{id: str(at(f, "id")), name: str(at(f, "name")), text: text(at(f, "response"))})
			}
		}
	}
}

func (r *received) converse(o object) {
	for _, m := range list(o["messages"]) {
		role := str(at(m, "role"))
		r.order = append(r.order, role)
		if role == "assistant" {
			r.say(true, converseBlocks(list(at(m, "content"))).blocks...)
			continue
		}
		for _, b := range list(at(m, "content")) {
			if u := at(b, "toolResult"); u != nil {
				s := ""
				for _, p := range list(at(u, "content")) {
					if j := at(p, "json"); j != nil {
						s += text(j)
					}
					s += str(at(p, "text"))
				}
				r.results = append(r.results, result{id: str(at(u, "toolUseId")), text: s})
			}
		}
	}
}

func (r *received) cohere(o object) {
	for _, m := range list(o["messages"]) {
		r.order = append(r.order, str(at(m, "role")))
		switch at(m, "role") {
		case "assistant":
			r.say(true)
			if s, ok := at(m, "content").(string); ok && s != "" {
				r.say(false, block{kind: words, text: s})
			}
			r.say(false, cohereMessage(m.(object)).blocks...)
			if s := str(at(m, "tool_plan")); s != "" {
				r.say(false, block{kind: words, text: s})
			}
		case "tool":
			s := contentText(at(m, "content"))
			for _, p := range list(at(m, "content")) {
				if d := at(p, "document", "data"); d != nil {
					s += text(d)
				}
			}
			r.results = append(r.results, result{id: str(at(m, "tool_call_id")), text: s})
		}
	}
}

// states tells the opaque state of each block of a turn, in order.
func states(all []block) string {
	var out []string
	for _, b := range all {
		if b.state != "" && b.kind == calling {
			out = append(out, b.kind+" "+b.args+" "+b.state)
		} else if b.state != "" {
			out = append(out, b.text+" "+b.state)
		}
	}
	return strings.Join(out, " | ")
}

// full tells a turn with its state; thoughts in a row that have none are told as one.
func full(all []block) string {
	var out []string
	for i, b := range all {
		if i > 0 && b.kind == thinking && b.kind == all[i-1].kind && b.state+all[i-1].state == "" {
			out[len(out)-1] += b.text
			continue
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", b.kind, b.name, b.text, canonical(b.args), b.state)))
	}
	return strings.Join(out, " | ")
}
