package tokens

import "bytes"

// Output estimates the tokens of what an answer says in its texts, reasoning and tool
// calls, in any dialect. The JSON may be cut at any byte. What a model thought and did
// not show is not in it.
func Output(answer []byte) int64 { return roundUp(outputCost(answer, said)) }

func outputCost(answer []byte, root part) int64 {
	var t tally
	t.walk(answer, root)
	return t.text.total() + t.media*token
}

// Every event of content is looked into at the beginning of a stream, then one in so
// many, and of a large one the beginning: the others are taken to be alike.
const (
	lookAtAll   = 8
	lookAtOneIn = 32
	lookAtBytes = 8 << 10
)

// Stream estimates the output of a stream from its events of content. The zero Stream
// has seen none. It takes the same memory however long the stream is.
type Stream struct {
	events int64
	looked int64
	cost   int64 // of those that were looked into
	whole  int64 // cost of events that say all of a part once more at its end
}

// Content takes the name and the data of an event that has content. Neither is kept.
func (s *Stream) Content(name, data []byte) {
	if bytes.HasSuffix(name, done) {
		s.whole += sampleCost(data)
		return
	}
	s.events++
	if s.events > lookAtAll && s.events%lookAtOneIn != 0 {
		return
	}
	cost := sampleCost(data)
	if len(name) == 0 && bytes.Contains(data[:min(len(data), 80)], done) {
		s.events--
		s.whole += cost
		return
	}
	s.looked++
	s.cost += cost
}

// done ends the type of such events.
var done = []byte(".done")

// sampleCost is outputCost of an event, from its beginning when there is more than
// enough. No event of content is less than one token.
func sampleCost(data []byte) int64 {
	if len(data) <= lookAtBytes {
		return max(token, outputCost(data, event))
	}
	return outputCost(data[:lookAtBytes], event) * int64(len(data)) / lookAtBytes
}

// Seen reports whether there was any event of content.
func (s *Stream) Seen() bool { return s.events > 0 || s.whole > 0 }

// Tokens gives the estimate of what has been streamed so far.
func (s *Stream) Tokens() int64 {
	cost := s.cost
	if s.looked > 0 && s.events > s.looked {
		cost = cost * s.events / s.looked
	}
	return roundUp(max(cost, s.whole))
}
