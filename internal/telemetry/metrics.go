// Package telemetry is what machines and operators see: Prometheus metrics and
// structured logs. It decides nothing and enforces nothing.
package telemetry

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/proxy"
)

// maxSeries bounds the label sets that calls may make; later ones share "other".
const maxSeries = 1000

// labels of the per-call metrics. Only names that the operator configured or that a
// vendor accepted stand in them; what callers misspell does not make series.
var labels = []string{"gateway", "provider", "model", "operation", "status"}

// Metrics holds every sluice_* metric. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	first    *prometheus.HistogramVec
	overhead *prometheus.HistogramVec
	tokens   *prometheus.CounterVec
	cost     *prometheus.CounterVec
	errors   *prometheus.CounterVec
	attempts *prometheus.CounterVec
	streams  prometheus.Gauge
	away     prometheus.Gauge
	reached  *prometheus.CounterVec
	redacted *prometheus.CounterVec
	cache    cacheMetrics

	series sync.Map // seriesKey → *series
	count  atomic.Int64
}

type seriesKey struct {
	gateway, provider, model, operation string
	status                              int
}

// series are the resolved handles of one label set, so that a call costs no look-up by
// label.
type series struct {
	requests                prometheus.Counter
	latency, first          prometheus.Observer
	overhead                prometheus.Observer
	input, output           prometheus.Counter
	cacheRead, cacheWritten prometheus.Counter
	cost                    prometheus.Counter
}

// Gauges are read at scrape time.
type Gauges struct {
	SpoolDepth    func() float64
	SpoolBytes    func() float64
	BodiesDropped func() float64
	BodiesLocked  func() float64 // nil = none
	InFlight      func() float64
	Keys          func() float64
	SpoolOldest   func() float64              // seconds that the oldest entry of the spool waits; nil = not told
	StoreAway     func() float64              // 1 while the store takes no entries; nil = not told
	BudgetShare   func() float64              // of the budget that is nearest to its end; nil = not told
	Expiries      func() map[string]time.Time // what ends by itself, and when; zero = never; nil = not told
	Targets       func() []TargetLevel        // how targets stand; nil = not told
	Exports       func() []ExportLevel        // how exports stand; nil = not told
	Backups       func() *BackupLevel         // how backups by the clock stand; nil = not told
	Cache         func() []CacheTier          // the places where answers are kept; nil = not told
	Intents       func(result string) float64 // calls whose intent was asked for, by a word of intentResults; nil = not told
}

// intentResults are how an intent was told.
var intentResults = [...]string{"remembered", "embedded", "late", "failed", "skipped"}

// NewMetrics makes the metrics; the gauges' functions must be safe for concurrent use.
func NewMetrics(g Gauges, version string) *Metrics {
	seconds := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sluice_requests_total", Help: "Calls that ended, by the status that the caller saw."}, labels),
		latency:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "sluice_request_duration_seconds", Help: "Time from the first line of a call to the end of its answer.", Buckets: seconds}, labels[:4]),
		first:    prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "sluice_first_byte_seconds", Help: "Time to the first byte of an answer, of a stream to its first content.", Buckets: seconds}, labels[:4]),
		overhead: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "sluice_overhead_seconds", Help: "Time of a call that was not spent waiting for a provider.", Buckets: []float64{.00001, .000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .1, 1}}, labels[:4]),
		tokens:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sluice_tokens_total", Help: "Tokens as reported by providers; cache kinds are parts of input."}, append(labels[:4:4], "kind")),
		cost:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sluice_cost_usd_total", Help: "Known cost of calls in US dollars."}, labels[:4]),
		errors:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sluice_errors_total", Help: "Calls that ended in an error, by its code."}, []string{"gateway", "code"}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sluice_attempt_faults_total", Help: "Attempts at providers that failed, by kind of fault."}, []string{"provider", "fault"}),
		streams:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "sluice_streams_open", Help: "Streams that are being relayed."}),
		away:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "sluice_shared_away_info", Help: "1 while what several nodes share (Redis) cannot be reached."}),
		redacted: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sluice_redacted_total", Help: "What was taken out of what is recorded, by kind: secret, email, card, phone, iban, ip, or the name of an own pattern."}, []string{"gateway", "kind"}),
		reached:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sluice_limit_reached_total", Help: "Calls for which a limit or budget of the gateway had no room, by its name; those of keys are 'key'."}, []string{"gateway", "limit"}),
	}
	m.registry.MustRegister(m.requests, m.latency, m.first, m.overhead, m.tokens, m.cost, m.errors, m.attempts, m.streams, m.away, m.reached, m.redacted,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.cache = newCacheMetrics(m.registry, g.Cache)
	m.redacted.WithLabelValues("default", "secret")
	m.reached.WithLabelValues("default", "key") // so that the metric is there before it is needed
	m.gauge("sluice_spool_depth", "Entries that are not in the store yet.", g.SpoolDepth)
	m.gauge("sluice_spool_bytes", "Bytes of the local spool.", g.SpoolBytes)
	m.gauge("sluice_requests_in_flight", "Calls being served.", g.InFlight)
	m.gauge("sluice_keys", "Keys known to this process.", g.Keys)
	for _, one := range []struct {
		name, help string
		read       func() float64
	}{
		{"sluice_spool_oldest_seconds", "How long the oldest entry has been waiting for the store.", g.SpoolOldest},
		{"sluice_store_away_info", "1 while the store does not take entries.", g.StoreAway},
		{"sluice_budget_share", "What is spent of the budget of a gateway that is nearest to its end, 0 to 1 and above.", g.BudgetShare},
	} {
		if one.read != nil {
			m.gauge(one.name, one.help, one.read)
		}
	}
	if g.Expiries != nil {
		m.registry.MustRegister(newExpiries(g.Expiries))
	}
	m.intents(g.Intents)
	if g.Exports != nil {
		m.registry.MustRegister(newExports(g.Exports))
	}
	if g.Backups != nil {
		m.registry.MustRegister(newBackups(g.Backups))
	}
	if g.Targets != nil {
		m.registry.MustRegister(newTargets(g.Targets))
	}
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "sluice_bodies_dropped_total", Help: "Entries whose bodies were dropped since the spool was nearly full."}, g.BodiesDropped))
	if g.BodiesLocked != nil {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "sluice_bodies_locked_total", Help: "Entries stored without bodies whose key does not open."}, g.BodiesLocked))
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "sluice_build_info", Help: "1, with the version of this build."}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	m.registry.MustRegister(build)
	return m
}

func (m *Metrics) gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

func (m *Metrics) intents(read func(result string) float64) {
	for _, result := range intentResults {
		if read != nil {
			m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
				Name: "sluice_intents_total", Help: "Calls whose intent was asked for by their route, by how it was told.", ConstLabels: prometheus.Labels{"result": result},
			}, func() float64 { return read(result) }))
		}
	}
}

// Registry is what /metrics shows. Whoever has counters of its own puts them there.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 3})
}

// StreamOpen counts streams as they begin (+1) and end (−1).
func (m *Metrics) StreamOpen(delta int) { m.streams.Add(float64(delta)) }

// Observe counts one finished call.
func (m *Metrics) Observe(o *proxy.Observation) {
	e := o.Entry
	model := e.Model
	if e.Status >= 400 {
		model = "" // a name that no vendor accepted makes no series
	}
	m.faults(e)
	for kind, n := range e.Redacted {
		m.redacted.WithLabelValues(e.Gateway, kind).Add(float64(n))
	}
	for _, name := range e.Limits {
		if strings.HasPrefix(name, "key/") {
			name = "key" // keys may be many
		}
		m.reached.WithLabelValues(e.Gateway, name).Inc()
	}
	s := m.seriesOf(seriesKey{e.Gateway, e.Provider, model, e.Operation, e.Status})
	s.requests.Inc()
	s.latency.Observe(o.Latency)
	s.overhead.Observe(o.Overhead)
	if o.First >= 0 {
		s.first.Observe(o.First)
	}
	if !m.cache.see(e) {
		s.spend(e) // what is given again uses nothing
	}
}

// ObserveBatch counts what the lines of a batch used: its calls were counted when they
// were made.
func (m *Metrics) ObserveBatch(e *gateway.Entry) {
	m.seriesOf(seriesKey{e.Gateway, e.Provider, e.Model, e.Operation, e.Status}).spend(e)
}

// spend counts tokens and money.
func (s *series) spend(e *gateway.Entry) {
	add(s.input, e.Usage.InputTokens.N)
	add(s.output, e.Usage.OutputTokens.N)
	add(s.cacheRead, e.Usage.CacheReadTokens.N)
	add(s.cacheWritten, e.Usage.CacheWriteTokens.N)
	if e.Cost.Known && e.Cost.USD > 0 {
		s.cost.Add(float64(e.Cost.USD) / 1e9)
	}
}

// faults counts what went wrong, in a call that succeeded in the end too, and in a
// stream that broke behind its 200.
func (m *Metrics) faults(e *gateway.Entry) {
	if e.ErrorCode != "" {
		m.errors.WithLabelValues(e.Gateway, e.ErrorCode).Inc()
	}
	for i := range e.Attempts {
		if a := &e.Attempts[i]; a.Fault != "" {
			m.attempts.WithLabelValues(a.Provider, a.Fault).Inc()
		}
	}
}

func add(c prometheus.Counter, n int64) {
	if n > 0 {
		c.Add(float64(n))
	}
}

func (m *Metrics) seriesOf(k seriesKey) *series {
	if s, ok := m.series.Load(k); ok {
		return s.(*series)
	}
	if m.count.Load() >= maxSeries {
		k.model = "other"
		if s, ok := m.series.Load(k); ok {
			return s.(*series)
		}
	}
	s, had := m.series.LoadOrStore(k, m.newSeries(k))
	if !had {
		m.count.Add(1)
	}
	return s.(*series)
}

func (m *Metrics) newSeries(k seriesKey) *series {
	l := []string{k.gateway, k.provider, k.model, k.operation}
	kind := func(name string) prometheus.Counter { return m.tokens.WithLabelValues(append(l[:4:4], name)...) }
	return &series{
		requests: m.requests.WithLabelValues(append(l[:4:4], strconv.Itoa(k.status))...),
		latency:  m.latency.WithLabelValues(l...), first: m.first.WithLabelValues(l...), overhead: m.overhead.WithLabelValues(l...),
		input: kind("input"), output: kind("output"), cacheRead: kind("cache_read"), cacheWritten: kind("cache_write"),
		cost: m.cost.WithLabelValues(l...),
	}
}

// SharedAway is told when what several nodes share goes and comes back.
func (m *Metrics) SharedAway(away bool) {
	if away {
		m.away.Set(1)
		return
	}
	m.away.Set(0)
}
