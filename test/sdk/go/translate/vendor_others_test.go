package translate_test

import (
	"encoding/json"
	"strings"
)

// vendorResponses reads Responses: the last event holds the whole.
func vendorResponses(r *recording) *meaning {
	m := &meaning{}
	o := parse(r.body)
	if r.stream() {
		o = nil
		var text, thinking strings.Builder
		for _, e := range r.events() {
			switch e.o.text("type") {
			case "response.completed", "response.incomplete", "response.failed":
				o = e.o.at("response")
			case "response.output_text.delta":
				text.WriteString(e.o.text("delta"))
			case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
				thinking.WriteString(e.o.text("delta"))
			case "error":
				m.Failed = true
			}
			m.Failed = m.Failed || isError(e.o["error"])
		}
		if o == nil {
			m.Failed = true
		}
		if len(o.list("output")) == 0 { // some vendors leave the output out of the last event
			return responsesDeltas(r, m, o, text.String(), thinking.String())
		}
	}
	responsesOutput(m, o)
	responsesEnd(m, o)
	return m
}

func responsesOutput(m *meaning, o object) {
	for _, item := range o.list("output") {
		responsesItem(m, item)
	}
}

func responsesItem(m *meaning, item object) {
	switch item.text("type") {
	case "message":
		for _, p := range item.list("content") {
			m.Text += p.text("text") + p.text("refusal")
			m.Spoken = m.Spoken || p.text("refusal") != ""
		}
	case "reasoning":
		had := len(m.Thinking)
		for _, p := range item.list("summary") {
			m.Thinking += p.text("text")
		}
		if len(m.Thinking) == had {
			for _, p := range item.list("content") {
				m.Thinking += p.text("text")
			}
		}
	case "function_call":
		m.addCall(item.text("name"), item.text("arguments"))
	case "custom_tool_call":
		m.addCall(item.text("name"), string(must(json.Marshal(map[string]string{"input": item.text("input")}))))
	}
}

func responsesDeltas(r *recording, m *meaning, o object, text, thinking string) *meaning {
	for _, e := range r.events() {
		if e.o.text("type") == "response.output_item.done" {
			responsesItem(m, e.o.at("item"))
		}
	}
	if m.Text == "" {
		m.Text = text
	}
	if m.Thinking == "" {
		m.Thinking = thinking
	}
	responsesEnd(m, o)
	return m
}

func responsesEnd(m *meaning, o object) {
	m.Failed = m.Failed || isError(o["error"]) || o.text("status") == "failed"
	reason := o.at("incomplete_details").text("reason")
	m.Word = strings.TrimSpace(o.text("status") + " " + reason)
	switch {
	case reason == "content_filter":
		m.Finish = "filter"
	case reason != "" || o.text("status") == "incomplete":
		m.Finish = "length"
	case o.text("status") == "queued", o.text("status") == "in_progress":
		m.Finish = "pause"
	case o.text("status") == "cancelled":
		m.Finish = "broken"
	case len(m.Calls) > 0:
		m.Finish = "tools"
	default:
		m.Finish = "stop"
	}
	if u := o.at("usage"); u != nil {
		familyUsage(m, u)
	}
}

// vendorMessages reads Messages.
func vendorMessages(r *recording) *meaning {
	m := &meaning{}
	message := parse(r.body)
	if r.stream() {
		message = messagesStream(r, m)
	}
	m.Failed = m.Failed || message.text("type") == "error" || isError(message["error"])
	for _, b := range message.list("content") {
		switch b.text("type") {
		case "text":
			m.Text += b.text("text")
		case "thinking":
			m.Thinking += b.text("thinking")
		case "tool_use":
			m.addCall(b.text("name"), jsonText(b["input"]))
		}
	}
	m.Word = message.text("stop_reason")
	switch m.Word {
	case "end_turn", "":
		m.Finish = "stop"
	case "stop_sequence":
		m.Finish = "sequence"
	case "max_tokens":
		m.Finish = "length"
	case "tool_use":
		m.Finish = "tools"
	case "refusal":
		m.Finish = "refusal"
	case "pause_turn":
		m.Finish = "pause"
	case "model_context_window_exceeded":
		m.Finish = "context"
	default:
		m.Finish = "unknown"
	}
	u := message.at("usage")
	if in, ok := u["input_tokens"].(float64); ok && u["iterations"] == nil {
		read, _ := u["cache_read_input_tokens"].(float64)
		write, _ := u["cache_creation_input_tokens"].(float64)
		m.count("in", in+read+write)
		m.count("cached", read)
		m.count("out", u["output_tokens"])
	}
	return m
}

// messagesStream puts a stream together to the message that it says.
func messagesStream(r *recording, m *meaning) object {
	if whole := r.events(); len(whole) == 1 && whole[0].o.text("type") == "message" { // some proxies say it all at once
		return whole[0].o
	}
	message := object{}
	var blocks []object
	usage := map[string]any{}
	ended := false
	for _, e := range r.events() {
		switch e.o.text("type") {
		case "message_start":
			message = e.o.at("message")
			for k, v := range message.at("usage") {
				usage[k] = v
			}
		case "content_block_start":
			blocks = append(blocks, e.o.at("content_block"))
			if in := e.o.at("content_block")["input"]; in != nil && jsonText(in) == "{}" {
				blocks[len(blocks)-1]["input"] = ""
			}
		case "content_block_delta":
			i, _ := e.o["index"].(float64)
			if int(i) >= len(blocks) {
				continue
			}
			b, d := blocks[int(i)], e.o.at("delta")
			switch d.text("type") {
			case "text_delta":
				b["text"] = b.text("text") + d.text("text")
			case "thinking_delta":
				b["thinking"] = b.text("thinking") + d.text("thinking")
			case "input_json_delta":
				b["input"] = jsonText(b["input"]) + d.text("partial_json")
			}
		case "message_delta":
			if s := e.o.at("delta").text("stop_reason"); s != "" {
				message["stop_reason"] = s
			}
			for k, v := range e.o.at("usage") {
				if v != nil {
					usage[k] = v
				}
			}
		case "message_stop":
			ended = true
		case "error":
			m.Failed = true
		}
	}
	m.Failed = m.Failed || !ended
	message["usage"] = usage
	var content []any
	for _, b := range blocks {
		content = append(content, map[string]any(b))
	}
	message["content"] = content
	return message
}

// vendorGemini reads generateContent.
func vendorGemini(r *recording) *meaning {
	m := &meaning{}
	var chunks []object
	switch trimmed := strings.TrimSpace(string(r.body)); {
	case strings.HasPrefix(trimmed, "["):
		var all []object
		_ = json.Unmarshal([]byte(trimmed), &all)
		chunks = all
	case strings.HasPrefix(trimmed, "{"):
		chunks = []object{parse(r.body)}
	default:
		for _, e := range r.events() {
			chunks = append(chunks, e.o)
		}
	}
	blocked := false
	for _, o := range chunks {
		m.Failed = m.Failed || isError(o["error"])
		for _, c := range first(o.list("candidates")) {
			for _, p := range c.at("content").list("parts") {
				geminiPart(m, p)
			}
			if f := c.text("finishReason"); f != "" {
				m.Finish, m.Word = geminiFinish(f), f
			} else if f, ok := c["finishReason"].(float64); ok {
				m.Finish = []string{"", "stop", "length", "filter", "filter", "unknown"}[min(int(f), 5)]
			}
		}
		blocked = blocked || o.at("promptFeedback").text("blockReason") != ""
		if u := o.at("usageMetadata"); u["promptTokenCount"] != nil {
			geminiUsage(m, u)
		}
	}
	if blocked && m.Finish == "" {
		m.Finish, m.Word = "filter", "blocked"
	}
	if m.Finish == "stop" && len(m.Calls) > 0 {
		m.Finish = "tools"
	}
	m.Failed = m.Failed || m.Finish == "" && r.stream()
	if m.Finish == "" {
		m.Finish = "unknown"
	}
	return m
}

func geminiPart(m *meaning, p object) {
	if f := p.at("functionCall"); f != nil {
		if f["partialArgs"] != nil || f["willContinue"] != nil || f.text("name") == "" {
			m.Partial = true
		}
		if f.text("name") == "" {
			return
		}
		m.addCall(f.text("name"), jsonText(f["args"]))
		return
	}
	if p["thought"] == true {
		m.Thinking += p.text("text")
		return
	}
	m.Text += p.text("text")
}

func geminiFinish(f string) string {
	switch f {
	case "STOP":
		return "stop"
	case "MAX_TOKENS":
		return "length"
	case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "IMAGE_SAFETY":
		return "filter"
	case "UNEXPECTED_TOOL_CALL", "MALFORMED_FUNCTION_CALL", "TOO_MANY_TOOL_CALLS":
		return "broken"
	}
	return "unknown"
}

func geminiUsage(m *meaning, u object) {
	n := func(name string) float64 { v, _ := u[name].(float64); return v }
	m.Usage = nil
	m.count("in", n("promptTokenCount")+n("toolUsePromptTokenCount"))
	m.count("cached", n("cachedContentTokenCount"))
	if u["candidatesTokenCount"] != nil {
		m.count("out", n("candidatesTokenCount")+n("thoughtsTokenCount"))
		m.count("reasoning", n("thoughtsTokenCount"))
	}
}
