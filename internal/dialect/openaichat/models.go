package openaichat

import "strings"

// model is what is known of one of OpenAI's own models by its name
// (https://platform.openai.com/docs/guides/reasoning and the models' pages).
type model struct {
	// reasons: it refuses temperature, top_p, penalties, logprobs, logit_bias and stop.
	reasons bool
	// plain: it refuses reasoning_effort.
	plain bool
	// efforts are the words it takes, least first; nil = not known.
	efforts []string
	// breakpoints: it takes prompt_cache_breakpoint.
	breakpoints bool
}

// The words of reasoning_effort, least first.
var (
	allEfforts  = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}
	lowToHigh   = []string{"low", "medium", "high"}
	minimalUp   = []string{"minimal", "low", "medium", "high"}
	noneToHigh  = []string{"none", "low", "medium", "high"}
	noneToXhigh = []string{"none", "low", "medium", "high", "xhigh"}
	noneToMax   = []string{"none", "low", "medium", "high", "xhigh", "max"}
)

// modelOf reads the name of a model of OpenAI's. A name that says nothing (a
// deployment's) gives the zero model, to which everything is sent.
func modelOf(id string) model {
	id = strings.ToLower(id[strings.LastIndexByte(id, '/')+1:])
	if tuned, ok := strings.CutPrefix(id, "ft:"); ok {
		id, _, _ = strings.Cut(tuned, ":")
	}
	switch {
	case strings.HasPrefix(id, "gpt-3.5"), strings.HasPrefix(id, "gpt-4"), strings.HasPrefix(id, "chatgpt-"), strings.HasPrefix(id, "gpt-5-chat"), strings.HasPrefix(id, "gpt-audio"):
		return model{plain: true}
	case strings.HasPrefix(id, "o1-mini"), strings.HasPrefix(id, "o1-preview"):
		return model{reasons: true, plain: true}
	case len(id) > 1 && id[0] == 'o' && id[1] >= '1' && id[1] <= '9':
		return model{reasons: true, efforts: lowToHigh}
	case strings.HasPrefix(id, "codex-"):
		return model{reasons: true, efforts: lowToHigh}
	}
	version, ok := strings.CutPrefix(id, "gpt-")
	if !ok || strings.HasPrefix(version, "oss") {
		return model{}
	}
	return generation(version)
}

// generation knows gpt-5 and its successors: 5, 5.1, 5.2 …
func generation(version string) model {
	major, minor := 0, 0
	i := 0
	for ; i < len(version) && version[i] >= '0' && version[i] <= '9'; i++ {
		major = major*10 + int(version[i]-'0')
	}
	if i+1 < len(version) && version[i] == '.' {
		for i++; i < len(version) && version[i] >= '0' && version[i] <= '9'; i++ {
			minor = minor*10 + int(version[i]-'0')
		}
	}
	if major < 5 {
		return model{}
	}
	m := model{reasons: true, breakpoints: major > 5 || minor >= 6}
	switch variant := version[i:]; {
	case strings.Contains(variant, "-chat"):
		m.efforts = []string{"medium"}
	case strings.Contains(variant, "-pro") && major == 5 && minor == 0:
		m.efforts = []string{"high"}
	case strings.Contains(variant, "-pro"):
		m.efforts = []string{"medium", "high", "xhigh"}
	case major == 5 && minor == 0 && strings.Contains(variant, "-codex"):
		m.efforts = lowToHigh
	case major == 5 && minor == 0:
		m.efforts = minimalUp
	case major == 5 && minor == 1 && strings.Contains(variant, "-max"):
		m.efforts = noneToXhigh
	case major == 5 && minor == 1:
		m.efforts = noneToHigh
	case major == 5 && minor < 6:
		m.efforts = noneToXhigh
	default:
		m.efforts = noneToMax
	}
	return m
}

// nearest gives the word that is nearest to what was asked for, the higher one of two.
// To reason a little is not to reason not at all: none stands for itself alone. A word
// that nobody knows is left as it is.
func nearest(taken []string, asked string) string {
	at := indexOf(allEfforts, asked)
	if at < 0 || len(taken) == 0 {
		return asked
	}
	best, least := "", len(allEfforts)
	for _, word := range taken {
		if word == "none" && asked != "none" {
			continue
		}
		if far := abs(indexOf(allEfforts, word) - at); far <= least {
			if far == least && asked == "none" {
				continue
			}
			best, least = word, far
		}
	}
	if best == "" {
		return asked
	}
	return best
}

func abs(n int) int { return max(n, -n) }

func indexOf(words []string, word string) int {
	for i, w := range words {
		if w == word {
			return i
		}
	}
	return -1
}

// effortOf gives the word for a budget of tokens, and budgetOf the budget for a word.
func effortOf(budget int64) string {
	switch {
	case budget <= 0:
		return "none"
	case budget < 4096:
		return "low"
	case budget < 16384:
		return "medium"
	}
	return "high"
}

// budgetOf: see effortOf; 0 = as much as the model likes.
func budgetOf(effort string) int64 {
	switch effort {
	case "minimal":
		return 1024
	case "low":
		return 2048
	case "medium":
		return 8192
	case "high":
		return 24576
	}
	return 0
}
