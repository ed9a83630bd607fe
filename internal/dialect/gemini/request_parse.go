package gemini

import (
	"errors"
	"slices"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// requestParser reads one request. Both spellings of names are read, camelCase and
// snake_case, since the vendor takes either.
type requestParser struct {
	r   *llm.Request
	err error

	content, part int // where the reader stands, for errors
	role          llm.Role
	begun         int       // the content that the last message began with
	run           []llm.Raw // texts that go on in the model's last text part
	open          []openCall
	made          int // ids made
}

// openCall is a call of the model's last turn.
type openCall struct {
	id, name string
	answered bool
}

// ParseRequest implements dialect.Codec.
func (codec) ParseRequest(body []byte) (*llm.Request, error) {
	p := requestParser{r: &llm.Request{Dialect: string(ownName)}}
	var system, contents, tools, toolConfig, generation llm.Raw
	err := jsonscan.Members(body, func(key, v []byte) bool {
		if jsonscan.IsNull(v) {
			return true
		}
		switch string(key) {
		case "contents":
			contents = v
		case "systemInstruction", "system_instruction":
			system = v
		case "tools":
			tools = v
		case "toolConfig", "tool_config":
			toolConfig = v
		case "generationConfig", "generation_config":
			generation = v
		default:
			p.member(key, v)
		}
		return true
	})
	if err != nil {
		return nil, fault.New(fault.InvalidRequest, err.Error())
	}
	p.system(system)
	p.contents(contents)
	p.tools(tools)
	p.toolConfig(toolConfig)
	p.generation(generation)
	return p.r, p.err
}

// member reads a plain top-level member.
func (p *requestParser) member(key []byte, v llm.Raw) {
	switch string(key) {
	case "model":
		p.r.Model = p.text(v, "model")
	case "serviceTier", "service_tier":
		p.r.Set(llm.FTier, neutralTier(p.text(v, "serviceTier")))
	case "store":
		p.flag(llm.FStore, v, "store")
	case "labels":
		if v[0] != '{' {
			p.fail("labels", "must be an object.")
			return
		}
		p.r.Set(llm.FMetadata, v)
	case "cachedContent", "cached_content":
		p.r.Own = append(p.r.Own, llm.Member{Name: "cachedContent", Value: v})
		p.r.Refuse = append(p.r.Refuse, "cachedContent") // what it holds is part of the prompt
	case "safetySettings", "safety_settings":
		p.own("safetySettings", v)
	case "modelArmorConfig", "model_armor_config":
		p.own("modelArmorConfig", v)
	default:
		p.own(nameOf(key), v)
	}
}

// neutralTier gives a tier in the neutral word; nil for the vendor's default.
func neutralTier(tier string) llm.Raw {
	switch tier {
	case "", "unspecified", "SERVICE_TIER_UNSPECIFIED":
		return nil
	case "standard", "STANDARD":
		return llm.Raw(`"default"`)
	case "flex", "FLEX":
		return llm.Raw(`"flex"`)
	case "priority", "PRIORITY":
		return llm.Raw(`"priority"`)
	}
	return jsonout.Quote(tier)
}

// own notes a member of the request that only this dialect has, by its whole path.
func (p *requestParser) own(path string, v llm.Raw) {
	p.r.Own = append(p.r.Own, llm.Member{Name: path, Value: v})
	p.unname(path)
}

func (p *requestParser) unname(path string) {
	if !slices.Contains(p.r.Unnamed, path) {
		p.r.Unname(path)
	}
}

// fail notes the first thing that is wrong.
func (p *requestParser) fail(path, message string) {
	if p.err == nil {
		p.err = fault.New(fault.InvalidRequest, path+" "+message).Field(path)
	}
}

// broken notes JSON that turned out to be none on the way in.
func (p *requestParser) broken(path string, err error) {
	if err == nil {
		return
	}
	var at *jsonscan.Error
	if errors.As(err, &at) && at.Reason == jsonscan.NotObject {
		p.fail(path, "must be an object.")
		return
	}
	p.fail(path, "is malformed: "+err.Error())
}

// text reads a string.
func (p *requestParser) text(v llm.Raw, path string) string {
	s, ok := jsonscan.String(v)
	if !ok {
		p.fail(path, "must be a string.")
	}
	return s
}

// flag notes a setting that is true or false.
func (p *requestParser) flag(f llm.Feature, v llm.Raw, path string) {
	if _, ok := jsonscan.Bool(v); !ok {
		p.fail(path, "must be true or false.")
		return
	}
	p.r.Set(f, v)
}

// isText checks that v is a string.
func (p *requestParser) isText(v llm.Raw, path string) bool {
	if len(v) < 2 || v[0] != '"' {
		p.fail(path, "must be a string.")
		return false
	}
	return true
}

// failAt, brokenAt and isTextAt are the same for a member of the part, or of the turn,
// that is being read: its path is put together only when it is needed.
func (p *requestParser) failAt(member, message string) {
	if p.err == nil {
		p.fail(p.at(member), message)
	}
}

func (p *requestParser) brokenAt(member string, err error) {
	if err != nil && p.err == nil {
		p.broken(p.at(member), err)
	}
}

func (p *requestParser) isTextAt(v llm.Raw, member string) bool {
	return len(v) >= 2 && v[0] == '"' || p.isText(v, p.at(member))
}

func (p *requestParser) at(member string) string {
	path := "contents[" + strconv.Itoa(p.content) + "]"
	if p.part >= 0 {
		path += ".parts[" + strconv.Itoa(p.part) + "]"
	}
	if member != "" {
		path += "." + member
	}
	return path
}

// system reads the instructions: texts, whatever role is said.
func (p *requestParser) system(v llm.Raw) {
	if v == nil {
		return
	}
	if v[0] == '"' { // a bare text, as one cloud takes it
		m := p.turn(llm.System)
		m.Parts = append(m.Parts, llm.Part{Kind: llm.Text, Text: v})
		p.r.Has.Add(llm.FSystem)
		return
	}
	var parts []llm.Part
	var own []llm.Member
	err := jsonscan.Members(v, func(key, v []byte) bool {
		if string(key) == "parts" && !jsonscan.IsNull(v) {
			p.broken("systemInstruction.parts", each(v, func(v []byte) bool {
				before := len(parts)
				if parts = p.systemPart(parts, v); len(parts) == before {
					own = append(own, llm.Member{Name: systemParts, Value: v})
				}
				return p.err == nil
			}))
		} else if string(key) != "role" && string(key) != "parts" {
			p.unname("systemInstruction." + string(key))
		}
		return p.err == nil
	})
	p.broken("systemInstruction", err)
	if len(parts) > 0 {
		m := p.turn(llm.System)
		m.Parts, m.Own = append(m.Parts, parts...), own
		p.r.Has.Add(llm.FSystem)
	}
}

// systemParts is where instructions that are no text are kept for their own dialect.
const systemParts = "systemInstruction.parts[]"

func (p *requestParser) systemPart(parts []llm.Part, v []byte) []llm.Part {
	const path = "systemInstruction.parts[]."
	r := jsonscan.NewReader(v)
	one, ok := readPart(&r, func(key []byte, _ llm.Raw) { p.unname(path + string(key)) })
	switch {
	case !ok:
		p.fail("systemInstruction.parts[]", "must be an object.")
	case one.text == nil:
		p.unname(systemParts)
	case p.isText(one.text, path+"text"):
		parts = append(parts, llm.Part{Kind: llm.Text, Text: one.text})
	}
	return parts
}

// turn adds a message. Messages share the room for their parts: each begins where the
// one before it ended.
func (p *requestParser) turn(role llm.Role) *llm.Message {
	if p.r.Messages == nil {
		p.r.Messages = make([]llm.Message, 0, 8)
	}
	var room []llm.Part
	if m := p.last(); cap(m.Parts) > len(m.Parts) {
		room = m.Parts[len(m.Parts):len(m.Parts)]
		m.Parts = slices.Clip(m.Parts)
	} else {
		room = make([]llm.Part, 0, 8)
	}
	p.r.Messages = append(p.r.Messages, llm.Message{Role: role, Parts: room})
	return p.last()
}

func (p *requestParser) last() *llm.Message {
	if n := len(p.r.Messages); n > 0 {
		return &p.r.Messages[n-1]
	}
	return &llm.Message{}
}

func (p *requestParser) contents(v llm.Raw) {
	if v == nil {
		p.fail("contents", "is missing: an array of turns is needed.")
		return
	}
	if v[0] == '"' { // a bare text, as one cloud takes it
		m := p.turn(llm.User)
		m.Parts = append(m.Parts, llm.Part{Kind: llm.Text, Text: v})
		return
	}
	p.content = -1
	r := jsonscan.NewReader(v)
	eachOf(&r, func() {
		if p.content, p.part = p.content+1, -1; p.err == nil {
			p.oneContent(&r)
		}
	})
	p.broken("contents", r.Err())
	p.flush()
	if m := p.last(); m.Role == llm.Assistant && len(p.open) == 0 {
		p.r.Has.Add(llm.FAssistantPrefill)
	}
}

// oneContent reads a turn. Where its role stands after its parts, these are come back to.
func (p *requestParser) oneContent(r *jsonscan.Reader) {
	var role llm.Raw
	var parts jsonscan.Reader
	later := false
	ok := r.Object(func(key []byte) {
		switch string(key) {
		case "role":
			role = r.Raw()
			p.setRole(role)
		case "parts":
			if role == nil {
				parts, later = *r, true
				r.Raw()
			} else {
				p.parts(r)
			}
		default:
			p.unname("contents[]." + string(key))
		}
	})
	if !ok && r.Err() == nil {
		p.failAt("", "must be an object.")
	}
	if role == nil {
		p.setRole(nil)
	}
	if later && r.Err() == nil {
		p.parts(&parts)
	}
}

// parts reads the parts of a turn.
func (p *requestParser) parts(r *jsonscan.Reader) {
	if r.At('n') || p.err != nil {
		return
	}
	eachOf(r, func() {
		if p.part++; p.err == nil {
			p.onePart(r)
		}
	})
	p.part = -1
}

// setRole begins a turn. Turns of the model that follow each other are one: SDKs keep
// each chunk of a stream as a turn of its own.
func (p *requestParser) setRole(raw llm.Raw) {
	switch string(raw) {
	case "", "null", `""`, `"user"`, `"USER"`, `"function"`, `"FUNCTION"`, `"tool"`:
		p.role = llm.User
	case `"model"`, `"MODEL"`:
		p.role = llm.Assistant
	default:
		p.failAt("role", "must be user or model, not "+string(raw)+".")
	}
}
