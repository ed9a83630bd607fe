package front

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// preface is how HTTP/2 begins without an upgrade (RFC 9113 §3.4).
const preface = "PRI * HTTP/2.0"

// isHTTP2 reports whether the connection begins with HTTP/2's preface.
func (c *conn) isHTTP2() bool {
	have := c.buf[c.r:c.w]
	return c.s.tlsConfig == nil && len(have) >= len(preface) && string(have[:len(preface)]) == preface
}

// handOver gives the connection to the other server, with what has been read of it.
func (c *conn) handOver() {
	c.letGo()
	c.s.giveAway(newSocket(c.s, c.nc, slices.Clone(c.buf[c.r:c.w])))
}

// letGo takes the connection out of this server's hands, without a read deadline.
func (c *conn) letGo() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handed = true
	c.nc.SetReadDeadline(time.Time{})
}

// handover is the server for HTTP/2 and the listener that feeds it.
type handover struct {
	server *http.Server
	addr   net.Addr
	conns  chan net.Conn
	quit   chan struct{}
	once   sync.Once

	mu    sync.Mutex // guards what follows
	fresh map[net.Conn]struct{}
}

func (s *Server) handedOver() *handover {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.other
}

// giveAway passes a connection to the other server, which is started with the first.
func (s *Server) giveAway(nc net.Conn) {
	s.mu.Lock()
	if s.other == nil && !s.closing.Load() {
		s.other = s.newHandover(nc.LocalAddr())
		go s.other.server.Serve(s.other) // ends with the server's Shutdown or Close
	}
	other := s.other
	s.mu.Unlock()
	if other == nil {
		nc.Close()
		return
	}
	select {
	case other.conns <- nc:
	case <-other.quit:
		nc.Close()
	}
}

func (s *Server) newHandover(addr net.Addr) *handover {
	h := &handover{
		server: s.otherServer(), addr: addr, conns: make(chan net.Conn), quit: make(chan struct{}),
		fresh: map[net.Conn]struct{}{},
	}
	theirs := h.server.ConnState
	h.server.ConnState = func(nc net.Conn, state http.ConnState) {
		h.note(nc, state)
		if theirs != nil {
			theirs(nc, state)
		}
	}
	return h
}

// note keeps in mind who has not yet said anything.
func (h *handover) note(nc net.Conn, state http.ConnState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if state == http.StateNew {
		h.fresh[nc] = struct{}{}
		return
	}
	delete(h.fresh, nc)
}

// shutdown is that of the server, which would wait for silent connections much longer.
func (h *handover) shutdown(ctx context.Context) error {
	t := time.AfterFunc(lastChance, h.cutFresh)
	defer t.Stop()
	return h.server.Shutdown(ctx)
}

func (h *handover) cutFresh() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for nc := range h.fresh {
		cut(nc)
	}
}

// otherServer makes the server for HTTP/2 from its template.
func (s *Server) otherServer() *http.Server {
	t := s.HTTP2
	if t == nil {
		t = &http.Server{ReadHeaderTimeout: s.ReadHeaderTimeout, IdleTimeout: s.IdleTimeout, MaxHeaderBytes: s.MaxHeaderBytes, ConnContext: s.ConnContext}
	}
	h := &http.Server{
		Handler: s.Handler, HTTP2: t.HTTP2, ErrorLog: t.ErrorLog,
		ReadTimeout: t.ReadTimeout, ReadHeaderTimeout: t.ReadHeaderTimeout, WriteTimeout: t.WriteTimeout, IdleTimeout: t.IdleTimeout,
		MaxHeaderBytes: t.MaxHeaderBytes, ConnState: t.ConnState, BaseContext: t.BaseContext, ConnContext: t.ConnContext,
		Protocols: new(http.Protocols),
	}
	h.Protocols.SetHTTP2(true)
	h.Protocols.SetUnencryptedHTTP2(true)
	return h
}

// Accept implements net.Listener.
func (h *handover) Accept() (net.Conn, error) {
	select {
	case nc := <-h.conns:
		return nc, nil
	case <-h.quit:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (h *handover) Close() error {
	h.once.Do(func() { close(h.quit) })
	return nil
}

// Addr implements net.Listener.
func (h *handover) Addr() net.Addr { return h.addr }
