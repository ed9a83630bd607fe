package front

import (
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
	c.handed = true
	c.nc.SetReadDeadline(time.Time{})
	c.s.giveAway(newSocket(c.s, c.nc, slices.Clone(c.buf[c.r:c.w])))
}

// handover is the server for HTTP/2 and the listener that feeds it.
type handover struct {
	server *http.Server
	addr   net.Addr
	conns  chan net.Conn
	quit   chan struct{}
	once   sync.Once
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
		s.other = &handover{server: s.otherServer(), addr: nc.LocalAddr(), conns: make(chan net.Conn), quit: make(chan struct{})}
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
