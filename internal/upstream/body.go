package upstream

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"time"
)

// framing is how the end of an answer's body is told (RFC 9112 §6.3).
type framing uint8

const (
	noBody framing = iota
	fixed
	chunked
	untilClose
	upgraded // 101: what follows is not HTTP
)

// Reads of at least so many bytes go straight into the caller's buffer; smaller ones
// pass through the connection's, which saves system calls. With chunks that is the
// case for longer, since one read then brings the framing between them too.
const (
	directRead      = 1 << 10
	directReadChunk = pageSize
)

// answer is where the reading of a body stands.
type answer struct {
	framing framing
	left    int64 // bytes of the body, or of the chunk
	chunk   chunkPart
	waste   int64 // bytes of framing beyond what chunks need
}

// frame finds out how long the body is and whether the connection lives on.
func (c *conn) frame(method string, minor byte) error {
	var f facts
	if err := f.read(c.resp.Header); err != nil {
		return err
	}
	switch {
	case f.coded && minor == '0':
		return errCodingOld // RFC 9112 §6.1: its framing is faulty
	case f.coded && f.length >= 0:
		return errTwoLengths
	}
	c.keep = c.keep && !f.close && (minor == '1' || f.keep)
	c.maxIdle = f.maxIdle
	c.resp.ContentLength = f.length
	status := c.resp.Status
	switch {
	case status == 101:
		c.framing, c.keep, c.resp.ContentLength = upgraded, false, 0
	case method == "HEAD":
	case status == 204, status == 304, f.length == 0:
		c.resp.ContentLength = 0
	case f.coded:
		c.framing = chunked
	case f.length > 0:
		c.framing, c.left = fixed, f.length
	default:
		c.framing, c.keep = untilClose, false
	}
	return nil
}

// facts are what a head says about its message and its connection.
type facts struct {
	length      int64 // -1 = not said
	coded       bool
	close, keep bool
	maxIdle     time.Duration
}

func (f *facts) read(h Header) (err error) {
	f.length = -1
	for i := range h {
		value := h[i].Value
		switch h[i].Name {
		case "Content-Length":
			n, err := parseLength(value)
			if err != nil || (f.length >= 0 && n != f.length) {
				return errLength
			}
			f.length = n
		case "Transfer-Encoding":
			if f.coded || !strings.EqualFold(value, "chunked") {
				return errCoding
			}
			f.coded = true
		case "Connection":
			f.close = f.close || hasToken(value, "close")
			f.keep = f.keep || hasToken(value, "keep-alive")
		case "Keep-Alive":
			f.maxIdle = keepAliveTimeout(value)
		}
	}
	return nil
}

func parseLength(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err
}

// keepAliveTimeout reads "timeout=5, max=100" and takes a second off, since the
// host's clock began to run before ours; 0 when nothing is said.
func keepAliveTimeout(v string) time.Duration {
	for item := range strings.SplitSeq(v, ",") {
		name, value, _ := strings.Cut(strings.Trim(item, " \t"), "=")
		if n, err := strconv.ParseUint(value, 10, 31); err == nil && strings.EqualFold(name, "timeout") {
			return max(time.Duration(n)*time.Second-time.Second, time.Millisecond)
		}
	}
	return 0
}

// readBody reads what is there, and waits only when nothing is.
func (c *conn) readBody(p []byte) (int, error) {
	switch c.framing {
	case fixed:
		return c.readFixed(p)
	case chunked:
		return c.readChunked(p)
	case untilClose:
		n, err := c.readSome(p)
		if err != nil && err != io.EOF {
			err = c.lost(err)
		}
		return n, err
	}
	return 0, io.EOF
}

func (c *conn) readFixed(p []byte) (int, error) {
	p = p[:min(int64(len(p)), c.left)]
	n, err := c.readSome(p)
	if c.left -= int64(n); c.left == 0 {
		return n, io.EOF
	}
	if err != nil {
		err = c.lost(err)
	}
	return n, err
}

// readSome gives received bytes, or waits for some.
func (c *conn) readSome(p []byte) (int, error) {
	if c.r == c.w {
		if c.readsDirectly(len(p)) {
			return c.receive(p)
		}
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.buf[c.r:c.w])
	c.r += n
	return n, nil
}

func (c *conn) readsDirectly(n int) bool {
	switch c.framing {
	case chunked:
		return n >= directReadChunk
	case fixed:
		return n >= directRead || c.left <= int64(n)
	}
	return n >= directRead
}

// lost turns the end of the connection into the fault of a cut body; faults and the
// sign that nothing is there yet stay what they are.
func (c *conn) lost(err error) error {
	if err == errWouldBlock {
		return err
	}
	if wrong, ok := err.(*protocolError); ok {
		return c.owner.malformed(wrong)
	}
	if f := asFault(err); f != nil {
		return f
	}
	if c.stop != nil && c.ctx.Err() != nil {
		return c.owner.gone(c.ctx)
	}
	return c.owner.cut(err)
}

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
