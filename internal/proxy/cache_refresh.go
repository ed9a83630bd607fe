package proxy

import (
	"context"
	"net/http"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// maxRefreshes bounds the answers that are brought anew at once, beside calls.
const maxRefreshes = 64

// refreshes counts them.
type refreshes struct{ running atomic.Int64 }

// refresh brings a kept answer anew, beside the call: a call of its own with an entry of
// its own, whose metadata says refresh_of. One at a time does for one answer.
func (x *exchange) refresh() {
	if x.p.refreshes.running.Add(1) > maxRefreshes {
		x.p.refreshes.running.Add(-1)
		return
	}
	f, lead := x.p.flights.Join(x.caching.key)
	if !lead {
		f.Leave()
		x.p.refreshes.running.Add(-1)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(x.r.Context()), x.plan[0].Provider.Timeouts.Total)
	y := x.twin(ctx, &discarded{header: http.Header{}}, x.plan)
	y.body.part = slices.Clone(y.body.part)
	y.r.Header = x.r.Header.Clone() // the server may use the request's again
	y.way = x.way
	y.way.Shadow, y.way.Hedge, y.way.ContinueOn = nil, nil, nil
	y.began = time.Now()
	y.id = x.p.ids.next(y.began)
	y.ctl.metadata = withMember(x.ctl.metadata, "refresh_of", x.id)
	y.admitted = true
	c := *x.caching
	c.word, c.served, c.spare, c.serves, c.leads, c.age = cacheMiss, nil, nil, false, nil, llm.Count{}
	c.list = c.list.outliving(y.body.part)
	y.caching = &c
	y.lead(f)
	p := x.p
	p.inFlight.Add(1)
	go func() { // bounded by the provider's total time; Wait waits for it
		defer cancel()
		defer p.refreshes.running.Add(-1)
		y.serveRefresh()
	}()
}

func (x *exchange) serveRefresh() {
	defer x.finish()
	defer func() {
		if v := recover(); v != nil {
			x.p.log.Error("panic while an answer was brought anew", "request_id", x.id, "panic", v, "stack", string(debug.Stack()))
		}
		x.abort = false // there is no connection to end
	}()
	err := x.prepareHold()
	if err == nil {
		err = x.holdRoute()
	}
	if err == nil {
		err = x.askVendor()
	}
	if err != nil {
		x.fail(err)
	}
}
