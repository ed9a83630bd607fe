package proxy

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// accept reads the request line and headers only: which operation, in which dialect.
func (x *exchange) accept() error {
	path := x.path
	switch {
	case x.cf != nil:
		return x.acceptScheme()
	case path == "/v1/me":
		x.ep = x.p.selfEndpoint
		return x.methodOf(http.MethodGet)
	case path == feedbackPath:
		return x.acceptFeedback()
	case strings.HasPrefix(path, restPath):
		return x.acceptRest(path[len(restPath):])
	case path == "/v1/realtime":
		x.ep = x.p.realtimeEndpoint
		return nil
	case strings.HasPrefix(path, "/providers/"):
		return x.acceptNative(path[len("/providers/"):])
	}
	return x.acceptEndpoint(path)
}

// enter says which gateway is called, and in which dialect errors are to be rendered
// until more is known.
func (x *exchange) enter() (err error) {
	path := x.r.URL.EscapedPath()
	x.dialect = x.p.guessDialect(path, x.r.Header)
	x.path, err = x.chooseGateway(path)
	return err
}

// chooseGateway strips /gateways/{gateway} and says which gateway serves the request.
func (x *exchange) chooseGateway(path string) (string, error) {
	rest, named := strings.CutPrefix(path, "/gateways/")
	if !named {
		if foreign, err := x.enterScheme(path); foreign {
			return path, err
		}
		x.gw = x.view.GatewayOfHost(x.r.Host)
		return path, nil
	}
	name, rest, _ := strings.Cut(rest, "/")
	x.gw = x.view.Gateway(name)
	if x.gw == nil {
		x.gw = x.view.Gateway("default")
		return "", fault.Newf(fault.NotFound, "There is no gateway '%s' here.", clip(name))
	}
	return "/" + rest, nil
}

func (x *exchange) acceptEndpoint(path string) error {
	found := x.p.router.find(path)
	if len(found) == 0 {
		if long := underModels(path); long != "" {
			found, x.path = x.p.router.find(long), long
		}
	}
	if len(found) == 0 {
		return noSuchPath(path)
	}
	m, err := x.pick(found)
	if err != nil {
		return err
	}
	x.use(m)
	return nil
}

// underModels gives a path with a verb as it stands under models/: some SDKs take a
// model's name with a slash in it for a whole resource and write /v1beta/a/b:verb. ""
// where that is not the form.
func underModels(path string) string {
	version, rest, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	slash, verb := strings.LastIndexByte(rest, '/'), strings.LastIndexByte(rest, ':')
	if !ok || strings.HasPrefix(rest, modelsPrefix) || slash < 0 || verb < slash {
		return ""
	}
	return "/" + version + "/" + modelsPrefix + rest
}

func (x *exchange) use(m match) {
	x.ep, x.dialect = m.ep.as(x.r.Header.Get("Content-Type")), m.ep.dialect
	x.pathModel, x.pathID = m.model, m.id
	x.stream = m.ep.Streaming == dialect.Always
}

// pick chooses among the endpoints of one path by method, then, where several
// dialects share it, by headers.
func (x *exchange) pick(found []match) (match, error) {
	r := x.r
	fit := found
	if other := func(m match) bool {
		return m.ep.Method != "" && m.ep.Method != r.Method && !(r.Method == http.MethodHead && m.ep.Method == http.MethodGet)
	}; slices.ContainsFunc(found, other) {
		fit = slices.DeleteFunc(slices.Clone(found), other)
	}
	if len(fit) == 0 {
		var methods []string
		for _, m := range found {
			methods = append(methods, m.ep.Method)
		}
		return match{}, x.methodNotAllowed(methods)
	}
	if len(fit) > 1 {
		for _, m := range fit {
			if claims := m.ep.dialect.Claims; claims != nil && claims(r.Header) {
				return m, nil
			}
		}
		for _, m := range fit {
			if m.ep.dialect.Claims == nil {
				return m, nil
			}
		}
	}
	return fit[0], nil
}

// guessDialect says in which dialect to render an error before the endpoint is known.
func (p *Proxy) guessDialect(path string, h http.Header) *dialect.Dialect {
	if rest, ok := strings.CutPrefix(path, "/gateways/"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		path = "/" + rest
	}
	found := p.router.find(path)
	if len(found) == 1 {
		return found[0].ep.dialect
	}
	for _, d := range p.dialects {
		if d.Claims != nil && d.Claims(h) {
			return d
		}
	}
	if len(found) > 0 {
		return found[0].ep.dialect
	}
	return p.fallback
}

func (x *exchange) methodOf(methods ...string) error {
	if slices.Contains(methods, x.r.Method) {
		return nil
	}
	return x.methodNotAllowed(methods)
}

func (x *exchange) methodNotAllowed(methods []string) error {
	slices.Sort(methods)
	x.allow = strings.Join(slices.Compact(methods), ", ")
	return fault.Newf(fault.MethodNotAllowed, "This path takes %s.", strings.Join(slices.Compact(methods), ", "))
}

// planned are paths of the contract that later versions serve.
var planned = regexp.MustCompile(`^/v2/(chat|embed|rerank)`)

func noSuchPath(path string) error {
	msg := "There is no path '" + clip(path) + "' here."
	switch {
	case planned.MatchString(path):
		msg = "The path '" + clip(path) + "' is not built in this version of Sluice."
	case strings.HasPrefix(path, "/v1/v1/"):
		msg += " The base URL already ends in /v1, or the client adds it itself: leave one of them out."
	case strings.HasPrefix(path, "/api/"):
		msg += " The admin API has its own listener."
	case path == "/chat/completions" || path == "/responses" || path == "/embeddings":
		msg += " Did you mean '/v1" + path + "'? The base URL of OpenAI's SDKs ends in /v1."
	default:
		msg += " A vendor's own paths are under /providers/{provider}/."
	}
	f := fault.New(fault.NotFound, msg)
	f.NoRetry = true
	return f
}

// acceptNative takes a vendor's own path.
func (x *exchange) acceptNative(rest string) error {
	name, native, _ := strings.Cut(rest, "/")
	p := x.view.Providers[name]
	if p == nil {
		return fault.Newf(fault.NotFound, "There is no provider '%s' here; configured are %s.", clip(name), strings.Join(x.view.ProviderNames(), ", "))
	}
	if native == "" {
		return fault.New(fault.NotFound, "A path of the provider must follow: /providers/"+name+"/…")
	}
	return x.pin(p, "/"+native)
}

// pin takes an escaped path of a provider's own.
func (x *exchange) pin(p *provider.Provider, native string) error {
	x.pinned = p
	x.native = p.NativePath(native)
	if x.native == "" {
		return fault.New(fault.InvalidRequest, "The path holds '.' or '..' segments, which are not forwarded.")
	}
	l := x.view.lanes[p.Name]
	if l.dialect != nil {
		x.dialect = l.dialect
	}
	return x.useNative(l)
}

func realtimeEndpoint(d *dialect.Dialect) *endpoint {
	return &endpoint{Endpoint: &dialect.Endpoint{Op: llm.OpRealtime}, dialect: d}
}

func selfEndpoint(d *dialect.Dialect) *endpoint {
	return &endpoint{Endpoint: &dialect.Endpoint{Op: llm.OpSelf}, dialect: d, label: "GET /v1/me"}
}

// clip keeps a caller's text short and valid enough to be repeated in an error.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) > 120 {
		return strings.ToValidUTF8(s[:120], "") + "…"
	}
	return s
}
