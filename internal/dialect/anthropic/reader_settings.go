package anthropic

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func (p *reader) readStop(v []byte) {
	err := jsonscan.Elements(v, func(one []byte) bool {
		p.req.Stop = append(p.req.Stop, p.text("stop_sequences[]", "", one))
		return p.err == nil
	})
	p.expect(err == nil, "", "stop_sequences", "an array of strings")
	if len(p.req.Stop) > 0 {
		p.req.Has.Add(llm.FStop)
	}
}

// readMetadata reads the id of the end user, which is all that the vendor lets stand here.
func (p *reader) readMetadata(v []byte) {
	whole := false
	p.object("", "metadata", v, func(key, value []byte) {
		if string(key) == "user_id" {
			p.req.Set(llm.FUser, p.text("metadata", "user_id", value))
			return
		}
		whole = true
		p.unname("metadata", string(key))
	})
	if whole {
		p.req.Own = append(p.req.Own, llm.Member{Name: "metadata", Value: v})
	}
}

// The tiers in the neutral words and in the vendor's
// (https://platform.claude.com/docs/en/api/service-tiers).
var (
	tierAuto    = llm.Raw(`"auto"`)
	tierDefault = llm.Raw(`"default"`)
)

func (p *reader) readTier(v []byte) {
	switch p.word("", "service_tier", v) {
	case "auto":
		p.req.Set(llm.FTier, tierAuto)
	case "standard_only":
		p.req.Set(llm.FTier, tierDefault)
	default:
		p.own(&p.req.Own, "", []byte("service_tier"), v)
	}
}

func (p *reader) readChoice(v []byte) {
	c := &p.req.Choice
	p.choice = v
	kind, name := "", ""
	p.object("", "tool_choice", v, func(key, value []byte) {
		switch string(key) {
		case "type":
			kind = p.word("tool_choice", "type", value)
		case "name":
			name = p.word("tool_choice", "name", value)
		case "disable_parallel_tool_use":
			parallel := !p.flag("tool_choice", "disable_parallel_tool_use", value)
			if c.Parallel = &parallel; !parallel {
				p.req.Has.Add(llm.FParallel)
			}
		default:
			p.unname("tool_choice", string(key))
		}
	})
	switch kind {
	case "auto":
		c.Mode = "auto"
	case "none":
		c.Mode = "none"
		p.req.Has.Add(llm.FChoiceNone)
	case "any":
		c.Mode = "required"
		p.req.Has.Add(llm.FChoiceRequired)
	case "tool":
		c.Mode, c.Names = "tool", []string{name}
		p.req.Has.Add(llm.FChoiceTool)
	default:
		c.Vendor = v
	}
}

// checkChoice keeps the choice of a tool that the vendor runs itself as it stood: no
// target of another dialect can be asked for it by that name.
func (p *reader) checkChoice() {
	r := p.req
	own := r.Choice.Mode == "tool" && slices.ContainsFunc(r.Tools, func(t llm.Tool) bool {
		return t.Kind != llm.Function && t.Kind != llm.Custom && t.Name == r.Choice.Names[0]
	})
	if !own {
		return
	}
	r.Choice.Mode, r.Choice.Names, r.Choice.Vendor = "", nil, p.choice
	r.Has = r.Has.Without(llm.Of(llm.FChoiceTool))
	r.Unname("tool_choice.name")
}

// readThinking reads https://platform.claude.com/docs/en/build-with-claude/thinking.
// What has no neutral word keeps the whole member for this dialect.
func (p *reader) readThinking(v []byte) {
	t := &p.req.Thinking
	kind, display, whole := "", "", false
	p.object("", "thinking", v, func(key, value []byte) {
		switch string(key) {
		case "type":
			kind = p.word("thinking", "type", value)
		case "budget_tokens":
			t.Budget = p.count("thinking", "budget_tokens", value)
		case "display":
			display = p.word("thinking", "display", value)
		default:
			whole = true
			p.unname("thinking", string(key))
		}
	})
	switch kind {
	case "enabled":
		t.Mode = "on"
		p.req.Has.Add(llm.FThinkingBudget)
	case "adaptive":
		t.Mode = "adaptive"
		p.req.Has.Add(llm.FThinkingEffort)
	case "disabled":
		t.Mode = "off"
		p.req.Has.Add(llm.FThinkingOff)
	case "between_tools": // off, as near as other vendors come to it
		t.Mode, whole = "off", true
		p.req.Has.Add(llm.FThinkingOff)
	default:
		whole = true
	}
	if !p.readDisplay(display) || whole {
		p.req.Own = append(p.req.Own, llm.Member{Name: "thinking", Value: v})
	}
}

// readDisplay reports whether a display is one that neutral words know.
func (p *reader) readDisplay(display string) bool {
	switch display {
	case "":
		return true
	case "summarized":
		p.req.Thinking.Summary = "auto"
	case "omitted":
		p.req.Thinking.Summary = "none"
	default:
		return false
	}
	p.req.Has.Add(llm.FThinkingSummary)
	return true
}

func (p *reader) readOutput(v []byte) {
	whole := false
	p.object("", "output_config", v, func(key, value []byte) {
		switch string(key) {
		case "effort":
			p.req.Thinking.Effort = p.word("output_config", "effort", value)
			p.req.Has.Add(llm.FThinkingEffort)
		case "format":
			p.readFormat("output_config.format", value)
		default:
			whole = true
			p.unname("output_config", string(key))
		}
	})
	if whole {
		p.req.Own = append(p.req.Own, llm.Member{Name: "output_config", Value: v})
	}
}

// readFormat reads https://platform.claude.com/docs/en/build-with-claude/structured-outputs.
func (p *reader) readFormat(at string, v []byte) {
	p.object(at, "", v, func(key, value []byte) {
		switch string(key) {
		case "type":
			p.expect(p.word(at, "type", value) == "json_schema", at, "type", `"json_schema"`)
		case "schema":
			p.req.Output = llm.OutputFormat{Kind: "schema", Schema: value}
			p.req.Has.Add(llm.FSchema)
		default:
			p.unname(at, string(key))
		}
	})
}

// cacheMark reads cache_control: the lifetime asked for.
func (p *reader) cacheMark(at string, v []byte) string {
	if v == nil {
		return ""
	}
	life := "5m" // https://platform.claude.com/docs/en/build-with-claude/prompt-caching#1-hour-cache-duration
	p.object(join(at, "cache_control"), "", v, func(key, value []byte) {
		switch string(key) {
		case "type":
		case "ttl":
			life = p.word(at, "cache_control.ttl", value)
		default:
			p.unname(at, "cache_control."+string(key))
		}
	})
	p.req.Has.Add(llm.FCache)
	if life != "5m" {
		p.req.Has.Add(llm.FCacheTTL)
	}
	return life
}

// tools reads the definitions of tools.
func (p *reader) tools() {
	i := 0
	ok := p.in.Array(func() {
		p.index[0] = i
		i++
		if v := p.in.Raw(); v != nil && p.err == nil {
			p.tool(v)
		}
	})
	if !ok && p.in.Err() == nil {
		p.expect(jsonscan.IsNull(p.in.Raw()), "", "tools", "an array of objects")
	}
}

func (p *reader) tool(raw []byte) {
	t := llm.Tool{Kind: llm.Function}
	kind := ""
	p.object("tools[]", "", raw, func(key, v []byte) {
		switch string(key) {
		case "type":
			kind = p.word("tools[]", "type", v)
		case "name":
			t.Name = p.word("tools[]", "name", v)
		case "description":
			t.Description = p.text("tools[]", "description", v)
		case "input_schema":
			p.expect(v[0] == '{', "tools[]", "input_schema", "an object")
			t.Parameters = v
		case "strict":
			strict := p.flag("tools[]", "strict", v)
			t.Strict = &strict
		case "cache_control":
			t.Cache = p.cacheMark("tools[]", v)
		default:
			t.Own = append(t.Own, member(key, v))
		}
	})
	if kind == "" || kind == "custom" {
		p.function(&t)
	} else {
		settings := t.Own
		t = llm.Tool{Kind: toolKind(kind), Name: t.Name, Vendor: raw}
		p.req.Has.Add(toolFeature(t.Kind))
		if t.Kind == llm.WebSearch {
			settings = p.limits(&t, settings)
		}
		if t.Kind != llm.Builtin { // others have the tool, and not its settings
			for _, m := range settings {
				if m.Name != "allowed_callers" || string(m.Value) != `["direct"]` { // so it is anyway
					p.req.Unname("tools[]." + m.Name)
				}
			}
		}
	}
	p.req.Tools = append(p.req.Tools, t)
}

// limits takes the limits of a web search from its settings.
func (p *reader) limits(t *llm.Tool, settings []llm.Member) (others []llm.Member) {
	s := &llm.Search{}
	for _, m := range settings {
		switch {
		case m.Name == "allowed_domains" && m.Value[0] == '[':
			s.Allowed = m.Value
			p.req.Has.Add(llm.FSearchAllowed)
		case m.Name == "blocked_domains" && m.Value[0] == '[':
			s.Blocked = m.Value
			p.req.Has.Add(llm.FSearchBlocked)
		case m.Name == "user_location" && m.Value[0] == '{':
			s.Place = m.Value
			p.req.Has.Add(llm.FSearchPlace)
		default:
			others = append(others, m)
		}
	}
	if len(others) < len(settings) {
		t.Search = s
	}
	return others
}

// function notes what a function tool makes use of.
func (p *reader) function(t *llm.Tool) {
	has := &p.req.Has
	has.Add(llm.FTools)
	if t.Strict != nil {
		has.Add(llm.FToolStrict)
	}
	if t.Cache != "" {
		has.Add(llm.FToolCache)
	}
	for _, m := range t.Own {
		if m.Name == "input_examples" {
			has.Add(llm.FToolExamples)
		}
		p.unname("tools[]", m.Name)
	}
}

// toolKind tells the vendor's own tools, whose types end in a date.
func toolKind(kind string) llm.ToolKind {
	const search, code = "web_search_", "code_execution_"
	switch {
	case len(kind) > len(search) && kind[:len(search)] == search:
		return llm.WebSearch
	case len(kind) > len(code) && kind[:len(code)] == code:
		return llm.Code
	}
	return llm.Builtin
}

func toolFeature(k llm.ToolKind) llm.Feature {
	switch k {
	case llm.WebSearch:
		return llm.FWebSearch
	case llm.Code:
		return llm.FCode
	}
	return llm.FBuiltin
}
