package openaichat

import (
	"github.com/sluice-gateway/sluice/internal/llm"
)

// turn gathers one message's members, whose order is the caller's. Its slices are used
// again for the next one.
type turn struct {
	role      llm.Raw
	name      llm.Raw
	toolID    llm.Raw
	content   []llm.Part
	thoughts  []llm.Part // of reasoning_details
	entry     entry      // the last of them
	reasoning llm.Raw    // the text beside them
	refusal   llm.Raw
	calls     []llm.Part
	function  llm.Raw // the older form of a call
	cites     []llm.Citation
	own       []llm.Member
	state     []llm.Opaque
	cache     string
	prefix    bool
}

func (t *turn) reset() {
	*t = turn{content: t.content[:0], thoughts: t.thoughts[:0], calls: t.calls[:0]}
}

func (p *reader) messages() {
	if !p.in.At('[') {
		p.fail("messages", "an array of messages")
		return
	}
	p.r.Messages = make([]llm.Message, 0, 4)
	n := 0
	p.in.Array(func() {
		p.index[0] = n
		n++
		p.turn.reset()
		if !p.in.Object(p.turnMember) && p.in.Err() == nil {
			p.fail("messages[]", "an object")
			return
		}
		p.addTurn()
	})
}

// turnMember reads one member of a message, which p.in stands before.
func (p *reader) turnMember(key []byte) {
	t := &p.turn
	if string(key) == "content" && p.in.At('[') {
		p.parts()
		return
	}
	v := p.in.Raw()
	if absent(v) {
		return
	}
	switch string(key) {
	case "role":
		t.role = p.text(v, "messages[].role")
	case "content":
		if v[0] != '"' {
			p.fail("messages[].content", "a string or an array of parts")
			return
		}
		t.content = append(t.content, llm.Part{Kind: llm.Text, Text: v})
	case "name":
		t.name = p.text(v, "messages[].name")
	case "tool_call_id":
		t.toolID = p.text(v, "messages[].tool_call_id")
	case "tool_calls":
		p.array(v, "messages[].tool_calls", p.call)
	case "function_call":
		t.function = v
	default:
		p.rareTurnMember(key, v)
	}
}

// rareTurnMember reads what only turns of the assistant have, and what other vendors add.
func (p *reader) rareTurnMember(key, v []byte) {
	t := &p.turn
	switch string(key) {
	case "refusal":
		t.refusal = p.text(v, "messages[].refusal")
	case "reasoning_content", "reasoning":
		switch {
		case v[0] != '"':
			p.keep(&t.own, "messages[].", key, v)
		case len(v) > len(t.reasoning):
			t.reasoning = v
		}
	case "reasoning_details":
		p.array(v, "messages[].reasoning_details", p.thought)
	case "annotations":
		p.annotations(v)
	case "prefix": // https://docs.mistral.ai/capabilities/completion; only the last turn may have it
		t.prefix = string(v) == "true"
	case "cache_control":
		t.cache = p.cacheMark(v, "messages[].cache_control")
	case "extra_content":
		p.extra(&t.state, &t.own, v, "messages[].")
	case "audio": // an answer that only its vendor can look up
		p.keep(&t.own, "messages[].", key, v)
		p.r.Refuse = append(p.r.Refuse, p.place("messages[].audio"))
	default:
		p.keep(&t.own, "messages[].", key, v)
	}
}

// parts reads an array of content parts.
func (p *reader) parts() {
	n := 0
	p.in.Array(func() {
		p.index[1] = n
		n++
		v := p.in.Raw()
		if v != nil {
			p.turn.content = append(p.turn.content, p.part(v))
		}
	})
}

// thought reads an entry of reasoning_details: an envelope in it is opened.
func (p *reader) thought(v []byte) {
	if v[0] != '{' {
		p.fail("messages[].reasoning_details[]", "an object")
		return
	}
	e, t := readEntry(v), &p.turn
	if n := len(t.thoughts); n > 0 && e.continues(&t.entry) {
		e.join(&t.entry)
		t.thoughts = t.thoughts[:n-1]
	}
	t.entry = e
	t.thoughts = append(t.thoughts, e.asked())
	p.r.Has.Add(llm.FThinking)
	p.r.Has.Add(llm.FThinkingState)
}

// annotations reads the sources of a text that is sent back. Where something else
// stands among them, the whole member is kept as it is.
func (p *reader) annotations(v []byte) {
	t, others := &p.turn, false
	p.array(v, "messages[].annotations", func(v []byte) {
		c, ok := readCitation(v)
		others = others || !ok
		t.cites = append(t.cites, c)
	})
	switch {
	case others:
		t.cites = nil
		p.keepAt(&t.own, "messages[].", "annotations", v)
	case len(t.cites) > 0:
		p.r.Has.Add(llm.FCitations)
	}
}

// extra reads extra_content, where Google's servers keep the signature of a thought.
func (p *reader) extra(state *[]llm.Opaque, own *[]llm.Member, v []byte, at string) {
	p.object(v, at+"extra_content", func(key, v []byte) {
		if string(key) != "google" {
			p.keepAt(own, at, "extra_content."+memberName(key), v)
			return
		}
		p.object(v, at+"extra_content.google", func(key, v []byte) {
			if string(key) != "thought_signature" {
				p.keepAt(own, at, "extra_content.google."+memberName(key), v)
				return
			}
			if s := p.word(v, at+"extra_content.google.thought_signature"); s != "" {
				*state = append(*state, opened(s))
				p.r.Has.Add(llm.FThinkingState)
			}
		})
	})
}

// call reads one tool call of the history.
func (p *reader) call(v []byte) {
	const at = "messages[].tool_calls[]"
	part := llm.Part{Kind: llm.ToolCall, Call: &llm.Call{}}
	c := part.Call
	p.index[1] = len(p.turn.calls)
	p.object(v, at, func(key, v []byte) {
		switch string(key) {
		case "id":
			c.ID = p.word(v, at+".id")
		case "type", "index": // the order tells the index
		case "function":
			p.callFunction(c, v)
		case "custom":
			p.callCustom(c, v)
		case "extra_content":
			p.extra(&part.State, &part.Own, v, at+".")
		case "cache_control":
			part.Cache = p.cacheMark(v, at+".cache_control")
		default:
			p.keep(&part.Own, at+".", key, v)
		}
	})
	if c.Name == "" {
		p.fail(at+".function.name", "a string, and is missing")
	}
	p.addCall(part)
}

func (p *reader) addCall(part llm.Part) {
	p.calls = append(p.calls, callName{part.Call.ID, part.Call.Name})
	p.turn.calls = append(p.turn.calls, part)
	p.r.Has.Add(llm.FToolCall)
}

func (p *reader) callFunction(c *llm.Call, v []byte) {
	const at = "messages[].tool_calls[].function"
	p.object(v, at, func(key, v []byte) {
		switch string(key) {
		case "name":
			c.Name = p.word(v, at+".name")
		case "arguments":
			readArguments(c, v)
		}
	})
}

func (p *reader) callCustom(c *llm.Call, v []byte) {
	const at = "messages[].tool_calls[].custom"
	p.object(v, at, func(key, v []byte) {
		switch string(key) {
		case "name":
			c.Name = p.word(v, at+".name")
		case "input":
			c.Arguments, c.Custom = p.text(v, at+".input"), true
			p.r.Has.Add(llm.FCustomTool)
		}
	})
}

// readArguments takes arguments as the text that the dialect has, or as the object
// that some servers of its form write.
func readArguments(c *llm.Call, v []byte) {
	if absent(v) {
		return
	}
	c.Arguments, c.Quoted = v, v[0] == '"'
}
