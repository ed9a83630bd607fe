package cohere

import (
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// turn is the members of a message, whose order is free.
type turn struct {
	role, content, plan, calls, callID, citations []byte
	own                                           []llm.Member
}

func (q *request) messages(v []byte) bool {
	n := 0
	_ = jsonscan.Elements(v, func([]byte) bool { n++; return true })
	q.r.Messages = make([]llm.Message, 0, n)
	i := -1
	return q.elements(v, top("messages"), func(v []byte) bool {
		i++
		return q.message(v, i)
	})
}

func (q *request) message(v []byte, i int) bool {
	path := at{name: "messages", index: i}
	var t turn
	if !isObject(v) {
		return q.wrong(path, "an object")
	}
	q.turn(&t, v, "messages[].")
	if q.err != nil {
		return false
	}
	m := llm.Message{Own: t.own}
	switch string(plain(t.role)) {
	case "system":
		m.Role = llm.System
		q.system()
	case "user":
		m.Role = llm.User
	case "assistant":
		m.Role = llm.Assistant
		m.Parts = q.assistant(&t, path)
		q.r.Messages = append(q.r.Messages, m)
		return q.err == nil
	case "tool":
		return q.result(&t, path)
	default:
		return q.wrong(path.on(".role"), "'system', 'user', 'assistant' or 'tool'")
	}
	m.Parts = q.content(nil, t.content, path)
	if t.plan != nil || t.calls != nil || t.callID != nil || t.citations != nil {
		q.misplaced(&m.Own, &t)
	}
	q.r.Messages = append(q.r.Messages, m)
	return q.err == nil
}

// turn sorts out the members of a message. under is where they stand, for the names of
// those that are unknown.
func (p *reader) turn(t *turn, v []byte, under string) {
	_ = p.members(v, top(under), func(key, v []byte) bool {
		switch string(key) {
		case "role":
			t.role = v
		case "content":
			t.content = v
		case "tool_plan":
			t.plan = v
		case "tool_calls":
			t.calls = v
		case "tool_call_id":
			t.callID = v
		case "citations":
			t.citations = v
		default:
			return p.keep(&t.own, under, key, v)
		}
		return true
	})
}

// misplaced keeps members that mean nothing in a turn of this role.
func (q *request) misplaced(own *[]llm.Member, t *turn) {
	for _, m := range []llm.Member{{Name: "tool_plan", Value: t.plan}, {Name: "tool_calls", Value: t.calls}, {Name: "tool_call_id", Value: t.callID}, {Name: "citations", Value: t.citations}} {
		if m.Value != nil {
			*own = append(*own, m)
		}
	}
}

// system notes where a system turn stands.
func (q *request) system() {
	for i := range q.r.Messages {
		if q.r.Messages[i].Role != llm.System {
			q.has(llm.FSystemLater)
			return
		}
	}
	q.has(llm.FSystem)
}

// result reads a tool's answer into the turn of all such answers in a row.
func (q *request) result(t *turn, path at) bool {
	res := &llm.Result{}
	if t.callID != nil {
		res.ID = q.text(t.callID, path.on(".tool_call_id"))
	}
	for i := len(q.calls) - 1; i >= 0; i-- {
		if q.calls[i].id == res.ID {
			res.Name = q.calls[i].name
			break
		}
	}
	res.Parts = q.content(nil, t.content, path)
	q.has(llm.FToolResult)
	part := llm.Part{Kind: llm.ToolResult, Result: res, Own: t.own}
	if n := len(q.r.Messages); n > 0 && q.r.Messages[n-1].Role == llm.ToolRole {
		q.r.Messages[n-1].Parts = append(q.r.Messages[n-1].Parts, part)
		return q.err == nil
	}
	q.r.Messages = append(q.r.Messages, llm.Message{Role: llm.ToolRole, Parts: []llm.Part{part}})
	return q.err == nil
}

// assistant reads a turn of the model, in a request or an answer. Its plan for the
// tools is reasoning in all but name ("a chain-of-thought style reflection"); Raw tells
// it from reasoning that stands in the content.
func (p *reader) assistant(t *turn, path at) []llm.Part {
	var parts []llm.Part
	if len(plain(t.plan)) > 0 {
		parts = append(parts, llm.Part{Kind: llm.Thinking, Text: t.plan, Raw: t.plan})
		p.has(llm.FThinking)
	}
	before := len(parts)
	parts = p.content(parts, t.content, path)
	if t.citations != nil && isList(t.citations) {
		parts = p.cite(parts, before, t.citations)
	}
	if t.calls != nil {
		p.elements(t.calls, path.on(".tool_calls"), func(v []byte) bool {
			parts = append(parts, p.call(v, path))
			return true
		})
	}
	return parts
}

func (p *reader) call(v []byte, path at) llm.Part {
	call := &llm.Call{}
	part := llm.Part{Kind: llm.ToolCall, Call: call}
	p.members(v, path.on(".tool_calls"), func(key, v []byte) bool {
		switch string(key) {
		case "id":
			call.ID = p.text(v, path.on(".tool_calls.id"))
		case "type":
		case "function":
			p.members(v, path.on(".tool_calls.function"), func(key, v []byte) bool {
				switch string(key) {
				case "name":
					call.Name = p.text(v, path.on(".tool_calls.function.name"))
				case "arguments":
					call.Arguments, call.Quoted = v, isText(v)
				default:
					p.unname("messages[].tool_calls[].function." + keyName(key))
				}
				return true
			})
		default:
			return p.keep(&part.Own, "messages[].tool_calls[].", key, v)
		}
		return true
	})
	p.has(llm.FToolCall)
	p.calls = append(p.calls, callName{call.ID, call.Name})
	return part
}

// content reads a text or a list of pieces, appended to parts.
func (p *reader) content(parts []llm.Part, v []byte, path at) []llm.Part {
	switch {
	case v == nil:
	case isText(v):
		parts = append(parts, llm.Part{Kind: llm.Text, Text: v})
	case isList(v):
		p.elements(v, path.on(".content"), func(v []byte) bool {
			part := p.piece(v, path)
			parts = append(parts, part)
			return true
		})
	default:
		p.wrong(path.on(".content"), "a string or an array")
	}
	return parts
}

func (p *reader) piece(v []byte, path at) (part llm.Part) {
	var kind, text, thinking, image, document []byte
	p.members(v, path.on(".content[]"), func(key, v []byte) bool {
		switch string(key) {
		case "type":
			kind = v
		case "text":
			text = v
		case "thinking":
			thinking = v
		case "image_url":
			image = v
		case "document":
			document = v
		default:
			return p.keep(&part.Own, "messages[].content[].", key, v)
		}
		return true
	})
	switch string(plain(kind)) {
	case "text":
		part.Kind, part.Text = llm.Text, p.raw(text, path.on(".content[].text"))
	case "thinking":
		part.Kind, part.Text = llm.Thinking, p.raw(thinking, path.on(".content[].thinking"))
		p.has(llm.FThinking)
	case "image_url":
		part.Kind, part.Media = llm.Image, p.image(image, path)
	case "document":
		part.Kind, part.Raw = llm.Text, v
		part.Text = p.resultDocument(document, path)
	default:
		part = llm.Part{Kind: llm.Vendor, Raw: v}
		p.has(llm.FVendorPart)
	}
	return part
}
