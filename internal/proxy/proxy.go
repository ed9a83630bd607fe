package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/auth/jwt"
	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/health"
	"github.com/sluice-gateway/sluice/internal/intent"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/recall"
	"github.com/sluice-gateway/sluice/internal/resume"
	"github.com/sluice-gateway/sluice/internal/route"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// Recorder takes finished entries. It must not block.
type Recorder interface {
	Append(e *gateway.Entry)
	// Refuse takes the entry of a refused call; under a flood it may aggregate it.
	Refuse(e *gateway.Entry)
	// Redactor gives a function that takes secrets out of what is kept, these exact
	// values among them.
	Redactor(exact []string) func([]byte) []byte
	// Finder gives a function that tells where such secrets stand in a text.
	Finder(exact []string) func(text []byte, found func(from, to int))
	// Room reports whether new calls can still be recorded.
	Room() bool
}

// Objects remembers which workspace a vendor's id belongs to, and where it lives.
type Objects interface {
	// Find gives an object by its kind and id, nil when none is known.
	Find(kind, id string) (*gateway.Object, error)
	// Own says which of the ids belong to the workspace.
	Own(workspace, kind string, ids []string) (map[string]bool, error)
	// Remember makes objects known at once; they become durable with their entry.
	Remember(objects []gateway.Object)
}

// Observer is told of every finished call, once.
type Observer interface {
	Observe(o *Observation)
	// StreamOpen is told +1 and -1 as streams begin and end.
	StreamOpen(delta int)
}

// Cache keeps answers. It is safe for concurrent use and never blocks for long.
type Cache interface {
	// Get gives the answer that is kept under a key and has not been purged; nil = none is.
	Get(ctx context.Context, key cache.Key) *cache.Answer
	// Peek is Get of what is in this process's memory.
	Peek(key cache.Key) *cache.Answer
	// Put keeps an answer.
	Put(key cache.Key, a *cache.Answer)
	// Purged reports whether such an answer has been named by a purge.
	Purged(about *cache.About, key cache.Key) bool
	// LastPurge gives the number of the last purge that is known, for cache.About.
	LastPurge() int64
	// Missed is told of a key under which nothing was kept, or nothing young enough. loose gives a key that more
	// requests have in common; it is called at once, or not at all; nil = there is none.
	Missed(gateway string, key cache.Key, loose func() cache.Key)
	// Count is told what the cache was to a call. It does not keep what it is given.
	Count(c *cache.Call)
}

// Budgets hears how a budget stands after a call; it must not block.
type Budgets interface{ Note(gateway.Standing) }

// Observation is what metrics need to know about one call.
type Observation struct {
	Entry    *gateway.Entry
	Overhead float64 // seconds
	Latency  float64 // seconds
	First    float64 // seconds to the first byte or token, < 0 = none
	Trace    *Trace  // what its spans say; nil = it makes none
}

// Ready reports whether the process is ready to serve, and why not.
type Ready func() error

// Config is what a Proxy needs. All fields are required.
type Config struct {
	Dialects  []*dialect.Dialect // the first one is for callers who speak none
	Keys      *auth.Keys
	Catalogue *account.Catalogue
	Recorder  Recorder
	Objects   Objects
	Recall    *recall.Memory
	Limits    limit.Engine // counts what the snapshots' rules limit
	Health    health.Watch // how targets stand; nil = nobody watches
	Budgets   Budgets      // hears how budgets stand; nil = nobody does
	Observer  Observer
	Ready     Ready
	Cache     Cache    // keeps answers; nil = none are
	Senses    Senses   // prompts that were answered; nil = nobody knows them
	Feedback  Feedback // nil = none is kept
	Log       *slog.Logger
	SpillDir  string // "" = the system's
}

// Proxy serves the data plane. It is safe for concurrent use once Swap was called.
type Proxy struct {
	router    *router
	dialects  []*dialect.Dialect
	byName    map[dialect.Name]*dialect.Dialect
	fallback  *dialect.Dialect // renders errors of requests that speak none
	keys      *auth.Keys
	catalogue *account.Catalogue
	recorder  Recorder
	objects   Objects
	recall    *recall.Memory
	feedback  Feedback
	observer  Observer
	ready     Ready
	log       *slog.Logger
	spillDir  string
	anonymous *gateway.Principal

	selfEndpoint *endpoint
	restEndpoint *endpoint

	feedbackEndpoint *endpoint
	nativeEndpoint   *endpoint

	realtimeEndpoint  *endpoint
	universalEndpoint *endpoint
	embeddings        *endpoint // nil = the first dialect has none

	view     atomic.Pointer[view]
	ids      ids
	ending   atomic.Bool     // calls that end now end because of the gateway
	life     context.Context // of calls that outlive their callers
	endLife  context.CancelFunc
	tapes    *resume.Store
	inFlight atomic.Int64
	limits   limit.Engine
	full     limit.Full
	queues   limit.Queues
	settling sync.Map // batches that are being settled
	keyRules keyRules
	raises   atomic.Pointer[map[string][]limit.Raise] // of budgets, by rule
	tenancy  atomic.Pointer[tenancy]
	keyring  *jwt.Keyring
	health   health.Watch
	stages   stages
	shadows  shadows
	budgets  Budgets
	memory   memory
	intents  intent.Counts

	cache     Cache
	senses    Senses
	flights   cache.Flights
	refreshes refreshes

	mu      sync.Mutex // guards what follows; Swap only
	clients map[string]client
	tellers map[string]*teller // of intents, by what they go by; Swap and Close only
}

// client is a connection pool with the options that made it, so that a reload which
// changes nothing about a provider keeps its connections.
type client struct {
	options string
	pool    *upstream.Client
}

// New makes a Proxy; it serves nothing until Swap.
func New(c Config) *Proxy {
	p := &Proxy{
		router: newRouter(c.Dialects), keys: c.Keys, catalogue: c.Catalogue, recorder: c.Recorder, objects: c.Objects, recall: c.Recall, limits: c.Limits, budgets: c.Budgets, keyring: jwt.NewKeyring(nil, c.Log),
		observer: c.Observer, ready: c.Ready, log: c.Log, spillDir: c.SpillDir, anonymous: anonymous,
		dialects: c.Dialects, byName: map[dialect.Name]*dialect.Dialect{}, fallback: c.Dialects[0], clients: map[string]client{},
	}
	for _, d := range c.Dialects {
		p.byName[d.Name] = d
	}
	p.selfEndpoint = selfEndpoint(p.fallback)
	p.feedbackEndpoint, p.feedback = feedbackEndpoint(p.fallback), c.Feedback
	p.restEndpoint = restEndpoint(p.fallback)
	p.tapes = resume.New(resume.Options{Dir: c.SpillDir})
	p.life, p.endLife = context.WithCancel(context.Background())
	p.nativeEndpoint = nativeEndpoint(p.fallback)
	p.realtimeEndpoint = realtimeEndpoint(p.fallback)
	p.universalEndpoint = universalEndpoint(p.fallback)
	p.embeddings = embeddingsEndpoint(p.fallback, p.router)
	if p.health = c.Health; p.health == nil {
		p.health = alike{}
	}
	if p.cache = c.Cache; p.cache == nil {
		p.cache = noCache{}
	}
	p.senses = c.Senses
	p.ids.seed()
	return p
}

// Swap makes a snapshot effective for all later requests. On an error nothing changes.
// Requests in flight keep what they began with.
func (p *Proxy) Swap(s *catalog.Snapshot) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, next, err := p.compile(s)
	if err != nil {
		return err
	}
	v.redactWith(p.recorder, credentials(s))
	v.tellers, p.tellers = p.tellersOf(v)
	p.view.Store(v)
	old := p.clients
	p.clients = next
	for name, c := range old {
		if next[name].pool != c.pool {
			c.pool.Close()
		}
	}
	return nil
}

// Check gives the error that Swap would give, and changes nothing.
func (p *Proxy) Check(s *catalog.Snapshot) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, next, err := p.compile(s)
	if err == nil {
		p.discard(next)
	}
	return err
}

// compile makes of a snapshot what can fail. The clients are the caller's, to use or to
// discard.
func (p *Proxy) compile(s *catalog.Snapshot) (v *view, clients map[string]client, err error) {
	v = &view{Snapshot: s, fetchers: fetchers(s), lanes: make(map[string]*lane, len(s.Providers))}
	made := make(map[string]client, len(s.Providers))
	defer func() {
		if err != nil {
			p.discard(made)
		}
	}()
	for name, pr := range s.Providers {
		c, err := p.clientFor(pr)
		if err != nil {
			return nil, nil, fmt.Errorf("provider %s: %w", name, err)
		}
		made[name] = c
		if v.lanes[name], err = p.newLane(pr, c.pool); err != nil {
			return nil, nil, fmt.Errorf("provider %s: %w", name, err)
		}
	}
	if v.routes, err = route.Compile(s.Routes); err != nil {
		return nil, nil, err
	}
	return v, made, errors.Join(v.compileRules(), v.compileIssuers(p.keyring), v.compileCaches())
}

// credentials lists every vendor key in force.
func credentials(s *catalog.Snapshot) []string {
	var keys []string
	for _, pr := range s.Providers {
		for _, c := range pr.Credentials {
			keys = append(keys, c.Secrets()...)
		}
	}
	return keys
}

// discard closes the clients that no swap uses.
func (p *Proxy) discard(next map[string]client) {
	for name, c := range next {
		if p.clients[name].pool != c.pool {
			c.pool.Close()
		}
	}
}

func (p *Proxy) clientFor(pr *provider.Provider) (client, error) {
	o := upstream.Options{BaseURL: pr.BaseURL, ProxyURL: pr.ProxyURL, CAFile: pr.CAFile, HTTP2: pr.HTTP2, Timeouts: pr.Timeouts, Dial: pr.Spec.Dial}
	key := fmt.Sprintf("%p ", pr.Spec) + fmt.Sprint(o.BaseURL, o.ProxyURL, o.CAFile, o.HTTP2, o.Timeouts)
	if old, ok := p.clients[pr.Name]; ok && old.options == key {
		return old, nil
	}
	pool, err := upstream.New(o)
	return client{key, pool}, err
}

// Close closes idle connections to providers.
func (p *Proxy) Close() {
	p.keyring.Close()
	p.endLife()
	p.tapes.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.tellers {
		t.Wait()
	}
	for _, c := range p.clients {
		c.pool.Close()
	}
}

// Wait waits until no call is in flight, at most d.
func (p *Proxy) Wait(d time.Duration) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(d); p.inFlight.Load() > 0 && time.Now().Before(end); {
		<-tick.C
	}
}

// End says that calls whose contexts end from now on are ended by the gateway.
func (p *Proxy) End() {
	p.ending.Store(true)
	p.endLife()
}

// InFlight gives the number of calls being served.
func (p *Proxy) InFlight() int64 { return p.inFlight.Load() }
