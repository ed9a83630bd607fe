package anthropic_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// FuzzMeter: whatever a vendor sends, a meter reads on and counts nothing below zero.
func FuzzMeter(f *testing.F) {
	for _, e := range split(stream(f, "stream-tools.txt")) {
		f.Add([]byte(e.name), []byte(e.data))
	}
	f.Add([]byte("error"), []byte(`{"type":"error","error":{"type":"overloaded_error","message":"m"}}`))
	f.Add([]byte("message_delta"), []byte(`{"usage":{"iterations":[{"type":"compaction","input_tokens":1}],"server_tool_use":{"x":1}}}`))
	f.Fuzz(func(t *testing.T, name, data []byte) {
		m := anthropic.Dialect.NewMeter(llm.OpChat)
		m.Event(name, data)
		m.Event(nil, data)
		m.Answer("application/json", data)
		u := m.Report().Usage
		for _, c := range []llm.Count{u.InputTokens, u.OutputTokens, u.CacheReadTokens, u.CacheWriteTokens, u.ReasoningTokens, u.AudioInputTokens, u.AudioOutputTokens, u.Images} {
			if c.N < 0 || !c.Known && c.N != 0 {
				t.Fatalf("%+v", u)
			}
		}
		if fault := anthropic.Dialect.ParseError(500, nil, data); fault == nil || fault.Message == "" {
			t.Fatal("an error without a message")
		}
	})
}
