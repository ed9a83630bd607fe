package front

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// sweepEvery is the time between two looks at what is running. A caller's leaving is
// noticed from the second look on.
const sweepEvery = 5 * time.Millisecond

// past is a deadline that has been missed.
var past = time.Unix(1, 0)

// watchlist holds the connections whose handlers have been running for a short time,
// each at most once; no timer runs while there are none.
type watchlist struct {
	tick  atomic.Uint64
	mu    sync.Mutex // guards what follows
	list  []*conn
	spare []*conn
	timer *time.Timer
	armed bool
}

func (l *watchlist) init() {
	l.timer = time.AfterFunc(time.Hour, l.sweep)
	l.timer.Stop()
}

func (l *watchlist) add(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, c)
	if !l.armed {
		l.armed = true
		l.timer.Reset(sweepEvery)
	}
}

// sweep starts to watch the callers of handlers that have been running long enough.
func (l *watchlist) sweep() {
	l.mu.Lock()
	found := l.list
	l.list, l.spare = l.spare[:0], nil
	tick := l.tick.Add(1)
	l.mu.Unlock()
	young := found[:0]
	for _, c := range found {
		if c.examine(tick) {
			young = append(young, c)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, young...)
	clear(found)
	l.spare = found[:0]
	if l.armed = len(l.list) > 0; l.armed {
		l.timer.Reset(sweepEvery)
	}
}

// watchState is the part of a connection that finds out whether its caller leaves
// while a handler runs. conn.mu guards it; hasOne and one also belong to the reader
// while nothing watches.
type watchState struct {
	sweeper  *watchlist // the one of this connection
	cond     sync.Cond
	ctx      *requestContext // of the running handler; nil when there is none
	quiet    bool            // nothing more of the request is to be read
	since    uint64          // the tick at which it became so
	queued   bool            // on the watchlist
	watching bool
	aborted  bool
	hasOne   bool // one holds a byte that follows the request
	one      [1]byte
}

// begin notes that a handler starts.
func (c *conn) begin(ctx *requestContext, quiet bool) {
	c.mu.Lock()
	c.by, c.bodyBy, c.ctx, c.quiet = 0, 0, ctx, false
	c.mu.Unlock()
	if quiet {
		c.hush()
	}
}

// hush notes that the whole request has been read: from now on, all that can come is
// the next one, or the caller's leaving.
func (c *conn) hush() {
	if c.r == c.w {
		c.dropBuffer()
	}
	c.mu.Lock()
	add := c.ctx != nil && !c.queued && !c.hasOne
	c.queued = c.queued || add
	c.quiet, c.since = c.ctx != nil, c.sweeper.tick.Load()
	c.mu.Unlock()
	if add {
		c.sweeper.add(c)
	}
}

// examine is the sweep's look; it reports whether to look again.
func (c *conn) examine(tick uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queued = false
	if c.ctx == nil || !c.quiet || c.watching || c.hasOne {
		return false
	}
	if tick-c.since < 2 {
		c.queued = true
		return true
	}
	c.watching = true
	go c.watch() // stopWatch waits for it
	return false
}

// watch reads one byte, and ends the request's context when there is none to come.
func (c *conn) watch() {
	for {
		n, err := c.nc.Read(c.one[:])
		if c.watched(n, err) {
			return
		}
	}
}

func (c *conn) watched(n int, err error) (over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	struck := n == 0 && (err == nil || errors.Is(err, os.ErrDeadlineExceeded))
	switch {
	case n > 0:
		c.hasOne = true
	case struck && !c.aborted: // a deadline of an earlier phase
		c.armed = 0
		c.nc.SetReadDeadline(time.Time{})
		return false
	case !struck:
		c.lost = err
		if c.ctx != nil {
			c.ctx.cancel()
		}
	}
	c.watching = false
	c.cond.Broadcast()
	return true
}

// stopWatch notes that the handler has ended, and ends the watching.
func (c *conn) stopWatch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ctx, c.quiet, c.by, c.bodyBy = nil, false, 0, 0
	if !c.watching {
		return
	}
	c.aborted = true
	c.nc.SetReadDeadline(past)
	for c.watching {
		c.cond.Wait()
	}
	c.aborted, c.armed = false, stale
}

// readDeadline is the handler's: it bounds reads of the body. Once the body has been
// read there is nothing that it could bound.
func (c *conn) readDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by = 0; !t.IsZero() {
		c.by = max(t.Sub(c.s.epoch)+1, 1)
	}
	if c.quiet || c.ctx == nil {
		return nil
	}
	c.armed = c.by
	return c.nc.SetReadDeadline(t)
}

// readIdle bounds the time between two reads of the body.
func (c *conn) readIdle(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bodyBy = d
}
