package proxy

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// nativeEndpoint stands for every path of a vendor that no dialect has.
func nativeEndpoint(d *dialect.Dialect) *endpoint {
	return &endpoint{Endpoint: &dialect.Endpoint{Op: llm.OpPassthrough, Body: dialect.Opaque}, dialect: d, vendors: "/providers/{provider}/…"}
}

// useNative says what a vendor's own path means. Where it is one of the endpoints that
// Sluice knows, it is treated as that endpoint, so that rights, ids and usage are the
// same by either door. A path that only a forgiving server would read as one of them is
// refused: it would miss their rules. What lies below a known object passes as the
// vendor's own affair, once the object is known to be the caller's.
func (x *exchange) useNative(l *lane) error {
	if m, ok := x.p.known(l, x.native, x.r.Method); ok {
		x.use(m)
		x.lenient = !l.serves(m.ep)
		return nil
	}
	meant, err := canonical(x.native)
	if err != nil {
		return err
	}
	x.ep = x.p.nativeEndpoint
	if l.own != nil && len(l.own.findFolded(l.behindBase(meant))) > 0 {
		return x.unusual()
	}
	if _, deployed := l.deployment(x.p.router, strings.ToLower(meant), x.r.Method); deployed {
		return x.unusual()
	}
	for _, path := range l.dataPlane(meant) {
		for _, m := range x.p.router.findFolded(path) {
			switch {
			case !l.ruled(m.ep):
			case meant != x.native || len(x.p.router.find(path)) == 0:
				return x.unusual()
			case m.ep.Object.Kind != "" && m.id == "":
				return x.methodNotAllowed(x.p.methodsOf(path))
			}
		}
		if x.below(l, path) {
			return nil
		}
	}
	return nil
}

func (x *exchange) unusual() error {
	return fault.Newf(fault.NotFound, "The path '%s' is spelt unusually, and is not forwarded: write it as the provider's documentation does.", clip(x.native))
}

// below finds the object that a path leads to or through, whatever follows it and
// whatever the method, and makes the call one that names it.
func (x *exchange) below(l *lane, path string) bool {
	for p := path; strings.Count(p, "/") > 2; p = p[:strings.LastIndexByte(p, '/')] {
		for _, m := range x.p.router.findFolded(p) {
			if m.id == "" || m.ep.Object.Kind == "" || !l.ruled(m.ep) {
				continue
			}
			x.pathID, _, _ = strings.Cut(m.id, ":") // what follows is a verb
			x.ep = x.p.through(m.ep.Object.Kind)
			x.lenient = x.r.Method != http.MethodGet && x.r.Method != http.MethodHead || !l.serves(m.ep)
			return true
		}
	}
	return false
}

// through is the endpoint of calls that pass once their object is the caller's.
func (p *Proxy) through(kind string) *endpoint {
	ep := *p.nativeEndpoint
	e := *ep.Endpoint
	e.Object = dialect.ObjectRule{Kind: kind, Names: true}
	ep.Endpoint = &e
	return &ep
}

// known finds the endpoint behind a vendor's own path.
func (p *Proxy) known(l *lane, native, method string) (match, bool) {
	for _, path := range l.dataPlane(native) {
		for _, m := range p.router.find(path) {
			fits := m.ep.Method == "" || m.ep.Method == method || (method == http.MethodHead && m.ep.Method == http.MethodGet)
			if fits && l.ruled(m.ep) {
				return m, true
			}
		}
	}
	if m, ok := l.vendors(native, method); ok {
		return m, true
	}
	return l.deployment(p.router, native, method)
}

// vendors finds the endpoint behind a path that only the vendor has.
func (l *lane) vendors(native, method string) (match, bool) {
	if l.own == nil {
		return match{}, false
	}
	path, _, _ := strings.Cut(native, "?")
	for _, m := range l.own.find(l.behindBase(path)) {
		if m.ep.Method == "" || m.ep.Method == method {
			return m, true
		}
	}
	return match{}, false
}

// behindBase gives what of a vendor's own path stands behind base_url, or behind what
// base_url has before its version where the path stands beside that.
func (l *lane) behindBase(path string) string {
	if rest, ok := strings.CutPrefix(path, l.basePath); ok && (rest == "" || rest[0] == '/') {
		return rest
	}
	return strings.TrimPrefix(path, strings.TrimSuffix(l.basePath, "/v1"))
}

// methodsOf lists the methods that a path takes.
func (p *Proxy) methodsOf(path string) []string {
	var methods []string
	for _, m := range p.router.findFolded(path) {
		if m.ep.Method != "" {
			methods = append(methods, m.ep.Method)
		}
	}
	return methods
}

// ruled reports whether an endpoint's rules hold for the provider: what it serves, and
// everything that keeps objects, whether it is said to serve that or not.
func (l *lane) ruled(ep *endpoint) bool {
	return l.serves(ep) || ep.Object.Kind != "" && slices.Contains(l.families, ep.dialect.Family)
}

// version is a path's segment that names a version of an API.
var version = regexp.MustCompile(`^v[0-9]+[a-z0-9]*$`)

// dataPlane gives the paths of the data plane that a vendor's own path may be: with the
// vendor's prefixes and versions in place of the data plane's.
func (l *lane) dataPlane(native string) []string {
	path, _, _ := strings.Cut(native, "?")
	path = strings.TrimPrefix(path, l.basePath)
	paths := []string{path}
	rest := path
	for strings.HasPrefix(rest, "/") {
		seg, tail, _ := strings.Cut(rest[1:], "/")
		if !version.MatchString(strings.ToLower(seg)) && !l.isFamily(seg) {
			break
		}
		rest = "/" + tail
	}
	if l.provider.Spec.Shape == provider.HostShape && rest == path {
		return paths
	}
	return append(paths, "/v1"+rest, "/v1beta"+rest)
}

// isFamily reports whether a path's segment is the name of a dialect family of the
// lane: some vendors put another's API under its name.
func (l *lane) isFamily(seg string) bool {
	return slices.ContainsFunc(l.families, func(f string) bool { return strings.EqualFold(f, seg) })
}

// deployment finds the endpoint behind a path that names its model as a deployment.
// The model of the path is the one that counts.
func (l *lane) deployment(r *router, native, method string) (match, bool) {
	path, _, _ := strings.Cut(native, "?")
	_, rest, ok := strings.Cut(path, "/deployments/")
	name, tail, more := strings.Cut(rest, "/")
	model, err := url.PathUnescape(name)
	if !ok || !more || err != nil || !pathSafe(model) {
		return match{}, false
	}
	for _, m := range r.find("/v1/" + tail) {
		if m.ep.Method == method && m.ep.Model != dialect.Nowhere && l.serves(m.ep) {
			m.model = model
			return m, true
		}
	}
	return match{}, false
}

// maxUnescape is how often an escape may hold another one.
const maxUnescape = 5

// canonical gives what a forgiving server may read a path as: escapes undone, empty
// segments, parameters and what follows a query's or fragment's sign cut off.
func canonical(path string) (string, error) {
	path, _, _ = strings.Cut(path, "?")
	for range maxUnescape {
		plain, err := url.PathUnescape(path)
		if err != nil {
			return "", fault.New(fault.InvalidRequest, "The path holds a malformed escape.")
		}
		if plain == path {
			break
		}
		path = plain
	}
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	path = strings.ReplaceAll(path, `\`, "/")
	var segs []string
	for seg := range strings.SplitSeq(path, "/") {
		seg, _, _ = strings.Cut(seg, ";")
		switch seg = strings.TrimSpace(seg); seg {
		case "", ".":
		case "..":
			segs = segs[:max(0, len(segs)-1)]
		default:
			segs = append(segs, seg)
		}
	}
	return "/" + strings.Join(segs, "/"), nil
}
