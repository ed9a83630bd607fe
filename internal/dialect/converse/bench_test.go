package converse_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// chatBody is a request of about n bytes.
func chatBody(n int) []byte {
	tools := `"toolConfig":{"tools":[{"toolSpec":{"name":"get_weather","description":"The weather at a place.","inputSchema":{"json":{"type":"object","properties":{"place":{"type":"string"}},"required":["place"]}}}}],"toolChoice":{"auto":{}}}`
	head := `{"system":[{"text":"Be brief."}],"messages":[{"role":"user","content":[{"text":"What is the weather in Gent?"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"tooluse_1","name":"get_weather","input":{"place":"Gent"}}}]},` +
		`{"role":"user","content":[{"toolResult":{"toolUseId":"tooluse_1","content":[{"text":"rain"}]}},{"text":"`
	tail := `"}]}],"inferenceConfig":{"maxTokens":100,"temperature":0.5},` + tools + `}`
	return []byte(head + strings.Repeat("words and more ", max(0, n-len(head)-len(tail))/15) + tail)
}

func BenchmarkRequest(b *testing.B) {
	to := &dialect.Target{Provider: "p", Model: sonnet}
	for _, size := range []struct {
		name string
		n    int
	}{{"1KB", 1 << 10}, {"64KB", 64 << 10}} {
		body := chatBody(size.n)
		b.Run("parse "+size.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := codec.ParseRequest(body); err != nil {
					b.Fatal(err)
				}
			}
		})
		r := foreign(b, string(body))
		var out []byte
		b.Run("format "+size.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				w, err := codec.FormatRequest(out[:0], r, to)
				if err != nil {
					b.Fatal(err)
				}
				out = w.Body
			}
		})
	}
}

func BenchmarkAnswer(b *testing.B) {
	body := []byte(`{"metrics":{"latencyMs":700},"output":{"message":{"content":[{"text":"` + strings.Repeat("words and more ", 60) + `"},{"toolUse":{"toolUseId":"t","name":"f","input":{"a":1}}}],"role":"assistant"}},"stopReason":"tool_use","usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3}}`)
	c := call()
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		a, err := codec.ParseAnswer(body, c)
		if err != nil {
			b.Fatal(err)
		}
		out = codec.FormatAnswer(out[:0], a, c)
	}
}

func BenchmarkStreamEvent(b *testing.B) {
	name, data := []byte("contentBlockDelta"), []byte(`{"contentBlockIndex":0,"delta":{"text":" a few words"},"p":"abcdefghijklmnopqrstuvwxyz"}`)
	b.Run("parse", func(b *testing.B) {
		p := codec.NewStreamParser(call())
		var events []llm.Event
		b.ReportAllocs()
		for b.Loop() {
			events = p.Parse(events[:0], name, data)
		}
	})
	b.Run("format", func(b *testing.B) {
		w := codec.NewStreamFormatter(call())
		e := &llm.Event{Kind: llm.Delta, What: llm.Text, Text: raw(`" a few words"`)}
		var out []byte
		b.ReportAllocs()
		for b.Loop() {
			out = w.Format(out[:0], e)
		}
	})
	b.Run("meter", func(b *testing.B) {
		m := converse.Dialect.NewMeter(llm.OpChat)
		b.ReportAllocs()
		for b.Loop() {
			m.Event(name, data)
		}
	})
}
