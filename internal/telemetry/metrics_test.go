package telemetry_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/proxy"
	"github.com/sluice-gateway/sluice/internal/telemetry"
)

func none() float64 { return 0 }

func newMetrics() *telemetry.Metrics {
	return telemetry.NewMetrics(telemetry.Gauges{SpoolDepth: none, SpoolBytes: none, BodiesDropped: none, InFlight: none, Keys: none}, "test")
}

func observation() *proxy.Observation {
	return &proxy.Observation{
		Entry: &gateway.Entry{Gateway: "default", Provider: "vendor", Model: "model-5-mini", Operation: "chat", Status: 200,
			Usage: llm.Usage{InputTokens: llm.Known(1200), OutputTokens: llm.Known(321), CacheReadTokens: llm.Known(1000)},
			Cost:  gateway.Cost{USD: 1_234_567, Known: true}},
		Overhead: .00012, Latency: 1.8, First: .21,
	}
}

func BenchmarkObserve(b *testing.B) {
	b.Run("serial", func(b *testing.B) {
		m, o := newMetrics(), observation()
		b.ReportAllocs()
		for b.Loop() {
			m.Observe(o)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		m, o := newMetrics(), observation()
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				m.Observe(o)
			}
		})
	})
}
