package upstream

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// pageSize is a connection's read buffer while it carries an exchange; an idle
// connection has none.
const pageSize = 4 << 10

// past is a deadline that has been missed.
var past = time.Unix(1, 0)

// conn is one connection with at most one exchange on it. While an exchange runs it
// belongs to the caller's goroutine; in the pool, to the pool.
type conn struct {
	owner    *direct
	nc       net.Conn // what requests are written to: plain or TLS
	under    net.Conn // the socket below
	gate     *gate    // nil without TLS
	probe    *prober  // nil where reading without waiting is impossible
	gathers  bool     // nc takes several buffers in one system call
	shard    uint32
	flowAt   int          // its place among the flowing
	onDone   func()       // interrupt, bound once
	departed atomic.Bool  // interrupt has been called
	unsure   atomic.Int64 // when a read left room in the buffer and none has come after it; 0 = never
	one      [1]byte      // where a probe reads to

	lastUsed time.Duration // when the last bytes came
	maxIdle  time.Duration // what the host said in Keep-Alive; 0 = nothing
	readBy   time.Duration // the armed read deadline
	writeBy  time.Duration // the armed write deadline
	gather   [][]byte      // kept for its memory
	vec      net.Buffers   // the same, as far as it is not yet written

	page *[pageSize]byte
	buf  []byte // page, or something larger while a large head is read
	r, w int    // buf[r:w] has been received and not been used

	exchange
}

// exchange is the state of one request and its answer.
type exchange struct {
	ctx    context.Context
	stop   func() bool // takes back the context's callback; nil when there is none
	resp   *Response
	endBy  time.Duration
	waitAt time.Duration // when the present wait began
	sentAt time.Duration // when the request was out; 0 while a writer is at work
	sendTo *writer       // nil when the request went out in one go
	failed error         // why the request could not be written whole
	flowed error         // what the receiver of the body's pieces said

	answered   bool // a byte of an answer has come
	unanswered bool // it ended without one, for a cause that allows another try
	inBody     bool // the head is complete
	noWait     bool // reads do not wait
	complete   bool // the answer has been read to its end
	broken     bool // nothing more can be had from the connection
	keep       bool // both sides mean to use it again
	answer
}

// stale reports whether the connection has been idle for too long.
func (c *conn) stale(now time.Duration) bool {
	limit := c.owner.idle
	if c.maxIdle > 0 {
		limit = min(limit, c.maxIdle)
	}
	return now-c.lastUsed >= limit
}

// quiet reports whether an idle connection is open with nothing to read. Anything
// there is to read is the end of the stream, or bytes that no request asked for.
func (c *conn) quiet() bool {
	if c.probe == nil {
		return true
	}
	_, err := c.tryRead(c.one[:])
	return err == errWouldBlock
}

// tryRead reads what is there without waiting.
func (c *conn) tryRead(p []byte) (int, error) {
	if c.probe == nil {
		return 0, errWouldBlock
	}
	if c.gate == nil {
		return c.probe.read(p)
	}
	c.gate.noWait = true
	n, err := c.nc.Read(p)
	c.gate.noWait = false
	return n, err
}

// hangUp closes an idle connection politely.
func (c *conn) hangUp() { c.nc.Close() }

// begin starts an exchange.
func (c *conn) begin(ctx context.Context, resp *Response, endBy time.Duration) {
	c.page = c.owner.pages.Get().(*[pageSize]byte)
	c.buf, c.r, c.w = c.page[:], 0, 0
	c.exchange = exchange{ctx: ctx, resp: resp, endBy: endBy}
	resp.src = c
	if ctx.Done() != nil {
		c.stop = context.AfterFunc(ctx, c.onDone)
	}
}

// interrupt makes reads and writes in progress, and all later ones, fail at once. It
// runs on a goroutine of the context's.
func (c *conn) interrupt() {
	c.departed.Store(true)
	c.nc.SetDeadline(past)
}

// finish ends the exchange: the connection goes back to the pool if it may, else it
// is closed. The writer has ended, or is ended here.
func (c *conn) finish() {
	if c.complete && c.keep {
		c.sendTo.settle()
	}
	// A callback that has begun could strike at any later time: such a connection is
	// not used again.
	untouched := c.stop == nil || c.stop()
	reusable := untouched && c.complete && c.keep && !c.broken && c.r == c.w && c.written()
	if !reusable {
		c.under.Close()
	}
	c.sendTo.join()
	c.resp.src = nil
	c.exchange = exchange{unanswered: c.unanswered}
	c.owner.pages.Put(c.page)
	c.page, c.buf = nil, nil
	if !reusable {
		return
	}
	if !c.owner.pool.put(c) {
		c.hangUp()
	}
}

// written reports whether the whole request is out.
func (c *conn) written() bool {
	if c.sendTo != nil {
		return c.sendTo.ended() && c.sendTo.err == nil
	}
	return c.failed == nil
}

// clock, read, hijack and close make a conn the source of its Response.

func (c *conn) clock() time.Duration { return c.owner.now() }

func (c *conn) read(p []byte) (int, error) {
	n, _, err := c.readOn(p)
	return n, err
}

// readOn is read that reports whether it ended the exchange, too: then the connection
// may be at work for another already.
func (c *conn) readOn(p []byte) (n int, ended bool, err error) {
	if c.complete {
		return 0, false, io.EOF
	}
	n, err = c.readBody(p)
	switch {
	case err == nil:
	case err == io.EOF:
		c.complete = true
		if ended = c.sendTo == nil || c.sendTo.ended(); ended {
			c.finish()
		}
	case err != errWouldBlock:
		c.broken = true
	}
	return n, ended, err
}

// close ends the exchange; when what is left of the answer is there already, it is
// taken in, so that the connection can be used again.
func (c *conn) close() {
	if !c.complete && !c.broken && c.keep && c.drain() {
		return // drain has finished it
	}
	c.finish()
}

// drain reads, without waiting, the rest of a body that is nearly over, and reports
// whether that ended the exchange.
func (c *conn) drain() bool {
	var scratch [1024]byte
	c.noWait = true
	for range 4 {
		if _, ended, err := c.readOn(scratch[:]); err != nil {
			return ended
		}
	}
	return false
}

func (c *conn) sent() bool { return c.sendTo == nil || c.sendTo.ended() }

func (c *conn) hijack() (net.Conn, []byte, error) {
	if c.stop != nil && !c.stop() {
		return nil, nil, c.owner.gone(c.ctx)
	}
	rest := append([]byte(nil), c.buf[c.r:c.w]...)
	c.owner.pages.Put(c.page)
	c.exchange, c.page, c.buf = exchange{}, nil, nil
	return c.nc, rest, c.nc.SetDeadline(time.Time{})
}
