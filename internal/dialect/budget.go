package dialect

import "github.com/sluice-gateway/sluice/internal/llm"

// MinBudget is the least that Claude may be given to think
// (https://platform.claude.com/docs/en/build-with-claude/extended-thinking).
const MinBudget = 1024

// BudgetOf gives the tokens of thinking that a word of effort comes to, for models that
// are told a budget; a word that is not known is taken for medium.
func BudgetOf(effort string) int64 {
	switch effort {
	case "minimal":
		return MinBudget
	case "low":
		return 2048
	case "high":
		return 24576
	case "xhigh", "max":
		return 32768
	}
	return 8192
}

// EffortOf gives the word that a budget comes to.
func EffortOf(budget int64) string {
	switch {
	case budget <= BudgetOf("low"):
		return "low"
	case budget <= BudgetOf("medium"):
		return "medium"
	case budget <= BudgetOf("high"):
		return "high"
	}
	return "max"
}

// Budget gives Claude's budget of thinking within most tokens of output (0 = nobody
// knows): what the caller asked for, at least MinBudget. One made from an effort, or one
// that does not fit, leaves a quarter to the answer. fits is false where there is no
// room for thinking: the caller's ceiling is a promise about cost and is never raised.
func Budget(t *llm.Reasoning, most int64) (budget int64, fits bool) {
	budget = max(t.Budget.N, MinBudget)
	if !t.Budget.Known {
		budget = BudgetOf(t.Effort)
	}
	if most > 0 && (budget >= most || !t.Budget.Known) {
		budget = min(budget, most/4*3)
	}
	return budget, budget >= MinBudget
}
