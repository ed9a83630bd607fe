package front

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// withProtocols gives the configuration with the protocols that a Server speaks.
func withProtocols(cfg *tls.Config) *tls.Config {
	cfg = cfg.Clone()
	for _, p := range []string{"h2", "http/1.1"} {
		if !slices.Contains(cfg.NextProtos, p) {
			cfg.NextProtos = append(cfg.NextProtos, p)
		}
	}
	return cfg
}

// secure makes a TLS connection out of a plain one, if that is asked for, and hands it
// over if HTTP/2 is what both sides want. It reports whether to go on here.
func (c *conn) secure() bool {
	if c.s.tlsConfig == nil {
		return true
	}
	under := newSocket(c.s, c.nc, nil)
	t := tls.Server(under, c.s.tlsConfig)
	c.s.mu.Lock()
	c.nc, c.guarded = t, true
	c.s.mu.Unlock()
	by := after(c.s.clock(), c.s.HandshakeTimeout)
	c.limit(by)
	c.arm(0)
	t.SetWriteDeadline(c.s.at(by))
	if err := t.Handshake(); err != nil {
		c.failedHandshake(err)
		return false
	}
	under.SetWriteDeadline(time.Time{})
	c.accepted = c.s.clock()
	state := t.ConnectionState()
	c.tls = &state
	if state.NegotiatedProtocol == "h2" {
		c.letGo()
		c.s.giveAway(t)
		return false
	}
	return true
}

// failedHandshake tells a caller who spoke plain HTTP what is wrong.
func (c *conn) failedHandshake(err error) {
	c.s.log.Debug("TLS handshake failed", "remote", c.remote, "error", err)
	var header tls.RecordHeaderError
	if errors.As(err, &header) && header.Conn != nil && looksLikeHTTP(header.RecordHeader) {
		_, _ = io.WriteString(header.Conn, "HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nThis port speaks HTTPS.\n")
	}
}

func looksLikeHTTP(start [5]byte) bool {
	return slices.Contains([]string{"GET /", "HEAD ", "POST ", "PUT /", "OPTIO", "DELET", "PATCH"}, string(start[:]))
}

// socket bounds writes on a connection whose writer is not this package: below TLS, or
// handed over. It also gives the connection's place back when it has gone.
type socket struct {
	net.Conn
	s     *Server
	early []byte // read before the connection was handed over
	once  sync.Once

	mu  sync.Mutex // guards what follows
	own bool       // somebody else has set a write deadline
	at  time.Duration
}

func newSocket(s *Server, nc net.Conn, early []byte) *socket {
	return &socket{Conn: nc, s: s, early: early, at: stale}
}

// Read implements net.Conn.
func (k *socket) Read(p []byte) (int, error) {
	if len(k.early) > 0 {
		n := copy(p, k.early)
		k.early = k.early[n:]
		return n, nil
	}
	return k.Conn.Read(p)
}

// Write implements net.Conn.
func (k *socket) Write(p []byte) (int, error) {
	if d := k.s.WriteIdle; d > 0 {
		k.arm(k.s.clock(), d)
	}
	return k.Conn.Write(p)
}

func (k *socket) arm(now, d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.own && (k.at == stale || now-k.at > d/4) {
		k.at = now
		k.Conn.SetWriteDeadline(k.s.at(now + d))
	}
}

// SetDeadline implements net.Conn.
func (k *socket) SetDeadline(t time.Time) error {
	return errors.Join(k.SetReadDeadline(t), k.SetWriteDeadline(t))
}

// SetWriteDeadline implements net.Conn. A deadline stands in place of the server's
// WriteIdle, until it is taken back with the zero time.
func (k *socket) SetWriteDeadline(t time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.own, k.at = !t.IsZero(), stale
	return k.Conn.SetWriteDeadline(t)
}

// CloseWrite closes the sending side of a TCP connection.
func (k *socket) CloseWrite() error {
	if half, ok := k.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Close implements net.Conn.
func (k *socket) Close() error {
	k.once.Do(k.s.giveSlot)
	return k.Conn.Close()
}
