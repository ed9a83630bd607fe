package front

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// block is what outlives a request when a handler lets something of it escape: it is
// new for every request.
type block struct {
	ctx  requestContext
	body body
	url  url.URL
}

// requestContext is the context of one request. It ends, with context.Canceled, when
// the handler has returned or the caller has left.
type requestContext struct {
	c     *conn
	over  atomic.Bool   // is set under mu
	mu    sync.Mutex    // guards what follows
	done  chan struct{} // made when somebody asks
	calls *call
}

// call is a function to be called at the end.
type call struct {
	x    *requestContext
	f    func()
	next *call
}

// Deadline implements context.Context: there is none.
func (*requestContext) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// Done implements context.Context.
func (x *requestContext) Done() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.done == nil {
		x.done = make(chan struct{})
		if x.over.Load() {
			close(x.done)
		}
	}
	return x.done
}

// Err implements context.Context.
func (x *requestContext) Err() error {
	if x.over.Load() {
		return context.Canceled
	}
	return nil
}

// Value implements context.Context.
func (x *requestContext) Value(key any) any {
	if key == http.LocalAddrContextKey {
		return x.c.nc.LocalAddr()
	}
	return x.c.base.Value(key)
}

// AfterFunc calls f in its own goroutine when the context ends; stop reports whether
// it prevented that. Package context uses it instead of a goroutine that waits.
func (x *requestContext) AfterFunc(f func()) (stop func() bool) {
	n := &call{x: x, f: f}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over.Load() {
		go f()
		return func() bool { return false }
	}
	n.next, x.calls = x.calls, n
	return n.stop
}

func (n *call) stop() bool {
	n.x.mu.Lock()
	defer n.x.mu.Unlock()
	for at := &n.x.calls; *at != nil; at = &(*at).next {
		if *at == n {
			*at = n.next
			return true
		}
	}
	return false
}

// cancel ends the context; again, it does nothing.
func (x *requestContext) cancel() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over.Load() {
		return
	}
	x.over.Store(true)
	if x.done != nil {
		close(x.done)
	}
	for n := x.calls; n != nil; n = n.next {
		go n.f()
	}
	x.calls = nil
}
