package proxy

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachekey"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/expr"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/limit/rules"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/route"
)

// The words of the header sluice-cache and of an entry's member cache.
const (
	cacheHit       = "hit"
	cacheMiss      = "miss"
	cacheStale     = "stale"
	cacheCoalesced = "coalesced"
	cacheSemantic  = "semantic"
	cacheBypass    = "bypass"
	cacheOff       = "off"
)

// keepPast is how long an answer is kept past its time at least, so that it can serve
// where a limit says over: stale.
const keepPast = time.Hour

// caching is what the cache has to do with one call. What stands first is written before
// any attempt and only read then: twins share it.
type caching struct {
	policy *cachePolicy
	key    cache.Key // at the plan's first target
	keyed  bool      // it is known
	name   string    // of the key, as people see it
	facts  []string  // what the key is made of beside the request; the target is the first
	ttl    time.Duration
	tags   []string
	purged int64         // the last purge that was known as the call came
	serves bool          // from what is kept
	keeps  bool          // what the vendor answers
	flight *cache.Flight // which the call leads; nil = none
	sense  *sense        // nil = only equal requests share an answer
	leads  *leading      // the caller, beside others who follow; nil = nobody can
	spare  *cache.Answer // past its time; nil = there is none
	list   *itemized     // what is kept thing by thing; nil = nothing is

	word   string // what came of it
	served *cache.Answer
	alike  cache.Key // of served, where it answers a request that means the same
	age    llm.Count // of the answer that was found, in milliseconds
	stale  bool      // a limit that had no room lets an answer past its time serve

	room  [24]string // of facts
	body  keptBody
	count cache.Call
}

// cachePolicy is a gateway's policy, ready for use.
type cachePolicy struct {
	*gateway.Cache
	keys  *cachekey.Policy
	rules []*expr.Program // of Cache.Rules, in their order
}

// compileCaches makes the gateways' policies ready.
func (v *view) compileCaches() error {
	v.caches = map[string]*cachePolicy{}
	var errs []error
	for name, g := range v.Gateways {
		if g.Cache == nil {
			continue
		}
		keys, err := cachekey.Compile(g.Cache)
		errs = append(errs, err)
		p := &cachePolicy{Cache: g.Cache, keys: keys}
		for i := range g.Cache.Rules {
			when, err := expr.Compile(g.Cache.Rules[i].When, expr.Bool)
			errs = append(errs, err)
			p.rules = append(p.rules, when)
		}
		v.caches[name] = p
	}
	return errors.Join(errs...)
}

// cacheWord says what the cache had to do with the call.
func (x *exchange) cacheWord() string {
	if x.caching == nil || x.caching.word == "" {
		return cacheOff
	}
	return x.caching.word
}

// kept reports whether the answer is no vendor's to this call.
func (x *exchange) isKept() bool { return x.caching != nil && x.caching.served != nil }

// cacheFigures gives what figures of the cache tell calls apart by: the tags of the answer
// that was served or would be kept, and how old the one was that was found.
func (x *exchange) cacheFigures() (tags []string, age llm.Count) {
	c := x.caching
	if c == nil {
		return nil, age
	}
	if a := c.served; a != nil {
		return a.Tags, c.age
	}
	return c.tags, c.age
}

// cacheEntry gives the key under which the cache has the answer that it gave, or has kept
// or would keep the one of this call; "" = there is none, as for answers that are kept
// thing by thing.
func (x *exchange) cacheEntry() string {
	c, r := x.caching, x.rec
	switch {
	case c == nil || !c.keyed || c.list.many():
		return ""
	case c.served != nil && c.word == cacheSemantic:
		return c.alike.String()
	case c.served == nil && r != nil && r.keyed && r.keyErr == nil:
		return r.key.String()
	}
	return c.name
}

// found notes the age of an answer that is there, fresh or not.
func (c *caching) found(a *cache.Answer, now time.Time) time.Duration {
	age := a.Age(now)
	c.age = llm.Known(age.Milliseconds())
	return age
}

// answerOrAsk answers the call from the cache, or from the answer of an equal call that is
// under way, or asks the vendor.
func (x *exchange) answerOrAsk() error {
	if x.view.caches[x.gw.Name] != nil {
		x.looksUp(time.Now())
	}
	defer x.lookedUp() // of calls that fail before
	if err := x.prepareCache(); err != nil {
		return err
	}
	c := x.caching
	if c == nil || c.policy == nil {
		x.phases.open = time.Time{} // it had nothing to do with the call
		if x.ctl.cache.only {
			return notCached()
		}
		return x.askVendor()
	}
	if c.serves {
		serve := x.serveKept
		if c.list.many() {
			serve = x.serveItems
		}
		if done, err := serve(); done {
			return err
		}
		if c.sense != nil && !x.ctl.cache.only {
			if done, err := x.serveAlike(); done {
				return err
			}
		}
	}
	x.lookedUp()
	if x.ctl.cache.only {
		return notCached()
	}
	if done, err := x.share(); done {
		return err
	}
	return x.orSpare(x.askVendor())
}

// askVendor asks the vendor.
func (x *exchange) askVendor() error {
	if err := x.reserve(x.r.Context()); err != nil {
		return err
	}
	err := x.forward()
	if err != nil && x.unlike && !x.wrote {
		return x.forwardAlone() // for the whole list
	}
	return err
}

func notCached() error {
	f := fault.New(fault.NotCached, "The header sluice-cache says only-if-cached, and no answer to this request is kept.")
	f.NoRetry = true
	return f
}

// prepareCache says what the cache may do for the call.
func (x *exchange) prepareCache() error {
	policy := x.view.caches[x.gw.Name]
	if policy == nil || x.shadow || !x.cacheable() {
		return nil
	}
	c := &caching{policy: policy, purged: x.p.cache.LastPurge()}
	if x.caching != nil && x.caching.word == cacheMiss { // a refresh
		c.word = cacheMiss
	}
	x.caching = c
	bypass := x.timeToLive(c)
	switch {
	case bypass || x.ctl.cache.noStore:
		c.word, c.policy = cacheBypass, nil
		return nil
	case c.ttl <= 0, policy.Scope == gateway.ScopeUser && x.knows().user() == "":
		x.caching = nil
		return nil
	}
	c.facts = x.cacheFacts(c, c.room[:0], &x.plan[0])
	x.itemize(c)
	key, err := x.cacheKey(c)
	if err == nil && c.list.many() {
		err = x.tellApart(c)
	}
	if err != nil {
		x.caching = nil // what cannot be read cannot be kept; the vendor shall say so
		return nil
	}
	c.key, c.name, c.keyed, c.keeps, c.serves = key, key.String(), true, true, !x.ctl.cache.noCache && c.word == ""
	if c.word == "" {
		c.word = cacheMiss
	}
	if x.ctl.cache.noCache {
		c.word = cacheBypass
	}
	x.prepareSense(c)
	return nil
}

// cacheable reports whether the answer to a call is a function of its request: nothing
// lasting is made, and the body is at hand.
func (x *exchange) cacheable() bool {
	switch x.ep.Op {
	case llm.OpChat, llm.OpCompletions, llm.OpEmbeddings, llm.OpRerank, llm.OpModerations, llm.OpImages, llm.OpSpeech, llm.OpTranscription:
	default:
		return false
	}
	if x.r.Method != "POST" || x.batch != nil || x.home != nil || x.body.bytes() == nil || len(x.plan) == 0 || x.narrates() {
		return false
	}
	return x.ep.Body == dialect.JSON && !x.lasting() || x.ep.Body == dialect.Multipart
}

// lasting reports a request that changes something at the vendor beside its answer.
func (x *exchange) lasting() bool {
	lasts := false
	_ = jsonscan.Members(x.body.bytes(), func(key, v []byte) bool {
		lasts = slices.ContainsFunc(lastings, func(name string) bool { return jsonscan.KeyIs(key, name) }) && string(v) != "null" && string(v) != "false"
		return !lasts
	})
	return lasts
}

// Members by which a request changes something at the vendor.
var lastings = []string{"background", "conversation", "previous_response_id"}

// timeToLive fills how long an answer lives: as the caller, the first rule that holds, the
// route, the model or the gateway says. It reports what none may serve or keep.
func (x *exchange) timeToLive(c *caching) (bypass bool) {
	c.ttl = c.policy.TTL
	if m := x.plan[0].Provider.Models[bareModel(x.plan[0].Model)]; m.Cache.TTL > 0 || m.Cache.Bypass {
		bypass = m.Cache.Bypass
		c.ttl = max(m.Cache.TTL, 0)
	}
	if r := x.view.Routes[x.way.Route]; r != nil && r.Cache != nil {
		bypass = bypass || r.Cache.Bypass
		if r.Cache.TTL > 0 {
			c.ttl = r.Cache.TTL
		}
	}
	tags := slices.Clone(c.policy.Tags)
	if i := x.cacheRule(c); i >= 0 {
		r := &c.policy.Rules[i]
		bypass = bypass || r.Bypass
		if r.TTL > 0 {
			c.ttl = r.TTL
		}
		tags = append(tags, r.Tags...)
	}
	switch {
	case !x.ctl.cache.aged:
	case x.ctl.cache.maxAge == 0: // nothing that is kept is young enough
		x.ctl.cache.noCache = true
	default:
		c.ttl = x.ctl.cache.maxAge
	}
	for _, t := range tags {
		if t = x.tag(t); t != "" && !slices.Contains(c.tags, t) {
			c.tags = append(c.tags, t)
		}
	}
	return bypass
}

// cacheRule gives the first rule whose condition holds, -1 when none does.
func (x *exchange) cacheRule(c *caching) int {
	if len(c.policy.rules) == 0 {
		return -1
	}
	var a route.Ask
	x.tell(&a)
	v := *a.Vars
	v.Route, v.Provider, v.Model = x.way.Route, x.plan[0].Provider.Name, bareModel(x.plan[0].Model)
	return slices.IndexFunc(c.policy.rules, func(p *expr.Program) bool {
		holds, err := p.Bool(&v)
		return err == nil && holds
	})
}

// tag gives a tag's text: its own, or a value of the call's.
func (x *exchange) tag(t string) string {
	if strings.HasPrefix(t, "metadata.") || strings.HasPrefix(t, "header.") {
		return clip(x.knows().stick(t))
	}
	return t
}

// lookUp gives what is kept, nil when there is nothing.
func (x *exchange) lookUp(key cache.Key) *cache.Answer {
	a := x.p.cache.Get(x.r.Context(), key)
	if a == nil || x.view.Providers[a.Provider] == nil || x.p.byName[dialect.Name(a.Dialect)] == nil || a.Dead(time.Now()) {
		return nil
	}
	return a
}

// serveKept answers from what is kept under the call's key.
func (x *exchange) serveKept() (done bool, err error) {
	c := x.caching
	if a := x.lookUp(c.key); a != nil {
		age := c.found(a, time.Now())
		life := min(a.TTL, c.ttl)
		switch {
		case age < life:
			return x.serveOr(a, cacheHit)
		case age < life+c.policy.Refresh && !x.ctl.cache.aged && !x.ctl.cache.only:
			x.refresh()
			return x.serveOr(a, cacheStale)
		}
		c.spare = a
	}
	x.p.cache.Missed(x.gw.Name, c.key, func() cache.Key { return x.looseKey(c) })
	return false, nil
}

// orSpare gives an answer past its time where the vendor failed, or a limit had no room,
// and that is allowed.
func (x *exchange) orSpare(err error) error {
	c := x.caching
	if err == nil || c.spare == nil || x.wrote || x.r.Context().Err() != nil {
		return err
	}
	past := c.spare.Age(time.Now()) - min(c.spare.TTL, c.ttl)
	f := asFault(err)
	switch {
	case c.stale && (f.Code == fault.RateLimit || f.Code == fault.BudgetExceeded):
	case past < x.ifError() && vendorFailed(f):
	default:
		return err
	}
	x.settleAttempt()
	if c.stale {
		return x.replayKept(c.spare, cacheStale) // the limit has seen the call already
	}
	return x.serveAnswer(c.spare, cacheStale)
}

func (x *exchange) ifError() time.Duration {
	if d := x.ctl.cache.ifError; d >= 0 {
		return d
	}
	return x.caching.policy.IfError
}

// vendorFailed reports a fault that an older answer is better than.
func vendorFailed(f *fault.Fault) bool {
	switch f.Kind {
	case fault.Upstream, fault.Timeout, fault.Connect, fault.RateLimited, fault.Credential:
		return true
	}
	return false
}

// countHit takes what an answer from the cache counts for: rules with count_hits.
func (x *exchange) countHit(ctx context.Context) error {
	h := x.held
	if h == nil || h.call.hold != nil {
		return nil
	}
	x.knowFacts()
	t := x.claimsOfHit()
	if t == nil {
		return nil
	}
	refused, err := x.takeInTurn(ctx, t)
	if err != nil || refused == nil {
		return err
	}
	return x.noRoom(refused, t.Claims[t.verdict.Refused].Window, t.verdict.Retry)
}

// outcomes by their words.
var outcomes = map[string]cache.Outcome{
	cacheMiss: cache.Miss, cacheHit: cache.Hit, cacheStale: cache.Stale, cacheCoalesced: cache.Coalesced, cacheSemantic: cache.SemanticHit, cacheBypass: cache.Bypass,
}

// countCaching counts what the cache was to the call.
func (x *exchange) countCaching() {
	c := x.caching
	if c == nil || c.word == "" || c.word == cacheOff {
		return
	}
	call := &c.count
	*call = cache.Call{Gateway: x.gw.Name, Route: x.way.Route, Workspace: x.who.Workspace, KeyID: x.who.KeyID(), Outcome: outcomes[c.word]}
	if x.lane != nil {
		call.Model = x.lane.provider.Name + "/" + bareModel(x.target.Model)
	}
	if a := c.served; a != nil {
		call.Bytes, call.Took = int64(len(a.Body)), a.Took
	}
	call.Cost = x.savedCost()
	x.p.cache.Count(call)
}

// claimsOfHit gives the claims of rules with count_hits; nil when there are none.
func (x *exchange) claimsOfHit() *taken {
	h := x.held
	h.call.Reset()
	for _, s := range h.rules() {
		err := s.Add(&h.call.Taken, &h.facts, &h.want, rules.Call, func(r *rules.Rule) bool { return !r.CountHits || h.aside[r] })
		if err != nil {
			return nil // a value that cannot be worked out counts nothing of a hit
		}
	}
	if len(h.call.Claims) == 0 {
		return nil
	}
	return &h.call
}

// noCache keeps nothing.
type noCache struct{}

// Get implements Cache.
func (noCache) Get(context.Context, cache.Key) *cache.Answer { return nil }

// Peek implements Cache.
func (noCache) Peek(cache.Key) *cache.Answer { return nil }

// Put implements Cache.
func (noCache) Put(cache.Key, *cache.Answer) {}

// Purged implements Cache.
func (noCache) Purged(*cache.About, cache.Key) bool { return false }

// LastPurge implements Cache.
func (noCache) LastPurge() int64 { return 0 }

// Missed implements Cache.
func (noCache) Missed(string, cache.Key, func() cache.Key) {}

// Count implements Cache.
func (noCache) Count(*cache.Call) {}
