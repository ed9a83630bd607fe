package otlp

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	bridge "go.opentelemetry.io/contrib/bridges/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// meter is a destination of metrics.
type meter struct {
	exporter sdkmetric.Exporter
	timeout  time.Duration
	standing *standing
}

// measure sends all metrics every now and then, and once at the end. A round that does not
// arrive is made good by the next one: counters are sums since the start.
func (e *Exporter) measure(gather prometheus.Gatherer) {
	producers := []sdkmetric.Producer{bridge.NewMetricProducer(bridge.WithGatherer(gather)), e.genai}
	tick := time.NewTicker(e.opt.Every)
	defer tick.Stop()
	for ended := false; !ended; {
		select {
		case <-tick.C:
		case <-e.ctx.Done():
			ended = true
		}
		e.sendMetrics(producers)
	}
}

func (e *Exporter) sendMetrics(producers []sdkmetric.Producer) {
	all := &metricdata.ResourceMetrics{Resource: e.resource.sdk}
	for _, p := range producers {
		made, err := p.Produce(context.Background())
		if err != nil {
			e.opt.Log.Error("metrics cannot be gathered", "error", err)
		}
		all.ScopeMetrics = append(all.ScopeMetrics, made...)
	}
	var sending sync.WaitGroup // side by side: one that hangs delays no other
	defer sending.Wait()
	for _, m := range e.meters {
		sending.Go(func() {
			ctx, cancel := context.WithTimeout(e.sending, m.timeout)
			defer cancel()
			m.standing.sent(1, m.exporter.Export(ctx, all))
		})
	}
}
