package front

import (
	"errors"
	"io"
	"os"
	"time"
)

// maxEmptyReads is how often a connection may give nothing without an error.
const maxEmptyReads = 100

// limit says until when reads may wait from now on; 0 = for ever.
func (c *conn) limit(by time.Duration) {
	c.mu.Lock()
	c.by = by
	c.mu.Unlock()
}

// receive reads into p, waiting until the limit. With p nil it reads into the
// connection's buffer, which is empty, without holding one while it waits.
func (c *conn) receive(p []byte) (int, error) {
	from := time.Duration(0)
	for empty := 0; ; {
		from = c.arm(from)
		n, err := c.readOnce(p)
		switch {
		case n > 0:
			return n, nil
		case err == nil:
			if empty++; empty > maxEmptyReads {
				return 0, io.ErrNoProgress
			}
		case !errors.Is(err, os.ErrDeadlineExceeded):
			c.lost = err
			return 0, err
		case c.late(from):
			return 0, err
		}
	}
}

func (c *conn) readOnce(p []byte) (int, error) {
	switch {
	case p != nil:
		return c.nc.Read(p)
	case c.await != nil:
		return c.await.read()
	}
	c.takePage()
	n, err := c.nc.Read(c.buf)
	c.w = n
	if n == 0 {
		c.dropBuffer()
	}
	return n, err
}

// arm sees to it that the read deadline does not lie behind the limit. An earlier one
// stays: waking for it costs less than moving it every time. It gives the time from
// which an idle limit counts.
func (c *conn) arm(from time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bodyBy > 0 && from == 0 {
		from = c.s.clock()
	}
	by := c.present(from)
	if c.armed == stale || (by != 0 && (c.armed == 0 || c.armed > by)) {
		c.armed = by
		c.nc.SetReadDeadline(c.s.at(by))
	}
	return from
}

// present is the limit that holds now; c.mu is held.
func (c *conn) present(from time.Duration) time.Duration {
	by := c.by
	if c.last != 0 && c.state.Load() != active && (by == 0 || c.last < by) {
		by = c.last
	}
	if c.bodyBy > 0 && from != 0 && (by == 0 || from+c.bodyBy < by) {
		by = from + c.bodyBy
	}
	return by
}

// late reports, after a deadline has struck, whether the limit has been reached.
func (c *conn) late(from time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = stale
	by := c.present(from)
	return (by != 0 && c.s.clock() >= by) || (c.s.closing.Load() && c.state.Load() != active)
}

func (c *conn) takePage() {
	c.page = c.s.pages.Get().(*[pageSize]byte)
	c.buf, c.r, c.w = c.page[:], 0, 0
}

// dropBuffer gives the buffer back, with what is in it.
func (c *conn) dropBuffer() {
	if c.page != nil {
		c.s.pages.Put(c.page)
	}
	c.page, c.buf, c.r, c.w = nil, nil, 0, 0
}

// fill reads more into the buffer, once. The buffer grows when it is full; who fills
// it sees to it that it does so within bounds.
func (c *conn) fill() error {
	switch {
	case c.buf == nil:
		c.takePage()
	case c.r == c.w:
		c.r, c.w = 0, 0
	case c.w == len(c.buf) && c.r > 0:
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	case c.w == len(c.buf):
		c.grow()
	}
	if c.hasOne {
		c.buf[c.w] = c.one[0]
		c.w++
		c.hasOne = false
		return nil
	}
	n, err := c.receive(c.buf[c.w:])
	c.w += n
	return err
}

func (c *conn) grow() {
	larger := make([]byte, 2*len(c.buf))
	n := copy(larger, c.buf[c.r:c.w])
	c.dropBuffer()
	c.buf, c.w = larger, n
}

// readSome gives received bytes to p, or receives some straight into it.
func (c *conn) readSome(p []byte) (int, error) {
	if c.r == c.w && c.hasOne {
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	if c.r < c.w {
		n := copy(p, c.buf[c.r:c.w])
		c.r += n
		return n, nil
	}
	return c.receive(p)
}
