package telemetry

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// TargetLevel says how far a target may be used with one credential.
type TargetLevel struct {
	Provider, Model, Credential string
	Level                       int // 0 healthy, 1 probing, 2 cooling, 3 drained
}

// maxTargets bounds the series of targets; the worst go first.
const maxTargets = 500

// targets collects how targets stand, anew at each scrape.
type targets struct {
	read func() []TargetLevel
	desc *prometheus.Desc
}

func newTargets(read func() []TargetLevel) *targets {
	return &targets{read, prometheus.NewDesc("sluice_target_health", "How far a target may be used: 0 healthy, 1 probing, 2 cooling, 3 drained.", []string{"provider", "model", "credential"}, nil)}
}

// Describe implements prometheus.Collector.
func (t *targets) Describe(to chan<- *prometheus.Desc) { to <- t.desc }

// Collect implements prometheus.Collector.
func (t *targets) Collect(to chan<- prometheus.Metric) {
	all := t.read()
	if len(all) > maxTargets {
		all = slices.Clone(all)
		slices.SortStableFunc(all, func(a, b TargetLevel) int { return b.Level - a.Level })
		all = all[:maxTargets]
	}
	for _, x := range all {
		to <- prometheus.MustNewConstMetric(t.desc, prometheus.GaugeValue, float64(x.Level), x.Provider, x.Model, x.Credential)
	}
}
