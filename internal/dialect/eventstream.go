package dialect

import (
	"encoding/binary"
	"hash/crc32"
)

// EventStreamType is the media type of the streams that NewEventStream frames.
const EventStreamType = "application/vnd.amazon.eventstream"

// eventStream frames the messages of Amazon's binary event streams
// (https://smithy.io/2.0/aws/amazon-eventstream.html): a prelude of two lengths and
// their checksum, headers, the payload, and a checksum of it all.
type eventStream struct {
	carrier
	message message
	left    int // bytes of the current message that are still to come; 0 = a prelude is due
}

// NewEventStream makes a Framer of an Amazon event stream: each message is an event,
// whose name is its :event-type, or its :exception-type when it is an exception, and
// whose data is its payload. What no vendor means to send is an event with the name
// StreamError: a message of the type error, and one whose checksum or headers are
// wrong, after which nothing more can be framed and the rest is comments. A message
// that is cut off by the end of the stream is a comment too. digest are the members to
// keep of a payload too large to hold.
func NewEventStream(digest []string) Framer {
	s := &eventStream{carrier: carrier{paths: digest}}
	s.payload = &s.message
	return s
}

// Feed implements Framer.
func (s *eventStream) Feed(p []byte, fn func(*Event)) {
	for len(p) > 0 {
		switch {
		case s.message.broken:
			s.comment(p, fn)
			return
		case s.left == 0 && s.held()+len(p) < preludeSize:
			s.hold(p, fn)
			return
		case s.left == 0:
			if p = s.begin(p, fn); p == nil {
				return
			}
		}
		if s.left > len(p) {
			s.left -= len(p)
			s.hold(p, fn)
			return
		}
		n := s.left
		s.left = 0
		s.finish(p[:n], fn)
		p = p[n:]
	}
}

// begin reads the prelude, of which some bytes may be held, and gives what of p is not
// held then; nil when the prelude is wrong.
func (s *eventStream) begin(p []byte, fn func(*Event)) []byte {
	prelude, late := p, 0
	if held := s.held(); held > 0 {
		late = preludeSize - held
		s.hold(p[:late], fn)
		prelude = *s.carry
	}
	size, _, why := readPrelude(prelude)
	if why != "" {
		s.message.broken = true
		s.breakOff(p[late:], why, fn)
		return nil
	}
	s.left = size - s.held()
	return p[late:]
}

// finish takes the last bytes of a message and gives it.
func (s *eventStream) finish(p []byte, fn func(*Event)) {
	if s.digest == nil && s.held()+len(p) <= s.holds() {
		s.end(p, fn)
		return
	}
	s.end(p, func(e *Event) {
		if why := s.message.why; !e.Partial && why != "" {
			e.Name, e.Data = streamError, brokenData(why)
		}
		fn(e)
	})
	s.message = message{broken: s.message.broken}
}

// breakOff gives what is held and p as one event that says what is wrong.
func (s *eventStream) breakOff(p []byte, why string, fn func(*Event)) {
	raw := p
	if s.carry != nil {
		*s.carry = append(*s.carry, p...)
		raw = *s.carry
	}
	s.event = Event{Name: streamError, Data: brokenData(why), Raw: raw}
	fn(&s.event)
	s.event = Event{}
	s.drop()
}

// Close gives what is left of a message that was cut off.
func (s *eventStream) Close(fn func(*Event)) {
	if s.carry != nil {
		s.comment(*s.carry, fn)
	}
	s.Release()
}

// The frame of a message.
const (
	preludeSize  = 12
	frameSize    = preludeSize + 4 // and the checksum at the end
	maxHeaders   = 128 << 10       // what the vendor's SDKs take
	maxEventSize = 64 << 20
)

// readPrelude reads and checks the first bytes of a message.
func readPrelude(b []byte) (size, headers int, why string) {
	total, head := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	switch {
	case crc32.ChecksumIEEE(b[:8]) != binary.BigEndian.Uint32(b[8:]):
		return 0, 0, "the checksum of a message's lengths is wrong"
	case total < frameSize || total > maxEventSize || head > maxHeaders || head > total-frameSize:
		return 0, 0, "the lengths of a message are impossible"
	}
	return int(total), int(head), ""
}
