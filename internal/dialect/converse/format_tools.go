package converse

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// toolConfig writes the tools.
func (f *formatter) toolConfig() {
	if f.plan.noTools {
		return
	}
	start := len(f.w.B)
	f.w.Object("toolConfig")
	f.w.Array("tools")
	size := len(f.w.B)
	for i := range f.r.Tools {
		f.tool(&f.r.Tools[i])
	}
	if len(f.w.B) == size && (!f.own || f.r.Choice.Mode == "") {
		f.w.B = f.w.B[:start]
		return
	}
	f.w.End(']')
	f.choice()
	f.w.End('}')
}

func (f *formatter) tool(t *llm.Tool) {
	size := len(f.w.B)
	switch {
	case f.own && t.Vendor != nil:
		f.w.Raw(t.Vendor)
	case !f.offers(*t):
		f.loseTool(t)
	case t.Kind == llm.WebSearch:
		f.systemTool(grounding)
	case t.Kind == llm.Code:
		f.systemTool(interpreter)
	default:
		plain := dialect.FunctionOf(t)
		f.toolSpec(&plain)
	}
	if len(f.w.B) > size {
		f.cache(t.Cache, f.model.cachesTools(), llm.FToolCache)
	}
}

// offers reports whether a tool of another dialect's caller is written: functions that may
// be called, and what the model has of its own.
func (f *formatter) offers(t llm.Tool) bool {
	switch t.Kind {
	case llm.Function, llm.Custom:
		c := &f.r.Choice
		return len(c.Names) == 0 || c.Mode != "allowed" && c.Mode != "allowed_required" || slices.Contains(c.Names, t.Name)
	case llm.WebSearch:
		return f.model.family == nova
	case llm.Code:
		return f.model.family == nova && f.model.version >= 2
	}
	return false
}

func (f *formatter) loseTool(t *llm.Tool) {
	switch t.Kind {
	case llm.WebSearch:
		f.loseIf(llm.FWebSearch)
	case llm.Code:
		f.loseIf(llm.FCode)
	}
}

// anyObject is the schema of a tool that says nothing of its arguments.
const anyObject = `{"type":"object","properties":{}}`

func (f *formatter) toolSpec(t *llm.Tool) {
	parameters := t.Parameters
	if !f.own {
		parameters = dialect.ToolSchema(&llm.Tool{Parameters: parameters})
	} else if parameters == nil || jsonscan.IsNull(parameters) {
		parameters = llm.Raw(anyObject)
	}
	obeyed := t.Strict != nil && *t.Strict && !f.own && f.obeys(parameters)
	if obeyed {
		parameters = closed(parameters)
	}
	f.w.Begin('{')
	f.w.Object("toolSpec")
	f.w.Text("name", nameRule.Name(t.Name, &f.names))
	if len(t.Description) > len(`""`) {
		f.w.Member("description", t.Description)
	}
	f.w.Object("inputSchema")
	f.w.Member("json", parameters)
	f.w.End('}')
	switch {
	case t.Strict == nil:
	case f.own || obeyed:
		f.w.Flag("strict", *t.Strict)
	case *t.Strict:
		f.lose(llm.FToolStrict)
	}
	if f.own {
		writeMembers(&f.w, t.Own)
	}
	f.w.End('}')
	f.w.End('}')
}

func (f *formatter) systemTool(name string) {
	f.w.Begin('{')
	f.w.Object("systemTool")
	f.w.Text("name", name)
	f.w.End('}')
	f.w.End('}')
}

// choice writes how tools are asked for. What Claude alone knows stands in its own
// tool_choice instead (see extras).
func (f *formatter) choice() {
	if f.plan.alone && !f.own || f.plan.choice == "" {
		return
	}
	f.w.Object("toolChoice")
	switch f.plan.choice {
	case "auto":
		f.w.Object("auto")
	case "required":
		f.w.Object("any")
	case "tool":
		f.w.Object("tool")
		f.w.Text("name", f.chosen())
	}
	f.w.End('}')
	f.w.End('}')
}

func (f *formatter) chosen() string {
	if len(f.r.Choice.Names) == 0 {
		return ""
	}
	return nameRule.Name(f.r.Choice.Names[0], &f.names)
}

// extras writes what goes to the model as it is, in the words of its family
// (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html).
func (f *formatter) extras() {
	if f.own {
		f.ownExtras()
		return
	}
	var w jsonout.Writer
	w.Begin('{')
	topK := f.r.Setting(llm.FTopK)
	switch f.model.family {
	case claude:
		f.claudeExtras(&w, topK)
	case nova:
		f.novaExtras(&w, topK)
	default:
		if topK != nil {
			f.lose(llm.FTopK)
		}
		f.effortWord(&w)
	}
	w.End('}')
	if len(w.B) > len("{}") {
		f.w.Member("additionalModelRequestFields", w.B)
	}
}

// effortWord asks for reasoning by a word alone.
func (f *formatter) effortWord(w *jsonout.Writer) {
	if !f.plan.thinks() {
		return
	}
	if f.model.family == gptOSS {
		w.Text("reasoning_effort", f.plan.effort)
		return
	}
	w.Text("reasoning_config", f.plan.effort)
}

// claudeExtras: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html.
func (f *formatter) claudeExtras(w *jsonout.Writer, topK llm.Raw) {
	p := &f.plan
	if p.mode != "" {
		w.Object("thinking")
		w.Text("type", p.mode)
		if p.mode == "enabled" {
			w.Number("budget_tokens", p.budget)
		}
		f.show(w)
		w.End('}')
	}
	if p.effort != "" {
		w.Object("output_config")
		w.Text("effort", p.effort)
		w.End('}')
	}
	switch {
	case topK == nil:
	case p.thinks() || f.model.noBudget():
		f.lose(llm.FTopK)
	default:
		w.Member("top_k", topK)
	}
	if p.alone && len(f.r.Tools) > 0 && !p.noTools {
		f.claudeChoice(w)
	}
}

// show says whether thinking is shown, to those models that hide it unless told.
func (f *formatter) show(w *jsonout.Writer) {
	if !f.r.Has.Has(llm.FThinkingSummary) {
		return
	}
	switch {
	case f.plan.mode != "adaptive":
		if f.r.Thinking.Summary == "none" {
			f.lose(llm.FThinkingSummary)
		}
	case f.r.Thinking.Summary == "none":
		w.Text("display", "omitted")
	case f.r.Thinking.Summary != "":
		w.Text("display", "summarized")
	}
}

// claudeChoice allows one call in a turn: Claude's own parameter, as the vendor has none
// (https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use#parallel-tool-use).
func (f *formatter) claudeChoice(w *jsonout.Writer) {
	w.Object("tool_choice")
	switch f.plan.choice {
	case "required":
		w.Text("type", "any")
	case "tool":
		w.Text("type", "tool")
		w.Text("name", f.chosen())
	default:
		w.Text("type", "auto")
	}
	w.Flag("disable_parallel_tool_use", true)
	w.End('}')
}

// novaExtras: https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html
// and https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html.
func (f *formatter) novaExtras(w *jsonout.Writer, topK llm.Raw) {
	if topK != nil {
		w.Object("inferenceConfig")
		w.Member("topK", topK)
		w.End('}')
	}
	if f.plan.mode == "" {
		return
	}
	w.Object("reasoningConfig")
	w.Text("type", f.plan.mode)
	if f.plan.mode == "enabled" {
		w.Text("maxReasoningEffort", f.plan.effort)
	}
	w.End('}')
}

// ownExtras writes them back as they came, but for thinking that the history rules out.
func (f *formatter) ownExtras() {
	v := f.verbatim('{')
	if v == nil || !f.plan.mute {
		f.w.MemberIf("additionalModelRequestFields", v)
		return
	}
	f.w.Object("additionalModelRequestFields")
	_ = jsonscan.Members(v, func(key, value []byte) bool {
		if string(key) != "thinking" && string(key) != "reasoning_config" {
			f.w.Member(string(key), value)
		}
		return true
	})
	f.w.End('}')
}
