package upstream_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

func TestHTTP2IsSpokenWhereAskedForAndOffered(t *testing.T) {
	s, ca := secure(t, true, echo)
	c := newClient(t, upstream.Options{BaseURL: s.URL, CAFile: ca, HTTP2: true})
	peers := map[string]bool{}
	for i := range 12 {
		a, err := send(c, post(strings.Repeat("b", 1+i*30000)))
		if err != nil || len(a.body) != 1+i*30000 || a.resp.Header.Get("X-Proto") != "HTTP/2.0" {
			t.Fatal(a.resp.Header, err)
		}
		peers[a.resp.Header.Get("X-Peer")] = true
	}
	if len(peers) != 4 {
		t.Fatalf("%d connections", len(peers))
	}
}

func TestHTTP2FallsBackToHTTP1(t *testing.T) {
	s, ca := secure(t, false, echo)
	c := newClient(t, upstream.Options{BaseURL: s.URL, CAFile: ca, HTTP2: true})
	if a, err := send(c, post("x")); err != nil || a.resp.Header.Get("X-Proto") != "HTTP/1.1" {
		t.Fatal(a.resp.Header, err)
	}
}

// proxy is an HTTP proxy for one host; it notes what it was asked for.
func proxy(t *testing.T, asked chan<- string) string {
	h := serve(t, func(p *peer) {
		for {
			r, err := http.ReadRequest(p.in)
			if err != nil {
				return
			}
			asked <- r.Method + " " + r.RequestURI
			if r.Method != http.MethodConnect {
				io.Copy(io.Discard, r.Body)
				p.write(ok("from the proxy"))
				continue
			}
			far, err := net.Dial("tcp", r.Host)
			if err != nil {
				return
			}
			p.write("HTTP/1.1 200 OK\r\n\r\n")
			go func() { io.Copy(far, p.in); far.Close() }()
			io.Copy(p.Conn, far)
			return
		}
	})
	return h.url
}

func TestProxyCarriesPlainAndSecureRequests(t *testing.T) {
	s, ca := secure(t, false, echo)
	asked := make(chan string, 10)
	p := proxy(t, asked)
	c := newClient(t, upstream.Options{BaseURL: s.URL, CAFile: ca, ProxyURL: p})
	if a, err := send(c, post("through")); err != nil || a.body != "through" {
		t.Fatal(a.body, err)
	}
	if got, want := <-asked, "CONNECT "+strings.TrimPrefix(s.URL, "https://"); got != want {
		t.Fatalf("the proxy was asked %q, want %q", got, want)
	}
	c = newClient(t, upstream.Options{BaseURL: "http://vendor.test", ProxyURL: p})
	if a, err := send(c, &upstream.Request{Method: "GET", Path: "/a%2Fb|c?d=%20"}); err != nil || a.body != "from the proxy" {
		t.Fatal(a.body, err)
	}
	if got := <-asked; got != "GET http://vendor.test/a%2Fb|c?d=%20" {
		t.Fatalf("the proxy was asked %q", got)
	}
}

func TestUnreachableProxyIsNamed(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	for _, base := range []string{"http://vendor.test", "https://vendor.test"} {
		_, err = send(newClient(t, upstream.Options{BaseURL: base, ProxyURL: "http://user:secret@" + addr}), get())
		wantFault(t, err, fault.Connect, "cannot connect to the proxy "+addr+": the connection was refused")
		if strings.Contains(err.Error(), "secret") {
			t.Fatal("the proxy's password is in the error")
		}
	}
}

func TestEnvironmentsProxyIsFollowedUnlessSaidOtherwise(t *testing.T) {
	dial := new(net.Dialer).DialContext
	for name, tc := range map[string]struct {
		o      upstream.Options
		direct bool
	}{
		"by default":     {upstream.Options{}, false},
		"none":           {upstream.Options{ProxyURL: "none"}, true},
		"own dialler":    {upstream.Options{Dial: dial}, true},
		"own proxy":      {upstream.Options{ProxyURL: "socks5://p.test"}, false},
		"dialler, proxy": {upstream.Options{Dial: dial, ProxyURL: "http://p.test"}, false},
		"h2 without TLS": {upstream.Options{ProxyURL: "none", HTTP2: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			tc.o.BaseURL = "http://vendor.test"
			c, err := upstream.NewIn(tc.o, "http://env.test:3128")
			if err != nil || upstream.IsDirect(c) != tc.direct {
				t.Fatal(upstream.IsDirect(c), err)
			}
		})
	}
}

func TestTransportSendsPathAndFieldsAsGiven(t *testing.T) {
	got := make(chan *http.Request, 1)
	h := serve(t, func(p *peer) { got <- p.request(); p.write(ok("x")) })
	c := kinds["transport"](t, upstream.Options{BaseURL: h.url})
	r := post("body")
	r.Path, r.Host = "/a%2Fb//c%7c?q=%20&", "other.test"
	r.Header = []upstream.Field{{Name: "X-A", Value: "1"}, {Name: "x-a", Value: "2"}}
	if _, err := send(c, r); err != nil {
		t.Fatal(err)
	}
	q := <-got
	if q.RequestURI != r.Path || q.Host != r.Host || len(q.Header["X-A"]) != 2 || len(q.Header) != 2 {
		t.Fatalf("%s %s %v", q.RequestURI, q.Host, q.Header)
	}
}

func TestTransportGivesTheSameFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		script func(*peer)
		kind   fault.Kind
		text   string
	}{
		"no answer": {func(p *peer) { p.request() }, fault.Upstream, "without a complete answer"},
		"malformed": {func(p *peer) { p.request(); p.write("nonsense\r\n\r\n") }, fault.Upstream, "malformed"},
		"large head": {func(p *peer) {
			p.request()
			p.write("HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a", 100<<10) + "\r\n\r\n")
		}, fault.Upstream, "malformed"},
		"cut": {func(p *peer) { p.request(); p.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart") }, fault.Upstream, "in the middle of its answer"},
	} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, tc.script)
			_, err := send(kinds["transport"](t, upstream.Options{BaseURL: h.url}), post("x"))
			wantFault(t, err, tc.kind, tc.text)
		})
	}
}

func TestTransportKeepsTheLimitsOfAllPhases(t *testing.T) {
	for name, tc := range map[string]struct {
		times  provider.Timeouts
		script func(*peer)
		after  time.Duration
		text   string
	}{
		"first byte": {provider.Timeouts{}, func(p *peer) { p.request(); <-p.over }, 120 * time.Second, "timeouts.first_byte"},
		"idle":       {provider.Timeouts{}, func(p *peer) { p.request(); p.write(streamHead); <-p.over }, 60 * time.Second, "timeouts.idle"},
		"total":      {provider.Timeouts{Total: 30 * time.Second}, func(p *peer) { p.request(); p.write(streamHead); <-p.over }, 30 * time.Second, "timeouts.total"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				over := make(chan struct{})
				dial := func(context.Context, string, string) (net.Conn, error) {
					near, far := net.Pipe()
					go func() { defer far.Close(); tc.script(newPeer(far, over)) }()
					return near, nil
				}
				c, err := upstream.NewViaTransport(upstream.Options{BaseURL: "http://vendor.test", Dial: dial, Timeouts: tc.times})
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				_, err = send(c, get())
				wantFault(t, err, fault.Timeout, tc.text)
				if d := time.Since(start); d != tc.after {
					t.Fatalf("after %v", d)
				}
				close(over)
				c.Close()
			})
		})
	}
}

func TestTransportReadsTrailersOnce(t *testing.T) {
	h := serve(t, answers("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 9\r\n\r\n"))
	a, err := send(kinds["transport"](t, upstream.Options{BaseURL: h.url}), get())
	a.resp.Read(make([]byte, 1))
	if err != nil || len(a.resp.Trailer) != 1 || a.resp.Trailer.Get("X-Sum") != "9" {
		t.Fatal(a.resp.Trailer, err)
	}
}
