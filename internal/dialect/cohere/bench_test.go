package cohere_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ask is a plain request of about n bytes.
func ask(n int) []byte {
	return []byte(`{"model":"command-a-03-2025","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"` + strings.Repeat("words and ", n/10) + `"}],"temperature":0.3,"max_tokens":100,"tools":[{"type":"function","function":{"name":"f","description":"does","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}}]}`)
}

func benchmarkRequest(b *testing.B, size int, from string) {
	body := ask(size)
	to := &dialect.Target{Provider: "cohere", Model: "command-a-03-2025"}
	var out []byte
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := codec.ParseRequest(body)
		if err != nil {
			b.Fatal(err)
		}
		r.Dialect = from
		w, err := codec.FormatRequest(out[:0], r, to)
		if err != nil {
			b.Fatal(err)
		}
		out = w.Body
	}
}

func BenchmarkRequest1KB(b *testing.B)  { benchmarkRequest(b, 800, "chat") }
func BenchmarkRequest64KB(b *testing.B) { benchmarkRequest(b, 64_000, "chat") }

func BenchmarkAnswer1KB(b *testing.B) {
	body := []byte(`{"id":"1","message":{"role":"assistant","content":[{"type":"text","text":"` + strings.Repeat("words and ", 80) + `"}]},"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":500,"output_tokens":4},"cached_tokens":448}}`)
	var out []byte
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		a, err := codec.ParseAnswer(body, call)
		if err != nil {
			b.Fatal(err)
		}
		out = codec.FormatAnswer(out[:0], a, call)
	}
}

func benchmarkEvent(b *testing.B, name, data string) {
	p, f := codec.NewStreamParser(call), codec.NewStreamFormatter(call)
	f.Format(nil, &llm.Event{Kind: llm.Start})
	n, d := []byte(name), []byte(data)
	var events []llm.Event
	var out []byte
	for _, e := range [][2]string{{"message-start", `{"type":"message-start"}`}, {"tool-call-start", `{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"a","function":{"name":"f"}}}}}`}} {
		events = p.Parse(events[:0], []byte(e[0]), []byte(e[1]))
		for i := range events {
			f.Format(nil, &events[i])
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		events, out = p.Parse(events[:0], n, d), out[:0]
		for i := range events {
			out = f.Format(out, &events[i])
		}
	}
	if len(out) == 0 {
		b.Fatal("nothing was written")
	}
}

func BenchmarkTextEvent(b *testing.B) {
	benchmarkEvent(b, "content-delta", `{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" and a few words more"}}}}`)
}

func BenchmarkArgumentsEvent(b *testing.B) {
	benchmarkEvent(b, "tool-call-delta", `{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"city\": \"Oslo\"}"}}}}}`)
}

func BenchmarkMeterOverADelta(b *testing.B) {
	name, data := []byte("content-delta"), []byte(`{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" and a few words more"}}}}`)
	m := cohereMeter()
	b.ReportAllocs()
	for b.Loop() {
		m.Event(name, data)
	}
}
