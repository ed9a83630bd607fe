package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
)

// Moderations: https://platform.openai.com/docs/api-reference/moderations.

// categories are what a text may be flagged for: each when the text holds the word
// before the category's slash.
var categories = [...]string{
	"harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent",
	"self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
}

type moderation struct {
	Flagged    bool               `json:"flagged"`
	Categories map[string]bool    `json:"categories"`
	Scores     map[string]float64 `json:"category_scores"`
}

func moderations(x *exchange) *problem {
	var q struct {
		Model string          `json:"model"`
		Input json.RawMessage `json:"input"`
	}
	if p := x.decode(&q); p != nil {
		return p
	}
	inputs, p := moderated(q.Input)
	if p != nil {
		return p
	}
	if p := x.use(moderates, cmp.Or(q.Model, "moderate")); p != nil {
		return p
	}
	var results []moderation
	for _, text := range inputs {
		results = append(results, moderate(text))
	}
	return x.answer(struct {
		ID      string       `json:"id"`
		Model   string       `json:"model"`
		Results []moderation `json:"results"`
	}{x.seed.id("modr-", 0), x.name, results})
}

// moderated reads a text, a list of texts, or a list of parts, which are one input.
func moderated(raw json.RawMessage) ([]string, *problem) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, missing("input")
	}
	var many texts
	if json.Unmarshal(raw, &many) == nil {
		if len(many) > maxInputs {
			return nil, invalid("input", fmt.Sprintf("'input' must have at most %d texts", maxInputs))
		}
		return many, nil
	}
	var parts content
	if json.Unmarshal(raw, &parts) != nil {
		return nil, invalid("input", "'input' must be a text, a list of texts, or a list of parts")
	}
	return []string{texts(parts.texts()).join()}, nil
}

func moderate(text string) moderation {
	m := moderation{Categories: map[string]bool{}, Scores: map[string]float64{}}
	lower := strings.ToLower(text)
	for _, c := range categories {
		word, _, sub := strings.Cut(c, "/")
		hit := !sub && strings.Contains(lower, word)
		m.Categories[c], m.Scores[c] = hit, 0.01
		if hit {
			m.Flagged, m.Scores[c] = true, 0.99
		}
	}
	return m
}
