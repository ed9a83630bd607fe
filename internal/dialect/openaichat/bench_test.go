package openaichat_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// stream is a usual stream of 67 events; padding is what a vendor adds to each.
func stream(padding bool) []byte {
	var b bytes.Buffer
	for i := range 65 {
		extra := ""
		if padding {
			extra = fmt.Sprintf(`,"obfuscation":"%.*s"`, i%9, "abcdefghi")
		}
		fmt.Fprintf(&b, `data: {"id":"chatcmpl-B1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-x","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" word%d"},"logprobs":null,"finish_reason":null}],"usage":null%s}`+"\n\n", i, extra)
	}
	b.WriteString(`data: {"id":"chatcmpl-B1","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":65,"total_tokens":75}}` + "\n\ndata: [DONE]\n\n")
	return b.Bytes()
}

// BenchmarkStream frames and meters a stream that comes an event a read.
func BenchmarkStream(b *testing.B) {
	for _, padding := range []bool{false, true} {
		b.Run(fmt.Sprintf("padding=%v", padding), func(b *testing.B) {
			body := stream(padding)
			events := bytes.SplitAfter(body, []byte("\n\n"))
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				m := openaichat.Dialect.NewMeter(llm.OpChat)
				f := dialect.NewSSE(openaichat.Dialect.Digest)
				take := func(e *dialect.Event) { m.Event(e.Name, e.Data) }
				for _, p := range events {
					f.Feed(p, take)
				}
				f.Close(take)
				if m.Report().Usage.OutputTokens.N != 65 {
					b.Fatal("usage was not read")
				}
			}
		})
	}
}

// BenchmarkAnswer meters whole answers: a usual one of about 1 KB, and one of 20 KB.
func BenchmarkAnswer(b *testing.B) {
	for name, lines := range map[string]int{"1KB": 4, "20KB": 240} {
		b.Run(name, func(b *testing.B) {
			body := answer(lines)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				m := openaichat.Dialect.NewMeter(llm.OpChat)
				m.Answer("application/json", body)
				if m.Report().Usage.OutputTokens.N != 65 {
					b.Fatal("usage was not read")
				}
			}
		})
	}
}

// answer is a usual answer with some lines of text.
func answer(lines int) []byte {
	return []byte(`{"id":"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG","object":"chat.completion","created":1741570283,"model":"gpt-x-2026-01-02","choices":[{"index":0,"message":{"role":"assistant","content":"` +
		strings.Repeat(`She said \"so\".\n A plain line of eighty characters or so, as answers have them. `, lines) +
		`","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":65,"total_tokens":75,` +
		`"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},` +
		`"service_tier":"default","system_fingerprint":"fp_fc9f1d7035"}`)
}
