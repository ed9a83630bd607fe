//go:build unix

package upstream

import (
	"io"
	"syscall"
)

// flows reports whether the body can be read by flow.
func (c *conn) flows() bool {
	return c.gate == nil && c.probe != nil && !c.complete && c.framing != noBody && c.framing != upgraded
}

// flow reads the body to its end on the socket itself. All of it happens inside one
// read of the runtime's, so that what arrives meanwhile is never missed: a read that
// left room in the buffer need not be followed by one that finds nothing. The page is
// held only while there is something in it. nil says that fn has failed, which then
// lies in flowed.
func (c *conn) flow(fn func(p []byte) error) error {
	if c.r < c.w {
		if err := c.deliver(fn); err != nil || c.flowed != nil {
			return c.flowEnd(err)
		}
	}
	return c.flowEnd(c.flowOn(fn))
}

func (c *conn) flowOn(fn func(p []byte) error) (err error) {
	c.owner.flowing.add(c)
	defer c.owner.flowing.remove(c)
	now := c.owner.now()
	c.waitAt = now
	step := func(fd uintptr) (done bool) {
		done, err = c.pump(int(fd), fn)
		return done
	}
	for {
		if ph, ok := c.arm(now); !ok {
			return c.passed(ph)
		}
		failed := c.probe.raw.Read(step)
		c.holdPage()
		switch {
		case failed == nil:
			return err
		case !isTimeout(failed):
			return c.lost(failed)
		}
		now = c.owner.now()
		c.readBy = 0 // it woke too early, or someone moved the deadline: look again
	}
}

// pump reads and hands on until nothing more is there, and reports whether that was
// all.
func (c *conn) pump(fd int, fn func(p []byte) error) (done bool, err error) {
	for {
		c.holdPage()
		if c.r == c.w {
			c.r, c.w = 0, 0
		} else if c.r > 0 {
			c.r, c.w = 0, copy(c.buf, c.buf[c.r:c.w])
		}
		room := c.buf[c.w:]
		if len(room) == 0 {
			return true, c.lost(errBufferFull)
		}
		n, errno := syscall.Read(fd, room)
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN:
			c.unsure.Store(0)
			return c.await()
		case errno != nil:
			return true, c.lost(errno)
		}
		now := c.owner.now()
		c.lastUsed = now
		c.resp.Waited += now - c.waitAt
		if n == 0 {
			if c.framing == untilClose {
				return true, io.EOF
			}
			return true, c.lost(io.EOF)
		}
		c.w += n
		if err := c.deliver(fn); err != nil || c.flowed != nil {
			c.resp.linger(c.owner.now() - now)
			return true, err
		}
		c.waitAt = c.owner.now()
		c.resp.linger(c.waitAt - now)
		if n < len(room) && c.framing != untilClose {
			c.unsure.Store(int64(c.waitAt))
			return c.await()
		}
	}
}

// await prepares to wait for more, unless there is no time left.
func (c *conn) await() (done bool, err error) {
	if c.r == c.w {
		c.dropPage()
	}
	if ph, ok := c.arm(max(c.waitAt, c.lastUsed)); !ok {
		return true, c.passed(ph)
	}
	return false, nil
}

// flowEnd ends the exchange as read does.
func (c *conn) flowEnd(err error) error {
	switch {
	case err == nil:
	case err == io.EOF:
		c.complete = true
		if c.sendTo == nil || c.sendTo.ended() {
			c.finish()
		}
	default:
		err = c.lost(err)
		c.broken = true
	}
	return err
}

func (c *conn) holdPage() {
	if c.page == nil {
		c.page = c.owner.pages.Get().(*[pageSize]byte)
		c.buf, c.r, c.w = c.page[:], 0, 0
	}
}

// dropPage gives back an empty buffer.
func (c *conn) dropPage() {
	c.owner.pages.Put(c.page)
	c.page, c.buf, c.r, c.w = nil, nil, 0, 0
}
