package health

import (
	"context"
	"crypto/rand"
	_ "embed" // for the scripts
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed redis_tell.lua
var tellLua string

//go:embed redis_hear.lua
var hearLua string

const (
	hearEvery   = 300 * time.Millisecond // between two looks at what others tell
	leastRest   = 250 * time.Millisecond // a shorter rest is over before others know
	remembered  = time.Minute            // how long the server keeps a rest that is over, so that it can be healed
	maxWaiting  = 4096                   // IDs of which news wait for the server
	maxKept     = 10_000                 // rests that the server keeps
	maxNameSize = 512                    // bytes of an ID's names, more is not remembered
)

// RedisOptions say how Redis works; the zero value is usable.
type RedisOptions struct {
	Prefix  string        // of all keys; "" = "sluice:health:"
	Timeout time.Duration // of one round trip; 0 = 250 ms
	// Away is told whenever the server goes and comes back, from one goroutine. It must not
	// block. nil = nobody is told.
	Away func(away bool)
}

// Redis are peers that meet in a Redis (5 or newer) or Valkey server, within half a
// second. While the server is away each node knows only what it learns itself; what it
// has to tell waits, the latest for each ID. All keys expire.
type Redis struct {
	client redis.UniversalClient
	opts   RedisOptions
	node   string
	tell   *redis.Script
	listen *redis.Script
	wake   chan struct{}
	stop   context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	waiting map[ID]waitingNews

	hearing sync.Mutex // also orders what hear is told
	hear    func(News)
	version string
	heard   map[string]bool // records as of version
}

type waitingNews struct {
	News
	since time.Time
}

var _ Peers = (*Redis)(nil)

// NewRedis makes peers over a client, which stays the caller's and should keep
// deadlines. Close ends them.
func NewRedis(client redis.UniversalClient, o RedisOptions) *Redis {
	if o.Prefix == "" {
		o.Prefix = "sluice:health:"
	}
	if o.Timeout <= 0 {
		o.Timeout = 250 * time.Millisecond
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Redis{client: client, opts: o, node: rand.Text(), tell: redis.NewScript(tellLua), listen: redis.NewScript(hearLua),
		wake: make(chan struct{}, 1), stop: cancel, done: make(chan struct{}), waiting: map[ID]waitingNews{}}
	go r.run(ctx)
	return r
}

// Close ends the goroutine, not the client. What waits to be told is forgotten.
func (r *Redis) Close() {
	r.stop()
	<-r.done
}

// Tell implements Peers.
func (r *Redis) Tell(n News) {
	if !n.Healed && n.Rest < leastRest || n.ID.size() > maxNameSize {
		return
	}
	r.mu.Lock()
	if _, ok := r.waiting[n.ID]; ok || len(r.waiting) < maxWaiting {
		r.waiting[n.ID] = waitingNews{n, time.Now()}
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Listen implements Peers.
func (r *Redis) Listen(hear func(News)) {
	r.hearing.Lock()
	defer r.hearing.Unlock()
	r.hear, r.version, r.heard = hear, "", nil
}

func (r *Redis) run(ctx context.Context) {
	defer close(r.done)
	tick := time.NewTicker(hearEvery)
	defer tick.Stop()
	away := false
	for {
		err := r.meet(ctx)
		if ctx.Err() != nil {
			return
		}
		if gone := err != nil; gone != away {
			away = gone
			if r.opts.Away != nil {
				r.opts.Away(away)
			}
		}
		wake := r.wake
		if away {
			wake = nil // the next try comes with the tick
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick.C:
		}
	}
}

// meet tells what waits, and hears what others have told.
func (r *Redis) meet(ctx context.Context) error {
	if err := r.tellAll(ctx); err != nil {
		return err
	}
	return r.hearAll(ctx)
}

func (r *Redis) tellAll(ctx context.Context) error {
	for {
		n, ok := r.next()
		if !ok {
			return nil
		}
		if err := r.tellOne(ctx, n); err != nil {
			r.putBack(n)
			return err
		}
	}
}

func (r *Redis) next() (waitingNews, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, n := range r.waiting {
		delete(r.waiting, id)
		return n, true
	}
	return waitingNews{}, false
}

// putBack keeps what could not be told, unless there is something newer.
func (r *Redis) putBack(n waitingNews) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, newer := r.waiting[n.ID]; !newer {
		r.waiting[n.ID] = n
	}
}

func (r *Redis) tellOne(ctx context.Context, n waitingNews) error {
	rest := int64(0)
	if !n.Healed {
		if rest = (n.Rest - time.Since(n.since)).Milliseconds(); rest <= 0 {
			return nil
		}
	}
	about, err := encodeNews(n.News)
	if err != nil {
		return nil // names that cannot be written are not shared
	}
	ctx, cancel := context.WithTimeout(ctx, r.opts.Timeout)
	defer cancel()
	name := n.ID.Provider + "\x00" + n.ID.Model + "\x00" + n.ID.Credential
	return r.tell.Run(ctx, r.client, r.keys(), name, r.node, fmt.Sprintf("%016x", n.Token), rest, about, remembered.Milliseconds(), maxKept).Err()
}

func (r *Redis) keys() []string {
	return []string{r.opts.Prefix + "version", r.opts.Prefix + "rests", r.opts.Prefix + "ends"}
}

func (r *Redis) hearAll(ctx context.Context) error {
	r.hearing.Lock()
	defer r.hearing.Unlock()
	if r.hear == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.opts.Timeout)
	defer cancel()
	said, err := r.listen.Run(ctx, r.client, r.keys()[:2], r.version).StringSlice()
	if err != nil || len(said) < 2 {
		return err
	}
	heard := make(map[string]bool, len(said)-2)
	for _, record := range said[2:] {
		heard[record] = true
		if r.heard[record] {
			continue
		}
		if n, node, ok := decodeNews(record, said[1]); ok && node != r.node {
			r.hear(n)
		}
	}
	r.version, r.heard = said[0], heard
	return nil
}
