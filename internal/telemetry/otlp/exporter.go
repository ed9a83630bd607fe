// Package otlp sends what happens over OTLP, the protocol of OpenTelemetry: a call's
// spans, metrics and the process's log, to any number of destinations. Nothing that it is
// told waits for a destination: what finds no room is dropped and counted. It decides
// nothing about which calls are kept but for floods of refusals.
package otlp

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/proxy"
)

// Options are what an Exporter needs.
type Options struct {
	Destinations []Destination
	Resource     map[string]string // beside service.name, service.version and service.instance.id
	Version      string            // of the program
	Every        time.Duration     // between two sendings of metrics
	// MaxContent is how many bytes of prompts, and of answers, spans of a gateway hold.
	MaxContent func(gateway string) int
	// Vendor tells where a provider is, by the name that the configuration gives it.
	Vendor func(provider string) Vendor
	// Dialects are those whose bodies can be read.
	Dialects []*dialect.Dialect
	Log      *slog.Logger // of this package alone; it must not lead back here
}

// Vendor is what spans tell of a provider.
type Vendor struct {
	Name    string // in OpenTelemetry's conventions
	Address string // host name; "" = it is in this process
	Port    int
}

// Exporter sends to all destinations; nil sends nothing. It is safe for
// concurrent use.
type Exporter struct {
	opt      Options
	resource resource
	calls    []*queue[*spans]
	records  []*queue[record]
	meters   []*meter

	standings []*standing // of all destinations and signals

	clients  []*http.Client // of destinations
	counts   *counts
	genai    *genai // nil unless metrics go somewhere
	refusals budget
	running  sync.WaitGroup

	ctx     context.Context // ends as Close begins
	stop    context.CancelFunc
	sending context.Context // of what is being sent; ends as Close's own does
	cut     context.CancelFunc
}

// New makes an exporter; nothing is connected before there is something to send. The error
// names a destination whose certificates cannot be used.
func New(o Options, registry prometheus.Registerer) (*Exporter, error) {
	e := &Exporter{opt: o, counts: newCounts(registry), resource: newResource(o)}
	e.ctx, e.stop = context.WithCancel(context.Background())
	e.sending, e.cut = context.WithCancel(context.Background())
	for i := range o.Destinations {
		if err := e.add(e.sending, &o.Destinations[i]); err != nil {
			e.stop()
			e.cut()
			return nil, err
		}
	}
	return e, nil
}

// add makes what one destination needs.
func (e *Exporter) add(ctx context.Context, d *Destination) error {
	t, err := d.tls()
	if err != nil {
		return err
	}
	note, client := e.standing(d), d.httpClient(t)
	e.clients = append(e.clients, client)
	if d.Traces {
		c, err := d.traces(ctx, t, client)
		if err != nil {
			return err
		}
		e.calls = append(e.calls, newQueue(d.Queue, note("traces"), &spanSender{e: e, client: c}))
	}
	if d.Logs {
		x, err := d.logs(ctx, t, client)
		if err != nil {
			return err
		}
		e.records = append(e.records, newQueue(d.Queue, note("logs"), logSender{x}))
	}
	if d.Metrics {
		x, err := d.metrics(ctx, t, client)
		if err != nil {
			return err
		}
		e.meters = append(e.meters, &meter{exporter: x, timeout: d.Timeout, standing: note("metrics")})
		if e.genai == nil {
			e.genai = newGenAI(e.opt.Vendor)
		}
	}
	return nil
}

// Run sends until Close; it does not block. gather gives the metrics.
func (e *Exporter) Run(gather prometheus.Gatherer) {
	if e == nil {
		return
	}
	for _, q := range e.calls {
		e.running.Go(q.run)
	}
	for _, q := range e.records {
		e.running.Go(q.run)
	}
	if len(e.meters) > 0 {
		e.running.Go(func() { e.measure(gather) })
	}
}

// Close sends what waits, for as long as ctx lasts, and ends everything.
func (e *Exporter) Close(ctx context.Context) {
	if e == nil {
		return
	}
	defer e.cut()
	defer context.AfterFunc(ctx, e.cut)()
	e.stop()
	for _, q := range e.calls {
		q.close(ctx)
	}
	for _, q := range e.records {
		q.close(ctx)
	}
	e.running.Wait()
	for _, m := range e.meters {
		_ = m.exporter.Shutdown(ctx) // it has told what could not be sent
	}
	for _, c := range e.clients {
		c.CloseIdleConnections()
	}
}

// Observe takes a finished call.
func (e *Exporter) Observe(o *proxy.Observation) {
	if e == nil {
		return
	}
	if e.genai != nil {
		e.genai.observe(o)
	}
	if o.Trace == nil || len(e.calls) == 0 {
		return
	}
	if o.Trace.Refused && !o.Trace.Sampled && !e.refusals.take(time.Now()) {
		e.counts.flood()
		return
	}
	c := &call{o.Entry, o.Trace}
	var s *spans // written once, and not at all while every destination is away and its queue full
	for _, q := range e.calls {
		if !q.takes(c.failed()) {
			continue
		}
		if s == nil {
			s = e.spansOf(c)
		}
		q.put(s, s.size(), c.failed())
	}
}

// Traces reports whether spans go anywhere.
func (e *Exporter) Traces() bool { return e != nil && len(e.calls) > 0 }

// budget bounds how often something happens in a second.
type budget struct {
	mu     sync.Mutex
	second int64
	taken  int
}

// refusalsASecond is how many refused calls are kept for having been refused.
const refusalsASecond = 100

func (b *budget) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := now.Unix(); s != b.second {
		b.second, b.taken = s, 0
	}
	b.taken++
	return b.taken <= refusalsASecond
}

// instance makes an id of this process.
func instance() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}
