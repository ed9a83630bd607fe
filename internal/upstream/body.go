package upstream

import (
	"io"
)

// framing is how the end of an answer's body is told (RFC 9112 §6.3).
type framing uint8

const (
	noBody framing = iota
	fixed
	chunked
	untilClose
	upgraded // 101: what follows is not HTTP
)

// Reads of at least so many bytes go straight into the caller's buffer; smaller ones
// pass through the connection's, which saves system calls. With chunks that is the
// case for longer, since one read then brings the framing between them too.
const (
	directRead      = 1 << 10
	directReadChunk = pageSize
)

// answer is where the reading of a body stands.
type answer struct {
	framing framing
	left    int64 // bytes of the body, or of the chunk
	chunk   chunkPart
	waste   int64 // bytes of framing beyond what chunks need
}

// readBody reads what is there, and waits only when nothing is.
func (c *conn) readBody(p []byte) (int, error) {
	switch c.framing {
	case fixed:
		return c.readFixed(p)
	case chunked:
		return c.readChunked(p)
	case untilClose:
		n, err := c.readSome(p)
		if err != nil && err != io.EOF {
			err = c.lost(err)
		}
		return n, err
	}
	return 0, io.EOF
}

func (c *conn) readFixed(p []byte) (int, error) {
	p = p[:min(int64(len(p)), c.left)]
	n, err := c.readSome(p)
	if c.left -= int64(n); c.left == 0 {
		return n, io.EOF
	}
	if err != nil {
		err = c.lost(err)
	}
	return n, err
}

// readSome gives received bytes, or waits for some.
func (c *conn) readSome(p []byte) (int, error) {
	if c.r == c.w {
		if c.readsDirectly(len(p)) {
			return c.receive(p)
		}
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.buf[c.r:c.w])
	c.r += n
	return n, nil
}

func (c *conn) readsDirectly(n int) bool {
	switch c.framing {
	case chunked:
		return n >= directReadChunk
	case fixed:
		return n >= directRead || c.left <= int64(n)
	}
	return n >= directRead
}

// lost turns the end of the connection into the fault of a cut body; faults and the
// sign that nothing is there yet stay what they are.
func (c *conn) lost(err error) error {
	if err == errWouldBlock {
		return err
	}
	if wrong, ok := err.(*protocolError); ok {
		return c.owner.malformed(wrong)
	}
	if f := asFault(err); f != nil {
		return f
	}
	if c.stop != nil && c.ctx.Err() != nil {
		return c.owner.gone(c.ctx)
	}
	return c.owner.cut(err)
}
