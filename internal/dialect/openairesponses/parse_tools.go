package openairesponses

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// addTools reads a list of tools that stands at a path.
func (p *requestReader) addTools(path string, list []byte) {
	if list == nil {
		return
	}
	if !isArray(list) {
		p.fail(path, "an array of tools")
		return
	}
	n := 0
	err := jsonscan.Elements(list, func(raw []byte) bool {
		p.addListed(path, n, raw)
		n++
		return p.err == nil
	})
	if err != nil && p.err == nil {
		p.err = malformed(err)
	}
}

// addListed reads the nth tool of a list.
func (p *requestReader) addListed(path string, n int, raw []byte) {
	at := place{path, n}
	if !isObject(raw) {
		p.fail(at.String(), "an object")
		return
	}
	p.addTool(at, raw, nil)
}

// place is where an element of a list stands; it is spelt out in messages only.
type place struct {
	list string
	n    int
}

func (p place) String() string { return p.list + "[" + strconv.Itoa(p.n) + "]" }

// tool is one tool's definition as spans.
type tool struct {
	kind, name, description, parameters, strict, tools []byte
	extra                                              []llm.Member
}

func (t *tool) member(key, v []byte) bool {
	if isNull(v) {
		return true
	}
	switch string(key) {
	case "type":
		t.kind = bare(v)
	case "name":
		t.name = v
	case "description":
		t.description = v
	case "parameters":
		t.parameters = v
	case "strict":
		t.strict = v
	case "tools":
		t.tools = v
	default:
		t.extra = append(t.extra, llm.Member{Name: keyText(key), Value: v})
	}
	return true
}

// nameSettings names the settings of a hosted tool that other vendors have, too: they
// have no words for these.
func (p *requestReader) nameSettings(settings []llm.Member) {
	for _, m := range settings {
		if !isNull(m.Value) {
			p.r.Unname("tools[]." + m.Name)
		}
	}
}

// addTool reads a tool; group is the namespace that it stands in, nil for none.
func (p *requestReader) addTool(at place, raw, group []byte) {
	var t tool
	if err := jsonscan.Members(raw, t.member); err != nil {
		p.err = malformed(err)
		return
	}
	kind := string(t.kind)
	switch {
	case kind == "function" || kind == "custom":
		p.addCallable(at, &t, raw, group)
	case kind == "namespace":
		p.addGroup(at, &t, raw)
	case kind == toolSearch && clientSearch(&t):
		p.add(llm.FTools, llm.Tool{Kind: llm.Function, Name: toolSearch, Description: t.description, Parameters: t.parameters, Vendor: raw})
	case strings.HasPrefix(kind, "web_search"):
		search := llm.Tool{Kind: llm.WebSearch, Vendor: raw}
		p.nameSettings(p.limits(&search, t.extra))
		p.add(llm.FWebSearch, search)
	case kind == "code_interpreter":
		p.add(llm.FCode, llm.Tool{Kind: llm.Code, Vendor: raw})
		if string(jsonscan.Get(raw, "container")) != `{"type":"auto"}` {
			p.nameSettings(t.extra)
		}
	case kind == "":
		p.fail(at.String()+".type", "a string")
	default:
		p.add(llm.FBuiltin, llm.Tool{Kind: llm.Builtin, Name: kind, Vendor: raw})
	}
}

// limits takes the limits of a web search from its settings
// (https://platform.openai.com/docs/guides/tools-web-search).
func (p *requestReader) limits(t *llm.Tool, settings []llm.Member) (others []llm.Member) {
	s := &llm.Search{}
	for _, m := range settings {
		switch {
		case m.Name == "user_location" && isObject(m.Value):
			s.Place = m.Value
			p.r.Has.Add(llm.FSearchPlace)
		case m.Name == "filters" && isObject(m.Value):
			p.filters(s, m.Value)
		default:
			others = append(others, m)
		}
	}
	if len(others) < len(settings) {
		t.Search = s
	}
	return others
}

func (p *requestReader) filters(s *llm.Search, v []byte) {
	jsonscan.Members(v, func(key, v []byte) bool {
		switch {
		case isNull(v):
		case string(key) == "allowed_domains" && isArray(v):
			s.Allowed = v
			p.r.Has.Add(llm.FSearchAllowed)
		case string(key) == "blocked_domains" && isArray(v):
			s.Blocked = v
			p.r.Has.Add(llm.FSearchBlocked)
		default:
			p.r.Unname("tools[].filters." + keyText(key))
		}
		return true
	})
}

// clientSearch reports whether a tool search is one that the client does itself.
func clientSearch(t *tool) bool {
	return slices.ContainsFunc(t.extra, func(m llm.Member) bool { return m.Name == "execution" && string(m.Value) == `"client"` })
}

func (p *requestReader) add(f llm.Feature, t llm.Tool) {
	p.r.Has.Add(f)
	if p.within {
		p.late = append(p.late, t)
	} else {
		p.r.Tools = append(p.r.Tools, t)
	}
}

// addCallable adds a function or a custom tool.
func (p *requestReader) addCallable(at place, t *tool, raw, group []byte) {
	if !isString(t.name) {
		p.fail(at.String()+".name", "a string")
		return
	}
	out := llm.Tool{Kind: llm.Function, Name: text(t.name), Description: t.description, Group: group}
	if group != nil {
		out.Name = joinName(text(jsonscan.Get(group, "name")), out.Name)
	}
	if string(t.kind) == "custom" {
		out.Kind, out.Vendor = llm.Custom, raw
		p.add(llm.FCustomTool, out)
		return
	}
	out.Parameters, out.Own = t.parameters, t.extra
	if t.strict != nil {
		strict := p.flag("tools[].strict", t.strict)
		out.Strict = &strict
		p.r.Has.Add(llm.FToolStrict)
	}
	for _, m := range t.extra {
		p.unname("tools[].", []byte(m.Name))
	}
	p.add(llm.FTools, out)
}

// addGroup adds the tools of a namespace.
func (p *requestReader) addGroup(at place, t *tool, raw []byte) {
	if !isArray(t.tools) || !isString(t.name) {
		p.fail(at.String(), "a namespace with a name and tools")
		return
	}
	n := 0
	err := jsonscan.Elements(t.tools, func(inner []byte) bool {
		p.addTool(place{at.String() + ".tools", n}, inner, raw)
		n++
		return p.err == nil
	})
	if err != nil && p.err == nil {
		p.err = malformed(err)
	}
}

// readChoice reads tool_choice
// (https://platform.openai.com/docs/api-reference/responses/create#responses-create-tool_choice).
func (p *requestReader) readChoice() {
	c := &p.r.Choice
	switch {
	case p.choice == nil:
	case isString(p.choice):
		p.readMode(word(p.choice))
	case !isObject(p.choice):
		p.fail("tool_choice", "a string or an object")
	default:
		switch kind := string(bare(jsonscan.Get(p.choice, "type"))); kind {
		case "function", "custom":
			name := jsonscan.Get(p.choice, "name")
			if !isString(name) {
				p.fail("tool_choice.name", "a string")
			}
			c.Mode, c.Names = "tool", []string{text(name)}
			p.r.Has.Add(llm.FChoiceTool)
		case "allowed_tools":
			p.readAllowed()
		case "auto", "none", "required":
			p.readMode(kind)
		default:
			p.vendorChoice()
		}
	}
}

func (p *requestReader) readMode(mode string) {
	p.r.Choice.Mode = mode
	switch mode {
	case "auto":
	case "none":
		p.r.Has.Add(llm.FChoiceNone)
	case "required":
		p.r.Has.Add(llm.FChoiceRequired)
	default:
		p.fail("tool_choice", "none, auto, required or an object")
	}
}

// vendorChoice keeps a choice of a tool that only the vendor has.
func (p *requestReader) vendorChoice() {
	p.r.Choice.Vendor = p.choice
	p.r.Unname("tool_choice.type")
}

func (p *requestReader) readAllowed() {
	var names []string
	plain := true
	jsonscan.Elements(jsonscan.Get(p.choice, "tools"), func(raw []byte) bool {
		kind := bare(jsonscan.Get(raw, "type"))
		plain = plain && (string(kind) == "function" || string(kind) == "custom")
		names = append(names, text(jsonscan.Get(raw, "name")))
		return true
	})
	if !plain || len(names) == 0 {
		p.vendorChoice()
		return
	}
	p.r.Choice.Mode, p.r.Choice.Names = "allowed", names
	if string(bare(jsonscan.Get(p.choice, "mode"))) == "required" {
		p.r.Choice.Mode = "allowed_required"
	}
	p.r.Has.Add(llm.FChoiceAllowed)
}
