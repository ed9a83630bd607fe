package app

import (
	"cmp"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/all"
	"github.com/sluice-gateway/sluice/internal/provider/sandbox"
	"github.com/sluice-gateway/sluice/internal/redact"
)

// Snapshot turns a checked configuration into the catalogue that requests read. stored
// are credentials that providers have beside the configured ones, by provider.
func Snapshot(c *config.Config, models *account.Catalogue, boxes *sandboxes, stored map[string][]provider.Credential) *catalog.Snapshot {
	s := catalog.Snapshot{
		Gateways: map[string]*catalog.Gateway{}, Hosts: map[string]*catalog.Gateway{}, Providers: map[string]*provider.Provider{},
		Limits: limits(&c.Server), Lister: lister{models}, Held: map[string][]*gateway.Rule{}, Proxies: proxies(&c.Server),
		Routes: c.GatewayRoutes(), CacheSize: catalog.CacheStore{Memory: int64(c.Cache.Memory), Disk: int64(c.Cache.Disk), Shared: c.Cache.Shared},
	}
	for name, p := range c.Providers {
		p := p
		s.Providers[name] = buildProvider(name, &p, boxes, stored[name])
		if held := p.Rules(); len(held) > 0 {
			s.Held[name] = held
		}
	}
	for name, g := range c.Gateways {
		g := g
		built := buildGateway(name, &g)
		admits(built, &g, channels(c.Alerts.Channels))
		built.Only = onlyProviders(s.Providers)
		built.Traces, built.Propagates = buildTraces(&c.Telemetry, &g.Telemetry), propagates(g.Telemetry.Propagate, &s)
		s.Gateways[name] = built
		for _, host := range g.Hosts {
			s.Hosts[strings.ToLower(host)] = built
		}
	}
	return catalog.New(s)
}

func limits(s *config.Server) catalog.Limits {
	memory := int64(s.MaxMemory)
	if memory == 0 {
		memory = availableMemory() / 4 * 3
	}
	if memory == 0 {
		memory = math.MaxInt64
	}
	return catalog.Limits{
		JSONBody: int64(s.MaxBody.JSON), MultipartBody: int64(s.MaxBody.Multipart), OpaqueBody: int64(s.MaxBody.Files),
		InFlight: int64(s.MaxInFlight), Memory: memory, BodyIdle: s.BodyIdleTimeout, WriteIdle: s.WriteIdleTimeout,
	}
}

func buildProvider(name string, c *config.Provider, boxes *sandboxes, stored []provider.Credential) *provider.Provider {
	spec, ok := all.Lookup(c.Kind)
	if !ok {
		panic("BUG: a checked configuration names the unknown kind " + c.Kind)
	}
	if spec == sandbox.Spec {
		spec = boxes.of(name, sandbox.Options{Latency: c.Latency, Chunks: c.Chunks, ChunkDelay: c.ChunkDelay, FailureRate: c.Failure.Rate, FailureStatus: c.Failure.Status})
	}
	p := &provider.Provider{
		Name: name, Spec: spec, BaseURL: baseOf(c, spec), Speaks: spec.Speaks,
		APIVersion: c.APIVersion, Region: c.Region, Project: c.Project, ProxyURL: c.Proxy.Reveal(), CAFile: c.CAFile, HTTP2: c.HTTP2,
		Timeouts: provider.Timeouts{Connect: c.Timeouts.Connect, FirstByte: c.Timeouts.FirstByte, FirstEvent: c.Timeouts.FirstEvent, Idle: c.Timeouts.Idle, Total: c.Timeouts.Total},
		Retries:  provider.Retries{Max: c.Retries.Max, For: c.Retries.For, First: c.Retries.Backoff.First, Cap: c.Retries.Backoff.Max},
		Health:   buildHealth(&c.Health),
		Models:   map[string]provider.Model{},
	}
	if len(c.Speaks) > 0 {
		p.Speaks = nil
		for _, d := range c.Speaks {
			p.Speaks = append(p.Speaks, dialect.Name(d))
		}
	}
	for _, k := range c.Keys() {
		p.Credentials = append(p.Credentials, provider.Credential{Name: k.Name, Key: k.APIKey.Reveal(), Weight: k.Weight, Fields: k.Fields()})
	}
	p.Credentials = append(p.Credentials, stored...)
	for h, v := range c.Headers {
		p.Headers = append(p.Headers, provider.Header{Name: http.CanonicalHeaderKey(h), Value: v.Reveal()})
	}
	slices.SortFunc(p.Headers, func(a, b provider.Header) int { return cmp.Compare(a.Name, b.Name) })
	for id, m := range c.Models {
		p.Models[id] = provider.Model{Context: m.Context, MaxOutput: m.MaxOutput, Price: prices(&m), Region: m.Region, Cache: provider.CacheTime(m.Cache)}
	}
	if spec.Complete != nil {
		spec.Complete(p)
	}
	return p
}

func buildHealth(h *config.Health) provider.Health {
	return provider.Health{
		Cooldown: h.Cooldown, MaxCooldown: h.MaxCooldown, Window: h.Window, FailureRate: h.FailureRate, MinCalls: h.MinCalls, Eject: h.Eject,
		Probe: provider.Probe(h.Probe),
	}
}

// baseOf is the configured one, else the kind's, which may depend on the region.
func baseOf(c *config.Provider, spec *provider.Spec) string {
	base := cmp.Or(c.BaseURL, spec.BaseURL)
	if base == "" && spec.Base != nil {
		base = spec.Base(c.Region)
	}
	return strings.TrimRight(base, "/")
}

// sandboxes keeps the sandboxes of one process, so that a reload that changes nothing
// about one leaves what it holds.
type sandboxes struct {
	mu    sync.Mutex
	built map[string]box
}

type box struct {
	options sandbox.Options
	spec    *provider.Spec
}

func (b *sandboxes) of(name string, o sandbox.Options) *provider.Spec {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old, ok := b.built[name]; ok && old.options == o {
		return old.spec
	}
	if b.built == nil {
		b.built = map[string]box{}
	}
	b.built[name] = box{o, sandbox.New(o)}
	return b.built[name].spec
}

// logPolicy gives what is recorded. Its rules were checked with the configuration.
func logPolicy(bodies catalog.Bodies, c *config.Log) catalog.LogPolicy {
	redactor, err := redact.New(c.Redaction())
	if err != nil {
		panic("BUG: a checked configuration has rules that cannot be read: " + err.Error())
	}
	return catalog.LogPolicy{Bodies: bodies, MaxBody: int64(c.MaxBody), Retain: c.Retain, Sample: c.Sample, Errors: c.Errors, Encrypt: c.Encrypt, Redact: redactor}
}

func buildGateway(name string, c *config.Gateway) *catalog.Gateway {
	bodies, _ := catalog.ParseBodies(c.Log.Bodies)
	g := &catalog.Gateway{
		Name: name, Open: slices.Contains(c.Auth, "none"), Keyed: slices.Contains(c.Auth, "key"),
		Default: map[string]string{}, Log: logPolicy(bodies, &c.Log),
		CallerCredentials: c.Credentials == "caller", RefuseUnsupported: c.Unsupported == "error", Controls: c.Controls, Providers: c.Providers, Models: c.Models,
		Regions: c.Regions, CommitAfter: c.CommitAfter, Timeout: c.Timeout, RetryBudget: c.RetryBudget, Cache: c.GatewayCache(),
	}
	for family, p := range c.DefaultProvider {
		if family == "*" {
			for _, f := range Vendors().Families {
				g.Default[f] = cmp.Or(c.DefaultProvider[f], p)
			}
			continue
		}
		g.Default[family] = p
	}
	if c.Media.Fetch {
		g.Media = &catalog.Media{MaxBytes: int64(c.Media.Max)}
		for _, n := range c.Media.Networks {
			if p, err := netip.ParsePrefix(n); err == nil { // checked with the configuration
				g.Media.Networks = append(g.Media.Networks, p)
			}
		}
	}
	if len(c.CORS.Origins) > 0 {
		g.CORS = &catalog.CORS{Origins: c.CORS.Origins, Headers: c.CORS.Headers, Expose: c.CORS.Expose, MaxAge: c.CORS.MaxAge}
	}
	return g
}

// onlyProviders gives for each family of dialects the one provider that speaks it, the
// sandbox left aside unless there is nothing else. Of several, one that is named like
// the family is the vendor whose dialect it is.
func onlyProviders(providers map[string]*provider.Provider) map[string]string {
	speakers := map[string][]string{}
	for name, p := range providers {
		families := map[string]bool{}
		for _, d := range Dialects() {
			if slices.Contains(p.Speaks, d.Name) {
				families[d.Family] = true
			}
		}
		for f := range families {
			speakers[f] = append(speakers[f], name)
		}
	}
	only := map[string]string{}
	for family, names := range speakers {
		real := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return providers[n].Spec.Free })
		switch {
		case slices.Contains(real, family):
			only[family] = family
		case len(real) == 1:
			only[family] = real[0]
		case len(real) == 0 && len(names) == 1:
			only[family] = names[0]
		}
	}
	return only
}

// lister knows providers' models from the price catalogue.
type lister struct{ models *account.Catalogue }

func (l lister) Lists(p *provider.Provider, model string) bool {
	return slices.Contains(p.Spec.Models, model) || l.models.Lists(names(p.Spec), model)
}

func (l lister) Models(p *provider.Provider) []string {
	ids := slices.Clone(p.Spec.Models)
	for _, m := range l.models.Models(names(p.Spec)) {
		ids = append(ids, m.ID)
	}
	return ids
}

func names(s *provider.Spec) []string {
	if len(s.Catalogue) > 0 {
		return s.Catalogue
	}
	return []string{s.Name}
}
