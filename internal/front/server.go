package front

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Server serves connections. Set its fields before Serve; it must not be copied. All
// methods may be called at the same time. A duration of 0 means no limit.
type Server struct {
	Handler           http.Handler
	TLSConfig         *tls.Config   // nil = plain TCP; HTTP/2 is added to its protocols
	ReadHeaderTimeout time.Duration // for a whole head from its first byte, for the first one from the accept
	IdleTimeout       time.Duration // between two requests
	HandshakeTimeout  time.Duration // for TLS
	WriteIdle         time.Duration // how long a caller may take nothing of what is written to it
	MaxHeaderBytes    int           // request line and fields together; 0 = http.DefaultMaxHeaderBytes
	MaxConns          int           // connections at once, HTTP/2 included; further ones wait unaccepted; 0 = no limit

	// ConnContext makes the context whose values the requests of a connection see; its
	// end is not looked at. nil = context.Background().
	ConnContext func(ctx context.Context, c net.Conn) context.Context

	HTTP2 *http.Server // settings for the connections that speak HTTP/2; nil = the ones above
	Log   *slog.Logger // nil = nothing is logged

	once      sync.Once
	epoch     time.Time
	tlsConfig *tls.Config
	log       *slog.Logger
	slots     chan struct{}
	pages     sync.Pool // *[pageSize]byte
	exchanges sync.Pool // *exchange
	dated     atomic.Pointer[stamp]
	sweeper   sweeper
	accepted  atomic.Uint32
	closing   atomic.Bool
	quit      chan struct{} // closed with closing

	mu        sync.Mutex // guards what follows
	listeners map[net.Listener]struct{}
	conns     map[*conn]struct{}
	emptied   chan struct{} // closed when the last connection has gone; nil = nobody waits
	other     *handover
}

// pageSize is the size of the buffers for reading and for writing.
const pageSize = 4 << 10

func (s *Server) init() {
	s.once.Do(func() {
		s.epoch, s.log, s.quit = time.Now(), s.Log, make(chan struct{})
		if s.log == nil {
			s.log = slog.New(slog.DiscardHandler)
		}
		if s.MaxConns > 0 {
			s.slots = make(chan struct{}, s.MaxConns)
		}
		if s.TLSConfig != nil {
			s.tlsConfig = withProtocols(s.TLSConfig)
		}
		s.pages.New = func() any { return new([pageSize]byte) }
		s.exchanges.New = func() any { return newExchange() }
		s.listeners, s.conns = map[net.Listener]struct{}{}, map[*conn]struct{}{}
		s.sweeper.init()
	})
}

// clock is the time since the server's epoch. It is never 0.
func (s *Server) clock() time.Duration { return time.Since(s.epoch) + 1 }

// at is the point in time of a clock reading; 0 = no time at all.
func (s *Server) at(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return s.epoch.Add(d - 1)
}

func (s *Server) maxHeader() int {
	if s.MaxHeaderBytes > 0 {
		return s.MaxHeaderBytes
	}
	return http.DefaultMaxHeaderBytes
}

// Serve accepts connections until the listener fails, or until Shutdown or Close, when
// it gives http.ErrServerClosed. It closes the listener.
func (s *Server) Serve(l net.Listener) error {
	s.init()
	defer l.Close()
	if !s.listen(l) {
		return http.ErrServerClosed
	}
	defer s.unlisten(l)
	for wait := time.Duration(0); ; {
		if !s.takeSlot() {
			return http.ErrServerClosed
		}
		nc, err := l.Accept()
		if err == nil {
			wait = 0
			s.welcome(nc)
			continue
		}
		s.giveSlot()
		var temporary interface{ Temporary() bool }
		switch {
		case s.closing.Load():
			return http.ErrServerClosed
		case !errors.As(err, &temporary) || !temporary.Temporary():
			return err
		}
		wait = min(max(2*wait, 5*time.Millisecond), time.Second)
		s.log.Warn("a connection could not be accepted", "error", err, "next_try", wait)
		s.pause(wait)
	}
}

func (s *Server) listen(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Load() {
		return false
	}
	s.listeners[l] = struct{}{}
	return true
}

func (s *Server) unlisten(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

// takeSlot waits until one more connection is allowed.
func (s *Server) takeSlot() bool {
	if s.slots == nil {
		return true
	}
	select {
	case s.slots <- struct{}{}:
		return true
	case <-s.quit:
		return false
	}
}

func (s *Server) giveSlot() {
	if s.slots != nil {
		<-s.slots
	}
}

func (s *Server) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.quit:
	}
}

// welcome starts to serve an accepted connection.
func (s *Server) welcome(nc net.Conn) {
	c := newConn(s, nc)
	s.mu.Lock()
	gone := s.closing.Load()
	if !gone {
		s.conns[c] = struct{}{}
	}
	s.mu.Unlock()
	if gone {
		nc.Close()
		s.giveSlot()
		return
	}
	go c.serve()
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if len(s.conns) == 0 && s.emptied != nil {
		close(s.emptied)
		s.emptied = nil
	}
}
