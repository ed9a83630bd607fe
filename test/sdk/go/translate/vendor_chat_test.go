package translate_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// vendorChat reads what a vendor of the chat dialect said, in its first choice.
func vendorChat(r *recording) *meaning {
	m := &meaning{}
	c := chatReading{m: m, calls: map[string]*chatCall{}}
	if !r.stream() {
		o := parse(r.body)
		if isError(o["error"]) {
			m.Failed = true
		}
		c.usage(o)
		for _, choice := range first(o.list("choices")) {
			m.Failed = m.Failed || isError(choice["error"])
			c.message(choice.at("message"))
			c.finish(choice)
		}
	} else {
		for _, e := range r.events() {
			if e.raw == "[DONE]" {
				c.done = true
				continue
			}
			c.chunk(e)
		}
		m.Failed = m.Failed || m.Finish == "" && !c.done
	}
	c.end()
	return m
}

func first(choices []object) []object {
	for _, c := range choices {
		if c["index"] == nil || c["index"] == 0.0 {
			return []object{c}
		}
	}
	return nil
}

func isError(v any) bool {
	switch e := v.(type) {
	case nil:
		return false
	case string:
		return e != ""
	}
	return true
}

type chatReading struct {
	m     *meaning
	calls map[string]*chatCall
	order []string
	done  bool
	last  string
}

type chatCall struct{ id, name, args string }

func (c *chatReading) chunk(e event) {
	if isError(e.o["error"]) || e.name == "error" {
		c.m.Failed = true
	}
	c.usage(e.o)
	for _, choice := range first(e.o.list("choices")) {
		c.m.Failed = c.m.Failed || isError(choice["error"])
		c.message(choice.at("delta"))
		if choice.at("delta") == nil {
			c.message(choice.at("message"))
		}
		c.finish(choice)
	}
}

func (c *chatReading) message(d object) {
	switch v := d["content"].(type) {
	case string:
		c.m.Text += v
	case []any:
		for _, p := range d.list("content") {
			c.m.Text += p.text("text")
			for _, t := range p.list("thinking") {
				c.m.Thinking += t.text("text")
			}
			if s, ok := p["thinking"].(string); ok {
				c.m.Thinking += s
			}
		}
	}
	c.m.Text += d.text("refusal")
	c.m.Spoken = c.m.Spoken || d.text("refusal") != ""
	switch {
	case d.text("reasoning_content") != "":
		c.m.Thinking += d.text("reasoning_content")
	case d.text("reasoning") != "":
		c.m.Thinking += d.text("reasoning")
	default:
		for _, r := range d.list("reasoning_details") {
			c.m.Thinking += r.text("text") + r.text("summary")
		}
	}
	for i, t := range d.list("tool_calls") {
		c.call(i, t)
	}
	if f := d.at("function_call"); f != nil {
		c.call(0, object{"id": "legacy", "function": map[string]any(f), "index": 0.0})
	}
}

func (c *chatReading) call(i int, t object) {
	key := fmt.Sprint(t["index"])
	if t["index"] == nil {
		key = t.text("id")
		if key == "" {
			key = c.last
		}
		if key == "" {
			key = fmt.Sprint("at", i)
		}
	}
	c.last = key
	k := c.calls[key]
	if k == nil {
		k = &chatCall{}
		c.calls[key], c.order = k, append(c.order, key)
	}
	if id := t.text("id"); id != "" {
		k.id = id
	}
	if n := t.at("function").text("name"); n != "" && k.name == "" {
		k.name = n
	}
	if n := t.at("custom").text("name"); n != "" && k.name == "" {
		k.name = n
		k.args = string(must(json.Marshal(map[string]string{"input": t.at("custom").text("input")})))
	}
	k.args += jsonText(t.at("function")["arguments"])
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (c *chatReading) finish(choice object) {
	if f := choice.text("finish_reason"); f != "" {
		c.m.Finish, c.m.Word = chatFinish(f), f
	}
}

func chatFinish(f string) string {
	switch f {
	case "stop", "eos", "eos_token", "end_turn", "STOP", "COMPLETE":
		return "stop"
	case "stop_sequence":
		return "sequence"
	case "length", "max_tokens", "MAX_TOKENS":
		return "length"
	case "model_length":
		return "context"
	case "tool_calls", "function_call", "tool_use":
		return "tools"
	case "content_filter", "SAFETY":
		return "filter"
	case "error", "network_error":
		return "broken"
	}
	return "unknown"
}

func (c *chatReading) usage(o object) {
	u := o.at("usage")
	if u == nil {
		u = o.at("x_groq", "usage")
	}
	if u == nil {
		return
	}
	c.m.Usage = nil
	familyUsage(c.m, u)
}

// familyUsage reads the usage of OpenAI's family; see the corpus test of forwarding for
// the arithmetic that vendors differ in: what is odd is left out here.
func familyUsage(m *meaning, u object) {
	in, out, total := u["prompt_tokens"], u["completion_tokens"], u["total_tokens"]
	if in == nil {
		in, out = u["input_tokens"], u["output_tokens"]
	}
	inN, ok1 := in.(float64)
	outN, ok2 := out.(float64)
	totalN, ok3 := total.(float64)
	if ok1 && ok2 && ok3 && totalN == inN+outN {
		m.count("in", in)
		m.count("out", out)
	}
	for _, n := range []string{"prompt_tokens_details", "input_tokens_details"} {
		m.count("cached", u.at(n)["cached_tokens"])
	}
	for _, n := range []string{"completion_tokens_details", "output_tokens_details"} {
		if v, ok := u.at(n)["reasoning_tokens"].(float64); ok && ok2 && v <= outN {
			m.count("reasoning", v)
		}
	}
}

func (c *chatReading) end() {
	if slices.Contains(c.order, "") {
		delete(c.calls, "")
	}
	for _, key := range c.order {
		if k := c.calls[key]; k != nil && (k.name != "" || k.args != "") {
			c.m.addCall(k.name, k.args)
		}
	}
	if c.m.Finish == "" {
		c.m.Finish = "stop"
	}
	if len(c.m.Calls) > 0 && c.m.Finish == "stop" {
		c.m.Finish = "tools"
	}
	c.m.Text = strings.TrimSpace(c.m.Text)
}
