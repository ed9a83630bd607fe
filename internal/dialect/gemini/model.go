package gemini

import "strings"

// generation is what tells how one of the vendor's models is spoken to.
type generation uint8

const (
	otherModel generation = iota // no Gemini by its name: an open model, a tuned one, an endpoint
	gemini1
	gemini2
	gemini25
	gemini3 // and what comes after it
)

// facts are what a model's name tells. Facts as of 2026-08-19.
type facts struct {
	name string // the last segment of the id, lower case
	gen  generation
}

func factsOf(id string) facts {
	name := strings.ToLower(id[strings.LastIndexByte(id, '/')+1:])
	rest, ok := strings.CutPrefix(name, "gemini-")
	m := facts{name: name}
	switch {
	case !ok:
	case strings.HasPrefix(rest, "1"), rest == "pro", rest == "pro-vision":
		m.gen = gemini1
	case strings.HasPrefix(rest, "2.5"), strings.HasPrefix(rest, "robotics-er-1.5"):
		m.gen = gemini25
	case strings.HasPrefix(rest, "2"):
		m.gen = gemini2
	default:
		m.gen = gemini3
	}
	return m
}

// noSystem: https://ai.google.dev/gemma/docs/core/prompt-structure knows users and
// models only.
func (m facts) noSystem() bool { return strings.HasPrefix(m.name, "gemma-") }

func (m facts) is(word string) bool { return strings.Contains(m.name, word) }

// budgetLimits are the smallest and the largest thinkingBudget
// (https://ai.google.dev/gemini-api/docs/thinking#set-budget). A smallest one above
// zero beside canStop false means that thinking cannot be switched off.
func (m facts) budgetLimits() (least, most int64, canStop bool) {
	switch {
	case m.is("lite"):
		return 512, 24576, true
	case m.is("pro"):
		return 128, 32768, false
	}
	return 1, 24576, true
}

// leastLevel is the thinkingLevel that comes nearest to not thinking: the models that
// were released as pro, and flash models since 3.7, refuse MINIMAL.
func (m facts) leastLevel() string {
	if m.is("pro") || m.name == "gemini-flash-latest" || m.is("flash") && !m.is("lite") && m.atLeast37() {
		return "LOW"
	}
	return "MINIMAL"
}

// atLeast37 reads the version in gemini-3.8-flash.
func (m facts) atLeast37() bool {
	rest := strings.TrimPrefix(m.name, "gemini-")
	return rest >= "3.7" && rest < "3.:" || rest >= "4" && rest < ":"
}

// level gives the thinkingLevel for a word of effort
// (https://ai.google.dev/gemini-api/docs/thinking#thinking-levels).
func (m facts) level(effort string) string {
	switch effort {
	case "none", "minimal":
		return m.leastLevel()
	case "low":
		return "LOW"
	case "medium":
		if m.name == "gemini-3-pro" || strings.HasPrefix(m.name, "gemini-3-pro-") { // knows two levels only
			return "HIGH"
		}
		return "MEDIUM"
	case "high", "xhigh", "max":
		return "HIGH"
	}
	return ""
}

// levelFor gives the effort that a budget comes to.
func levelFor(budget int64) string {
	switch {
	case budget < 4096:
		return "low"
	case budget < 16384:
		return "medium"
	}
	return "high"
}

// budgetFor gives the budget of a word of effort, by the vendor's own table
// (https://ai.google.dev/gemini-api/docs/openai#thinking).
func budgetFor(effort string, most int64) int64 {
	switch effort {
	case "minimal", "low":
		return 1024
	case "medium":
		return 8192
	case "high":
		return 24576
	case "xhigh", "max":
		return most
	}
	return 0
}
