package openaichat_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// request is a usual request of about 1 KB, or more with further turns.
func request(turns int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"model":"gpt-x","messages":[{"role":"system","content":"You are a helpful assistant that answers briefly and to the point."}`)
	for range turns {
		b.WriteString(`,{"role":"user","content":"` + strings.Repeat(`A plain line, as people write them. `, 6) + `"},{"role":"assistant","content":"` + strings.Repeat(`And so it is answered. `, 8) + `"}`)
	}
	b.WriteString(`,{"role":"user","content":"What is the weather in Paris?"}],"temperature":0.5,"max_tokens":512,"tools":[{"type":"function","function":{"name":"weather","description":"Tells the weather.","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}],"tool_choice":"auto"}`)
	return b.Bytes()
}

func BenchmarkRequest(b *testing.B) {
	for name, turns := range map[string]int{"1KB": 1, "20KB": 47} {
		body := request(turns)
		to := &dialect.Target{Provider: "p", Model: "gpt-x", Stream: true}
		b.Run("parse/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := codec.ParseRequest(body); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("format/"+name, func(b *testing.B) {
			r, err := codec.ParseRequest(body)
			if err != nil {
				b.Fatal(err)
			}
			r.Dialect = "other"
			var dst []byte
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				w, err := codec.FormatRequest(dst[:0], r, to)
				if err != nil {
					b.Fatal(err)
				}
				dst = w.Body
			}
		})
	}
}

// BenchmarkStreamCodec reads and writes the 67 events of a usual stream, one after the other.
func BenchmarkStreamCodec(b *testing.B) {
	events := bytes.Split(bytes.TrimSpace(stream(true)), []byte("\n\n"))
	for i := range events {
		events[i] = bytes.TrimPrefix(events[i], []byte("data: "))
	}
	c := aCall(&llm.Request{Has: llm.Of(llm.FStreamUsage)})
	b.Run("parse", func(b *testing.B) {
		var scratch []llm.Event
		b.ReportAllocs()
		for b.Loop() {
			p := codec.NewStreamParser(c)
			for _, data := range events {
				scratch = p.Parse(scratch[:0], nil, data)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(events)), "ns/event")
	})
	b.Run("both", func(b *testing.B) {
		var scratch []llm.Event
		var dst []byte
		b.ReportAllocs()
		for b.Loop() {
			p, f := codec.NewStreamParser(c), codec.NewStreamFormatter(c)
			for _, data := range events {
				scratch = p.Parse(scratch[:0], nil, data)
				dst = dst[:0]
				for i := range scratch {
					dst = f.Format(dst, &scratch[i])
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(events)), "ns/event")
	})
}

func BenchmarkAnswerCodec(b *testing.B) {
	body, c := answer(4), aCall(nil)
	var dst []byte
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		a, err := codec.ParseAnswer(body, c)
		if err != nil {
			b.Fatal(err)
		}
		dst = codec.FormatAnswer(dst[:0], a, c)
	}
}
