package dialect

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// JSONLinesType is the media type of newline-delimited JSON.
const JSONLinesType = "application/x-ndjson"

// lines frames JSON texts that stand one on a line.
type lines struct{ carrier }

// NewJSONLines makes a Framer of newline-delimited JSON: each line is an event, a
// blank one a comment. digest are the members to keep of a line too large to hold.
func NewJSONLines(digest []string) Framer {
	return &lines{carrier{payload: jsonPayload{}, paths: digest}}
}

// Feed implements Framer.
func (l *lines) Feed(p []byte, fn func(*Event)) {
	for {
		n := bytes.IndexByte(p, '\n')
		if n < 0 {
			break
		}
		l.end(p[:n+1], fn)
		p = p[n+1:]
	}
	l.hold(p, fn)
}

// jsonPayload takes the bytes of an event, but for what surrounds its JSON text.
type jsonPayload struct{}

// whole implements payload.
func (jsonPayload) whole(raw []byte, e *Event) {
	e.Data = bytes.TrimSpace(raw)
	e.Comment = len(e.Data) == 0
}

// piece implements payload.
func (jsonPayload) piece(p []byte, d *jsonscan.Digest) { d.Write(p) }

// named implements payload.
func (jsonPayload) named() []byte { return nil }
