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
const sweepEvery = 20 * time.Millisecond

// past is a deadline that has been missed.
var past = time.Unix(1, 0)

// sweeper looks at the connections whose handlers have been running for a short time.
// One timer serves all of its lists, since each time that a timer wakes an idle process
// costs as much as several chunks of a stream; none runs while there is nothing to see.
type sweeper struct {
	tick  atomic.Uint64
	armed atomic.Bool
	timer *time.Timer
	lists [8]watchlist // several, so that no lock is everybody's
}

// watchlist holds some of these connections, each at most once.
type watchlist struct {
	owner *sweeper
	mu    sync.Mutex // guards what follows
	list  []*conn
	spare []*conn
}

func (s *sweeper) init() {
	s.timer = time.AfterFunc(time.Hour, s.sweep)
	s.timer.Stop()
	for i := range s.lists {
		s.lists[i].owner = s
	}
}

// listOf gives the list of the n-th connection.
func (s *sweeper) listOf(n uint32) *watchlist { return &s.lists[n%uint32(len(s.lists))] }

func (l *watchlist) add(c *conn) {
	l.mu.Lock()
	l.list = append(l.list, c)
	l.mu.Unlock()
	l.owner.arm()
}

func (s *sweeper) arm() {
	if !s.armed.Load() && s.armed.CompareAndSwap(false, true) {
		s.timer.Reset(sweepEvery)
	}
}

func (s *sweeper) sweep() {
	tick := s.tick.Add(1)
	s.armed.Store(false) // before the lists are looked at: who is added later arms it again
	again := false
	for i := range s.lists {
		again = s.lists[i].sweep(tick) || again
	}
	if again {
		s.arm()
	}
}

// sweep starts to watch the callers of handlers that have been running long enough, and
// reports whether there are others.
func (l *watchlist) sweep(tick uint64) (again bool) {
	l.mu.Lock()
	found := l.list
	l.list, l.spare = l.spare[:0], nil
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
	return len(l.list) > 0
}

// watchState is the part of a connection that finds out whether its caller leaves
// while a handler runs. conn.mu guards it; hasOne and one also belong to the reader
// while nothing watches.
type watchState struct {
	list     *watchlist // the one of this connection
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
	c.quiet, c.since = c.ctx != nil, c.list.owner.tick.Load()
	c.mu.Unlock()
	if add {
		c.list.add(c)
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
