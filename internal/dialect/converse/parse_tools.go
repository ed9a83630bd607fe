package converse

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// The vendor's own tools (https://docs.aws.amazon.com/nova/latest/nova2-userguide/using-tools.html).
const (
	grounding   = "nova_grounding"
	interpreter = "nova_code_interpreter"
)

// toolConfig reads the tools and whether they must be called.
func (p *parser) toolConfig(d *jsonscan.Reader) {
	p.object(d, "toolConfig", func(key []byte) {
		switch string(key) {
		case "tools":
			p.array(d, "toolConfig.tools", func() { p.tool(d) })
		case "toolChoice":
			p.toolChoice(d)
		default:
			p.unname("toolConfig." + string(key))
		}
	})
}

func (p *parser) tool(d *jsonscan.Reader) {
	const at = "toolConfig.tools[]"
	p.object(d, at, func(key []byte) {
		switch string(key) {
		case "toolSpec":
			p.toolSpec(d, at+".toolSpec")
		case "systemTool":
			p.systemTool(d.Raw())
		case "cachePoint":
			ttl, _ := p.cacheTTL(d, at+".cachePoint")
			if n := len(p.r.Tools); n > 0 {
				p.r.Tools[n-1].Cache = ttl
				p.r.Has.Add(llm.FToolCache)
			}
		default:
			p.builtin(key, d.Raw(), llm.Builtin)
			p.unname(at + "." + string(key))
		}
	})
}

func (p *parser) toolSpec(d *jsonscan.Reader, at string) {
	t := llm.Tool{Kind: llm.Function}
	p.object(d, at, func(key []byte) {
		switch string(key) {
		case "name":
			t.Name = p.word(d, at+".name")
		case "description":
			t.Description = p.text(d, at+".description")
		case "inputSchema":
			p.object(d, at+".inputSchema", func(key []byte) {
				if string(key) == "json" {
					t.Parameters = d.Raw()
					return
				}
				p.keep(&t.Own, at+".inputSchema", key, d.Raw())
			})
		case "strict":
			if t.Strict = p.flag(d, at+".strict"); t.Strict != nil {
				p.r.Has.Add(llm.FToolStrict)
			}
		default:
			p.keep(&t.Own, at, key, d.Raw())
		}
	})
	if t.Name == "" {
		p.bad(at+".name", "the name of a tool")
	}
	p.r.Tools = append(p.r.Tools, t)
	p.r.Has.Add(llm.FTools)
}

// systemTool reads a tool that the vendor runs.
func (p *parser) systemTool(v []byte) {
	name, _ := jsonscan.String(jsonscan.Get(v, "name"))
	switch name {
	case grounding:
		p.builtin([]byte("systemTool"), v, llm.WebSearch)
		p.r.Has.Add(llm.FWebSearch)
	case interpreter:
		p.builtin([]byte("systemTool"), v, llm.Code)
		p.r.Has.Add(llm.FCode)
	default:
		p.builtin([]byte("systemTool"), v, llm.Builtin)
		p.r.Has.Add(llm.FBuiltin)
	}
}

func (p *parser) builtin(key, v []byte, kind llm.ToolKind) {
	var w jsonout.Writer
	w.Begin('{')
	w.Member(string(key), v)
	w.End('}')
	name, _ := jsonscan.String(jsonscan.Get(v, "name"))
	p.r.Tools = append(p.r.Tools, llm.Tool{Kind: kind, Name: name, Vendor: w.B})
}

func (p *parser) toolChoice(d *jsonscan.Reader) {
	const at = "toolConfig.toolChoice"
	c := &p.r.Choice
	p.object(d, at, func(key []byte) {
		switch string(key) {
		case "auto":
			c.Mode = "auto"
		case "any":
			c.Mode = "required"
			p.r.Has.Add(llm.FChoiceRequired)
		case "tool":
			p.object(d, at+".tool", func(key []byte) {
				if string(key) == "name" {
					c.Mode, c.Names = "tool", []string{p.word(d, at+".tool.name")}
					p.r.Has.Add(llm.FChoiceTool)
				}
			})
		default:
			c.Vendor = d.Raw()
			p.unname(at + "." + string(key))
		}
	})
}
