package openaichat

import "github.com/sluice-gateway/sluice/internal/llm"

// reasoning reads the members in which this form's vendors ask for reasoning, and
// reports whether key is one.
func (p *reader) reasoning(key, v []byte) bool {
	switch string(key) {
	case "reasoning_effort":
		p.effort(p.word(v, "reasoning_effort"))
	case "reasoning": // https://openrouter.ai/docs/use-cases/reasoning-tokens
		p.object(v, "reasoning", p.reasoningMember)
	case "thinking": // https://api-docs.deepseek.com/guides/thinking_mode
		p.object(v, "thinking", p.thinkingMember)
	case "enable_thinking": // https://www.alibabacloud.com/help/en/model-studio/deep-thinking
		if b := p.flag(v, "enable_thinking"); b != nil {
			p.switched(*b)
		}
	case "thinking_budget":
		p.budget(p.whole(v, "thinking_budget"))
	default:
		return false
	}
	return true
}

// effort notes a word for how much to reason; none means not at all.
func (p *reader) effort(word string) {
	if word == "" {
		return
	}
	t := &p.r.Thinking
	t.Effort = word
	if word == "none" {
		p.switched(false)
		return
	}
	if t.Mode == "" {
		t.Mode = "on"
	}
	p.r.Has.Add(llm.FThinkingEffort)
}

func (p *reader) budget(tokens llm.Count) {
	t := &p.r.Thinking
	t.Budget = tokens
	if t.Mode == "" {
		t.Mode = "on"
	}
	p.r.Has.Add(llm.FThinkingBudget)
}

// switched notes that reasoning was switched on or off.
func (p *reader) switched(on bool) {
	if on {
		p.r.Thinking.Mode = "on"
		p.r.Has.Add(llm.FThinkingEffort)
		return
	}
	p.r.Thinking.Mode = "off"
	p.r.Has.Add(llm.FThinkingOff)
}

func (p *reader) reasoningMember(key, v []byte) {
	t := &p.r.Thinking
	switch string(key) {
	case "effort":
		p.effort(p.word(v, "reasoning.effort"))
	case "max_tokens":
		p.budget(p.whole(v, "reasoning.max_tokens"))
	case "enabled":
		if b := p.flag(v, "reasoning.enabled"); b != nil {
			p.switched(*b)
		}
	case "exclude":
		if b := p.flag(v, "reasoning.exclude"); b != nil && *b {
			t.Summary = "none"
			p.r.Has.Add(llm.FThinkingSummary)
		}
	case "summary":
		t.Summary = p.word(v, "reasoning.summary")
		p.r.Has.Add(llm.FThinkingSummary)
	default:
		p.keepAt(&p.r.Own, "", "reasoning."+memberName(key), v)
	}
}

func (p *reader) thinkingMember(key, v []byte) {
	t := &p.r.Thinking
	switch string(key) {
	case "type":
		switch word := p.word(v, "thinking.type"); word {
		case "disabled":
			p.switched(false)
		case "adaptive", "auto":
			t.Mode = "adaptive"
			p.r.Has.Add(llm.FThinkingEffort)
		default:
			p.switched(true)
		}
	case "budget_tokens":
		p.budget(p.whole(v, "thinking.budget_tokens"))
	default:
		p.keepAt(&p.r.Own, "", "thinking."+memberName(key), v)
	}
}
