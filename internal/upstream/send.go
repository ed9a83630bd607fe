package upstream

import (
	"context"
	"errors"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

const (
	headSize     = 2 << 10  // first size of what is written first
	keepHead     = 16 << 10 // larger ones do not go back to their pool
	batchSize    = inlineMax + headSize
	coalesceMax  = 4 << 10   // a body so small is copied behind the head
	inlineMax    = 64 << 10  // a body so small is written before the answer is awaited
	writePiece   = 256 << 10 // a writer's single write: what must go out within the idle time
	streamBuffer = 32 << 10
	settleTime   = 50 * time.Millisecond
	chunkPrefix  = 10 // room for a chunk's size and line end
)

// send writes the request, or starts to. It does not fail: what went wrong is told
// when no answer comes, since a host may answer a request that it does not want to
// read to its end (RFC 9112 §9.6).
func (c *conn) send(r *Request) {
	size := r.size()
	head := c.owner.heads.Get().(*[]byte)
	*head = r.appendHead((*head)[:0], c.owner.target.host, size)
	if (r.Stream != nil && r.Length != 0) || size > inlineMax {
		c.sendTo = &writer{c: c, r: r, head: head, ctx: c.watched(), endBy: c.endBy, done: make(chan struct{})}
		go c.sendTo.run()
		return
	}
	c.failed = c.sendNow(head, r.Body, size)
	c.owner.putHead(head)
	if c.failed != nil {
		c.sentAt = c.owner.now()
	}
}

// sendNow writes head and body in one system call. Where several buffers would be
// several calls (TLS makes records of each), a body is copied behind the head.
func (c *conn) sendNow(head *[]byte, body [][]byte, size int64) error {
	if err := c.armWrite(c.watched(), c.sentAt, c.endBy); err != nil {
		return err
	}
	if size > coalesceMax && c.gathers {
		return c.gatherWrite(*head, body)
	}
	out := *head
	if size > coalesceMax {
		batch := c.owner.batches.Get().(*[]byte)
		defer c.owner.batches.Put(batch)
		out = append((*batch)[:0], *head...)
	}
	for _, b := range body {
		out = append(out, b...)
	}
	if size <= coalesceMax {
		*head = out // keeps what it has grown to
	}
	_, err := c.nc.Write(out)
	return err
}

// gatherWrite writes several buffers in one system call, without copying them.
func (c *conn) gatherWrite(first []byte, rest [][]byte) error {
	c.gather = append(append(c.gather[:0], first), rest...)
	c.vec = c.gather
	_, err := c.vec.WriteTo(c.nc)
	clear(c.gather)
	c.vec = nil
	return err
}

func (d *direct) putHead(head *[]byte) {
	if cap(*head) <= keepHead {
		d.heads.Put(head)
	}
}

// armWrite sees to it that the write deadline lies between one and two idle times
// ahead, but not behind the total: unlike a read, a write must not be woken early,
// since TLS cannot resume it.
func (c *conn) armWrite(ctx context.Context, now, endBy time.Duration) error {
	idle := c.owner.times.Idle
	if c.writeBy < min(now+idle, endBy) || c.writeBy > endBy {
		c.writeBy = min(now+2*idle, endBy)
		c.nc.SetWriteDeadline(c.owner.epoch.Add(c.writeBy))
	}
	if ctx != nil {
		return ctx.Err() // its callback may have moved the deadline before it was moved back here
	}
	return nil
}

// watched is the context if it can end, else nil.
func (c *conn) watched() context.Context {
	if c.stop == nil {
		return nil
	}
	return c.ctx
}

// sendError is why the request is not whole, nil when it is, or still under way.
func (c *conn) sendError() error {
	if c.sendTo == nil {
		return c.failed
	}
	if c.sendTo.ended() {
		return c.sendTo.err
	}
	return nil
}

// sendFault tells why the request could not be written.
func (c *conn) sendFault(err error) *fault.Fault {
	var source *sourceError
	switch {
	case c.stop != nil && c.ctx.Err() != nil:
		return c.owner.gone(c.ctx)
	case errors.As(err, &source):
		return c.owner.body(source.cause)
	case isTimeout(err):
		return c.owner.timeout(phaseSend, 0).With(err)
	}
	return c.owner.noAnswer(err)
}

// sourceError is a failure of the request's Stream, not of the connection.
type sourceError struct{ cause error }

func (e *sourceError) Error() string { return "reading the request body: " + e.cause.Error() }
func (e *sourceError) Unwrap() error { return e.cause }
