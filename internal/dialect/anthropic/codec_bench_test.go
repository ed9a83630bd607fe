package anthropic_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func chat(kilobytes int) []byte {
	words := strings.Repeat(`The quick brown fox jumps over a lazy dog, and says nothing about it at all.\n`, 13)
	var turns strings.Builder
	for i := range kilobytes {
		if i > 0 {
			turns.WriteString(`,{"role":"assistant","content":"ok"},`)
		}
		turns.WriteString(`{"role":"user","content":[{"type":"text","text":"` + words + `"}]}`)
	}
	return []byte(`{"model":"claude-sonnet-4-5","max_tokens":1024,"temperature":0.5,"system":"Be brief.","messages":[` + turns.String() + `]}`)
}

func benchmarkRequest(b *testing.B, kilobytes int) {
	body := chat(kilobytes)
	to := &dialect.Target{Provider: "p", Model: "claude-sonnet-4-5", Stream: true}
	dst := make([]byte, 0, 2*len(body))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := codec.ParseRequest(body)
		if err != nil {
			b.Fatal(err)
		}
		r.Dialect = "chat"
		if _, err := codec.FormatRequest(dst, r, to); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRequest1K(b *testing.B)  { benchmarkRequest(b, 1) }
func BenchmarkRequest64K(b *testing.B) { benchmarkRequest(b, 64) }

func BenchmarkStreamEvent(b *testing.B) {
	c := callOf()
	p := codec.NewStreamParser(c)
	f := codec.NewStreamFormatter(c)
	var events []llm.Event
	var out []byte
	step := func(name, data string) {
		events = p.Parse(events[:0], []byte(name), []byte(data))
		for i := range events {
			out = f.Format(out[:0], &events[i])
		}
	}
	step("message_start", `{"type":"message_start","message":{"id":"msg_1","model":"m"}}`)
	step("content_block_start", `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`)
	name, data := []byte("content_block_delta"), []byte(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" and so on it goes"}}`)
	b.ReportAllocs()
	for b.Loop() {
		events = p.Parse(events[:0], name, data)
		for i := range events {
			out = f.Format(out[:0], &events[i])
		}
	}
}

func BenchmarkAnswer1K(b *testing.B) {
	text := strings.Repeat(`The quick brown fox says \"no\" to a lazy dog. `, 20)
	body := []byte(`{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"` + text + `"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":9,"service_tier":"standard"}}`)
	c := callOf()
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
