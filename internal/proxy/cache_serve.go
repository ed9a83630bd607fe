package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/route"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// serveOr answers with what is kept. It is not done when that cannot be given again: the
// call then goes on as if nothing were kept.
func (x *exchange) serveOr(a *cache.Answer, word string) (done bool, err error) {
	x.lookedUp()
	if err := x.countHit(x.r.Context()); err != nil {
		return true, err
	}
	err = x.replayKept(a, word)
	if err != nil && !x.wrote && x.r.Context().Err() == nil {
		x.unserve()
		return false, nil
	}
	return true, err
}

// serveAnswer answers with what is kept, come what may.
func (x *exchange) serveAnswer(a *cache.Answer, word string) error {
	x.lookedUp()
	if err := x.countHit(x.r.Context()); err != nil {
		return err
	}
	return x.replayKept(a, word)
}

// replayKept gives a kept answer.
func (x *exchange) replayKept(a *cache.Answer, word string) error {
	x.serveFrom(a, word)
	x.caching.body.rest = a.Body
	from := upstream.Source(&x.caching.body)
	if x.ctl.cache.paced && a.Stream && x.stream && len(a.Marks) > 0 {
		from = &pacedBody{ctx: x.r.Context(), answer: a, began: time.Now()}
	}
	return x.replayed(a, int64(len(a.Body)), from)
}

// serveFrom makes an answer that no vendor gives to this call the call's own: as if its
// target had been asked, for nothing.
func (x *exchange) serveFrom(a *cache.Answer, word string) {
	c := x.caching
	c.served, c.word, x.rec = a, word, nil
	x.target = route.Target{Provider: x.view.Providers[a.Provider], Model: a.Model}
	x.lane, x.spoken, x.cred = x.view.lanes[a.Provider], x.p.byName[dialect.Name(a.Dialect)], nil
	x.lose()
	x.billed, x.cost, x.firstByte, x.refused = true, gateway.Cost{Known: true}, time.Time{}, refusal{}
}

// replayed relays an answer as if a vendor had just given it.
func (x *exchange) replayed(a *cache.Answer, length int64, from upstream.Source) error {
	if err := x.rephrase(a); err != nil {
		return err
	}
	resp := &x.scratch.resp
	resp.Replay(http.StatusOK, length, from)
	resp.Header = append(resp.Header, upstream.Field{Name: "Content-Type", Value: a.ContentType})
	if a.Encoding != "" {
		resp.Header = append(resp.Header, upstream.Field{Name: "Content-Encoding", Value: a.Encoding})
	}
	defer resp.Close()
	err := x.answer(resp)
	x.waited += resp.Waited
	return err
}

// rephrase prepares what is needed to put a kept answer into the caller's words.
func (x *exchange) rephrase(a *cache.Answer) error {
	x.hide = false
	if x.ep.Op != llm.OpChat && x.translated() {
		return x.orderTask()
	}
	if x.translated() || x.recast() {
		return x.translateFor()
	}
	if a.Stream && x.stream && x.dialect.UsageOption != nil && x.ep.Body == dialect.JSON && x.asksUsage() && x.target.Provider.Spec.StreamUsage == provider.UsageOnRequest {
		_, hide, err := x.usageEdit(nil)
		x.hide = hide
		return err
	}
	return nil
}

// translateFor reads the request, as if it were to be written for the target, so that the
// answer can be read.
func (x *exchange) translateFor() error {
	tr, err := x.parsed()
	if err != nil {
		return err
	}
	if tr.request = tr.asked; x.translated() {
		tr.request = dialect.Unmarked(tr.asked)
	}
	tr.request = ordered(tr.request, x.way.OverrideAt(&x.target))
	p := x.target.Provider
	tr.call = dialect.Call{
		ID: x.id, Provider: p.Name, Model: bareModel(x.target.Model), Asked: x.ask.model, Time: x.began, Request: tr.request, Array: x.asksArray(),
	}
	if len(tr.request.Tools) == 0 || !x.translated() {
		return nil
	}
	to := dialect.Target{Provider: p.Name, Model: bareModel(x.target.Model), Stream: x.stream, Facts: x.lane.facts(x.p.catalogue, x.target.Model), Traits: p.Spec.Traits}
	w, err := x.spoken.Codec.FormatRequest(nil, toolsOnly(tr.request), &to)
	if err != nil {
		return err
	}
	tr.call.Names = w.Names
	return nil
}

// toolsOnly gives a request that names the same tools and says nothing else.
func toolsOnly(r *llm.Request) *llm.Request {
	short := *r
	short.Messages = []llm.Message{{Role: llm.User, Parts: []llm.Part{{Kind: llm.Text, Text: llm.Raw(`"."`)}}}}
	return &short
}

// recast reports whether the kept answer has to be given in another form than it has, in
// its own dialect: a stream as a whole, a whole as a stream, or a stream in other frames.
func (x *exchange) recast() bool {
	if !x.isKept() || x.translated() || !x.recasts() {
		return false
	}
	a := x.caching.served
	return a.Stream != x.stream || a.Stream && kindOf(a.ContentType) != kindOf(x.streamType())
}

// kindOf gives a media type without its parameters.
func kindOf(contentType string) string {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.TrimSpace(kind)
}

// share takes part in an equal call that is under way, or leads one.
func (x *exchange) share() (done bool, err error) {
	c := x.caching
	if c.policy.Alone || !c.serves || x.ctl.resume {
		return false, nil
	}
	for range 2 { // behind a second failure everybody asks by itself
		f, lead := x.p.flights.Join(c.key)
		if !lead {
			if done, err = x.follow(f); done {
				return true, err
			}
			continue
		}
		if a := x.p.cache.Peek(c.key); a != nil && a.Age(time.Now()) < min(a.TTL, c.ttl) { // brought since it was looked for
			f.End(cache.ErrNoAnswer)
			f.Leave()
			c.found(a, time.Now())
			return x.serveOr(a, cacheHit)
		}
		x.lead(f)
		return false, nil
	}
	return false, nil
}

// follow answers with what another call's vendor answers, as it comes. It is not done when
// that call brought nothing that this one can use.
func (x *exchange) follow(f *cache.Flight) (done bool, err error) {
	defer f.Leave()
	c, ctx := x.caching, x.r.Context()
	if d := x.budgetOfTime(); d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d, errHasty)
		defer cancel()
	}
	if x.stream && x.ep.Op == llm.OpChat {
		x.commitLater()
	}
	began := time.Now()
	head, err := f.Head(ctx)
	until := time.Now()
	x.waited += until.Sub(began)
	x.phase(gateway.PhaseFlight, began, until)
	switch {
	case ctx.Err() != nil:
		return true, x.endedBy(ctx)
	case err != nil:
		return false, nil
	}
	at := slices.IndexFunc(x.plan, func(t route.Target) bool { return t.Provider.Name == head.Provider && t.Model == head.Model })
	if at < 0 || x.p.byName[dialect.Name(head.Dialect)] == nil || x.p.cache.Purged(&head.About, c.key) {
		return false, nil
	}
	if err := x.countHit(ctx); err != nil {
		return true, err
	}
	x.serveFrom(head, cacheCoalesced)
	x.target, x.holds = x.plan[at], true
	err = x.replayed(head, -1, &followedBody{x: x, ctx: ctx, flight: f})
	if err != nil && (!x.wrote || x.committed) && ctx.Err() == nil && asFault(err).Kind != fault.Gone {
		x.unserve()
		return false, nil
	}
	paid := *head
	paid.Cost, paid.Took = f.Paid()
	paid.Body = f.Body()
	c.served = &paid
	return true, err
}

// unserve goes back to where the call had no answer.
func (x *exchange) unserve() {
	c := x.caching
	if x.held != nil && x.held.call.hold != nil { // what a hit counts for
		passing := x.passing
		x.passing = true
		x.settle(&x.held.call)
		x.passing = passing
	}
	c.served, c.word, x.holds = nil, cacheMiss, false
	x.target, x.lane, x.spoken = route.Target{}, nil, nil
	x.report, x.billed, x.cost, x.firstByte = nil, false, gateway.Cost{}, time.Time{}
	x.answerKept = capture{limit: x.answerKept.limit}
	x.vendorKept = capture{limit: x.vendorKept.limit}
	x.releaseTranslation()
}

// endedBy says why a call's context ended while it waited.
func (x *exchange) endedBy(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), errHasty) {
		return fault.New(fault.UpstreamTimeout, "The time for this call was over before the equal call that it waited for had an answer.")
	}
	return x.whyGone(asFault(gone(context.Cause(ctx))))
}

// keptBody is the body of an answer that is there as a whole.
type keptBody struct{ rest []byte }

// Next implements upstream.Source.
func (b *keptBody) Next() ([]byte, error) {
	if len(b.rest) == 0 {
		return nil, io.EOF
	}
	p := b.rest
	b.rest = nil
	return p, nil
}

// longestPause bounds the time between two parts of a stream that is replayed.
const longestPause = 2 * time.Second

// pacedBody gives the parts of a stream as far apart as they once came.
type pacedBody struct {
	ctx    context.Context
	answer *cache.Answer
	began  time.Time
	part   int
	at     int
	spared time.Duration // pauses that were too long to repeat
}

// Next implements upstream.Source.
func (b *pacedBody) Next() ([]byte, error) {
	if b.part >= len(b.answer.Marks) {
		rest := b.answer.Body[b.at:]
		b.at = len(b.answer.Body)
		if len(rest) == 0 {
			return nil, io.EOF
		}
		return rest, nil
	}
	m := b.answer.Marks[b.part]
	wait := time.Duration(m.After)*time.Millisecond - b.spared - time.Since(b.began)
	if wait > longestPause {
		b.spared += wait - longestPause
		wait = longestPause
	}
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-b.ctx.Done():
			return nil, asFault(gone(context.Cause(b.ctx)))
		}
	}
	b.part++
	p := b.answer.Body[b.at : b.at+int(m.Bytes)]
	b.at += int(m.Bytes)
	return p, nil
}

// followedBody is the body of an answer that another call brings.
type followedBody struct {
	x      *exchange
	ctx    context.Context
	flight *cache.Flight
	at     int
}

// Next implements upstream.Source.
func (b *followedBody) Next() ([]byte, error) {
	p, err := b.flight.Next(b.ctx, b.at)
	switch {
	case err == nil:
		b.at += len(p)
		return p, nil
	case err == io.EOF:
		return nil, io.EOF
	case b.ctx.Err() != nil:
		return nil, b.x.endedBy(b.ctx)
	}
	f := (*fault.Fault)(nil)
	if errors.As(err, &f) && f.Kind != fault.Gone {
		return nil, f
	}
	return nil, fault.New(fault.UpstreamError, "The provider's answer broke off.").With(err)
}

// cacheHead says what the cache had to do with the answer: by its key it can be looked up
// and purged.
func (x *exchange) cacheHead(w *headWriter) {
	w.set("Sluice-Cache", x.cacheWord())
	if c := x.caching; c != nil && c.keyed {
		w.set("Sluice-Cache-Key", c.name)
	}
	if x.isKept() && x.caching.word != cacheCoalesced {
		w.set("Age", strconv.FormatInt(int64(x.caching.served.Age(time.Now())/time.Second), 10))
	}
}
