package invoke_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/invoke"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestRecordedAnswersGiveTheUsageThatTheyTell(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "invoke") {
		table.Add(c, check(t, c))
	}
	table.Report(t)
}

func check(t *testing.T, c *dialecttest.Case) string {
	switch {
	case c.Status >= 400:
		return dialecttest.CheckError(invoke.Dialect, c)
	case c.Framing == "eventstream":
		return checkStream(t, c)
	}
	m := invoke.Dialect.NewMeter(llm.OpChat)
	m.Answer("application/json", c.Body)
	input, output := told(dialecttest.Decode(string(c.Body)))
	return differs(m.Report(), input, output)
}

// told reads the counts of an answer in any model's words; -1 = untold.
func told(o dialecttest.Object) (input, output float64) {
	input, output = -1, -1
	usage := o.At("usage")
	for _, from := range []dialecttest.Object{o, usage} {
		if n, ok := from.Number("input_tokens", "prompt_tokens", "inputTokens", "prompt_token_count", "inputTextTokenCount"); ok {
			input = n
		}
		if n, ok := from.Number("output_tokens", "completion_tokens", "outputTokens", "generation_token_count"); ok {
			output = n
		}
	}
	if results := o.List("results"); len(results) > 0 { // Titan
		output, _ = results[0].Number("tokenCount")
	}
	for _, cached := range []string{"cache_read_input_tokens", "cache_creation_input_tokens", "cacheReadInputTokenCount", "cacheWriteInputTokenCount"} {
		if n, ok := usage.Number(cached); ok {
			input += n
		}
	}
	return input, output
}

func differs(r *dialect.Report, input, output float64) string {
	u := r.Usage
	if float64(u.InputTokens.Or(-1)) != input || float64(u.OutputTokens.Or(-1)) != output {
		return fmt.Sprintf("usage %v and %v, want %v and %v", u.InputTokens, u.OutputTokens, input, output)
	}
	return ""
}

// checkStream compares with the counts that the vendor adds to a stream's end; for Claude
// with its own, which the vendor's fall short of where tools are called.
func checkStream(t *testing.T, c *dialecttest.Case) string {
	t.Helper()
	input, output := float64(-1), float64(-1)
	f := dialect.NewEventStream(nil)
	cached, claudes := 0.0, -1.0
	each := func(e *dialect.Event) {
		var chunk struct{ Bytes string }
		_ = json.Unmarshal(e.Data, &chunk)
		text, _ := base64.StdEncoding.DecodeString(chunk.Bytes)
		o := dialecttest.Decode(string(text))
		if n, ok := o.At("amazon-bedrock-invocationMetrics").Number("inputTokenCount"); ok {
			input = n
			output, _ = o.At("amazon-bedrock-invocationMetrics").Number("outputTokenCount")
		}
		for _, name := range []string{"cache_read_input_tokens", "cache_creation_input_tokens"} {
			n, _ := o.At("message", "usage").Number(name)
			cached += n
		}
		if n, ok := o.At("usage").Number("output_tokens"); ok {
			claudes = n
		}
	}
	f.Feed(c.Body, each)
	f.Close(each)
	if claudes >= 0 {
		output = claudes
	}
	for _, size := range []int{1, 1000, len(c.Body)} {
		r, _, why := dialecttest.Relay(invoke.Dialect, llm.OpChat, c.Body, size)
		switch {
		case why != "":
			return why
		case !r.Ended:
			return "no proper end"
		case input < 0: // a guardrail answered
			return ""
		}
		if why := differs(r, input+cached, output); why != "" {
			return why
		}
	}
	return ""
}
