package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Rerank, in the shape that Jina and Cohere share: https://docs.cohere.com/reference/rerank.

type rerankRequest struct {
	Model     string            `json:"model"`
	Query     string            `json:"query"`
	Documents []json.RawMessage `json:"documents"` // texts, or objects with a text
	TopN      *int              `json:"top_n"`
	Return    bool              `json:"return_documents"`
}

type ranked struct {
	Index    int            `json:"index"`
	Score    float64        `json:"relevance_score"`
	Document *rerankSubject `json:"document,omitempty"`
}

type rerankSubject struct {
	Text string `json:"text"`
}

type rerankAnswer struct {
	ID      string     `json:"id"`
	Model   string     `json:"model"`
	Results []ranked   `json:"results"`
	Usage   tokenTotal `json:"usage"`
	Meta    rerankMeta `json:"meta"`
}

type rerankMeta struct {
	Billed struct {
		Searches int `json:"search_units"`
	} `json:"billed_units"`
}

func rerank(x *exchange) *problem {
	var q rerankRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	switch {
	case q.Query == "":
		return missing("query")
	case len(q.Documents) == 0:
		return missing("documents")
	case q.TopN != nil && *q.TopN < 1:
		return invalid("top_n", "'top_n' must be 1 or more")
	}
	out := rerankAnswer{ID: x.seed.id("rerank-", 0)}
	out.Usage.Prompt = tokens(q.Query)
	for i, raw := range q.Documents {
		text, ok := documentText(raw)
		if !ok {
			return invalid("documents", fmt.Sprintf("'documents[%d]' must be a text or an object with a text", i))
		}
		out.Usage.Prompt += tokens(text)
		r := ranked{Index: i, Score: likeness(q.Query, text)}
		if q.Return {
			r.Document = &rerankSubject{text}
		}
		out.Results = append(out.Results, r)
	}
	if p := x.use(ranks, q.Model); p != nil {
		return p
	}
	slices.SortStableFunc(out.Results, func(a, b ranked) int { return cmp.Compare(b.Score, a.Score) })
	if q.TopN != nil {
		out.Results = out.Results[:min(*q.TopN, len(out.Results))]
	}
	out.Model, out.Usage.Total, out.Meta.Billed.Searches = x.name, out.Usage.Prompt, 1
	return x.answer(out)
}

func documentText(raw json.RawMessage) (string, bool) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, true
	}
	var d struct {
		Text *string `json:"text"`
	}
	if json.Unmarshal(raw, &d) != nil || d.Text == nil {
		return "", false
	}
	return *d.Text, true
}

// likeness is the share of the query's words that a text holds.
func likeness(query, text string) float64 {
	has := map[string]bool{}
	for _, w := range strings.Fields(strings.ToLower(text)) {
		has[w] = true
	}
	words := strings.Fields(strings.ToLower(query))
	hits := 0
	for _, w := range words {
		if has[w] {
			hits++
		}
	}
	return float64(hits) / float64(max(len(words), 1))
}
