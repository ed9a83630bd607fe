package gemini_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// TestEveryFieldOfTheVendorsSchemaIsInTheLedger: the list is that of the vendor's own
// SDK, without what stands inside members that are kept whole.
func TestEveryFieldOfTheVendorsSchemaIsInTheLedger(t *testing.T) {
	list, err := os.ReadFile("testdata/codec/fields.txt")
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.SplitSeq(strings.TrimSpace(string(list)), "\n") {
		if path[0] != '#' && !slices.ContainsFunc(gemini.Dialect.Fields, func(f dialect.Field) bool { return f.Path == path }) {
			t.Errorf("%s is missing", path)
		}
	}
}

func TestExamplesOfTheLedgerAreTrue(t *testing.T) {
	for _, f := range gemini.Dialect.Fields {
		if f.Example == "" {
			if !f.Frame {
				t.Errorf("%s has no example", f.Path)
			}
			continue
		}
		if !json.Valid([]byte(f.Example)) {
			t.Fatalf("%s: no JSON: %s", f.Path, f.Example)
		}
		r, err := gemini.Dialect.Codec.ParseRequest([]byte(f.Example))
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		named := slices.Contains(r.Unnamed, f.Path)
		switch {
		case f.Refuse:
			if !slices.Contains(r.Refuse, f.Path) {
				t.Errorf("%s is not refused: %q", f.Path, r.Refuse)
			}
		case f.Feature == 0 && !named:
			t.Errorf("%s is not among %q", f.Path, r.Unnamed)
		case f.Feature != 0 && (!r.Has.Has(f.Feature) || named):
			t.Errorf("%s: the request has %v, not %v; unnamed %q", f.Path, r.Has.All(), f.Feature, r.Unnamed)
		}
	}
}

// TestSnakeCaseIsReadLikeCamelCase: the vendor takes either spelling.
func TestSnakeCaseIsReadLikeCamelCase(t *testing.T) {
	for _, f := range gemini.Dialect.Fields {
		if f.Example == "" {
			continue
		}
		one, err1 := gemini.Dialect.Codec.ParseRequest([]byte(f.Example))
		other, err2 := gemini.Dialect.Codec.ParseRequest([]byte(snake(f.Example)))
		if err1 != nil || err2 != nil {
			t.Errorf("%s: %v, %v", f.Path, err1, err2)
			continue
		}
		if one.Has != other.Has || len(one.Unnamed) != len(other.Unnamed) || len(one.Own) != len(other.Own) {
			t.Errorf("%s: %v %q, in snake_case %v %q", f.Path, one.Has.All(), one.Unnamed, other.Has.All(), other.Unnamed)
		}
	}
}

// snake writes the names of members in snake_case.
func snake(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		end := strings.IndexByte(text[i+1:], '"')
		if text[i] != '"' || end < 0 {
			out.WriteByte(text[i])
			continue
		}
		word := text[i : i+end+2]
		i += end + 1
		if i+1 < len(text) && text[i+1] == ':' && !strings.HasPrefix(word, `"_`) {
			for _, c := range word {
				if c >= 'A' && c <= 'Z' {
					out.WriteByte('_')
					c += 'a' - 'A'
				}
				out.WriteRune(c)
			}
			continue
		}
		out.WriteString(word)
	}
	return out.String()
}

func TestAnswerExamplesOfTheLedgerAreTrue(t *testing.T) {
	for _, f := range gemini.Dialect.AnswerFields {
		if f.Example == "" {
			continue
		}
		a, err := gemini.Dialect.Codec.ParseAnswer([]byte(f.Example), &dialect.Call{})
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		if has := answerHas(a); !has.Has(f.Feature) {
			t.Errorf("%s: the answer has %v, not %v", f.Path, has.All(), f.Feature)
		}
	}
}

func answerHas(a *llm.Answer) (has llm.Features) {
	add := func(f llm.Feature, ok bool) {
		if ok {
			has.Add(f)
		}
	}
	add(llm.AChoices, len(a.Choices) > 1)
	add(llm.ABlocked, a.Blocked != "")
	add(llm.AModel, a.Model != "")
	add(llm.AID, a.ID != "")
	add(llm.ACreated, a.Created != 0)
	add(llm.ATier, a.Tier != "")
	add(llm.AUsage, !a.Usage.IsZero())
	add(llm.AUsageCache, a.Usage.CacheReadTokens.Known)
	add(llm.AUsageReasoning, a.Usage.ReasoningTokens.Known)
	for _, c := range a.Choices {
		add(llm.AFinish, c.Finish != "" && c.Vendor != "")
		add(llm.ALogprobs, c.Logprobs != nil)
		for _, p := range c.Parts {
			add(llm.AText, p.Kind == llm.Text)
			add(llm.AThinking, p.Kind == llm.Thinking && p.Text != nil)
			add(llm.AThinkingState, p.State != nil)
			add(llm.AToolCall, p.Kind == llm.ToolCall)
			add(llm.ACitations, p.Cites != nil)
			add(llm.AMedia, p.Media != nil)
			add(llm.AVendorPart, p.Kind == llm.Vendor)
		}
	}
	return has
}
