package upstream

import (
	"io"
	"net"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// Response is one answer: its head, and its body as a reader. The zero value is
// ready for Do, and a used one may be given to Do again after Close. One goroutine
// uses it at a time; another may end it by cancelling the context.
type Response struct {
	Status int
	Header Header
	// Trailer is filled when Read has given io.EOF.
	Trailer Header
	// ContentLength is the body's declared size, -1 when it is not known beforehand;
	// for HEAD it is what the header says.
	ContentLength int64
	// UntilClose says that nothing but the connection's end tells where the body ends: one
	// that was cut looks like one that is whole.
	UntilClose bool
	// Reused says that the connection had carried a request before.
	Reused bool
	// Connect is how long resolving, TCP and TLS took; 0 when Reused.
	Connect time.Duration
	// Waited is the time blocked on the host so far: connecting, then from the first
	// byte sent to the last byte of the head, then in body reads.
	Waited time.Duration
	// Lingered is the time that Each's function took in pieces that took it Linger or
	// longer: whoever it writes to was slow. Shorter ones are not added up.
	Lingered time.Duration
	// Tee, when it is set between Do and the first read, is given everything that is read
	// of the body, and told once when its proper end was seen. The bytes are valid during
	// the call only. Do resets it.
	Tee func(p []byte, end bool)

	src         source
	end         error         // what Read gives when src is nil
	readTimeout time.Duration // for each read of the body
	eventBy     time.Duration // on src's clock; 0 = no limit
}

// source is where the body comes from; nil after its end.
type source interface {
	read(p []byte) (int, error)
	clock() time.Duration
	hijack() (net.Conn, []byte, error)
	// sent reports whether nothing uses the request's body any more.
	sent() bool
	// close ends the exchange; read is not called again.
	close()
}

func (r *Response) reset() {
	*r = Response{Header: r.Header[:0], Trailer: r.Trailer[:0], end: io.EOF}
}

// Read gives what has arrived of the body, and waits only when nothing has: it never
// waits to fill p. io.EOF is the body's proper end and may come with data. Any other
// error is a *fault.Fault; a body that was cut wraps io.ErrUnexpectedEOF.
func (r *Response) Read(p []byte) (int, error) {
	if r.src == nil {
		return 0, r.end
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := r.src.read(p)
	if err != nil && r.src != nil {
		r.end = err
		if err != io.EOF {
			r.drop()
		}
	}
	if n > 0 && err != io.EOF {
		r.tap(p[:n], nil)
		return n, nil // a failure is told by the next Read, when the caller has the data
	}
	r.tap(p[:n], err)
	return n, err
}

// drop closes what carries the body.
func (r *Response) drop() {
	src := r.src
	r.src = nil
	src.close()
}

// Sent reports, between Do and Close, whether nothing uses the request's Body or Stream
// any more: a host may begin to answer while they are still on their way.
func (r *Response) Sent() bool { return r.src == nil || r.src.sent() }

// SetReadTimeout sets how long each following Read may wait, instead of
// Timeouts.Idle; 0 returns to that.
func (r *Response) SetReadTimeout(d time.Duration) { r.readTimeout = d }

// AwaitEvent bounds the time from now until AwaitEvent(0), whatever is read
// meanwhile: it is Timeouts.FirstEvent's limit, which keep-alive bytes must not extend.
func (r *Response) AwaitEvent(d time.Duration) {
	r.eventBy = 0
	if d > 0 && r.src != nil {
		r.eventBy = r.src.clock() + d
	}
}

// Close ends the exchange. The connection is kept when the body has been read to its
// end, or when the rest of it is there already; otherwise it is closed at once. When
// Close returns, nothing uses the request's Body or Stream any more. It may be called
// again.
func (r *Response) Close() {
	if r.src != nil {
		r.drop()
	}
	if r.end == nil || r.end == io.EOF {
		r.end = errClosed
	}
}

// Hijack hands over the connection of a 101 answer with the bytes already read from
// it. The caller then owns it; the request's context and timeouts no longer apply.
func (r *Response) Hijack() (net.Conn, []byte, error) {
	if r.src == nil || r.Status != 101 {
		return nil, nil, fault.New(fault.InternalError, "BUG: only a 101 answer that is still open can be taken over")
	}
	nc, rest, err := r.src.hijack()
	if err == nil {
		r.src, r.end = nil, errClosed
	}
	return nc, rest, err
}
