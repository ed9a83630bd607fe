package proxy

import (
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// recording is the answer of one attempt while it comes.
type recording struct {
	head   *cache.Answer
	body   []byte // unless a flight has it
	marks  []cache.Mark
	began  time.Time
	length int64 // of the body; -1 = not known beforehand
	got    int64
	most   int64
	whole  bool          // all of it is there
	shown  *cache.Flight // others read it
	leads  *leading      // whose caller is one of them
	over   bool          // it is not kept: too large, or nobody wants it
	done   bool
	keyed  bool // key is that of the request, whose body is gone
	key    cache.Key
	keyErr error
}

// maxShared bounds an answer that others follow though it is too large to be kept.
const maxShared = 64 << 20

// maxMarks bounds what is kept of a stream's pace.
const maxMarks = 20_000

// answerRecorded relays a vendor's answer, and keeps it if it is worth that.
func (x *exchange) answerRecorded(resp *upstream.Response) error {
	if err := x.completeList(resp); err != nil {
		return err
	}
	x.recordAnswer(resp)
	if err := x.answer(resp); err != nil {
		x.rec = nil
		return err
	}
	if x.rec != nil {
		x.rec.whole = true
		x.keepAnswered()
	}
	return nil
}

// recordAnswer begins to keep what a vendor answers.
func (x *exchange) recordAnswer(resp *upstream.Response) {
	c := x.caching
	x.rec = nil
	if !x.keepsAnswer(resp) {
		return
	}
	x.rec = &recording{length: resp.ContentLength, most: c.policy.MaxEntry, began: time.Now(), head: x.answerHead(resp)}
	if c.list.many() {
		x.rec.most = maxTranslated // each result is kept by itself
	}
	if x.rec.head.Stream && x.rec.head.Encoding != "" {
		x.rec = nil // which could not be given in another form
		return
	}
	if n := resp.ContentLength; n > 0 && n <= min(x.rec.most, c.policy.MaxEntry) {
		x.rec.body = make([]byte, 0, n)
	}
	resp.Tee = x.rec.tee
}

// keepsAnswer reports whether what a vendor answers may be kept.
func (x *exchange) keepsAnswer(resp *upstream.Response) bool {
	if resp.UntilClose && !x.answersJSON() {
		return false // nobody can tell whether it is whole
	}
	return x.caching != nil && x.caching.keeps && resp.Status == 200 && !resp.Header.Has("Set-Cookie")
}

// answerHead says all that is known of an answer before it was read.
func (x *exchange) answerHead(resp *upstream.Response) *cache.Answer {
	return &cache.Answer{
		ContentType: resp.Header.Get("Content-Type"), Encoding: resp.Header.Get("Content-Encoding"), Stream: x.framer(resp) != nil,
		About: cache.About{
			Gateway: x.gw.Name, Workspace: x.who.Workspace, KeyID: x.who.KeyID(), Route: x.way.Route, Operation: string(x.ep.Op),
			Stored: x.began, CallerDialect: string(x.dialect.Name), Dialect: string(x.spoken.Name), RequestID: x.id, Tags: x.caching.tags, Purged: x.caching.purged,
			Provider: x.target.Provider.Name, Model: x.target.Model, Region: x.target.Provider.RegionOf(bareModel(x.target.Model)),
		},
	}
}

// tee takes what was read of the vendor's answer.
func (r *recording) tee(p []byte, end bool) {
	if r.over || r.done {
		return
	}
	r.got += int64(len(p))
	if r.head.Stream && len(p) > 0 && len(r.marks) < maxMarks {
		r.marks = append(r.marks, cache.Mark{Bytes: int32(len(p)), After: int32(time.Since(r.began).Milliseconds())})
	}
	r.whole = end || r.length >= 0 && r.got == r.length
	switch {
	case r.shown != nil:
		r.shown.Append(p)
	case r.got <= r.most:
		r.body = append(r.body, p...)
	}
	if r.got > r.most {
		r.outgrow()
	}
}

// outgrow gives up what is too large to be kept, unless others read it.
func (r *recording) outgrow() {
	if r.shown != nil && r.leads.others() && r.got <= maxShared {
		return
	}
	r.over, r.body, r.marks = true, nil, nil
	if r.shown != nil {
		r.shown.End(cache.ErrCut)
	}
}

// publish lets others read the answer: it is as good as can be told before it is sent on.
// What is all there is kept at once, before a caller who is slow.
func (x *exchange) publish() {
	r, c := x.rec, x.caching
	if r == nil || r.over || x.status != 200 {
		return
	}
	if lane, ok := x.w.(*runner); ok && !lane.won() {
		x.rec = nil
		return
	}
	if c.flight != nil && r.got <= r.most && !x.lowered() {
		c.flight.Publish(r.head, r.body)
		r.shown, r.leads, r.body = c.flight, c.leads, nil
	}
	if r.whole && !r.head.Stream {
		x.keepAnswered()
	}
}

// keepAnswered keeps a complete answer, once, and tells those who follow that it is
// complete: who asks next finds it.
func (x *exchange) keepAnswered() {
	r := x.rec
	if r == nil || r.done || r.over || !r.whole {
		return
	}
	r.done = true
	body := r.body
	if r.shown != nil {
		body = r.shown.Body()
		x.bill()
		r.shown.Pay(x.cost, time.Since(x.began))
		defer r.shown.End(nil)
	}
	if r.got <= r.most && x.worthKeeping() {
		x.bill()
		x.put(body)
	}
}

// put keeps what was recorded, unless a purge has named it meanwhile.
func (x *exchange) put(body []byte) {
	r, c := x.rec, x.caching
	if c.list.many() {
		x.putItems(body)
		return
	}
	a := *r.head
	a.Body, a.Marks, a.Cost, a.Told = body, r.marks, x.cost, new(cache.Told)
	if !r.keyed {
		r.key, r.keyErr = x.keyOf(c, &x.target)
		r.keyed = true
	}
	if key := r.key; r.keyErr == nil && x.keepUnder(key, &a) && c.sense != nil && key == c.key { // what another target answered means nothing for the first one
		c.sense.keep(x, key, &a)
	}
}

// keepUnder keeps an answer, unless a purge has named it meanwhile.
func (x *exchange) keepUnder(key cache.Key, a *cache.Answer) bool {
	c := x.caching
	a.TTL = c.ttl
	a.Keep = c.ttl + max(c.policy.Refresh, c.policy.IfError, keepPast)
	a.Stored, a.Took = time.Now(), time.Since(x.began)
	if x.p.cache.Purged(&a.About, key) { // also one that came while the vendor answered
		return false
	}
	x.p.cache.Put(key, a)
	return true
}

// worthKeeping reports whether an answer says what the vendor would say again: it did not
// fail, and nothing but the request has cut it short.
func (x *exchange) worthKeeping() bool {
	if x.report != nil && (x.report.Fault != nil || x.report.FinishReason == "error") {
		return false
	}
	return x.held == nil || x.held.most.send == 0 || !cutShort(x.report)
}

// cutShort reports an answer that ended where it had to, in any vendor's words.
func cutShort(r *dialect.Report) bool {
	if r == nil {
		return true
	}
	why := strings.ToLower(r.FinishReason)
	return why == "" || strings.Contains(why, "length") || strings.Contains(why, "max") || strings.Contains(why, "incomplete")
}

// lowered reports whether the answer is shorter than the request allows, for want of money:
// it is this call's alone.
func (x *exchange) lowered() bool { return x.held != nil && x.held.fitted > 0 }

// lead makes the call the one that brings the answer to all who ask the same meanwhile. It
// goes on while one of them waits, whoever leaves.
func (x *exchange) lead(f *cache.Flight) {
	c := x.caching
	c.flight = f
	c.leads = newLeading(x, f)
	x.w = c.leads
	x.r = x.r.WithContext(c.leads.ctx)
}

// endCaching ends what the call leads, and lets the caller have the rest of its answer.
func (x *exchange) endCaching() {
	c := x.caching
	if c == nil || c.leads == nil {
		return
	}
	why := error(cache.ErrNoAnswer)
	if x.failed != nil {
		why = x.failed
	} else if x.abort {
		why = cache.ErrCut
	}
	c.flight.End(why)
	x.w, x.r = c.leads.w, c.leads.call
	c.leads.end()
}
