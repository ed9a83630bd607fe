package upstream_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// secure starts a TLS server and gives it with a file of its certificate.
func secure(t testing.TB, h2 bool, h http.HandlerFunc) (*httptest.Server, string) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = h2
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return s, file
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Proto", r.Proto)
	w.Header().Set("X-Peer", r.RemoteAddr)
	w.Write(body)
}

func TestTLSConnectionIsReusedAndSpeaksHTTP1(t *testing.T) {
	s, ca := secure(t, true, echo)
	c := newClient(t, upstream.Options{BaseURL: s.URL, CAFile: ca})
	for i, body := range []string{"small", strings.Repeat("m", 50<<10), strings.Repeat("L", 3<<20)} {
		a, err := send(c, post(body))
		if err != nil || a.body != body || a.resp.Header.Get("X-Proto") != "HTTP/1.1" {
			t.Fatal(len(a.body), a.resp.Header, err)
		}
		if a.resp.Reused != (i > 0) {
			t.Fatalf("request %d reused: %v", i, a.resp.Reused)
		}
	}
}

func TestTLSConnectionThatTheHostClosedIsNotUsedAgain(t *testing.T) {
	s, ca := secure(t, false, echo)
	c := newClient(t, upstream.Options{BaseURL: s.URL, CAFile: ca})
	if _, err := send(c, post("x")); err != nil {
		t.Fatal(err)
	}
	s.CloseClientConnections()
	r := &upstream.Request{Method: "POST", Path: "/", Stream: strings.NewReader("once"), Length: 4}
	if a, err := send(c, r); err != nil || a.body != "once" || a.resp.Reused {
		t.Fatal(a.body, a.resp.Reused, err)
	}
}

func TestCallerWhoLeavesEndsATLSCall(t *testing.T) {
	reached := chan1()
	release := make(chan struct{})
	s, ca := secure(t, false, func(w http.ResponseWriter, r *http.Request) {
		reached <- struct{}{}
		<-release
	})
	t.Cleanup(func() { close(release) })
	c := newClient(t, upstream.Options{BaseURL: s.URL, CAFile: ca})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-reached; cancel() }()
	soon(t, "the call", func() {
		_, err := sendIn(ctx, c, post("x"))
		wantFault(t, err, fault.Gone, "caller left")
	})
}

func TestFailureToConnectSaysWhatToDo(t *testing.T) {
	s, ca := secure(t, false, echo)
	plain := serve(t, func(p *peer) { p.in.Peek(1); p.write("HTTP/1.1 400 Bad Request\r\n\r\n") })
	fails := func(err error) func(context.Context, string, string) (net.Conn, error) {
		return func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
		}
	}
	dialTo := func(url string) func(ctx context.Context, n, a string) (net.Conn, error) {
		return func(ctx context.Context, n, a string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, n, strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "http://"))
		}
	}
	for name, tc := range map[string]struct {
		o    upstream.Options
		text string
	}{
		"unknown authority": {upstream.Options{BaseURL: s.URL}, "set ca_file"},
		"another name":      {upstream.Options{BaseURL: "https://other.test", CAFile: ca, Dial: dialTo(s.URL)}, "another host name"},
		"not TLS":           {upstream.Options{BaseURL: strings.Replace(plain.url, "http", "https", 1)}, "should base_url begin with http://"},
		"refused":           {upstream.Options{BaseURL: "http://vendor.test", Dial: fails(os.NewSyscallError("connect", syscall.ECONNREFUSED))}, "refused"},
		"no route":          {upstream.Options{BaseURL: "http://vendor.test", Dial: fails(os.NewSyscallError("connect", syscall.ENETUNREACH))}, "no network route"},
		"no descriptors":    {upstream.Options{BaseURL: "http://vendor.test", Dial: fails(os.NewSyscallError("socket", syscall.EMFILE))}, "file descriptors"},
		"no such name":      {upstream.Options{BaseURL: "http://vendor.test", Dial: fails(&net.DNSError{IsNotFound: true})}, "does not exist (DNS)"},
		"DNS is down":       {upstream.Options{BaseURL: "http://vendor.test", Dial: fails(&net.DNSError{Err: "server misbehaving"})}, "DNS lookup failed"},
		"anything else":     {upstream.Options{BaseURL: "http://vendor.test", Dial: fails(io.ErrNoProgress)}, "could not be set up"},
	} {
		for kind, make := range kinds {
			t.Run(name+" "+kind, func(t *testing.T) {
				o := tc.o
				if kind == "direct" {
					o.ProxyURL = "none"
				}
				_, err := send(make(t, o), post("x"))
				wantFault(t, err, fault.Connect, tc.text)
				wantFault(t, err, fault.Connect, "cannot connect to ")
			})
		}
	}
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		o    upstream.Options
		text string
	}{
		"scheme":             {upstream.Options{BaseURL: "ftp://a.test"}, "scheme"},
		"no host":            {upstream.Options{BaseURL: "http:///v1"}, "no host"},
		"password":           {upstream.Options{BaseURL: "http://u:secret@a.test"}, "password"},
		"not a URL":          {upstream.Options{BaseURL: "http://a b"}, "not a valid URL"},
		"international host": {upstream.Options{BaseURL: "http://bücher.test"}, "xn--"},
		"proxy":              {upstream.Options{BaseURL: "http://a.test", ProxyURL: "::"}, "proxy"},
		"proxy scheme":       {upstream.Options{BaseURL: "http://a.test", ProxyURL: "ftp://p.test"}, "proxy"},
		"no CA file":         {upstream.Options{BaseURL: "https://a.test", CAFile: filepath.Join(t.TempDir(), "none")}, "ca_file"},
		"CA file not PEM":    {upstream.Options{BaseURL: "https://a.test", CAFile: notPEM}, "no PEM certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := upstream.New(tc.o)
			if err == nil || !strings.Contains(err.Error(), tc.text) || strings.Contains(err.Error(), "secret") {
				t.Fatalf("got %v, want an error about %q", err, tc.text)
			}
		})
	}
}

// Bytes that nobody asked for, right behind an answer, would be taken for the next one.
func TestStrayBytesInTLSRetireTheConnection(t *testing.T) {
	s, ca := secure(t, false, echo)
	strayed := make(chan struct{}, 2)
	h := serve(t, func(p *peer) {
		p.Conn = tls.Server(p.Conn, &tls.Config{Certificates: s.TLS.Certificates})
		p.in.Reset(p.Conn)
		for p.request() != nil {
			p.write(ok("x"))
			p.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
			strayed <- struct{}{}
		}
	})
	dial := func(ctx context.Context, n, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, n, strings.TrimPrefix(h.url, "http://"))
	}
	c := newClient(t, upstream.Options{BaseURL: "https://example.com", CAFile: ca, Dial: dial})
	for range 3 {
		a, err := send(c, get())
		if err != nil || a.body != "x" {
			t.Fatal(a.body, err)
		}
		<-strayed
	}
	if h.count() != 3 {
		t.Fatalf("%d connections for three answers with stray bytes", h.count())
	}
}
