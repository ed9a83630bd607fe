package dialect

import (
	"sync"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// MaxEvent is how many bytes of an unfinished event are held. An event that outgrows
// it is passed on in pieces.
const MaxEvent = 256 << 10

// Event is a stretch of a stream. All slices are valid during the callback alone.
type Event struct {
	Name []byte // of an SSE event; nil when unnamed
	// Data is the event's payload. Of an event that was passed on in pieces it is a
	// digest (see jsonscan.Digest).
	Data []byte
	// Raw are the bytes of the stream, as they came, that this stretch consists of.
	Raw []byte
	// Partial marks a piece of an event that is too large to hold: Raw alone counts.
	Partial bool
	// Comment marks a stretch without payload: a comment, a blank line, a separator.
	Comment bool
}

// Framer cuts one stream into events without changing a byte: the Raw of all
// callbacks, one after the other, is the input. It serves one goroutine and holds
// memory only while an event is unfinished.
type Framer interface {
	// Feed takes the next piece, however cut, and gives the events that it completes.
	// An event that lies whole in p is given without a copy. p is not kept.
	Feed(p []byte, fn func(*Event))
	// Close gives what is left when the stream has ended, and releases.
	Close(fn func(*Event))
	// Release gives held memory back. The Framer must not be used afterwards.
	Release()
	// HoldUpTo changes how many bytes of an unfinished event are held (MaxEvent), for
	// readers that need events whole. It is called before Feed.
	HoldUpTo(n int)
}

// keptCarry is the largest buffer that is kept for other streams.
const keptCarry = 64 << 10

var carries = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// payload is how one kind of framing finds an event's data in its bytes.
type payload interface {
	// whole reads all bytes of an event into e.
	whole(raw []byte, e *Event)
	// piece takes the next bytes of an event that is too large to hold.
	piece(p []byte, d *jsonscan.Digest)
	// named gives the name that was seen in pieces, and forgets the event.
	named() []byte
}

// carrier holds what framings share: the bytes of an unfinished event, or the digest
// of one that outgrew them.
type carrier struct {
	payload payload
	paths   []string
	most    int              // see HoldUpTo; 0 = MaxEvent
	carry   *[]byte          // nil when nothing is held
	digest  *jsonscan.Digest // not nil while an event is passed on in pieces
	event   Event            // what callbacks are given a pointer to
}

// HoldUpTo implements Framer.
func (c *carrier) HoldUpTo(n int) { c.most = n }

func (c *carrier) holds() int {
	if c.most > 0 {
		return c.most
	}
	return MaxEvent
}

// pending reports whether an event has begun and not ended.
func (c *carrier) pending() bool { return c.carry != nil || c.digest != nil }

// hold takes bytes of an event that goes on after them.
func (c *carrier) hold(p []byte, fn func(*Event)) {
	if len(p) == 0 {
		return
	}
	if c.digest == nil && c.held()+len(p) <= c.holds() {
		if c.carry == nil {
			c.carry = carries.Get().(*[]byte)
		}
		*c.carry = append(*c.carry, p...)
		return
	}
	c.outgrow(fn)
	c.passOn(p, fn)
}

// end takes the last bytes of an event and gives it.
func (c *carrier) end(p []byte, fn func(*Event)) {
	if c.carry != nil && c.held()+len(p) > c.holds() {
		c.outgrow(fn)
	}
	switch {
	case c.digest != nil:
		c.payload.piece(p, c.digest)
		c.event = Event{Name: c.payload.named(), Data: c.digest.JSON(), Raw: p}
		c.digest = nil
		fn(&c.event)
	case c.carry != nil:
		*c.carry = append(*c.carry, p...)
		c.give(*c.carry, fn)
		c.drop()
	default:
		c.give(p, fn)
	}
	c.event = Event{}
}

func (c *carrier) give(raw []byte, fn func(*Event)) {
	c.event = Event{Raw: raw}
	c.payload.whole(raw, &c.event)
	fn(&c.event)
}

// comment gives bytes that belong to no event; none may be pending.
func (c *carrier) comment(raw []byte, fn func(*Event)) {
	c.event = Event{Raw: raw, Comment: true}
	fn(&c.event)
	c.event = Event{}
}

// outgrow turns a held event into one that is passed on in pieces.
func (c *carrier) outgrow(fn func(*Event)) {
	if c.digest != nil {
		return
	}
	c.digest = jsonscan.NewDigest(c.paths)
	if c.carry != nil {
		c.passOn(*c.carry, fn)
		c.drop()
	}
}

func (c *carrier) passOn(p []byte, fn func(*Event)) {
	c.payload.piece(p, c.digest)
	c.event = Event{Raw: p, Partial: true}
	fn(&c.event)
	c.event = Event{}
}

func (c *carrier) held() int {
	if c.carry == nil {
		return 0
	}
	return len(*c.carry)
}

// drop gives the carry buffer back.
func (c *carrier) drop() {
	if c.carry == nil {
		return
	}
	if cap(*c.carry) <= keptCarry {
		*c.carry = (*c.carry)[:0]
		carries.Put(c.carry)
	}
	c.carry = nil
}

// Release gives held memory back.
func (c *carrier) Release() {
	c.drop()
	c.digest = nil
}

// Close gives an event that lacks its proper end.
func (c *carrier) Close(fn func(*Event)) {
	if c.pending() {
		c.end(nil, fn)
	}
	c.Release()
}
