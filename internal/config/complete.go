package config

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// defaultCredential names the credential of a provider that has one only.
const defaultCredential = "default"

// defaultFailure is the status of a sandbox failure that names none.
const defaultFailure = 503

// Keys gives the provider's credentials, however they were written; empty when it has none.
func (p *Provider) Keys() []Credential {
	if len(p.Credentials) > 0 || !p.APIKey.IsSet() && p.Identity == (Identity{}) {
		return p.Credentials
	}
	return []Credential{{Name: defaultCredential, APIKey: p.APIKey, Weight: 1, Identity: p.Identity}}
}

// complete adds what the document leaves to be known: kinds from names, usual
// variables, built-in and discovered providers.
func (l *loader) complete() {
	if l.cfg.Providers == nil {
		l.cfg.Providers = map[string]Provider{}
	}
	used := map[string]bool{}
	for name, p := range l.cfg.Providers {
		if kind, ok := l.kindOf(name, &p); ok {
			used[kind.Name] = true
			p.Kind = kind.Name
			l.usual(&p, kind)
		}
		p.BaseURL = strings.TrimRight(p.BaseURL, "/")
		if p.Failure.Rate > 0 && p.Failure.Status == 0 {
			p.Failure.Status = defaultFailure
		}
		l.cfg.Providers[name] = p
	}
	l.cfg.Admin.URL = strings.TrimRight(l.cfg.Admin.URL, "/")
	for i := range l.vendors.Kinds {
		if kind := &l.vendors.Kinds[i]; !used[kind.Name] {
			l.discover(kind)
		}
	}
}

func (l *loader) kindOf(name string, p *Provider) (*Kind, bool) {
	if p.Kind != "" {
		return l.vendors.find(p.Kind)
	}
	return l.vendors.find(name)
}

// usual fills credential, base URL, region and project from the kind's usual variables.
func (l *loader) usual(p *Provider, kind *Kind) {
	if l.cfg.Discover && len(p.Keys()) == 0 {
		p.APIKey = l.firstOf(kind.Env)
	}
	if l.cfg.Discover && len(p.Keys()) == 0 {
		l.usualIdentity(p, kind)
	}
	l.usualSetting(&p.Region, kind.Region, "region")
	l.usualSetting(&p.Project, kind.Project, "project")
	if kind.NeedsBaseURL && p.BaseURL == "" {
		p.BaseURL = l.usualBase(kind)
	}
}

// discover adds a provider that stands in no document.
func (l *loader) discover(kind *Kind) {
	if _, taken := l.cfg.Providers[kind.Name]; taken {
		return
	}
	p := l.defaultProvider()
	p.Kind, p.Discovered = kind.Name, true
	if !kind.BuiltIn {
		if !l.cfg.Discover {
			return
		}
		l.usual(&p, kind)
		if !kind.discovered(&p, slices.Contains(l.stored, kind.Name)) {
			return
		}
	}
	l.cfg.Providers[kind.Name] = p
}

// discovered reports whether the environment holds all that a provider of the kind
// needs, and some of it in a variable that is the kind's own: access keys of a whole
// cloud are set for other reasons.
// One that the store has a credential for is wanted too.
func (k *Kind) discovered(p *Provider, stored bool) bool {
	hasKey, hasBase := p.APIKey.IsSet() || stored, p.BaseURL != ""
	switch {
	case k.NeedsBaseURL && !hasBase, k.Region != nil && p.Region == "" && !k.Region.free(p), k.Project != nil && p.Project == "" && !k.Project.free(p):
		return false
	}
	return hasKey || hasBase && (k.KeyFree || len(p.Keys()) > 0)
}

// firstOf gives the first variable that is set, nothing when none is.
func (l *loader) firstOf(names []string) Secret {
	for _, name := range names {
		text, ok := l.secrets.env(name)
		if !ok || text == "" {
			continue
		}
		if message := checkHeaderValue(text); message != "" {
			l.warn(variable(name), "%s; it is not used", message)
			continue
		}
		return NewSecret(text, "env:"+name)
	}
	return Secret{}
}

func (l *loader) usualBase(kind *Kind) string {
	if kind.BaseEnv == "" {
		return ""
	}
	text, _ := l.secrets.env(kind.BaseEnv)
	if text == "" {
		return ""
	}
	if message := checkBaseURL(text); message != "" {
		l.warn(variable(kind.BaseEnv), "%s; it is not used", message)
		return ""
	}
	return strings.TrimRight(text, "/")
}

// resolvePaths makes every path relative to the data directory.
func (l *loader) resolvePaths() {
	c := l.cfg
	for _, p := range []*string{&c.Storage.Spool.Dir, &c.Server.TLS.CertFile, &c.Server.TLS.KeyFile, &c.Server.TLS.ClientCA, &c.Admin.TLS.CertFile, &c.Admin.TLS.KeyFile} {
		*p = l.secrets.path(*p)
	}
	for name, p := range c.Providers {
		p.CAFile = l.secrets.path(p.CAFile)
		c.Providers[name] = p
	}
	for i := range c.Telemetry.OTLP {
		o := &c.Telemetry.OTLP[i]
		for _, p := range []*string{&o.CAFile, &o.CertFile, &o.KeyFile} {
			*p = l.secrets.path(*p)
		}
	}
	for name, x := range c.Exports {
		for _, p := range []*string{&x.Path, &x.CAFile, &x.CertFile, &x.KeyFile} {
			*p = l.secrets.path(*p)
		}
		c.Exports[name] = x
	}
	if bucket, _ := c.Backups.Bucket(); bucket == "" {
		c.Backups.To = l.secrets.path(c.Backups.To)
	}
	if file, ok := strings.CutPrefix(c.Storage.URL.Reveal(), "sqlite:"); ok && !strings.HasPrefix(file, ":memory:") {
		name, query, hasQuery := strings.Cut(file, "?")
		name = l.secrets.path(name)
		if hasQuery {
			name += "?" + query
		}
		c.Storage.URL = NewSecret("sqlite:"+name, c.Storage.URL.Ref())
	}
}

// hasUser reports whether a URL carries a user or password.
func hasUser(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.User != nil
}

// hasPassword reports whether a URL carries a password.
func hasPassword(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" {
		return false
	}
	_, set := u.User.Password()
	return set || u.Query().Has("password")
}

// sortedKeys gives a map's keys in order, so that problems come in one order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func join(path string, keys ...string) string {
	for _, k := range keys {
		path = doctree.Join(path, k)
	}
	return path
}
