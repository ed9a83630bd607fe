package proxy

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/sluice-gateway/sluice/internal/auth"
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
	dst = append(dst, l.forced...)
	return append(dst, upstream.Field{Name: "Accept-Encoding", Value: "identity"})
}

// passes reports whether a header of the caller goes to the vendor. On a vendor's own
// path everything does that is not held back for everybody's safety.
func (x *exchange) passes(name string) bool {
	if x.ep.Op == llm.OpPassthrough || x.native != "" {
		return provider.ForwardNativeHeader(name)
	}
	return provider.ForwardRequestHeader(x.dialect.Family, name, x.lane.provider.Spec)
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

// opaqueBody is a body that flows through unread, bounded by the operation's limit.
func (x *exchange) opaqueBody() io.Reader {
	return http.MaxBytesReader(x.w, x.r.Body, x.view.Limits.OpaqueBody)
}

// dropKey takes ?key= out of a raw query: it is a caller's credential. The rest keeps
// its bytes.
func dropKey(raw string) string {
	if raw == "" || auth.QueryKey(raw) == "" && !strings.Contains(raw, "key=") {
		return raw
	}
	kept := make([]string, 0, 4)
	for _, pair := range strings.Split(raw, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if n, err := url.QueryUnescape(name); err == nil && n == "key" {
			continue
		}
		kept = append(kept, pair)
	}
	return strings.Join(kept, "&")
}

func withRawQuery(path, raw string) string {
	switch {
	case raw == "":
		return path
	case strings.IndexByte(path, '?') >= 0:
		return path + "&" + raw
	}
	return path + "?" + raw
}

func withQuery(path, name, value string) string {
	return withRawQuery(path, url.QueryEscape(name)+"="+url.QueryEscape(value))
}

// escapeModel escapes a model's id for a path, slashes kept.
func escapeModel(model string) string {
	return (&url.URL{Path: model}).EscapedPath()
}
