package proxy

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Conn bounds how long a client may take: between two reads of a body, and for the
// acceptance of what is written. It costs nothing while data is there, since deadlines
// are set only when the kernel is asked.
type Conn struct {
	net.Conn
	bodyIdle  atomic.Int64 // nanoseconds; 0 = no body is being read
	writeIdle time.Duration
	armed     time.Time // when the write deadline was set; writers only
}

// NewConn wraps an accepted connection. writeIdle is the longest a write may be stuck.
func NewConn(c net.Conn, writeIdle time.Duration) *Conn {
	return &Conn{Conn: c, writeIdle: writeIdle}
}

// Read sets the body's deadline while a handler waits for a body.
func (c *Conn) Read(p []byte) (int, error) {
	if d := c.bodyIdle.Load(); d > 0 {
		_ = c.Conn.SetReadDeadline(time.Now().Add(time.Duration(d)))
	}
	return c.Conn.Read(p)
}

// Write moves the write deadline on, not more often than matters.
func (c *Conn) Write(p []byte) (int, error) {
	if now := time.Now(); now.Sub(c.armed) > c.writeIdle/4 {
		c.armed = now
		_ = c.Conn.SetWriteDeadline(now.Add(c.writeIdle))
	}
	return c.Conn.Write(p)
}

type connKey struct{}

// ConnContext makes the connection known to its requests; for http.Server.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok { // TLS
		c = t.NetConn()
	}
	if g, ok := c.(*Conn); ok {
		return context.WithValue(ctx, connKey{}, g)
	}
	return ctx
}

// readGuard bounds the reading of one body.
type readGuard struct {
	conn *Conn
	rc   *http.ResponseController
}

// guardRead begins to bound the time between two reads of the body.
func (p *Proxy) guardRead(x *exchange) readGuard {
	idle := x.view.Limits.BodyIdle
	if x.r.ProtoMajor == 1 {
		if c, ok := x.r.Context().Value(connKey{}).(*Conn); ok {
			c.bodyIdle.Store(int64(idle))
			return readGuard{conn: c}
		}
	}
	rc := http.NewResponseController(x.w)
	_ = rc.SetReadDeadline(time.Now().Add(idle + time.Duration(max(x.r.ContentLength, 0)/(64<<10))*time.Second))
	return readGuard{rc: rc}
}

// done ends the bound: a stream may last as long as it likes.
func (g readGuard) done() {
	if g.conn != nil {
		g.conn.bodyIdle.Store(0)
		_ = g.conn.Conn.SetReadDeadline(time.Time{})
		return
	}
	_ = g.rc.SetReadDeadline(time.Time{})
}
