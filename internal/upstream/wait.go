package upstream

import (
	"io"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// grace is how long an answer may still come after the request could not be written:
// a host that has had enough of a body answers before it closes.
const grace = time.Second

// maxEmptyReads is how often a connection may give nothing without an error.
const maxEmptyReads = 100

// receive waits until bytes of the answer come and reads them into p. Its error is a
// *fault.Fault when a limit was passed or the context is done, else the connection's
// own.
func (c *conn) receive(p []byte) (int, error) {
	if c.noWait {
		return c.tryRead(p)
	}
	now := c.sentAt // late enough for the first look at the answer, and already read
	if c.inBody || c.answered || c.sendTo != nil {
		now = c.owner.now()
	}
	start := now
	c.waitAt = now
	for empty := 0; ; {
		if ph, ok := c.arm(now); !ok {
			c.waited(now - start)
			return 0, c.passed(ph)
		}
		n, err := c.nc.Read(p)
		now = c.owner.now()
		switch {
		case n > 0:
			c.answered = true
			c.lastUsed = now
			c.waited(now - start)
			return n, nil
		case err == nil && empty < maxEmptyReads:
			empty++
		case err == nil:
			return 0, io.ErrNoProgress
		case !isTimeout(err):
			c.lastUsed = now
			c.waited(now - start)
			return 0, err
		default:
			c.readBy = 0 // it woke too early, or someone moved the deadline: look again
		}
	}
}

// waited counts time blocked in the body; that before it is counted as a whole.
func (c *conn) waited(d time.Duration) {
	if c.inBody {
		c.resp.Waited += d
	}
}

// arm sees to it that the connection's read deadline does not lie behind the present
// limit, and reports whether there is time left at all. A deadline that is too early
// stays: waking for it costs less than moving it every time.
func (c *conn) arm(now time.Duration) (phase, bool) {
	for {
		by, ph := c.limit(now)
		if by <= now {
			return ph, false
		}
		if c.readBy > now && c.readBy <= by {
			return ph, true
		}
		c.readBy = by
		c.nc.SetReadDeadline(c.owner.epoch.Add(by))
		// Once more: what shortens the limit (the context, the writer) moves the deadline
		// itself after it has become visible here, and has just been overwritten if it
		// came between.
	}
}

// limit is the time at which the present wait ends, and what it is called.
func (c *conn) limit(now time.Duration) (time.Duration, phase) {
	if c.departed.Load() {
		return 0, phaseGone
	}
	by, ph := c.headLimit(now)
	if c.inBody {
		by, ph = c.bodyLimit()
	}
	if c.endBy < by {
		return c.endBy, phaseTotal
	}
	return by, ph
}

// headLimit counts from the end of the request; while that is still being written,
// there is only the total.
func (c *conn) headLimit(now time.Duration) (time.Duration, phase) {
	sent, failed := c.sentAt, c.failed
	if c.sendTo != nil {
		if !c.sendTo.ended() {
			return now + c.owner.times.FirstByte, phaseFirstByte
		}
		if sent, failed = c.sendTo.endedAt, c.sendTo.err; c.sendTo.hopeless() {
			return 0, phaseSend
		}
	}
	if failed != nil {
		return sent + grace, phaseSend
	}
	return sent + c.owner.times.FirstByte, phaseFirstByte
}

func (c *conn) bodyLimit() (time.Duration, phase) {
	by, ph := c.waitAt+c.owner.times.Idle, phaseIdle
	if d := c.resp.readTimeout; d > 0 {
		by, ph = c.waitAt+d, phaseRead
	}
	if e := c.resp.eventBy; e > 0 && e < by {
		return e, phaseFirstEvent
	}
	return by, ph
}

// passed is the fault of a limit. A request that could not be written is told by what
// hindered it.
func (c *conn) passed(ph phase) *fault.Fault {
	switch ph {
	case phaseGone:
		return c.owner.gone(c.ctx)
	case phaseSend:
		return c.sendFault(c.sendError())
	}
	return c.owner.timeout(ph, c.resp.readTimeout)
}
