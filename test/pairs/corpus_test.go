package pairs_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// tongues are the APIs of the recordings that are conversations in a dialect.
var tongues = map[string]dialect.Name{
	"chat": dialect.Chat, "responses": dialect.Responses, "messages": dialect.Messages, "anthropic-messages": dialect.Messages,
	"generate": dialect.Gemini, "converse": dialect.Converse, "chat-v2": dialect.Cohere,
}

// TestEveryRecordedAnswerKeepsToTheGrammarOfEachCaller reads what vendors have answered,
// streamed or whole, and streams it to callers of all dialects; each stream must pass
// the dialect's checker.
func TestEveryRecordedAnswerKeepsToTheGrammarOfEachCaller(t *testing.T) {
	all := map[dialect.Name]*dialect.Dialect{}
	for _, d := range conversing(t) {
		all[d.Name] = d
	}
	var apis []string
	for api := range tongues {
		apis = append(apis, api)
	}
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, apis...) {
		if c.Status != 200 {
			continue
		}
		from := all[tongues[c.API]]
		for _, to := range all {
			if to == from { // such answers are forwarded
				continue
			}
			if why, counts := retold(from, to, c); counts {
				table.Add(c, why)
			}
		}
	}
	table.Report(t)
}

// retold says how an answer that is told to a caller breaks its dialect's grammar.
// Answers that fail are told in another way, and do not count.
func retold(from, to *dialect.Dialect, c *dialecttest.Case) (why string, counts bool) {
	call := dialecttest.CodecCall(to.Name)
	var events []llm.Event
	if c.Framing == "json" {
		a, err := from.Codec.ParseAnswer(c.Body, call)
		if err != nil {
			return "", false
		}
		if body := to.Codec.FormatAnswer(nil, a, call); !json.Valid(body) {
			return fmt.Sprintf("to %s: no JSON", to.Name), true
		}
		llm.Replay(a, func(e *llm.Event) { events = append(events, *e) })
	} else {
		events = dialecttest.ParseStream(from, call, c.Body, 64<<10)
	}
	stream, failed := dialecttest.FormatEvents(to, call, events)
	if failed != nil || garbled(events) {
		return "", false
	}
	if err := dialecttest.CheckStream(to.Name, stream); err != nil {
		return fmt.Sprintf("to %s: %v", to.Name, err), true
	}
	return "", true
}

// garbled reports whether a model wrote arguments that are no JSON object: they reach a
// caller as they came.
func garbled(events []llm.Event) bool {
	type key struct{ choice, part int }
	calls := map[key]string{}
	for i := range events {
		if e := &events[i]; e.Kind == llm.Delta && e.What == llm.ToolCall && !e.Custom {
			text, _ := jsonscan.String(e.Text)
			calls[key{e.Choice, e.Part}] += text
		}
	}
	for _, arguments := range calls {
		if arguments = strings.TrimSpace(arguments); arguments != "" && (arguments[0] != '{' || !json.Valid([]byte(arguments))) {
			return true
		}
	}
	return false
}
