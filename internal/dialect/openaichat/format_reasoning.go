package openaichat

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// reasoning asks for reasoning in the way that the target knows.
func (w *writer) reasoning() {
	t := &w.r.Thinking
	traits := &w.to.Traits
	if *t == (llm.Reasoning{}) && !w.has(w.r.Own, "reasoning.") && !w.has(w.r.Own, "thinking.") {
		return
	}
	if w.cannotReason() {
		w.loseReasoning()
		return
	}
	if t.Summary != "" && traits.Reasoning != "object" {
		w.lose(llm.FThinkingSummary)
	}
	switch traits.Reasoning {
	case "object":
		w.reasoningObject()
	case "thinking":
		w.thinkingObject()
	case "enable_thinking":
		w.enableThinking()
	default:
		w.effortWord()
	}
}

// cannotReason reports whether the model is known not to reason at all, or to refuse
// being asked.
func (w *writer) cannotReason() bool {
	return !w.own && (w.model.plain || w.to.Facts.Known && !w.to.Facts.Reasoning || unasked(w.to.Model))
}

// unasked reports whether a model of another vendor's refuses reasoning_effort: these
// have a variant for each way (https://docs.x.ai/docs/guides/reasoning).
func unasked(model string) bool {
	for _, begins := range [...]string{"grok-4-", "grok-4.1", "grok-4.20-0", "grok-4.20-r", "grok-4.20-n", "grok-code", "grok-3-latest", "grok-2"} {
		if strings.HasPrefix(model, begins) {
			return true
		}
	}
	return model == "grok-4" || model == "grok-3"
}

// loseReasoning notes what was asked for in vain. That a model does not reason needs no
// asking where it never does.
func (w *writer) loseReasoning() {
	t := &w.r.Thinking
	if t.Mode == "off" {
		return
	}
	if t.Effort != "" || t.Mode != "" {
		w.lose(llm.FThinkingEffort)
	}
	if t.Budget.Known {
		w.lose(llm.FThinkingBudget)
	}
	if t.Summary != "" && t.Summary != "none" {
		w.lose(llm.FThinkingSummary)
	}
}

// effortWord writes reasoning_effort.
func (w *writer) effortWord() {
	t := &w.r.Thinking
	if t.Mode == "off" {
		w.effortOff()
		return
	}
	word := t.Effort
	if word == "default" && !w.own { // https://console.groq.com/docs/reasoning
		word = ""
	}
	switch {
	case word != "":
	case t.Budget.Known:
		word = effortOf(t.Budget.N)
	case t.Mode == "on":
		word = "medium"
	default: // adaptive: the model decides
		return
	}
	if w.lacks(llm.FThinkingEffort) {
		return
	}
	if !w.own {
		word = nearest(w.efforts(), word)
	}
	w.Text("reasoning_effort", word)
}

// efforts are the words that the target takes. Other vendors than OpenAI mostly agree
// on three and on none.
func (w *writer) efforts() []string {
	switch {
	case w.to.Traits.Efforts != "":
		return strings.Fields(w.to.Traits.Efforts)
	case w.vendor:
		return w.model.efforts
	case strings.Contains(w.to.Model, "gpt-oss"): // https://huggingface.co/openai/gpt-oss-120b
		return lowToHigh
	}
	return noneToHigh
}

// effortOff asks for no reasoning: by the word none, or by the least that there is.
func (w *writer) effortOff() {
	if w.lacks(llm.FThinkingOff) {
		return
	}
	word := "none"
	if !w.own {
		word = nearest(w.efforts(), "none")
	}
	if word != "none" {
		w.lose(llm.FThinkingOff)
	}
	w.Text("reasoning_effort", word)
}

// reasoningObject writes reasoning
// (https://openrouter.ai/docs/use-cases/reasoning-tokens): an effort or a ceiling, not both.
func (w *writer) reasoningObject() {
	t := &w.r.Thinking
	w.Object("reasoning")
	switch {
	case t.Mode == "off" && t.Effort == "":
		w.Flag("enabled", false)
	case t.Budget.Known && (t.Effort == "" || w.own):
		w.Number("max_tokens", t.Budget.N)
		if t.Effort != "" {
			w.Text("effort", t.Effort)
		}
	case t.Effort != "":
		w.Text("effort", t.Effort)
	case t.Mode != "":
		w.Flag("enabled", true)
	}
	switch {
	case t.Summary == "none":
		w.Flag("exclude", true)
	case w.own && t.Summary != "":
		w.Text("summary", t.Summary)
	}
	w.ownIn(w.r.Own, "reasoning.")
	w.End('}')
}

// thinkingObject writes thinking, and reasoning_effort for how much
// (https://api-docs.deepseek.com/guides/thinking_mode).
func (w *writer) thinkingObject() {
	t := &w.r.Thinking
	mode := "enabled"
	switch {
	case t.Mode == "off":
		mode = "disabled"
	case t.Mode == "adaptive" && w.own:
		mode = "auto"
	}
	w.Object("thinking")
	if t.Mode != "" || t.Budget.Known {
		w.Text("type", mode)
	}
	if w.own && t.Budget.Known {
		w.Number("budget_tokens", t.Budget.N)
	}
	w.ownIn(w.r.Own, "thinking.")
	w.End('}')
	if mode == "disabled" || w.own && t.Effort == "" {
		return
	}
	word := t.Effort
	if word == "" && t.Budget.Known {
		word = effortOf(t.Budget.N)
	}
	if word == "" || w.lacks(llm.FThinkingEffort) {
		return
	}
	if w.to.Traits.Efforts != "" && !w.own {
		word = nearest(w.efforts(), word)
	}
	w.Text("reasoning_effort", word)
}

// enableThinking writes enable_thinking and thinking_budget
// (https://www.alibabacloud.com/help/en/model-studio/deep-thinking).
func (w *writer) enableThinking() {
	t := &w.r.Thinking
	if !w.own || t.Mode == "off" || w.r.Has.Has(llm.FThinkingEffort) {
		w.Flag("enable_thinking", t.Mode != "off")
	}
	if t.Mode == "off" {
		return
	}
	budget := t.Budget.Or(budgetOf(t.Effort))
	if budget > 0 {
		w.Number("thinking_budget", budget)
	}
}
