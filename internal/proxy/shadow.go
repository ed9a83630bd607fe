package proxy

import (
	"context"
	"net/http"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/route"
)

// maxShadows bounds the shadows in flight; what would be one more is left out.
const maxShadows = 64

// maxShadowBody is the largest body that is copied for a shadow.
const maxShadowBody = 1 << 20

// shadows counts the shadows in flight.
type shadows struct{ running atomic.Int64 }

// castShadows sends copies of the call to the targets that its route names. They delay
// nothing: each runs by itself, its answer is thrown away, and what became of it is an
// entry of its own whose metadata says shadow_of.
func (x *exchange) castShadows() {
	if len(x.way.Shadow) == 0 || !x.copies() || len(x.body.bytes()) > maxShadowBody {
		return
	}
	for _, t := range x.way.Shadow {
		if x.p.shadows.running.Add(1) > maxShadows {
			x.p.shadows.running.Add(-1)
			return
		}
		x.castShadow(t)
	}
}

func (x *exchange) castShadow(t route.Target) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(x.r.Context()), t.Provider.Timeouts.Total)
	y := x.twin(ctx, &discarded{header: http.Header{}}, []route.Target{t})
	y.body.part = slices.Clone(y.body.part)
	y.r.Header = x.r.Header.Clone() // the server may use the request's again
	y.began, y.trying = time.Now(), time.Time{}
	y.id, y.shadow, y.copied = x.p.ids.next(y.began), true, x.id
	y.caching = nil // its answer is nobody's, and the flight is the call's
	y.ctl.metadata = withMember(x.ctl.metadata, "shadow_of", x.id)
	y.admitted = true
	p := x.p // the call may be over, and its exchange another's, before the shadow is
	p.inFlight.Add(1)
	go func() {
		defer cancel()
		defer p.shadows.running.Add(-1)
		y.serveShadow()
	}()
}

// serveShadow is the path of a shadow.
func (x *exchange) serveShadow() {
	defer x.finish()
	defer func() {
		if v := recover(); v != nil {
			x.p.log.Error("panic in a shadow", "request_id", x.id, "panic", v, "stack", string(debug.Stack()))
		}
		x.abort = false // there is no connection to end
	}()
	err := x.prepareHold()
	if err == nil {
		err = x.holdRoute()
	}
	if err == nil {
		err = x.reserve(x.r.Context())
	}
	if err == nil {
		err = x.forward()
	}
	if err != nil {
		x.fail(err)
	}
}

// discarded is an answer that nobody reads.
type discarded struct {
	header http.Header
	status int // 0 = none yet
}

// Header implements http.ResponseWriter.
func (d *discarded) Header() http.Header { return d.header }

// Write implements http.ResponseWriter.
func (d *discarded) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (d *discarded) WriteHeader(status int) { d.status = status }

// Flush implements http.Flusher.
func (d *discarded) Flush() {}

// SetWriteDeadline bounds nothing: no write waits.
func (d *discarded) SetWriteDeadline(time.Time) error { return nil }
