package front

import (
	"io"
	"net"
	"strconv"
	"time"
)

// writePiece is how much is written under one write deadline.
const writePiece = 256 << 10

// send sends what has been gathered and p behind it, as one chunk where the answer is
// chunked; after the handler's end, the end of the answer too.
func (w *answer) send(p []byte) error {
	first := w.out[min(w.data, len(w.out)):]
	if len(first) == 0 {
		first = p
	}
	if !w.headSent {
		w.decide()
	}
	if w.out == nil {
		w.takePage()
	}
	gathered := len(w.out) - w.data
	if w.head() || !w.bodyAllowed() {
		w.out, gathered = w.out[:w.data], 0
	}
	from := w.frame(first, gathered+len(p))
	switch {
	case !w.chunked || gathered+len(p) == 0:
	case len(p) == 0:
		w.out = append(w.out, "\r\n"...)
	default:
		err := w.pour(w.out[from:], p, "\r\n")
		w.dropPage()
		return err
	}
	if w.over && w.chunked {
		w.out = w.appendEnd(w.out)
	}
	err := w.pour(w.out[from:], p, "")
	w.dropPage()
	return err
}

// frame puts what must stand before the data right before it, and gives the place at
// which the output begins. The chunk has size bytes.
func (w *answer) frame(first []byte, size int) int {
	var scratch [tailRoom]byte
	tail := scratch[:0]
	if !w.headSent {
		tail = w.appendTail(tail, first)
	}
	if w.chunked && size > 0 {
		tail = append(strconv.AppendInt(tail, int64(size), 16), "\r\n"...)
	}
	from := w.data - len(tail)
	copy(w.out[from:], tail)
	if !w.headSent {
		copy(w.out[from-w.headEnd:], w.out[:w.headEnd])
		from -= w.headEnd
		w.headSent = true
	}
	return from
}

// pour writes before, p and end in as few system calls as may be. before lies in out.
func (w *answer) pour(before, p []byte, end string) error {
	c := w.c
	switch {
	case len(p) == 0:
		return c.write(before)
	case c.gathers && len(p) <= writePiece:
		w.vec = [3][]byte{before, p, w.lineEnd(end)}
		w.gather = w.vec[:]
		return c.writeAll((*net.Buffers)(&w.gather))
	}
	// Fill up the page, write the middle as it is, and the rest with the end.
	n := min(len(p), max(cap(before)-len(before)-len(end), 0))
	before, p = append(before, p[:n]...), p[n:]
	if len(p) == 0 {
		return c.write(append(before, end...))
	}
	if err := c.write(before); err != nil {
		return err
	}
	if rest := pageSize - len(end); len(p) > rest {
		middle := len(p) - pageSize/4
		if err := c.write(p[:middle]); err != nil {
			return err
		}
		p = p[middle:]
	}
	return c.write(append(append(w.out[:0], p...), end...))
}

// lineEnd gives end as bytes.
func (w *answer) lineEnd(end string) []byte {
	if end == "" {
		return nil
	}
	at := len(w.out)
	return append(w.out[at:at:cap(w.out)], end...)
}

// armWrite moves the write deadline on, not more often than matters.
func (c *conn) armWrite() {
	if c.s.WriteIdle <= 0 || c.writeSet || c.guarded {
		return
	}
	now := c.s.clock()
	if c.writeAt == stale || now-c.writeAt > c.s.WriteIdle/4 {
		c.writeAt = now
		c.nc.SetWriteDeadline(c.s.at(now + c.s.WriteIdle))
	}
}

// write writes the whole of p. An error is final, and ends the request's context.
func (c *conn) write(p []byte) error {
	for len(p) > 0 && c.writeErr == nil {
		c.armWrite()
		n, err := c.nc.Write(p[:min(len(p), writePiece)])
		c.wrote(err)
		p = p[n:]
	}
	return c.writeErr
}

// writeAll does the same with several buffers at once.
func (c *conn) writeAll(v *net.Buffers) error {
	if c.writeErr == nil {
		c.armWrite()
		_, err := v.WriteTo(c.nc)
		c.wrote(err)
	}
	return c.writeErr
}

func (c *conn) wrote(err error) {
	if err == nil {
		return
	}
	c.writeErr = err
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx != nil {
		c.ctx.cancel()
	}
}

const (
	maxDrain  = 256 << 10       // of a body that the handler has left
	drainTime = 2 * time.Second // for it
)

// settleBody deals with what the handler has left of the request's body: a little is
// read, so that the connection can be used again; otherwise it will be closed.
func (w *answer) settleBody() {
	b := w.body
	if b == nil {
		return
	}
	if b.unasked() {
		w.close = true // the body may come or not (RFC 9110 §10.1.1)
	}
	if w.close || (w.duplex && !w.over) {
		return
	}
	if !b.mu.TryLock() { // another goroutine reads it
		w.close = true
		return
	}
	defer b.mu.Unlock()
	if b.err == io.EOF {
		return
	}
	if b.err != nil || b.left > maxDrain || !w.c.drain(b) {
		w.close = true
	}
	b.closed = true
}

// drain reads the rest of a body, and reports whether it came to its end.
func (c *conn) drain(b *body) bool {
	c.readIdle(0)
	c.limit(c.s.clock() + drainTime)
	page := c.s.pages.Get().(*[pageSize]byte)
	defer c.s.pages.Put(page)
	for n := 0; n <= maxDrain; {
		m, err := b.read(page[:])
		if n += m; err != nil {
			return err == io.EOF
		}
	}
	return false
}
