package openairesponses_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// conversation is a request of about so many bytes.
func conversation(size int) []byte {
	head := `{"model":"gpt-5.2","instructions":"You help with travel. Be brief and name prices.","input":[{"role":"user","content":[{"type":"input_text","text":"Which train goes from Bern to Milan in the morning?"}]},{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"A question about trains."}],"encrypted_content":"gAAAAAB"},{"type":"function_call","id":"fc_1","call_id":"call_1","name":"find_train","arguments":"{\"from\":\"Bern\",\"to\":\"Milan\"}"},{"type":"function_call_output","call_id":"call_1","output":"EC 51, 7:34, 79.00"}`
	tail := `],"tools":[{"type":"function","name":"find_train","description":"Finds a train.","parameters":{"type":"object","properties":{"from":{"type":"string"},"to":{"type":"string"}},"required":["from","to"]},"strict":false}],"tool_choice":"auto","temperature":1,"max_output_tokens":800,"stream":true}`
	var b strings.Builder
	b.WriteString(head)
	for b.Len()+len(tail) < size {
		b.WriteString(`,{"role":"user","content":"` + strings.Repeat(`A line of text that says little,\n`, 30) + `"}`)
	}
	b.WriteString(tail)
	return []byte(b.String())
}

func BenchmarkRequest(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		body := conversation(size)
		to := &dialect.Target{Provider: "p", Model: "gpt-5.2", Stream: true}
		b.Run(fmt.Sprintf("parse/%dK", size>>10), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := codec.ParseRequest(body); err != nil {
					b.Fatal(err)
				}
			}
		})
		r, err := codec.ParseRequest(body)
		if err != nil {
			b.Fatal(err)
		}
		foreign := *r
		foreign.Dialect = "chat"
		for name, r := range map[string]*llm.Request{"own": r, "foreign": &foreign} {
			b.Run(fmt.Sprintf("format/%s/%dK", name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				var out []byte
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
}

func BenchmarkStreamEvent(b *testing.B) {
	data := []byte(`{"type":"response.output_text.delta","sequence_number":42,"item_id":"msg_67c9a1","output_index":1,"content_index":0,"delta":" and then","logprobs":[],"obfuscation":"x8Kq2"}`)
	name := []byte("response.output_text.delta")
	c := aCall()
	b.Run("parse", func(b *testing.B) {
		p := codec.NewStreamParser(c)
		var events []llm.Event
		b.ReportAllocs()
		for b.Loop() {
			if events = p.Parse(events[:0], name, data); len(events) == 0 {
				b.Fatal("nothing was read")
			}
		}
	})
	b.Run("format", func(b *testing.B) {
		f := codec.NewStreamFormatter(c)
		out := f.Format(nil, &llm.Event{Kind: llm.PartStart, What: llm.Text})
		delta := &llm.Event{Kind: llm.Delta, What: llm.Text, Text: llm.Raw(`" and then"`)}
		b.ReportAllocs()
		for b.Loop() {
			out = f.Format(out[:0], delta)
		}
	})
}
