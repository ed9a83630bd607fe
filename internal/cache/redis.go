package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisOptions say how a Redis tier works; the zero value is usable.
type RedisOptions struct {
	Prefix  string           // of all keys; "" = "sluice:cache:"
	Timeout time.Duration    // of a reading; 0 = 50 ms. Slower is a miss. A writing may take twenty times as long.
	Probe   time.Duration    // between two attempts to reach a server that is away; 0 = 1 s
	Now     func() time.Time // nil = time.Now
	// Away is told whenever the server goes and comes back, and why. It must not block or
	// call the tier. nil = nobody is told.
	Away func(away bool, cause error)
}

// Redis is the tier that several nodes share: a Redis (5 or newer) or Valkey server, which
// lets go of answers when their time is over, or by its own maxmemory-policy. It should
// evict: allkeys-lru or allkeys-lfu, best on a server that counts no limits.
//
// While the server is away or slow nobody waits for it: all is a miss with ErrAway, until
// it answers a probe.
type Redis struct {
	client redis.UniversalClient
	opts   RedisOptions
	codec  *codec
	outage outage
}

var _ Tier = (*Redis)(nil)

// ErrAway says that a tier cannot be reached now and was not asked.
var ErrAway = errors.New("the shared cache is away")

// NewRedis makes a tier over a client, which stays the caller's and must keep deadlines
// (ContextTimeoutEnabled) and repeat nothing. Close ends the tier.
func NewRedis(client redis.UniversalClient, o RedisOptions) (*Redis, error) {
	if o.Prefix == "" {
		o.Prefix = "sluice:cache:"
	}
	if o.Timeout <= 0 {
		o.Timeout = 50 * time.Millisecond
	}
	if o.Probe <= 0 {
		o.Probe = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	codec, err := newCodec()
	if err != nil {
		return nil, err
	}
	r := &Redis{client: client, opts: o, codec: codec}
	r.outage.begin(r.ping, o.Probe, o.Away)
	return r, nil
}

func (r *Redis) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 4*r.opts.Timeout)
	defer cancel()
	return r.client.Ping(ctx).Err()
}

// Close implements Tier. The client stays open.
func (r *Redis) Close() error { r.outage.end(); return nil }

// Away reports whether the server cannot be reached, and why.
func (r *Redis) Away() (bool, error) { return r.outage.state() }

func (r *Redis) name(key Key) string { return r.opts.Prefix + key.String() }

// Get implements Tier.
func (r *Redis) Get(ctx context.Context, key Key) (*Answer, error) {
	var data []byte
	err := r.ask(ctx, r.opts.Timeout, func(ctx context.Context) (err error) {
		data, err = r.client.Get(ctx, r.name(key)).Bytes()
		return err
	})
	switch {
	case errors.Is(err, redis.Nil):
		return nil, nil
	case err != nil:
		return nil, err
	}
	a, err := r.codec.decode(key, data)
	if err != nil {
		return nil, fmt.Errorf("redis, key %s: %w", r.name(key), err)
	}
	if a.Dead(r.opts.Now()) {
		return nil, nil
	}
	return a, nil
}

// Put implements Tier. The server lets go of the answer when it is dead.
func (r *Redis) Put(ctx context.Context, key Key, a *Answer) error {
	left := max(a.Keep, a.TTL) - a.Age(r.opts.Now())
	if left < time.Millisecond {
		return r.Delete(ctx, key)
	}
	data, err := r.codec.encode(key, a)
	if err != nil {
		return err
	}
	return r.ask(ctx, writeTimes*r.opts.Timeout, func(ctx context.Context) error {
		return r.client.Set(ctx, r.name(key), data, left.Truncate(time.Millisecond)).Err()
	})
}

// Delete implements Tier.
func (r *Redis) Delete(ctx context.Context, key Key) error {
	return r.ask(ctx, writeTimes*r.opts.Timeout, func(ctx context.Context) error {
		return r.client.Del(ctx, r.name(key)).Err()
	})
}

// Sweep implements Tier: it does nothing, for the server lets go of what is dead, and what
// a purge names is never served.
func (r *Redis) Sweep(context.Context, func(*About) bool) (int, error) { return 0, nil }

// Size implements Tier: it is not known, which is 0.
func (r *Redis) Size() (answers, bytes int64) { return 0, 0 }

// writeTimes is how much longer than a reading a writing may take: nobody waits for it.
const writeTimes = 20

// ask asks the server once. What fails because the server is away or slow begins an
// outage; that the caller left, or an answer that is an error, does not.
func (r *Redis) ask(ctx context.Context, timeout time.Duration, do func(context.Context) error) error {
	if r.outage.away.Load() {
		return ErrAway
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := do(limited)
	if err == nil || errors.Is(err, redis.Nil) {
		r.outage.well()
		return err
	}
	if said := redis.Error(nil); ctx.Err() == nil && !errors.As(err, &said) {
		r.outage.blame(err)
	}
	return fmt.Errorf("redis: %w", err)
}
