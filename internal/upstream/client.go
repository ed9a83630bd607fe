package upstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/provider"
)

// What zero Options mean.
const (
	DefaultConnect        = 5 * time.Second
	DefaultFirstByte      = 120 * time.Second
	DefaultFirstEvent     = 120 * time.Second
	DefaultIdle           = 60 * time.Second
	DefaultTotal          = 15 * time.Minute
	DefaultIdleTimeout    = 90 * time.Second
	DefaultMaxIdlePerHost = 1024
	DefaultMaxHeaderBytes = 64 << 10
)

// Options say where a Client sends and within which bounds. Zero values mean the
// defaults above.
type Options struct {
	// BaseURL is scheme://host[:port]; a path behind it is the caller's business.
	BaseURL string
	// ProxyURL is an http, https, socks5 or socks5h proxy; "" follows the environment
	// (HTTPS_PROXY and its kin), but only when Dial is nil; "none" is a direct way.
	ProxyURL string
	// CAFile holds PEM certificates to trust besides the system's.
	CAFile string
	// HTTP2 offers HTTP/2 to https hosts.
	HTTP2 bool
	// Dial opens connections; nil is a net.Dialer, which races IPv6 and IPv4. Its
	// connections must honour deadlines.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	// Timeouts bound the phases of one attempt. FirstEvent is only the default of
	// Response.AwaitEvent: a client does not know events.
	Timeouts provider.Timeouts
	// MaxIdlePerHost is how many idle connections are kept.
	MaxIdlePerHost int
	// IdleTimeout is how long an idle connection is kept.
	IdleTimeout time.Duration
	// MaxHeaderBytes bounds the head of an answer.
	MaxHeaderBytes int
}

func (o Options) withDefaults() Options {
	setDefault(&o.Timeouts.Connect, DefaultConnect)
	setDefault(&o.Timeouts.FirstByte, DefaultFirstByte)
	setDefault(&o.Timeouts.FirstEvent, DefaultFirstEvent)
	setDefault(&o.Timeouts.Idle, DefaultIdle)
	setDefault(&o.Timeouts.Total, DefaultTotal)
	setDefault(&o.IdleTimeout, DefaultIdleTimeout)
	setDefault(&o.MaxIdlePerHost, DefaultMaxIdlePerHost)
	setDefault(&o.MaxHeaderBytes, DefaultMaxHeaderBytes)
	return o
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// sender is one way of carrying requests.
type sender interface {
	do(ctx context.Context, r *Request, resp *Response) error
	close()
}

// Client sends to one base URL. It is safe for concurrent use.
type Client struct{ sender sender }

// New checks the options and reads CAFile; it opens no connection.
func New(o Options) (*Client, error) {
	return newClient(o, http.ProxyFromEnvironment)
}

func newClient(o Options, environment func(*http.Request) (*url.URL, error)) (*Client, error) {
	o = o.withDefaults()
	t, err := parseTarget(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if t.tls, err = tlsConfig(t, o.CAFile); err != nil {
		return nil, err
	}
	proxy, err := chooseProxy(o, t, environment)
	if err != nil {
		return nil, err
	}
	if proxy != nil || (o.HTTP2 && t.tls != nil) {
		return &Client{newViaTransport(o, t, proxy)}, nil
	}
	return &Client{newDirect(o, t)}, nil
}

// Do sends r and returns when the head of the answer is there; resp is overwritten,
// but for the memory of its Header and Trailer, which is used again. An error is a
// *fault.Fault: Connect when nothing was sent, Timeout with the phase in its message,
// Gone when ctx was cancelled, Upstream for what the host did wrong, Caller for a
// request that cannot be sent. After an error nothing of resp needs closing; after
// nil, Close must be called. The end of ctx also ends the reading of the body.
func (c *Client) Do(ctx context.Context, r *Request, resp *Response) error {
	if f := r.check(); f != nil {
		return f
	}
	return c.sender.do(ctx, r, resp)
}

// Close closes idle connections and keeps none from now on. Requests in flight end
// undisturbed, and Do still works.
func (c *Client) Close() { c.sender.close() }

// chooseProxy gives the proxy to go through, nil for none.
func chooseProxy(o Options, t *target, environment func(*http.Request) (*url.URL, error)) (*url.URL, error) {
	switch {
	case o.ProxyURL == "none", o.ProxyURL == "" && o.Dial != nil:
		return nil, nil
	case o.ProxyURL == "":
		u, err := environment(&http.Request{URL: t.url()})
		if err != nil {
			return nil, errors.New("the proxy in the environment is not a valid URL; correct HTTP_PROXY/HTTPS_PROXY or set proxy: none")
		}
		return u, nil
	}
	u, err := url.Parse(o.ProxyURL)
	if err != nil || u.Host == "" {
		return nil, errors.New("proxy is not a valid URL; write it as http://host:port")
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return u, nil
	}
	return nil, fmt.Errorf("proxy has the scheme %q; use http, https, socks5 or socks5h", u.Scheme)
}

// parseTarget reads the base URL.
func parseTarget(base string) (*target, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return nil, errors.New("base_url is not a valid URL; write it as https://host[:port]")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("base_url has the scheme %q; use https or http", u.Scheme)
	case u.User != nil:
		return nil, errors.New("base_url holds a user name or password; give credentials as api_key instead")
	case u.Hostname() == "":
		return nil, errors.New("base_url has no host; write it as https://host[:port]")
	case !validHost(u.Host):
		return nil, errors.New("base_url has a host with characters outside ASCII letters, digits, dots and hyphens; write an international name in its xn-- form")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return &target{
		scheme: u.Scheme,
		host:   strings.TrimSuffix(hostField(u), ":"),
		name:   u.Hostname(),
		addr:   net.JoinHostPort(u.Hostname(), port),
	}, nil
}

// hostField is the URL's host without an IPv6 zone, which has no meaning elsewhere
// (RFC 6874 §4).
func hostField(u *url.URL) string {
	name, _, zoned := strings.Cut(u.Hostname(), "%")
	if !zoned {
		return u.Host
	}
	return "[" + name + "]" + u.Host[strings.LastIndexByte(u.Host, ']')+1:]
}
