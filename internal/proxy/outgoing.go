package proxy

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// upstreamHeader gives the header towards the provider but for its credential: what
// the caller may pass on, what the vendor always gets, what the operator configured.
func (x *exchange) upstreamHeader(dst []upstream.Field) []upstream.Field {
	l := x.lane
	var hop []string
	if c := x.r.Header["Connection"]; len(c) > 0 {
		hop = upstream.ConnectionTokens(c)
	}
	for name, values := range x.r.Header {
		if !x.passes(name) || overridden(l.forced, name) || contains(hop, name) {
			continue
		}
		for _, v := range values {
			dst = append(dst, upstream.Field{Name: name, Value: v})
		}
	}
	for _, f := range l.fixed {
		if x.r.Header[f.Name] == nil && !overridden(l.forced, f.Name) {
			dst = append(dst, f)
		}
	}
	dst = x.propagate(append(dst, l.forced...))
	return append(dst, upstream.Field{Name: "Accept-Encoding", Value: "identity"})
}

// passes reports whether a header of the caller goes to the vendor. On a vendor's own
// path everything does that is not held back for everybody's safety; the caller's
// account at the vendor goes only with the caller's own credential.
func (x *exchange) passes(name string) bool {
	if x.cred != nil && x.cred == x.brought && provider.CallerAccount(name) {
		return true
	}
	if x.native != "" {
		return provider.ForwardNativeHeader(name)
	}
	if x.translated() && (name == "Accept" || name == "Content-Type") {
		return name == "Content-Type" && x.ep.Op == llm.OpChat
	}
	return provider.ForwardRequestHeader(x.spoken.Family, name, x.lane.provider.Spec)
}

func overridden(forced []upstream.Field, name string) bool {
	for _, f := range forced {
		if f.Name == name {
			return true
		}
	}
	return false
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// stopBody makes a read of the caller's body that waits for more return at once; the
// connection cannot carry another request then.
func (x *exchange) stopBody() {
	x.stopped.Store(true)
	_ = http.NewResponseController(x.w).SetReadDeadline(time.Unix(1, 0))
}

// escapeModel escapes a model's id for a path, slashes kept.
func escapeModel(model string) string {
	return (&url.URL{Path: model}).EscapedPath()
}
