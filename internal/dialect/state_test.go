package dialect_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestAnEnvelopeIsFoundWhereverItStands(t *testing.T) {
	envelope := dialect.Wrap(&llm.Opaque{Dialect: "a", Provider: "p", Model: "m", Kind: "signature", Value: "v"}, "b")
	prefix := envelope[:12]
	for name, around := range map[string][2]string{
		"alone": {}, "in a body": {`{"x":"`, `"}`}, "behind a part of one": {prefix[:11], ""}, "behind the second half of one": {prefix[5:], ""},
		"behind letters like its own": {strings.Repeat("W", 5000), strings.Repeat("W", 5000)}, "in base64": {strings.Repeat(prefix[3:9], 9999), ""},
	} {
		if !dialect.HoldsEnvelope([]byte(around[0] + envelope + around[1])) {
			t.Errorf("%s: not found", name)
		}
		if body := around[0] + around[1] + prefix[:11]; dialect.HoldsEnvelope([]byte(body)) {
			t.Errorf("%s: found where there is none", name)
		}
	}
}

func BenchmarkHoldsEnvelope(b *testing.B) {
	for name, text := range map[string]string{
		"text": "What a gateway forwards, it forwards as it came, 1,024 bytes or more. ", "base64": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJWWc2x1", "worst": "W",
	} {
		body := []byte(strings.Repeat(text, 20<<10/len(text)))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if dialect.HoldsEnvelope(body) {
					b.Fatal("found")
				}
			}
		})
	}
}
