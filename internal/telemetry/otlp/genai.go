package otlp

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	bridge "go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/sluice-gateway/sluice/internal/proxy"
)

// maxSeries bounds the label sets; the models of later ones are "other".
const maxSeries = 1000

// Boundaries that the conventions advise.
// https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
var (
	durationBounds = []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92}
	tokenBounds    = []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864}
	chunkBounds    = []float64{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0}
)

// units are those of the conventions, by metric.
var units = map[string]string{
	"gen_ai.client.operation.duration":            "s",
	"gen_ai.client.operation.time_to_first_chunk": "s",
	"gen_ai.client.token.usage":                   "{token}",
}

// genai counts calls under the conventions' names. It uses histograms of the Prometheus
// library with resolved handles: a call costs a look-up, and no metric of /metrics changes.
type genai struct {
	registry *prometheus.Registry
	produce  sdkmetric.Producer
	vendor   func(provider string) Vendor
	duration *prometheus.HistogramVec
	chunk    *prometheus.HistogramVec
	tokens   *prometheus.HistogramVec
	series   sync.Map // genaiKey → *genaiSeries
	count    atomic.Int64
}

type genaiKey struct{ operation, provider, model, fault string }

type genaiSeries struct{ duration, chunk, input, output prometheus.Observer }

var genaiLabels = []string{"gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "server.address", "server.port", "error.type"}

func newGenAI(vendor func(string) Vendor) *genai {
	g := &genai{registry: prometheus.NewRegistry(), vendor: vendor}
	histogram := func(name, help string, bounds []float64, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: bounds}, append(genaiLabels[:len(genaiLabels):len(genaiLabels)], labels...))
		g.registry.MustRegister(h)
		return h
	}
	g.duration = histogram("gen_ai.client.operation.duration", "Duration of a call, over all its attempts.", durationBounds)
	g.chunk = histogram("gen_ai.client.operation.time_to_first_chunk", "Time to the first content of a stream.", chunkBounds)
	g.tokens = histogram("gen_ai.client.token.usage", "Tokens of calls.", tokenBounds, "gen_ai.token.type")
	g.produce = bridge.NewMetricProducer(bridge.WithGatherer(g.registry))
	return g
}

// observe counts a call that came as far as a provider.
func (g *genai) observe(o *proxy.Observation) {
	e := o.Entry
	if e.Provider == "" || e.Operation == "" || len(e.Attempts) == 0 {
		return
	}
	k := genaiKey{e.Operation, e.Provider, e.Model, e.ErrorCode}
	if e.ErrorCode != "" {
		k.model = "" // a name that no vendor accepted makes no series
	}
	s := g.of(k)
	s.duration.Observe(o.Latency)
	if e.Stream && o.First >= 0 {
		s.chunk.Observe(o.First)
	}
	if n := e.Usage.InputTokens; n.Known {
		s.input.Observe(float64(n.N))
	}
	if n := e.Usage.OutputTokens; n.Known {
		s.output.Observe(float64(n.N))
	}
}

func (g *genai) of(k genaiKey) *genaiSeries {
	if s, ok := g.series.Load(k); ok {
		return s.(*genaiSeries)
	}
	if g.count.Load() >= maxSeries {
		k.model = "other"
	}
	v, port := g.vendor(k.provider), ""
	if v.Port > 0 {
		port = strconv.Itoa(v.Port)
	}
	l := []string{operation(k.operation), v.Name, k.model, v.Address, port, k.fault}
	s, had := g.series.LoadOrStore(k, &genaiSeries{
		duration: g.duration.WithLabelValues(l...), chunk: g.chunk.WithLabelValues(l...),
		input: g.tokens.WithLabelValues(append(l[:len(l):len(l)], "input")...), output: g.tokens.WithLabelValues(append(l[:len(l):len(l)], "output")...),
	})
	if !had {
		g.count.Add(1)
	}
	return s.(*genaiSeries)
}

// Produce implements sdkmetric.Producer: units as the conventions have them, ports as
// numbers, no attribute that says nothing and no series that has counted nothing.
func (g *genai) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	all, err := g.produce.Produce(ctx)
	for i := range all {
		all[i].Scope = instrumentation.Scope{Name: scope, SchemaURL: schema}
		for j := range all[i].Metrics {
			m := &all[i].Metrics[j]
			m.Unit = units[m.Name]
			if h, ok := m.Data.(metricdata.Histogram[float64]); ok {
				h.DataPoints = tidy(h.DataPoints)
				m.Data = h
			}
		}
	}
	return all, err
}

func tidy(points []metricdata.HistogramDataPoint[float64]) (out []metricdata.HistogramDataPoint[float64]) {
	for _, p := range points {
		if p.Count == 0 {
			continue
		}
		var kept []attribute.KeyValue
		for _, a := range p.Attributes.ToSlice() {
			switch port, err := strconv.Atoi(a.Value.AsString()); {
			case a.Value.AsString() == "":
			case a.Key == "server.port" && err == nil:
				kept = append(kept, attribute.Int("server.port", port))
			default:
				kept = append(kept, a)
			}
		}
		p.Attributes = attribute.NewSet(kept...)
		out = append(out, p)
	}
	return out
}
