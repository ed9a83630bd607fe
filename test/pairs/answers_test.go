package pairs_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// TestTheLedgerSaysWhatBecomesOfAnswers reads each field's example as a vendor's answer
// and writes it for callers of every other dialect: what is called kept is there again
// and says the same, what is called dropped is not, what is called mapped is there in
// some way or other. Where its How makes a reservation, one example has to show it.
func TestTheLedgerSaysWhatBecomesOfAnswers(t *testing.T) {
	all := conversing(t)
	shown := map[string]bool{}
	for _, from := range all {
		for i := range from.AnswerFields {
			f := &from.AnswerFields[i]
			if f.Example == "" || f.Frame {
				continue
			}
			for _, to := range all {
				if to != from {
					key := fmt.Sprint(to.Name, f.Feature)
					shown[key] = checkAnswerField(t, from, to, f) || shown[key]
				}
			}
		}
	}
	for _, to := range all {
		for f, carry := range to.AnswerCarries {
			if carry.Fate != dialect.Dropped && !placeless[f] && !shown[fmt.Sprint(to.Name, f)] {
				t.Errorf("%s: %q is called %s, and no example shows it", to.Name, f, carry.Fate)
			}
		}
	}
}

// checkAnswerField reports whether the field's feature comes out.
func checkAnswerField(t *testing.T, from, to *dialect.Dialect, f *dialect.Field) bool {
	t.Helper()
	at := fmt.Sprintf("%s → %s: %s", from.Name, to.Name, f.Path)
	c := callOf(to)
	a, err := from.Codec.ParseAnswer([]byte(f.Example), c)
	if err != nil {
		t.Errorf("%s: %v", at, err)
		return false
	}
	before := told(a)
	if f.Feature != 0 && before[f.Feature] == "" {
		t.Errorf("%s: the example does not show %q", at, f.Feature)
	}
	body := to.Codec.FormatAnswer(nil, a, c)
	if !json.Valid(body) {
		t.Errorf("%s: no JSON: %s", at, body)
		return false
	}
	again, err := to.Codec.ParseAnswer(body, c)
	if err != nil {
		if f.Feature != llm.ABlocked { // which some dialects tell as a failure
			t.Errorf("%s: %v: %s", at, err, body)
		}
		return false
	}
	after := told(again)
	carry := to.AnswerCarries[f.Feature]
	reserved := strings.Contains(carry.How, ";")
	switch {
	case f.Feature == 0:
	case carry.Fate == dialect.Kept && after[f.Feature] != before[f.Feature] && !reserved:
		t.Errorf("%s: %q is called kept, and %s became %s: %s", at, f.Feature, before[f.Feature], after[f.Feature], body)
	case carry.Fate == dialect.Dropped && after[f.Feature] == before[f.Feature]:
		t.Errorf("%s: %q is called dropped, and comes out: %s", at, f.Feature, body)
	case carry.Fate != dialect.Dropped && after[f.Feature] == "" && !placeless[f.Feature] && !reserved:
		t.Errorf("%s: %q is called %s, and nothing comes out: %s", at, f.Feature, carry.Fate, body)
	}
	return after[f.Feature] != ""
}

// placeless are features that another one tells.
var placeless = map[llm.Feature]bool{llm.ABlocked: true, llm.ARefusal: true, llm.AStopText: true}

func callOf(to *dialect.Dialect) *dialect.Call {
	return &dialect.Call{
		ID: "0198c0de-0000-7000-8000-000000000001", Provider: "p", Model: "m", Asked: "m", Time: time.Unix(1700000000, 0),
		Request: &llm.Request{Dialect: string(to.Name), Model: "m"},
	}
}

// told writes down what an answer tells, by feature; a feature that is not there is not
// in the map.
func told(a *llm.Answer) map[llm.Feature]string {
	m := map[llm.Feature]string{}
	put := func(f llm.Feature, values ...any) {
		if s := strings.Trim(fmt.Sprint(values...), " "); s != "" {
			m[f] += s
		}
	}
	put(llm.AID, a.ID)
	put(llm.AModel, a.Model)
	put(llm.ATier, a.Tier)
	put(llm.ABlocked, a.Blocked)
	if a.Created != 0 {
		put(llm.ACreated, a.Created)
	}
	if len(a.Choices) > 1 {
		put(llm.AChoices, len(a.Choices))
	}
	toldUsage(put, &a.Usage)
	for i := range a.Choices {
		c := &a.Choices[i]
		put(llm.AFinish, c.Finish)
		put(llm.AStopText, string(c.StopText))
		put(llm.ALogprobs, logprobsOf(c.Logprobs))
		for n := range c.Parts {
			toldPart(put, &c.Parts[n])
		}
	}
	return m
}

func toldUsage(put func(llm.Feature, ...any), u *llm.Usage) {
	if u.InputTokens.Known {
		put(llm.AUsage, u.InputTokens.N, "/", u.OutputTokens.N)
	}
	if u.CacheReadTokens.N+u.CacheWriteTokens.N > 0 {
		put(llm.AUsageCache, u.CacheReadTokens.N, "/", u.CacheWriteTokens.N)
	}
	if u.ReasoningTokens.N > 0 {
		put(llm.AUsageReasoning, u.ReasoningTokens.N)
	}
}

func toldPart(put func(llm.Feature, ...any), p *llm.Part) {
	text, _ := jsonscan.String(p.Text)
	switch p.Kind {
	case llm.Text:
		put(llm.AText, text)
	case llm.Thinking:
		put(llm.AThinking, text)
	case llm.Refusal:
		put(llm.ARefusal, text)
	case llm.ToolCall:
		put(llm.AToolCall, p.Call.Name, string(dialect.ArgumentsObject(p.Call)))
	case llm.Image, llm.Audio, llm.Video, llm.File:
		if put(llm.AMedia, string(p.Media.Data), string(p.Media.URL)); len(p.Media.Data)+len(p.Media.URL) == 0 {
			put(llm.AMedia, string(p.Media.FileID))
		}
	case llm.Vendor:
		put(llm.AVendorPart, string(p.Raw))
	}
	for range p.State {
		put(llm.AThinkingState, "state")
	}
	for i := range p.Cites {
		put(llm.ACitations, string(p.Cites[i].URL), string(p.Cites[i].Title), ".")
	}
}

// logprobsOf gives the tokens and their log probabilities.
func logprobsOf(raw llm.Raw) string {
	var list []struct {
		Token   string
		Logprob float64
	}
	if json.Unmarshal(raw, &list) != nil || len(list) == 0 {
		return ""
	}
	return fmt.Sprint(list)
}

func TestEachFieldOfAnswersIsShown(t *testing.T) {
	for _, d := range conversing(t) {
		for _, f := range d.AnswerFields {
			same := func(g dialect.Field) bool { return g.Feature == f.Feature && g.Example != "" }
			if !f.Frame && f.Feature != 0 && !slices.ContainsFunc(d.AnswerFields, same) {
				t.Errorf("%s %s: no example shows %q", d.Name, f.Path, f.Feature)
			}
		}
	}
}
