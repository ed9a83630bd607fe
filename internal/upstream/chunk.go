package upstream

import (
	"bytes"
	"io"
)

// chunkPart is what comes next in a chunked body (RFC 9112 §7.1).
type chunkPart uint8

const (
	chunkSize chunkPart = iota
	chunkData
	chunkEnd // the line end behind the data
	trailers
	ended
)

func (c *conn) readChunked(p []byte) (n int, err error) {
	for {
		if c.chunk == chunkData {
			m, err := c.readChunkData(p[n:], n > 0)
			if n += m; err != nil {
				return n, c.lost(err)
			}
			if c.chunk == chunkData {
				return n, nil // p is full, or nothing more is there
			}
		}
		more, err := c.nextPart()
		switch {
		case err != nil:
			return n, c.lost(err)
		case c.chunk == ended:
			return n, io.EOF
		case !more:
			continue
		case n > 0:
			return n, nil
		}
		if err := c.fill(); err != nil {
			return 0, c.lost(err)
		}
	}
}

// readChunkData copies data of the present chunk; it waits only when some is wanted
// at any cost.
func (c *conn) readChunkData(p []byte, have bool) (n int, err error) {
	want := p[:min(int64(len(p)), c.left)]
	if len(want) == 0 || (c.r == c.w && have) {
		return 0, nil
	}
	if n, err = c.readSome(want); err != nil {
		return n, err
	}
	if c.left -= int64(n); c.left == 0 {
		c.chunk = chunkEnd
	}
	return n, nil
}

// nextPart moves over one piece of framing, and reports whether more bytes must come
// before it can.
func (c *conn) nextPart() (more bool, err error) {
	have := c.buf[c.r:c.w]
	switch c.chunk {
	case chunkSize:
		return c.chunkHeader(have)
	case chunkEnd:
		if len(have) < 2 {
			return true, nil
		}
		if have[0] != '\r' || have[1] != '\n' {
			return false, errChunkEnd
		}
		c.r += 2
		c.chunk = chunkSize
	case trailers:
		return c.trailer(have)
	}
	return false, nil
}

func (c *conn) chunkHeader(have []byte) (more bool, err error) {
	i := bytes.IndexByte(have, '\n')
	switch {
	case i < 0 && len(have) >= pageSize, i >= pageSize:
		return false, errChunkLong
	case i < 0:
		return true, nil
	case i == 0 || bytes.IndexByte(have[:i], '\r') != i-1:
		return false, errChunkLine
	}
	size, err := parseChunkSize(have[:i-1])
	if err != nil {
		return false, err
	}
	// One byte per chunk is a slow stream's right; pages of extensions are not.
	if c.waste = max(c.waste+int64(i+1)-16-2*min(size, 1<<40), 0); c.waste > 4*pageSize {
		return false, errChunkWaste
	}
	c.r += i + 1
	c.left, c.chunk = size, chunkData
	if size == 0 {
		c.chunk = trailers
	}
	return false, nil
}

// parseChunkSize reads the hexadecimal size before any extension.
func parseChunkSize(line []byte) (int64, error) {
	line = bytes.TrimRight(line, " \t")
	if semi := bytes.IndexByte(line, ';'); semi >= 0 {
		line = line[:semi]
	}
	if len(line) == 0 || len(line) > 16 {
		return 0, errChunkLine
	}
	var n uint64
	for _, b := range line {
		d := hexDigit(b)
		if d > 15 {
			return 0, errChunkLine
		}
		n = n<<4 | uint64(d)
	}
	if n>>63 != 0 {
		return 0, errChunkLine
	}
	return int64(n), nil
}

func hexDigit(b byte) byte {
	switch {
	case '0' <= b && b <= '9':
		return b - '0'
	case 'a' <= b && b <= 'f':
		return b - 'a' + 10
	case 'A' <= b && b <= 'F':
		return b - 'A' + 10
	}
	return 0xff
}

// trailer reads what follows the last chunk; it must fit the buffer.
func (c *conn) trailer(have []byte) (more bool, err error) {
	if len(have) >= 2 && have[0] == '\r' && have[1] == '\n' {
		c.r += 2
		c.chunk = ended
		return false, nil
	}
	i := bytes.Index(have, []byte("\r\n\r\n"))
	switch {
	case i < 0 && len(have) >= pageSize:
		return false, errTrailer
	case i < 0:
		return true, nil
	}
	c.resp.Trailer, err = parseFields(c.resp.Trailer, have[:i+4])
	c.r += i + 4
	c.chunk = ended
	return false, err
}
