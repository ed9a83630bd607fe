package upstream

import (
	"io"
	"net"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// Source gives the body of an answer that comes over no connection of this call's: it was
// kept, or is another call's.
type Source interface {
	// Next gives what follows, and waits while nothing does. The bytes stay as they are.
	// io.EOF is the body's proper end; any other error is a *fault.Fault.
	Next() ([]byte, error)
}

// Replay makes the Response an answer whose body a Source gives, as if a host had just
// answered. length is the body's, -1 when it is not known beforehand.
func (r *Response) Replay(status int, length int64, from Source) {
	r.reset()
	r.Status, r.ContentLength, r.Reused = status, length, true
	r.src = &replayed{of: r, from: from, began: time.Now()}
}

// replayed reads a Source in the place of a connection.
type replayed struct {
	of    *Response
	from  Source
	rest  []byte
	began time.Time
}

func (p *replayed) read(to []byte) (int, error) {
	if len(p.rest) == 0 {
		from := time.Now()
		next, err := p.from.Next()
		p.of.Waited += time.Since(from)
		if err != nil {
			return 0, err
		}
		p.rest = next
	}
	n := copy(to, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *replayed) clock() time.Duration { return time.Since(p.began) }

func (p *replayed) hijack() (net.Conn, []byte, error) {
	return nil, nil, fault.New(fault.InternalError, "BUG: an answer that was kept has no connection")
}

func (p *replayed) sent() bool { return true }

func (p *replayed) close() {}

// tap tells the Tee what was read.
func (r *Response) tap(p []byte, err error) {
	if r.Tee != nil && (len(p) > 0 || err == io.EOF) {
		r.Tee(p, err == io.EOF)
	}
}
