package translate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// vendorConverse reads Converse, its streams by the vendor's own decoder.
func vendorConverse(r *recording) *meaning {
	m := &meaning{}
	if !r.stream() {
		o := parse(r.body)
		for _, b := range o.at("output", "message").list("content") {
			m.Text += b.text("text")
			m.Thinking += b.at("reasoningContent", "reasoningText").text("text")
			for _, c := range b.at("citationsContent").list("content") {
				m.Text += c.text("text")
			}
			if t := b.at("toolUse"); t != nil && t.text("type") != "server_tool_use" {
				m.addCall(t.text("name"), jsonText(t["input"]))
			}
		}
		m.Word = o.text("stopReason")
		m.Finish = converseFinish(m.Word)
		converseUsage(m, o.at("usage"))
		return m
	}
	calls := map[int]*chatCall{}
	decoder, in := eventstream.NewDecoder(), bytes.NewReader(r.body)
	for {
		msg, err := decoder.Decode(in, nil)
		if err != nil {
			m.Failed = m.Failed || !errors.Is(err, io.EOF)
			break
		}
		converseEvent(m, calls, &msg)
	}
	m.Failed = m.Failed || m.Finish == ""
	var order []int
	for i := range calls {
		order = append(order, i)
	}
	sort.Ints(order)
	for _, i := range order {
		m.addCall(calls[i].name, calls[i].args)
	}
	return m
}

func converseEvent(m *meaning, calls map[int]*chatCall, msg *eventstream.Message) {
	o := parse(msg.Payload)
	if t := msg.Headers.Get(":message-type"); t != nil && t.String() == "exception" {
		m.Failed = true
		return
	}
	i, _ := o["contentBlockIndex"].(float64)
	switch msg.Headers.Get(":event-type").String() {
	case "contentBlockStart":
		if t := o.at("start", "toolUse"); t != nil && t.text("type") != "server_tool_use" {
			calls[int(i)] = &chatCall{name: t.text("name")}
		}
	case "contentBlockDelta":
		d := o.at("delta")
		m.Text += d.text("text")
		m.Thinking += d.at("reasoningContent").text("text")
		if t := d.at("toolUse"); t != nil && calls[int(i)] != nil {
			calls[int(i)].args += t.text("input")
		}
	case "messageStop":
		m.Word = o.text("stopReason")
		m.Finish = converseFinish(m.Word)
	case "metadata":
		converseUsage(m, o.at("usage"))
	}
}

func converseFinish(f string) string {
	switch f {
	case "end_turn":
		return "stop"
	case "stop_sequence":
		return "sequence"
	case "max_tokens":
		return "length"
	case "tool_use":
		return "tools"
	case "refusal":
		return "refusal"
	case "guardrail_intervened", "content_filtered":
		return "filter"
	case "model_context_window_exceeded":
		return "context"
	case "malformed_model_output", "malformed_tool_use":
		return "broken"
	case "":
		return ""
	}
	return "unknown"
}

func converseUsage(m *meaning, u object) {
	n := func(name string) float64 { v, _ := u[name].(float64); return v }
	if u == nil {
		return
	}
	m.count("in", n("inputTokens")+n("cacheReadInputTokens")+n("cacheWriteInputTokens"))
	m.count("out", u["outputTokens"])
	m.count("cached", n("cacheReadInputTokens"))
}

// vendorCohere reads Cohere's second chat.
func vendorCohere(r *recording) *meaning {
	m := &meaning{}
	if !r.stream() {
		o := parse(r.body)
		msg := o.at("message")
		for _, p := range msg.list("content") {
			m.Text += p.text("text")
			m.Thinking += p.text("thinking")
		}
		m.Thinking = msg.text("tool_plan") + m.Thinking
		for _, t := range msg.list("tool_calls") {
			m.addCall(t.at("function").text("name"), jsonText(t.at("function")["arguments"]))
		}
		m.Word = o.text("finish_reason")
		m.Finish = cohereFinish(m.Word)
		cohereUsage(m, o.at("usage"))
		return m
	}
	var calls []*chatCall
	var plan string
	for _, e := range r.events() {
		d := e.o.at("delta", "message")
		switch e.o.text("type") {
		case "content-start", "content-delta":
			m.Text += d.at("content").text("text")
			m.Thinking += d.at("content").text("thinking")
		case "tool-plan-delta":
			plan += d.text("tool_plan")
		case "tool-call-start":
			t := d.at("tool_calls", "function")
			calls = append(calls, &chatCall{name: t.text("name"), args: t.text("arguments")})
		case "tool-call-delta":
			if len(calls) > 0 {
				calls[len(calls)-1].args += d.at("tool_calls", "function").text("arguments")
			}
		case "message-end":
			m.Word = e.o.at("delta").text("finish_reason")
			m.Finish = cohereFinish(m.Word)
			m.Failed = m.Failed || isError(e.o.at("delta")["error"])
			cohereUsage(m, e.o.at("delta", "usage"))
		}
	}
	m.Thinking = plan + m.Thinking
	for _, c := range calls {
		m.addCall(c.name, c.args)
	}
	m.Failed = m.Failed || m.Finish == ""
	return m
}

func cohereFinish(f string) string {
	switch strings.ToUpper(f) {
	case "COMPLETE":
		return "stop"
	case "STOP_SEQUENCE":
		return "sequence"
	case "MAX_TOKENS":
		return "length"
	case "TOOL_CALL":
		return "tools"
	case "":
		return ""
	case "ERROR", "TIMEOUT":
		return "broken"
	}
	return "unknown"
}

func cohereUsage(m *meaning, u object) {
	t := u.at("tokens")
	m.count("in", t["input_tokens"])
	m.count("out", t["output_tokens"])
	m.count("cached", u["cached_tokens"])
}

var _ = json.Valid
