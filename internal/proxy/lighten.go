package proxy

import (
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/tokens"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// A request's body is needed until content of the answer goes out: until then another
// target may be asked. From then on a stream, or a caller who reads slowly, may last for
// minutes, so the body is given back, and what is still asked of it, for the entry and the
// estimate of an answer that is cut, is found out before.

// lightBody is the size up to which a body stays until its call is over: it is not worth
// the work.
const lightBody = 64 << 10

// roomForBodies is how much bodies may take together before those are weighed whose tokens
// no vendor has told: reading one costs more time than its memory is worth while there is
// plenty.
const roomForBodies = 16 << 20

// bodyLeft is what is left of a body that was given back.
type bodyLeft struct {
	kept  gateway.Body // for the entry
	input int64        // its estimated tokens; 0 where the vendor has told them
}

// lightening is an answer's part in giving the request's body back.
type lightening struct {
	waits bool // it is large, and not given back yet
	told  bool // the vendor has told what went in, or nobody will ask
}

// begin is called when a stream's first content has gone out.
func (l *lightening) begin(x *exchange, told bool) {
	l.waits = len(x.body.whole()) > lightBody && !x.mayNeedBody()
	l.told = told || !x.asksUsage()
}

// beginWhole is called when the head of an answer that is no stream has gone out.
func (l *lightening) beginWhole(x *exchange) {
	l.waits = len(x.body.whole()) > lightBody && !x.keepsBody()
	l.told = x.report != nil && x.report.Usage.InputTokens.Known || !x.asksUsage()
}

// lightenWhole gives the body back before an answer is written that is all there, and
// whose head is out.
func (x *exchange) lightenWhole(resp *upstream.Response) {
	var l lightening
	l.beginWhole(x)
	if l.tryOn(x, resp); x.bodyLeft != nil && x.tr != nil {
		x.tr.call.Request = nil // the answer is written
	}
}

// tryOn gives the body back as soon as that is possible and worth it.
func (l *lightening) tryOn(x *exchange, resp *upstream.Response) {
	if !l.waits || !resp.Sent() {
		return
	}
	input := int64(0)
	switch {
	case l.told:
	case x.body.mapped != nil || x.p.memory.held.Load() > roomForBodies:
		input = tokens.Input(x.words(), x.target.Model)
	default:
		return
	}
	l.waits = false
	x.lighten(input)
}

// mayNeedBody reports whether something behind the first content may read the body: a
// target that goes on with a stream, or the memory of what was said.
func (x *exchange) mayNeedBody() bool {
	if x.narrates() || x.keepsBody() {
		return true
	}
	r := x.dialect.Recollection
	return r != nil && x.translated() && r.Keeps(x.body.bytes())
}

// keepsBody reports whether the body has another reader than the answer: the end of a
// batch's call, the things of a list that are still to be kept, or the one who has won a race.
func (x *exchange) keepsBody() bool {
	if lane, ok := x.w.(*runner); ok && !lane.won() {
		return true
	}
	return x.batch != nil || x.rec != nil && !x.rec.done && x.caching.list.many()
}

// lighten gives back the body and what the request was written to.
func (x *exchange) lighten(input int64) {
	if r := x.rec; r != nil && !r.done && !r.over && !r.keyed {
		r.key, r.keyErr = x.keyOf(x.caching, &x.target)
		r.keyed = true
	}
	if tr := x.tr; tr != nil {
		tr.room.Release()
		tr.room, tr.asked, tr.request, tr.written.Body = nil, nil, nil, nil
		tr.task, tr.order.Body, tr.opCall.Task = nil, nil, nil
	}
	x.scratch.req.Body = nil
	clear(x.scratch.parts[:])
	x.said = nil
	x.giveBody()
	x.bodyLeft.input = input
}

// giveBody gives the body back and keeps what the entry has of it.
func (x *exchange) giveBody() {
	if x.bodyLeft != nil {
		return
	}
	left := &bodyLeft{}
	if x.answerKept.limit > 0 {
		left.kept = x.keptRequest()
	}
	x.bodyLeft = left
	x.releaseBody()
	x.ask = ask{model: x.ask.model, user: x.ask.user, characters: x.ask.characters} // spans of nothing
}

// detachCall lets a translated answer be written without the body, if that may be given
// back meanwhile.
func (x *exchange) detachCall() {
	if len(x.body.whole()) > lightBody && !x.mayNeedBody() {
		x.tr.call.Request = x.tr.call.Request.Terms()
	}
}
