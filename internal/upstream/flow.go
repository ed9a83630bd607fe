package upstream

import (
	"io"
	"time"

	"github.com/sluice-gateway/sluice/internal/membuf"
)

// flowBuffer is what a body that does not come straight from a socket is read into.
const flowBuffer = pageSize

// Each calls fn with each piece of the body as it arrives: it never waits for more
// while a piece is at hand. It returns nil at the body's proper end, fn's error, or
// what Read would tell. A piece is valid during the call only, in which nothing else
// may be done with the Response but AwaitEvent and SetReadTimeout.
func (r *Response) Each(fn func(p []byte) error) error {
	if c, ok := r.src.(*conn); ok && c.flows() {
		if tee := r.Tee; tee != nil {
			told := fn
			fn = func(p []byte) error { tee(p, false); return told(p) }
			err := r.eachOf(c, fn)
			if err == nil {
				tee(nil, true)
			}
			return err
		}
		return r.eachOf(c, fn)
	}
	buf := membuf.Get(flowBuffer)
	defer buf.Release()
	for {
		n, err := r.Read(buf.Bytes[:cap(buf.Bytes)])
		if n > 0 {
			came := time.Now()
			failed := fn(buf.Bytes[:n])
			if r.linger(time.Since(came)); failed != nil {
				return failed
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Linger is from when on a piece counts as Response.Lingered. A write that goes through at
// once takes some microseconds.
const Linger = time.Millisecond

// linger notes how long a piece took.
func (r *Response) linger(d time.Duration) {
	if d >= Linger {
		r.Lingered += d
	}
}

func (r *Response) eachOf(c *conn, fn func(p []byte) error) error {
	err := c.flow(fn)
	switch {
	case err == io.EOF:
		return nil
	case err == nil:
		return c.flowed
	case r.src != nil:
		r.end = err
		r.drop()
	}
	return err
}

// deliver hands on what is in the buffer, the pieces of several chunks as one. It
// reports io.EOF at the body's end; an error of fn's lies in flowed.
func (c *conn) deliver(fn func(p []byte) error) error {
	from := c.r
	to := from
	err := error(nil)
	for err == nil {
		var p []byte
		if p, err = c.piece(); len(p) == 0 {
			break
		}
		if to == from {
			from = c.r - len(p)
			to = c.r
			continue
		}
		to += copy(c.buf[to:], p) // over the framing between two chunks
	}
	if to > from {
		if c.flowed = fn(c.buf[from:to]); c.flowed != nil {
			return nil
		}
	}
	return err
}

// piece takes the next bytes of the body from the buffer; none when more must come.
func (c *conn) piece() ([]byte, error) {
	for c.framing == chunked && c.chunk != chunkData {
		more, err := c.nextPart()
		switch {
		case err != nil:
			return nil, err
		case c.chunk == ended:
			return nil, io.EOF
		case more:
			return nil, nil
		}
	}
	p := c.buf[c.r:c.w]
	if c.framing != untilClose {
		p = p[:min(int64(len(p)), c.left)]
		c.left -= int64(len(p))
	}
	c.r += len(p)
	if c.left == 0 && c.framing == chunked {
		c.chunk = chunkEnd
	}
	if c.left == 0 && c.framing == fixed {
		return p, io.EOF
	}
	return p, nil
}
