package front

import (
	"bytes"
	"errors"
	"io"
)

// chunkPart is what comes next in a chunked body (RFC 9112 §7.1).
type chunkPart uint8

const (
	chunkSize chunkPart = iota
	chunkData
	chunkEnd // the line end behind the data
	trailer
)

// maxWaste is how much of a body may be neither data nor the necessary framing.
const maxWaste = 16 << 10

var (
	errChunkLine  = errors.New("malformed chunked encoding: a chunk does not begin with its size")
	errChunkLong  = errors.New("malformed chunked encoding: the line before a chunk is too long")
	errChunkWaste = errors.New("malformed chunked encoding: it is mostly extensions")
	errChunkEnd   = errors.New("malformed chunked encoding: a chunk is longer than its size")
	errTrailer    = errors.New("malformed chunked encoding: its trailer is too long or no header")
)

// readChunked fills p as far as that needs no waiting; it waits only for the first
// byte.
func (b *body) readChunked(p []byte) (n int, err error) {
	c := b.c
	for {
		if b.part == chunkData {
			if n > 0 && (n == len(p) || c.r == c.w) {
				return n, nil
			}
			m, err := c.readSome(p[n : n+int(min(int64(len(p)-n), b.left))])
			n += m
			if b.left -= int64(m); b.left == 0 {
				b.part = chunkEnd
			}
			if err != nil {
				return n, unexpected(err)
			}
			continue
		}
		whole, over, err := b.framing(c.buf[c.r:c.w])
		switch {
		case err != nil:
			return n, err
		case over:
			return n, io.EOF
		case whole:
			continue
		case n > 0:
			return n, nil
		}
		if err := c.fill(); err != nil {
			return 0, unexpected(err)
		}
	}
}

// framing moves over one piece of framing, if it is there as a whole.
func (b *body) framing(have []byte) (whole, over bool, err error) {
	switch b.part {
	case chunkEnd:
		switch {
		case len(have) > 0 && have[0] != '\r', len(have) > 1 && have[1] != '\n':
			return false, false, errChunkEnd
		case len(have) < 2:
			return false, false, nil
		}
		b.c.r += 2
		b.part = chunkSize
		return true, false, nil
	case chunkSize:
		whole, err = b.sizeLine(have)
		return whole, false, err
	}
	over, err = b.trailer(have)
	return over, over, err
}

// sizeLine reads the line before a chunk. Unlike a header's it must end with CR LF.
func (b *body) sizeLine(have []byte) (whole bool, err error) {
	i := bytes.IndexByte(have, '\n')
	switch {
	case i < 0 && len(have) >= pageSize, i >= pageSize:
		return false, errChunkLong
	case i < 0:
		return false, nil
	case i == 0 || bytes.IndexByte(have[:i], '\r') != i-1:
		return false, errChunkLine
	}
	size, ok := parseSize(have[:i-1])
	if !ok {
		return false, errChunkLine
	}
	// One byte a chunk is a slow stream's right; pages of extensions are not.
	b.waste = max(b.waste+int64(i+1)-16-2*min(size, 1<<40), 0)
	if b.waste > maxWaste {
		return false, errChunkWaste
	}
	b.c.r += i + 1
	b.left, b.part = size, chunkData
	if size == 0 {
		b.part = trailer
	}
	return true, nil
}

// parseSize reads the hexadecimal size before any extension.
func parseSize(line []byte) (n int64, ok bool) {
	line = bytes.TrimRight(line, " \t")
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		line = line[:i]
	}
	if len(line) == 0 || len(line) > 16 {
		return 0, false
	}
	for _, c := range line {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		if n>>59 != 0 {
			return 0, false
		}
		n = n<<4 | int64(c)
	}
	return n, true
}

// trailer moves over what follows the last chunk, which must fit the buffer, and
// reports whether it is complete.
func (b *body) trailer(have []byte) (over bool, err error) {
	end, _ := headEnd(have, 0)
	switch {
	case end < 0 && len(have) >= pageSize, end > pageSize:
		return false, errTrailer
	case end < 0:
		return false, nil
	case end != 2 && !bytes.HasSuffix(have[:end], []byte("\r\n\r\n")):
		return false, errTrailer
	}
	if _, err := parseFields(nil, have[:end], 0); err != nil {
		return false, errTrailer
	}
	b.c.r += end
	return true, nil
}
