package proxy

import (
	"context"
	"net/http"

	"github.com/sluice-gateway/sluice/internal/route"
)

// twin makes an exchange for the same call, to be run beside this one: what the call is
// and who makes it is the same, what becomes of it is its own. Its body is this one's,
// and must outlive it.
func (x *exchange) twin(ctx context.Context, w http.ResponseWriter, plan []route.Target) *exchange {
	y := newExchange()
	y.p, y.w, y.view, y.id, y.began, y.trying = x.p, w, x.view, x.id, x.began, x.trying
	y.r = x.r.WithContext(ctx)
	y.gw, y.ep, y.dialect, y.path, y.native, y.pinned, y.pathModel, y.pathID, y.lenient, y.stream = x.gw, x.ep, x.dialect, x.path, x.native, x.pinned, x.pathModel, x.pathID, x.lenient, x.stream
	y.who, y.ip, y.ctl = x.who, x.ip, x.ctl
	if x.cf != nil {
		cf := *x.cf // the next step changes it
		y.cf = &cf
	}
	y.body, y.ask, y.said = body{part: x.body.bytes()}, x.ask, x.said
	y.bodyDone, y.home = true, x.home
	y.way = route.Plan{Route: x.way.Route, Step: x.way.Step, Override: x.way.Override, MaxOutput: x.way.MaxOutput, Sticky: x.way.Sticky, Timeout: x.way.Timeout}
	if x.caching != nil {
		c := *x.caching // what is written before any attempt stays shared
		y.caching = &c
	}
	y.plan = append(y.scratch.plan[:0], plan...)
	y.keepBodies()
	return y
}

// copies reports whether a twin can be made: the body is at hand, and what the call makes
// is nothing lasting.
func (x *exchange) copies() bool {
	return x.batch == nil && (x.r.ContentLength == 0 || x.body.bytes() != nil) && len(x.ep.Object.Kind) == 0
}
