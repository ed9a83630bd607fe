package anthropic

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// plan is how a request that came in another dialect is put to a model.
type plan struct {
	maxTokens int64
	think     string // thinking.type; "" = not sent
	budget    int64
	display   string
	effort    string
	choice    string // tool_choice.type; "" = not sent
	only      string // the tool that must be called
	// answerTool: the schema of the answer is the input of a tool that must be called.
	answerTool bool
	// instruct: the form of the answer is asked for in words.
	instruct bool
}

// thinks reports whether the model is told to think.
func (p *plan) thinks() bool { return p.think == "enabled" || p.think == "adaptive" }

func (f *writer) decide() {
	f.maxTokens = min(f.r.MaxOutput.Or(f.ceiling()), f.ceiling())
	f.decideChoice()
	f.decideForm()
	f.decideThinking()
}

// ceiling is the most that the model may be asked to write. The vendor refuses more.
func (f *writer) ceiling() int64 {
	if n := f.to.Facts.MaxOutput; n > 0 {
		return int64(n)
	}
	if !f.rules.claude {
		return max(f.rules.maxOutput, f.r.MaxOutput.Or(0)) // nobody knows that model's
	}
	return f.rules.maxOutput
}

func (f *writer) forced() bool { return f.choice == "any" || f.choice == "tool" }

// decideChoice: newer models refuse to be forced
// (https://platform.claude.com/docs/en/models/opus-5-5/whats-new-opus-5-5#forced-tool-use-is-not-supported);
// the choice is left to them then.
func (f *writer) decideChoice() {
	c := &f.r.Choice
	switch c.Mode {
	case "auto", "allowed":
		f.choice = "auto"
	case "none":
		f.choice = "none"
	case "required", "allowed_required":
		f.choice = "any"
	case "tool":
		f.choice, f.only = "tool", first(c.Names)
	}
	if c.Mode == "allowed_required" && len(c.Names) == 1 {
		f.choice, f.only = "tool", c.Names[0]
	}
	absent := f.choice == "tool" && !f.hasTool(f.only)
	if absent || f.forced() && !f.rules.force {
		f.choice = "auto"
		f.lose(llm.FChoiceRequired, llm.FChoiceTool, llm.FChoiceAllowed)
	}
	if f.choice == "" && c.Parallel != nil && !*c.Parallel {
		f.choice = "auto" // it has nowhere else to stand
	}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func (f *writer) hasTool(name string) bool {
	for i := range f.r.Tools {
		if t := &f.r.Tools[i]; t.Name == name && (t.Kind == llm.Function || t.Kind == llm.Custom) {
			return true
		}
	}
	return false
}

// decideForm: models that know no output_config.format are made to call a tool with the
// schema, as the vendor recommends for them
// (https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use#json-output);
// where there are other tools, or the maker is another, the form is asked for in words. So
// it is where the schema holds itself, which is refused
// (https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations).
func (f *writer) decideForm() {
	switch f.r.Output.Kind {
	case "json":
		f.instruct = true
	case "schema":
		f.answerTool = answersByTool(f.r, f.rules)
		f.instruct = !f.answerTool && (!f.rules.schema || dialect.Recursive(f.r.Output.Schema))
	}
	if f.answerTool {
		f.choice, f.only = "tool", answerToolName
	}
}

// answerToolName is the tool whose input is the answer.
const answerToolName = "answer_in_json"

// answersByTool is asked again when the answer is read.
func answersByTool(r *llm.Request, is rules) bool {
	return wantsSchema(r) && len(r.Tools) == 0 && !r.Has.Has(llm.FToolCall) && is.claude && !is.schema
}

// wantsSchema reports whether a caller of another dialect asked for an answer of a schema.
func wantsSchema(r *llm.Request) bool {
	return r != nil && r.Dialect != own && r.Output.Kind == "schema"
}

// decideThinking: a forced tool goes before thinking, since the two together are refused
// and callers rely on the call
// (https://platform.claude.com/docs/en/build-with-claude/extended-thinking#extended-thinking-with-tool-use).
func (f *writer) decideThinking() {
	t := &f.r.Thinking
	off := t.Mode == "off" || t.Effort == "none" || t.Budget == llm.Known(0)
	asked := !off && (t.Mode != "" || t.Effort != "" || t.Budget.Known)
	can := f.rules.think != thinkNever && (!f.to.Facts.Known || f.to.Facts.Reasoning)
	switch {
	case !can:
		f.loseThinking()
	case off:
		f.turnOff()
	case f.forced():
		f.loseThinking()
		f.turnOff()
	case asked && f.rules.think == thinkAdaptive, asked && f.rules.think == thinkEither && !t.Budget.Known:
		f.adapt()
	case asked:
		f.enable()
	}
}

func (f *writer) loseThinking() {
	f.lose(llm.FThinkingEffort, llm.FThinkingBudget, llm.FThinkingSummary)
}

func (f *writer) turnOff() {
	switch f.rules.off {
	case offDisabled:
		f.think = "disabled"
	case offBetween:
		f.think = "between_tools"
	case offNever:
		f.lose(llm.FThinkingOff)
	}
}

// adapt lets the model think as much as an effort says
// (https://platform.claude.com/docs/en/build-with-claude/effort).
func (f *writer) adapt() {
	t := &f.r.Thinking
	f.think, f.display = "adaptive", "summarized" // else newer models show nothing
	if t.Summary == "none" {
		f.display = "omitted"
	}
	switch {
	case t.Effort != "":
		f.effort = f.effortWord(t.Effort)
	case t.Budget.Known:
		f.effort = dialect.EffortOf(t.Budget.N)
	}
}

func (f *writer) effortWord(word string) string {
	switch word {
	case "minimal":
		return "low"
	case "low", "medium", "high", "max":
		return word
	case "xhigh":
		if f.rules.xhigh {
			return word
		}
		return "max"
	}
	f.lose(llm.FThinkingEffort)
	return ""
}

// enable gives the model a budget of at least 1024 and below max_tokens. Where there is
// no room for one it does not think.
func (f *writer) enable() {
	t := &f.r.Thinking
	budget, fits := dialect.Budget(t, f.maxTokens)
	if !fits || f.breaksLoop() {
		f.stopThinking()
		return
	}
	if t.Budget.Known && budget < t.Budget.N {
		f.lose(llm.FThinkingBudget)
	}
	f.think, f.budget = "enabled", budget
	if t.Summary == "none" && f.rules.claude {
		f.display = "omitted"
	}
}

// stopThinking: with a budget the vendor refuses a tool loop whose turn of the
// assistant's does not begin with its thinking; without one it does not mind
// (https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking).
func (f *writer) stopThinking() {
	if f.rules.think == thinkEither {
		f.adapt()
		return
	}
	f.loseThinking()
}

// breaksLoop reports whether the tool results at the end answer a turn whose thinking
// cannot be sent back.
func (f *writer) breaksLoop() bool {
	return dialect.Unsigned(dialect.ToolLoop(f.r), f.state)
}

// sampling writes temperature, top_p and top_k as far as the model takes them
// (https://platform.claude.com/docs/en/build-with-claude/extended-thinking#feature-compatibility).
func (f *writer) sampling() {
	temperature, topP, topK := f.setting(llm.FTemperature), f.setting(llm.FTopP), f.setting(llm.FTopK)
	free := f.rules.sampling && !f.thinks()
	if f.to.Facts.Known && !f.to.Facts.Temperature || !free {
		temperature = f.dropUnlessOne(llm.FTemperature, temperature)
	}
	f.w.MemberIf("temperature", clamped(temperature))
	n, _ := jsonscan.Float(topP)
	switch {
	case free && (temperature == nil || !f.rules.topPAlone), f.rules.sampling && f.thinks() && n >= 0.95:
		f.w.MemberIf("top_p", topP)
	default:
		f.dropUnlessOne(llm.FTopP, topP)
	}
	if !free && topK != nil {
		f.lose(llm.FTopK)
		topK = nil
	}
	f.w.MemberIf("top_k", topK)
}

// dropUnlessOne leaves a setting out. At 1 nothing is lost: that is what it is then.
func (f *writer) dropUnlessOne(what llm.Feature, v llm.Raw) llm.Raw {
	if n, ok := jsonscan.Float(v); ok && n != 1 {
		f.out.Lost.Add(what)
	}
	return nil
}

// clamped brings a temperature of 0–2 into the vendor's range, 0–1, which has the same
// meaning as far as it goes.
func clamped(v llm.Raw) llm.Raw {
	switch n, ok := jsonscan.Float(v); {
	case !ok:
		return nil
	case n > 1:
		return llm.Raw("1")
	case n < 0:
		return llm.Raw("0")
	}
	return v
}
