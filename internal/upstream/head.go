package upstream

import (
	"bytes"
	"errors"
)

const (
	maxFields  = 256
	usualCount = 32 // fields whose places are remembered without an allocation
)

// protocolError is an answer against the protocol; its text is for people.
type protocolError struct{ text string }

func (e *protocolError) Error() string { return e.text }

// What an answer can have wrong.
var (
	errStatusLine = &protocolError{"its first line is not an HTTP/1.1 status line"}
	errVersion    = &protocolError{"it is of an HTTP version other than 1.0 and 1.1"}
	errFieldLine  = &protocolError{"a header line has no valid name before a colon"}
	errFold       = &protocolError{"a header value is folded over several lines"}
	errValue      = &protocolError{"a header value holds a control character"}
	errHeadSize   = &protocolError{"its header is too large"}
	errHeadCount  = &protocolError{"it has more than 256 header fields"}
	errInterim    = &protocolError{"it has too many interim (1xx) answers"}
	errTwoLengths = &protocolError{"it has both Content-Length and Transfer-Encoding"}
	errLength     = &protocolError{"its Content-Length is not one number"}
	errCoding     = &protocolError{"its Transfer-Encoding is not chunked"}
	errCodingOld  = &protocolError{"it is HTTP/1.0 with a Transfer-Encoding"}
	errChunkLine  = &protocolError{"a chunk does not begin with its size"}
	errChunkLong  = &protocolError{"the line before a chunk is too long"}
	errChunkWaste = &protocolError{"its chunks are mostly extensions"}
	errChunkEnd   = &protocolError{"a chunk is longer than its size"}
	errTrailer    = &protocolError{"its trailer is too large"}
)

// readHead reads one status line with its fields into the response and gives the
// protocol's minor version.
func (c *conn) readHead() (minor byte, err error) {
	end, seen := headEnd(c.buf[c.r:c.w], 0)
	for end < 0 {
		if c.w-c.r >= c.owner.maxHeader {
			return 0, errHeadSize
		}
		if err := c.fill(); err != nil {
			return 0, err
		}
		end, seen = headEnd(c.buf[c.r:c.w], seen)
	}
	if end > c.owner.maxHeader {
		return 0, errHeadSize
	}
	head := c.buf[c.r : c.r+end]
	c.r += end
	return c.parseHead(head)
}

// headEnd gives the length of the head with its empty line, -1 when it is not there
// yet, and where to look on. A line may end with LF alone (RFC 9112 §2.2).
func headEnd(b []byte, from int) (end, next int) {
	for {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return -1, from
		}
		if from > 0 && (i == 0 || (i == 1 && b[from] == '\r')) {
			return from + i + 1, 0
		}
		from += i + 1
	}
}

func (c *conn) parseHead(head []byte) (minor byte, err error) {
	line, rest := cutLine(head)
	status, minor, err := parseStatus(line)
	if err != nil {
		return 0, err
	}
	c.resp.Status = status
	c.resp.Header, err = parseFields(c.resp.Header, rest)
	return minor, err
}

// cutLine gives the first line without its end, and what follows.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	line, rest = b[:i], b[i+1:]
	if i > 0 && line[i-1] == '\r' {
		line = line[:i-1]
	}
	return line, rest
}

// parseStatus reads "HTTP/1.1 200 OK"; the reason may be missing, with or without
// the space before it (RFC 9112 §4).
func parseStatus(line []byte) (status int, minor byte, err error) {
	if len(line) < len("HTTP/1.1 200") || string(line[:5]) != "HTTP/" || line[6] != '.' || line[8] != ' ' {
		return 0, 0, errStatusLine
	}
	if line[5] != '1' || (line[7] != '0' && line[7] != '1') {
		return 0, 0, errVersion
	}
	for _, d := range line[9:12] {
		if d < '0' || d > '9' {
			return 0, 0, errStatusLine
		}
		status = status*10 + int(d-'0')
	}
	if status < 100 || (len(line) > 12 && line[12] != ' ') || !validValue(line[12:]) {
		return 0, 0, errStatusLine
	}
	return status, line[7], nil
}

// place is where a field stands in its block.
type place struct{ name, colon, value, end int }

// parseFields appends the fields of a block that ends with an empty line. It makes
// the names canonical in the block itself, then one string of the whole block, which
// all names and values share.
func parseFields(dst Header, block []byte) (Header, error) {
	var usual [usualCount]place
	places := usual[:0]
	for at := 0; ; {
		line, rest := cutLine(block[at:])
		if len(line) == 0 {
			break
		}
		p, err := parseField(line, at)
		if err != nil {
			return dst, err
		}
		if places = append(places, p); len(places) > maxFields {
			return dst, errHeadCount
		}
		at = len(block) - len(rest)
	}
	if len(places) == 0 {
		return dst, nil
	}
	text := string(block)
	if cap(dst)-len(dst) < len(places) {
		dst = append(make(Header, 0, len(dst)+len(places)), dst...)
	}
	for _, p := range places {
		dst = append(dst, Field{Name: text[p.name:p.colon], Value: text[p.value:p.end]})
	}
	return dst, nil
}

// parseField finds the parts of a line that begins at the block's byte at.
func parseField(line []byte, at int) (place, error) {
	if line[0] == ' ' || line[0] == '\t' {
		return place{}, errFold // RFC 9112 §5.2: a proxy refuses or unfolds it
	}
	colon := bytes.IndexByte(line, ':')
	if colon < 0 || !canonicalize(line[:colon]) {
		return place{}, errFieldLine
	}
	value, end := colon+1, len(line)
	for value < end && isBlank(line[value]) {
		value++
	}
	for end > value && isBlank(line[end-1]) {
		end--
	}
	if !validValue(line[value:end]) {
		return place{}, errValue
	}
	return place{at, at + colon, at + value, at + end}, nil
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' }

// fill reads more into the buffer, once. The buffer grows when a head needs it.
func (c *conn) fill() error {
	switch {
	case c.r == c.w:
		c.r, c.w = 0, 0
	case c.w == len(c.buf) && c.r > 0:
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	case c.w == len(c.buf):
		if c.inBody {
			return errBufferFull
		}
		larger := make([]byte, 2*len(c.buf))
		copy(larger, c.buf)
		c.buf = larger
	}
	n, err := c.receive(c.buf[c.w:])
	c.w += n
	return err
}

var errBufferFull = errors.New("BUG: a line longer than the buffer was not refused")
