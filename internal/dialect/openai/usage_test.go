package openai_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestUsageMeansTheSameForEveryVendor(t *testing.T) {
	for _, tt := range []struct {
		name, usage       string
		in, out, thinking int64
	}{
		{"reasoning within the output", `{"prompt_tokens":20,"completion_tokens":9,"total_tokens":29,"completion_tokens_details":{"reasoning_tokens":4}}`, 20, 9, 4},
		{"reasoning beside it, in the total", `{"prompt_tokens":20,"completion_tokens":9,"total_tokens":33,"completion_tokens_details":{"reasoning_tokens":4}}`, 20, 13, 4},
		{"reasoning hidden in the total", `{"prompt_tokens":66,"completion_tokens":6,"total_tokens":100}`, 66, 34, 0},
		{"reasoning beside it, in no total", `{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"completion_tokens_details":{"reasoning_tokens":25}}`, 9, 27, 25},
		{"reasoning beside it, by the mark", `{"prompt_tokens":19,"completion_tokens":124,"total_tokens":143,"completion_tokens_details":{"reasoning_tokens":64},"market_cost":0.0019}`, 19, 188, 64},
		{"audio beside the input", `{"prompt_tokens":11,"completion_tokens":15,"total_tokens":401,"prompt_tokens_details":{"audio_tokens":375,"cached_tokens":9}}`, 386, 15, 0},
		{"total alone", `{"total_tokens":57}`, 57, 0, 0},
		{"whole numbers written as fractions", `{"input_tokens":12.0,"output_tokens":1e1}`, 12, 10, 0},
		{"nonsense", `{"input_tokens":-1,"output_tokens":"many","total_tokens":null,"input_tokens_details":[]}`, 0, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var u llm.Usage
			openai.ReadUsage(&u, []byte(tt.usage))
			if u.InputTokens.Or(0) != tt.in || u.OutputTokens.Or(0) != tt.out || u.ReasoningTokens.Or(0) != tt.thinking {
				t.Errorf("got %+v", u)
			}
		})
	}
}

func TestTheTierThatStandsInAUsageIsGiven(t *testing.T) {
	for usage, want := range map[string]string{
		`{"prompt_tokens":1,"service_tier":"flex"}`: `"flex"`,
		`{"prompt_tokens":1}`:                       "",
		`null`:                                      "",
	} {
		var u llm.Usage
		in := jsonscan.NewReader([]byte(usage))
		if tier := openai.ReadUsageFrom(&u, &in); string(tier) != want {
			t.Errorf("%s gave %q", usage, tier)
		}
	}
}

func TestTextsAreSetOnceAndNotToNothing(t *testing.T) {
	for _, tt := range []struct{ had, first, second, wantFirst, wantSecond string }{
		{"", `"a"`, `"bc"`, "a", "bc"},
		{"", `"a"`, ``, "a", ""},
		{"", ``, `"b"`, "", "b"},
		{"", `""`, `"b"`, "", "b"},
		{"", `"\u0061"`, `"b"`, "a", "b"},
		{"", `null`, `7`, "", ""},
		{"x", `"a"`, `"b"`, "x", "b"},
	} {
		first, second := tt.had, ""
		openai.SetTexts(&first, []byte(tt.first), &second, []byte(tt.second))
		if first != tt.wantFirst || second != tt.wantSecond {
			t.Errorf("%+v gave %q and %q", tt, first, second)
		}
	}
}

func TestWordsAreThoseThatStandThere(t *testing.T) {
	for raw, want := range map[string]string{`"stop"`: "stop", `"another"`: "another", `"sto\u0070"`: "stop", `""`: "", `null`: "", ``: ""} {
		word := ""
		if openai.SetWord(&word, []byte(raw)); word != want {
			t.Errorf("%s gave %q", raw, word)
		}
	}
	word := "kept"
	if openai.SetWord(&word, []byte(`"stop"`)); word != "kept" {
		t.Errorf("it became %q", word)
	}
}
