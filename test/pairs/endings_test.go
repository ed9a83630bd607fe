package pairs_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// TestEachEndingHasItsWord: why an answer ended is told in one word of the caller's
// dialect, whole and streamed. No refusal and no turn that pauses is told as an end.
func TestEachEndingHasItsWord(t *testing.T) {
	order := []dialect.Name{"chat", "responses", "messages", "gemini", "converse", "cohere"}
	said := []llm.Part{{Kind: llm.Text, Text: llm.Raw(`"so"`)}}
	no := []llm.Part{{Kind: llm.Refusal, Text: llm.Raw(`"no"`)}}
	for _, c := range []struct {
		name   string
		choice llm.Choice
		words  [6]string
	}{
		{"refused", llm.Choice{Parts: said, Finish: llm.FinishRefusal, Vendor: "refusal"}, [6]string{"content_filter", "content_filter", "refusal", "SAFETY", "content_filtered", "ERROR"}},
		{"a spoken refusal", llm.Choice{Parts: no, Finish: llm.FinishStop, Vendor: "stop"}, [6]string{"stop", "completed", "refusal", "SAFETY", "content_filtered", "ERROR"}},
		{"filtered", llm.Choice{Parts: said, Finish: llm.FinishFilter, Vendor: "x"}, [6]string{"content_filter", "content_filter", "refusal", "SAFETY", "content_filtered", "ERROR"}},
		{"a pause", llm.Choice{Parts: said, Finish: llm.FinishPause, Vendor: "pause_turn"}, [6]string{"length", "max_output_tokens", "pause_turn", "MAX_TOKENS", "max_tokens", "MAX_TOKENS"}},
		{"a full context", llm.Choice{Parts: said, Finish: llm.FinishContext, Vendor: "x"}, [6]string{"length", "max_output_tokens", "model_context_window_exceeded", "MAX_TOKENS", "model_context_window_exceeded", "MAX_TOKENS"}},
		{"a stop sequence that is not named", llm.Choice{Parts: said, Finish: llm.FinishStop, Vendor: "STOP_SEQUENCE"}, [6]string{"stop", "completed", "stop_sequence", "STOP", "stop_sequence", "STOP_SEQUENCE"}},
	} {
		a := &llm.Answer{ID: "a", Choices: []llm.Choice{c.choice}}
		for _, d := range conversing(t) {
			var word string
			for i, name := range order {
				if name == d.Name {
					word = `"` + c.words[i] + `"`
				}
			}
			call := callOf(d)
			var stream []byte
			f := d.Codec.NewStreamFormatter(call)
			llm.Replay(a, func(e *llm.Event) { stream = f.Format(stream, e) })
			for form, text := range map[string]string{"whole": string(d.Codec.FormatAnswer(nil, a, call)), "stream": string(stream)} {
				if !strings.Contains(text, word) {
					t.Errorf("%s, %s: %s is not told as %s: %s", d.Name, form, c.name, word, text)
				}
			}
		}
	}
}

// TestAResponseNamesTheModelThatAnswered though its vendor does not name it.
func TestAResponseNamesTheModelThatAnswered(t *testing.T) {
	for _, d := range conversing(t) {
		if d.Name != "responses" {
			continue
		}
		c := callOf(d)
		c.Model, c.Asked = "vendors-model", "alias"
		if out := string(d.Codec.FormatAnswer(nil, &llm.Answer{Choices: []llm.Choice{{Finish: llm.FinishStop}}}, c)); !strings.Contains(out, `"model":"vendors-model"`) {
			t.Errorf("%s", out)
		}
	}
}
