package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// cacheMetrics count what the cache was to calls.
type cacheMetrics struct {
	calls *prometheus.CounterVec
	saved *prometheus.CounterVec
}

// CacheTier is how a place stands where answers are kept.
type CacheTier struct {
	Name    string
	Answers float64
	Bytes   float64
}

func newCacheMetrics(r prometheus.Registerer, tiers func() []CacheTier) cacheMetrics {
	m := cacheMetrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sluice_cache_requests_total", Help: "Calls at gateways with a cache, by what it was to them (the header sluice-cache)."}, []string{"gateway", "outcome"}),
		saved: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sluice_cache_saved_usd_total", Help: "What answers had cost that were given again, in US dollars."}, []string{"gateway"}),
	}
	r.MustRegister(m.calls, m.saved)
	m.calls.WithLabelValues("default", "hit") // so that the metrics are there before they are needed
	m.saved.WithLabelValues("default")
	if tiers != nil {
		r.MustRegister(&tierGauges{
			read:    tiers,
			answers: prometheus.NewDesc("sluice_cache_answers", "Answers that are kept, by place.", []string{"tier"}, nil),
			bytes:   prometheus.NewDesc("sluice_cache_bytes", "Bytes that kept answers take, by place.", []string{"tier"}, nil),
		})
	}
	return m
}

// see counts a call, and reports whether its answer was no vendor's to it.
func (m *cacheMetrics) see(e *gateway.Entry) (kept bool) {
	if e.Cache == "off" || e.Cache == "" {
		return false
	}
	m.calls.WithLabelValues(e.Gateway, e.Cache).Inc()
	if e.Saved.Known && e.Saved.USD > 0 {
		m.saved.WithLabelValues(e.Gateway).Add(float64(e.Saved.USD) / 1e9)
	}
	return e.Cache != "miss" && e.Cache != "bypass"
}

// tierGauges read the places when they are asked for.
type tierGauges struct {
	read           func() []CacheTier
	answers, bytes *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (t *tierGauges) Describe(to chan<- *prometheus.Desc) { to <- t.answers; to <- t.bytes }

// Collect implements prometheus.Collector.
func (t *tierGauges) Collect(to chan<- prometheus.Metric) {
	for _, one := range t.read() {
		to <- prometheus.MustNewConstMetric(t.answers, prometheus.GaugeValue, one.Answers, one.Name)
		to <- prometheus.MustNewConstMetric(t.bytes, prometheus.GaugeValue, one.Bytes, one.Name)
	}
}
