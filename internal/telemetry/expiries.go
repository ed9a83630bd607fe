package telemetry

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// expiries collects when things end by themselves, anew at each scrape.
type expiries struct {
	read func() map[string]time.Time
	desc *prometheus.Desc
}

func newExpiries(read func() map[string]time.Time) *expiries {
	return &expiries{read, prometheus.NewDesc("sluice_expiry_timestamp_seconds", "When the certificate of a listener ends, and the key that ends next, in seconds since 1970; +Inf: never.", []string{"of"}, nil)}
}

// Describe implements prometheus.Collector.
func (e *expiries) Describe(to chan<- *prometheus.Desc) { to <- e.desc }

// Collect implements prometheus.Collector.
func (e *expiries) Collect(to chan<- prometheus.Metric) {
	for of, at := range e.read() {
		v := math.Inf(1)
		if !at.IsZero() {
			v = float64(at.Unix())
		}
		to <- prometheus.MustNewConstMetric(e.desc, prometheus.GaugeValue, v, of)
	}
}
