package config

import (
	"path"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/glob"
)

// target checks a target of a route: a model, or another route.
func (c *routeCheck) target(at, name string) {
	if _, ok := c.cfg.Routes[name]; ok {
		c.leads = append(c.leads, lead{name, at})
		return
	}
	c.model(at, name)
}

// model checks a name that must mean one model of one provider.
func (l *loader) model(at, name string) {
	if name == "" {
		return // told already, or not given
	}
	provider, id, qualified := strings.Cut(name, "/")
	if _, ok := l.cfg.Providers[provider]; ok && qualified {
		if id == "" {
			l.bad(at, "names no model; write %s/ and the vendor's id", provider)
		}
		return
	}
	switch offered := l.offering(name); {
	case len(offered) == 1 || len(offered) == 0 && !qualified && l.vendors.Lists == nil:
	case len(offered) > 1:
		l.bad(at, "%s is offered by several providers; write one of %s", doctree.Quote(name), orList(prefixed(offered, name)))
	case qualified:
		l.known(at, provider)
	default:
		l.bad(at, "no route and no provider's model is called %s%s", doctree.Quote(name), l.hintTarget(name))
	}
}

func prefixed(providers []string, id string) []string {
	out := make([]string, len(providers))
	for i, p := range providers {
		out[i] = p + "/" + id
	}
	return out
}

// hintTarget suggests the nearest route or provider.
func (l *loader) hintTarget(name string) string {
	if near := nearest(name, sortedKeys(l.cfg.Routes)); near != "" {
		return didYouMean(name, []string{near})
	}
	if _, ok := l.cfg.Providers[name]; ok {
		return "; write " + name + "/ and the vendor's id of a model"
	}
	return "; models are written provider/model"
}

// offering lists the providers that are known to have the vendor's id, in order.
func (l *loader) offering(id string) []string {
	var out []string
	for _, name := range sortedKeys(l.cfg.Providers) {
		p := l.cfg.Providers[name]
		_, own := p.Models[id]
		if own || l.vendors.Lists != nil && l.vendors.Lists(p.Kind, id) {
			out = append(out, name)
		}
	}
	return out
}

// reroute checks a model or route to which a limit sends calls: it must exist and be open
// to the gateway.
func (l *loader) reroute(at, name string) {
	if name == "" || l.free {
		return
	}
	_, isRoute := l.cfg.Routes[name]
	provider, _, qualified := strings.Cut(name, "/")
	if !isRoute {
		before := len(l.problems)
		if l.model(at, name); len(l.problems) > before || !qualified || l.cfg.Providers[provider].Kind == "" {
			return
		}
	}
	g := l.door
	if g == nil {
		return
	}
	switch {
	case !isRoute && len(g.Providers) > 0 && !slices.ContainsFunc(g.Providers, func(p string) bool { ok, _ := path.Match(p, provider); return ok }):
		l.bad(at, "provider %q is not among the providers of this gateway", provider)
	case isRoute && !glob.Any(g.Models, name):
		l.bad(at, "route %s is not among the models of this gateway", doctree.Quote(name))
	case !glob.Any(g.Models, name):
		l.bad(at, "model %s is not among the models of this gateway", doctree.Quote(name))
	}
}
