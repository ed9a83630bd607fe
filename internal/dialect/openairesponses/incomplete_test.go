package openairesponses_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// TestWhatIsCutOffIsIncomplete: the item that an incomplete answer ends with is incomplete
// itself, those before it are not.
func TestWhatIsCutOffIsIncomplete(t *testing.T) {
	call := func(part int) []llm.Event {
		return []llm.Event{begin(part, llm.ToolCall, calls(fmt.Sprint("c", part), "f")), more(part, llm.ToolCall, `{`), ended(part, llm.ToolCall)}
	}
	words := []llm.Event{begin(0, llm.Text), more(0, llm.Text, "Well"), ended(0, llm.Text)}
	for name, c := range map[string]struct {
		parts  []llm.Event
		finish llm.Finish
		want   string
	}{
		"a text that was cut":       {words, llm.FinishLength, "incomplete max_output_tokens message:incomplete"},
		"a text that was filtered":  {words, llm.FinishFilter, "incomplete content_filter message:incomplete"},
		"a turn that pauses":        {words, llm.FinishPause, "incomplete max_output_tokens message:incomplete"},
		"a full context":            {words, llm.FinishContext, "incomplete max_output_tokens message:incomplete"},
		"a call that was cut":       {append(words[:3:3], call(1)...), llm.FinishLength, "incomplete max_output_tokens message:completed function_call:incomplete"},
		"the second of two calls":   {append(call(0), call(1)...), llm.FinishLength, "incomplete max_output_tokens function_call:completed function_call:incomplete"},
		"calls that are all there":  {append(call(0), call(1)...), llm.FinishTools, "completed  function_call:completed function_call:completed"},
		"a text that is all there":  {words, llm.FinishStop, "completed  message:completed"},
		"a text after a whole call": {append(call(0), begin(1, llm.Text), more(1, llm.Text, "Well"), ended(1, llm.Text)), llm.FinishLength, "incomplete max_output_tokens function_call:completed message:incomplete"},
	} {
		out := told(t, aCall(), append(append([]llm.Event{started()}, c.parts...), finished(c.finish), over)...)
		r := final(out)
		details, _ := r["incomplete_details"].(map[string]any)
		reason, _ := details["reason"].(string)
		got := []string{fmt.Sprint(r["status"]), reason}
		for _, item := range r["output"].([]any) {
			i := item.(map[string]any)
			got = append(got, fmt.Sprint(i["type"], ":", i["status"]))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", name, text, c.want)
		}
	}
}
