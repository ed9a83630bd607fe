package proxy

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// exposed are the headers that a page's script may read beside the safe ones.
const exposed = "sluice-request-id, sluice-gateway, sluice-provider, sluice-model, sluice-route, sluice-attempts, sluice-resume, sluice-cache, sluice-cache-key, age, sluice-cost-usd, sluice-usage, sluice-overhead-us, sluice-dropped-params, sluice-error, cf-aig-step, cf-aig-log-id, cf-aig-event-id, cf-aig-cache-status, cf-aig-provider, cf-aig-model, retry-after, x-should-retry, x-request-id, request-id"

// crossOrigin applies the gateway's CORS policy (https://fetch.spec.whatwg.org/#http-cors-protocol).
// It reports true when the request was a preflight, which carries no credential and is
// answered here.
func (x *exchange) crossOrigin() (done bool) {
	origin := x.r.Header["Origin"]
	c := x.gw.CORS
	if len(origin) == 0 || c == nil {
		return false
	}
	h := x.w.Header()
	h.Add("Vary", "Origin")
	if !allowedOrigin(c, origin[0]) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin[0])
	if x.r.Method != http.MethodOptions || x.r.Header.Get("Access-Control-Request-Method") == "" {
		h.Set("Access-Control-Expose-Headers", strings.Join(append([]string{exposed}, c.Expose...), ", "))
		return false
	}
	x.preflight(c)
	return true
}

func (x *exchange) preflight(c *catalog.CORS) {
	h := x.w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
	var allowed []string
	for _, name := range strings.Split(x.r.Header.Get("Access-Control-Request-Headers"), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" && x.allowedHeader(c, name) {
			allowed = append(allowed, name)
		}
	}
	if len(allowed) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.Join(allowed, ", "))
	}
	if c.MaxAge > 0 {
		h.Set("Access-Control-Max-Age", strconv.Itoa(int(c.MaxAge.Seconds())))
	}
	x.quiet = true
	x.writeHead(http.StatusNoContent)
}

// allowedHeader reports whether a page may send a header: a dialect's, a control, or
// one that the policy adds.
func (x *exchange) allowedHeader(c *catalog.CORS, name string) bool {
	switch name {
	case "authorization", "api-key", "x-api-key", "x-goog-api-key", "traceparent":
		return true
	}
	if strings.HasPrefix(name, "sluice-") || isSchemeControl(http.CanonicalHeaderKey(name)) {
		return true
	}
	for _, d := range x.p.dialects {
		if provider.ForwardRequestHeader(d.Family, http.CanonicalHeaderKey(name), &provider.Spec{}) {
			return true
		}
	}
	for _, h := range c.Headers {
		if h == "*" || strings.EqualFold(h, name) {
			return true
		}
	}
	return false
}

func allowedOrigin(c *catalog.CORS, origin string) bool {
	for _, o := range c.Origins {
		if o == "*" || strings.EqualFold(o, origin) {
			return true
		}
		scheme, domain, ok := strings.Cut(o, "://*.")
		if !ok {
			continue
		}
		s, host, _ := strings.Cut(origin, "://")
		if strings.EqualFold(s, scheme) && len(host) > len(domain)+1 && strings.EqualFold(host[len(host)-len(domain)-1:], "."+domain) {
			return true
		}
	}
	return false
}
