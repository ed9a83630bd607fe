package jsonout

import "bytes"

// OneLine puts spaces for the line ends in JSON, which stand in no string: what was
// copied may have been spread over several lines, and a line's end is the end of a field
// of an event (https://html.spec.whatwg.org/multipage/server-sent-events.html).
func OneLine(b []byte) {
	for _, end := range [...]byte{'\n', '\r'} {
		rest := b
		for n := bytes.IndexByte(rest, end); n >= 0; n = bytes.IndexByte(rest, end) {
			rest[n] = ' '
			rest = rest[n+1:]
		}
	}
}
