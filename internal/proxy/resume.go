package proxy

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/membuf"
	"github.com/sluice-gateway/sluice/internal/resume"
)

// taped is the answer to a caller who wants to be able to resume its stream. Once its
// head says that it is one, all of it goes onto a tape, which never waits, and one
// goroutine copies the tape to the caller: a caller who is slow, or leaves, holds nobody
// up. Any other answer goes to the caller as ever.
//
// It is used by one goroutine at a time.
type taped struct {
	p     *Proxy
	w     http.ResponseWriter
	call  *http.Request // as it came
	id    string
	owner string

	ctx  context.Context // of the call: it outlives the caller once a tape runs
	done []func()        // frees it

	tape    *resume.Tape // nil unless one runs
	lasting atomic.Bool  // likewise, for the end of the caller's context
	trailer http.Header
	fed     chan struct{} // closed when the caller has all, or has left
}

// beginTape makes the call's answer one that can be resumed, if the caller asks for it.
// A call of several steps has one.
func (x *exchange) beginTape() {
	if !x.ctl.resume || !x.stream || x.shadow {
		return
	}
	if x.taped == nil {
		x.taped = newTaped(x)
		x.w = x.taped
	}
	x.r = x.r.WithContext(x.taped.ctx)
}

func newTaped(x *exchange) *taped {
	t := &taped{p: x.p, w: x.w, call: x.r, id: x.id, owner: x.tapeOwner()}
	caller := x.r.Context()
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(caller))
	t.ctx = ctx
	left := context.AfterFunc(caller, func() {
		if !t.lasting.Load() || t.p.ending.Load() {
			cancel(context.Cause(caller))
		}
	})
	ended := context.AfterFunc(x.p.life, func() { cancel(ErrShutdown) })
	t.done = []func(){func() { left() }, func() { ended() }, func() { cancel(nil) }}
	return t
}

// tapeOwner says who may have the rest of a stream: the same key of the same workspace,
// its rotations among them; without a key, the same user; at the same gateway.
func (x *exchange) tapeOwner() string {
	user := ""
	if x.who.Key == nil {
		user = x.who.User
	}
	return strings.Join([]string{x.who.Workspace, x.who.KeyID(), user, x.gw.Name}, "\x00")
}

// endTape ends the tape and lets the caller have the rest of it.
func (x *exchange) endTape() {
	t := x.taped
	if t == nil {
		return
	}
	x.taped, x.w = nil, t.w
	if t.tape != nil {
		cut := x.abort || x.failed != nil && x.failed.Kind == fault.Gone
		t.tape.End(trailerFields(t.trailer), cut)
		t.leaveTape()
	}
	for _, f := range t.done {
		f()
	}
}

// trailerFields gives the fields of a header that are trailers, by their own names.
func trailerFields(h http.Header) (out [][2]string) {
	for name, values := range h {
		if name, ok := strings.CutPrefix(name, http.TrailerPrefix); ok && len(values) > 0 {
			out = append(out, [2]string{name, values[0]})
		}
	}
	return out
}

// leaveTape waits for what is fed to the caller, and returns to it. The tape is given up
// or has ended.
func (t *taped) leaveTape() {
	<-t.fed
	t.tape.Release()
	h := t.w.Header()
	for name, values := range t.trailer {
		h[name] = values
	}
	t.tape, t.trailer = nil, nil
}

// Header implements http.ResponseWriter.
func (t *taped) Header() http.Header {
	if t.tape != nil {
		return t.trailer
	}
	return t.w.Header()
}

// WriteHeader implements http.ResponseWriter.
func (t *taped) WriteHeader(status int) {
	if h := t.w.Header(); t.tape == nil && t.fed == nil && status == http.StatusOK && resumable(h) && t.call.Context().Err() == nil {
		t.open(h)
		return
	}
	t.w.WriteHeader(status)
}

// open begins the tape, if there is room for it.
func (t *taped) open(h http.Header) {
	t.tape = t.p.tapes.Open(t.id, resume.About{Owner: t.owner, Head: tapeHead(h)})
	if t.tape == nil {
		t.w.WriteHeader(http.StatusOK)
		return
	}
	h["Sluice-Resume"] = []string{"on"}
	t.tape.Use()
	t.lasting.Store(true)
	t.trailer, t.fed = http.Header{}, make(chan struct{})
	t.w.WriteHeader(http.StatusOK)
	go t.feed(t.tape) // leaveTape waits for it
}

// resumable reports whether a head begins a stream whose events can be counted.
func resumable(h http.Header) bool {
	if enc := h.Get("Content-Encoding"); enc != "" && enc != "identity" || h.Get("Content-Length") != "" {
		return false
	}
	return framerOf(h.Get("Content-Type")) != nil
}

// framerOf gives what cuts a stream that was sent into its events, nil when it is none.
func framerOf(contentType string) dialect.Framer {
	switch kind, _, _ := strings.Cut(contentType, ";"); strings.TrimSpace(kind) {
	case "text/event-stream":
		return dialect.NewSSE(nil)
	case dialect.EventStreamType:
		return dialect.NewEventStream(nil)
	case dialect.JSONLinesType, "application/jsonl", "application/json-seq":
		return dialect.NewJSONLines(nil)
	}
	return nil
}

// tapeHead gives what of a head holds for the rest of its stream, too.
func tapeHead(h http.Header) (out [][2]string) {
	for _, name := range []string{"Content-Type", "X-Accel-Buffering", "Sluice-Route", "Sluice-Provider", "Sluice-Model", "Sluice-Attempts", "Sluice-Dropped-Params"} {
		if v := h.Get(name); v != "" {
			out = append(out, [2]string{name, v})
		}
	}
	return out
}

// feed copies the tape to the caller until its end, or until the caller leaves.
func (t *taped) feed(tape *resume.Tape) {
	defer close(t.fed)
	page := membuf.Get(32 << 10)
	defer page.Release()
	bound := writeBound{w: t.w, on: t.call.ProtoMajor != 1, idle: t.p.view.Load().Limits.WriteIdle}
	buf := page.Bytes[:cap(page.Bytes)]
	for at := int64(0); ; {
		n, err := tape.ReadAt(t.call.Context(), buf, at)
		if err != nil {
			return
		}
		bound.move()
		if at += int64(n); writeNow(t.w, buf[:n]) != nil {
			return
		}
	}
}

func writeNow(w http.ResponseWriter, p []byte) error {
	if now, ok := w.(interface{ WriteNow([]byte) (int, error) }); ok {
		_, err := now.WriteNow(p)
		return err
	}
	if _, err := w.Write(p); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}

// writeBound bounds how long a stream of an HTTP/2 connection may take nothing, see
// boundWrite.
type writeBound struct {
	w     http.ResponseWriter
	on    bool
	idle  time.Duration
	armed time.Time
}

func (b *writeBound) move() {
	if now := time.Now(); b.on && now.Sub(b.armed) > b.idle/4 {
		b.armed = now
		_ = http.NewResponseController(b.w).SetWriteDeadline(now.Add(b.idle))
	}
}

// Write implements http.ResponseWriter.
func (t *taped) Write(p []byte) (int, error) { return t.WriteNow(p) }

// WriteNow is Write and Flush in one.
func (t *taped) WriteNow(p []byte) (int, error) {
	if t.tape != nil {
		if t.tape.Append(p) == nil {
			return len(p), nil
		}
		t.giveUp()
	}
	if err := writeNow(t.w, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// giveUp goes on as any other stream does: there is no room for more of it. Its caller is
// waited for from now on; where there is none any more, the call ends.
func (t *taped) giveUp() {
	t.lasting.Store(false)
	t.tape.GiveUp()
	t.leaveTape()
	if t.call.Context().Err() != nil {
		t.done[len(t.done)-1]()
	}
}

// Flush implements http.Flusher.
func (t *taped) Flush() {
	if f, ok := t.w.(http.Flusher); ok && t.tape == nil {
		f.Flush()
	}
}

// SetWriteDeadline bounds writes to the caller; for http.ResponseController. Those onto a
// tape need no bound.
func (t *taped) SetWriteDeadline(at time.Time) error {
	if t.tape != nil {
		return nil
	}
	return http.NewResponseController(t.w).SetWriteDeadline(at)
}

// SetReadDeadline bounds reading from the caller; for http.ResponseController.
func (t *taped) SetReadDeadline(at time.Time) error {
	return http.NewResponseController(t.w).SetReadDeadline(at)
}

// Unwrap gives http.ResponseController the connection's own writer.
func (t *taped) Unwrap() http.ResponseWriter { return t.w }
