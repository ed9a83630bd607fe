package front_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/front"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// serve starts the server on a port of its own and gives its address. The server is
// closed with the test, and its Serve waited for.
func serve(t testing.TB, s *front.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve gave %v", err)
		}
	})
	return l.Addr().String()
}

func serveFunc(t testing.TB, h http.HandlerFunc) string {
	return serve(t, &front.Server{Handler: h})
}

// peer is a caller that speaks bytes.
type peer struct {
	t testing.TB
	net.Conn
	in *bufio.Reader
}

func dial(t testing.TB, addr string) *peer {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return dialed(t, nc)
}

func dialed(t testing.TB, nc net.Conn) *peer {
	t.Cleanup(func() { nc.Close() })
	nc.SetReadDeadline(time.Now().Add(patience))
	return &peer{t, nc, bufio.NewReader(nc)}
}

func (p *peer) send(s string) *peer {
	p.t.Helper()
	if _, err := io.WriteString(p.Conn, s); err != nil {
		p.t.Fatal(err)
	}
	return p
}

// answer reads one answer to a request of the method.
func (p *peer) answer(method string) (*http.Response, string) {
	p.t.Helper()
	resp, err := http.ReadResponse(p.in, &http.Request{Method: method})
	if err != nil {
		p.t.Fatalf("no answer: %v", err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatalf("answer cut: %v", err)
	}
	return resp, string(body)
}

// rest reads up to the connection's end.
func (p *peer) rest() string {
	p.t.Helper()
	b, err := io.ReadAll(p.in)
	if err != nil && !strings.Contains(err.Error(), "reset") {
		p.t.Fatalf("the connection did not end: %v", err)
	}
	return string(b)
}

// talk sends bytes on a connection of their own and gives everything that comes back.
func talk(t testing.TB, addr, s string) string {
	t.Helper()
	p := dial(t, addr).send(s)
	p.Conn.(*net.TCPConn).CloseWrite()
	return p.rest()
}

// await waits for a channel.
func await[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("in vain: " + what)
		panic("unreachable")
	}
}

// certificate gives the two ends of TLS.
func certificate(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	ts := httptest.NewTLSServer(nil)
	defer ts.Close()
	roots := x509.NewCertPool()
	roots.AddCert(ts.Certificate())
	return &tls.Config{Certificates: ts.TLS.Certificates}, &tls.Config{RootCAs: roots, ServerName: "example.com"}
}

func shutdown(t testing.TB, s *front.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown gave %v", err)
	}
}
