package otlp

import (
	"log/slog"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// counts say what became of what was to be sent.
type counts struct {
	exported, dropped *prometheus.CounterVec
}

func newCounts(r prometheus.Registerer) *counts {
	c := &counts{
		exported: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sluice_otel_exported_total", Help: "Calls, log records and rounds of metrics that a destination of OTLP took."}, []string{"destination", "signal"}),
		dropped:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sluice_otel_dropped_total", Help: "Calls, log records and rounds of metrics that a destination of OTLP did not get: its queue was full, it did not take them, or refused calls were too many."}, []string{"destination", "signal", "reason"}),
	}
	r.MustRegister(c.exported, c.dropped)
	c.exported.WithLabelValues("", "traces") // so that the metrics are there before they are needed
	c.dropped.WithLabelValues("", "traces", "flood")
	return c
}

// flood counts a refused call that is one too many, for all destinations together.
func (c *counts) flood() { c.dropped.WithLabelValues("", "traces", "flood").Inc() }

// standing counts for one destination and signal, and says once when it goes away and once
// when it is back.
type standing struct {
	destination, signal string

	exported, fullness, failures, rejects prometheus.Counter
	away, picky                           atomic.Bool
	why                                   atomic.Pointer[string] // the last that went wrong; nil = nothing yet
	log                                   *slog.Logger
}

// standing gives the makers of a destination's counts, by signal.
func (e *Exporter) standing(d *Destination) func(signal string) *standing {
	return func(signal string) *standing {
		s := &standing{
			destination: d.Name, signal: signal,
			exported: e.counts.exported.WithLabelValues(d.Name, signal),
			fullness: e.counts.dropped.WithLabelValues(d.Name, signal, "full"),
			failures: e.counts.dropped.WithLabelValues(d.Name, signal, "failed"),
			rejects:  e.counts.dropped.WithLabelValues(d.Name, signal, "rejected"),
			log:      e.opt.Log.With("destination", d.Name, "signal", signal),
		}
		e.standings = append(e.standings, s)
		return s
	}
}

func (s *standing) full() { s.fullness.Inc() }

// sent counts n things of which err says whether they arrived.
func (s *standing) sent(n int, err error) {
	if err != nil {
		if wrong, why, ok := rejected(err); ok {
			s.partly(n, wrong, why)
			return
		}
		s.failures.Add(float64(n))
		s.fault(cut(err.Error()))
		if !s.away.Swap(true) {
			s.log.Warn("a destination of OTLP does not take what it is sent; that is dropped until it does", "error", cut(err.Error()))
		}
		return
	}
	s.picky.Store(false)
	s.arrived(n)
}

// partly counts n things of which a destination took some for wrong. They must not be sent
// again. Of a call it may be one span.
func (s *standing) partly(n, wrong int, why string) {
	s.fault(why)
	if !s.picky.Swap(true) {
		s.log.Warn("a destination of OTLP does not take all that it is sent", "rejected", wrong, "reason", why)
	}
	wrong = min(wrong, n)
	s.rejects.Add(float64(wrong))
	s.arrived(n - wrong)
}

func (s *standing) fault(why string) { s.why.Store(&why) }

// Standing is how a destination stands for one signal.
type Standing struct {
	Destination, Signal string
	Away                bool   // it did not take what it was sent last
	Rejects             bool   // it took some of what it was sent last for wrong
	Error               string // why, "" = nothing ever went wrong
}

// Standings gives how all destinations stand; none of a nil Exporter. It is safe for
// concurrent use once New has returned.
func (e *Exporter) Standings() (all []Standing) {
	if e == nil {
		return nil
	}
	for _, s := range e.standings {
		one := Standing{Destination: s.destination, Signal: s.signal, Away: s.away.Load(), Rejects: s.picky.Load()}
		if why := s.why.Load(); why != nil {
			one.Error = *why
		}
		all = append(all, one)
	}
	return all
}

func (s *standing) arrived(n int) {
	s.exported.Add(float64(n))
	if s.away.Swap(false) {
		s.log.Info("a destination of OTLP takes what it is sent again")
	}
}
