package openairesponses

import (
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// members walks an object that stands at a path; null members count as absent.
func (p *requestReader) members(path string, v []byte, fn func(key, v []byte)) {
	if !isObject(v) {
		p.fail(path, "an object")
		return
	}
	err := jsonscan.Members(v, func(key, v []byte) bool {
		if !isNull(v) {
			fn(key, v)
		}
		return p.err == nil
	})
	if err != nil && p.err == nil {
		p.err = malformed(err)
	}
}

// ownMember keeps a member of an inner object that only this dialect has.
func (p *requestReader) ownMember(path string, key, v []byte) {
	p.r.Own = append(p.r.Own, llm.Member{Name: path + keyText(key), Value: v})
}

// wordAt reads a word of the protocol that stands at a path.
func (p *requestReader) wordAt(path string, v []byte) string {
	if !isString(v) {
		p.fail(path, "a string")
	}
	return text(v)
}

func (p *requestReader) readText() {
	if p.text == nil {
		return
	}
	p.members("text", p.text, func(key, v []byte) {
		switch string(key) {
		case "format":
			p.readFormat(v)
		case "verbosity":
			p.wordAt("text.verbosity", v)
			p.r.Set(llm.FVerbosity, v)
		default:
			p.ownMember("text.", key, v)
		}
	})
}

func (p *requestReader) readFormat(format []byte) {
	o := &p.r.Output
	kind := ""
	p.members("text.format", format, func(key, v []byte) {
		switch string(key) {
		case "type":
			kind = p.wordAt("text.format.type", v)
		case "name":
			o.Name = p.wordAt("text.format.name", v)
		case "description":
			o.Description = v
			p.r.Has.Add(llm.FSchemaName)
		case "schema":
			o.Schema = v
		case "strict":
			strict := p.flag("text.format.strict", v)
			o.Strict = &strict
			p.r.Has.Add(llm.FStrict)
		default:
			p.ownMember("text.format.", key, v)
		}
	})
	switch kind {
	case "text", "":
	case "json_object":
		o.Kind = "json"
		p.r.Has.Add(llm.FJSON)
	case "json_schema":
		o.Kind = "schema"
		p.r.Has.Add(llm.FSchema)
	default:
		p.ownMember("text.", []byte("format"), format)
	}
}

// readReasoning reads how much is to be thought, and shown of it
// (https://platform.openai.com/docs/api-reference/responses/create#responses-create-reasoning).
func (p *requestReader) readReasoning() {
	if p.reasoning == nil {
		return
	}
	t := &p.r.Thinking
	p.members("reasoning", p.reasoning, func(key, v []byte) {
		switch string(key) {
		case "effort":
			t.Effort = p.wordAt("reasoning.effort", v)
			t.Mode = "on"
			if t.Effort == "none" {
				t.Mode = "off"
				p.r.Has.Add(llm.FThinkingOff)
			} else {
				p.r.Has.Add(llm.FThinkingEffort)
			}
		case "summary", "generate_summary":
			t.Summary = p.wordAt("reasoning.summary", v)
			p.r.Has.Add(llm.FThinkingSummary)
		default:
			p.ownMember("reasoning.", key, v)
		}
	})
}

// Entries of include that have a meaning of their own.
const (
	includeState    = "reasoning.encrypted_content"
	includeLogprobs = "message.output_text.logprobs"
)

// readInclude reads what an answer shall hold beside the usual. What the vendor alone
// can include is kept whole.
func (p *requestReader) readInclude() {
	if p.include == nil {
		return
	}
	if !isArray(p.include) {
		p.fail("include", "an array of strings")
		return
	}
	others := false
	jsonscan.Elements(p.include, func(v []byte) bool {
		switch string(bare(v)) {
		case includeState:
			p.r.Thinking.State = true
		case includeLogprobs:
			p.r.Set(llm.FLogprobs, llm.Raw("true"))
		default:
			others = true
		}
		return true
	})
	if others {
		p.ownMember("", []byte("include"), p.include)
	}
}
