package front_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/front"
)

// promptly is more than a shutdown may take when nobody asks for anything, and much
// less than every limit of the servers here.
const promptly = 30 * time.Second

// stops shuts a server down and fails when that is not over promptly.
func stops(t *testing.T, s *front.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), promptly)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown gave %v", err)
	}
}

// begin starts a shutdown and gives the channel on which it ends, once it has begun.
func begin(t *testing.T, s *front.Server, addr string) <-chan struct{} {
	t.Helper()
	over := make(chan struct{})
	go func() {
		defer close(over)
		stops(t, s)
	}()
	for { // until nobody listens any more
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			return over
		}
		nc.Close()
	}
}

func TestASilentConnectionDoesNotHoldAShutdown(t *testing.T) {
	serverTLS, clientTLS := certificate(t)
	for _, c := range []struct {
		name  string
		tls   bool
		speak func(t *testing.T, p *peer, shut func())
	}{
		{"plain", false, func(t *testing.T, p *peer, shut func()) { shut() }},
		{"before the handshake", true, func(t *testing.T, p *peer, shut func()) { shut() }},
		{"a handshake that ends after the shutdown has begun", true, func(t *testing.T, p *peer, shut func()) {
			later, err := tls.Dial("tcp", p.RemoteAddr().String(), clientTLS)
			if err != nil {
				t.Fatal(err)
			}
			later.Close() // accepted, and so p has been
			shut()
			if err := tls.Client(p.Conn, clientTLS).Handshake(); err != nil {
				t.Error(err)
			}
		}},
		{"after the handshake", true, func(t *testing.T, p *peer, shut func()) {
			if err := tls.Client(p.Conn, clientTLS).Handshake(); err != nil {
				t.Error(err)
			}
			shut()
		}},
		{"after the handshake for HTTP/2", true, func(t *testing.T, p *peer, shut func()) {
			cfg := clientTLS.Clone()
			cfg.NextProtos = []string{"h2"}
			if _, err := tls.Client(p.Conn, cfg).Read(make([]byte, 1)); err != nil {
				t.Error(err)
			}
			shut()
		}},
		{"in the middle of HTTP/2's preface", false, func(t *testing.T, p *peer, shut func()) {
			p.send("PRI * HTTP/2.0\r\n\r\n")
			tick(t, 20*time.Millisecond)
			shut()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &front.Server{ReadHeaderTimeout: time.Hour, IdleTimeout: time.Hour, HandshakeTimeout: time.Hour}
			if c.tls {
				s.TLSConfig = serverTLS
			}
			addr := serve(t, s)
			var over <-chan struct{}
			c.speak(t, dial(t, addr), func() { over = begin(t, s, addr) })
			await(t, over, "the end of the shutdown")
		})
	}
}

// TestAShutdownReachesAConnectionThatIsAboutToWait holds a connection back just before
// it first waits, until the shutdown has looked at it.
func TestAShutdownReachesAConnectionThatIsAboutToWait(t *testing.T) {
	serverTLS, clientTLS := certificate(t)
	for _, cfg := range []*tls.Config{nil, serverTLS} {
		there, on := make(chan struct{}, 1), make(chan struct{})
		s := &front.Server{
			TLSConfig: cfg, ReadHeaderTimeout: time.Hour,
			ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
				select {
				case there <- struct{}{}:
				default:
				}
				<-on
				return ctx
			},
		}
		addr := serve(t, s)
		p := dial(t, addr)
		if cfg != nil {
			if err := tls.Client(p.Conn, clientTLS).Handshake(); err != nil {
				t.Fatal(err)
			}
		}
		await(t, there, "the connection")
		over := begin(t, s, addr)
		tick(t, 20*time.Millisecond)
		close(on)
		await(t, over, "the end of the shutdown")
	}
}

// stuck is a connection on which nothing can be written any more, from a point in time
// on: the caller takes nothing.
type stuck struct {
	net.Conn
	now, cut chan struct{}
	tried    chan struct{}
}

func (c *stuck) Write(p []byte) (int, error) {
	select {
	case <-c.now:
		select {
		case c.tried <- struct{}{}:
		default:
		}
		<-c.cut
		return 0, net.ErrClosed
	default:
		return c.Conn.Write(p)
	}
}

func (c *stuck) Close() error {
	select {
	case <-c.cut:
	default:
		close(c.cut)
	}
	return c.Conn.Close()
}

// stuckListener makes stuck connections, all with the same channels.
type stuckListener struct {
	net.Listener
	conn stuck
}

func (l *stuckListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := l.conn
	c.Conn = nc
	return &c, nil
}

// TestAnIdleCallerWhoTakesNothingBlocksNobody: the good-bye of TLS to such a caller
// must not stand in the way of the server's other work.
func TestAnIdleCallerWhoTakesNothingBlocksNobody(t *testing.T) {
	serverTLS, clientTLS := certificate(t)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	now, tried := make(chan struct{}), make(chan struct{}, 1)
	l := &stuckListener{plain, stuck{now: now, cut: make(chan struct{}), tried: tried}}
	s := &front.Server{TLSConfig: serverTLS, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	nc := tls.Client(dial(t, plain.Addr().String()).Conn, clientTLS)
	p := dialed(t, nc)
	p.send(get).answer("GET")
	close(now)

	over := make(chan error, 1)
	go func() { over <- s.Shutdown(context.Background()) }()
	await(t, tried, "the good-bye")
	free := make(chan struct{})
	go func() {
		defer close(free)
		s.Cancel() // needs what the good-bye must not hold
	}()
	select {
	case <-free:
	case <-time.After(promptly):
		t.Error("the server waits for a caller who takes nothing")
		close(l.conn.cut)
	}
	s.Close()
	if err := await(t, over, "the end of the shutdown"); err != nil {
		t.Errorf("Shutdown gave %v", err)
	}
	await(t, ended, "the end of Serve")
}
