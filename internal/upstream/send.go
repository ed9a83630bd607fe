package upstream

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

const (
	headSize     = 2 << 10  // first size of what is written first
	keepHead     = 16 << 10 // larger ones do not go back to their pool
	coalesceMax  = 4 << 10  // a body so small is copied behind the head
	inlineMax    = 64 << 10 // a body so small is written before the answer is awaited
	writePiece   = 64 << 10 // a writer's single write
	streamBuffer = 32 << 10
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

// sendNow writes head and body in one system call where the connection allows it.
func (c *conn) sendNow(head *[]byte, body [][]byte, size int64) error {
	if err := c.armWrite(c.watched(), c.sentAt, c.endBy); err != nil {
		return err
	}
	if size > coalesceMax && c.gathers {
		c.gather = append(append(c.gather[:0], *head), body...)
		c.vec = c.gather
		_, err := c.vec.WriteTo(c.nc)
		clear(c.gather)
		c.vec = nil
		return err
	}
	for _, b := range body {
		*head = append(*head, b...)
	}
	_, err := c.nc.Write(*head)
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

// writer writes a large or streaming request while the answer is awaited. It belongs
// to one exchange, whose end waits for it (join).
type writer struct {
	c     *conn
	r     *Request
	head  *[]byte
	ctx   context.Context // nil when it cannot end
	endBy time.Duration

	over    atomic.Bool // endedAt and err are set
	endedAt time.Duration
	err     error
	done    chan struct{}
}

func (w *writer) ended() bool { return w.over.Load() }

// join ends the writer: the connection has been closed, or the writing is over.
func (w *writer) join() {
	if w == nil {
		return
	}
	if !w.ended() && w.r.StopStream != nil {
		w.r.StopStream()
	}
	<-w.done
}

func (w *writer) run() {
	defer close(w.done)
	err := w.piece(*w.head)
	w.c.owner.putHead(w.head)
	if err == nil && w.r.Stream != nil {
		err = w.stream()
	} else if err == nil {
		err = w.segments()
	}
	w.err, w.endedAt = err, w.c.owner.now()
	w.over.Store(true)
	if err == nil {
		return
	}
	// Wake the reader: after a failure of the connection an answer may be there; after
	// one of the source the host waits for the rest, and nothing more will come.
	if source := (*sourceError)(nil); errors.As(err, &source) {
		w.c.nc.SetReadDeadline(past)
		return
	}
	w.c.nc.SetReadDeadline(w.c.owner.epoch.Add(w.endedAt + grace))
}

// piece writes p within the idle time.
func (w *writer) piece(p []byte) error {
	if err := w.c.armWrite(w.ctx, w.c.owner.now(), w.endBy); err != nil {
		return err
	}
	_, err := w.c.nc.Write(p)
	return err
}

func (w *writer) segments() error {
	for _, b := range w.r.Body {
		for len(b) > 0 {
			n := min(len(b), writePiece)
			if err := w.piece(b[:n]); err != nil {
				return err
			}
			b = b[n:]
		}
	}
	return nil
}

// stream copies the source, each of its reads in one write.
func (w *writer) stream() error {
	buf := make([]byte, chunkPrefix+streamBuffer+2)
	for left := w.r.Length; left != 0; {
		room := buf[chunkPrefix : chunkPrefix+streamBuffer]
		if left > 0 {
			room = room[:min(left, streamBuffer)]
		}
		n, err := w.r.Stream.Read(room)
		if n > 0 {
			if werr := w.piece(framed(buf, n, left < 0)); werr != nil {
				return werr
			}
			if left > 0 {
				left -= int64(n)
			}
		}
		if left == 0 {
			return nil
		}
		switch {
		case err == io.EOF && left < 0:
			return w.piece([]byte("0\r\n\r\n"))
		case err == io.EOF && left > 0:
			return &sourceError{io.ErrUnexpectedEOF}
		case err != nil && err != io.EOF:
			return &sourceError{err}
		}
	}
	return nil
}

// framed gives the n bytes behind the prefix, as a chunk if asked to: its size goes
// right before the data (RFC 9112 §7.1).
func framed(buf []byte, n int, chunk bool) []byte {
	if !chunk {
		return buf[chunkPrefix : chunkPrefix+n]
	}
	var size [chunkPrefix]byte
	line := append(strconv.AppendInt(size[:0], int64(n), 16), "\r\n"...)
	from := chunkPrefix - len(line)
	copy(buf[from:], line)
	end := chunkPrefix + n
	buf[end], buf[end+1] = '\r', '\n'
	return buf[from : end+2]
}
