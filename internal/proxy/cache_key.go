package proxy

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachekey"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/route"
)

// cacheFacts gives what calls must have in common beside their bodies to share an answer:
// everything else that reaches the vendor at a target, and who may see it. The target is
// the first.
func (x *exchange) cacheFacts(c *caching, to []string, t *route.Target) []string {
	facts := append(to,
		targetFact(t), x.gw.Name, string(x.ep.Op), string(x.dialect.Name), x.pathFact(), x.native,
		x.wantedCredential(), x.overrideFact(t), strconv.FormatInt(x.keysCeiling(), 10),
	)
	facts = x.scopeFacts(facts, c.policy.Scope)
	if !x.recasts() {
		facts = append(facts, strconv.FormatBool(x.stream))
	}
	for _, by := range c.policy.Vary {
		facts = append(facts, by, x.knows().stick(by))
	}
	facts = append(facts, x.queryFacts()...)
	return append(facts, x.headerFacts(t)...)
}

// pathFact names the endpoint, without a verb that only says whether the answer is a stream.
func (x *exchange) pathFact() string {
	if x.recasts() && x.ep.Model == dialect.InPath {
		pattern, _, _ := strings.Cut(x.ep.Pattern, "{model}")
		return x.ep.Method + pattern
	}
	return x.ep.fact
}

// targetFact names a target: the same name may come to stand for another host.
func targetFact(t *route.Target) string {
	return t.Provider.Name + "/" + bareModel(t.Model) + " " + t.Provider.BaseURL
}

// scopeFacts adds among whom the answer is shared.
func (x *exchange) scopeFacts(to []string, scope string) []string {
	own := ""
	if x.gw.CallerCredentials { // an answer that somebody's own account paid for stays theirs
		if key := x.presented(); key != "" {
			sum := sha256.Sum256([]byte(key))
			own = string(sum[:])
		}
	}
	switch scope {
	case gateway.ScopeGateway:
		return append(to, scope, own)
	case gateway.ScopeKey:
		return append(to, scope, own, x.who.Workspace, x.who.KeyID(), x.tokenUser())
	case gateway.ScopeUser:
		return append(to, scope, own, x.who.Workspace, x.knows().user())
	}
	return append(to, gateway.ScopeWorkspace, own, x.who.Workspace)
}

// recasts reports whether an answer of the one form, a stream or a whole, can be given in
// the other.
func (x *exchange) recasts() bool {
	return x.ep.Op == llm.OpChat && x.dialect.Codec != nil && !x.ep.Own && x.native == ""
}

func (x *exchange) overrideFact(t *route.Target) string {
	o, most := x.way.OverrideAt(t), x.way.CeilingAt(t)
	if o == nil && most == 0 {
		return ""
	}
	b, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	return string(b) + strconv.FormatInt(most, 10)
}

// keysCeiling is the maximum that the caller's key puts into requests.
func (x *exchange) keysCeiling() int64 {
	if k := x.who.Key; k != nil {
		return k.MaxOutput
	}
	return 0
}

// queryFacts gives the query but for credentials and the form of a stream.
func (x *exchange) queryFacts() (out []string) {
	if x.r.URL.RawQuery == "" {
		return nil
	}
	q, err := url.ParseQuery(x.r.URL.RawQuery)
	if err != nil {
		return []string{x.r.URL.RawQuery}
	}
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if name != "key" && (name != "alt" || !x.recasts()) {
			for _, v := range q[name] {
				out = append(out, "?"+name, v)
			}
		}
	}
	return out
}

// headerFacts gives the header fields of the caller's that a vendor answers by: versions
// and betas of its API.
func (x *exchange) headerFacts(t *route.Target) (out []string) {
	for name := range x.r.Header {
		if x.answersBy(name) && x.headerReaches(name, t) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	for i, name := range out {
		out[i] = name + ": " + strings.Join(x.r.Header[name], "\x00")
	}
	return out
}

// answersBy reports a field of a request's header that may change what is answered.
func (x *exchange) answersBy(name string) bool {
	var room [64]byte
	low := appendLower(room[:0], name)
	switch string(low) {
	case "accept":
		return !x.recasts()
	case "content-type", "content-length", "user-agent", "accept-encoding", "connection", "traceparent", "tracestate", "baggage",
		"idempotency-key", "x-request-id", "x-client-request-id", "x-stainless-retry-count", "x-goog-api-client", "x-amzn-trace-id", "x-amz-date", "amz-sdk-invocation-id", "amz-sdk-request":
		return false
	}
	return !bytes.HasPrefix(low, []byte("x-stainless-")) && !bytes.HasPrefix(low, []byte("sluice-"))
}

// appendLower appends a field's name in small letters.
func appendLower(to []byte, name string) []byte {
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	return to
}

// headerReaches reports whether a field goes to a target.
func (x *exchange) headerReaches(name string, t *route.Target) bool {
	lane, spoken := x.lane, x.spoken
	x.lane = x.view.lanes[t.Provider.Name]
	target := x.target
	x.target = *t
	x.spoken = x.speak(x.lane)
	reaches := x.spoken != nil && x.passes(name)
	x.lane, x.spoken, x.target = lane, spoken, target
	return reaches
}

// cacheKey makes the key of the call.
func (x *exchange) cacheKey(c *caching) (cache.Key, error) {
	return x.keyBy(c, c.facts)
}

// keyBy makes the key of the call at a target that the facts tell.
func (x *exchange) keyBy(c *caching, facts []string) (cache.Key, error) {
	if c.list == nil || c.list.many() {
		r := x.keyRequest(facts)
		return c.policy.keys.Key(&r)
	}
	keys, err := x.itemKeys(c, facts, []int{0})
	return keys[0], err
}

// keyOf makes the key of the same request at the target that has answered.
func (x *exchange) keyOf(c *caching, t *route.Target) (cache.Key, error) {
	facts := x.factsOf(c, t)
	if facts == nil {
		return c.key, nil
	}
	return x.keyBy(c, facts)
}

// factsOf gives the facts at the target that has answered; nil when they are those of the
// key. The way to it, and so what it was asked beside the caller's words, may be another.
func (x *exchange) factsOf(c *caching, t *route.Target) []string {
	if targetFact(t) == c.facts[0] && x.rerouted == "" {
		return nil
	}
	return x.cacheFacts(c, nil, t)
}

// Members that say how an answer is delivered, or what the target says. They are not
// written to.
var (
	deliveries = []string{"model", "stream", "stream_options"}
	modelAlone = deliveries[:1:1]
)

func (x *exchange) keyRequest(facts []string) cachekey.Request {
	r := cachekey.Request{Facts: facts, Kind: cachekey.JSON, Body: x.body.bytes(), Name: x.ctl.cache.key, Ignore: modelAlone}
	if x.recasts() {
		r.Ignore = deliveries
	}
	if x.ep.Body == dialect.Multipart {
		r.Kind, r.ContentType = cachekey.Multipart, x.r.Header.Get("Content-Type")
	}
	return r
}
