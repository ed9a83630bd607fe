package proxy

import (
	"net/url"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

// endpoint is a dialect's endpoint as the router knows it.
type endpoint struct {
	*dialect.Endpoint
	dialect *dialect.Dialect
	pattern []string // segments of Pattern; "{model}" and "{id}" match
	verb    string   // what follows the {model}: ":generateContent", "/converse"
	want    []string // members to scan for, see ask.go
	ceiling wantedCeiling
	label   string    // of entries: method and pattern
	fact    string    // of keys of the cache: the same as one word
	vendors string    // the same by a provider's own path
	json    *endpoint // the same for callers who send JSON instead of a form; nil = itself
}

// as gives the endpoint for a request of a content type: what is documented as a form
// may be sent as JSON where the vendor takes both.
func (ep *endpoint) as(contentType string) *endpoint {
	if ep.json != nil && strings.HasPrefix(contentType, "application/json") {
		return ep.json
	}
	return ep
}

// match is an endpoint with what its path named.
type match struct {
	ep    *endpoint
	model string // unescaped
	id    string // unescaped
}

// router finds endpoints by path. It is immutable.
type router struct {
	static map[string][]match     // whole paths without parameters
	param  map[string][]*endpoint // by first two segments, "/v1/files", or the first if the second is a parameter
	owned  map[string]bool        // segments behind /v1 that are no accounts
}

func newRouter(dialects []*dialect.Dialect) *router {
	r := &router{static: map[string][]match{}, param: map[string][]*endpoint{}, owned: map[string]bool{"v1": true, "me": true, "realtime": true, "streams": true, "feedback": true}}
	for _, d := range dialects {
		for i := range d.Endpoints {
			r.add(d, &d.Endpoints[i])
		}
	}
	return r
}

func newEndpoint(d *dialect.Dialect, e *dialect.Endpoint) *endpoint {
	ep := &endpoint{Endpoint: e, dialect: d, want: wanted(d, e)}
	ep.label, ep.vendors = strings.TrimSpace(e.Method+" "+e.Pattern), strings.TrimSpace(e.Method+" /providers/{provider}"+e.Pattern)
	ep.fact = e.Method + e.Pattern
	ep.ceiling = ceilingOf(ep)
	return ep
}

func (r *router) add(d *dialect.Dialect, e *dialect.Endpoint) {
	ep := newEndpoint(d, e)
	if e.Body == dialect.Multipart {
		plain := *e
		plain.Body = dialect.JSON
		if e.Model == dialect.InForm {
			plain.Model = dialect.InBody
		}
		ep.json = &endpoint{Endpoint: &plain, dialect: d, want: ep.want, label: ep.label, fact: ep.fact, vendors: ep.vendors}
	}
	if rest, ok := strings.CutPrefix(e.Pattern, "/v1/"); ok {
		rest, _, _ = strings.Cut(rest, "/")
		r.owned[rest] = true
	}
	brace := strings.IndexByte(e.Pattern, '{')
	if brace < 0 {
		r.static[e.Pattern] = append(r.static[e.Pattern], match{ep: ep})
		return
	}
	pattern := e.Pattern
	if before, verb, ok := strings.Cut(pattern, "{model}"); ok {
		pattern, ep.verb = before+"{model}", verb
	}
	ep.pattern = strings.Split(pattern[1:], "/")
	group := twoSegments(e.Pattern)
	if brace < len(group) {
		group = group[:strings.LastIndexByte(group, '/')]
	}
	r.param[group] = append(r.param[group], ep)
}

// grouped gives the parametric endpoints that a path may be one of.
func (r *router) grouped(path string) []*endpoint {
	group := twoSegments(path)
	if found := r.param[group]; found != nil {
		return found
	}
	return r.param[group[:max(0, strings.LastIndexByte(group, '/'))]]
}

// twoSegments gives the part of a path by which parametric patterns are grouped.
func twoSegments(path string) string {
	i := strings.IndexByte(path[1:], '/')
	if i < 0 {
		return path
	}
	if j := strings.IndexByte(path[i+2:], '/'); j >= 0 {
		return path[:i+2+j]
	}
	return path
}

// find gives every endpoint that has this escaped path, with other methods too, so
// that the caller can tell "no such path" from "not with this method". They are not written to.
func (r *router) find(path string) []match {
	if found := r.static[path]; found != nil {
		return found
	}
	if len(path) < 2 || path[0] != '/' {
		return nil
	}
	var out []match
	for _, ep := range r.grouped(path) {
		if m, ok := ep.match(path); ok {
			out = append(out, m)
		}
	}
	return out
}

// findFolded is find for a path that may be spelt in capitals, as some vendors allow.
func (r *router) findFolded(path string) []match {
	lower := strings.ToLower(path)
	out := slices.Clone(r.static[lower])
	if len(path) < 2 || path[0] != '/' {
		return out
	}
	for _, ep := range r.grouped(lower) {
		if m, ok := ep.matchBy(path, strings.EqualFold); ok {
			out = append(out, m)
		}
	}
	return out
}

// pathSafe reports whether a model's name stays where it is put in a path.
func pathSafe(model string) bool {
	for seg := range strings.SplitSeq(model, "/") {
		if seg == "." || seg == ".." {
			return false
		}
	}
	return !strings.ContainsFunc(model, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\\' })
}

// match reports whether the escaped path is one of the endpoint's. A {model} takes
// everything up to the last colon, slashes included.
func (ep *endpoint) match(path string) (match, bool) { return ep.matchBy(path, equal) }

func equal(a, b string) bool { return a == b }

func (ep *endpoint) matchBy(path string, same func(a, b string) bool) (match, bool) {
	m := match{ep: ep}
	segs := strings.Split(path[1:], "/")
	for i, p := range ep.pattern {
		switch {
		case i >= len(segs):
			return m, false
		case p == "{model}":
			rest := strings.Join(segs[i:], "/")
			name, ok := strings.CutSuffix(rest, ep.verb)
			if !ok || name == "" || (ep.verb == "" && strings.Contains(name, ":")) {
				return m, false
			}
			model, err := url.PathUnescape(name)
			m.model = model
			return m, err == nil && pathSafe(model)
		case p == "{id}":
			id, err := url.PathUnescape(segs[i])
			if err != nil || id == "" {
				return m, false
			}
			if strings.ContainsAny(id, "/?#\\") {
				return m, false
			}
			m.id = id
		case strings.HasPrefix(p, "{id}"):
			name, ok := strings.CutSuffix(segs[i], p[len("{id}"):])
			id, err := url.PathUnescape(name)
			if !ok || err != nil || id == "" {
				return m, false
			}
			m.id = id
		case !same(p, segs[i]):
			return m, false
		}
	}
	return m, len(segs) == len(ep.pattern)
}
