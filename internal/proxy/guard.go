package proxy

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Conn bounds how long a client may take: between two reads of a body, for the rest of
// a body that nobody wants, and for the acceptance of what is written. It costs little
// while data is there, since deadlines are set only when the kernel is asked.
type Conn struct {
	net.Conn
	writeIdle time.Duration
	armed     time.Time // when the write deadline was set; the writer's own

	mu       sync.Mutex
	bodyIdle time.Duration // longest wait of one read; 0 = no body is being read
	bodyFrom time.Time     // when its reading began
	bodyGot  int64         // how much has come since
	drainBy  time.Time     // when an unwanted body must have ended; zero = none
	firstBy  time.Time     // the handshake's end; zero once the server has set a deadline
}

// slowest is the average rate, in bytes a second, below which a body is cut.
const slowest = 1 << 10

// NewConn wraps an accepted connection. writeIdle is the longest a write may be stuck,
// handshake the longest that TLS may take.
func NewConn(c net.Conn, writeIdle, handshake time.Duration) *Conn {
	return &Conn{Conn: c, writeIdle: writeIdle, firstBy: time.Now().Add(handshake)}
}

// Read bounds the wait while a body is read or drained.
func (c *Conn) Read(p []byte) (int, error) {
	c.mu.Lock()
	switch {
	case !c.drainBy.IsZero():
		_ = c.Conn.SetReadDeadline(c.drainBy)
	case c.bodyIdle > 0:
		_ = c.Conn.SetReadDeadline(bodyDeadline(c.bodyIdle, c.bodyFrom, c.bodyGot))
	}
	c.mu.Unlock()
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.mu.Lock()
		c.bodyGot += int64(n)
		c.mu.Unlock()
	}
	return n, err
}

// bodyDeadline bounds the next read of a body: by the longest pause, and by the slowest
// rate at which all of it may come.
func bodyDeadline(idle time.Duration, from time.Time, got int64) time.Time {
	pause, rate := time.Now().Add(idle), from.Add(idle+time.Duration(got)*time.Second/slowest)
	if rate.Before(pause) {
		return rate
	}
	return pause
}

// SetReadDeadline is the server's, between requests: no body is read then.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bodyIdle, c.drainBy = 0, time.Time{}
	if first := c.firstBy; !first.IsZero() {
		c.firstBy = time.Time{}
		if t.After(first) {
			t = first
		}
	}
	return c.Conn.SetReadDeadline(t)
}

// bound begins to bound the wait for a body, or with 0 ends it: the connection is then
// watched for a caller who leaves, for as long as an answer takes.
func (c *Conn) bound(idle time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bodyIdle, c.drainBy, c.bodyFrom, c.bodyGot = idle, time.Time{}, time.Now(), 0
	if idle == 0 {
		_ = c.Conn.SetReadDeadline(time.Time{})
	}
}

// drain bounds what the server reads of a body that nobody wants.
func (c *Conn) drain(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bodyIdle, c.drainBy = 0, time.Now().Add(d)
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

// conn gives the guarded connection of an HTTP/1 request, nil elsewhere.
func (x *exchange) conn() *Conn {
	if x.r.ProtoMajor != 1 {
		return nil
	}
	c, _ := x.r.Context().Value(connKey{}).(*Conn)
	return c
}

// boundBody begins to bound the time between two reads of the body.
func (x *exchange) boundBody() {
	idle := x.view.Limits.BodyIdle
	if c := x.conn(); c != nil {
		c.bound(idle)
		return
	}
	if x.bodyFrom.IsZero() {
		x.bodyFrom = time.Now()
	}
	_ = http.NewResponseController(x.w).SetReadDeadline(bodyDeadline(idle, x.bodyFrom, x.bodyGot))
}

// bounded reads the caller's body; where the connection does not know of bodies, the
// bound moves with every read.
type bounded struct{ x *exchange }

// Read reads the body.
func (b bounded) Read(p []byte) (int, error) {
	if b.x.r.ProtoMajor != 1 {
		b.x.boundBody()
	}
	n, err := b.x.r.Body.Read(p)
	b.x.bodyGot += int64(n)
	return n, err
}

// bodyRead ends the bound: the body is in, and a stream may last as long as it likes.
func (x *exchange) bodyRead() {
	x.bodyDone = true
	if c := x.conn(); c != nil {
		c.bound(0)
		return
	}
	_ = http.NewResponseController(x.w).SetReadDeadline(time.Time{})
}

// drainWait is how long the rest of an unwanted body may take: long enough for a caller
// to notice the answer, too short to hold connections for nothing.
const drainWait = 2 * time.Second

// leaveBody bounds what is read of a body that the answer did not need.
func (x *exchange) leaveBody() {
	if x.bodyDone || x.flowed.Load() || x.r.ContentLength == 0 {
		return
	}
	x.bodyDone = true
	if c := x.conn(); c != nil {
		c.drain(drainWait)
		return
	}
	_ = http.NewResponseController(x.w).SetReadDeadline(time.Now().Add(drainWait))
}

// boundWrite bounds how long one stream of an HTTP/2 connection may take nothing of what
// is written: the connection's own bound cannot tell its streams apart.
func (x *exchange) boundWrite() {
	if x.r.ProtoMajor == 1 {
		return
	}
	if now := time.Now(); now.Sub(x.writeArmed) > x.view.Limits.WriteIdle/4 {
		x.writeArmed = now
		_ = http.NewResponseController(x.w).SetWriteDeadline(now.Add(x.view.Limits.WriteIdle))
	}
}

// BoundBodies bounds how long the body of each request to a handler may take; for
// handlers that take small bodies.
func BoundBodies(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			if c, ok := r.Context().Value(connKey{}).(*Conn); ok && r.ProtoMajor == 1 {
				c.drain(smallBody)
				r.Body = untilEnd{r.Body, c}
			} else {
				_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(smallBody))
			}
		}
		h.ServeHTTP(w, r)
	})
}

// smallBody is how long a small body may take as a whole.
const smallBody = 10 * time.Second

// untilEnd lifts the bound of a body at its end.
type untilEnd struct {
	io.ReadCloser
	conn *Conn
}

// Read reads the body.
func (u untilEnd) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	if err == io.EOF {
		u.conn.bound(0)
	}
	return n, err
}

// flowing is a body that passes unread: bounded in size and in the time between two
// reads. It is read by one goroutine.
type flowing struct {
	x    *exchange
	left int64
}

// opaqueBody is the caller's body as it flows through.
func (x *exchange) opaqueBody() io.Reader {
	x.boundBody()
	return &flowing{x: x, left: x.view.Limits.OpaqueBody}
}

// Read gives what came. Its errors are faults: too large, too slow, or the caller left.
func (f *flowing) Read(p []byte) (int, error) {
	if broken := f.x.broken.Load(); broken != nil {
		return 0, broken
	}
	if int64(len(p)) > f.left+1 {
		p = p[:f.left+1]
	}
	n, err := bounded{f.x}.Read(p)
	if f.left -= int64(n); f.left < 0 {
		return 0, f.breaks(tooLarge(f.x.view.Limits.OpaqueBody))
	}
	switch {
	case err == io.EOF:
		f.x.flowed.Store(true)
		if c := f.x.conn(); c != nil {
			c.bound(0)
		}
	case err != nil:
		return n, f.breaks(bodyFault(err))
	}
	return n, err
}

// breaks notes why the body broke off. The server cancels a request whose body cannot
// be read, and that must not be taken for a caller who left.
func (f *flowing) breaks(err error) error {
	f.x.broken.CompareAndSwap(nil, asFault(err))
	return err
}
