package limit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// maxKept is how many settlements wait for the server at most: about 100 MB.
const maxKept = 100_000

// circuit remembers that the server is away, and keeps what it has to be told. One
// goroutine looks for it, tells it, and only then lets decisions through again.
type circuit struct {
	away atomic.Bool
	r    *Redis
	wake chan struct{}
	stop context.CancelFunc
	done chan struct{}

	mu    sync.Mutex // also orders what the hook is told
	cause error
	kept  []settlement
}

func (c *circuit) start(r *Redis) {
	ctx, cancel := context.WithCancel(context.Background())
	c.r, c.stop = r, cancel
	c.wake, c.done = make(chan struct{}, 1), make(chan struct{})
	go c.watch(ctx)
}

func (c *circuit) close() error {
	c.stop()
	<-c.done
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.kept); n > 0 {
		c.kept = nil
		return fmt.Errorf("limit: Redis was not told of %d settlements: %w", n, errors.Join(c.cause, context.Canceled))
	}
	return nil
}

func (c *circuit) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// trip notes that the server is away.
func (c *circuit) trip(cause error) {
	c.mu.Lock()
	c.cause = cause
	if !c.away.Swap(true) && c.r.opts.Away != nil {
		c.r.opts.Away(true)
	}
	c.mu.Unlock()
	c.look()
}

// look sends the goroutine to look for the server.
func (c *circuit) look() {
	select {
	case c.wake <- struct{}{}:
	default: // it is looking already, or will
	}
}

// keep keeps a settlement for the server.
func (c *circuit) keep(s settlement) error {
	c.mu.Lock()
	full := len(c.kept) >= maxKept
	if !full {
		c.kept = append(c.kept, s)
	}
	c.mu.Unlock()
	c.look()
	if full {
		return fmt.Errorf("limit: Redis has been away for %d settlements, no more are kept", maxKept)
	}
	return nil
}

func (c *circuit) watch(ctx context.Context) {
	defer close(c.done)
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
			c.mend(ctx)
		}
	}
}

// mend tries until the server is back and knows all that was kept. The first attempts
// come sooner: often it was only slow.
func (c *circuit) mend(ctx context.Context) {
	wait := c.r.opts.Probe / 8
	for {
		err := c.probe(ctx)
		if err == nil {
			err = c.tell(ctx)
		}
		if err == nil {
			return
		}
		c.blame(err)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		wait = min(2*wait, c.r.opts.Probe)
	}
}

func (c *circuit) blame(cause error) {
	c.mu.Lock()
	c.cause = cause
	c.mu.Unlock()
}

// probe asks whether the server takes writes and scripts in time.
func (c *circuit) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.r.opts.Timeout)
	defer cancel()
	err := c.r.client.Set(ctx, c.r.opts.Prefix+"probe", 1, time.Minute).Err()
	if err == nil {
		err = c.r.scripts.settle.Load(ctx, c.r.client).Err()
	}
	return err
}

// tell sends what was kept, some at a time, and closes the circuit when nothing is left.
func (c *circuit) tell(ctx context.Context) error {
	const most = 100
	for {
		some, ok := c.some(most)
		if ok {
			return nil
		}
		if err := c.send(ctx, some); err != nil {
			return err
		}
		c.mu.Lock()
		clear(c.kept[:len(some)])
		c.kept = c.kept[len(some):]
		c.mu.Unlock()
	}
}

// some gives the first of what is kept; when there is nothing, the server is back.
func (c *circuit) some(most int) ([]settlement, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := min(len(c.kept), most); n > 0 {
		return c.kept[:n:n], false
	}
	c.kept, c.cause = nil, nil
	if c.away.Swap(false) && c.r.opts.Away != nil {
		c.r.opts.Away(false)
	}
	return nil, true
}

// send tells some settlements. One that the server cannot take at all is let go: its
// hold expires.
func (c *circuit) send(ctx context.Context, some []settlement) error {
	ctx, cancel := context.WithTimeout(ctx, 4*c.r.opts.Timeout)
	defer cancel()
	replies, err := c.r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, s := range some {
			c.r.scripts.settle.EvalSha(ctx, p, s.keys, s.args...)
		}
		return nil
	})
	for _, reply := range replies {
		if failed := reply.Err(); failed != nil && !hopeless(failed) {
			return failed
		}
	}
	if hopeless(err) {
		return nil
	}
	return err
}

// hopeless reports whether a command can never succeed.
func hopeless(err error) bool {
	said := redis.Error(nil)
	return errors.As(err, &said) &&
		(strings.HasPrefix(said.Error(), "ERR ") || strings.HasPrefix(said.Error(), "WRONGTYPE "))
}
