package proxy

import (
	"context"
	"maps"
	"net/http"
	"sync/atomic"
)

// race lets one of several answer: the first that writes a head.
type race struct {
	w       http.ResponseWriter
	commits *commitment // sends the head while nobody has won; nil = nothing does
	decided func()      // is called once somebody has won
	runners []*runner
	winner  atomic.Pointer[runner]
}

// enter gives one more runner and the context that ends when it has lost. All enter
// before the first one runs.
func (r *race) enter(ctx context.Context) (context.Context, *runner) {
	ctx, cancel := context.WithCancelCause(ctx)
	one := &runner{race: r, cancel: cancel, header: http.Header{}}
	r.runners = append(r.runners, one)
	return ctx, one
}

// end frees what the contexts hold.
func (r *race) end() {
	for _, one := range r.runners {
		one.cancel(nil)
	}
}

// runner is the answer as one of them writes it; it reaches the caller if it wins.
type runner struct {
	race   *race
	cancel context.CancelCauseFunc
	header http.Header
}

func (r *runner) won() bool { return r.race.winner.Load() == r }

// Header implements http.ResponseWriter.
func (r *runner) Header() http.Header {
	if r.won() {
		return r.race.w.Header()
	}
	return r.header
}

// WriteHeader implements http.ResponseWriter.
func (r *runner) WriteHeader(status int) {
	if !r.race.winner.CompareAndSwap(nil, r) {
		return
	}
	for _, other := range r.race.runners {
		if other != r {
			other.cancel(errLost)
		}
	}
	r.race.decided()
	if h := r.race.w.Header(); !r.race.commits.end() {
		maps.Copy(h, r.header)
		r.race.w.WriteHeader(status)
	} else {
		tellBehind(h, r.header)
	}
}

// tellBehind says behind a stream, whose head is out, what that could not yet say.
func tellBehind(h, late http.Header) {
	for _, name := range []string{"Sluice-Provider", "Sluice-Model", "Sluice-Attempts", "Sluice-Dropped-Params"} {
		if v := late[name]; v != nil {
			h[http.TrailerPrefix+name] = v
		}
	}
}

// Write implements http.ResponseWriter.
func (r *runner) Write(p []byte) (int, error) {
	if !r.won() {
		return 0, errLost
	}
	return r.race.w.Write(p)
}

// Flush implements http.Flusher.
func (r *runner) Flush() {
	if f, ok := r.race.w.(http.Flusher); ok && r.won() {
		f.Flush()
	}
}

// Unwrap gives http.ResponseController the connection's own writer.
func (r *runner) Unwrap() http.ResponseWriter { return r.race.w }
