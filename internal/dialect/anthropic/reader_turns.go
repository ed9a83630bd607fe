package anthropic

import (
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// messages reads the turns.
func (p *reader) messages() {
	i := 0
	ok := p.in.Array(func() {
		p.index[0] = i
		i++
		if p.err == nil {
			p.message()
		}
	})
	if !ok && p.in.Err() == nil {
		p.fail("", "messages", "an array of objects")
	}
}

// message reads one turn. Its role may come after its content.
func (p *reader) message() {
	from := len(p.parts)
	var role []byte
	var own []llm.Member
	ok := p.in.Object(func(key []byte) {
		switch string(key) {
		case "role":
			role = text(p.in.Raw())
		case "content":
			p.parts = p.parts[:from] // of two the last one counts
			p.content("messages[]", "messages[].content[]")
		default:
			if v := p.in.Raw(); v != nil && !jsonscan.IsNull(v) {
				p.own(&own, "messages[]", key, v)
			}
		}
	})
	if !ok || p.err != nil {
		p.expect(p.in.Err() != nil || p.err != nil, "messages[]", "", "an object")
		return
	}
	p.flushPending()
	parts := p.parts[from:len(p.parts):len(p.parts)]
	switch string(role) {
	case "user":
		p.turns = true
		p.user(parts, own)
	case "assistant":
		p.turns = true
		p.add(llm.Message{Role: llm.Assistant, Parts: parts, Own: own})
	case "system":
		// https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages
		p.req.Has.Add(p.systemFeature())
		p.add(llm.Message{Role: llm.System, Parts: parts, Own: own})
	default:
		p.fail("messages[]", "role", `"user", "assistant" or "system"`)
	}
}

func (p *reader) systemFeature() llm.Feature {
	if p.turns {
		return llm.FSystemLater
	}
	return llm.FSystem
}

func (p *reader) add(m llm.Message) { p.req.Messages = append(p.req.Messages, m) }

// user adds a turn of the user's, its runs of tool results apart from the rest.
func (p *reader) user(parts []llm.Part, own []llm.Member) {
	for from := 0; from < len(parts) || from == 0; {
		to := from
		result := from < len(parts) && parts[from].Kind == llm.ToolResult
		for to < len(parts) && (parts[to].Kind == llm.ToolResult) == result {
			to++
		}
		p.addUser(parts[from:to:to], own, result)
		own = nil
		if from = to; to == 0 {
			return
		}
	}
}

func (p *reader) addUser(parts []llm.Part, own []llm.Member, result bool) {
	if !result {
		p.add(llm.Message{Role: llm.User, Parts: parts, Own: own})
		return
	}
	for i := range parts {
		parts[i].Result.Name = p.nameOfCall(parts[i].Result.ID)
	}
	if last := &p.req.Messages[len(p.req.Messages)-1]; last.Role == llm.ToolRole && len(own) == 0 {
		last.Parts = append(last.Parts, parts...)
		return
	}
	p.add(llm.Message{Role: llm.ToolRole, Parts: parts, Own: own})
}

// nameOfCall finds the name of the call with an id, the latest first.
func (p *reader) nameOfCall(id string) string {
	for i := len(p.req.Messages) - 1; i >= 0; i-- {
		m := &p.req.Messages[i]
		if m.Role != llm.Assistant {
			continue
		}
		for n := range m.Parts {
			if c := m.Parts[n].Call; c != nil && c.ID == id {
				return c.Name
			}
		}
	}
	return ""
}

// content reads a string or blocks, adding to p.parts.
func (p *reader) content(at, blocks string) {
	if p.in.At('[') {
		i := 0
		p.in.Array(func() {
			p.index[1] = i
			i++
			if v := p.in.Raw(); v != nil && p.err == nil {
				p.part(blocks, v)
			}
		})
		return
	}
	v := p.in.Raw()
	switch {
	case v == nil || jsonscan.IsNull(v):
	case v[0] == '"':
		p.parts = append(p.parts, llm.Part{Kind: llm.Text, Text: v})
	default:
		p.fail(at, "content", "a string or an array of content blocks")
	}
}

// readSystem reads the top-level system.
func (p *reader) readSystem(v []byte) {
	if v[0] == '"' {
		if len(v) > 2 {
			p.system = []llm.Part{{Kind: llm.Text, Text: v}}
		}
		return
	}
	p.system = p.nested("", "system", "system[]", v)
}

// nested reads blocks within something: a string, an array, or one block alone.
func (p *reader) nested(at, name, blocks string, v []byte) []llm.Part {
	if v == nil || jsonscan.IsNull(v) {
		return nil
	}
	if v[0] == '"' {
		return []llm.Part{{Kind: llm.Text, Text: v}}
	}
	outer := p.parts
	p.parts = nil
	i, deep := 0, 0
	if at != "" {
		deep = 2
	}
	err := jsonscan.Elements(v, func(one []byte) bool {
		p.index[deep] = i
		i++
		p.part(blocks, one)
		return p.err == nil
	})
	p.expect(err == nil, at, name, "a string or an array of content blocks")
	inner := p.parts
	p.parts = outer
	return inner
}
