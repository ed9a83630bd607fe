package ollama_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/ollama"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// final is what stands in a whole answer and in the last line of a stream.
type final struct {
	Done   bool   `json:"done"`
	Reason string `json:"done_reason"`
	Input  *int64 `json:"prompt_eval_count"`
	Output *int64 `json:"eval_count"`
	Error  string `json:"error"`
}

func TestRecordedAnswersGiveTheUsageThatTheyTell(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "native-chat", "native-generate", "embeddings-native") {
		if c.Provider == "ollama" {
			table.Add(c, check(c))
		}
	}
	table.Report(t)
}

func check(c *dialecttest.Case) string {
	if c.Status >= 400 {
		return dialecttest.CheckError(ollama.Dialect, c)
	}
	lines := strings.Split(strings.TrimSpace(string(c.Body)), "\n")
	var want final
	last := lines[len(lines)-1]
	if !strings.Contains(c.Kind, "stream") {
		last = string(c.Body)
	}
	if err := json.Unmarshal([]byte(last), &want); err != nil {
		return "it is no JSON: " + err.Error()
	}
	m := ollama.Dialect.NewMeter(llm.OpChat)
	if strings.Contains(c.Kind, "stream") {
		for _, size := range []int{1, 100, len(c.Body)} {
			r, signs, why := dialecttest.Relay(ollama.Dialect, llm.OpChat, c.Body, size)
			if why != "" {
				return why
			}
			if len(signs) < len(lines) || r.Ended != want.Done {
				return fmt.Sprintf("%d lines gave %d signs, ended %v", len(lines), len(signs), r.Ended)
			}
			if why := differs(&want, r.Usage, r.FinishReason); why != "" {
				return why
			}
		}
		return ""
	}
	m.Answer("application/json", c.Body)
	return differs(&want, m.Report().Usage, m.Report().FinishReason)
}

func differs(want *final, u llm.Usage, reason string) string {
	for name, pair := range map[string]struct {
		have llm.Count
		want *int64
	}{"input": {u.InputTokens, want.Input}, "output": {u.OutputTokens, want.Output}} {
		if pair.have.Known != (pair.want != nil) || pair.want != nil && pair.have.N != *pair.want {
			return fmt.Sprintf("%s is %v", name, pair.have)
		}
	}
	if reason != want.Reason {
		return "finish reason " + reason + ", want " + want.Reason
	}
	return ""
}
