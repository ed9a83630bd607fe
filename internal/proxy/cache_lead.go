package proxy

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
)

// leading is the answer to a caller whose call brings the answer for others, too. What is
// written goes into a queue, from which one goroutine feeds the caller: a caller who is
// slow, or leaves, holds no follower up. While nobody follows, the queue is short and a
// slow caller slows the vendor, as ever.
//
// Writes come from one goroutine at a time.
type leading struct {
	p    *Proxy
	w    http.ResponseWriter
	call *http.Request // as it came
	f    *cache.Flight
	ctx  context.Context // of the call: it ends when all have left
	done []func()

	mu     sync.Mutex
	queue  []byte
	moved  chan struct{} // closed when the queue changes; nil = nobody waits
	fed    chan struct{} // closed when the feeder has ended; nil = there is none
	closed bool          // nothing more is written
	gone   bool          // the caller has left
	stuck  error         // of writing to the caller
}

// Bounds of the queue while nobody follows, and while somebody does.
const (
	shortQueue = 64 << 10
	longQueue  = 16 << 20
)

func newLeading(x *exchange, f *cache.Flight) *leading {
	l := &leading{p: x.p, w: x.w, call: x.r, f: f}
	caller := x.r.Context()
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(caller))
	l.ctx = ctx
	leave := sync.OnceFunc(f.Leave)
	left := context.AfterFunc(caller, func() {
		l.mu.Lock()
		l.gone = true
		l.wake()
		l.mu.Unlock()
		leave()
		if l.p.ending.Load() {
			cancel(context.Cause(caller))
		}
	})
	f.WhenAlone(func() { cancel(context.Canceled) })
	ended := context.AfterFunc(x.p.life, func() { cancel(ErrShutdown) })
	l.done = []func(){func() { left() }, func() { ended() }, leave, func() { cancel(nil) }}
	return l
}

// end lets the caller have the rest of the queue, and frees what the call led with.
func (l *leading) end() {
	l.mu.Lock()
	l.closed = true
	l.wake()
	fed := l.fed
	l.mu.Unlock()
	if fed != nil {
		<-fed
	}
	for _, f := range l.done {
		f()
	}
}

// wake tells who waits for the queue. The lock is held.
func (l *leading) wake() {
	if l.moved != nil {
		close(l.moved)
		l.moved = nil
	}
}

// wait gives what wake closes next. The lock is held.
func (l *leading) wait() <-chan struct{} {
	if l.moved == nil {
		l.moved = make(chan struct{})
	}
	return l.moved
}

// Header implements http.ResponseWriter.
func (l *leading) Header() http.Header { return l.w.Header() }

// WriteHeader implements http.ResponseWriter.
func (l *leading) WriteHeader(status int) { l.w.WriteHeader(status) }

// Write implements http.ResponseWriter.
func (l *leading) Write(p []byte) (int, error) { return l.WriteNow(p) }

// WriteNow is Write and Flush in one.
func (l *leading) WriteNow(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.stuck == nil && !l.gone && len(l.queue) > l.room() {
		moved := l.wait()
		l.mu.Unlock()
		select {
		case <-moved:
		case <-time.After(100 * time.Millisecond): // somebody may have begun to follow
		}
		l.mu.Lock()
	}
	if l.stuck != nil || l.gone {
		if l.f.Readers() > 0 && l.others() {
			return len(p), nil // for those who follow
		}
		if l.stuck != nil {
			return 0, l.stuck
		}
		return 0, context.Canceled
	}
	l.queue = append(l.queue, p...)
	if l.fed == nil {
		l.fed = make(chan struct{})
		go l.feed() // end waits for it
	}
	l.wake()
	return len(p), nil
}

// room is how much may wait in the queue.
func (l *leading) room() int {
	if l.others() {
		return longQueue
	}
	return shortQueue
}

// others reports whether somebody follows.
func (l *leading) others() bool {
	n := l.f.Readers()
	return n > 1 || n == 1 && l.gone
}

// feed copies the queue to the caller until its end, or until the caller leaves.
func (l *leading) feed() {
	defer close(l.fed)
	bound := writeBound{w: l.w, on: l.call.ProtoMajor != 1, idle: l.p.view.Load().Limits.WriteIdle}
	var page []byte
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if len(l.queue) == 0 {
			if l.closed || l.gone {
				return
			}
			moved := l.wait()
			l.mu.Unlock()
			<-moved
			l.mu.Lock()
			continue
		}
		page, l.queue = l.queue, page[:0]
		l.wake()
		l.mu.Unlock()
		err := writePieces(l.w, page, &bound)
		l.mu.Lock()
		if err != nil {
			l.stuck, l.queue = err, nil
			l.wake()
			return
		}
	}
}

// Flush implements http.Flusher: what is written goes out by itself.
func (l *leading) Flush() {
	l.mu.Lock()
	fed := l.fed
	l.mu.Unlock()
	if f, ok := l.w.(http.Flusher); ok && fed == nil {
		f.Flush()
	}
}

// SetWriteDeadline bounds nothing: the feeder bounds its own writes.
func (l *leading) SetWriteDeadline(time.Time) error { return nil }

// SetReadDeadline bounds reading from the caller; for http.ResponseController.
func (l *leading) SetReadDeadline(at time.Time) error {
	return http.NewResponseController(l.w).SetReadDeadline(at)
}

// Unwrap gives http.ResponseController the connection's own writer.
func (l *leading) Unwrap() http.ResponseWriter { return l.w }

// writePieces writes in pieces, each of which a slow caller has time for.
func writePieces(w http.ResponseWriter, p []byte, bound *writeBound) error {
	for len(p) > 0 {
		n := min(len(p), shortQueue)
		bound.move()
		if err := writeNow(w, p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}
