package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// trip is one exchange through a transport, and the source of its Response.
type trip struct {
	owner     *viaTransport
	ctx, ctx2 context.Context // the caller's, and the one that the watch ends
	resp      *Response
	in        *http.Response
	body      *guardedBody
	watch     watch
	start     time.Duration
	ended     bool // the body has been read to its end
	connected atomic.Bool
	reused    atomic.Bool
	connect   atomic.Int64
}

func (x *trip) clock() time.Duration { return x.owner.now() }

func (x *trip) read(p []byte) (int, error) {
	if x.ended {
		return 0, io.EOF
	}
	start := x.owner.now()
	x.watch.limit(x.readLimit(start))
	n, err := x.in.Body.Read(p)
	x.resp.Waited += x.owner.now() - start
	x.watch.limit(0, phaseTotal, 0)
	switch {
	case err == io.EOF:
		x.ended = true
		x.resp.Trailer = appendSorted(x.resp.Trailer, x.in.Trailer)
	case err != nil:
		if f := x.over(); f != nil {
			return n, f
		}
		return n, x.owner.cut(err)
	}
	return n, err
}

func (x *trip) readLimit(now time.Duration) (time.Duration, phase, time.Duration) {
	by, ph, d := now+x.owner.times.Idle, phaseIdle, x.resp.readTimeout
	if d > 0 {
		by, ph = now+d, phaseRead
	}
	if e := x.resp.eventBy; e > 0 && e < by {
		by, ph = e, phaseFirstEvent
	}
	return by, ph, d
}

// over gives the fault of a limit or of the caller's context, nil when neither ended
// the exchange.
func (x *trip) over() *fault.Fault {
	if x.ctx.Err() != nil {
		return x.owner.gone(x.ctx)
	}
	return asFault(context.Cause(x.ctx2))
}

func (x *trip) sent() bool { return x.body.unused() }

func (x *trip) close() {
	if x.in != nil {
		x.in.Body.Close()
	}
	x.end()
}

// end stops everything that belongs to the exchange.
func (x *trip) end() {
	x.watch.stop()
	x.body.stop()
}

func (x *trip) hijack() (net.Conn, []byte, error) {
	return nil, nil, fault.New(fault.InternalError, "an upgraded connection cannot be had over HTTP/2 or an upstream proxy; set http2: false and proxy: none for this provider")
}

// watch ends a context when the limit of the present phase has passed.
type watch struct {
	owner  *viaTransport
	cancel context.CancelCauseFunc
	endBy  time.Duration

	mu    sync.Mutex
	timer *time.Timer
	by    time.Duration
	phase phase
	d     time.Duration
	over  bool
	head  bool // the head is in
}

func (w *watch) init(v *viaTransport, cancel context.CancelCauseFunc, endBy time.Duration) {
	w.owner, w.cancel, w.endBy = v, cancel, endBy
	w.timer = time.AfterFunc(endBy-v.now(), w.fire)
}

// before sets the limit of a phase before the head is in. The transport reports such
// phases from its own goroutines, and may do so late.
func (w *watch) before(by time.Duration, p phase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.head {
		w.set(by, p, 0)
	}
}

// headIn ends the phases before the head.
func (w *watch) headIn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.head = true
	w.set(0, phaseTotal, 0)
}

// limit sets what the present phase may take; by 0 = only the total.
func (w *watch) limit(by time.Duration, p phase, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.set(by, p, d)
}

func (w *watch) set(by time.Duration, p phase, d time.Duration) {
	if w.over {
		return
	}
	if by == 0 || by > w.endBy {
		by, p = w.endBy, phaseTotal
	}
	sooner := by < w.by || w.by == 0
	w.by, w.phase, w.d = by, p, d
	if sooner {
		w.timer.Reset(by - w.owner.now())
	}
}

func (w *watch) fire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	if left := w.by - w.owner.now(); left > 0 {
		w.timer.Reset(left)
		return
	}
	w.over = true
	w.cancel(w.owner.timeout(w.phase, w.d))
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.timer.Stop()
	w.cancel(nil)
}

// guardedBody gives the request's body to a transport and can take it back: after
// stop, nothing reads it any more.
type guardedBody struct {
	r       *Request
	mu      sync.Mutex
	stopped atomic.Bool
	drained atomic.Bool  // the stream has been read to its end
	reading atomic.Int32 // readers that may read on
}

var errBodyTaken = errors.New("the request body is no longer available")

func newGuardedBody(r *Request) *guardedBody { return &guardedBody{r: r} }

func (b *guardedBody) stop() {
	if !b.stopped.Swap(true) && !b.drained.Load() && b.r.Stream != nil && b.r.StopStream != nil {
		b.r.StopStream()
	}
	b.mu.Lock() // waits for a read in progress
	defer b.mu.Unlock()
}

// unused reports whether nothing reads it: what was begun has seen the end, or was closed.
func (b *guardedBody) unused() bool { return b.reading.Load() == 0 }

func (b *guardedBody) reader() io.ReadCloser {
	b.reading.Add(1)
	if b.r.Stream != nil {
		return &guardedReader{b: b, src: b.r.Stream}
	}
	parts := net.Buffers(append([][]byte(nil), b.r.Body...))
	return &guardedReader{b: b, src: &parts}
}

type guardedReader struct {
	b    *guardedBody
	src  io.Reader
	over bool // guarded by b.mu
}

// end notes that it reads no more. It needs the lock.
func (g *guardedReader) end() {
	if !g.over {
		g.over = true
		g.b.reading.Add(-1)
	}
}

func (g *guardedReader) Read(p []byte) (int, error) {
	g.b.mu.Lock()
	defer g.b.mu.Unlock()
	switch {
	case g.b.stopped.Load():
		return 0, errBodyTaken
	case g.over:
		return 0, io.EOF
	}
	n, err := g.src.Read(p)
	switch {
	case err == io.EOF:
		g.b.drained.Store(true)
		g.end()
	case err != nil:
		err = &sourceError{err}
	}
	return n, err
}

// Close ends the reading of a body held in memory. A Stream's reader may be closed while
// it waits; stop ends it.
func (g *guardedReader) Close() error {
	if g.b.r.Stream == nil {
		g.b.mu.Lock()
		defer g.b.mu.Unlock()
		g.end()
	}
	return nil
}
