package vendors

import (
	"net/http"
	"strings"
)

// readConverse reads a request of
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html.
func readConverse(r *reader, o object) {
	r.only("request", o, "messages", "system", "inferenceConfig", "toolConfig", "guardrailConfig", "additionalModelRequestFields", "additionalModelResponseFieldPaths", "promptVariables",
		"requestMetadata", "performanceConfig", "serviceTier", "outputConfig")
	r.stream = strings.HasSuffix(r.path, "/converse-stream")
	r.only("inferenceConfig", o.at("inferenceConfig"), "maxTokens", "temperature", "topP", "stopSequences")
	r.only("toolConfig", o.at("toolConfig"), "tools", "toolChoice")
	for _, t := range o.at("toolConfig").list("tools") {
		r.only("tool", t, "toolSpec", "systemTool", "cachePoint")
		if spec := t.at("toolSpec"); spec != nil {
			r.only("toolSpec", spec, "name", "description", "inputSchema", "strict")
			r.tool("tools", spec.text("name"), spec.at("inputSchema")["json"])
		}
	}
	if choice := o.at("toolConfig", "toolChoice"); choice.has("any") {
		r.forced = "*"
	} else {
		r.forced = choice.at("tool").text("name")
	}
	r.schema = o.at("outputConfig", "textFormat").text("type") == "json_schema" || o.at("additionalModelRequestFields", "output_config").has("format")
	thinking := o.at("additionalModelRequestFields", "thinking")
	r.thinks = thinking != nil && thinking.text("type") != "disabled"
	if most := o.at("inferenceConfig").number("maxTokens"); thinking.text("type") == "enabled" { // none is the model's own
		if budget := thinking.number("budget_tokens"); budget < 1024 || most != 0 && budget >= most {
			r.refuse("budget_tokens is %v with maxTokens %v", budget, most)
		}
	}
	for _, s := range o.list("system") {
		r.only("system", s, "text", "cachePoint", "guardContent")
	}
	var roles []string
	for _, m := range o.list("messages") {
		r.only("message", m, "role", "content")
		roles = append(roles, m.text("role"))
		r.converseMessage(m)
	}
	r.alternate(roles, "user", "assistant")
	r.order(byID)
}

func (r *reader) converseMessage(m object) {
	t := turn{}
	if len(m.list("content")) == 0 {
		r.refuse("a message without content")
	}
	for _, b := range m.list("content") {
		if len(b) != 1 {
			r.refuse("a block with %d members", len(b))
		}
		r.only("block", b, "text", "image", "document", "video", "audio", "toolUse", "toolResult", "reasoningContent", "cachePoint", "guardContent", "citationsContent", "searchResult")
		switch {
		case b.has("text"):
			if strings.TrimSpace(b.text("text")) == "" {
				r.refuse("a blank text")
			}
			if m.text("role") == "user" {
				t.user += b.text("text")
			} else {
				t.said += b.text("text")
			}
		case b.has("toolUse"):
			u := b.at("toolUse")
			r.only("toolUse", u, "toolUseId", "name", "input", "type")
			t.calls = append(t.calls, call{id: u.text("toolUseId"), name: u.text("name"), args: jsonText(u["input"])})
		case b.has("toolResult"):
			t.results = append(t.results, r.converseResult(b.at("toolResult")))
		case b.has("reasoningContent"):
			t.states = append(t.states, b.at("reasoningContent", "reasoningText").text("signature"), b.at("reasoningContent").text("redactedContent"))
		}
	}
	if (len(t.calls) > 0 || len(t.results) > 0) && len(r.tools) == 0 {
		r.refuse("calls or results without toolConfig")
	}
	r.turns = append(r.turns, t)
}

func (r *reader) converseResult(o object) result {
	r.only("toolResult", o, "toolUseId", "content", "status", "type")
	res := result{id: o.text("toolUseId")}
	if len(o.list("content")) == 0 {
		r.refuse("a result without content")
	}
	for _, c := range o.list("content") {
		if c.has("json") {
			res.text += jsonText(c["json"])
		}
		res.text += c.text("text")
	}
	return res
}

func converseUsage() object {
	return object{"inputTokens": 10, "outputTokens": 9, "totalTokens": 23, "cacheReadInputTokens": 4, "cacheWriteInputTokens": 0}
}

func sayConverse(w http.ResponseWriter, a *ask, s *say) {
	if a.stream {
		streamConverse(newFrames(w), s)
		return
	}
	var blocks []object
	if s.thought != "" {
		blocks = append(blocks, object{"reasoningContent": object{"reasoningText": object{"text": s.thought, "signature": s.state}}})
	}
	if s.text != "" {
		blocks = append(blocks, object{"text": s.text})
	}
	for _, c := range s.calls {
		blocks = append(blocks, object{"toolUse": object{"toolUseId": c.id, "name": c.name, "input": objectFrom(c.args)}})
	}
	writeJSON(w, http.StatusOK, object{"output": object{"message": object{"role": "assistant", "content": blocks}}, "stopReason": s.stopReason(), "usage": converseUsage(), "metrics": object{"latencyMs": 12}})
}

func streamConverse(out frames, s *say) {
	n := 0
	delta := func(o object) { out.event("contentBlockDelta", object{"contentBlockIndex": n, "delta": o}) }
	stop := func() { out.event("contentBlockStop", object{"contentBlockIndex": n}); n++ }
	out.event("messageStart", object{"role": "assistant"})
	if s.thought != "" {
		for _, p := range pieces(s.thought) {
			delta(object{"reasoningContent": object{"text": p}})
		}
		delta(object{"reasoningContent": object{"signature": s.state}})
		stop()
	}
	if s.text != "" {
		for _, p := range pieces(s.text) {
			delta(object{"text": p})
		}
		stop()
	}
	for _, c := range s.calls {
		out.event("contentBlockStart", object{"contentBlockIndex": n, "start": object{"toolUse": object{"toolUseId": c.id, "name": c.name}}})
		for _, p := range pieces(c.args) {
			delta(object{"toolUse": object{"input": p}})
		}
		stop()
	}
	out.event("messageStop", object{"stopReason": s.stopReason()})
	out.event("metadata", object{"usage": converseUsage(), "metrics": object{"latencyMs": 12}})
}

func failConverse(w http.ResponseWriter, status int, text string) {
	kind := "ValidationException"
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "7")
		kind = "ThrottlingException"
	}
	w.Header().Set("x-amzn-ErrorType", kind+":http://internal.amazon.com/coral/com.amazon.bedrock/")
	writeJSON(w, status, object{"message": text})
}
