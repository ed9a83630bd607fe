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
	batchSize    = inlineMax + headSize
	coalesceMax  = 4 << 10   // a body so small is copied behind the head
	inlineMax    = 64 << 10  // a body so small is written before the answer is awaited
	writePiece   = 256 << 10 // a writer's single write: what must go out within the idle time
	streamBuffer = 32 << 10
	settleTime   = 10 * time.Millisecond
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

// writer writes a large or streaming request while the answer is awaited. It belongs
// to one exchange, whose end waits for it (join).
type writer struct {
	c     *conn
	r     *Request
	head  *[]byte
	ctx   context.Context // nil when it cannot end
	endBy time.Duration

	last    atomic.Bool // the last piece is being written
	over    atomic.Bool // endedAt and err are set
	endedAt time.Duration
	err     error
	done    chan struct{}
}

func (w *writer) ended() bool { return w.over.Load() }

// hopeless reports, of an ended writer, that its failure leaves no answer to wait for:
// the source failed, or the host neither took the request nor answered meanwhile.
func (w *writer) hopeless() bool {
	var source *sourceError
	return w.err != nil && (isTimeout(w.err) || errors.As(w.err, &source))
}

// settle gives a writer that is at its last piece the moment it needs to return: the
// host may answer before this side's write has come back.
func (w *writer) settle() {
	if w == nil || w.ended() || !w.last.Load() {
		return
	}
	t := time.NewTimer(settleTime)
	defer t.Stop()
	select {
	case <-w.done:
	case <-t.C:
	}
}

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
	err := w.write()
	w.c.owner.putHead(w.head)
	w.err, w.endedAt = err, w.c.owner.now()
	w.over.Store(true)
	if err == nil {
		return
	}
	// Wake the reader: nothing more may come.
	if w.hopeless() {
		w.c.nc.SetReadDeadline(past)
		return
	}
	w.c.nc.SetReadDeadline(w.c.owner.epoch.Add(w.endedAt + grace))
}

func (w *writer) write() error {
	if w.r.Stream == nil {
		return w.segments()
	}
	if err := w.piece(*w.head); err != nil {
		return err
	}
	return w.stream()
}

// piece writes p within the idle time.
func (w *writer) piece(p []byte) error {
	if err := w.c.armWrite(w.ctx, w.c.owner.now(), w.endBy); err != nil {
		return err
	}
	_, err := w.c.nc.Write(p)
	return err
}

// segments writes head and body, as much in one piece as may be.
func (w *writer) segments() error {
	parts := append([][]byte{*w.head}, w.r.Body...)
	for batch := [][]byte(nil); len(parts) > 0; {
		batch, parts = split(batch[:0], parts, writePiece)
		w.last.Store(len(parts) == 0)
		if err := w.batch(batch); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) batch(parts [][]byte) error {
	if w.c.gathers {
		if err := w.c.armWrite(w.ctx, w.c.owner.now(), w.endBy); err != nil {
			return err
		}
		return w.c.gatherWrite(parts[0], parts[1:])
	}
	for _, p := range parts {
		if err := w.piece(p); err != nil {
			return err
		}
	}
	return nil
}

// split moves the first n bytes of from to the end of to; it changes from's elements.
func split(to, from [][]byte, n int) (taken, left [][]byte) {
	for len(from) > 0 {
		p := from[0]
		if n == 0 && len(p) > 0 {
			break
		}
		if len(p) > n {
			from[0] = p[n:]
			return append(to, p[:n]), from
		}
		if len(p) > 0 {
			to = append(to, p)
		}
		n -= len(p)
		from = from[1:]
	}
	return to, from
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
			w.last.Store(left == int64(n))
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
			w.last.Store(true)
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
