package dialecttest

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

// NewFramer makes a framer of a dialect's streams.
func NewFramer(d *dialect.Dialect) dialect.Framer {
	switch d.StreamType {
	case dialect.EventStreamType:
		return dialect.NewEventStream(d.Digest)
	case dialect.JSONLinesType:
		return dialect.NewJSONLines(d.Digest)
	}
	return dialect.NewSSE(d.Digest)
}

// streamOf gives the bytes of a stream that is written down in a file. A binary event
// stream is written as lines "event NAME DATA" and "exception NAME DATA".
func streamOf(d *dialect.Dialect, text string) []byte {
	if d.StreamType != dialect.EventStreamType {
		return []byte(text)
	}
	var out []byte
	for line := range strings.Lines(text) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, data, _ := strings.Cut(rest, " ")
		if kind == "" {
			continue
		}
		out = dialect.AppendEventStream(out, []dialect.EventHeader{{Name: ":" + kind + "-type", Value: name}, {Name: ":message-type", Value: kind}}, []byte(data))
	}
	return out
}
