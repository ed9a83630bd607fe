package openairesponses

import (
	"bytes"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// readItem reads one item of the input.
func (p *requestReader) readItem(raw []byte) {
	if !isObject(raw) {
		p.failItem("", "an object")
		return
	}
	it := &p.item
	if err := it.read(raw); err != nil {
		p.err = malformed(err)
		return
	}
	switch string(it.kind) {
	case "message":
		p.readMessage(it)
	case "reasoning":
		p.readReasoningItem(it)
	case "function_call":
		p.readCall(it, it.arguments, false)
	case "custom_tool_call":
		p.readCall(it, it.input, true)
	case "function_call_output", "custom_tool_call_output":
		p.readOutput(it)
	case "additional_tools":
		p.vendorTurn(llm.Developer, it)
		p.addLate(it.tools)
	case "tool_search_call":
		p.readSearch(it)
	case "tool_search_output":
		p.readFound(it)
	case "":
		p.failItem("type", "a string, or the item a message with a role")
	default:
		p.readVendor(it)
	}
	p.at++
}

// turn appends parts to the last turn where they belong there, else begins one. Turns
// of the assistant and of tools hold all items in a row.
func (p *requestReader) turn(role llm.Role, parts ...llm.Part) {
	r := p.r
	if n := len(r.Messages); n > 0 && r.Messages[n-1].Role == role && (role == llm.Assistant || role == llm.ToolRole) {
		r.Messages[n-1].Parts = append(r.Messages[n-1].Parts, parts...)
		return
	}
	if role != llm.Assistant {
		p.attachSigns()
	}
	r.Messages = append(r.Messages, llm.Message{Role: role, Parts: parts})
}

func (p *requestReader) readMessage(it *item) {
	role, ok := p.role(it)
	if !ok {
		return
	}
	var parts []llm.Part
	switch {
	case isString(it.content):
		parts = []llm.Part{{Kind: llm.Text, Text: it.content}}
	case isArray(it.content):
		parts = p.readParts(it.content, "content")
	case it.content != nil:
		p.failItem("content", "a string or an array of parts")
	}
	if len(parts) > 0 {
		parts[0].Raw = firstRaw(&parts[0], it.raw)
		parts[0].Apart = role == llm.Assistant && parts[0].Kind == llm.Text && p.afterText()
	}
	p.unnameItem(it)
	p.turn(role, parts...)
}

// firstRaw gives the Raw of an item's first part: the item, so that what Sluice has no
// word for comes back to this dialect. A part of one vendor has its own already.
func firstRaw(part *llm.Part, item []byte) llm.Raw {
	if part.Kind == llm.Vendor {
		return part.Raw
	}
	return item
}

// role reads a message's role and notes what a system turn at this place means.
func (p *requestReader) role(it *item) (llm.Role, bool) {
	role := llm.Role(word(it.role))
	switch role {
	case llm.User, llm.Assistant:
		return role, true
	case llm.System, llm.Developer:
		if role == llm.Developer {
			p.r.Has.Add(llm.FDeveloper)
		}
		if p.begun() {
			p.r.Has.Add(llm.FSystemLater)
		} else {
			p.r.Has.Add(llm.FSystem)
		}
		return role, true
	}
	p.failItem("role", "user, assistant, system or developer")
	return role, false
}

// begun reports whether a turn that is no system turn has been read.
func (p *requestReader) begun() bool {
	for i := len(p.r.Messages) - 1; i >= 0; i-- {
		if role := p.r.Messages[i].Role; role != llm.System && role != llm.Developer {
			return true
		}
	}
	return false
}

// unnameItem notes the members of an item that no feature stands for. What only keeps
// the vendor's books (id, status) is not worth a word.
func (p *requestReader) unnameItem(it *item) {
	if it.phase != nil {
		p.unname("input[].", []byte("phase"))
	}
	for _, key := range it.extra {
		p.unname("input[].", key)
	}
}

func (p *requestReader) readCall(it *item, arguments []byte, custom bool) {
	if !isString(it.name) {
		p.failItem("name", "a string")
		return
	}
	if arguments != nil && !isString(arguments) && custom {
		p.failItem("input", "a string")
		return
	}
	call := &llm.Call{ID: text(it.callID), Name: text(it.name), Arguments: arguments, Quoted: isString(arguments) && !custom, Custom: custom}
	if custom {
		p.r.Has.Add(llm.FCustomTool)
	}
	p.unnameItem(it)
	p.called(it, call)
	p.spaced = p.spaced || isString(it.space)
}

// joinCalls gives calls of tools that stand in a namespace the name by which these are
// known, which can be told once all tools have been read.
func (p *requestReader) joinCalls() {
	if !p.spaced {
		return
	}
	var it item
	for i := range p.r.Messages {
		parts := p.r.Messages[i].Parts
		for n := range parts {
			if c := parts[n].Call; c != nil && it.read(parts[n].Raw) == nil && isString(it.space) {
				c.Name = it.callName(p.r)
				p.names[c.ID] = c.Name
			}
		}
	}
	for i := range p.r.Messages {
		parts := p.r.Messages[i].Parts
		for n := range parts {
			if result := parts[n].Result; result != nil && result.Name != "" {
				result.Name = p.names[result.ID]
			}
		}
	}
}

// called appends a call to the assistant's turn, and remembers its tool's name.
func (p *requestReader) called(it *item, call *llm.Call) {
	if p.names == nil {
		p.names = make(map[string]string, 8)
	}
	p.names[call.ID] = call.Name
	p.r.Has.Add(llm.FToolCall)
	p.turn(llm.Assistant, llm.Part{Kind: llm.ToolCall, Call: call, Raw: it.raw})
}

func (p *requestReader) readOutput(it *item) {
	result := &llm.Result{ID: text(it.callID)}
	result.Name = p.names[result.ID]
	switch {
	case isString(it.output):
		result.Parts = []llm.Part{{Kind: llm.Text, Text: it.output}}
	case isArray(it.output):
		result.Parts = p.readParts(it.output, "output")
		for i := range result.Parts {
			if result.Parts[i].Kind != llm.Text {
				p.r.Has.Add(llm.FResultMedia)
			}
		}
	case isObject(it.output):
		result.JSON = it.output
	case it.output != nil:
		p.failItem("output", "a string or an array of parts")
		return
	}
	p.unnameItem(it)
	p.answered(it, result)
}

func (p *requestReader) answered(it *item, result *llm.Result) {
	p.r.Has.Add(llm.FToolResult)
	p.turn(llm.ToolRole, llm.Part{Kind: llm.ToolResult, Result: result, Raw: it.raw})
}

// readSearch reads the call of a tool search. One that the client does itself is a
// tool call; the vendor's own is the vendor's.
func (p *requestReader) readSearch(it *item) {
	if !it.searches() {
		p.readVendor(it)
		return
	}
	p.called(it, &llm.Call{ID: text(it.callID), Name: toolSearch, Arguments: it.arguments, Quoted: isString(it.arguments)})
}

// readFound reads the tools that a tool search found: they are the call's result, and
// from here on tools like all others.
func (p *requestReader) readFound(it *item) {
	id := text(it.callID)
	if _, ok := p.names[id]; ok && isArray(it.tools) {
		p.answered(it, &llm.Result{ID: id, Name: toolSearch, Parts: []llm.Part{{Kind: llm.Text, Text: jsonout.Quote(string(it.tools))}}})
	} else {
		p.vendorTurn(llm.ToolRole, it)
	}
	p.addLate(it.tools)
}

// addLate reads tools that an item brings.
func (p *requestReader) addLate(list []byte) {
	p.within = true
	p.addTools("input["+strconv.Itoa(p.at)+"].tools", list)
	p.within = false
}

// toolSearch is the name of the tool that finds other tools.
const toolSearch = "tool_search"

// readVendor keeps an item that only this dialect has.
func (p *requestReader) readVendor(it *item) {
	role := llm.Assistant
	if it.isOutput() {
		role = llm.ToolRole
	}
	switch kind := string(it.kind); {
	case kind == "item_reference" && bytes.HasPrefix(bare(it.id), []byte("rs_")):
		p.r.Has.Add(llm.FThinkingState) // a conversation is whole without its reasoning
	case kind == "item_reference", kind == "compaction": // it stands for turns that are not here
		p.r.Refuse = append(p.r.Refuse, "input["+strconv.Itoa(p.at)+"] ("+kind+")")
	default:
		p.r.Has.Add(llm.FVendorPart)
	}
	p.vendorTurn(role, it)
}

func (p *requestReader) vendorTurn(role llm.Role, it *item) {
	p.turn(role, llm.Part{Kind: llm.Vendor, Raw: it.raw})
}

// readReasoningItem reads a reasoning item. One without text that holds a signature of
// a tool call of another dialect is no reasoning: it is set aside for its call.
func (p *requestReader) readReasoningItem(it *item) {
	part := llm.Part{Kind: llm.Thinking, Text: reasoningText(it), Raw: it.raw}
	if isString(it.encrypted) && len(it.encrypted) > 2 {
		o := dialect.Unwrap(text(it.encrypted), dialect.Responses, encrypted)
		if o.Provider == "" && o.Dialect == own {
			o.ID = text(it.id)
		}
		p.r.Has.Add(llm.FThinkingState)
		if o.Kind == signed && part.Text == nil {
			p.signs = append(p.signs, sign{o, p.partsSoFar()})
			return
		}
		part.State = []llm.Opaque{o}
	}
	if part.Text != nil {
		p.r.Has.Add(llm.FThinking)
	}
	for _, key := range it.extra {
		p.unname("input[].", key)
	}
	p.turn(llm.Assistant, part)
}

// sign is a signature that stood in an item of its own before the part at an index of
// the assistant's turn.
type sign struct {
	state llm.Opaque
	at    int
}

// afterText reports whether the assistant's turn goes on after a text.
func (p *requestReader) afterText() bool {
	n := p.partsSoFar()
	return n > 0 && p.r.Messages[len(p.r.Messages)-1].Parts[n-1].Kind == llm.Text
}

// partsSoFar counts the parts of the assistant's turn that goes on.
func (p *requestReader) partsSoFar() int {
	if n := len(p.r.Messages); n > 0 && p.r.Messages[n-1].Role == llm.Assistant {
		return len(p.r.Messages[n-1].Parts)
	}
	return 0
}
