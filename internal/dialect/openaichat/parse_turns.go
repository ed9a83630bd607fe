package openaichat

import (
	"slices"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// addTurn makes a message of what was gathered.
func (p *reader) addTurn() {
	t := &p.turn
	role, _ := jsonscan.Plain(t.role)
	switch string(role) {
	case "system", "developer":
		p.instructions(llm.Role(role))
	case "user":
		p.add(llm.User, p.content())
	case "assistant":
		p.assistant()
	case "tool":
		p.result(p.word(t.toolID, "messages[].tool_call_id"))
	case "function":
		p.functionResult()
	default:
		if t.role == nil {
			p.fail("messages[].role", "a string, and is missing")
			return
		}
		p.fail("messages[].role", "system, developer, user, assistant or tool")
	}
}

func (p *reader) add(role llm.Role, parts []llm.Part) {
	t := &p.turn
	if t.name != nil {
		p.r.Has.Add(llm.FMessageName)
	}
	if t.cache != "" && len(parts) > 0 && parts[len(parts)-1].Cache == "" {
		parts[len(parts)-1].Cache = t.cache
	}
	p.message(llm.Message{Role: role, Name: t.name, Parts: parts, Own: t.own})
}

func (p *reader) message(m llm.Message) {
	if n := len(p.r.Messages); n == cap(p.r.Messages) {
		p.r.Messages = slices.Grow(p.r.Messages, p.more(n))
	}
	p.r.Messages = append(p.r.Messages, m)
}

// content gives the parts of the content as they stood.
func (p *reader) content() []llm.Part {
	return append(p.room(len(p.turn.content)), p.turn.content...)
}

func (p *reader) instructions(role llm.Role) {
	feature := llm.FSystem
	for i := range p.r.Messages {
		if r := p.r.Messages[i].Role; r != llm.System && r != llm.Developer {
			feature = llm.FSystemLater
			break
		}
	}
	p.r.Has.Add(feature)
	if role == llm.Developer {
		p.r.Has.Add(llm.FDeveloper)
		p.add(llm.Developer, p.content())
		return
	}
	p.add(llm.System, p.content())
}

// assistant puts a turn in the order in which it was spoken: reasoning, text, calls.
func (p *reader) assistant() {
	t := &p.turn
	p.legacyCall()
	p.reasoned()
	said := t.content
	if len(said) == 1 && len(said[0].Text) == 2 && said[0].Kind == llm.Text {
		said = nil // "" stands where only tools are called
	}
	n := len(t.thoughts) + len(said) + len(t.calls)
	if t.refusal != nil || t.state != nil {
		n += 2
	}
	parts := p.room(n)
	parts = append(append(parts, t.thoughts...), said...)
	if t.refusal != nil {
		p.r.Has.Add(llm.FRefusal)
		parts = append(parts, llm.Part{Kind: llm.Refusal, Text: t.refusal})
	}
	parts = p.signed(parts)
	p.add(llm.Assistant, append(parts, t.calls...))
}

// reasoned makes a part of reasoning that stands as plain text, unless the details
// have it too.
func (p *reader) reasoned() {
	t := &p.turn
	if len(t.reasoning) <= 2 {
		return
	}
	for i := range t.thoughts {
		if t.thoughts[i].Text != nil {
			return
		}
	}
	p.r.Has.Add(llm.FThinking)
	t.thoughts = slices.Insert(t.thoughts, 0, llm.Part{Kind: llm.Thinking, Text: t.reasoning})
}

// signed gives the turn's text what belongs to it: sources and a signature.
func (p *reader) signed(parts []llm.Part) []llm.Part {
	t := &p.turn
	if t.cites == nil && t.state == nil {
		return parts
	}
	for i := len(parts) - 1; i >= 0; i-- {
		if parts[i].Kind == llm.Text {
			parts[i].Cites, parts[i].State = t.cites, t.state
			return parts
		}
	}
	if t.state == nil {
		return parts
	}
	return append(parts, llm.Part{Kind: llm.Text, Text: llm.Raw(`""`), State: t.state})
}

// result adds the answer of a tool: those of one turn stand together.
func (p *reader) result(id string) {
	t := &p.turn
	res := &llm.Result{ID: id, Name: p.named(id), Parts: p.content()}
	if t.name != nil {
		res.Name = p.word(t.name, "messages[].name")
	}
	for i := range res.Parts {
		if k := res.Parts[i].Kind; k != llm.Text && k != llm.Vendor {
			p.r.Has.Add(llm.FResultMedia)
		}
	}
	part := llm.Part{Kind: llm.ToolResult, Result: res, Cache: t.cache, Own: t.own}
	p.r.Has.Add(llm.FToolResult)
	if n := len(p.r.Messages); n > 0 && p.r.Messages[n-1].Role == llm.ToolRole {
		p.r.Messages[n-1].Parts = append(p.r.Messages[n-1].Parts, part)
		return
	}
	p.message(llm.Message{Role: llm.ToolRole, Parts: append(p.room(1), part)})
}

// legacyCall makes a call of function_call, which has no id.
func (p *reader) legacyCall() {
	const at = "messages[].function_call"
	t := &p.turn
	if t.function == nil {
		return
	}
	c := &llm.Call{ID: legacyID + strconv.Itoa(len(p.calls))}
	p.object(t.function, at, func(key, v []byte) {
		switch string(key) {
		case "name":
			c.Name = p.word(v, at+".name")
		case "arguments":
			readArguments(c, v)
		}
	})
	if c.Name != "" {
		p.addCall(llm.Part{Kind: llm.ToolCall, Call: c})
	}
}

// functionResult answers the last call of the function it names.
func (p *reader) functionResult() {
	called := p.word(p.turn.name, "messages[].name")
	for i := len(p.calls) - 1; i >= 0; i-- {
		if p.calls[i].name == called {
			p.result(p.calls[i].id)
			return
		}
	}
	p.result("")
}
