package proxy

import (
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/health"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/redact"
	"github.com/sluice-gateway/sluice/internal/route"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// exchange is one request from its first line to its entry. It lives on the request's
// goroutine and is seen by no other; doc.go says which step writes what.
type exchange struct {
	p     *Proxy
	w     http.ResponseWriter
	r     *http.Request
	view  *view // read once; a reload in mid-flight changes nothing here
	id    string
	began time.Time

	// accept
	gw        *catalog.Gateway
	ep        *endpoint
	dialect   *dialect.Dialect // the caller's
	path      string           // escaped, without the gateway's prefix
	cf        *cloudflare      // nil unless the path is of Cloudflare's scheme
	native    string           // the path at the provider, for /providers/…; "" otherwise
	pinned    *provider.Provider
	pathModel string
	pathID    string
	lenient   bool // ids that nobody is known to own may pass
	stream    bool // the caller asked for a stream

	// authenticate, controls
	who  *gateway.Principal
	ip   netip.Addr // the caller's; not valid when it cannot be told
	ctl  controls
	anew bool // nothing that is kept is served: a replay

	// read and scan
	body     body
	ask      ask
	bodyLeft *bodyLeft            // of a body that was given back before the call ended; nil = it is there
	said     *dialect.Recollected // nil unless the body names earlier answers that are remembered

	caching  *caching   // nil = the cache has nothing to do with it
	rec      *recording // of the present attempt; nil = it is not kept
	parted   *parted    // nil unless the present answer is put together of what is kept and what is not
	unlike   bool       // what is kept is of another model than what the vendor answers by
	held     *holding   // nil unless some limit may apply
	batch    *batchCall // nil unless the call has to do with a batch that is counted
	rerouted string     // the model or route to which a limit sent the call

	// route and attempts
	told       *told      // of the call, for conditions of routes; nil = nobody asks
	way        route.Plan // what the route says beside the targets
	plan       []route.Target
	holds      bool        // another attempt may follow: nothing of a stream goes out before its first content
	taped      *taped      // what it is answered with, if it can be resumed
	story      *story      // what the caller is told, if another target can go on with it
	commits    *commitment // sends the head of a stream that is held for long; nil = nothing does
	hedged     bool        // a twin runs beside it
	shadow     bool        // its answer is thrown away
	copied     string      // the id of the call of which this is the shadow; "" = none
	span       uint64      // of the present attempt, where its provider is told; 0 = it is not
	committed  bool        // the head went out for a stream of which nothing has come yet
	begunAs    string      // the media type that it named
	passedOver bool        // the target's own limits had no room
	more       bool        // another step follows, of the universal endpoint
	passing    bool        // such a step has failed and gives back what it held
	target     route.Target
	lane       *lane
	spoken     *dialect.Dialect // with the current target's provider
	tr         *translation     // nil unless the request is written anew
	estimated  bool             // the answer's count of tokens is no vendor's
	cred       *provider.Credential
	brought    *provider.Credential // the caller's own, where that is allowed and given
	hide       bool                 // an event exists only because Sluice asked for usage
	home       *gateway.Object
	attempts   []gateway.Attempt
	log        *logBlock
	waited     time.Duration // blocked on upstreams
	lingered   time.Duration // blocked on the caller, who reads slowly
	trying     time.Time     // when the call's attempts began
	phases     phases        // of the gateway's own time
	clock      *time.Timer   // ends an attempt that has not begun to answer; nil = nothing does

	// answer
	wrote      bool // the head went out
	status     int
	report     *dialect.Report
	cost       gateway.Cost // of the present attempt; see callCost
	price      *gateway.Price
	billed     bool // cost and price are worked out
	bills      bills
	firstByte  time.Time
	answerKept capture // as the caller received it
	vendorKept capture // as the vendor sent it, where that differs
	sent       []gateway.Sent
	redacted   redact.Counts // of what was taken out of what is kept
	objects    []gateway.Object
	closeAfter bool // the connection cannot be used again
	admitted   bool // counted as in flight
	writeArmed time.Time
	bodyFrom   time.Time // when the reading of the body began, and what has come since
	bodyGot    int64
	bodyDone   bool                        // nothing more is to be read of the caller's body
	broken     atomic.Pointer[fault.Fault] // why a body that flows through broke off
	flows      bool                        // the body goes through while it comes
	stopped    atomic.Bool                 // the rest of such a body is not wanted
	flowed     atomic.Bool                 // a body that flows through came to its end
	allow      string                      // methods that the path takes, of a 405
	abort      bool                        // the answer cannot be ended properly
	streaming  bool                        // counted as an open stream
	quiet      bool                        // no entry: health checks and browsers' preflights

	scratch scratch

	failed  *fault.Fault
	refused refusal // the last error answer of a vendor, as it came
}

// scratch is memory that every call needs and that nobody keeps.
type scratch struct {
	req    upstream.Request
	resp   upstream.Response
	fields [24]upstream.Field
	parts  [5][]byte
	edits  [2]edit
	text   [192]byte
	most   [64]byte // the maximum of output tokens that is put into the body
	plan   [1]route.Target
	aim    aim
	stands [4]stand
	pass   health.Pass
	ask    route.Ask
	held   *holding // nil until a call has needed one
}

// exchanges are reused: nothing outlives finish but what entry() handed over.
var exchanges = sync.Pool{New: func() any { return new(exchange) }}

func newExchange() *exchange { return exchanges.Get().(*exchange) }

// free clears the exchange for the next call.
func (x *exchange) free() {
	header, trailer, held := x.scratch.resp.Header[:0], x.scratch.resp.Trailer[:0], x.scratch.held
	clear(header[:cap(header)])
	*x = exchange{}
	x.scratch.resp.Header, x.scratch.resp.Trailer, x.scratch.held = header, trailer, held
	exchanges.Put(x)
}

// capture keeps the beginning of a body for the entry.
type capture struct {
	limit       int64 // 0 = keep nothing
	contentType string
	kept        []byte
	size        int64
}

func (c *capture) add(p []byte) {
	c.size += int64(len(p))
	if room := c.limit - int64(len(c.kept)); room > 0 {
		c.kept = append(c.kept, p[:min(room, int64(len(p)))]...)
	}
}

func (c *capture) body() gateway.Body {
	return gateway.Body{ContentType: c.contentType, Bytes: c.kept, Size: c.size, Truncated: c.size > int64(len(c.kept))}
}

// bodies says how much of what is said may be kept: the gateway's policy, lowered by that
// of the key, and by the caller where that is allowed.
func (x *exchange) bodies() catalog.Bodies {
	policy := x.gw.Log.Bodies
	if x.who != nil && x.who.Key != nil && x.who.Key.Log.Bodies != "" {
		own, _ := catalog.ParseBodies(x.who.Key.Log.Bodies) // what is no policy keeps nothing
		policy = min(policy, own)
	}
	if x.ctl.logSet {
		return min(policy, x.ctl.log)
	}
	return policy
}

// bill works out the cost of what the answer reported, once.
func (x *exchange) bill() {
	if x.report == nil || x.lane == nil {
		return
	}
	if x.ask.characters > 0 && !x.report.Usage.InputTokens.Known {
		x.report.Usage.SetUnit(llm.UnitCharacters, float64(x.ask.characters))
	}
	if x.billed {
		return
	}
	x.billed = true
	if x.parted != nil {
		x.report.Usage = x.parted.usage
	}
	x.cost, x.price = x.lane.price(x.p.catalogue, x.target.Model, x.report, x.began)
}

// price prices a report of this lane's provider. The configured price wins over the
// catalogue's; a model known to neither costs an unknown amount.
func (l *lane) price(c *account.Catalogue, model string, r *dialect.Report, at time.Time) (gateway.Cost, *gateway.Price) {
	if l.provider.Spec.Free && l.priced[model] == nil {
		return gateway.Cost{Known: true}, nil
	}
	m, own := l.priced[model]
	if !own {
		m, _ = c.Find(l.catalogue, model)
	}
	return c.Price(m, nil, &r.Usage, at, r.ServiceTier, false)
}
