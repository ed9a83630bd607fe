package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// Many streams over one HTTP/2 connection share its flow control and its fate, so
// that a client opens this many and takes them in turn.
const h2Connections = 4

const (
	h2PingAfter   = 30 * time.Second // silence after which a connection is probed
	h2PingTimeout = 15 * time.Second
)

// viaTransport is the sender for HTTP/2 and for upstream proxies.
type viaTransport struct {
	failures
	target *target
	proxy  *url.URL
	turn   atomic.Uint32
	trips  []*http.Transport
	epoch  time.Time
}

func newViaTransport(o Options, t *target, proxy *url.URL) *viaTransport {
	v := &viaTransport{failures: failures{host: t.host, times: o.Timeouts}, target: t, proxy: proxy, epoch: time.Now()}
	n := 1
	if o.HTTP2 && t.tls != nil {
		n = h2Connections
	}
	for range n {
		v.trips = append(v.trips, newTransport(o, t, proxy, n))
	}
	return v
}

func newTransport(o Options, t *target, proxy *url.URL, parts int) *http.Transport {
	dial := o.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: o.Timeouts.Connect}).DialContext
	}
	config := t.tls.Clone()
	if config == nil {
		config = new(tls.Config) // for an https proxy in front of a plain host
	}
	config.ServerName = "" // the proxy's own handshake has another name
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(o.HTTP2)
	idle := max(o.MaxIdlePerHost/parts, 1)
	return &http.Transport{
		Proxy:                  http.ProxyURL(proxy),
		DialContext:            dial,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    o.Timeouts.Connect,
		Protocols:              protocols,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: h2PingAfter, PingTimeout: h2PingTimeout},
		DisableCompression:     true,
		MaxIdleConns:           idle,
		MaxIdleConnsPerHost:    idle,
		IdleConnTimeout:        o.IdleTimeout,
		MaxResponseHeaderBytes: int64(o.MaxHeaderBytes),
	}
}

func (v *viaTransport) now() time.Duration { return time.Since(v.epoch) }

func (v *viaTransport) close() {
	for _, t := range v.trips {
		t.CloseIdleConnections()
	}
}

// do sends r through one of the transports. The limits of all phases are kept by one
// watch, which ends the request's context.
func (v *viaTransport) do(ctx context.Context, r *Request, resp *Response) error {
	resp.reset()
	if ctx.Err() != nil {
		return v.gone(ctx)
	}
	ctx2, cancel := context.WithCancelCause(ctx)
	x := &trip{owner: v, ctx: ctx, ctx2: ctx2, resp: resp, start: v.now()}
	x.watch.init(v, cancel, x.start+v.times.Total)
	x.watch.before(x.start+v.times.Connect, phaseConnect)
	x.body = newGuardedBody(r)
	req := x.request(r)
	answer, err := v.trips[v.turn.Add(1)%uint32(len(v.trips))].RoundTrip(req)
	resp.Waited = v.now() - x.start
	if err != nil {
		f := x.failure(err)
		x.end()
		return f
	}
	x.watch.headIn()
	x.answer(answer)
	return nil
}

// request builds the standard library's form of r.
func (x *trip) request(r *Request) *http.Request {
	req := &http.Request{Method: r.Method, URL: x.owner.requestURL(r.Path), Host: r.Host, Header: make(http.Header, len(r.Header)+2), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	for _, f := range r.Header {
		name := http.CanonicalHeaderKey(f.Name)
		req.Header[name] = append(req.Header[name], f.Value)
	}
	// Present but empty: the transport then adds no default of its own, and takes the
	// request for one that may be sent again if an idle connection turns out closed.
	for _, name := range []string{"User-Agent", "Idempotency-Key"} {
		if _, given := req.Header[name]; !given {
			req.Header[name] = nil
		}
	}
	x.setBody(req, r)
	return req.WithContext(httptrace.WithClientTrace(x.ctx2, x.trace()))
}

// requestURL keeps the path as it is spelled. A plain request through an HTTP proxy
// is in absolute form (RFC 9112 §3.2.2), all others in origin form; a path with two
// leading slashes can only be told from a host in absolute form.
func (v *viaTransport) requestURL(full string) *url.URL {
	path, query, asked := strings.Cut(full, "?")
	u := &url.URL{Scheme: v.target.scheme, Host: v.target.host, Opaque: path, RawQuery: query, ForceQuery: asked && query == ""}
	forwarding := v.proxy != nil && v.target.tls == nil && strings.HasPrefix(v.proxy.Scheme, "http")
	if forwarding || strings.HasPrefix(path, "//") {
		u.Opaque = "//" + v.target.host + path
	}
	return u
}

func (x *trip) setBody(req *http.Request, r *Request) {
	switch {
	case r.Stream != nil && r.Length != 0:
		req.ContentLength = r.Length
		req.Body = x.body.reader()
	case r.size() > 0:
		req.ContentLength = r.size()
		req.Body = x.body.reader()
		req.GetBody = func() (io.ReadCloser, error) { return x.body.reader(), nil }
	}
}

// trace follows the request through its phases.
func (x *trip) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { x.watch.before(x.owner.now()+x.owner.times.Connect, phaseConnect) },
		GotConn: func(info httptrace.GotConnInfo) {
			x.connected.Store(true)
			if x.reused.Store(info.Reused); !info.Reused {
				x.connect.Store(int64(x.owner.now() - x.start))
			}
			x.watch.before(0, phaseTotal)
		},
		WroteRequest: func(httptrace.WroteRequestInfo) {
			x.watch.before(x.owner.now()+x.owner.times.FirstByte, phaseFirstByte)
		},
	}
}

// failure says why there is no answer.
func (x *trip) failure(err error) *fault.Fault {
	v := x.owner
	if f := x.over(); f != nil {
		return f
	}
	if source := (*sourceError)(nil); errors.As(err, &source) {
		return v.body(source.cause)
	}
	if x.connected.Load() {
		if text := err.Error(); strings.Contains(text, "malformed") || strings.Contains(text, "exceeded") {
			return v.malformed(err)
		}
		return v.noAnswer(err)
	}
	if isTimeout(err) {
		return v.timeout(phaseConnect, 0).With(err)
	}
	if op := (*net.OpError)(nil); v.proxy != nil && (errors.As(err, &op) && op.Op == "proxyconnect" || v.target.tls == nil) {
		return fault.Newf(fault.UpstreamUnreachable, "cannot connect to the proxy %s: %s", v.proxy.Host, diagnose(err)).With(err)
	}
	return v.unreachable(err)
}

// answer takes over the head.
func (x *trip) answer(a *http.Response) {
	resp := x.resp
	resp.src, x.in = x, a
	resp.Status, resp.ContentLength = a.StatusCode, a.ContentLength
	resp.UntilClose = a.ProtoMajor == 1 && a.ContentLength < 0 && len(a.TransferEncoding) == 0
	if resp.Reused = x.reused.Load(); !resp.Reused {
		resp.Connect = time.Duration(x.connect.Load())
	}
	resp.Header = appendSorted(resp.Header, a.Header)
}

// appendSorted lists a map's fields by name, since their order on the wire is lost.
func appendSorted(dst Header, h http.Header) Header {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range h[name] {
			dst = append(dst, Field{name, value})
		}
	}
	return dst
}
