package gemini_test

import (
	"bytes"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// FuzzMeter: whatever a vendor sends, a meter reads on and counts nothing below zero.
func FuzzMeter(f *testing.F) {
	chunks := bytes.Split(stream(f, "stream-tools.txt"), []byte("\r\n\r\n"))
	for _, chunk := range chunks {
		f.Add([]byte(nil), bytes.TrimPrefix(chunk, []byte("data: ")))
	}
	f.Add([]byte(nil), array(f, "stream-tools.txt"))
	f.Add([]byte(nil), []byte(`[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]`))
	f.Add([]byte(nil), []byte(`{"predictions":[{"mimeType":"image/png"}],"metadata":{"billableCharacterCount":2}}`))
	f.Fuzz(func(t *testing.T, name, data []byte) {
		m := gemini.Dialect.NewMeter(llm.OpChat)
		m.Event(name, data)
		m.Event(nil, data)
		m.Answer("application/json", data)
		u := m.Report().Usage
		for _, c := range []llm.Count{u.InputTokens, u.OutputTokens, u.CacheReadTokens, u.CacheWriteTokens, u.ReasoningTokens, u.AudioInputTokens, u.AudioOutputTokens, u.Images} {
			if c.N < 0 || !c.Known && c.N != 0 {
				t.Fatalf("%+v", u)
			}
		}
		if fault := gemini.Dialect.ParseError(500, nil, data); fault == nil || fault.Message == "" {
			t.Fatal("an error without a message")
		}
	})
}
