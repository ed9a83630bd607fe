package proxy

import (
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// slowest is the average rate, in bytes a second, below which a body is cut.
const slowest = 1 << 10

// bodyDeadline bounds the next read of a body: by the longest pause, and by the slowest
// rate at which all of it may come.
func bodyDeadline(idle time.Duration, from time.Time, got int64) time.Time {
	pause, rate := time.Now().Add(idle), from.Add(idle+time.Duration(got)*time.Second/slowest)
	if rate.Before(pause) {
		return rate
	}
	return pause
}

// setReadDeadline bounds reading from the caller; the zero time lifts the bound.
func (x *exchange) setReadDeadline(t time.Time) { setReadDeadline(x.w, t) }

func setReadDeadline(w http.ResponseWriter, t time.Time) {
	if d, ok := w.(interface{ SetReadDeadline(time.Time) error }); ok {
		_ = d.SetReadDeadline(t) // fails where the connection is gone, which a read will tell
	}
}

// boundBody bounds the next read of the body.
func (x *exchange) boundBody() {
	if x.bodyFrom.IsZero() {
		x.bodyFrom = time.Now()
	}
	x.setReadDeadline(bodyDeadline(x.view.Limits.BodyIdle, x.bodyFrom, x.bodyGot))
}

// bounded reads the caller's body; the bound moves with every read.
type bounded struct{ x *exchange }

// Read reads the body.
func (b bounded) Read(p []byte) (int, error) {
	b.x.boundBody()
	if b.x.stopped.Load() { // looked at after the bound was moved: stopBody sets its own after this
		return 0, os.ErrDeadlineExceeded
	}
	n, err := b.x.r.Body.Read(p)
	b.x.bodyGot += int64(n)
	return n, err
}

// bodyRead ends the bound: the body is in, and a stream may last as long as it likes.
func (x *exchange) bodyRead() {
	x.bodyDone = true
	x.setReadDeadline(time.Time{})
}

// drainWait is how long the rest of an unwanted body may take: long enough for a caller
// to notice the answer, too short to hold connections for nothing.
const drainWait = 2 * time.Second

// leaveBody bounds what is read of a body that the answer did not need.
func (x *exchange) leaveBody() {
	if x.bodyDone || x.flowed.Load() || x.r.ContentLength == 0 {
		return
	}
	x.bodyDone = true
	x.setReadDeadline(time.Now().Add(drainWait))
}

// boundWrite bounds how long one stream of an HTTP/2 connection may take nothing of what
// is written: the connection's own bound cannot tell its streams apart.
func (x *exchange) boundWrite() {
	if x.r.ProtoMajor == 1 {
		return // the connection has a bound of its own
	}
	d, ok := x.w.(interface{ SetWriteDeadline(time.Time) error })
	if now := time.Now(); ok && now.Sub(x.writeArmed) > x.view.Limits.WriteIdle/4 {
		x.writeArmed = now
		_ = d.SetWriteDeadline(now.Add(x.view.Limits.WriteIdle))
	}
}

// smallBody is how long a small body may take as a whole.
const smallBody = 10 * time.Second

// BoundBodies bounds how long the body of each request to a handler may take; for
// handlers that take small bodies.
func BoundBodies(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			setReadDeadline(w, time.Now().Add(smallBody))
			r.Body = untilEnd{r.Body, w}
		}
		h.ServeHTTP(w, r)
	})
}

// untilEnd lifts the bound of a body at its end.
type untilEnd struct {
	io.ReadCloser
	w http.ResponseWriter
}

// Read reads the body.
func (u untilEnd) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	if err == io.EOF {
		setReadDeadline(u.w, time.Time{})
	}
	return n, err
}

// flowing is a body that passes unread: bounded in size and in the time between two
// reads. It is read by one goroutine.
type flowing struct {
	x    *exchange
	left int64
}

// opaqueBody is the caller's body as it flows through.
func (x *exchange) opaqueBody() io.Reader {
	x.boundBody()
	x.flows = true
	_ = http.NewResponseController(x.w).EnableFullDuplex() // an early answer must not eat what still flows
	return &flowing{x: x, left: x.view.Limits.OpaqueBody}
}

// Read gives what came. Its errors are faults: too large, too slow, or the caller left.
func (f *flowing) Read(p []byte) (int, error) {
	if broken := f.x.broken.Load(); broken != nil {
		return 0, broken
	}
	if int64(len(p)) > f.left+1 {
		p = p[:f.left+1]
	}
	n, err := bounded{f.x}.Read(p)
	if f.left -= int64(n); f.left < 0 {
		return 0, f.breaks(tooLarge(f.x.view.Limits.OpaqueBody))
	}
	switch {
	case err == io.EOF:
		f.x.flowed.Store(true)
		f.x.setReadDeadline(time.Time{}) // a stream may last as long as it likes
	case f.x.stopped.Load():
		return n, err // nobody's fault: the rest was not wanted
	case err != nil:
		return n, f.breaks(bodyFault(err))
	}
	return n, err
}

// breaks notes why the body broke off. The server cancels a request whose body cannot
// be read, and that must not be taken for a caller who left.
func (f *flowing) breaks(err error) error {
	f.x.broken.CompareAndSwap(nil, asFault(err))
	return err
}
