package openairesponses_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func BenchmarkAnswer(b *testing.B) {
	body := []byte(`{"id":"resp_67ccd3a9da748190baa7f1570fe91ac604becb25c45c1d41","object":"response","created_at":1741476777,"status":"completed","error":null,"incomplete_details":null,"model":"gpt-x-2026-01-02","output":[{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"` +
		strings.Repeat("A plain line of sixty characters or so, as many answers have.", 6) +
		`","annotations":[]}]}],"parallel_tool_calls":true,"service_tier":"default","usage":{"input_tokens":328,"input_tokens_details":{"cached_tokens":0},"output_tokens":52,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":380},"user":null,"metadata":{}}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		m := openairesponses.Dialect.NewMeter(llm.OpChat)
		m.Answer("application/json", body)
		if m.Report().Usage.OutputTokens.N != 52 {
			b.Fatal("usage was not read")
		}
	}
}
