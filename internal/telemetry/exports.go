package telemetry

import "github.com/prometheus/client_golang/prometheus"

// ExportLevel says how an export stands, of all nodes together.
type ExportLevel struct {
	Name                                      string
	Lag, Entries                              float64 // seconds, entries
	Sent, Failed, SetAside, Filtered, Deleted float64
}

// exports collects how exports stand, anew at each scrape.
type exports struct {
	read func() []ExportLevel
	lag  *prometheus.Desc
	open *prometheus.Desc
	sums []*prometheus.Desc
}

func newExports(read func() []ExportLevel) *exports {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{"export"}, nil)
	}
	return &exports{read, desc("sluice_export_lag_seconds", "Age of the oldest entry that an export has not passed."), desc("sluice_export_lag_entries", "Entries that an export has not passed."), []*prometheus.Desc{
		desc("sluice_export_sent_total", "Entries that an export's sink has taken."),
		desc("sluice_export_failed_total", "Tries of an export that failed."),
		desc("sluice_export_set_aside_total", "Entries that an export's sink refused for good."),
		desc("sluice_export_filtered_total", "Entries that an export's filter left out."),
		desc("sluice_export_deleted_total", "Entries that were deleted before they were exported."),
	}}
}

// Describe implements prometheus.Collector.
func (e *exports) Describe(to chan<- *prometheus.Desc) {
	to <- e.lag
	to <- e.open
	for _, d := range e.sums {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (e *exports) Collect(to chan<- prometheus.Metric) {
	for _, x := range e.read() {
		to <- prometheus.MustNewConstMetric(e.lag, prometheus.GaugeValue, x.Lag, x.Name)
		to <- prometheus.MustNewConstMetric(e.open, prometheus.GaugeValue, x.Entries, x.Name)
		for i, v := range []float64{x.Sent, x.Failed, x.SetAside, x.Filtered, x.Deleted} {
			to <- prometheus.MustNewConstMetric(e.sums[i], prometheus.CounterValue, v, x.Name)
		}
	}
}
