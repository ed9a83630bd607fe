package converse

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// extra reads what goes to the model as it is: additionalModelRequestFields. Each family
// of models has words of its own; those that ask for reasoning, top k or how tools are
// called are understood, whichever model they are for. The rest only this dialect has.
// The whole is kept too, under no feature, so that it is written back as it was.
func (p *parser) extra(d *jsonscan.Reader) {
	const at = "additionalModelRequestFields"
	ahead := *d
	p.r.Settings = append(p.r.Settings, llm.Setting{Value: ahead.Raw()})
	var rest []llm.Member
	p.object(d, at, func(key []byte) {
		switch string(key) {
		case "thinking", "reasoning_config", "reasoningConfig":
			p.thinking(d, at+"."+string(key))
		case "reasoning_effort":
			p.effort(p.word(d, at+".reasoning_effort"))
		case "output_config":
			p.nested(d, key, &rest, func(key, v []byte) bool {
				word, ok := jsonscan.String(v)
				if string(key) != "effort" || !ok {
					return false
				}
				p.effort(word)
				return true
			})
		case "top_k", "topK":
			p.r.Set(llm.FTopK, p.number(d, at+"."+string(key)))
		case "inferenceConfig":
			p.nested(d, key, &rest, func(key, v []byte) bool {
				if string(key) != "topK" {
					return false
				}
				p.r.Set(llm.FTopK, v)
				return true
			})
		case "tool_choice":
			p.claudeChoice(d)
		default:
			p.keep(&rest, at, key, d.Raw())
		}
	})
	if len(rest) > 0 {
		p.r.Own = append(p.r.Own, llm.Member{Name: at, Value: objectOf(rest)})
	}
}

// nested reads an object of which some members are understood; what is not is kept.
func (p *parser) nested(d *jsonscan.Reader, key []byte, rest *[]llm.Member, known func(key, v []byte) bool) {
	at := "additionalModelRequestFields." + string(key)
	name := string(key)
	var unknown []llm.Member
	p.object(d, at, func(key []byte) {
		if v := d.Raw(); !known(key, v) {
			p.keep(&unknown, at, key, v)
		}
	})
	if len(unknown) > 0 {
		*rest = append(*rest, llm.Member{Name: name, Value: objectOf(unknown)})
	}
}

func objectOf(members []llm.Member) llm.Raw {
	var w jsonout.Writer
	w.Begin('{')
	for _, m := range members {
		w.AnyKey(m.Name)
		w.Raw(m.Value)
	}
	w.End('}')
	return w.B
}

// thinking reads how Claude is asked to think, and in the same shape Nova 2; for other
// families a word alone.
func (p *parser) thinking(d *jsonscan.Reader, at string) {
	if d.At('"') {
		p.effort(p.word(d, at))
		return
	}
	t := &p.r.Thinking
	p.object(d, at, func(key []byte) {
		switch string(key) {
		case "type":
			switch p.word(d, at+".type") {
			case "enabled":
				t.Mode = "on"
			case "adaptive":
				t.Mode = "adaptive"
			case "disabled":
				t.Mode = "off"
				p.r.Has.Add(llm.FThinkingOff)
			}
		case "budget_tokens":
			if t.Budget = p.whole(d, at+".budget_tokens"); t.Budget.Known {
				p.r.Has.Add(llm.FThinkingBudget)
			}
		case "maxReasoningEffort":
			p.effort(p.word(d, at+".maxReasoningEffort"))
		case "display":
			p.display(p.word(d, at+".display"))
		default:
			p.unname(at + "." + string(key))
		}
	})
	if (t.Mode == "on" || t.Mode == "adaptive") && !t.Budget.Known {
		p.r.Has.Add(llm.FThinkingEffort)
	}
}

// display reads how much of Claude's thinking is shown
// (https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking).
func (p *parser) display(word string) {
	switch word {
	case "summarized":
		p.r.Thinking.Summary = "auto"
	case "omitted":
		p.r.Thinking.Summary = "none"
	default:
		return
	}
	p.r.Has.Add(llm.FThinkingSummary)
}

// claudeChoice reads Claude's own tool_choice, by which several calls in one turn can be
// switched off and no tool be asked for.
func (p *parser) claudeChoice(d *jsonscan.Reader) {
	const at = "additionalModelRequestFields.tool_choice"
	c := &p.r.Choice
	p.object(d, at, func(key []byte) {
		switch string(key) {
		case "type":
			switch p.word(d, at+".type") {
			case "auto":
				c.Mode = "auto"
			case "any":
				c.Mode = "required"
				p.r.Has.Add(llm.FChoiceRequired)
			case "tool":
				c.Mode = "tool"
				p.r.Has.Add(llm.FChoiceTool)
			case "none":
				c.Mode = "none"
				p.r.Has.Add(llm.FChoiceNone)
			}
		case "name":
			c.Names = []string{p.word(d, at+".name")}
		case "disable_parallel_tool_use":
			if off := p.flag(d, at+".disable_parallel_tool_use"); off != nil {
				on := !*off
				if c.Parallel = &on; !on {
					p.r.Has.Add(llm.FParallel)
				}
			}
		default:
			p.unname(at + "." + string(key))
		}
	})
}
