package limit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"
)

// RedisOptions say how a Redis engine works; the zero value is usable.
type RedisOptions struct {
	Prefix  string        // of all keys; "" = "sluice:limit:"
	Timeout time.Duration // of one round trip; 0 = 250 ms. Slower is away.
	Probe   time.Duration // between two attempts to reach a server that is away, and the Retry of what is denied meanwhile; 0 = 1 s
	// Local decides over claims with gateway.OutageLocal while the server is away. It is
	// not closed. nil: they are denied.
	Local Engine
	Spent Spent // nil: budgets begin with nothing
	// Away is told whenever the server goes and comes back. It must not block or call
	// the engine.
	Away func(away bool)
}

// Redis is the engine of several nodes: counters live in one Redis (5 or newer) or Valkey
// server, and a script there decides, in one round trip and by the server's clock. Keys
// are not laid out for a cluster: it needs one primary. All keys expire. The server
// should not evict keys (maxmemory-policy noeviction): what it drops is counted as free.
//
// While the server is away or slow, each claim is treated by its Outage, without delay.
// What was used meanwhile is told to the server when it is back. Only a settlement whose
// answer was lost, and that is repeated after more than five minutes, may count twice.
//
// Amounts are exact up to 2^53: nine million dollars.
type Redis struct {
	client  redis.UniversalClient
	opts    RedisOptions
	scripts scripts
	circuit circuit
	asking  singleflight.Group // for what the ledger says
	ahead   atomic.Int64       // microseconds by which the server's clock is ahead of ours
	known   knownSpend
	zones   zones
	periods sync.Map // calendar -> *bounds: one a period and zone
}

var _ Engine = (*Redis)(nil)

// NewRedis makes an engine over a client, which stays the caller's: DialRedis gives one
// that keeps deadlines. Close ends the engine.
func NewRedis(client redis.UniversalClient, o RedisOptions) *Redis {
	if o.Prefix == "" {
		o.Prefix = "sluice:limit:"
	}
	if o.Timeout <= 0 {
		o.Timeout = 250 * time.Millisecond
	}
	if o.Probe <= 0 {
		o.Probe = time.Second
	}
	r := &Redis{client: client, opts: o, scripts: newScripts(commonLua)}
	r.circuit.start(r)
	return r
}

// Close ends the engine's goroutine, not its client. Its error tells how many settlements
// never reached the server.
func (r *Redis) Close() error { return r.circuit.close() }

// Err is why the server is away; nil when it is not.
func (r *Redis) Err() error { return r.circuit.err() }

// Reserve implements Engine.
func (r *Redis) Reserve(ctx context.Context, claims []Claim, ttl time.Duration) (Verdict, error) {
	if err := ctx.Err(); err != nil {
		return Verdict{}, err
	}
	if r.circuit.away.Load() {
		return r.reserveAlone(ctx, claims, ttl, r.reserveLocal)
	}
	h := &Hold{ID: newHoldID(), Claims: claims, Granted: make([]int64, len(claims)), Taken: r.now()}
	v, err := r.decide(ctx, &ask{mode: modeReserve, id: h.ID, claims: claims, ttl: ttl}, h)
	if !lost(err) {
		return v, err
	}
	r.circuit.trip(err)
	r.later(h, make([]int64, len(claims))) // it may have been taken all the same
	return r.reserveAlone(ctx, claims, ttl, r.reserveLocal)
}

// Swap implements Engine.
func (r *Redis) Swap(ctx context.Context, old *Hold, used []int64, claims []Claim, ttl time.Duration) (Verdict, error) {
	if old == nil {
		return r.Reserve(ctx, claims, ttl)
	}
	if err := ctx.Err(); err != nil {
		return Verdict{}, err
	}
	if len(used) != len(old.Claims) {
		return Verdict{}, fmt.Errorf("limit: %d amounts to settle a hold of %d claims", len(used), len(old.Claims))
	}
	if r.circuit.away.Load() {
		return r.swapAlone(ctx, old, used, claims, ttl)
	}
	if old.local != nil {
		if err := r.settleAlone(ctx, old, used); err != nil {
			return Verdict{}, err
		}
	}
	s, known := r.settlement(old, used)
	if !known || len(claims) == 0 { // one half of it is nothing
		if err := r.Settle(ctx, old, used); err != nil {
			return Verdict{}, err
		}
		return r.Reserve(ctx, claims, ttl)
	}
	h := &Hold{ID: newHoldID(), Claims: claims, Granted: make([]int64, len(claims)), Taken: r.now()}
	v, err := r.decide(ctx, &ask{mode: modeSwap, id: h.ID, claims: claims, ttl: ttl, old: s}, h)
	if !lost(err) {
		return v, err
	}
	r.circuit.trip(err)
	r.later(h, make([]int64, len(claims))) // it may have been taken all the same
	return r.swapAlone(ctx, old, used, claims, ttl)
}

// Peek implements Engine.
func (r *Redis) Peek(ctx context.Context, claims []Claim) (Verdict, error) {
	if err := ctx.Err(); err != nil {
		return Verdict{}, err
	}
	if r.circuit.away.Load() {
		return r.peekAlone(ctx, claims)
	}
	v, err := r.decide(ctx, &ask{mode: modePeek, claims: claims}, nil)
	if lost(err) {
		r.circuit.trip(err)
		return r.peekAlone(ctx, claims)
	}
	return v, err
}

// Extend implements Engine. Its error is ErrNotOpen for a hold that has expired, is
// settled or was lost by the server.
func (r *Redis) Extend(ctx context.Context, h *Hold, more []int64) (Verdict, error) {
	if err := ctx.Err(); err != nil {
		return Verdict{}, err
	}
	if h.Local || r.circuit.away.Load() {
		return r.extendAlone(ctx, h, more)
	}
	a := &ask{mode: modeExtend, id: h.ID, claims: h.Claims, wants: more}
	v, err := r.decide(ctx, a, h)
	if lost(err) {
		r.circuit.trip(err)
		return r.extendAlone(ctx, h, more)
	}
	return v, err
}

// Settle implements Engine. While the server is away it takes note of what was used and
// tells it later; its only errors are those of ctx, of the local engine, and of a memory
// that is full.
func (r *Redis) Settle(ctx context.Context, h *Hold, used []int64) error {
	var errLocal error
	if h.local != nil {
		errLocal = r.settleAlone(ctx, h, used)
	}
	s, ok := r.settlement(h, used)
	if !ok {
		return errLocal
	}
	if !r.circuit.away.Load() {
		err := r.run(ctx, r.scripts.settle, s.keys, s.args).Err()
		if err == nil {
			return errLocal
		}
		r.circuit.trip(err)
	}
	return errors.Join(errLocal, r.circuit.keep(s))
}

// later notes a settlement for when the server is back; when too many wait, the hold
// expires by itself.
func (r *Redis) later(h *Hold, used []int64) {
	if s, ok := r.settlement(h, used); ok {
		_ = r.circuit.keep(s)
	}
}

// now is the server's time, as far as it is known.
func (r *Redis) now() time.Time {
	return time.Now().Add(time.Duration(r.ahead.Load()) * time.Microsecond)
}

func newHoldID() (id [16]byte) {
	_, _ = rand.Read(id[:]) // never fails: https://pkg.go.dev/crypto/rand#Read
	return id
}
