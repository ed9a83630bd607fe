package app

import (
	"context"
	"log/slog"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/glob"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/proxy"
	"github.com/sluice-gateway/sluice/internal/telemetry"
	"github.com/sluice-gateway/sluice/internal/telemetry/otlp"
)

// openOTLP makes what sends telemetry, and lets it have the log. Without a destination it
// sends nothing.
func (p *process) openOTLP(cfg *config.Config) (err error) {
	t := &cfg.Telemetry
	p.otlp, err = otlp.New(otlp.Options{
		Destinations: destinations(t.OTLP), Resource: t.Resource, Version: p.opt.Version, Every: t.Metrics.Every,
		MaxContent: p.maxContent, Vendor: p.vendor, Dialects: Dialects(), Log: p.log,
	}, p.metrics.Registry())
	if err != nil {
		return err
	}
	p.otlp.Run(p.metrics.Registry())
	if h := p.otlp.Handler(telemetry.Level(t.Logs.Level)); h != nil {
		p.log = slog.New(slog.NewMultiHandler(p.log.Handler(), h))
	}
	return nil
}

func destinations(all []config.OTLP) (out []otlp.Destination) {
	for i := range all {
		o := &all[i]
		d := otlp.Destination{
			Name: o.Name, Endpoint: o.Endpoint, GRPC: o.Protocol == "grpc", Headers: map[string]string{}, Gzip: o.Packs(), Timeout: o.Timeout, Queue: o.Queue,
			CAFile: o.CAFile, CertFile: o.CertFile, KeyFile: o.KeyFile,
			Traces: slices.Contains(o.Signals, "traces"), Metrics: slices.Contains(o.Signals, "metrics"), Logs: slices.Contains(o.Signals, "logs"),
		}
		for name, v := range o.Headers {
			d.Headers[strings.ToLower(name)] = v.Reveal()
		}
		out = append(out, d)
	}
	return out
}

// closeOTLP sends what waits, for a while.
func (p *process) closeOTLP() {
	ctx, cancel := context.WithTimeout(context.Background(), otlpDrain)
	defer cancel()
	p.otlp.Close(ctx)
}

// otlpDrain is how long closing waits for destinations of telemetry.
const otlpDrain = 3 * time.Second

// observers tells metrics and traces of a call.
type observers struct {
	*telemetry.Metrics
	otlp *otlp.Exporter
}

// Observe implements proxy.Observer.
func (o observers) Observe(seen *proxy.Observation) {
	o.Metrics.Observe(seen)
	o.otlp.Observe(seen)
}

// buildTraces gives the policy of a gateway's calls; nil = they make no spans.
func buildTraces(t *config.Telemetry, g *config.GatewayTelemetry) *catalog.Traces {
	goes := slices.ContainsFunc(t.OTLP, func(o config.OTLP) bool { return slices.Contains(o.Signals, "traces") })
	if !goes || !g.Traces {
		return nil
	}
	out := &catalog.Traces{
		Ratio: t.Traces.Ratio, Follow: t.Traces.Parent == "follow", Errors: t.Traces.Errors, Slow: t.Traces.Slow,
		Cost: gateway.USD(math.Round(t.Traces.Cost * float64(gateway.Dollar))), Content: catalog.ParseContent(t.Traces.Content), MaxContent: int64(t.Traces.MaxContent),
	}
	if g.Ratio != nil {
		out.Ratio = *g.Ratio
	}
	if g.Content != "" {
		out.Content = catalog.ParseContent(g.Content)
	}
	return out
}

// propagates gives the providers that are sent trace context; nil = none are.
func propagates(globs []string, s *catalog.Snapshot) map[string]bool {
	var out map[string]bool
	for name := range s.Providers {
		if slices.ContainsFunc(globs, func(g string) bool { return glob.Match(g, name) }) {
			if out == nil {
				out = map[string]bool{}
			}
			out[name] = true
		}
	}
	return out
}

// vendors is what spans tell of the providers of one snapshot, as they ask for it.
type vendors struct {
	of    *catalog.Snapshot
	known sync.Map // of otlp.Vendor, by name
}

// vendor tells spans of a provider.
func (p *process) vendor(name string) otlp.Vendor {
	s, all := p.snapshot.Load(), p.vendors.Load()
	if all == nil || all.of != s {
		all = &vendors{of: s}
		p.vendors.Store(all)
	}
	if v, ok := all.known.Load(name); ok {
		return v.(otlp.Vendor)
	}
	pr := s.Providers[name]
	if pr == nil {
		return otlp.Vendor{Name: name}
	}
	v := vendorOf(pr)
	all.known.Store(name, v)
	return v
}

func vendorOf(pr *provider.Provider) otlp.Vendor {
	v := otlp.Vendor{Name: pr.Spec.GenAI}
	if v.Name == "" {
		v.Name = pr.Spec.Name
	}
	u, err := url.Parse(pr.BaseURL)
	if err != nil || pr.Spec.Dial != nil {
		return v
	}
	v.Address = u.Hostname()
	if v.Port, err = strconv.Atoi(u.Port()); err != nil {
		v.Port = 443
		if u.Scheme == "http" {
			v.Port = 80
		}
	}
	return v
}

// maxContent is how much spans of a gateway hold of prompts, and of answers.
func (p *process) maxContent(name string) int {
	g := p.snapshot.Load().Gateways[name]
	if g == nil || g.Traces == nil {
		return 0
	}
	return int(g.Traces.MaxContent)
}
