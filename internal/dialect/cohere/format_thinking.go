package cohere

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// answersOnly are the beginnings of models that do not reason
// (https://docs.cohere.com/docs/models). They refuse the parameter.
var answersOnly = [...]string{
	"command-r", "command-a-03", "command-a-vision", "command-a-translate", "command-light", "command-nightly", "c4ai-", "tiny-aya",
}

// reasons reports whether the target's model can reason.
func reasons(to *dialect.Target) bool {
	if to.Facts.Known {
		return to.Facts.Reasoning
	}
	if to.Model == "command" || to.Model == "command-a" {
		return false
	}
	for _, beginning := range answersOnly {
		if strings.HasPrefix(to.Model, beginning) {
			return false
		}
	}
	return true
}

// budgets are what the words for little effort come to in tokens. For more than these
// the model thinks as long as it wants.
var budgets = map[string]int64{"minimal": 512, "low": 1024, "medium": 4096}

// thinking asks for reasoning, or for none (https://docs.cohere.com/docs/reasoning).
func (w *writer) thinking() {
	t := &w.r.Thinking
	off := t.Mode == "off" || t.Effort == "none"
	switch {
	case t.Mode == "" && t.Effort == "" && !t.Budget.Known:
		return
	case !w.own && !reasons(w.to):
		if off {
			return
		}
		w.lose(llm.FThinkingBudget)
		w.lose(llm.FThinkingEffort)
		return
	}
	w.Object("thinking")
	if off {
		w.Text("type", "disabled")
	} else if t.Mode != "" || !w.own {
		w.Text("type", "enabled")
	}
	if budget := w.budget(); w.own || !off && budget.N > 0 {
		number(&w.Writer, "token_budget", budget)
	}
	w.End('}')
}

// budget is the caller's own, else what the effort comes to: at most three quarters of
// what may be written at all, so that something is left for the answer.
func (w *writer) budget() llm.Count {
	t := &w.r.Thinking
	if t.Budget.Known || w.own {
		return t.Budget
	}
	n, ok := budgets[t.Effort]
	if !ok {
		return llm.Count{}
	}
	if most := w.r.MaxOutput; most.Known {
		n = max(1, min(n, most.N*3/4))
	}
	return llm.Known(n)
}
