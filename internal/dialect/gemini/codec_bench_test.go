package gemini_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// body is a request of about 1 KB with words of some size beside.
func body(size int) []byte {
	return []byte(`{"systemInstruction":{"parts":[{"text":"You are a helpful assistant that answers questions about the weather."}]},"contents":[` +
		`{"role":"user","parts":[{"text":"What is the weather in Gent and in Paris? ` + strings.Repeat("word ", size/5) + `"}]},` +
		`{"role":"model","parts":[{"functionCall":{"id":"c1","name":"weather","args":{"city":"Gent"}},"thoughtSignature":"c2lnbmF0dXJl"},{"functionCall":{"id":"c2","name":"weather","args":{"city":"Paris"}}}]},` +
		`{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"weather","response":{"output":"rain"}}},{"functionResponse":{"id":"c2","name":"weather","response":{"output":"sun"}}}]}],` +
		`"tools":[{"functionDeclarations":[{"name":"weather","description":"Tells the weather of a city.","parametersJsonSchema":{"type":"object","properties":{"city":{"type":"string","description":"the city"}},"required":["city"]}}]}],` +
		`"generationConfig":{"temperature":0.7,"maxOutputTokens":1024,"stopSequences":["END"]}}`)
}

func BenchmarkRequest(b *testing.B) {
	for name, size := range map[string]int{"1KB": 0, "64KB": 64 << 10} {
		in := body(size)
		to := dialect.Target{Provider: "p", Model: "gemini-2.5-flash"}
		var dst []byte
		b.Run(name+"/parse", func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := gemini.Dialect.Codec.ParseRequest(in); err != nil {
					b.Fatal(err)
				}
			}
		})
		r, err := gemini.Dialect.Codec.ParseRequest(in)
		if err != nil {
			b.Fatal(err)
		}
		r.Dialect = "chat"
		b.Run(name+"/format", func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				w, err := gemini.Dialect.Codec.FormatRequest(dst[:0], r, &to)
				if err != nil {
					b.Fatal(err)
				}
				dst = w.Body
			}
		})
	}
}

func BenchmarkStreamEvent(b *testing.B) {
	data := []byte(`{"candidates": [{"content": {"parts": [{"text": "It will rain in Gent tomorrow, so take a coat"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 30,"candidatesTokenCount": 3,"totalTokenCount": 45,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 30}],"thoughtsTokenCount": 12},"modelVersion": "gemini-2.5-flash","responseId": "made-up-1"}`)
	p := gemini.Dialect.Codec.NewStreamParser(theCall)
	var events []llm.Event
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			events = p.Parse(events[:0], nil, data)
		}
	})
	f := gemini.Dialect.Codec.NewStreamFormatter(theCall)
	events = p.Parse(events[:0], nil, data)
	var dst []byte
	b.Run("format", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			dst = dst[:0]
			for i := range events {
				dst = f.Format(dst, &events[i])
			}
		}
	})
}

func BenchmarkAnswer(b *testing.B) {
	in := []byte(`{"candidates":[{"content":{"parts":[{"text":"It will rain."},{"functionCall":{"id":"c","name":"warn","args":{"who":"all"}},"thoughtSignature":"c2ln"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":30,"candidatesTokenCount":3,"totalTokenCount":45,"thoughtsTokenCount":12},"modelVersion":"gemini-2.5-flash","responseId":"made-up-1"}`)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		a, err := gemini.Dialect.Codec.ParseAnswer(in, theCall)
		if err != nil {
			b.Fatal(err)
		}
		dst = gemini.Dialect.Codec.FormatAnswer(dst[:0], a, theCall)
	}
}
