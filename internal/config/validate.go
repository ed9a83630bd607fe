package config

import (
	"net"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

func (l *loader) bad(path, format string, args ...any) { l.add(l.at(path), format, args...) }

// validate checks what one value alone cannot show: references, pairs, what a kind needs.
func (l *loader) validate() {
	for _, name := range sortedKeys(l.cfg.Providers) {
		if p := l.cfg.Providers[name]; !p.Discovered {
			l.provider(name, &p)
		}
	}
	hosts := map[string]string{}
	for _, name := range sortedKeys(l.cfg.Gateways) {
		g := l.cfg.Gateways[name]
		l.gateway(join("gateways", name), &g)
		l.hosts(name, &g, hosts)
	}
	l.routes()
	l.cacheStore()
	l.alerts("alerts", &l.cfg.Alerts.Alerts)
	l.alertRules("alerts", &l.cfg.Alerts)
	l.exports()
	l.backups()
	l.listeners()
	l.storage()
	l.plainPassword("shared.url", l.cfg.Shared.URL)
	l.oidc()
	l.telemetry()
}

func (l *loader) provider(name string, p *Provider) {
	at := join("providers", name)
	kind := l.kind(at, name, p)
	if kind != nil {
		l.needs(at, name, p, kind)
	}
	l.speaks(at, p)
	l.credentials(at, p, kind)
	l.headers(at, p)
	l.file(join(at, "ca_file"), p.CAFile)
	l.limits(at, p.Limits, nil, true)
	l.health(join(at, "health"), &p.Health)
	for _, id := range sortedKeys(p.Models) {
		l.cacheTime(join(at, "models", id, "cache"), p.Models[id].Cache)
	}
	if p.Retries.Backoff.First > p.Retries.Backoff.Max {
		l.bad(join(at, "retries", "backoff", "first"), "is longer than max (%s)", FormatDuration(p.Retries.Backoff.Max))
	}
}

func (l *loader) health(at string, h *Health) {
	if h.Cooldown > h.MaxCooldown {
		l.bad(join(at, "cooldown"), "is longer than max_cooldown (%s)", FormatDuration(h.MaxCooldown))
	}
	model, path, probe := h.Probe.Model != "", h.Probe.Path != "", join(at, "probe")
	switch {
	case model && path:
		l.bad(probe, "model and path are given; keep one of the two")
	case h.Probe.Every > 0 && !model && !path && !l.givenAny(probe, "model", "path"):
		l.bad(probe, "asks for nothing; write model or path")
	case h.Probe.Every == 0 && (model || path) && !l.faulty(join(probe, "every")):
		l.bad(probe, "\"every\" is missing, such as every: 30s")
	}
}

// kind gives the provider's kind, or says what is wrong with it.
func (l *loader) kind(at, name string, p *Provider) *Kind {
	if kind, ok := l.kindOf(name, p); ok {
		return kind
	}
	names := l.vendors.names()
	switch wanted := p.Kind; {
	case wanted == "" && slices.Contains(l.vendors.Unbuilt, name):
		l.bad(at, "kind %q%s", name, notBuilt)
	case wanted == "":
		l.bad(at, "\"kind\" is missing, since %q is no kind that is known%s", name, l.hintKind(name, names))
	case slices.Contains(l.vendors.Unbuilt, wanted):
		l.bad(join(at, "kind"), "kind %q%s", wanted, notBuilt)
	default:
		l.bad(join(at, "kind"), "unknown kind %s%s", doctree.Quote(wanted), didYouMean(wanted, names))
	}
	return nil
}

// hintKind suggests a known kind, or the one for servers of one's own.
func (l *loader) hintKind(name string, names []string) string {
	if nearest(name, names) == "" {
		for _, k := range l.vendors.Kinds {
			if k.Generic {
				return "; for a server of your own write kind: " + k.Name
			}
		}
	}
	return didYouMean(name, names)
}

// needs checks what the kind requires and what it alone may have.
func (l *loader) needs(at, name string, p *Provider, kind *Kind) {
	if kind.NeedsBaseURL && p.BaseURL == "" && !l.given(join(at, "base_url")) {
		l.bad(at, "\"base_url\" is missing, which kind %q needs, such as https://llm.example.com/v1", kind.Name)
	}
	if kind.Region != nil {
		l.setting(at, "region", p.Region, kind.Region, p, kind)
	}
	l.setting(at, "project", p.Project, kind.Project, p, kind)
	if !kind.KeyFree && !kind.Ambient && len(p.Keys()) == 0 && !l.callersPay() && !l.given(join(at, "api_key")) && !l.given(join(at, "credentials")) {
		if !slices.Contains(l.stored, name) {
			l.warn(l.at(at), "no credential: write api_key: env:%s, or keep one in the store: sluice credentials add %s", append(kind.Env, "NAME")[0], name)
		}
	}
	if !kind.Synthetic {
		for _, key := range []string{"latency", "chunks", "chunk_delay", "failure"} {
			if l.given(join(at, key)) {
				l.bad(join(at, key), "only the sandbox takes this, not kind %q", kind.Name)
			}
		}
	}
}

// given reports whether the document has the path, be its value good or not.
func (l *loader) given(path string) bool {
	_, ok := l.origins[path]
	return ok
}

// faulty reports whether something is wrong with the value at the path itself.
func (l *loader) faulty(path string) bool {
	return slices.ContainsFunc(l.problems, func(p Problem) bool { return p.Path == path })
}

// callersPay reports whether some gateway uses the callers' own credentials.
func (l *loader) callersPay() bool {
	for _, g := range l.cfg.Gateways {
		if g.Credentials == "caller" {
			return true
		}
	}
	return false
}

func (l *loader) speaks(at string, p *Provider) {
	for i, name := range p.Speaks {
		here := doctree.Index(join(at, "speaks"), i)
		switch {
		case name == "" || slices.Contains(l.vendors.Dialects, name):
		case slices.Contains(l.vendors.Unbuilt, name):
			l.bad(here, "dialect %q%s", name, notBuilt)
		default:
			l.bad(here, "unknown dialect %s%s", doctree.Quote(name), didYouMean(name, l.vendors.Dialects))
		}
	}
}

// headers refuses credentials in plain and names that differ in case only.
func (l *loader) headers(at string, p *Provider) {
	seen := map[string]string{}
	for _, name := range sortedKeys(p.Headers) {
		here, canonical := join(at, "headers", name), http.CanonicalHeaderKey(name)
		if other, twice := seen[canonical]; twice {
			l.bad(here, "is the same header as %q", other)
		}
		seen[canonical] = name
		if s := p.Headers[name]; s.IsSet() && s.Ref() == "" && carriesCredential(canonical) {
			l.bad(here, "this header carries a credential: write env:NAME, file:PATH or secret:NAME instead of the value")
		}
	}
}

func carriesCredential(header string) bool {
	switch header {
	case "Authorization", "Cookie", "X-Api-Key", "Api-Key":
		return true
	}
	return strings.HasSuffix(header, "-Api-Key") || strings.HasSuffix(header, "-Token") || strings.HasSuffix(header, "-Authorization")
}

// file checks that a file that will be needed is there.
func (l *loader) file(at, name string) {
	if name == "" {
		return
	}
	if _, problem := l.secrets.regular(l.secrets.path(name)); problem != "" {
		l.bad(at, "%s", problem)
	}
}

func (l *loader) gateway(at string, g *Gateway) {
	l.redaction(join(at, "log"), &g.Log)
	l.auth(at, g)
	l.door = g
	l.limits(at, g.Limits, g.Budgets, false)
	l.door = nil
	l.cache(join(at, "cache"), g.Cache)
	l.alerts(join(at, "alerts"), &g.Alerts)
	for i, pattern := range g.Telemetry.Propagate {
		l.known(doctree.Index(join(at, "telemetry", "propagate"), i), pattern)
	}
	for _, family := range sortedKeys(g.DefaultProvider) {
		l.defaultProviderOf(at, family, g)
	}
	for i, pattern := range g.Providers {
		l.known(doctree.Index(join(at, "providers"), i), pattern)
	}
}

func (l *loader) defaultProviderOf(at, family string, g *Gateway) {
	here, name := join(at, "default_provider", family), g.DefaultProvider[family]
	if family != "*" && !slices.Contains(l.vendors.Families, family) {
		l.bad(here, "unknown family of dialects%s", didYouMean(family, l.vendors.Families))
	}
	if !l.known(here, name) {
		return
	}
	if len(g.Providers) > 0 && !slices.ContainsFunc(g.Providers, func(glob string) bool { ok, _ := path.Match(glob, name); return ok }) {
		l.bad(here, "provider %q is not among the providers of this gateway", name)
	}
}

// known checks that a provider's name, or a glob over names, means something.
func (l *loader) known(at, name string) bool {
	if name == "" || strings.ContainsAny(name, `*?[\`) {
		return false
	}
	if _, ok := l.cfg.Providers[name]; ok {
		return true
	}
	names := sortedKeys(l.cfg.Providers)
	hint := didYouMean(name, names)
	if kind, ok := l.vendors.find(name); ok && !kind.BuiltIn {
		hint = "; configure it under providers"
		if len(kind.Env) > 0 && l.cfg.Discover {
			hint += ", or set " + orList(kind.Env)
		}
	}
	l.bad(at, "no provider is called %s%s", doctree.Quote(name), hint)
	return false
}

func (l *loader) hosts(name string, g *Gateway, owner map[string]string) {
	for i, host := range g.Hosts {
		if other, taken := owner[host]; taken && other != name {
			l.bad(doctree.Index(join("gateways", name, "hosts"), i), "host %q belongs to gateway %q already", host, other)
		}
		owner[host] = name
	}
}

func (l *loader) listeners() {
	server := &l.cfg.Server.TLS
	l.tls("server.tls", server.TLS)
	l.file("server.tls.client_ca", server.ClientCA)
	if server.ClientCA != "" && !server.Enabled() {
		l.bad("server.tls.client_ca", "means nothing without cert_file and key_file: only HTTPS carries certificates")
	}
	l.tls("admin.tls", l.cfg.Admin.TLS)
	if a, b := l.cfg.Server.Listen, l.cfg.Admin.Listen; sameListener(a, b) {
		l.bad("admin.listen", "%s is the data plane's address too (server.listen)", b)
	}
}

func sameListener(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	return hostA == hostB || anyHost(hostA) || anyHost(hostB)
}

func anyHost(host string) bool { return host == "" || host == "0.0.0.0" || host == "::" }

func (l *loader) tls(at string, t TLS) {
	for _, f := range []struct{ key, name, other string }{{"cert_file", t.CertFile, "key_file"}, {"key_file", t.KeyFile, "cert_file"}} {
		if f.name == "" && (t.CertFile != "" || t.KeyFile != "") {
			l.bad(at, "%q is missing; %s alone serves nothing", f.key, f.other)
		}
		l.file(join(at, f.key), f.name)
	}
}

// plainPassword warns about a URL that holds a password in plain.
func (l *loader) plainPassword(at string, s Secret) {
	if s.IsSet() && s.Ref() == "" && l.at(at).from.name == "" && hasPassword(s.Reveal()) {
		key := at[strings.LastIndexByte(at, '.')+1:]
		l.warn(l.at(at), "the URL holds a password in plain; put it into an environment variable and write %s: env:NAME", key)
	}
}
