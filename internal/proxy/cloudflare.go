package proxy

import (
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider/slug"
)

// cloudflare is what a call by Cloudflare's scheme has beyond others: nil means that a
// call came by another path.
// https://developers.cloudflare.com/ai-gateway/usage/
type cloudflare struct {
	provider string // the segment behind the gateway: a slug, or compat; "" = the universal endpoint
	rest     string // what follows it, escaped
	compat   bool   // the body names its model as compat does
	known    bool   // the dialect is known in which errors are told
	lost     bool   // there is no such gateway
	step     int    // of the universal endpoint: the one that was begun last
}

// compat is the segment behind which stand paths of the data plane, with models named
// slug/model or dynamic/route.
const compat = "compat"

// scheme reads an escaped path as /v1/{account}/{gateway}[/…]; false where its first
// segment is one of the data plane's own.
func (r *router) scheme(path string) (gateway, rest string, ok bool) {
	path, ok = strings.CutPrefix(path, "/v1/")
	account, path, deeper := strings.Cut(path, "/")
	if !ok || !deeper || account == "" || r.owned[account] {
		return "", "", false
	}
	gateway, rest, _ = strings.Cut(path, "/")
	return gateway, rest, gateway != ""
}

// enterScheme says which gateway a path of Cloudflare's scheme calls. It reports false
// for paths that are not of the scheme.
func (x *exchange) enterScheme(path string) (bool, error) {
	name, rest, ok := x.p.router.scheme(path)
	if !ok {
		return false, nil
	}
	c := &cloudflare{}
	c.provider, c.rest, _ = strings.Cut(rest, "/")
	g := x.view.Gateway(name)
	if g == nil && !x.likely(path, c) {
		return false, nil
	}
	if x.cf = c; g != nil {
		x.gw = g
		return true, nil
	}
	x.gw, c.lost = x.view.Gateway("default"), true
	return true, noSuchGateway(name)
}

// noSuchGateway has the status that Cloudflare gives it, since its clients look for that
// together with the code.
func noSuchGateway(name string) error {
	f := fault.Newf(fault.NotFound, "There is no gateway '%s' here: in /v1/{account}/{gateway} it is one of this Sluice's gateways, such as 'default'.", clip(name))
	f.Status, f.NoRetry = http.StatusBadRequest, true
	return f
}

// likely reports whether a path that names no gateway of ours is still meant by the
// scheme, and is not a path of a vendor's that Sluice has not.
func (x *exchange) likely(path string, c *cloudflare) bool {
	if c.provider == "" {
		return x.r.Method == http.MethodPost && !strings.Contains(path, ":")
	}
	return c.provider == compat || slug.Known(c.provider)
}

// acceptScheme says what a path of the scheme asks for.
func (x *exchange) acceptScheme() error {
	c := x.cf
	switch {
	case strings.EqualFold(x.r.Header.Get("Upgrade"), "websocket"):
		x.ep = x.p.realtimeEndpoint
		return nil
	case c.provider == "":
		x.ep = x.p.universalEndpoint
		return x.methodOf(http.MethodPost)
	}
	return x.acceptStep(c.provider, c.rest)
}

// acceptStep takes a path behind a slug.
func (x *exchange) acceptStep(name, rest string) error {
	if name == compat {
		x.cf.compat = true
		x.path = "/v1/" + rest
		err := x.acceptEndpoint(x.path)
		x.cf.known = err == nil
		return err
	}
	if rest == "" {
		return fault.Newf(fault.NotFound, "A path of the provider must follow '%s'.", clip(name))
	}
	p, native, err := x.view.atSlug(name, rest)
	if err != nil {
		return err
	}
	x.cf.known = true
	return x.pin(p, native)
}

// universalEndpoint stands for the universal endpoint until a step of it is begun.
func universalEndpoint(d *dialect.Dialect) *endpoint {
	return &endpoint{Endpoint: &dialect.Endpoint{Op: llm.OpPassthrough, Body: dialect.JSON}, dialect: d}
}
