package front

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// body is the body of one request. Reads may come from another goroutine than the
// handler's, as long as they end before it does.
type body struct {
	c *conn

	mu      sync.Mutex // guards what follows, and the connection's reading
	left    int64      // of the body, or of the present chunk
	waste   int64      // bytes of chunk lines beyond what is reasonable
	chunked bool
	part    chunkPart
	closed  bool
	err     error // io.EOF at the end, or why there is none

	askMu sync.Mutex // guards what follows
	asked bool       // the caller waits for 100 Continue
}

// Read implements io.Reader. As with net/http, the end may come with the last bytes.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	return b.read(p)
}

// Close implements io.Closer. What is left is dealt with when the handler has ended.
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return nil
}

func (b *body) read(p []byte) (n int, err error) {
	if b.err != nil {
		return 0, b.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if err := b.goOn(); err != nil {
		return 0, err
	}
	if b.chunked {
		n, err = b.readChunked(p)
	} else {
		n, err = b.readPlain(p)
	}
	switch {
	case err == nil:
		return n, nil
	case err == io.EOF:
		b.err = err
		b.c.hush()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, err // another deadline may follow
	default:
		b.err = err
		b.c.leave()
	}
	return n, err
}

// leave ends the context of a request whose body cannot be read to its end.
func (c *conn) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost != nil && c.ctx != nil {
		c.ctx.cancel()
	}
}

func (b *body) readPlain(p []byte) (int, error) {
	n, err := b.c.readSome(p[:min(int64(len(p)), b.left)])
	if b.left -= int64(n); b.left == 0 {
		return n, io.EOF
	}
	return n, unexpected(err)
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// goOn tells a caller who asked that the body is wanted (RFC 9110 §10.1.1).
func (b *body) goOn() error {
	b.askMu.Lock()
	defer b.askMu.Unlock()
	if !b.asked {
		return nil
	}
	b.asked = false
	if d := b.c.s.WriteIdle; d > 0 && !b.c.guarded {
		b.c.nc.SetWriteDeadline(time.Now().Add(d))
	}
	_, err := b.c.nc.Write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	return err
}

// unasked reports whether the caller still waits to be told, and sees to it that it
// will not be.
func (b *body) unasked() bool {
	b.askMu.Lock()
	defer b.askMu.Unlock()
	asked := b.asked
	b.asked = false
	return asked
}
