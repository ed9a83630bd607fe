package upstream

import (
	"context"
	"net"
	"sync"
	"time"
)

// direct is the HTTP/1.1 sender (RFC 9112) on the caller's goroutine.
type direct struct {
	failures
	target    *target
	dialer    func(ctx context.Context, network, addr string) (net.Conn, error)
	idle      time.Duration
	maxHeader int
	epoch     time.Time // zero of the clock
	pool      *pool
	flowing   flowing
	pages     sync.Pool // *[pageSize]byte, read buffers
	heads     sync.Pool // *[]byte, what is written first
	batches   sync.Pool // *[]byte, head and body together
}

func newDirect(o Options, t *target) *direct {
	d := &direct{
		failures:  failures{host: t.host, times: o.Timeouts},
		target:    t,
		dialer:    o.Dial,
		idle:      o.IdleTimeout,
		maxHeader: o.MaxHeaderBytes,
		epoch:     time.Now(),
	}
	if d.dialer == nil {
		d.dialer = new(net.Dialer).DialContext
	}
	d.pages.New = func() any { return new([pageSize]byte) }
	d.heads.New = func() any { b := make([]byte, 0, headSize); return &b }
	d.batches.New = func() any { b := make([]byte, 0, batchSize); return &b }
	d.flowing.init(d.now)
	d.pool = newPool(o.MaxIdlePerHost, o.IdleTimeout, d.now)
	return d
}

// now is the time since the client was made: one read of the monotonic clock.
func (d *direct) now() time.Duration { return time.Since(d.epoch) }

func (d *direct) close() { d.pool.close() }

// do sends r on a pooled connection, else on a fresh one. A pooled connection may
// have been closed by the host while the request was on its way; when it gave not one
// byte of an answer, a replayable request goes out once more, on a fresh connection
// (RFC 9112 §9.3.1).
func (d *direct) do(ctx context.Context, r *Request, resp *Response) error {
	resp.reset()
	if ctx.Err() != nil {
		return d.gone(ctx)
	}
	start := d.now()
	endBy := start + d.times.Total
	if c := d.reuse(start); c != nil {
		resp.Reused = true
		err := c.roundTrip(ctx, r, resp, start, endBy)
		if err == nil || !c.unanswered || !r.replayable() {
			return err
		}
		start = d.now()
	}
	return d.doFresh(ctx, r, resp, start, endBy)
}

func (d *direct) doFresh(ctx context.Context, r *Request, resp *Response, start, endBy time.Duration) error {
	resp.Reused = false
	c, err := d.dial(ctx, endBy-start)
	now := d.now()
	resp.Waited += now - start
	if err != nil {
		return err
	}
	resp.Connect = now - start
	return c.roundTrip(ctx, r, resp, now, endBy)
}

// reuse takes a connection from the pool on which nothing has happened meanwhile.
func (d *direct) reuse(now time.Duration) *conn {
	for c := d.pool.get(); c != nil; c = d.pool.get() {
		if !c.stale(now) && c.quiet() {
			return c
		}
		c.hangUp()
	}
	return nil
}
