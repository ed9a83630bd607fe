package converse

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ParseRequest implements dialect.Codec.
func (codec) ParseRequest(body []byte) (*llm.Request, error) {
	p := parser{r: &llm.Request{Dialect: own}}
	var system, messages, tools, extra []byte
	d := jsonscan.NewReader(body)
	if !d.At('{') {
		return nil, fault.New(fault.InvalidRequest, "The body must be a JSON object.")
	}
	p.object(&d, "", func(key []byte) {
		switch string(key) {
		case "system":
			system = d.Raw()
		case "messages":
			messages = d.Raw()
		case "toolConfig":
			tools = d.Raw()
		case "additionalModelRequestFields":
			extra = d.Raw()
		default:
			p.setting(&d, key)
		}
	})
	if err := p.done(&d, "The body"); err != nil {
		return nil, err
	}
	p.part(system, "system", (*parser).system)
	p.part(messages, "messages", (*parser).messages)
	p.part(tools, "toolConfig", (*parser).toolConfig)
	p.part(extra, "additionalModelRequestFields", (*parser).extra)
	if p.err != nil {
		return nil, p.err
	}
	return p.r, nil
}

// part reads one of the large members, in the order of their meaning.
func (p *parser) part(raw []byte, what string, read func(*parser, *jsonscan.Reader)) {
	if p.err != nil || raw == nil || jsonscan.IsNull(raw) {
		return
	}
	d := jsonscan.NewReader(raw)
	read(p, &d)
	p.err = p.done(&d, what)
}

// setting reads one of the members that are neither turns nor tools.
func (p *parser) setting(d *jsonscan.Reader, key []byte) {
	switch string(key) {
	case "inferenceConfig":
		p.inference(d)
	case "outputConfig":
		p.output(d)
	case "requestMetadata":
		if v := d.Raw(); len(v) > len("{}") && v[0] == '{' {
			p.r.Set(llm.FMetadata, v)
		}
	case "serviceTier":
		p.object(d, "serviceTier", func(key []byte) {
			switch string(key) {
			case "type":
				p.r.Set(llm.FTier, p.text(d, "serviceTier.type"))
			default:
				p.unname("serviceTier." + string(key))
			}
		})
	case "guardrailConfig", "promptVariables": // what they ask for cannot be left out
		if v := d.Raw(); !jsonscan.IsNull(v) {
			p.r.Own = append(p.r.Own, llm.Member{Name: string(key), Value: v})
			p.r.Refuse = append(p.r.Refuse, string(key))
		}
	case "additionalModelResponseFieldPaths", "performanceConfig":
		if v := d.Raw(); !jsonscan.IsNull(v) {
			p.r.Own = append(p.r.Own, llm.Member{Name: string(key), Value: v})
		}
	default:
		p.keep(&p.r.Own, "", key, d.Raw())
	}
}

func (p *parser) inference(d *jsonscan.Reader) {
	var unknown []llm.Member
	p.object(d, "inferenceConfig", func(key []byte) {
		switch string(key) {
		case "maxTokens":
			if p.r.MaxOutput = p.whole(d, "inferenceConfig.maxTokens"); p.r.MaxOutput.Known {
				p.r.Has.Add(llm.FMaxOutput)
			}
		case "temperature":
			p.r.Set(llm.FTemperature, p.number(d, "inferenceConfig.temperature"))
		case "topP":
			p.r.Set(llm.FTopP, p.number(d, "inferenceConfig.topP"))
		case "stopSequences":
			p.array(d, "inferenceConfig.stopSequences", func() {
				if v := p.text(d, "inferenceConfig.stopSequences"); v != nil {
					p.r.Stop = append(p.r.Stop, v)
					p.r.Has.Add(llm.FStop)
				}
			})
		default:
			p.keep(&unknown, "inferenceConfig", key, d.Raw())
		}
	})
	if len(unknown) > 0 {
		p.r.Own = append(p.r.Own, llm.Member{Name: "inferenceConfig", Value: objectOf(unknown)})
	}
}

// output reads the form that the answer shall have. The schema is JSON in a string.
func (p *parser) output(d *jsonscan.Reader) {
	p.object(d, "outputConfig", func(key []byte) {
		switch string(key) {
		case "textFormat":
			p.object(d, "outputConfig.textFormat", func(key []byte) {
				switch string(key) {
				case "structure":
					p.structure(d)
				case "type":
					d.Raw() // json_schema is the only one
				default:
					p.unname("outputConfig.textFormat." + string(key))
				}
			})
		case "effort":
			ahead := *d
			p.r.Settings = append(p.r.Settings, llm.Setting{Value: ahead.Raw()})
			p.effort(p.word(d, "outputConfig.effort"))
		default:
			p.unname("outputConfig." + string(key))
		}
	})
}

func (p *parser) structure(d *jsonscan.Reader) {
	const at = "outputConfig.textFormat.structure"
	p.object(d, at, func(key []byte) {
		if string(key) != "jsonSchema" {
			p.unname(at + "." + string(key))
			return
		}
		p.object(d, at+".jsonSchema", func(key []byte) {
			o := &p.r.Output
			switch string(key) {
			case "schema":
				o.Kind, o.Schema = "schema", p.schema(d, at+".jsonSchema.schema")
				p.r.Has.Add(llm.FSchema)
			case "name":
				o.Name = p.word(d, at+".jsonSchema.name")
			case "description":
				if o.Description = p.text(d, at+".jsonSchema.description"); o.Description != nil {
					p.r.Has.Add(llm.FSchemaName)
				}
			default:
				p.unname(at + ".jsonSchema." + string(key))
			}
		})
	})
}

// schema reads a schema that is written as a string.
func (p *parser) schema(d *jsonscan.Reader, member string) llm.Raw {
	text := bytes.TrimSpace([]byte(p.word(d, member)))
	if len(text) == 0 || text[0] != '{' {
		p.bad(member, "a JSON schema in a string")
		return nil
	}
	if err := jsonscan.Members(text, func(_, _ []byte) bool { return true }); err != nil {
		p.bad(member, "a JSON schema in a string")
	}
	return text
}

// effort notes how much the model shall think.
func (p *parser) effort(word string) {
	if word != "" {
		p.r.Thinking.Effort = word
		p.r.Has.Add(llm.FThinkingEffort)
	}
}

// system reads the instructions before the conversation, one turn.
func (p *parser) system(d *jsonscan.Reader) {
	p.role, p.begun, p.item = llm.System, false, 0
	p.array(d, "system", func() {
		p.list = "system"
		p.block(d)
		p.item++
	})
	p.list = ""
}

// messages reads the conversation. What tools answered becomes turns of its own.
func (p *parser) messages(d *jsonscan.Reader) {
	p.turn = 0
	p.array(d, "messages", func() {
		p.list, p.item = "messages", -1
		p.message(d)
		p.turn++
	})
	p.list = ""
	if p.r.Prefilled() {
		p.r.Has.Add(llm.FAssistantPrefill)
	}
}

// message reads one message. Its role may stand after its content.
func (p *parser) message(d *jsonscan.Reader) {
	var content []byte
	var unknown []llm.Member
	p.role = ""
	p.object(d, "", func(key []byte) {
		switch string(key) {
		case "role":
			p.setRole(p.text(d, "role"))
		case "content":
			content = d.Raw()
		default:
			p.keep(&unknown, "", key, d.Raw())
		}
	})
	if p.role == "" {
		p.bad("role", `"user" or "assistant"`)
	}
	if p.err != nil || content == nil || jsonscan.IsNull(content) {
		return
	}
	p.content(content)
	p.own(unknown)
}

// own puts members of the wire's message at the turn it became.
func (p *parser) own(members []llm.Member) {
	if n := len(p.r.Messages); n > 0 && p.begun {
		p.r.Messages[n-1].Own = append(p.r.Messages[n-1].Own, members...)
	}
}

// content reads a message's blocks.
func (p *parser) content(raw []byte) {
	p.begun = false
	d := jsonscan.NewReader(raw)
	if !d.At('[') {
		p.bad("content", "an array of content blocks")
		return
	}
	p.item = 0
	p.array(&d, "", func() {
		p.block(&d)
		p.item++
	})
	if err := p.done(&d, "messages"); p.err == nil && err != nil {
		p.err = err
	}
	p.flush()
}

func (p *parser) setRole(raw llm.Raw) {
	switch string(raw) {
	case `"user"`:
		p.role = llm.User
	case `"assistant"`:
		p.role = llm.Assistant
	case `"system"`:
		p.role = llm.System
	default:
		p.bad("role", `"user" or "assistant"`)
	}
}

// add adds a part to the turn that it belongs to.
func (p *parser) add(part llm.Part) {
	role := p.role
	if part.Kind == llm.ToolResult && role == llm.User {
		role = llm.ToolRole
	}
	n := len(p.r.Messages)
	if !p.begun && !(role == llm.ToolRole && n > 0 && p.r.Messages[n-1].Role == role) || p.r.Messages[n-1].Role != role {
		p.begin(role)
	}
	p.begun = true
	m := &p.r.Messages[len(p.r.Messages)-1]
	m.Parts = append(m.Parts, part)
}

// begin begins a turn.
func (p *parser) begin(role llm.Role) {
	if role == llm.System {
		p.r.Has.Add(p.systemFeature())
	}
	if p.r.Messages == nil {
		p.r.Messages = make([]llm.Message, 0, 8)
	}
	p.r.Messages = append(p.r.Messages, llm.Message{Role: role})
}

func (p *parser) systemFeature() llm.Feature {
	for i := range p.r.Messages {
		if p.r.Messages[i].Role != llm.System {
			return llm.FSystemLater
		}
	}
	return llm.FSystem
}

// last gives the part before the one that is read, nil when the message has none yet.
func (p *parser) last() *llm.Part {
	if !p.begun {
		return nil
	}
	m := &p.r.Messages[len(p.r.Messages)-1]
	return &m.Parts[len(m.Parts)-1]
}

// calledName gives the name of the tool call with an id.
func (p *parser) calledName(id string) string {
	for i := len(p.r.Messages) - 1; i >= 0; i-- {
		for n := range p.r.Messages[i].Parts {
			if c := p.r.Messages[i].Parts[n].Call; c != nil && c.ID == id {
				return c.Name
			}
		}
	}
	return ""
}
