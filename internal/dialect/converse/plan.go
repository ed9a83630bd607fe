package converse

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// plan is what has to be decided before anything is written, since one depends on the
// other: thinking on the history and the tools, the ceiling of tokens on thinking.
type plan struct {
	mode      string // of thinking: "", enabled, adaptive, disabled
	budget    int64  // of Claude's thinking
	effort    string
	choice    string // how tools are asked for: "", auto, required, tool
	noTools   bool   // tools are left out, since none may be called
	alone     bool   // several calls in one turn are switched off by Claude's own words
	bare      bool   // neither ceiling nor sampling may be given
	schema    bool   // the vendor is given the schema
	mute      bool   // what the caller of this dialect says of thinking is left out
	maxTokens llm.Count
}

func (p *plan) thinks() bool { return p.mode == "enabled" || p.mode == "adaptive" }

func (f *formatter) makePlan() plan {
	o := &f.r.Output
	p := plan{maxTokens: f.r.MaxOutput, schema: o.Kind == "schema" && o.Schema != nil && (f.own || f.obeys(o.Schema))}
	f.planChoice(&p)
	if f.own {
		p.mute = f.model.family == claude && f.r.Thinking.Mode == "on" && f.unsignedLoop()
		return p
	}
	f.planThinking(&p)
	return p
}

// obeys reports whether the model's answer, or its call of a strict tool, can be made to
// match a schema: one that holds itself is refused
// (https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html).
func (f *formatter) obeys(schema llm.Raw) bool {
	return f.model.schemas() && !dialect.Recursive(schema)
}

// planChoice decides how tools are asked for. The vendor has no word for none
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html):
// the tools are left out then, see uncalled.
func (f *formatter) planChoice(p *plan) {
	c := &f.r.Choice
	switch c.Mode {
	case "none":
		p.noTools = !f.own
	case "required", "allowed_required":
		p.choice = "required"
		if !f.own && !f.model.forces() {
			p.choice = ""
			f.loseIf(llm.FChoiceRequired, llm.FChoiceAllowed)
		}
	case "tool":
		p.choice = "tool"
		switch {
		case f.own || f.model.choosesOne():
		case f.model.forces() && len(f.r.Tools) == 1:
			p.choice = "required"
		default:
			p.choice = ""
			f.lose(llm.FChoiceTool)
		}
	case "auto", "allowed":
		p.choice = "auto"
	}
	if c.Parallel != nil {
		switch p.alone = !*c.Parallel; {
		case f.model.family == claude: // by its own tool_choice, see extras
		case p.alone:
			p.alone = false
			f.lose(llm.FParallel)
		}
	}
}

// uncalled tells the history's calls in words where no call is to be made: because the
// caller says so, or gives no tools (any more) that can be written. The vendor wants tools
// wherever calls stand, and they could be called then.
func (f *formatter) uncalled() {
	none := f.r.Choice.Mode == "none" || !slices.ContainsFunc(f.r.Tools, f.offers)
	if none && (f.r.Has.Has(llm.FToolCall) || f.r.Has.Has(llm.FToolResult)) {
		f.r = dialect.Narrated(f.r)
	}
}

// planThinking decides how the model is asked to think.
func (f *formatter) planThinking(p *plan) {
	t := &f.r.Thinking
	off := t.Mode == "off" || t.Effort == "none" || t.Budget.Known && t.Budget.N == 0
	asked := t.Mode != "" || t.Effort != "" || t.Budget.Known
	switch {
	case !asked:
		f.loseIf(llm.FThinkingSummary)
	case off:
		f.thinkNot(p)
	case !f.model.reasons():
		f.loseThinking()
	case f.model.family == claude:
		f.thinkClaude(p)
	default:
		p.mode, p.effort = "enabled", f.word()
		f.loseIf(llm.FThinkingSummary)
		p.bare = f.model.family == nova && p.effort == "high"
		if p.bare { // https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html
			f.loseIf(llm.FMaxOutput)
			p.maxTokens = llm.Count{}
		}
	}
}

func (f *formatter) loseThinking() {
	f.loseIf(llm.FThinkingEffort, llm.FThinkingBudget, llm.FThinkingSummary)
}

// thinkNot switches thinking off where it may be on.
func (f *formatter) thinkNot(p *plan) {
	switch {
	case f.model.family == gptOSS:
		p.mode, p.effort = "enabled", "low" // it cannot be switched off
		f.loseIf(llm.FThinkingOff, llm.FThinkingEffort)
	case f.model.family == nova && f.model.reasons(), f.model.adaptive():
		p.mode = "disabled"
	}
}

// word gives the effort in the three words that other families know.
func (f *formatter) word() string {
	t := &f.r.Thinking
	switch t.Effort {
	case "minimal", "low":
		return "low"
	case "medium":
		return "medium"
	case "high", "xhigh", "max":
		return "high"
	}
	switch {
	case !t.Budget.Known:
		return "medium"
	case t.Budget.N <= dialect.BudgetOf("low"):
		return "low"
	case t.Budget.N <= dialect.BudgetOf("medium"):
		return "medium"
	}
	return "high"
}

// thinkClaude asks Claude to think: by a budget, or, newer models, as much as they see
// fit at an effort. Thinking and a forced call exclude each other, and a tool loop that
// began without signed thinking goes on without.
func (f *formatter) thinkClaude(p *plan) {
	t := &f.r.Thinking
	adaptive := f.model.noBudget() || t.Mode == "adaptive" || f.model.adaptive() && !t.Budget.Known && t.Mode != "on"
	adaptive = adaptive && f.model.adaptive()
	if p.choice == "required" || p.choice == "tool" || !adaptive && f.unsignedLoop() {
		f.loseThinking()
		return
	}
	if adaptive {
		p.mode, p.effort = "adaptive", t.Effort
		switch {
		case p.effort == "minimal":
			p.effort = "low"
		case p.effort == "" && t.Budget.Known:
			p.effort = f.word()
		}
		return
	}
	f.thinkWithin(p)
}

// thinkWithin asks for thinking by a budget, unless there is no room for one.
func (f *formatter) thinkWithin(p *plan) {
	t := &f.r.Thinking
	most := int64(f.to.Facts.MaxOutput)
	if p.maxTokens.Known && (most == 0 || p.maxTokens.N < most) {
		most = p.maxTokens.N
	}
	budget, fits := dialect.Budget(t, most)
	if !fits {
		f.loseThinking()
		return
	}
	if t.Budget.Known && budget < t.Budget.N {
		f.loseIf(llm.FThinkingBudget)
	}
	p.mode, p.budget = "enabled", budget
	if f.model.adaptive() {
		p.effort = t.Effort
	}
}

// unsignedLoop reports whether the conversation ends within a tool loop whose last turn
// of the assistant's does not begin with thinking that this model signed.
func (f *formatter) unsignedLoop() bool {
	return dialect.Unsigned(dialect.ToolLoop(f.r), f.blob)
}

// blob gives the state of a piece of thinking that the target takes.
func (f *formatter) blob(p *llm.Part) *llm.Opaque {
	if p.Kind != llm.Thinking {
		return nil
	}
	if o := f.to.State(p, dialect.Converse, kindSignature); o != nil {
		return o
	}
	return f.to.State(p, dialect.Converse, kindRedacted)
}
