package sandbox

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// pipeSize is how much one direction of a connection holds before its writer waits.
const pipeSize = 64 << 10

// listener makes connections to one handler. It holds nothing but its server, which
// owns one goroutine for each open connection.
type listener struct {
	server http.Server
}

func newListener(h http.Handler) *listener {
	only1 := new(http.Protocols)
	only1.SetHTTP1(true)
	// No header timeout: callers are in this process, and a timer for each request costs.
	return &listener{server: http.Server{Handler: h, Protocols: only1}}
}

// Dial opens a connection; its signature is that of net.Dialer.DialContext. Closing it
// ends the goroutine that serves it.
func (l *listener) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	near, far := connect()
	// Serve returns when the second Accept fails; the connection goes on by itself.
	if err := l.server.Serve(&oneConn{conn: far}); err != io.EOF {
		near.Close()
		return nil, err
	}
	return near, nil
}

// oneConn is a net.Listener that gives one connection and then io.EOF.
type oneConn struct{ conn net.Conn }

func (o *oneConn) Accept() (net.Conn, error) {
	c := o.conn
	if c == nil {
		return nil, io.EOF
	}
	o.conn = nil
	return c, nil
}

func (o *oneConn) Close() error   { return nil }
func (o *oneConn) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "memory" }
func (address) String() string  { return "sandbox.internal:80" }

// conn is one end of an in-memory connection: a net.Conn with working deadlines, safe
// for concurrent use. What was written before Close can still be read at the other end.
type conn struct{ in, out *pipe }

// connect gives both ends of a new connection.
func connect() (near, far *conn) {
	a, b := newPipe(), newPipe()
	return &conn{in: a, out: b}, &conn{in: b, out: a}
}

func (c *conn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.out.write(p) }

func (c *conn) Close() error {
	c.in.closeReader()
	c.out.closeWriter()
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return address{} }
func (c *conn) RemoteAddr() net.Addr { return address{} }

func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.setDeadline(&c.in.readBy, t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.setDeadline(&c.out.writeBy, t)
	return nil
}

// pipe is one direction of a connection: a bounded queue of bytes.
type pipe struct {
	mu      sync.Mutex
	changed sync.Cond
	buf     []byte // buf[r:] is unread
	r       int
	noRead  bool // the reader has closed
	noWrite bool // the writer has closed

	readBy, writeBy deadline
}

// deadline is one side's limit. A timer exists only while one is set in the future.
type deadline struct {
	passed bool
	timer  *time.Timer
}

func newPipe() *pipe {
	p := &pipe{}
	p.changed.L = &p.mu
	return p
}

func (p *pipe) read(dst []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.noRead:
			return 0, net.ErrClosed
		case p.readBy.passed:
			return 0, os.ErrDeadlineExceeded
		case len(dst) == 0:
			return 0, nil
		case p.r < len(p.buf):
			return p.take(dst), nil
		case p.noWrite:
			return 0, io.EOF
		}
		p.changed.Wait()
	}
}

// take moves unread bytes to dst. An emptied buffer that grew large is let go.
func (p *pipe) take(dst []byte) int {
	n := copy(dst, p.buf[p.r:])
	p.r += n
	if p.r == len(p.buf) {
		p.r = 0
		p.buf = p.buf[:0]
		if cap(p.buf) > pipeSize/4 {
			p.buf = nil
		}
	}
	p.changed.Broadcast()
	return n
}

func (p *pipe) write(src []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	done := 0
	for {
		switch {
		case p.noWrite:
			return done, net.ErrClosed
		case p.noRead:
			return done, io.ErrClosedPipe
		case p.writeBy.passed:
			return done, os.ErrDeadlineExceeded
		}
		if room := pipeSize - (len(p.buf) - p.r); room > 0 {
			n := min(room, len(src)-done)
			p.put(src[done : done+n])
			done += n
		}
		if done == len(src) {
			return done, nil
		}
		p.changed.Wait()
	}
}

func (p *pipe) put(b []byte) {
	if p.r > 0 && len(p.buf)+len(b) > cap(p.buf) {
		p.buf = p.buf[:copy(p.buf, p.buf[p.r:])]
		p.r = 0
	}
	p.buf = append(p.buf, b...)
	p.changed.Broadcast()
}

func (p *pipe) closeReader() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noRead = true
	p.buf, p.r = nil, 0
	p.readBy.stop()
	p.changed.Broadcast()
}

func (p *pipe) closeWriter() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noWrite = true
	p.writeBy.stop()
	p.changed.Broadcast()
}

// setDeadline arms one side's limit; the zero time takes it back.
func (p *pipe) setDeadline(d *deadline, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d.stop()
	d.passed = false
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.passed = true
		p.changed.Broadcast()
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() { p.expire(d, &timer) })
	d.timer = timer
}

// expire runs when a timer fires; one that has been replaced meanwhile says nothing.
func (p *pipe) expire(d *deadline, timer **time.Timer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.timer == *timer {
		d.passed = true
		p.changed.Broadcast()
	}
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
