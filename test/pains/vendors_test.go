package pains_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// vendor answers in one dialect, as a vendor of it does.
type vendor struct {
	name    string // of the provider
	dialect string
	model   string
	whole   func(v *vendor, s *said) object
	events  func(v *vendor, s *said) []string // framed, one event each
	style   string                            // of reasoning, in chat
}

// asked is how a caller names its model.
func (v *vendor) asked() string { return v.name + "/" + v.model }

var (
	chatVendor      = &vendor{name: "chat", dialect: "chat", model: "gpt-4.1", whole: chatAnswer, events: chatEvents}
	routerVendor    = &vendor{name: "openrouter", dialect: "chat", model: "anthropic/claude-sonnet-4.5", whole: chatAnswer, events: chatEvents, style: "details"}
	deepseekVendor  = &vendor{name: "deepseek", dialect: "chat", model: "deepseek-chat", whole: chatAnswer, events: chatEvents, style: "reasoning_content"}
	responsesVendor = &vendor{name: "responses", dialect: "responses", model: "gpt-5.2", whole: responsesAnswer, events: responsesEvents}
	messagesVendor  = &vendor{name: "messages", dialect: "messages", model: "claude-sonnet-4-5", whole: messagesAnswer, events: messagesEvents}
	geminiVendor    = &vendor{name: "gemini", dialect: "gemini", model: "gemini-2.5-pro", whole: geminiAnswer, events: geminiEvents}
	converseVendor  = &vendor{name: "converse", dialect: "converse", model: "anthropic.claude-sonnet-4-5-20250929-v1:0", whole: converseAnswer, events: converseEvents}
	cohereVendor    = &vendor{name: "cohere", dialect: "cohere", model: "command-a-reasoning-08-2025", whole: cohereAnswer, events: cohereEvents}
)

// vendors has one of each dialect.
var vendors = []*vendor{chatVendor, responsesVendor, messagesVendor, geminiVendor, converseVendor, cohereVendor}

// streams reports whether a call asks for a stream.
func streams(c *testup.Call) bool {
	path, _, _ := strings.Cut(c.URI, "?")
	if strings.HasSuffix(path, "streamGenerateContent") || strings.HasSuffix(path, "converse-stream") {
		return true
	}
	var o struct{ Stream bool }
	return json.Unmarshal(c.Body, &o) == nil && o.Stream
}

func (v *vendor) streamType() string {
	if v.dialect == "converse" {
		return "application/vnd.amazon.eventstream"
	}
	return "text/event-stream"
}

// says makes a script that answers, by a stream where one is asked for.
func (v *vendor) says(s *said) func(*testup.Call) {
	return func(c *testup.Call) {
		if !streams(c) {
			c.JSON(200, text(v.whole(v, s)))
			return
		}
		v.send(c, nil, v.events(v, s)...)
	}
}

// send answers with a stream in pieces.
func (v *vendor) send(c *testup.Call, step func(int), pieces ...string) {
	c.StreamAs(v.streamType(), step, pieces...)
}

// more goes on with a stream.
func (v *vendor) more(c *testup.Call, pieces ...string) { c.More(pieces...) }

// refusal is an error answer in the vendor's form.
func (v *vendor) refusal(status int, message string) string {
	switch v.dialect {
	case "messages":
		kind := map[int]string{400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 529: "overloaded_error"}[status]
		return text(object{"type": "error", "error": object{"type": kind, "message": message}, "request_id": "req_1"})
	case "gemini":
		word := map[int]string{400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}[status]
		return text(object{"error": object{"code": status, "message": message, "status": word}})
	case "converse", "cohere":
		return text(object{"message": message})
	}
	kind := map[int]string{400: "invalid_request_error", 429: "rate_limit_error", 500: "server_error", 503: "server_error"}[status]
	return text(object{"error": object{"message": message, "type": kind, "param": nil, "code": nil}})
}

// broken is an error in the middle of a stream, in the vendor's form.
func (v *vendor) broken(message string) string {
	switch v.dialect {
	case "messages":
		return sseEvent("error", object{"type": "error", "error": object{"type": "overloaded_error", "message": message}})
	case "responses":
		return sseEvent("error", object{"type": "error", "code": "server_error", "message": message, "param": nil, "sequence_number": 99})
	case "gemini":
		return sseEvent("", object{"error": object{"code": 503, "message": message, "status": "UNAVAILABLE"}})
	case "converse":
		return awsException("modelStreamErrorException", message)
	case "cohere":
		return sseEvent("message-end", object{"type": "message-end", "delta": object{"finish_reason": "ERROR", "error": message, "usage": object{}}})
	}
	return sseEvent("", object{"error": object{"message": message, "type": "server_error", "code": 502}})
}

func sseEvent(name string, o object) string {
	if name == "" {
		return "data: " + text(o) + "\n\n"
	}
	return "event: " + name + "\ndata: " + text(o) + "\n\n"
}

func jsonOf(args string) (v any) {
	if json.Unmarshal([]byte(args), &v) != nil {
		return object{}
	}
	return v
}

// Chat

func chatAnswerUsage(u counts) object {
	return object{"prompt_tokens": u.input, "completion_tokens": u.output, "total_tokens": u.input + u.output, "prompt_tokens_details": object{"cached_tokens": u.cached}, "completion_tokens_details": object{"reasoning_tokens": u.reasoning}}
}

var chatWords = map[string]string{"stop": "stop", "length": "length", "tools": "tool_calls", "filter": "content_filter"}

// detail is an entry of OpenRouter's reasoning_details.
func detail(i int, b block, part string) object {
	if b.kind == redacted {
		return object{"type": "reasoning.encrypted", "data": b.state, "format": "anthropic-claude-v1", "id": "rd_" + fmt.Sprint(i), "index": i}
	}
	o := object{"type": "reasoning.text", "format": "anthropic-claude-v1", "index": i}
	if part != "state" {
		o["text"] = b.text
	}
	if part != "text" && b.state != "" {
		o["signature"] = b.state
	}
	return o
}

func chatAnswer(v *vendor, s *said) object {
	m := object{"role": "assistant", "content": nil}
	var calls, details []any
	for i, b := range s.blocks {
		switch b.kind {
		case words:
			m["content"] = str(m["content"]) + b.text
		case thinking, redacted:
			switch v.style {
			case "details":
				m["reasoning"] = str(m["reasoning"]) + b.text
				details = append(details, detail(i, b, ""))
			case "reasoning_content":
				m["reasoning_content"] = str(m["reasoning_content"]) + b.text
			}
		case calling:
			calls = append(calls, object{"id": b.id, "type": "function", "function": object{"name": b.name, "arguments": b.args}})
		}
	}
	if calls != nil {
		m["tool_calls"] = calls
	}
	if details != nil {
		m["reasoning_details"] = details
	}
	return object{"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": v.model, "usage": chatAnswerUsage(s.usage),
		"choices": []any{object{"index": 0, "message": m, "logprobs": nil, "finish_reason": chatWords[s.ending()]}}}
}

func chatEvents(v *vendor, s *said) (out []string) {
	chunk := func(delta object, finish any) {
		out = append(out, sseEvent("", object{"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": v.model, "usage": nil, "choices": []any{object{"index": 0, "delta": delta, "finish_reason": finish}}}))
	}
	chunk(object{"role": "assistant", "content": ""}, nil)
	n := 0
	for i, b := range s.blocks {
		switch b.kind {
		case words:
			for _, p := range cut(b.text, 3) {
				chunk(object{"content": p}, nil)
			}
		case thinking, redacted:
			for _, p := range cut(b.text, 3) {
				switch v.style {
				case "details":
					chunk(object{"content": "", "reasoning": p, "reasoning_details": []any{detail(i, block{kind: thinking, text: p}, "text")}}, nil)
				case "reasoning_content":
					chunk(object{"content": nil, "reasoning_content": p}, nil)
				}
			}
			if b.state != "" && v.style == "details" {
				chunk(object{"content": "", "reasoning_details": []any{detail(i, b, "state")}}, nil)
			}
		case calling:
			chunk(object{"tool_calls": []any{object{"index": n, "id": b.id, "type": "function", "function": object{"name": b.name, "arguments": ""}}}}, nil)
			for _, p := range cut(b.args, 3) {
				chunk(object{"tool_calls": []any{object{"index": n, "function": object{"arguments": p}}}}, nil)
			}
			n++
		}
	}
	chunk(object{}, chatWords[s.ending()])
	out = append(out, sseEvent("", object{"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": v.model, "choices": []any{}, "usage": chatAnswerUsage(s.usage)}))
	return append(out, "data: [DONE]\n\n")
}

// Responses

func responsesOutput(s *said) (items []any) {
	for i, b := range s.blocks {
		id := fmt.Sprintf("item_%d", i)
		switch b.kind {
		case thinking, redacted:
			summary := []any{}
			if b.text != "" {
				summary = append(summary, object{"type": "summary_text", "text": b.text})
			}
			items = append(items, object{"id": "rs" + id, "type": "reasoning", "summary": summary, "encrypted_content": b.state})
		case words:
			items = append(items, object{"id": "msg" + id, "type": "message", "status": "completed", "role": "assistant", "content": []any{object{"type": "output_text", "text": b.text, "annotations": []any{}, "logprobs": []any{}}}})
		case calling:
			items = append(items, object{"id": "fc" + id, "type": "function_call", "status": "completed", "call_id": b.id, "name": b.name, "arguments": b.args})
		}
	}
	return items
}

func responsesBodyOf(v *vendor, s *said, status string, items []any) object {
	o := object{"id": "resp_1", "object": "response", "created_at": 1700000000, "status": status, "error": nil, "incomplete_details": nil, "model": v.model, "output": items, "usage": nil, "parallel_tool_calls": true, "tools": []any{}, "tool_choice": "auto", "metadata": object{}}
	if status != "in_progress" {
		u := s.usage
		o["usage"] = object{"input_tokens": u.input, "input_tokens_details": object{"cached_tokens": u.cached}, "output_tokens": u.output, "output_tokens_details": object{"reasoning_tokens": u.reasoning}, "total_tokens": u.input + u.output}
	}
	if status == "incomplete" {
		o["incomplete_details"] = object{"reason": "max_output_tokens"}
	}
	return o
}

func responsesStatus(s *said) string {
	if s.ending() == "length" {
		return "incomplete"
	}
	return "completed"
}

func responsesAnswer(v *vendor, s *said) object {
	return responsesBodyOf(v, s, responsesStatus(s), responsesOutput(s))
}

func responsesEvents(v *vendor, s *said) (out []string) {
	send := func(kind string, o object) {
		o["type"], o["sequence_number"] = kind, len(out)
		out = append(out, sseEvent(kind, o))
	}
	send("response.created", object{"response": responsesBodyOf(v, s, "in_progress", []any{})})
	send("response.in_progress", object{"response": responsesBodyOf(v, s, "in_progress", []any{})})
	items := responsesOutput(s)
	for i, item := range items {
		o := item.(object)
		in := func(kind string, more object) {
			send(kind, merge(more, object{"output_index": i, "item_id": o["id"]}))
		}
		begun := merge(object{}, o)
		switch o["type"] {
		case "reasoning":
			begun["summary"] = []any{}
			send("response.output_item.added", object{"output_index": i, "item": begun})
			if whole := str(at(o, "summary", 0, "text")); whole != "" {
				in("response.reasoning_summary_part.added", object{"summary_index": 0, "part": object{"type": "summary_text", "text": ""}})
				for _, p := range cut(whole, 3) {
					in("response.reasoning_summary_text.delta", object{"summary_index": 0, "delta": p, "obfuscation": "xyz"})
				}
				in("response.reasoning_summary_text.done", object{"summary_index": 0, "text": whole})
				in("response.reasoning_summary_part.done", object{"summary_index": 0, "part": at(o, "summary", 0)})
			}
		case "message":
			begun["content"], begun["status"] = []any{}, "in_progress"
			send("response.output_item.added", object{"output_index": i, "item": begun})
			whole := str(at(o, "content", 0, "text"))
			in("response.content_part.added", object{"content_index": 0, "part": object{"type": "output_text", "text": "", "annotations": []any{}}})
			for _, p := range cut(whole, 3) {
				in("response.output_text.delta", object{"content_index": 0, "delta": p, "logprobs": []any{}, "obfuscation": "xyz"})
			}
			in("response.output_text.done", object{"content_index": 0, "text": whole, "logprobs": []any{}})
			in("response.content_part.done", object{"content_index": 0, "part": at(o, "content", 0)})
		case "function_call":
			begun["arguments"], begun["status"] = "", "in_progress"
			send("response.output_item.added", object{"output_index": i, "item": begun})
			for _, p := range cut(str(o["arguments"]), 3) {
				in("response.function_call_arguments.delta", object{"delta": p})
			}
			in("response.function_call_arguments.done", object{"arguments": o["arguments"], "name": o["name"]})
		}
		send("response.output_item.done", object{"output_index": i, "item": o})
	}
	send("response."+responsesStatus(s), object{"response": responsesBodyOf(v, s, responsesStatus(s), items)})
	return out
}

// Messages

var messagesWords = map[string]string{"stop": "end_turn", "length": "max_tokens", "tools": "tool_use"}

func messagesAnswerUsage(u counts) object {
	return object{"input_tokens": u.input - u.cached, "cache_read_input_tokens": u.cached, "cache_creation_input_tokens": 0, "output_tokens": u.output}
}

func messagesContent(s *said) []any {
	out := []any{}
	for _, b := range s.blocks {
		switch b.kind {
		case thinking:
			out = append(out, object{"type": "thinking", "thinking": b.text, "signature": b.state})
		case redacted:
			out = append(out, object{"type": "redacted_thinking", "data": b.state})
		case words:
			out = append(out, object{"type": "text", "text": b.text})
		case calling:
			out = append(out, object{"type": "tool_use", "id": b.id, "name": b.name, "input": jsonOf(b.args)})
		}
	}
	return out
}

func messagesAnswer(v *vendor, s *said) object {
	return object{"id": "msg_1", "type": "message", "role": "assistant", "model": v.model, "content": messagesContent(s), "stop_reason": messagesWords[s.ending()], "stop_sequence": nil, "usage": messagesAnswerUsage(s.usage)}
}

func messagesEvents(v *vendor, s *said) (out []string) {
	send := func(kind string, o object) { out = append(out, sseEvent(kind, merge(o, object{"type": kind}))) }
	first := messagesAnswerUsage(s.usage)
	first["output_tokens"] = 1
	send("message_start", object{"message": object{"id": "msg_1", "type": "message", "role": "assistant", "model": v.model, "content": []any{}, "stop_reason": nil, "stop_sequence": nil, "usage": first}})
	send("ping", object{})
	for i, c := range messagesContent(s) {
		o, b := c.(object), s.blocks[i]
		var deltas []any
		switch b.kind {
		case thinking:
			o = object{"type": "thinking", "thinking": "", "signature": ""}
			for _, p := range cut(b.text, 3) {
				deltas = append(deltas, object{"type": "thinking_delta", "thinking": p})
			}
			deltas = append(deltas, object{"type": "signature_delta", "signature": b.state})
		case words:
			o = object{"type": "text", "text": ""}
			for _, p := range cut(b.text, 3) {
				deltas = append(deltas, object{"type": "text_delta", "text": p})
			}
		case calling:
			o = object{"type": "tool_use", "id": b.id, "name": b.name, "input": object{}}
			deltas = append(deltas, object{"type": "input_json_delta", "partial_json": ""})
			for _, p := range cut(b.args, 3) {
				deltas = append(deltas, object{"type": "input_json_delta", "partial_json": p})
			}
		}
		send("content_block_start", object{"index": i, "content_block": o})
		for _, d := range deltas {
			send("content_block_delta", object{"index": i, "delta": d})
		}
		send("content_block_stop", object{"index": i})
	}
	send("message_delta", object{"delta": object{"stop_reason": messagesWords[s.ending()], "stop_sequence": nil}, "usage": messagesAnswerUsage(s.usage)})
	send("message_stop", object{})
	return out
}

// Gemini

var geminiWords = map[string]string{"stop": "STOP", "tools": "STOP", "length": "MAX_TOKENS"}

func geminiAnswerUsage(u counts) object {
	return object{"promptTokenCount": u.input, "candidatesTokenCount": u.output - u.reasoning, "thoughtsTokenCount": u.reasoning, "cachedContentTokenCount": u.cached, "totalTokenCount": u.input + u.output}
}

func geminiPart(b block) object {
	p := object{}
	switch b.kind {
	case thinking:
		p["text"], p["thought"] = b.text, true
	case calling:
		f := object{"name": b.name, "args": jsonOf(b.args)}
		if b.id != "" {
			f["id"] = b.id
		}
		p["functionCall"] = f
	default:
		p["text"] = b.text
	}
	if b.state != "" {
		p["thoughtSignature"] = b.state
	}
	return p
}

func geminiChunk(v *vendor, s *said, finish any, parts ...any) object {
	c := object{"content": object{"role": "model", "parts": parts}, "index": 0}
	if finish != nil {
		c["finishReason"] = finish
	}
	return object{"candidates": []any{c}, "usageMetadata": geminiAnswerUsage(s.usage), "modelVersion": v.model, "responseId": "resp1"}
}

func geminiAnswer(v *vendor, s *said) object {
	var parts []any
	for _, b := range s.blocks {
		parts = append(parts, geminiPart(b))
	}
	return geminiChunk(v, s, geminiWords[s.ending()], parts...)
}

func geminiEvents(v *vendor, s *said) (out []string) {
	send := func(finish any, p ...any) {
		out = append(out, strings.ReplaceAll(sseEvent("", geminiChunk(v, s, finish, p...)), "\n", "\r\n"))
	}
	for _, b := range s.blocks {
		if b.kind == calling || b.text == "" {
			send(nil, geminiPart(b))
			continue
		}
		for _, p := range cut(b.text, 3) {
			send(nil, geminiPart(block{kind: b.kind, text: p}))
		}
		if b.state != "" {
			send(nil, object{"text": "", "thoughtSignature": b.state})
		}
	}
	send(geminiWords[s.ending()], object{"text": ""})
	return out
}

// Converse

func converseAnswerUsage(u counts) object {
	return object{"inputTokens": u.input - u.cached, "outputTokens": u.output, "totalTokens": u.input + u.output, "cacheReadInputTokens": u.cached, "cacheWriteInputTokens": 0}
}

func converseContent(s *said) (out []any) {
	for _, b := range s.blocks {
		switch b.kind {
		case thinking:
			out = append(out, object{"reasoningContent": object{"reasoningText": object{"text": b.text, "signature": b.state}}})
		case redacted:
			out = append(out, object{"reasoningContent": object{"redactedContent": b.state}})
		case words:
			out = append(out, object{"text": b.text})
		case calling:
			out = append(out, object{"toolUse": object{"toolUseId": b.id, "name": b.name, "input": jsonOf(b.args)}})
		}
	}
	return out
}

func converseAnswer(v *vendor, s *said) object {
	return object{"output": object{"message": object{"role": "assistant", "content": converseContent(s)}}, "stopReason": messagesWords[s.ending()], "usage": converseAnswerUsage(s.usage), "metrics": object{"latencyMs": 12}}
}

func converseEvents(v *vendor, s *said) (out []string) {
	send := func(kind string, o object) { out = append(out, awsEvent(kind, o)) }
	send("messageStart", object{"role": "assistant"})
	for i, b := range s.blocks {
		delta := func(d object) { send("contentBlockDelta", object{"contentBlockIndex": i, "delta": d, "p": "abc"}) }
		switch b.kind {
		case thinking:
			for _, p := range cut(b.text, 3) {
				delta(object{"reasoningContent": object{"text": p}})
			}
			delta(object{"reasoningContent": object{"signature": b.state}})
		case redacted:
			delta(object{"reasoningContent": object{"redactedContent": b.state}})
		case words:
			for _, p := range cut(b.text, 3) {
				delta(object{"text": p})
			}
		case calling:
			send("contentBlockStart", object{"contentBlockIndex": i, "start": object{"toolUse": object{"toolUseId": b.id, "name": b.name}}})
			for _, p := range cut(b.args, 3) {
				delta(object{"toolUse": object{"input": p}})
			}
		}
		send("contentBlockStop", object{"contentBlockIndex": i})
	}
	send("messageStop", object{"stopReason": messagesWords[s.ending()]})
	send("metadata", object{"usage": converseAnswerUsage(s.usage), "metrics": object{"latencyMs": 12}})
	return out
}

// Cohere

var cohereWords = map[string]string{"stop": "COMPLETE", "length": "MAX_TOKENS", "tools": "TOOL_CALL"}

func cohereAnswerUsage(u counts) object {
	return object{"billed_units": object{"input_tokens": u.input, "output_tokens": u.output}, "tokens": object{"input_tokens": u.input, "output_tokens": u.output}, "cached_tokens": u.cached}
}

func cohereAnswer(v *vendor, s *said) object {
	m := object{"role": "assistant"}
	var content, calls []any
	for _, b := range s.blocks {
		switch b.kind {
		case thinking:
			content = append(content, object{"type": "thinking", "thinking": b.text})
		case words:
			content = append(content, object{"type": "text", "text": b.text})
		case calling:
			calls = append(calls, object{"id": b.id, "type": "function", "function": object{"name": b.name, "arguments": b.args}})
		}
	}
	if content != nil {
		m["content"] = content
	}
	if calls != nil {
		m["tool_calls"] = calls
	}
	return object{"id": "c1", "finish_reason": cohereWords[s.ending()], "message": m, "usage": cohereAnswerUsage(s.usage)}
}

func cohereEvents(v *vendor, s *said) (out []string) {
	send := func(kind string, o object) { out = append(out, sseEvent(kind, merge(o, object{"type": kind}))) }
	in := func(kind string, i int, m object) { send(kind, object{"index": i, "delta": object{"message": m}}) }
	send("message-start", object{"id": "m1", "delta": object{"message": object{"role": "assistant", "content": []any{}, "tool_plan": "", "tool_calls": []any{}, "citations": []any{}}}})
	n, calls := 0, 0
	for _, b := range s.blocks {
		switch b.kind {
		case thinking, words:
			in("content-start", n, object{"content": object{"type": b.kind, b.kind: ""}})
			for _, p := range cut(b.text, 3) {
				in("content-delta", n, object{"content": object{b.kind: p}})
			}
			send("content-end", object{"index": n})
			n++
		case calling:
			in("tool-call-start", calls, object{"tool_calls": object{"id": b.id, "type": "function", "function": object{"name": b.name, "arguments": ""}}})
			for _, p := range cut(b.args, 3) {
				in("tool-call-delta", calls, object{"tool_calls": object{"function": object{"arguments": p}}})
			}
			send("tool-call-end", object{"index": calls})
			calls++
		}
	}
	send("message-end", object{"delta": object{"finish_reason": cohereWords[s.ending()], "usage": cohereAnswerUsage(s.usage)}})
	return out
}
