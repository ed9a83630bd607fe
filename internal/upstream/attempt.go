package upstream

import (
	"context"
	"errors"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// maxInterim bounds the 1xx answers before the real one.
const maxInterim = 16

// roundTrip sends r on this connection and reads the head of the answer. After an
// error the exchange is over and the connection closed; c.unanswered then says that
// not one byte came, for a cause that a fresh connection may cure.
func (c *conn) roundTrip(ctx context.Context, r *Request, resp *Response, now, endBy time.Duration) error {
	c.begin(ctx, resp, endBy)
	c.keep = !r.asksToClose()
	c.sentAt = now
	c.send(r)
	err := c.readAnswer(r.Method)
	if err != nil {
		resp.Waited += c.owner.now() - now
		c.broken = true
		f := c.noAnswer(err)
		c.finish()
		return f
	}
	resp.Waited += c.lastUsed - now
	c.inBody = true
	if c.framing == noBody {
		c.complete = true
		if c.sendTo == nil {
			c.finish()
		}
	}
	return nil
}

// readAnswer reads heads until one is final, and takes from it what the connection
// needs to know.
func (c *conn) readAnswer(method string) error {
	for range maxInterim {
		minor, err := c.readHead()
		if err != nil {
			return err
		}
		status := c.resp.Status
		if status >= 200 || status == 101 {
			return c.frame(method, minor)
		}
		c.resp.Header = c.resp.Header[:0]
	}
	return errInterim
}

// noAnswer turns whatever hindered the head into the fault that describes it best.
func (c *conn) noAnswer(err error) *fault.Fault {
	if known := asFault(err); known != nil {
		return known
	}
	if wrong := (*protocolError)(nil); errors.As(err, &wrong) {
		return c.owner.malformed(wrong)
	}
	if c.stop != nil && c.ctx.Err() != nil {
		return c.owner.gone(c.ctx)
	}
	c.unanswered = !c.answered
	if sendErr := c.sendError(); sendErr != nil {
		source := (*sourceError)(nil)
		c.unanswered = c.unanswered && !errors.As(sendErr, &source) && !isTimeout(sendErr)
		return c.sendFault(sendErr)
	}
	return c.owner.noAnswer(err)
}
