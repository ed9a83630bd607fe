package seed

import "fmt"

// dialect writes a conversation: the request, the whole answer, and the answer as a stream.
func (t *talk) dialect(name string) (request, answer obj, stream string) {
	switch name {
	case "messages":
		return t.messages()
	case "responses":
		return t.responses()
	case "gemini":
		return t.contents()
	}
	return t.chat()
}

func (t *talk) arguments() string { return render(obj{"query": t.argument}) }

func (t *talk) chat() (request, answer obj, stream string) {
	turns := []any{obj{"role": "system", "content": t.system}}
	if t.before[0] != "" {
		turns = append(turns, obj{"role": "user", "content": t.before[0]}, obj{"role": "assistant", "content": t.before[1]})
	}
	question := obj{"role": "user", "content": t.question}
	if t.image {
		question["content"] = []any{obj{"type": "text", "text": t.question}, obj{"type": "image_url", "image_url": obj{"url": "data:image/png;base64," + pixel}}}
	}
	turns = append(turns, question)
	request = obj{"model": t.model, "messages": turns, "stream": t.stream}
	if t.tool != "" {
		request["tools"] = []any{obj{"type": "function", "function": obj{"name": t.tool, "parameters": obj{"type": "object", "properties": obj{"query": obj{"type": "string"}}}}}}
		request["messages"] = append(turns,
			obj{"role": "assistant", "content": nil, "tool_calls": []any{obj{"id": "call_" + t.id, "type": "function", "function": obj{"name": t.tool, "arguments": t.arguments()}}}},
			obj{"role": "tool", "tool_call_id": "call_" + t.id, "content": t.result})
	}
	said := obj{"role": "assistant", "content": t.answer}
	if t.reasoning != "" {
		said["reasoning_content"] = t.reasoning
	}
	usage := obj{"prompt_tokens": t.in, "completion_tokens": t.out, "total_tokens": t.in + t.out}
	answer = obj{"id": "chatcmpl-" + t.id, "object": "chat.completion", "model": t.model, "usage": usage, "choices": []any{obj{"index": 0, "message": said, "finish_reason": "stop"}}}
	piece := func(delta obj, finish any) obj {
		return obj{"id": "chatcmpl-" + t.id, "object": "chat.completion.chunk", "model": t.model, "choices": []any{obj{"index": 0, "delta": delta, "finish_reason": finish}}}
	}
	var all []obj
	for _, c := range chunks(t.reasoning) {
		all = append(all, piece(obj{"reasoning_content": c}, nil))
	}
	for _, c := range chunks(t.answer) {
		all = append(all, piece(obj{"content": c}, nil))
	}
	return request, answer, events(false, append(all, piece(obj{}, "stop"))...) + "data: [DONE]\n\n"
}

func (t *talk) messages() (request, answer obj, stream string) {
	var turns []any
	if t.before[0] != "" {
		turns = append(turns, obj{"role": "user", "content": t.before[0]}, obj{"role": "assistant", "content": t.before[1]})
	}
	content := []any{obj{"type": "text", "text": t.question}}
	if t.image {
		content = append(content, obj{"type": "image", "source": obj{"type": "base64", "media_type": "image/png", "data": pixel}})
	}
	turns = append(turns, obj{"role": "user", "content": content})
	request = obj{"model": t.model, "max_tokens": 2048, "system": t.system, "messages": turns, "stream": t.stream}
	if t.tool != "" {
		request["tools"] = []any{obj{"name": t.tool, "input_schema": obj{"type": "object"}}}
		request["messages"] = append(turns,
			obj{"role": "assistant", "content": []any{obj{"type": "tool_use", "id": "toolu_" + t.id, "name": t.tool, "input": obj{"query": t.argument}}}},
			obj{"role": "user", "content": []any{obj{"type": "tool_result", "tool_use_id": "toolu_" + t.id, "content": t.result}}})
	}
	usage := obj{"input_tokens": t.in, "output_tokens": t.out}
	var said []any
	all := []obj{{"type": "message_start", "message": obj{"id": "msg_" + t.id, "role": "assistant", "model": t.model, "content": []any{}, "usage": usage}}}
	for _, one := range [2]struct{ kind, member, text string }{{"thinking", "thinking", t.reasoning}, {"text", "text", t.answer}} {
		if one.text == "" {
			continue
		}
		i := len(said)
		said = append(said, obj{"type": one.kind, one.member: one.text})
		all = append(all, obj{"type": "content_block_start", "index": i, "content_block": obj{"type": one.kind, one.member: ""}})
		for _, c := range chunks(one.text) {
			all = append(all, obj{"type": "content_block_delta", "index": i, "delta": obj{"type": one.kind + "_delta", one.member: c}})
		}
		all = append(all, obj{"type": "content_block_stop", "index": i})
	}
	all = append(all, obj{"type": "message_delta", "delta": obj{"stop_reason": "end_turn"}, "usage": usage}, obj{"type": "message_stop"})
	answer = obj{"id": "msg_" + t.id, "type": "message", "role": "assistant", "model": t.model, "content": said, "stop_reason": "end_turn", "usage": usage}
	return request, answer, events(true, all...)
}

func (t *talk) responses() (request, answer obj, stream string) {
	var input []any
	if t.before[0] != "" {
		input = append(input, obj{"role": "user", "content": t.before[0]}, obj{"role": "assistant", "content": t.before[1]})
	}
	content := []any{obj{"type": "input_text", "text": t.question}}
	if t.image {
		content = append(content, obj{"type": "input_image", "image_url": "data:image/png;base64," + pixel})
	}
	input = append(input, obj{"role": "user", "content": content})
	if t.tool != "" {
		input = append(input, obj{"type": "function_call", "call_id": "call_" + t.id, "name": t.tool, "arguments": t.arguments()},
			obj{"type": "function_call_output", "call_id": "call_" + t.id, "output": t.result})
	}
	request = obj{"model": t.model, "instructions": t.system, "input": input, "stream": t.stream}
	var output []any
	if t.reasoning != "" {
		output = append(output, obj{"type": "reasoning", "summary": []any{obj{"type": "summary_text", "text": t.reasoning}}})
	}
	output = append(output, obj{"type": "message", "role": "assistant", "content": []any{obj{"type": "output_text", "text": t.answer}}})
	answer = obj{"id": "resp_" + t.id, "object": "response", "status": "completed", "model": t.model, "output": output, "usage": obj{"input_tokens": t.in, "output_tokens": t.out}}
	all := []obj{{"type": "response.created", "response": obj{"id": "resp_" + t.id, "status": "in_progress"}}}
	for _, c := range chunks(t.answer) {
		all = append(all, obj{"type": "response.output_text.delta", "output_index": len(output) - 1, "content_index": 0, "delta": c})
	}
	return request, answer, events(true, append(all, obj{"type": "response.completed", "response": answer})...)
}

func (t *talk) contents() (request, answer obj, stream string) {
	turn := func(role string, parts ...any) obj { return obj{"role": role, "parts": parts} }
	var turns []any
	if t.before[0] != "" {
		turns = append(turns, turn("user", obj{"text": t.before[0]}), turn("model", obj{"text": t.before[1]}))
	}
	parts := []any{obj{"text": t.question}}
	if t.image {
		parts = append(parts, obj{"inlineData": obj{"mimeType": "image/png", "data": pixel}})
	}
	turns = append(turns, turn("user", parts...))
	if t.tool != "" {
		turns = append(turns, turn("model", obj{"functionCall": obj{"name": t.tool, "args": obj{"query": t.argument}}}),
			turn("user", obj{"functionResponse": obj{"name": t.tool, "response": obj{"result": t.result}}}))
	}
	request = obj{"systemInstruction": obj{"parts": []any{obj{"text": t.system}}}, "contents": turns}
	piece := func(finish string, parts ...any) obj {
		c := obj{"content": turn("model", parts...), "index": 0}
		if finish != "" {
			c["finishReason"] = finish
		}
		return obj{"candidates": []any{c}, "modelVersion": t.model, "responseId": fmt.Sprint(t.id)}
	}
	var all []obj
	var said []any
	if t.reasoning != "" {
		said = append(said, obj{"text": t.reasoning, "thought": true})
		all = append(all, piece("", obj{"text": t.reasoning, "thought": true}))
	}
	for _, c := range chunks(t.answer) {
		all = append(all, piece("", obj{"text": c}))
	}
	answer = piece("STOP", append(said, obj{"text": t.answer})...)
	answer["usageMetadata"] = obj{"promptTokenCount": t.in, "candidatesTokenCount": t.out}
	return request, answer, events(false, append(all, piece("STOP"))...)
}
