package front

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// What a connection is doing.
const (
	fresh  int32 = iota // nothing of its first request has come
	idle                // between two requests
	active              // from the first byte of a request to the end of its answer
	closed              // closed by Shutdown or Close
)

// conn is one connection. Its goroutine reads heads and runs the handler; while the
// handler runs, what is for reading belongs to the request's body (body.mu).
type conn struct {
	s        *Server
	nc       net.Conn // what is spoken on: the socket, or TLS over it
	gathers  bool     // nc takes several buffers in one system call
	guarded  bool     // something below moves the write deadline
	await    *awaiter // nil where waiting needs a buffer
	base     context.Context
	remote   string
	tls      *tls.ConnectionState
	accepted time.Duration
	state    atomic.Int32
	later    bool // at least one request has been read
	linger   bool // unread bytes may be on their way when it is closed

	// reading
	page   *[pageSize]byte
	buf    []byte        // page, or something larger while a large head is in it
	headBy time.Duration // when the head must be complete
	r, w   int           // buf[r:w] has been received and not been used
	lost   error         // why no more can be read

	// writing
	writeAt  time.Duration // when the write deadline was last moved
	writeSet bool          // the handler has set a write deadline of its own
	writeErr error

	mu     sync.Mutex // guards what follows
	by     time.Duration
	bodyBy time.Duration // idle time between two reads of a body; 0 = no limit
	armed  time.Duration // the read deadline that is set; 0 = none
	last   time.Duration // once the server stops: the limit of waiting for a request; 0 = it does not stop
	handed bool          // HTTP/2: another server owns it now; only its own goroutine sets it
	watchState
}

// stale is an armed deadline of which nothing is known.
const stale = time.Duration(-1)

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{s: s, nc: nc, base: context.Background(), accepted: s.clock()}
	c.writeAt = stale
	c.cond.L = &c.mu
	c.list = s.sweeper.listOf(s.accepted.Add(1))
	if s.tlsConfig == nil {
		_, tcp := nc.(*net.TCPConn)
		_, unix := nc.(*net.UnixConn)
		c.gathers = tcp || unix
		c.await = newAwaiter(c)
	}
	return c
}

// cut makes everything on the connection fail at once.
func (c *conn) cut() { cut(c.nc) }

func cut(nc net.Conn) {
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn() // without waiting to say good-bye
	}
	nc.Close()
}

func (c *conn) serve() {
	defer c.end()
	c.remote = c.nc.RemoteAddr().String()
	if !c.secure() {
		return
	}
	if c.s.ConnContext != nil {
		c.base = c.s.ConnContext(c.base, c.nc)
	}
	for c.next() && c.exchange() {
	}
}

// end gives back what the connection holds.
func (c *conn) end() {
	if v := recover(); v != nil {
		c.s.log.Error("panic while serving a connection", "panic", v, "stack", string(debug.Stack()))
	}
	c.dropBuffer()
	if !c.handed {
		if c.linger {
			c.goodBye()
		}
		c.nc.Close()
		if c.s.tlsConfig == nil {
			c.s.giveSlot()
		}
	}
	c.s.forget(c)
}

// lingerTime is how long a connection that is closed is still read from.
const lingerTime = 500 * time.Millisecond

// goodBye lets the caller read what was written before it learns that what it sends
// is not wanted (RFC 9112 §9.6).
func (c *conn) goodBye() {
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.lost != nil {
		return
	}
	c.limit(c.s.clock() + lingerTime)
	page := c.s.pages.Get().(*[pageSize]byte)
	defer c.s.pages.Put(page)
	for { // until the time is over, however much comes
		if _, err := c.receive(page[:]); err != nil {
			return
		}
	}
}

// next waits for the first byte of a request.
func (c *conn) next() bool {
	if c.r < c.w || c.hasOne {
		return true
	}
	if !c.later {
		c.limit(after(c.accepted, c.s.ReadHeaderTimeout))
		_, err := c.receive(nil)
		return err == nil && c.state.CompareAndSwap(fresh, active)
	}
	c.limit(after(c.s.clock(), c.s.IdleTimeout))
	c.state.Store(idle)
	if c.s.closing.Load() {
		return false
	}
	_, err := c.receive(nil)
	return err == nil && c.state.CompareAndSwap(idle, active)
}

func after(t, d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return t + d
}

// exchange serves one request, and reports whether the connection can carry another.
func (c *conn) exchange() bool {
	x := c.s.exchanges.Get().(*exchange)
	defer c.s.exchanges.Put(x)
	defer x.clear()
	if err := c.readHead(x); err != nil {
		c.refuse(err)
		return false
	}
	if c.handed {
		return false
	}
	c.later = true
	if x.expect == expectOther {
		c.refuse(&refusal{http.StatusExpectationFailed, "only 100-continue can be expected"})
		return false
	}
	return c.handle(x)
}

// handle runs the handler and finishes its answer.
func (c *conn) handle(x *exchange) bool {
	b := c.prepare(x)
	w := &x.answer
	c.begin(&b.ctx, w.body == nil)
	ok := c.run(w)
	b.ctx.cancel()
	if ok {
		w.finish()
	}
	c.stopWatch()
	whole := c.closeBody(w)
	if w.req.MultipartForm != nil {
		_ = w.req.MultipartForm.RemoveAll()
	}
	if !whole && w.body != nil {
		c.linger = ok
	}
	if c.writeSet {
		c.writeSet, c.writeAt = false, stale
		c.nc.SetWriteDeadline(time.Time{})
	}
	more := c.lost == nil || c.r < c.w // who has hung up may have asked before
	return ok && whole && !w.close && c.writeErr == nil && more && !c.s.closing.Load()
}

// run runs the handler; a panic costs the connection.
func (c *conn) run(w *answer) (ok bool) {
	defer func() {
		if ok {
			return
		}
		if v := recover(); v != nil && v != http.ErrAbortHandler {
			c.s.log.Error("panic in a handler", "remote", c.remote, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	h := c.s.Handler
	if h == nil {
		h = http.DefaultServeMux
	}
	if w.req.RequestURI == "*" && w.req.Method == http.MethodOptions {
		w.Header()["Content-Length"] = []string{"0"}
		w.WriteHeader(http.StatusOK)
		return true
	}
	h.ServeHTTP(w, w.req)
	return true
}

// closeBody takes the body away from the handler, and reports whether it has been read
// to its end.
func (c *conn) closeBody(w *answer) bool {
	b := w.body
	if b == nil {
		return true
	}
	if !b.mu.TryLock() { // somebody still reads it
		c.cut()
		b.mu.Lock()
	}
	defer b.mu.Unlock()
	b.closed = true
	return b.err == io.EOF
}
