package cache

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how many failures in a row are an outage: one alone may be an accident.
const patience = 3

// outage knows whether a server is away. While it is, one goroutine looks for it.
type outage struct {
	away     atomic.Bool
	failures atomic.Int32 // in a row

	ping  func(context.Context) error
	every time.Duration
	told  func(bool, error)

	mu    sync.Mutex // also orders what told hears
	cause error
	ctx   context.Context // of the goroutine
	stop  context.CancelFunc
	looks sync.WaitGroup
}

func (o *outage) begin(ping func(context.Context) error, every time.Duration, told func(bool, error)) {
	if told == nil {
		told = func(bool, error) {}
	}
	o.ping, o.every, o.told = ping, every, told
	o.ctx, o.stop = context.WithCancel(context.Background())
}

// end ends the goroutine, if there is one.
func (o *outage) end() {
	o.mu.Lock()
	o.stop()
	o.mu.Unlock()
	o.looks.Wait()
}

func (o *outage) state() (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.away.Load(), o.cause
}

// well notes that the server has answered.
func (o *outage) well() {
	if o.failures.Load() != 0 {
		o.failures.Store(0)
	}
}

// blame notes that the server has not answered.
func (o *outage) blame(err error) {
	if o.failures.Add(1) < patience {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ctx.Err() != nil || o.away.Swap(true) {
		return
	}
	o.cause = err
	o.told(true, err)
	o.looks.Go(o.look)
}

// look looks for the server until it is back. The first attempts come sooner: often it
// was only slow.
func (o *outage) look() {
	wait := o.every / 8
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-o.ctx.Done():
			return
		case <-timer.C:
		}
		if o.ping(o.ctx) == nil {
			break
		}
		wait = min(2*wait, o.every)
		timer.Reset(wait)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failures.Store(0)
	o.cause = nil
	o.away.Store(false)
	o.told(false, nil)
}
