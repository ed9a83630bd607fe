package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// BackupLevel says how backups by the clock stand, of all nodes together.
type BackupLevel struct {
	Made                                     time.Time // zero = none yet
	Interval, Took, Bytes, Failures, Overdue float64   // seconds, seconds, …; 1 = overdue
}

// backups collects how backups stand, anew at each scrape.
type backups struct {
	read                                           func() *BackupLevel
	made, interval, took, bytes, failures, overdue *prometheus.Desc
}

func newBackups(read func() *BackupLevel) *backups {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	return &backups{
		read,
		desc("sluice_backup_last_success_timestamp_seconds", "The moment that the newest backup by the clock holds."),
		desc("sluice_backup_interval_seconds", "How far backups by the clock are to lie apart."),
		desc("sluice_backup_duration_seconds", "How long the newest backup took."),
		desc("sluice_backup_size_bytes", "Size of the newest backup."),
		desc("sluice_backup_failures_total", "Backups by the clock that failed."),
		desc("sluice_backup_overdue_info", "1 while the newest backup is older than two intervals."),
	}
}

// Describe implements prometheus.Collector.
func (b *backups) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{b.made, b.interval, b.took, b.bytes, b.failures, b.overdue} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (b *backups) Collect(to chan<- prometheus.Metric) {
	l, failures := b.read(), 0.0
	if l != nil {
		failures = l.Failures
	}
	to <- prometheus.MustNewConstMetric(b.failures, prometheus.CounterValue, failures)
	if l == nil {
		return
	}
	gauge := func(d *prometheus.Desc, v float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	if !l.Made.IsZero() {
		gauge(b.made, float64(l.Made.Unix()))
		gauge(b.took, l.Took)
		gauge(b.bytes, l.Bytes)
	}
	gauge(b.interval, l.Interval)
	gauge(b.overdue, l.Overdue)
}
