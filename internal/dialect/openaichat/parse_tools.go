package openaichat

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// tools reads the array tools.
func (p *reader) tools(v []byte) {
	p.array(v, "tools", func(v []byte) {
		p.index[0] = len(p.r.Tools)
		p.r.Tools = append(p.r.Tools, p.tool(v))
	})
}

func (p *reader) tool(v []byte) (t llm.Tool) {
	var kind string
	var function, custom []byte
	p.object(v, "tools[]", func(key, v []byte) {
		switch string(key) {
		case "type":
			kind = p.word(v, "tools[].type")
		case "function":
			function = v
		case "custom":
			custom = v
		case "cache_control":
			t.Cache = p.cacheMark(v, "tools[].cache_control")
			p.r.Has.Add(llm.FToolCache)
		default:
			t.Own = append(t.Own, llm.Member{Name: memberName(key), Value: v})
		}
	})
	switch {
	case function != nil && (kind == "function" || kind == ""):
		p.function(&t, function, "tools[].function")
		for _, m := range t.Own {
			p.unname("tools[]." + m.Name)
		}
		return t
	case kind == "custom":
		p.customTool(&t, custom)
	case kind == "":
		p.fail("tools[].type", "a string, and is missing")
	default:
		p.builtin(&t, kind)
		if t.Kind != llm.Builtin { // others have the tool, and not its settings
			for _, m := range t.Own {
				p.unname("tools[]." + m.Name)
			}
		}
	}
	t.Vendor, t.Own, t.Cache = v, nil, ""
	return t
}

// function reads the definition of a function.
func (p *reader) function(t *llm.Tool, v []byte, at string) {
	t.Kind = llm.Function
	p.object(v, at, func(key, v []byte) {
		switch string(key) {
		case "name":
			t.Name = p.word(v, at+".name")
		case "description":
			t.Description = p.text(v, at+".description")
		case "parameters":
			if t.Parameters = v; v[0] != '{' {
				p.fail(at+".parameters", "a JSON schema")
			}
		case "strict":
			if t.Strict = p.flag(v, at+".strict"); t.Strict != nil {
				p.r.Has.Add(llm.FToolStrict)
			}
		default:
			t.Own = append(t.Own, llm.Member{Name: "function." + memberName(key), Value: v})
		}
	})
	if t.Name == "" {
		p.fail(at+".name", "a string, and is missing")
	}
	p.r.Has.Add(llm.FTools)
}

func (p *reader) customTool(t *llm.Tool, v []byte) {
	t.Kind = llm.Custom
	p.object(v, "tools[].custom", func(key, v []byte) {
		switch string(key) {
		case "name":
			t.Name = p.word(v, "tools[].custom.name")
		case "description":
			t.Description = p.text(v, "tools[].custom.description")
		}
	})
	p.r.Has.Add(llm.FCustomTool)
}

// builtin sorts the tools that vendors run themselves by their types' names.
func (p *reader) builtin(t *llm.Tool, kind string) {
	t.Name = kind
	bare := kind[strings.LastIndexByte(kind, ':')+1:] // openrouter:web_search
	switch {
	case strings.HasPrefix(bare, "web_search"), bare == "browser_search", bare == "live_search":
		t.Kind = llm.WebSearch
		p.r.Has.Add(llm.FWebSearch)
	case bare == "code_interpreter", bare == "code_execution":
		t.Kind = llm.Code
		p.r.Has.Add(llm.FCode)
	default:
		t.Kind = llm.Builtin
		p.r.Has.Add(llm.FBuiltin)
	}
}

// choice reads tool_choice.
func (p *reader) choice(v []byte) {
	c := &p.r.Choice
	if v[0] == '"' {
		switch word := p.word(v, "tool_choice"); word {
		case "any": // https://docs.mistral.ai/capabilities/function_calling
			p.mode("required")
		case "auto", "none", "required":
			p.mode(word)
		default:
			p.fail("tool_choice", "auto, none, required or an object")
		}
		return
	}
	known := false
	p.object(v, "tool_choice", func(key, v []byte) {
		switch string(key) {
		case "type": // some callers write {type: auto}
			if word := p.word(v, "tool_choice.type"); word == "auto" || word == "none" || word == "required" {
				p.mode(word)
				known = true
			}
		case "function", "custom":
			c.Mode, c.Names, known = "tool", []string{p.nameIn(v, "tool_choice.function")}, true
			p.r.Has.Add(llm.FChoiceTool)
		case "allowed_tools":
			p.allowed(v)
			known = true
		}
	})
	if !known {
		c.Vendor = v
		p.unname("tool_choice")
	}
}

func (p *reader) mode(word string) {
	p.r.Choice.Mode = word
	switch word {
	case "none":
		p.r.Has.Add(llm.FChoiceNone)
	case "required":
		p.r.Has.Add(llm.FChoiceRequired)
	}
}

func (p *reader) nameIn(v []byte, at string) (name string) {
	p.object(v, at, func(key, v []byte) {
		if string(key) == "name" {
			name = p.word(v, at+".name")
		}
	})
	return name
}

func (p *reader) allowed(v []byte) {
	const at = "tool_choice.allowed_tools"
	c := &p.r.Choice
	c.Mode = "allowed"
	p.object(v, at, func(key, v []byte) {
		switch string(key) {
		case "mode":
			if p.word(v, at+".mode") == "required" {
				c.Mode = "allowed_required"
			}
		case "tools":
			p.array(v, at+".tools", func(v []byte) {
				p.object(v, at+".tools[]", func(key, v []byte) {
					if string(key) == "function" || string(key) == "custom" {
						c.Names = append(c.Names, p.nameIn(v, at+".tools[].function"))
					}
				})
			})
		}
	})
	p.r.Has.Add(llm.FChoiceAllowed)
}

// functions reads the older form of tools. Such a tool keeps its definition in Vendor,
// which tells that its calls must be answered in the older form too.
func (p *reader) functions(v []byte) {
	p.array(v, "functions", func(v []byte) {
		p.index[0] = len(p.r.Tools)
		var t llm.Tool
		p.function(&t, v, "functions[]")
		t.Vendor = v
		for _, m := range t.Own {
			p.unname("functions[]" + strings.TrimPrefix(m.Name, "function"))
		}
		p.r.Tools = append(p.r.Tools, t)
	})
}

// functionChoice reads the older form of tool_choice.
func (p *reader) functionChoice(v []byte) {
	if v[0] == '"' {
		p.mode(p.word(v, "function_call"))
		return
	}
	p.r.Choice.Mode, p.r.Choice.Names = "tool", []string{p.nameIn(v, "function_call")}
	p.r.Has.Add(llm.FChoiceTool)
}

// legacy reports whether a caller wrote functions instead of tools.
func legacy(r *llm.Request) bool {
	return r != nil && r.Dialect == string(name) && len(r.Tools) > 0 && r.Tools[0].Kind == llm.Function && r.Tools[0].Vendor != nil
}
